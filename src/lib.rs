//! Sterna, a terminal mail client: the architecture in one page.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::panic,
        clippy::print_stderr
    )
)]

pub mod app;
pub mod channel;
pub mod cli;
pub mod command;
pub mod config;
pub mod demo;
pub mod engine;
pub mod mail;
pub mod mime;
pub mod remote;
pub mod runtime;
pub mod store;
pub mod terminal;
pub mod ui;
