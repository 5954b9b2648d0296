-- cache.db, version 8: what the user keeps on this machine, and how much of each mailbox is here whole.

-- Messages whose bodies stay here, whole, until the user lets them go.
CREATE TABLE kept (
    message INTEGER PRIMARY KEY,
    account INTEGER NOT NULL,
    is_here INTEGER NOT NULL DEFAULT 0             -- whether the whole body has come
) STRICT;
CREATE INDEX kept_missing ON kept (account, message) WHERE is_here = 0;

ALTER TABLE body ADD COLUMN is_kept INTEGER NOT NULL DEFAULT 0;    -- it does not go for lack of room
DROP INDEX body_worth;
CREATE INDEX body_worth ON body (account, is_kept, last_used, internal_date, stored_bytes);

-- Rows of the list whose bodies are here whole: kept with every change of either.
ALTER TABLE mailbox ADD COLUMN n_whole INTEGER NOT NULL DEFAULT 0;
UPDATE mailbox SET n_whole = whole.n FROM
    (SELECT p.mailbox AS id, count(*) AS n FROM body b CROSS JOIN placement p ON p.message = b.message
     WHERE b.in_parts = 0 GROUP BY p.mailbox) AS whole
WHERE whole.id = mailbox.id;
