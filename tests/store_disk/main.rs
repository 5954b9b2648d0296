//! The store through its public API, on real files: what survives a crash, a lost cache, a renumbered mailbox, damage,
//! and a second process. Support is in `support.rs`; a new test belongs in the file of its subject.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

mod adopted;
mod bodies;
mod caught_up;
mod draft_copies;
mod draft_sources;
mod drafts;
mod files;
mod folders;
mod held;
mod journal;
mod journal_crashes;
mod kept;
mod lanes;
mod moves;
mod moves_later;
mod outbox;
mod outbox_waits;
mod people;
mod place;
mod plans;
mod renumbered;
mod room;
mod selection;
mod support;
mod threads;
mod undo;
mod undo_claimed;
mod windows;
