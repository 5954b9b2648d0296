//! Writing mail, pure: what a reply looks like, what a typed line means, and the bytes of a mail. No clock, no disk, no
//! database: what those know is given, and the same input gives the same bytes.
//!
//! lettre's builder puts the parts together. What its encoder lets through (control characters, literal encoded words,
//! endless words) is encoded here before it gets there.

pub mod address;
pub mod bounce;
pub mod build;
pub mod check;
mod date;
mod flowed;
pub mod given;
mod header;
pub mod identity;
pub mod mailto;
pub mod media;
pub mod paragraph;
pub mod parse;
mod parts;
mod quote;
mod raw;
pub mod recipients;
pub mod reply;
pub mod signature;
mod subject;
mod target;
pub mod template;
