//! An embedded IMAP and SMTP server on loopback, with sample mail: `sterna --demo`, and the other side of the tests.
//!
//! It owns its own reading and writing of the protocol and shares nothing with the client's wire code, so that a
//! mistake made there is not made here again. It must not reach beyond loopback and writes no file.

pub mod date;
mod deflate;
pub mod dialect;
pub mod fault;
pub mod header_field;
pub mod hooks;
pub mod incoming;
pub mod labels;
pub mod mailbox;
pub mod namespace;
pub mod output;
pub mod part_tree;
pub mod reader;
pub mod rights;
pub mod sample;
pub mod search_text;
pub mod section;
pub mod sequence_set;
pub mod server;
pub mod session;
pub mod shared;
pub mod smtp;
pub mod state;
pub mod structure;
pub mod token;
pub mod transfer;
