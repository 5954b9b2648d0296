//! What a list shows: windows of rows, words to limit it by, selections, the next unread message.

pub(super) mod id_set;
pub(super) mod search;
pub(super) mod selection;
pub(super) mod unread;
pub(super) mod window;
