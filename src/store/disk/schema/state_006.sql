-- state.db, version 6: where the messages are that drafts are made of, answer or forward; by what the server's copy of a
-- draft is known again.

-- What was known of each when the draft was saved. When the cache is lost, the header that comes with this address, or else
-- with this content, gets the number back that the draft means.
CREATE TABLE source (
    draft        INTEGER NOT NULL,
    message      INTEGER NOT NULL,
    mailbox      INTEGER NOT NULL DEFAULT 0,
    uid_validity INTEGER NOT NULL DEFAULT 0,
    uid          INTEGER NOT NULL DEFAULT 0,
    content      INTEGER NOT NULL DEFAULT 0,    -- hash of Message-ID, size and internal date; 0 without a Message-ID
    PRIMARY KEY (draft, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX source_message ON source (message);

-- When the folder of drafts is numbered anew, the copy is what has this Message-ID and still is what was put there.
ALTER TABLE draft ADD COLUMN base_id   TEXT NOT NULL DEFAULT '';    -- of the server's copy; '' where another program made it
ALTER TABLE draft ADD COLUMN base_hash BLOB NOT NULL DEFAULT x'';   -- SHA-256 of its bytes
ALTER TABLE draft ADD COLUMN copy_hash BLOB NOT NULL DEFAULT x'';   -- the same of the one that may be on the server
