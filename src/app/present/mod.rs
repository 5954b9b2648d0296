//! What the screen says, as data: texts and marks without places and colours. `ui` draws it and needs no knowledge of
//! what crosses threads.

pub mod folders;
pub mod help;
pub mod hints;
pub mod ledger;
pub mod list;
pub mod mails;
pub mod message;
pub mod number;
pub mod overlay;
pub mod question;
pub mod status;
