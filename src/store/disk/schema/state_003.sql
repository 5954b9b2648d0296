-- state.db, version 3: drafts and mail on its way out, as they are used from here on.

-- A row in `sending` or `committing` belongs to the process that holds the account's lock, and to its attempt.
ALTER TABLE outbox ADD COLUMN hash           BLOB    NOT NULL DEFAULT x''; -- SHA-256 of raw
ALTER TABLE outbox ADD COLUMN copy           BLOB    NOT NULL DEFAULT x''; -- for the Sent folder; x'': raw itself
ALTER TABLE outbox ADD COLUMN needs_smtputf8 INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN is_8bit        INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN draft          INTEGER NOT NULL DEFAULT 0;   -- what it was written in; 0: it was given whole
ALTER TABLE outbox ADD COLUMN revision       INTEGER NOT NULL DEFAULT 0;   -- of the draft when it was queued
ALTER TABLE outbox ADD COLUMN origin         INTEGER NOT NULL DEFAULT 0;   -- the message that it answers or forwards
ALTER TABLE outbox ADD COLUMN is_forward     INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN copy_validity  INTEGER NOT NULL DEFAULT 0;   -- UIDVALIDITY of the Sent folder and its
ALTER TABLE outbox ADD COLUMN copy_uid_next  INTEGER NOT NULL DEFAULT 0;   -- UIDNEXT before the first attempt, at most
ALTER TABLE outbox ADD COLUMN changed        INTEGER NOT NULL DEFAULT 0;   -- seconds since the epoch: of the state
CREATE INDEX outbox_account ON outbox (account, state, id);

ALTER TABLE draft ADD COLUMN composition TEXT    NOT NULL DEFAULT '';      -- JSON, as typed
ALTER TABLE draft ADD COLUMN reason      TEXT    NOT NULL DEFAULT '';      -- why it came back from the outbox
-- 0: it is being written; above 0: the mail that it went into, which may give it back; -1: it is over, and only the
-- server's copy is still to be removed.
ALTER TABLE draft ADD COLUMN outbox      INTEGER NOT NULL DEFAULT 0;
ALTER TABLE draft ADD COLUMN revision    INTEGER NOT NULL DEFAULT 0;       -- counts the saves
ALTER TABLE draft ADD COLUMN copied      INTEGER NOT NULL DEFAULT 0;       -- the revision that the server's copy has
ALTER TABLE draft ADD COLUMN copy_id     TEXT    NOT NULL DEFAULT '';      -- Message-ID of one that may be on the server
ALTER TABLE draft ADD COLUMN copied_at   INTEGER NOT NULL DEFAULT 0;       -- seconds since the epoch
ALTER TABLE draft ADD COLUMN tried_at    INTEGER NOT NULL DEFAULT 0;       -- the same, also where it failed; 0: not since
ALTER TABLE draft ADD COLUMN old_mailbox  INTEGER NOT NULL DEFAULT 0;      -- the copy before the last one, which is to go
ALTER TABLE draft ADD COLUMN old_validity INTEGER NOT NULL DEFAULT 0;
ALTER TABLE draft ADD COLUMN old_uid      INTEGER NOT NULL DEFAULT 0;
