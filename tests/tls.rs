//! What protects a connection: STARTTLS, certificates, pins, tokens, and an attacker who speaks before TLS does.
//! The real program and the real session against servers that lie.

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
#[path = "support/pty.rs"]
mod pty;
#[allow(dead_code)]
#[path = "support/script.rs"]
mod script;
#[path = "support/shell.rs"]
mod shell;
#[allow(dead_code)]
#[path = "support/tls_front.rs"]
mod tls_front;

#[path = "tls/clear.rs"]
mod clear;
#[path = "tls/forged.rs"]
mod forged;
#[path = "tls/home.rs"]
mod home;
#[path = "tls/judged.rs"]
mod judged;
#[path = "tls/pinned.rs"]
mod pinned;
#[path = "tls/referred.rs"]
mod referred;
#[path = "tls/tokens.rs"]
mod tokens;
