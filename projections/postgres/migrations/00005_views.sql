-- +goose Up
-- What analysts read. Figures are those of the reports, in yuan; districts are as
-- recorded, that is for the entry's year.

CREATE VIEW v_journal AS
SELECT j.position, j.line, j.on_date, e.time AS recorded, e.type, e.subject, e.voucher, a.book, a.name AS account, a.zh AS account_zh, j.amount * 0.01 AS amount,
       CASE WHEN j.debit THEN j.amount * 0.01 END AS debit, CASE WHEN NOT j.debit THEN -j.amount * 0.01 END AS credit,
       t.fund, t.project, t.organisation, t.district, t.year, t.vintage, t.purpose, e.memo, e.actor, e.corrects
FROM journal j JOIN tuples t ON t.id = j.tuple JOIN accounts a ON a.id = j.account JOIN events e ON e.position = j.position;
COMMENT ON VIEW v_journal IS '分录明细：每行一笔，含科目名称、维度与凭证。截至某日的数：按 on_date 过滤后求和。 | The journal with names, dimensions and vouchers, one row a line. For figures as of a date, filter by on_date and sum.';
COMMENT ON COLUMN v_journal.position IS '事件序号。 | Position of the event.';
COMMENT ON COLUMN v_journal.line IS '事件内行号。 | Line within the event.';
COMMENT ON COLUMN v_journal.on_date IS '业务日期。 | Business date.';
COMMENT ON COLUMN v_journal.recorded IS '记录时间。 | Recording time.';
COMMENT ON COLUMN v_journal.type IS '事件类型。 | Type of the event.';
COMMENT ON COLUMN v_journal.subject IS '主体。 | Subject.';
COMMENT ON COLUMN v_journal.voucher IS '凭证号。 | Voucher.';
COMMENT ON COLUMN v_journal.book IS '账册。 | Book.';
COMMENT ON COLUMN v_journal.account IS '科目。 | Account.';
COMMENT ON COLUMN v_journal.account_zh IS '科目中文名。 | Name of the account in Chinese.';
COMMENT ON COLUMN v_journal.amount IS '金额，元，借正贷负。 | Amount in yuan; debits positive, credits negative.';
COMMENT ON COLUMN v_journal.debit IS '借方，红字为负。 | Debit; negative by the red-letter rule.';
COMMENT ON COLUMN v_journal.credit IS '贷方，红字为负。 | Credit; negative by the red-letter rule.';
COMMENT ON COLUMN v_journal.fund IS '资金。 | Fund.';
COMMENT ON COLUMN v_journal.project IS '项目；空为资金本身。 | Project; null for the fund itself.';
COMMENT ON COLUMN v_journal.organisation IS '单位。 | Organisation.';
COMMENT ON COLUMN v_journal.district IS '区划代码，按记载。 | District code, as recorded.';
COMMENT ON COLUMN v_journal.year IS '会计年度。 | Accounting year.';
COMMENT ON COLUMN v_journal.vintage IS '资金下达年度。 | Year in which the money was received.';
COMMENT ON COLUMN v_journal.purpose IS '用途代码。 | Code of the purpose.';
COMMENT ON COLUMN v_journal.memo IS '摘要。 | Memo.';
COMMENT ON COLUMN v_journal.actor IS '记录人。 | Who recorded it.';
COMMENT ON COLUMN v_journal.corrects IS '更正的事件序号。 | Position of the event that it corrects.';

CREATE VIEW v_balances AS
SELECT a.book, a.name AS account, a.zh AS account_zh, t.fund, t.project, t.organisation, t.district, t.year, t.vintage, t.purpose, sum(j.amount) * 0.01 AS balance, count(*) AS lines, max(j.on_date) AS last_on, max(j.position) AS last_position
FROM journal j JOIN tuples t ON t.id = j.tuple JOIN accounts a ON a.id = j.account GROUP BY j.tuple, a.id, t.fund, t.project, t.organisation, t.district, t.year, t.vintage, t.purpose;
COMMENT ON VIEW v_balances IS '当前余额：每个科目与维度组合一行。 | The present balances, one row for each account and set of dimensions.';
COMMENT ON COLUMN v_balances.book IS '账册。 | Book.';
COMMENT ON COLUMN v_balances.account IS '科目。 | Account.';
COMMENT ON COLUMN v_balances.account_zh IS '科目中文名。 | Name of the account in Chinese.';
COMMENT ON COLUMN v_balances.fund IS '资金。 | Fund.';
COMMENT ON COLUMN v_balances.project IS '项目；空为资金本身。 | Project; null for the fund itself.';
COMMENT ON COLUMN v_balances.organisation IS '单位。 | Organisation.';
COMMENT ON COLUMN v_balances.district IS '区划代码，按记载。 | District code, as recorded.';
COMMENT ON COLUMN v_balances.year IS '会计年度。 | Accounting year.';
COMMENT ON COLUMN v_balances.vintage IS '资金下达年度。 | Year in which the money was received.';
COMMENT ON COLUMN v_balances.purpose IS '用途代码。 | Code of the purpose.';
COMMENT ON COLUMN v_balances.balance IS '余额，元，借正贷负。 | Balance in yuan; debits positive.';
COMMENT ON COLUMN v_balances.lines IS '行数。 | Number of lines.';
COMMENT ON COLUMN v_balances.last_on IS '最晚业务日期。 | Latest business date.';
COMMENT ON COLUMN v_balances.last_position IS '最近事件序号。 | Position of the newest event.';

CREATE VIEW v_project_years AS
SELECT f.*, available + allocated + committed + carried_out AS remaining,
       CASE WHEN arranged + carried_in > 0 THEN floor((20000 * disbursed + (arranged + carried_in)) / (2 * (arranged + carried_in)))::bigint END AS rate_bp
FROM (SELECT t.project, t.fund, t.year,
       -coalesce(sum(debits + credits) FILTER (WHERE account IN (1)), 0.00) AS appropriated,
       -coalesce(sum(credits) FILTER (WHERE account IN (8)), 0.00) AS carried_in,
       -coalesce(sum(debits + credits) FILTER (WHERE account IN (9)), 0.00) AS recovered,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (6)), 0.00) AS transferred,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (3, 4, 5, 7, 8) AND t.project IS NOT NULL), 0.00) AS arranged,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (4, 5, 8) AND t.organisation IS NOT NULL), 0.00) AS awarded,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (5)), 0.00) AS disbursed,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (7)), 0.00) AS lapsed,
       coalesce(sum(debits) FILTER (WHERE account IN (8)), 0.00) AS carried_out,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (2)), 0.00) AS available,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (3)), 0.00) AS allocated,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (4)), 0.00) AS committed,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (15)), 0.00) AS spent,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (17)), 0.00) AS loss,
       -coalesce(sum(credits) FILTER (WHERE account IN (13)), 0.00) - coalesce(sum(debits) FILTER (WHERE account IN (17) AND t.organisation IS NOT NULL), 0.00) AS refunded,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (12)), 0.00) AS advance_movement,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (13)), 0.00) AS refund_due_movement
FROM (SELECT tuple, account, CASE WHEN debit THEN amount ELSE 0 END * 0.01 AS debits, CASE WHEN debit THEN 0 ELSE amount END * 0.01 AS credits FROM journal) b JOIN tuples t ON t.id = b.tuple WHERE t.project IS NOT NULL GROUP BY 1, 2, 3) f;
COMMENT ON VIEW v_project_years IS '项目分年度数字：每个项目、资金、年度一行；执行率以安排加结转为基数。 | Figures of projects, one row for each project, fund and year; the rate goes by what was arranged and carried in.';
COMMENT ON COLUMN v_project_years.project IS '项目；空为资金本身。 | Project; null for the fund itself.';
COMMENT ON COLUMN v_project_years.fund IS '资金。 | Fund.';
COMMENT ON COLUMN v_project_years.year IS '会计年度。 | Accounting year.';
COMMENT ON COLUMN v_project_years.appropriated IS '本年收入：下达或捐入。 | Received this year.';
COMMENT ON COLUMN v_project_years.carried_in IS '上年结转。 | Carried in.';
COMMENT ON COLUMN v_project_years.recovered IS '收回以前年度。 | Recovered, earlier years.';
COMMENT ON COLUMN v_project_years.transferred IS '转移支付净额：正为拨出，负为收到。 | Transferred, net: positive passed on, negative received.';
COMMENT ON COLUMN v_project_years.arranged IS '本年安排。 | Arranged this year.';
COMMENT ON COLUMN v_project_years.awarded IS '本年立项净额。 | Awarded this year, net.';
COMMENT ON COLUMN v_project_years.disbursed IS '已拨付。 | Disbursed.';
COMMENT ON COLUMN v_project_years.lapsed IS '结余收回。 | Lapsed.';
COMMENT ON COLUMN v_project_years.carried_out IS '结转下年。 | Carried out.';
COMMENT ON COLUMN v_project_years.available IS '可分配。 | Available.';
COMMENT ON COLUMN v_project_years.allocated IS '已分配。 | Allocated.';
COMMENT ON COLUMN v_project_years.committed IS '待拨。 | Committed.';
COMMENT ON COLUMN v_project_years.spent IS '核销支出。 | Spent, accepted.';
COMMENT ON COLUMN v_project_years.loss IS '损失。 | Losses.';
COMMENT ON COLUMN v_project_years.refunded IS '退回。 | Refunded.';
COMMENT ON COLUMN v_project_years.advance_movement IS '待核销当年变动；各年累计为余额。 | Movement of advances in the year; the sum over the years is the stock.';
COMMENT ON COLUMN v_project_years.refund_due_movement IS '应退当年变动；各年累计为余额。 | Movement of refunds due in the year; the sum over the years is the stock.';
COMMENT ON COLUMN v_project_years.remaining IS '年末结余。 | Remaining.';
COMMENT ON COLUMN v_project_years.rate_bp IS '执行率，万分之几，四舍五入；无基数则为空。 | Execution rate in basis points, half up; null without base.';

CREATE VIEW v_district_years AS
SELECT f.*, available + allocated + committed + carried_out AS remaining,
       CASE WHEN appropriated + carried_in + recovered - transferred > 0 THEN floor((20000 * disbursed + (appropriated + carried_in + recovered - transferred)) / (2 * (appropriated + carried_in + recovered - transferred)))::bigint END AS rate_bp
FROM (SELECT t.district, t.fund, t.year,
       -coalesce(sum(debits + credits) FILTER (WHERE account IN (1)), 0.00) AS appropriated,
       -coalesce(sum(credits) FILTER (WHERE account IN (8)), 0.00) AS carried_in,
       -coalesce(sum(debits + credits) FILTER (WHERE account IN (9)), 0.00) AS recovered,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (6)), 0.00) AS transferred,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (3, 4, 5, 7, 8) AND t.project IS NOT NULL), 0.00) AS arranged,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (4, 5, 8) AND t.organisation IS NOT NULL), 0.00) AS awarded,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (5)), 0.00) AS disbursed,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (7)), 0.00) AS lapsed,
       coalesce(sum(debits) FILTER (WHERE account IN (8)), 0.00) AS carried_out,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (2)), 0.00) AS available,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (3)), 0.00) AS allocated,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (4)), 0.00) AS committed,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (15)), 0.00) AS spent,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (17)), 0.00) AS loss,
       -coalesce(sum(credits) FILTER (WHERE account IN (13)), 0.00) - coalesce(sum(debits) FILTER (WHERE account IN (17) AND t.organisation IS NOT NULL), 0.00) AS refunded,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (12)), 0.00) AS advance_movement,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (13)), 0.00) AS refund_due_movement
FROM (SELECT tuple, account, CASE WHEN debit THEN amount ELSE 0 END * 0.01 AS debits, CASE WHEN debit THEN 0 ELSE amount END * 0.01 AS credits FROM journal) b JOIN tuples t ON t.id = b.tuple GROUP BY 1, 2, 3) f;
COMMENT ON VIEW v_district_years IS '地区分年度数字：每个区划代码、资金、年度一行。 | Figures of districts, one row for each code, fund and year.';
COMMENT ON COLUMN v_district_years.district IS '区划代码，按记载。 | District code, as recorded.';
COMMENT ON COLUMN v_district_years.fund IS '资金。 | Fund.';
COMMENT ON COLUMN v_district_years.year IS '会计年度。 | Accounting year.';
COMMENT ON COLUMN v_district_years.appropriated IS '本年收入：下达或捐入。 | Received this year.';
COMMENT ON COLUMN v_district_years.carried_in IS '上年结转。 | Carried in.';
COMMENT ON COLUMN v_district_years.recovered IS '收回以前年度。 | Recovered, earlier years.';
COMMENT ON COLUMN v_district_years.transferred IS '转移支付净额：正为拨出，负为收到。 | Transferred, net: positive passed on, negative received.';
COMMENT ON COLUMN v_district_years.arranged IS '本年安排。 | Arranged this year.';
COMMENT ON COLUMN v_district_years.awarded IS '本年立项净额。 | Awarded this year, net.';
COMMENT ON COLUMN v_district_years.disbursed IS '已拨付。 | Disbursed.';
COMMENT ON COLUMN v_district_years.lapsed IS '结余收回。 | Lapsed.';
COMMENT ON COLUMN v_district_years.carried_out IS '结转下年。 | Carried out.';
COMMENT ON COLUMN v_district_years.available IS '可分配。 | Available.';
COMMENT ON COLUMN v_district_years.allocated IS '已分配。 | Allocated.';
COMMENT ON COLUMN v_district_years.committed IS '待拨。 | Committed.';
COMMENT ON COLUMN v_district_years.spent IS '核销支出。 | Spent, accepted.';
COMMENT ON COLUMN v_district_years.loss IS '损失。 | Losses.';
COMMENT ON COLUMN v_district_years.refunded IS '退回。 | Refunded.';
COMMENT ON COLUMN v_district_years.advance_movement IS '待核销当年变动；各年累计为余额。 | Movement of advances in the year; the sum over the years is the stock.';
COMMENT ON COLUMN v_district_years.refund_due_movement IS '应退当年变动；各年累计为余额。 | Movement of refunds due in the year; the sum over the years is the stock.';
COMMENT ON COLUMN v_district_years.remaining IS '年末结余。 | Remaining.';
COMMENT ON COLUMN v_district_years.rate_bp IS '执行率，万分之几，四舍五入；无基数则为空。 | Execution rate in basis points, half up; null without base.';

CREATE VIEW v_province_years AS
SELECT f.*, available + allocated + committed + carried_out AS remaining,
       CASE WHEN appropriated + carried_in + recovered - transferred > 0 THEN floor((20000 * disbursed + (appropriated + carried_in + recovered - transferred)) / (2 * (appropriated + carried_in + recovered - transferred)))::bigint END AS rate_bp
FROM (SELECT code AS province, fund, year,
       -coalesce(sum(debits + credits) FILTER (WHERE account IN (1)), 0.00) AS appropriated,
       -coalesce(sum(credits) FILTER (WHERE account IN (8)), 0.00) AS carried_in,
       -coalesce(sum(debits + credits) FILTER (WHERE account IN (9)), 0.00) AS recovered,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (6)), 0.00) AS transferred,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (3, 4, 5, 7, 8) AND project), 0.00) AS arranged,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (4, 5, 8) AND organisation), 0.00) AS awarded,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (5)), 0.00) AS disbursed,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (7)), 0.00) AS lapsed,
       coalesce(sum(debits) FILTER (WHERE account IN (8)), 0.00) AS carried_out,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (2)), 0.00) AS available,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (3)), 0.00) AS allocated,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (4)), 0.00) AS committed,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (15)), 0.00) AS spent,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (17)), 0.00) AS loss,
       -coalesce(sum(credits) FILTER (WHERE account IN (13)), 0.00) - coalesce(sum(debits) FILTER (WHERE account IN (17) AND organisation), 0.00) AS refunded,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (12)), 0.00) AS advance_movement,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (13)), 0.00) AS refund_due_movement
FROM (SELECT code, fund, year, account, project, organisation, debits * 0.01 AS debits, credits * 0.01 AS credits FROM areas WHERE level = 2 AND fund IS NOT NULL) a GROUP BY 1, 2, 3) f;
COMMENT ON VIEW v_province_years IS '省份分年度数字：每个省、资金、年度一行。 | Figures of provinces, one row for each province, fund and year.';
COMMENT ON COLUMN v_province_years.province IS '省级代码。 | Code of the province.';
COMMENT ON COLUMN v_province_years.fund IS '资金。 | Fund.';
COMMENT ON COLUMN v_province_years.year IS '会计年度。 | Accounting year.';
COMMENT ON COLUMN v_province_years.appropriated IS '本年收入：下达或捐入。 | Received this year.';
COMMENT ON COLUMN v_province_years.carried_in IS '上年结转。 | Carried in.';
COMMENT ON COLUMN v_province_years.recovered IS '收回以前年度。 | Recovered, earlier years.';
COMMENT ON COLUMN v_province_years.transferred IS '转移支付净额：正为拨出，负为收到。 | Transferred, net: positive passed on, negative received.';
COMMENT ON COLUMN v_province_years.arranged IS '本年安排。 | Arranged this year.';
COMMENT ON COLUMN v_province_years.awarded IS '本年立项净额。 | Awarded this year, net.';
COMMENT ON COLUMN v_province_years.disbursed IS '已拨付。 | Disbursed.';
COMMENT ON COLUMN v_province_years.lapsed IS '结余收回。 | Lapsed.';
COMMENT ON COLUMN v_province_years.carried_out IS '结转下年。 | Carried out.';
COMMENT ON COLUMN v_province_years.available IS '可分配。 | Available.';
COMMENT ON COLUMN v_province_years.allocated IS '已分配。 | Allocated.';
COMMENT ON COLUMN v_province_years.committed IS '待拨。 | Committed.';
COMMENT ON COLUMN v_province_years.spent IS '核销支出。 | Spent, accepted.';
COMMENT ON COLUMN v_province_years.loss IS '损失。 | Losses.';
COMMENT ON COLUMN v_province_years.refunded IS '退回。 | Refunded.';
COMMENT ON COLUMN v_province_years.advance_movement IS '待核销当年变动；各年累计为余额。 | Movement of advances in the year; the sum over the years is the stock.';
COMMENT ON COLUMN v_province_years.refund_due_movement IS '应退当年变动；各年累计为余额。 | Movement of refunds due in the year; the sum over the years is the stock.';
COMMENT ON COLUMN v_province_years.remaining IS '年末结余。 | Remaining.';
COMMENT ON COLUMN v_province_years.rate_bp IS '执行率，万分之几，四舍五入；无基数则为空。 | Execution rate in basis points, half up; null without base.';

CREATE VIEW v_fund_years AS
SELECT f.*, available + allocated + committed + carried_out AS remaining,
       CASE WHEN appropriated + carried_in + recovered - transferred > 0 THEN floor((20000 * disbursed + (appropriated + carried_in + recovered - transferred)) / (2 * (appropriated + carried_in + recovered - transferred)))::bigint END AS rate_bp
FROM (SELECT fund, year,
       -coalesce(sum(debits + credits) FILTER (WHERE account IN (1)), 0.00) AS appropriated,
       -coalesce(sum(credits) FILTER (WHERE account IN (8)), 0.00) AS carried_in,
       -coalesce(sum(debits + credits) FILTER (WHERE account IN (9)), 0.00) AS recovered,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (6)), 0.00) AS transferred,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (3, 4, 5, 7, 8) AND project), 0.00) AS arranged,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (4, 5, 8) AND organisation), 0.00) AS awarded,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (5)), 0.00) AS disbursed,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (7)), 0.00) AS lapsed,
       coalesce(sum(debits) FILTER (WHERE account IN (8)), 0.00) AS carried_out,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (2)), 0.00) AS available,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (3)), 0.00) AS allocated,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (4)), 0.00) AS committed,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (15)), 0.00) AS spent,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (17)), 0.00) AS loss,
       -coalesce(sum(credits) FILTER (WHERE account IN (13)), 0.00) - coalesce(sum(debits) FILTER (WHERE account IN (17) AND organisation), 0.00) AS refunded,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (12)), 0.00) AS advance_movement,
       coalesce(sum(debits + credits) FILTER (WHERE account IN (13)), 0.00) AS refund_due_movement
FROM (SELECT code, fund, year, account, project, organisation, debits * 0.01 AS debits, credits * 0.01 AS credits FROM areas WHERE level = 0 AND fund IS NOT NULL) a GROUP BY 1, 2) f;
COMMENT ON VIEW v_fund_years IS '资金分年度数字与执行率：每个资金、年度一行。 | Figures and execution rate of funds, one row for each fund and year.';
COMMENT ON COLUMN v_fund_years.fund IS '资金。 | Fund.';
COMMENT ON COLUMN v_fund_years.year IS '会计年度。 | Accounting year.';
COMMENT ON COLUMN v_fund_years.appropriated IS '本年收入：下达或捐入。 | Received this year.';
COMMENT ON COLUMN v_fund_years.carried_in IS '上年结转。 | Carried in.';
COMMENT ON COLUMN v_fund_years.recovered IS '收回以前年度。 | Recovered, earlier years.';
COMMENT ON COLUMN v_fund_years.transferred IS '转移支付净额：正为拨出，负为收到。 | Transferred, net: positive passed on, negative received.';
COMMENT ON COLUMN v_fund_years.arranged IS '本年安排。 | Arranged this year.';
COMMENT ON COLUMN v_fund_years.awarded IS '本年立项净额。 | Awarded this year, net.';
COMMENT ON COLUMN v_fund_years.disbursed IS '已拨付。 | Disbursed.';
COMMENT ON COLUMN v_fund_years.lapsed IS '结余收回。 | Lapsed.';
COMMENT ON COLUMN v_fund_years.carried_out IS '结转下年。 | Carried out.';
COMMENT ON COLUMN v_fund_years.available IS '可分配。 | Available.';
COMMENT ON COLUMN v_fund_years.allocated IS '已分配。 | Allocated.';
COMMENT ON COLUMN v_fund_years.committed IS '待拨。 | Committed.';
COMMENT ON COLUMN v_fund_years.spent IS '核销支出。 | Spent, accepted.';
COMMENT ON COLUMN v_fund_years.loss IS '损失。 | Losses.';
COMMENT ON COLUMN v_fund_years.refunded IS '退回。 | Refunded.';
COMMENT ON COLUMN v_fund_years.advance_movement IS '待核销当年变动；各年累计为余额。 | Movement of advances in the year; the sum over the years is the stock.';
COMMENT ON COLUMN v_fund_years.refund_due_movement IS '应退当年变动；各年累计为余额。 | Movement of refunds due in the year; the sum over the years is the stock.';
COMMENT ON COLUMN v_fund_years.remaining IS '年末结余。 | Remaining.';
COMMENT ON COLUMN v_fund_years.rate_bp IS '执行率，万分之几，四舍五入；无基数则为空。 | Execution rate in basis points, half up; null without base.';

-- +goose StatementBegin
CREATE FUNCTION district_years_as_of(day date) RETURNS TABLE (district text, fund text, year smallint,
       appropriated numeric, carried_in numeric, recovered numeric, transferred numeric, disbursed numeric, lapsed numeric, carried_out numeric, available numeric, allocated numeric, committed numeric, spent numeric)
STABLE LANGUAGE sql AS $$
SELECT t.district, t.fund, t.year,
       -coalesce(sum(CASE WHEN debit THEN amount ELSE 0 END + CASE WHEN debit THEN 0 ELSE amount END) FILTER (WHERE j.account IN (1)), 0.00),
       -coalesce(sum(CASE WHEN debit THEN 0 ELSE amount END) FILTER (WHERE j.account IN (8)), 0.00),
       -coalesce(sum(CASE WHEN debit THEN amount ELSE 0 END + CASE WHEN debit THEN 0 ELSE amount END) FILTER (WHERE j.account IN (9)), 0.00),
       coalesce(sum(CASE WHEN debit THEN amount ELSE 0 END + CASE WHEN debit THEN 0 ELSE amount END) FILTER (WHERE j.account IN (6)), 0.00),
       coalesce(sum(CASE WHEN debit THEN amount ELSE 0 END + CASE WHEN debit THEN 0 ELSE amount END) FILTER (WHERE j.account IN (5)), 0.00),
       coalesce(sum(CASE WHEN debit THEN amount ELSE 0 END + CASE WHEN debit THEN 0 ELSE amount END) FILTER (WHERE j.account IN (7)), 0.00),
       coalesce(sum(CASE WHEN debit THEN amount ELSE 0 END) FILTER (WHERE j.account IN (8)), 0.00),
       coalesce(sum(CASE WHEN debit THEN amount ELSE 0 END + CASE WHEN debit THEN 0 ELSE amount END) FILTER (WHERE j.account IN (2)), 0.00),
       coalesce(sum(CASE WHEN debit THEN amount ELSE 0 END + CASE WHEN debit THEN 0 ELSE amount END) FILTER (WHERE j.account IN (3)), 0.00),
       coalesce(sum(CASE WHEN debit THEN amount ELSE 0 END + CASE WHEN debit THEN 0 ELSE amount END) FILTER (WHERE j.account IN (4)), 0.00),
       coalesce(sum(CASE WHEN debit THEN amount ELSE 0 END + CASE WHEN debit THEN 0 ELSE amount END) FILTER (WHERE j.account IN (15)), 0.00)
FROM tuples t JOIN (SELECT tuple, account, debit, on_date, amount * 0.01 AS amount FROM journal) j ON j.tuple = t.id WHERE j.on_date <= day GROUP BY 1, 2, 3
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION district_years_as_of IS '截至某业务日期的地区分年度数字，元。 | Figures of districts by year as of a business date, in yuan.';

-- +goose StatementBegin
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'grantledger_reader') THEN
        CREATE ROLE grantledger_reader NOLOGIN;
        COMMENT ON ROLE grantledger_reader IS '分析人员只读角色。 | Role of analysts: reads, and nothing else.';
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO grantledger_reader', current_schema());
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO grantledger_reader', current_schema());
EXCEPTION
    WHEN insufficient_privilege THEN RAISE NOTICE 'no right to make the role grantledger_reader: ask the administrator to run this step';
    WHEN duplicate_object OR unique_violation THEN EXECUTE format('GRANT USAGE ON SCHEMA %I TO grantledger_reader', current_schema());
        EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO grantledger_reader', current_schema());
END
$$;
-- +goose StatementEnd
