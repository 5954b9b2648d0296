//! Bytes to nouns: what a message says, decoded, and its text for a screen of a given width.
//!
//! Nothing here fails, does I/O or trusts its input. Every structure is capped (`caps`), what was wrong is a list of
//! `Defect`s, and nesting is walked with a stack of its own. `mailparse` reads the parameters of Content-Type and
//! Content-Disposition and the dates that `jiff` refuses; structure, addresses and encoded words are read here, because
//! one bad address, symbol or line must not cost the rest.

pub mod addresses;
pub mod answering;
mod boundary;
mod calendar;
pub mod caps;
pub mod charset;
mod date;
pub mod defect;
mod encoding;
mod entity;
mod fields;
pub mod flowed;
pub mod header;
mod html;
mod html_dom;
mod html_links;
pub mod ids;
mod mailbox;
pub mod message;
pub mod parse;
pub mod patience;
pub mod poison;
pub mod quotable;
pub mod render;
mod strip;
mod text;
mod walk;
pub mod words;
mod wrap;
