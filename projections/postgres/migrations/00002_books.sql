-- +goose Up
CREATE TABLE accounts (
    id   smallint PRIMARY KEY,
    name text     NOT NULL UNIQUE,
    book text     NOT NULL,
    zh   text     NOT NULL,
    en   text     NOT NULL
);
COMMENT ON TABLE accounts IS '科目表。 | The accounts.';
COMMENT ON COLUMN accounts.id IS '科目编号。 | Number of the account.';
COMMENT ON COLUMN accounts.name IS '科目名，如 budget.committed。 | Name, such as budget.committed.';
COMMENT ON COLUMN accounts.book IS '账册：budget 预算、money 资金、pledge 认捐、match 配套。 | Book: budget, money, pledge or match.';
COMMENT ON COLUMN accounts.zh IS '中文名称。 | Name in Chinese.';
COMMENT ON COLUMN accounts.en IS '英文名称。 | Name in English.';

-- Codes are in bytewise order whatever the locale of the database: as in the
-- reports, and quicker to sort.
CREATE TABLE tuples (
    id             integer  NOT NULL,
    fund           text     COLLATE "C",
    project        text     COLLATE "C",
    organisation   text     COLLATE "C",
    district       text     COLLATE "C",
    year           smallint NOT NULL,
    vintage        smallint,
    purpose        text     COLLATE "C",
    first_position bigint   NOT NULL
);
COMMENT ON TABLE tuples IS '分录维度的组合，按首次出现编号。 | Sets of dimensions of entries, numbered in order of appearance.';
COMMENT ON COLUMN tuples.id IS '组合编号。 | Number of the set.';
COMMENT ON COLUMN tuples.fund IS '资金。 | Fund.';
COMMENT ON COLUMN tuples.project IS '项目；资金本身的分录为空。 | Project; null in entries of the fund itself.';
COMMENT ON COLUMN tuples.organisation IS '单位：受资助方或捐赠方。 | Organisation: recipient or donor.';
COMMENT ON COLUMN tuples.district IS '行政区划代码，按入账时的记载。 | District code, as it was recorded.';
COMMENT ON COLUMN tuples.year IS '会计年度。 | Accounting year.';
COMMENT ON COLUMN tuples.vintage IS '资金下达年度。 | Year in which the money was received.';
COMMENT ON COLUMN tuples.purpose IS '用途代码。 | Code of the purpose.';
COMMENT ON COLUMN tuples.first_position IS '首个带有该组合的事件序号。 | Position of the first event with the set.';

CREATE TABLE journal (
    position bigint   NOT NULL,
    amount   bigint   NOT NULL,
    tuple    integer  NOT NULL,
    on_date  date     NOT NULL,
    line     smallint NOT NULL,
    account  smallint NOT NULL,
    debit    boolean  NOT NULL
);
COMMENT ON TABLE journal IS '分录明细，每行一笔。 | The lines of all entries, one row each.';
COMMENT ON COLUMN journal.position IS '事件序号。 | Position of the event.';
COMMENT ON COLUMN journal.line IS '事件内的行号，从 1 起。 | Number of the line within the event, from 1.';
COMMENT ON COLUMN journal.tuple IS '维度组合，见 tuples。 | Set of dimensions; see tuples.';
COMMENT ON COLUMN journal.account IS '科目，见 accounts。 | Account; see accounts.';
COMMENT ON COLUMN journal.debit IS '真为借方，假为贷方（按红字规则）。 | True on the debit side, by the red-letter rule.';
COMMENT ON COLUMN journal.on_date IS '业务日期。 | Business date.';
COMMENT ON COLUMN journal.amount IS '金额，分，借为正、贷为负。 | Amount in fen; debits positive, credits negative.';

CREATE TABLE publications (
    project  text COLLATE "C" NOT NULL,
    fund     text COLLATE "C" NOT NULL,
    position bigint           NOT NULL,
    PRIMARY KEY (project, fund)
);
COMMENT ON TABLE publications IS '经由某资金公开的项目。 | Projects that are published through a fund.';
COMMENT ON COLUMN publications.project IS '项目。 | Project.';
COMMENT ON COLUMN publications.fund IS '资金。 | Fund.';
COMMENT ON COLUMN publications.position IS '自该事件起公开。 | Published from this event on.';
