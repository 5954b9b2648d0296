//! The servers: bytes on a socket to typed responses and back. Knows nothing of the store, the screen or of jobs.
//!
//! `connect` opens a `wire` on a `transport`; `login` has the `imap` crate speak on it; then `session` takes over with our
//! own `framer`, `token`izer and `response` extractors and several `command`s in flight. One file for each group of IMAP
//! commands.
//! Sequence numbers do not leave this module's callers' bookkeeping; untagged data is never attributed by position.

pub mod admin;
pub mod append;
pub mod capability;
mod certificate;
pub mod clock;
pub mod code;
pub mod command;
pub mod connect;
pub mod date;
pub mod deflate;
pub mod door;
pub mod fetch;
pub mod fetch_response;
pub mod filter;
pub mod flags;
pub mod framer;
pub mod id;
pub mod idle;
pub mod limits;
pub mod list;
pub mod literal;
pub mod login;
pub mod notify;
mod opening;
pub mod part_name;
pub mod patience;
pub mod pipeline;
mod provider;
pub mod quirks;
pub mod response;
mod sasl;
pub mod search;
pub mod select;
pub mod session;
pub mod starttls;
pub mod strategy;
pub mod stream;
pub mod structure;
pub mod submission;
mod tapped;
mod tls;
pub mod token;
pub mod transfer;
pub mod transport;
pub mod untagged;
pub mod waker;
pub mod wire;
pub mod wire_log;
