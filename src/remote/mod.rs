//! The servers: bytes on a socket to typed responses and back. Knows nothing of the store, the screen or of jobs.
//!
//! `connect` opens a `wire` on a `transport`; `login` has the `imap` crate speak on it; then `session` takes over with our
//! own `framer`, `token`izer and `response` extractors and several `command`s in flight. One file for each group of IMAP
//! commands.
//! Sequence numbers do not leave this module's callers' bookkeeping; untagged data is never attributed by position.

pub mod clock;
pub mod command;
pub mod connect;
pub mod login;
pub mod response;
pub mod session;
pub mod strategy;
pub mod submission;
pub mod wire;
