-- cache.db, version 12: messages that are in no mailbox any more and of which drafts are made. They go with the drafts.

CREATE TABLE held (
    message INTEGER PRIMARY KEY
) STRICT;
