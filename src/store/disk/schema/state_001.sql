-- state.db, version 1: what only this machine knows. Never dropped, always migrated.
-- Rules: STRICT, AUTOINCREMENT where numbers must never come back, NOT NULL with a default, a column never changes its
-- meaning. 0 stands for "none" in numbers, '' in texts.

-- Ties a cache.db to this file: numbers in a cache made with another state.db mean other things.
CREATE TABLE identity (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    value INTEGER NOT NULL DEFAULT 0    -- random, set once
) STRICT;

-- An account as it was when it was registered. Another login or host under the same name is another account: the old
-- row goes inactive, keeps its journal (parked) and is never replayed against the new server.
CREATE TABLE account (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    name   TEXT    NOT NULL,            -- table name in config.toml
    login  TEXT    NOT NULL DEFAULT '',
    host   TEXT    NOT NULL DEFAULT '', -- lower case
    active INTEGER NOT NULL DEFAULT 1   -- 0: the name points elsewhere now
) STRICT;
CREATE UNIQUE INDEX account_active_name ON account (name) WHERE active = 1;

-- Numbers of mailboxes. Rows stay when a mailbox vanishes, so that a number never means another mailbox.
CREATE TABLE mailbox (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL REFERENCES account (id),
    name    BLOB    NOT NULL,           -- raw bytes of LIST; RENAME edits it
    UNIQUE (account, name)
) STRICT;

-- Numbers are given out in blocks; what a process does not use of its block is lost for good.
CREATE TABLE id_block (
    kind TEXT    PRIMARY KEY,           -- 'message'
    next INTEGER NOT NULL DEFAULT 1     -- the first number not given out yet
) STRICT;
INSERT INTO id_block (kind, next) VALUES ('message', 1);

-- Operations that undo together.
CREATE TABLE undo_group (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    label   TEXT    NOT NULL DEFAULT '',
    created INTEGER NOT NULL DEFAULT 0, -- seconds since the epoch
    undone  INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The journal. The number is the order of replay.
CREATE TABLE operation (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account    INTEGER NOT NULL REFERENCES account (id),
    undo_group INTEGER NOT NULL DEFAULT 0,
    kind       TEXT    NOT NULL,            -- 'flag'
    flag       INTEGER NOT NULL DEFAULT 0,  -- bit of the system flag
    is_on      INTEGER NOT NULL DEFAULT 0,
    keyword    TEXT    NOT NULL DEFAULT '',
    mailbox    INTEGER NOT NULL DEFAULT 0,  -- destination of a move or copy
    created    INTEGER NOT NULL DEFAULT 0,  -- seconds since the epoch; for people, never for the order
    attempts   INTEGER NOT NULL DEFAULT 0,
    n_open     INTEGER NOT NULL DEFAULT 0   -- targets in state 0
) STRICT;
CREATE INDEX operation_open ON operation (account, id) WHERE n_open > 0;

-- One message of an operation, with its own end: one refused message of 10,000 parks alone.
CREATE TABLE operation_target (
    operation       INTEGER NOT NULL REFERENCES operation (id),
    mailbox         INTEGER NOT NULL,
    message         INTEGER NOT NULL,
    uid_validity    INTEGER NOT NULL DEFAULT 0, -- the server's address when recorded; gives the message its number back
    uid             INTEGER NOT NULL DEFAULT 0, -- after the cache was lost
    before_flags    INTEGER NOT NULL DEFAULT 0, -- effective values before, for the inverse
    before_keywords TEXT    NOT NULL DEFAULT '',
    state           INTEGER NOT NULL DEFAULT 0, -- 0 open, 1 done, 2 gone, 3 parked
    reason          TEXT    NOT NULL DEFAULT '',-- why it is parked
    PRIMARY KEY (operation, mailbox, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX operation_target_open ON operation_target (mailbox, message) WHERE state = 0;
CREATE INDEX operation_target_parked ON operation_target (operation) WHERE state = 3;

-- What COPYUID and APPENDUID told: where a message went.
CREATE TABLE uid_map (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    operation        INTEGER NOT NULL DEFAULT 0,
    message          INTEGER NOT NULL DEFAULT 0,
    from_mailbox     INTEGER NOT NULL DEFAULT 0,
    from_validity    INTEGER NOT NULL DEFAULT 0,
    from_uid         INTEGER NOT NULL DEFAULT 0,
    to_mailbox       INTEGER NOT NULL DEFAULT 0,
    to_validity      INTEGER NOT NULL DEFAULT 0,
    to_uid           INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Mail on its way out.
CREATE TABLE outbox (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account     INTEGER NOT NULL REFERENCES account (id),
    message_id  TEXT    NOT NULL DEFAULT '',
    sender      TEXT    NOT NULL DEFAULT '',    -- MAIL FROM
    recipients  TEXT    NOT NULL DEFAULT '',    -- RCPT TO, one a line
    subject     TEXT    NOT NULL DEFAULT '',
    state       TEXT    NOT NULL DEFAULT 'held',-- held scheduled queued sending committing accepted sent-copy failed uncertain
    attempts    INTEGER NOT NULL DEFAULT 0,
    error       TEXT    NOT NULL DEFAULT '',
    not_before  INTEGER NOT NULL DEFAULT 0,     -- seconds since the epoch
    created     INTEGER NOT NULL DEFAULT 0,
    raw         BLOB    NOT NULL DEFAULT x''    -- the message as it will be submitted
) STRICT;

-- Mail being written.
CREATE TABLE draft (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    account      INTEGER NOT NULL REFERENCES account (id),
    message      INTEGER NOT NULL DEFAULT 0,
    mailbox      INTEGER NOT NULL DEFAULT 0,    -- the server's copy
    uid_validity INTEGER NOT NULL DEFAULT 0,
    uid          INTEGER NOT NULL DEFAULT 0,
    created      INTEGER NOT NULL DEFAULT 0,
    changed      INTEGER NOT NULL DEFAULT 0,
    raw          BLOB    NOT NULL DEFAULT x''
) STRICT;

-- Keys of servers that the user has trusted by hand.
CREATE TABLE pin (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    account  TEXT    NOT NULL,                  -- by name: it outlives a change of login
    protocol TEXT    NOT NULL,                  -- 'imap' or 'smtp'
    host     TEXT    NOT NULL,
    port     INTEGER NOT NULL DEFAULT 0,
    spki     BLOB    NOT NULL,                  -- SHA-256 of the public key
    created  INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account, protocol, host, port)
) STRICT;
