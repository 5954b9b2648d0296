-- cache.db, version 1: what the server last said, and the projection of the open operations over it. May be deleted
-- while no Sterna runs; numbers of accounts, mailboxes and messages come from state.db, so none is AUTOINCREMENT here.
-- 0 stands for "none" and -1 for "unknown" in numbers, '' for "none" in texts.

-- How far the journal is projected: written in the transaction of the projection itself.
CREATE TABLE projection (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    applied_op INTEGER NOT NULL DEFAULT 0,
    identity   INTEGER NOT NULL DEFAULT 0             -- of the state.db that gave the numbers in this file
) STRICT;
INSERT INTO projection (id, applied_op, identity) VALUES (1, 0, 0);

-- Capabilities after login, for the first flight of the next start.
CREATE TABLE capability (
    account INTEGER NOT NULL,
    name    TEXT    NOT NULL,
    PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE mailbox (
    id                  INTEGER PRIMARY KEY,
    account             INTEGER NOT NULL,
    name                BLOB    NOT NULL,
    delimiter           INTEGER NOT NULL DEFAULT 0,   -- 0: NIL, no hierarchy
    attributes          TEXT    NOT NULL DEFAULT '',  -- of LIST, separated by spaces
    role                TEXT    NOT NULL DEFAULT '',
    subscribed          INTEGER NOT NULL DEFAULT 0,
    selectable          INTEGER NOT NULL DEFAULT 1,
    read_only           INTEGER NOT NULL DEFAULT 0,
    status_messages     INTEGER NOT NULL DEFAULT -1,  -- STATUS, as last heard
    status_unseen       INTEGER NOT NULL DEFAULT -1,
    status_uid_next     INTEGER NOT NULL DEFAULT 0,
    status_uid_validity INTEGER NOT NULL DEFAULT 0,
    status_mod_seq      INTEGER NOT NULL DEFAULT -1,
    uid_validity        INTEGER NOT NULL DEFAULT 0,   -- of the placements; 0: never selected
    uid_next            INTEGER NOT NULL DEFAULT 0,   -- below it every UID is placed, in a gap, or gone
    mod_seq             INTEGER NOT NULL DEFAULT 0,   -- of the last sync point
    present             INTEGER NOT NULL DEFAULT -1,  -- EXISTS at the last sync point
    synced_at           INTEGER NOT NULL DEFAULT 0,   -- seconds since the epoch
    n_headers           INTEGER NOT NULL DEFAULT 0,   -- placements; kept with every change
    n_unseen            INTEGER NOT NULL DEFAULT 0,   -- of them without \Seen, effectively
    n_server_unseen     INTEGER NOT NULL DEFAULT 0    -- of them without \Seen as the server says
) STRICT;
CREATE INDEX mailbox_account ON mailbox (account);

-- Keywords that a mailbox takes (PERMANENTFLAGS), `\*` included.
CREATE TABLE keyword (
    mailbox INTEGER NOT NULL,
    name    TEXT    NOT NULL,
    PRIMARY KEY (mailbox, name)
) STRICT, WITHOUT ROWID;

-- UIDs whose headers are not here yet. Ranges, disjoint and not adjacent.
CREATE TABLE gap (
    mailbox INTEGER NOT NULL,
    lo      INTEGER NOT NULL,
    hi      INTEGER NOT NULL,
    PRIMARY KEY (mailbox, lo)
) STRICT, WITHOUT ROWID;

-- What a header block says, decoded. The block itself is in header_pack.
CREATE TABLE message (
    id              INTEGER PRIMARY KEY,
    account         INTEGER NOT NULL,
    thread          INTEGER NOT NULL DEFAULT 0,   -- as given at insertion; thread_link says where it leads now
    internal_date   INTEGER NOT NULL DEFAULT 0,   -- seconds since the epoch
    date            INTEGER NOT NULL DEFAULT 0,   -- of the Date field; the internal date where missing
    date_offset     INTEGER NOT NULL DEFAULT 0,   -- minutes east of UTC
    size_bytes      INTEGER NOT NULL DEFAULT 0,
    has_attachment  INTEGER NOT NULL DEFAULT -1,
    base_subject_at INTEGER NOT NULL DEFAULT 0,   -- bytes of `subject` before the base subject (RFC 5256 section 2.1)
    from_name       TEXT    NOT NULL DEFAULT '',
    from_addr       TEXT    NOT NULL DEFAULT '',
    to_text         TEXT    NOT NULL DEFAULT '',
    subject         TEXT    NOT NULL DEFAULT '',
    message_id      TEXT    NOT NULL DEFAULT '',
    list_id         TEXT    NOT NULL DEFAULT '',
    email_id        TEXT    NOT NULL DEFAULT '',  -- RFC 8474
    gm_message      INTEGER NOT NULL DEFAULT 0,   -- X-GM-MSGID, its 64 bits
    gm_thread       INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX message_email_id ON message (account, email_id) WHERE email_id <> '';
CREATE INDEX message_gm_message ON message (account, gm_message) WHERE gm_message <> 0;

-- Where a message is. uid 0 exists only through an open operation.
CREATE TABLE placement (
    message         INTEGER NOT NULL,
    mailbox         INTEGER NOT NULL,
    uid_validity    INTEGER NOT NULL DEFAULT 0,
    uid             INTEGER NOT NULL DEFAULT 0,
    internal_date   INTEGER NOT NULL DEFAULT 0,
    server_flags    INTEGER NOT NULL DEFAULT 0,   -- bits of the system flags, as the server says
    flags           INTEGER NOT NULL DEFAULT 0,   -- effective: open operations over the server's
    server_keywords TEXT    NOT NULL DEFAULT '',  -- separated by spaces
    keywords        TEXT    NOT NULL DEFAULT '',
    mod_seq         INTEGER NOT NULL DEFAULT 0,
    operation       INTEGER NOT NULL DEFAULT 0,   -- the operation that placed it here; 0: the server did
    PRIMARY KEY (message, mailbox)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX placement_uid ON placement (mailbox, uid) WHERE uid > 0;
-- The order of lists; read backwards.
CREATE INDEX placement_list ON placement (mailbox, internal_date, uid, message);

-- Which messages are placed in a mailbox, as bitmaps of 4,096 numbers (64 little-endian words of 64 bits): what a search
-- found is cut down to one mailbox, and counted, without walking its list.
CREATE TABLE member (
    mailbox INTEGER NOT NULL,
    chunk   INTEGER NOT NULL,                     -- message number / 4,096
    bits    BLOB    NOT NULL,
    PRIMARY KEY (mailbox, chunk)
) STRICT, WITHOUT ROWID;

-- Placements that another UIDVALIDITY made void, until their messages are found again or given up.
CREATE TABLE aside (
    message       INTEGER NOT NULL,
    mailbox       INTEGER NOT NULL,
    uid_validity  INTEGER NOT NULL DEFAULT 0,
    uid           INTEGER NOT NULL DEFAULT 0,
    internal_date INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (mailbox, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX aside_message ON aside (message);

-- Header blocks as received, of `n` messages with consecutive numbers from `first` on: their lengths, then the blocks,
-- compressed.
CREATE TABLE header_pack (
    first   INTEGER PRIMARY KEY,
    n       INTEGER NOT NULL DEFAULT 1,
    account INTEGER NOT NULL,
    data    BLOB    NOT NULL DEFAULT x''
) STRICT;
CREATE INDEX header_pack_account ON header_pack (account);

-- Messages whose words are not in the index yet, `n` with consecutive numbers from `first` on. An idle pass does it: many
-- small updates of the index would cost more than the rest of the insertion.
CREATE TABLE unindexed (
    first INTEGER PRIMARY KEY,
    n     INTEGER NOT NULL DEFAULT 1
) STRICT;

-- Message-IDs seen, own and referred to, hashed together with the account, and the thread they belong to.
CREATE TABLE reference (
    hash    INTEGER PRIMARY KEY,
    thread  INTEGER NOT NULL,
    account INTEGER NOT NULL
) STRICT;

-- Threads that were joined: a forest, walked to its root. `rank` bounds the depth (union by rank).
CREATE TABLE thread_link (
    thread INTEGER PRIMARY KEY,
    parent INTEGER NOT NULL,                      -- itself for a root
    rank   INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Addresses for completion, harvested later from header blocks.
CREATE TABLE address (
    account   INTEGER NOT NULL,
    addr      TEXT    NOT NULL,
    name      TEXT    NOT NULL DEFAULT '',
    n_from    INTEGER NOT NULL DEFAULT 0,
    n_to      INTEGER NOT NULL DEFAULT 0,
    last_used INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, addr, name)
) STRICT, WITHOUT ROWID;

-- Bodies. One that came whole is in `data` or a file; one that came in parts has its header there and rows in `part`.
CREATE TABLE body (
    message      INTEGER PRIMARY KEY,
    account      INTEGER NOT NULL,
    last_used    INTEGER NOT NULL DEFAULT 0,      -- seconds since the epoch
    stored_bytes INTEGER NOT NULL DEFAULT 0,      -- on this disk, parts included
    in_parts     INTEGER NOT NULL DEFAULT 0,
    codec        INTEGER NOT NULL DEFAULT 0,      -- 0 as it is, 1 deflate, 2 in a file
    length       INTEGER NOT NULL DEFAULT 0,      -- bytes once decoded
    hash         INTEGER NOT NULL DEFAULT 0,      -- over the decoded bytes
    data         BLOB    NOT NULL DEFAULT x''     -- the bytes, or the name of the file
) STRICT;
CREATE INDEX body_age ON body (account, last_used, stored_bytes);

CREATE TABLE part (
    message       INTEGER NOT NULL,
    position      INTEGER NOT NULL,               -- order of the leaf parts
    path          TEXT    NOT NULL,               -- '1.2'
    content_type  TEXT    NOT NULL DEFAULT '',
    charset       TEXT    NOT NULL DEFAULT '',
    encoding      TEXT    NOT NULL DEFAULT '',
    name          TEXT    NOT NULL DEFAULT '',
    size_bytes    INTEGER NOT NULL DEFAULT 0,
    is_attachment INTEGER NOT NULL DEFAULT 0,
    content_id    TEXT    NOT NULL DEFAULT '',
    is_here       INTEGER NOT NULL DEFAULT 0,     -- whether its bytes are on this machine
    codec         INTEGER NOT NULL DEFAULT 0,     -- as in body
    length        INTEGER NOT NULL DEFAULT 0,
    hash          INTEGER NOT NULL DEFAULT 0,
    data          BLOB    NOT NULL DEFAULT x'',
    PRIMARY KEY (message, path)
) STRICT;

-- Words of sender and subject; the row number is the message. Positions are not kept, prefixes up to three letters are.
CREATE VIRTUAL TABLE search USING fts5 (
    words, content = '', contentless_delete = 1, detail = none,
    tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3'
);
