-- +goose Up
CREATE TABLE progress (
    only_row   boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    position   bigint      NOT NULL,
    chain      bytea       NOT NULL,
    genesis    bytea       NOT NULL,
    moved_at   timestamptz NOT NULL DEFAULT now(),
    layout     text        NOT NULL DEFAULT ''
);
INSERT INTO progress (position, chain, genesis) VALUES (0, '', '');
COMMENT ON TABLE progress IS '读取进度：本模式中的各表反映账簿第 1 至 position 号事件，一行。 | How far this schema has got: its tables reflect the events 1 to position of the log; one row.';
COMMENT ON COLUMN progress.only_row IS '恒为真，保证只有一行。 | Always true: there is one row.';
COMMENT ON COLUMN progress.position IS '已反映的最后一个事件的序号。 | Position of the newest event reflected.';
COMMENT ON COLUMN progress.chain IS '截至该事件的全部事件头的链式 SHA-256，用于识别不同的账簿或分叉。 | SHA-256 chain over the heads of all events up to it; tells another log, or a fork.';
COMMENT ON COLUMN progress.genesis IS '第一个事件头的 SHA-256，即账簿的身份。 | SHA-256 of the head of the first event: the identity of the log.';
COMMENT ON COLUMN progress.moved_at IS '上次推进的时间。 | When the progress last moved.';
COMMENT ON COLUMN progress.layout IS '建表脚本的 SHA-256；与程序不符时须重建。 | SHA-256 of the scripts that made the tables; when it is not the program''s they must be rebuilt.';

CREATE TABLE scope_sets (
    id             integer NOT NULL,
    scopes         text    NOT NULL,
    first_position bigint  NOT NULL
);
COMMENT ON TABLE scope_sets IS '事件的范围集合；同一项目的事件大多共用一个集合。 | Sets of scopes that events have; most events of a project share one.';
COMMENT ON COLUMN scope_sets.id IS '集合编号，按首次出现排序。 | Number of the set, in order of appearance.';
COMMENT ON COLUMN scope_sets.scopes IS '范围，如 project/P-1，按字节序，以空格分隔。 | The scopes, such as project/P-1, in bytewise order, between blanks.';
COMMENT ON COLUMN scope_sets.first_position IS '首个带有该集合的事件序号。 | Position of the first event with the set.';

CREATE TABLE events (
    position  bigint        NOT NULL,
    id        text          NOT NULL,
    time      timestamptz   NOT NULL,
    type      text          NOT NULL,
    subject   text          NOT NULL,
    version   bigint        NOT NULL,
    scope_set integer       NOT NULL,
    on_date   date,
    year      smallint,
    voucher   text,
    actor     text          NOT NULL,
    key       text          NOT NULL,
    amount    bigint,
    memo      text,
    docs      smallint      NOT NULL,
    corrects  bigint,
    detail    smallint      NOT NULL
);
COMMENT ON TABLE events IS '账簿的事件，每个一行。 | The events of the log, one row each.';
COMMENT ON COLUMN events.position IS '序号，从 1 起连续。 | Position in the log, from 1 without gaps.';
COMMENT ON COLUMN events.id IS 'ULID 编号。 | ULID of the event.';
COMMENT ON COLUMN events.time IS '记录时间，毫秒。 | Recording time, to the millisecond.';
COMMENT ON COLUMN events.type IS '事件类型，如 award.disbursed.v1。 | Type, such as award.disbursed.v1.';
COMMENT ON COLUMN events.subject IS '主体，如 award/AW-1。 | Subject, such as award/AW-1.';
COMMENT ON COLUMN events.version IS '主体的版本号。 | Version of the subject.';
COMMENT ON COLUMN events.scope_set IS '范围集合，见 scope_sets。 | Set of scopes; see scope_sets.';
COMMENT ON COLUMN events.on_date IS '业务日期；无则为空。 | Business date; null when there is none.';
COMMENT ON COLUMN events.year IS '会计年度；无分录则为空。 | Accounting year; null without entries.';
COMMENT ON COLUMN events.voucher IS '凭证号；无分录则为空。 | Number of the voucher; null without entries.';
COMMENT ON COLUMN events.actor IS '记录人，如 user/clerk-1。 | Who recorded it, such as user/clerk-1.';
COMMENT ON COLUMN events.key IS '命令的幂等键。 | Idempotency key of the command.';
COMMENT ON COLUMN events.amount IS '最大一行金额的绝对值，分；无分录则为空。 | Largest line, absolute, in fen; null without entries.';
COMMENT ON COLUMN events.memo IS '摘要。 | Memo.';
COMMENT ON COLUMN events.docs IS '附件份数。 | Number of documents.';
COMMENT ON COLUMN events.corrects IS '本事件更正或替换的事件序号。 | Position of the event that this one corrects or replaces.';
COMMENT ON COLUMN events.detail IS '拨付期次；评估：1 中期、2 末期；其余为 0。 | Instalment of a payment; 1 midterm or 2 final of an evaluation; else 0.';
