-- cache.db, version 11: how far the flags of a mailbox are known while they are brought up to date in pieces, the newest
-- messages first. From `low` on, as far as the next higher row, everything up to `mod_seq` is known; below the lowest row
-- everything up to the mailbox's own mod_seq. Without rows nothing is under way.

CREATE TABLE caught_up (
    mailbox INTEGER NOT NULL,
    low     INTEGER NOT NULL,
    mod_seq INTEGER NOT NULL,
    PRIMARY KEY (mailbox, low)
) STRICT, WITHOUT ROWID;
