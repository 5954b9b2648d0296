//! Disks that are full or fail: what was acknowledged stays, what was not is said, and everything goes on
//! by itself once writing works again.
//!
//! Usually a limit of the process makes writes fail (`RLIMIT_FSIZE`), which needs no rights. Where `STERNA_SMALL_DISK` names
//! the directory of a small disk of its own, that one is filled instead. `STERNA_FULL_DISKS` sets how often.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

mod full;
#[path = "../support/pty.rs"]
mod pty;
#[path = "../support/random.rs"]
mod random;
#[path = "../support/rig.rs"]
#[allow(dead_code, reason = "shared with other targets")]
mod rig;
mod screen;
#[path = "../support/shell.rs"]
mod shell;
#[cfg(feature = "failpoints")]
mod strace;
#[path = "../store_disk/support.rs"]
#[allow(dead_code, reason = "shared with another target")]
mod support;
