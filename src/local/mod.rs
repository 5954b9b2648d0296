//! Mail in files of the user's: mbox, Maildir and single messages, read and written.
//!
//! Files come from anywhere, so nothing here trusts them: one message at a time is in memory, none is larger than
//! [`message::MOST_BYTES`], and one that cannot be read is told and passed over. A file that is not ours is never changed.
//! Ours are the folders on this computer ([`tree`]): a Maildir each, which other programs may share.
//! Knows neither store nor server.

pub mod asctime;
pub mod export;
pub mod folder;
pub mod head;
pub mod line_ends;
pub mod maildir;
pub mod maildir_change;
pub mod maildir_name;
pub mod mbox_header;
pub mod mbox_reader;
pub mod mbox_writer;
pub mod message;
pub mod quoting;
pub mod source;
pub mod tree;
pub mod uid_list;
