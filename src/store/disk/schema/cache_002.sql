-- cache.db, version 2: which bodies go first, which are not to come back, and which purge was not finished.

-- From now on `last_used` is 0 for a body that was fetched ahead and never read: those go first, the oldest mail first.
ALTER TABLE body ADD COLUMN internal_date INTEGER NOT NULL DEFAULT 0; -- of its message
UPDATE body SET internal_date = coalesce((SELECT internal_date FROM message WHERE message.id = body.message), 0);
DROP INDEX body_age;
CREATE INDEX body_worth ON body (account, last_used, internal_date, stored_bytes);

-- Messages whose bodies went for lack of room: not fetched ahead again before there is much room.
CREATE TABLE evicted (
    message INTEGER PRIMARY KEY,
    account INTEGER NOT NULL
) STRICT;

-- Accounts whose purge has begun and not ended.
CREATE TABLE purging (
    account INTEGER PRIMARY KEY
) STRICT;
