//! The embedded server, driven over bare sockets: what it must be before it may judge the client.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    missing_docs
)]

#[path = "demo_server/client.rs"]
mod client;
#[path = "demo_server/commands.rs"]
mod commands;
#[path = "demo_server/dialects.rs"]
mod dialects;
#[path = "demo_server/extensions.rs"]
mod extensions;
#[path = "demo_server/faults.rs"]
mod faults;
#[path = "demo_server/messages.rs"]
mod messages;
#[path = "demo_server/objects.rs"]
mod objects;
#[path = "demo_server/rights.rs"]
mod rights;
#[path = "demo_server/sample.rs"]
mod sample;
#[path = "demo_server/submission.rs"]
mod submission;
