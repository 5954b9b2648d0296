-- cache.db, version 9: the messages of a thread, for what is done with all of it. Most messages begin a thread and have its
-- number, so that only those that joined one are listed.

CREATE INDEX message_thread ON message (thread) WHERE thread <> id;
CREATE INDEX thread_link_parent ON thread_link (parent);
