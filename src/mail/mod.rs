//! The nouns of mail, pure: what every other module speaks in. No I/O, no clock, no foreign crate but serde and the
//! Unicode tables of `safe_text`.

pub mod account;
pub mod address;
pub mod capability;
pub mod character;
pub mod composition;
pub mod envelope;
pub mod file_name;
pub mod fingerprint;
pub mod flag;
pub mod label;
pub mod mailbox;
pub mod message_id;
pub mod outgoing;
pub mod part;
pub mod quota;
pub mod rights;
pub mod safe_text;
pub mod secret;
pub mod styled;
pub mod uid;
pub mod uid_set;
pub mod utf7;
