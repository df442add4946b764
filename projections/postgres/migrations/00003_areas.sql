-- +goose Up
CREATE TABLE areas (
    id           integer  NOT NULL,
    level        smallint NOT NULL,
    code         text     COLLATE "C" NOT NULL,
    fund         text     COLLATE "C",
    year         smallint NOT NULL,
    account      smallint NOT NULL,
    project      boolean  NOT NULL,
    organisation boolean  NOT NULL,
    debits       bigint   NOT NULL,
    credits      bigint   NOT NULL,
    lines        integer  NOT NULL,
    first_on     date     NOT NULL,
    last_on      date     NOT NULL,
    last_position bigint  NOT NULL
);
COMMENT ON TABLE areas IS '按地区层级、年度与科目的汇总；层级为全部与省的另按资金分列。 | Roll-up of the journal by level of district, year and account; of all and of provinces also by fund.';
COMMENT ON COLUMN areas.id IS '汇总行编号，按首次出现排序。 | Number of the row, in order of appearance.';
COMMENT ON COLUMN areas.level IS '层级：0 全部、2 省、4 地市、6 区县。 | Level: 0 all, 2 province, 4 prefecture, 6 county.';
COMMENT ON COLUMN areas.code IS '该层级的六位代码；全部为空串。 | Six-digit code of the level; empty for all.';
COMMENT ON COLUMN areas.fund IS '资金，无则为空串；空值为各资金合计。 | Fund, empty when there is none; null in the sum of all funds.';
COMMENT ON COLUMN areas.year IS '会计年度。 | Accounting year.';
COMMENT ON COLUMN areas.account IS '科目，见 accounts。 | Account; see accounts.';
COMMENT ON COLUMN areas.project IS '真为有项目的分录。 | True for entries with a project.';
COMMENT ON COLUMN areas.organisation IS '真为有单位的分录。 | True for entries with an organisation.';
COMMENT ON COLUMN areas.debits IS '借方行之和，分（带符号）。 | Sum of the lines on the debit side in fen, signed as posted.';
COMMENT ON COLUMN areas.credits IS '贷方行之和，分（带符号）。 | Sum of the lines on the credit side in fen, signed as posted.';
COMMENT ON COLUMN areas.lines IS '行数。 | Number of lines.';
COMMENT ON COLUMN areas.first_on IS '最早业务日期。 | Earliest business date.';
COMMENT ON COLUMN areas.last_on IS '最晚业务日期。 | Latest business date.';
COMMENT ON COLUMN areas.last_position IS '最近事件序号。 | Position of the newest event.';

CREATE TABLE area_months (
    area          integer NOT NULL,
    month         date    NOT NULL,
    debits        bigint  NOT NULL,
    credits       bigint  NOT NULL,
    lines         integer NOT NULL,
    last_position bigint  NOT NULL
);
COMMENT ON TABLE area_months IS '汇总行按业务月份的发生额；限于全部分资金的行与省的合计行。 | Movements of the roll-up rows by month of the business date: of all by fund, and of the sums of provinces.';
COMMENT ON COLUMN area_months.area IS '汇总行，见 areas。 | Row of the roll-up; see areas.';
COMMENT ON COLUMN area_months.month IS '月份的第一天。 | First day of the month.';
COMMENT ON COLUMN area_months.debits IS '当月借方行之和，分（带符号）。 | Sum of the month''s lines on the debit side in fen, signed as posted.';
COMMENT ON COLUMN area_months.credits IS '当月贷方行之和，分（带符号）。 | Sum of the month''s lines on the credit side in fen, signed as posted.';
COMMENT ON COLUMN area_months.lines IS '行数。 | Number of lines.';
COMMENT ON COLUMN area_months.last_position IS '最近事件序号。 | Position of the newest event.';
