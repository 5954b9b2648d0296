-- cache.db, version 5: moves, copies and deletions that the server does not know of yet.

-- From now on `placement` holds what a list shows. A row with operation 0 is the server's truth; any other is there by
-- that open operation alone. Truth with UID 0 has an address that nobody has told yet.

-- The server's truth that an open operation hides: the message is leaving.
CREATE TABLE leaving (
    message         INTEGER NOT NULL,
    mailbox         INTEGER NOT NULL,
    uid_validity    INTEGER NOT NULL DEFAULT 0,
    uid             INTEGER NOT NULL DEFAULT 0,
    internal_date   INTEGER NOT NULL DEFAULT 0,
    server_flags    INTEGER NOT NULL DEFAULT 0,
    flags           INTEGER NOT NULL DEFAULT 0,
    server_keywords TEXT    NOT NULL DEFAULT '',
    keywords        TEXT    NOT NULL DEFAULT '',
    mod_seq         INTEGER NOT NULL DEFAULT 0,
    operation       INTEGER NOT NULL DEFAULT 0,     -- the one that takes it away
    is_gone         INTEGER NOT NULL DEFAULT 0,     -- the server has expunged it; kept until the operation ends
    PRIMARY KEY (message, mailbox)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX leaving_uid ON leaving (mailbox, uid) WHERE uid > 0;

CREATE INDEX placement_projected ON placement (operation) WHERE operation > 0;

-- Truth without an address, and the UIDNEXT of the mailbox when it came: once the mailbox is known beyond that and no
-- header was this message's, it is not there.
CREATE TABLE unbound (
    mailbox  INTEGER NOT NULL,
    message  INTEGER NOT NULL,
    uid_next INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (mailbox, message)
) STRICT, WITHOUT ROWID;

ALTER TABLE mailbox ADD COLUMN n_server_headers INTEGER NOT NULL DEFAULT 0; -- truth that the server has not expunged
UPDATE mailbox SET n_server_headers = n_headers;
ALTER TABLE mailbox ADD COLUMN is_unborn INTEGER NOT NULL DEFAULT 0;        -- an open operation creates it
