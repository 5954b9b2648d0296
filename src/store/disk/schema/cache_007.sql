-- cache.db, version 7: what the servers allow.

ALTER TABLE mailbox ADD COLUMN rights TEXT NOT NULL DEFAULT '';        -- MYRIGHTS, RFC 4314; '' while unknown

-- STORAGE of the quota root of INBOX that is nearest to its end. RFC 9208.
CREATE TABLE quota (
    account     INTEGER PRIMARY KEY,
    used_bytes  INTEGER NOT NULL,
    limit_bytes INTEGER NOT NULL
) STRICT;
