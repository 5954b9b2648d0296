-- state.db, version 8: of which messages drafts need the bytes.

-- The message is attached to the draft, or a part of it is; 0: the draft only answers or forwards it.
ALTER TABLE source ADD COLUMN is_attached INTEGER NOT NULL DEFAULT 1;
