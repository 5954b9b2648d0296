-- cache.db, version 3: the way to the next unread message. Bit 1 of `flags` is \Seen.

CREATE INDEX placement_unread ON placement (mailbox, internal_date, uid, message) WHERE flags & 1 = 0;
