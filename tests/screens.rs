//! The screen end to end without a terminal: keys and events in, cells and effects out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::wildcard_imports,
    clippy::format_push_string,
    clippy::cast_possible_truncation,
    missing_docs
)]

#[path = "screens/any_input.rs"]
mod any_input;
#[path = "screens/behaviour.rs"]
mod behaviour;
#[path = "screens/composer.rs"]
mod composer;
#[path = "screens/composer_pictures.rs"]
mod composer_pictures;
#[path = "screens/composer_sender.rs"]
mod composer_sender;
#[path = "screens/composer_sending.rs"]
mod composer_sending;
#[path = "screens/composer_typing.rs"]
mod composer_typing;
#[path = "screens/drafts.rs"]
mod drafts;
#[path = "screens/failures.rs"]
mod failures;
#[path = "screens/fake_store.rs"]
mod fake_store;
#[path = "screens/fixtures.rs"]
mod fixtures;
#[path = "screens/harness.rs"]
mod harness;
#[path = "screens/keeping.rs"]
mod keeping;
#[path = "screens/labels.rs"]
mod labels;
#[path = "screens/limits.rs"]
mod limits;
#[path = "screens/list.rs"]
mod list;
#[path = "screens/mouse.rs"]
mod mouse;
#[path = "screens/outbox.rs"]
mod outbox;
#[path = "screens/passwords.rs"]
mod passwords;
#[path = "screens/pictures.rs"]
mod pictures;
#[path = "screens/post.rs"]
mod post;
#[path = "screens/processes.rs"]
mod processes;
#[path = "screens/reading.rs"]
mod reading;
#[path = "screens/saving.rs"]
mod saving;
#[path = "screens/triage.rs"]
mod triage;
#[path = "screens/triage_list.rs"]
mod triage_list;
#[path = "screens/triage_pictures.rs"]
mod triage_pictures;
#[path = "screens/unread.rs"]
mod unread;
#[path = "screens/writing.rs"]
mod writing;
