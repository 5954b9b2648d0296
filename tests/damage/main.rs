//! Damaged databases: whatever happens to the files, Sterna starts or says why not, shows nothing wrong,
//! and loses nothing without a word. Each case is made of a seed, which a failure names.
//!
//! `STERNA_DAMAGED_CACHES` and `STERNA_DAMAGED_STATES` set how many.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

mod caches;
mod program;
#[path = "../support/pty.rs"]
mod pty;
#[path = "../support/random.rs"]
mod random;
#[path = "../support/rig.rs"]
#[allow(dead_code, reason = "shared with other targets")]
mod rig;
mod ruin;
#[path = "../support/shell.rs"]
mod shell;
mod states;
#[path = "../store_disk/support.rs"]
#[allow(dead_code, reason = "shared with another target")]
mod support;
