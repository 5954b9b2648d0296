-- state.db, version 7: mail that was handed over as a finished message.

-- Its Message-ID came with it, and where it comes back as a draft its bytes lie there in `raw`: what is attached is a part
-- of them.
ALTER TABLE outbox ADD COLUMN is_given INTEGER NOT NULL DEFAULT 0;
UPDATE outbox SET is_given = 1 WHERE draft = 0 AND substr(raw, 1, 12) <> CAST('Resent-From:' AS BLOB);
-- Nothing ever read it: what is sent says it itself.
ALTER TABLE outbox DROP COLUMN is_8bit;
