-- cache.db, version 10: a purge that has ended stays known, so that a cache without folders is not taken for one that lost
-- them.

ALTER TABLE purging ADD COLUMN is_done INTEGER NOT NULL DEFAULT 0;     -- everything of the account was taken away
