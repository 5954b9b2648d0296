-- cache.db, version 4: whose a mailbox is, its own id, and the beginning of a message's text.

ALTER TABLE mailbox ADD COLUMN namespace TEXT NOT NULL DEFAULT '';     -- RFC 2342: 'personal', 'others', 'shared'
ALTER TABLE mailbox ADD COLUMN prefix_bytes INTEGER NOT NULL DEFAULT 0;-- of the name, not shown
ALTER TABLE mailbox ADD COLUMN object_id TEXT NOT NULL DEFAULT '';     -- MAILBOXID, RFC 8474
ALTER TABLE message ADD COLUMN preview TEXT NOT NULL DEFAULT '';       -- PREVIEW, RFC 8970
