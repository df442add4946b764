-- +goose Up
CREATE TABLE areas (
    id           integer  PRIMARY KEY,
    level        smallint NOT NULL,
    code         text     NOT NULL,
    fund         text     NOT NULL,
    year         smallint NOT NULL,
    account      smallint NOT NULL,
    project      boolean  NOT NULL,
    organisation boolean  NOT NULL,
    debits       numeric(20,2) NOT NULL,
    credits      numeric(20,2) NOT NULL,
    lines        integer  NOT NULL,
    last_position bigint  NOT NULL
);
COMMENT ON TABLE areas IS '按地区层级、资金、年度与科目的汇总。 | Roll-up of the balances by level of district, fund, year and account.';
COMMENT ON COLUMN areas.id IS '汇总行编号，按首次出现排序。 | Number of the row, in order of appearance.';
COMMENT ON COLUMN areas.level IS '层级：0 全部、2 省、4 地市。 | Level: 0 all, 2 province, 4 prefecture.';
COMMENT ON COLUMN areas.code IS '该层级的六位代码；全部为空串。 | Six-digit code of the level; empty for all.';
COMMENT ON COLUMN areas.fund IS '资金；无则为空串。 | Fund; empty when there is none.';
COMMENT ON COLUMN areas.year IS '会计年度。 | Accounting year.';
COMMENT ON COLUMN areas.account IS '科目，见 accounts。 | Account; see accounts.';
COMMENT ON COLUMN areas.project IS '真为有项目的分录。 | True for entries with a project.';
COMMENT ON COLUMN areas.organisation IS '真为有单位的分录。 | True for entries with an organisation.';
COMMENT ON COLUMN areas.debits IS '借方行之和（带符号）。 | Sum of the lines on the debit side, signed as posted.';
COMMENT ON COLUMN areas.credits IS '贷方行之和（带符号）。 | Sum of the lines on the credit side, signed as posted.';
COMMENT ON COLUMN areas.lines IS '行数。 | Number of lines.';
COMMENT ON COLUMN areas.last_position IS '最近事件序号。 | Position of the newest event.';

CREATE TABLE area_months (
    area          integer       NOT NULL,
    month         date          NOT NULL,
    debits        numeric(20,2) NOT NULL,
    credits       numeric(20,2) NOT NULL,
    lines         integer       NOT NULL,
    last_position bigint        NOT NULL
);
COMMENT ON TABLE area_months IS '汇总行按业务月份的发生额；层级为全部与省。 | Movements of the roll-up rows by month of the business date; levels all and province.';
COMMENT ON COLUMN area_months.area IS '汇总行，见 areas。 | Row of the roll-up; see areas.';
COMMENT ON COLUMN area_months.month IS '月份的第一天。 | First day of the month.';
COMMENT ON COLUMN area_months.debits IS '当月借方行之和（带符号）。 | Sum of the month''s lines on the debit side, signed as posted.';
COMMENT ON COLUMN area_months.credits IS '当月贷方行之和（带符号）。 | Sum of the month''s lines on the credit side, signed as posted.';
COMMENT ON COLUMN area_months.lines IS '行数。 | Number of lines.';
COMMENT ON COLUMN area_months.last_position IS '最近事件序号。 | Position of the newest event.';
