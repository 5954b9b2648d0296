-- state.db, version 4: where an uncertain mail may be looked for in INBOX.

ALTER TABLE outbox ADD COLUMN inbox_validity INTEGER NOT NULL DEFAULT 0;   -- UIDVALIDITY of INBOX and its
ALTER TABLE outbox ADD COLUMN inbox_uid_next INTEGER NOT NULL DEFAULT 0;   -- UIDNEXT before the first attempt, at most
