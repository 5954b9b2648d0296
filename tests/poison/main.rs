//! Messages that a parser cannot bear: one that panics, one that never ends, one that takes the process with it.
//! Each costs its own view, shown as it came; keys, other messages, the sync and the next start go on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    missing_docs
)]

mod crew;
#[cfg(feature = "failpoints")]
mod program;
#[cfg(feature = "failpoints")]
#[path = "../support/pty.rs"]
mod pty;
#[cfg(feature = "failpoints")]
#[path = "../support/rig.rs"]
#[allow(dead_code, reason = "shared with other targets")]
mod rig;
#[path = "../support/shell.rs"]
mod shell;
#[path = "../store_disk/support.rs"]
#[allow(dead_code, reason = "shared with another target")]
mod support;
