-- state.db, version 5: when the server's copy of a draft is made.

ALTER TABLE draft ADD COLUMN is_left INTEGER NOT NULL DEFAULT 0;           -- nobody types at it: it is copied at once
ALTER TABLE draft ADD COLUMN tries   INTEGER NOT NULL DEFAULT 0;           -- in vain, since a copy was made last
