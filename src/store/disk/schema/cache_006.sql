-- cache.db, version 6: labels of a message, one a line, where the server has them (X-GM-LABELS).

ALTER TABLE message ADD COLUMN labels TEXT NOT NULL DEFAULT '';
