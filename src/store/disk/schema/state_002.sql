-- state.db, version 2: keywords, moves, copies, deletions and folders in the journal; holds, claims, undo.

ALTER TABLE undo_group ADD COLUMN account INTEGER NOT NULL DEFAULT 0;
ALTER TABLE undo_group ADD COLUMN undoes  INTEGER NOT NULL DEFAULT 0;     -- the group that it takes back; 0: the user's own
-- undone: 0 no; above 0 yes, as the so-manieth, and it can be done again; -1 yes, for good.
CREATE INDEX undo_group_undone ON undo_group (undone) WHERE undone > 0;

-- kind: flag, keyword, move, copy, delete, create, rename, remove, subscribe. `mailbox` is the destination of a move or
-- copy, and the folder itself of the last four. n_open: targets in state 0 or 4.
ALTER TABLE operation ADD COLUMN not_before INTEGER NOT NULL DEFAULT 0;   -- seconds since the epoch; sent no earlier
ALTER TABLE operation ADD COLUMN name       BLOB    NOT NULL DEFAULT x''; -- raw bytes: the new name of a mailbox
ALTER TABLE operation ADD COLUMN undoes     INTEGER NOT NULL DEFAULT 0;   -- the operation that it takes back
CREATE INDEX operation_group ON operation (undo_group, id);

-- state: 0 open, 1 done, 2 gone, 3 parked, 4 claimed (a command with it may have left), 5 taken back before it was sent,
-- 6 a keyword that stays on this machine, 7 moved or deleted with the original left marked \Deleted. message 0: the operation is about a folder.
ALTER TABLE operation_target ADD COLUMN to_validity INTEGER NOT NULL DEFAULT 0; -- of a claimed move or copy: UIDVALIDITY
ALTER TABLE operation_target ADD COLUMN to_uid_next INTEGER NOT NULL DEFAULT 0; -- and UIDNEXT of the destination before
DROP INDEX operation_target_open;
CREATE INDEX operation_target_open ON operation_target (message, mailbox) WHERE state IN (0, 4, 6, 7);

CREATE INDEX uid_map_operation ON uid_map (operation, message);
