//! Decides: the model of the screen, the pure `update`, the keymap. It does no I/O, knows no clock (the time arrives as
//! `Event::Now`), no terminal and no store; what it wants done leaves as `Effect`s.
//!
//! The model holds a *window* of a list, never the list. The cursor belongs to a message, not to a line.

pub mod act;
pub mod completion;
pub mod composer;
pub mod composer_shape;
pub mod composers;
pub mod date;
pub mod drafts;
pub mod folders;
pub mod input;
pub mod keeping;
pub mod keymap;
pub mod later;
pub mod layout;
pub mod ledger;
pub mod list;
pub mod message;
pub mod model;
pub mod outbox;
pub mod overlay;
pub mod present;
pub mod rights;
pub mod saves;
pub mod selection;
pub mod shown;
pub mod text_area;
pub mod text_rows;
pub mod update;
pub mod wrap;
