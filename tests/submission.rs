//! Handing over mail: the real client of a submission server against the embedded sink, against scripts that lie, and
//! behind certificates of every kind; and what lettre's own connection would do in its place.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    missing_docs
)]

#[path = "support/certificates.rs"]
mod certificates;
#[allow(dead_code)]
#[path = "tls/home.rs"]
mod home;
#[path = "support/pty.rs"]
mod pty;
#[allow(dead_code)]
#[path = "support/script.rs"]
mod script;
#[path = "support/shell.rs"]
mod shell;
#[path = "support/tls_front.rs"]
mod tls_front;

#[path = "submission/certain.rs"]
mod certain;
#[path = "submission/clear.rs"]
mod clear;
#[path = "submission/hostile.rs"]
mod hostile;
#[path = "submission/judged.rs"]
mod judged;
#[path = "submission/lettre.rs"]
mod lettre;
#[path = "submission/login.rs"]
mod login;
#[path = "submission/program.rs"]
mod program;
#[path = "submission/queued.rs"]
mod queued;
#[path = "submission/rig.rs"]
mod rig;
#[path = "submission/sending.rs"]
mod sending;
#[path = "submission/stages.rs"]
mod stages;
#[path = "submission/transport.rs"]
mod transport;
