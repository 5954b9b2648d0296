//! Mail on its way out: the real binary against the embedded servers, refused, cut and killed at every stage. No mail
//! vanishes, none is delivered twice, and of each the Sent folder has one copy at the most, and one once it is settled.
//!
//! `STERNA_SUBMISSION_KILLS` sets how often the program is killed at each stage, `STERNA_LOST_ANSWERS` how many final
//! answers are lost, `STERNA_REFUSED_COPIES` how many copies are refused or cut, `STERNA_FILED_COPIES` how many mails the
//! server files itself, `STERNA_DRAFT_KILLS` how often a process is killed that writes drafts, `STERNA_COMPOSER_KILLS` how
//! often the program is while somebody writes on its screen.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

#[path = "outbox/away.rs"]
mod away;
#[path = "outbox/bounces.rs"]
mod bounces;
#[path = "outbox/composing.rs"]
mod composing;
#[path = "outbox/copies.rs"]
mod copies;
#[path = "outbox/crashes.rs"]
mod crashes;
#[path = "outbox/draft_kills.rs"]
mod draft_kills;
#[path = "outbox/draft_rivals.rs"]
mod draft_rivals;
#[path = "outbox/drafts.rs"]
mod drafts;
#[path = "outbox/engine.rs"]
mod engine;
#[path = "outbox/fates.rs"]
mod fates;
#[path = "outbox/folders.rs"]
mod folders;
#[path = "outbox/forwards.rs"]
mod forwards;
#[path = "outbox/given.rs"]
mod given;
#[path = "outbox/kills.rs"]
mod kills;
#[path = "outbox/pauses.rs"]
mod pauses;
#[allow(dead_code)]
#[path = "reading/place.rs"]
mod place;
#[path = "outbox/post.rs"]
mod post;
#[path = "support/pty.rs"]
mod pty;
#[path = "outbox/quitting.rs"]
mod quitting;
#[path = "support/random.rs"]
mod random;
#[path = "outbox/replacing.rs"]
mod replacing;
#[path = "outbox/room.rs"]
mod room;
#[path = "outbox/screen.rs"]
mod screen;
#[path = "outbox/silent.rs"]
mod silent;
#[path = "outbox/thread.rs"]
mod thread;
#[path = "outbox/uncertain.rs"]
mod uncertain;
