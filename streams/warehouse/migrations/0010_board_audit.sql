-- Who opened what on the board, and who changed what. Rows are only ever added: the table replaces nothing, and the board's
-- account on a server needs no more than SELECT and INSERT.

CREATE TABLE IF NOT EXISTS sanwang.board_audit
(
    at      DateTime64(3, 'Asia/Shanghai'),
    account LowCardinality(String),
    role    LowCardinality(String),
    act     LowCardinality(String),
    subject String,
    area    LowCardinality(String),
    allowed Bool
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (at, account);
