//! The arguments of what sends mail: send, outbox.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::args::Output;

/// `send`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Send {
    /// How to print.
    #[command(flatten)]
    pub output: Output,
    /// A message as RFC 5322 has it; standard input when not given. It goes to everybody in To, Cc and Bcc.
    pub file: Option<PathBuf>,
    /// From this account; the one whose address is in From when not given, else the first.
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
}

/// `outbox`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Outbox {
    /// Print one JSON document.
    #[arg(long, global = true)]
    pub json: bool,
    /// Also what is sent.
    #[arg(long, global = true)]
    pub all: bool,
    /// What is to happen; a list when not given.
    #[command(subcommand)]
    pub deed: Option<OutboxDeed>,
}

/// What happens to the outbox, or to a mail of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum OutboxDeed {
    /// List the mail that is not sent yet.
    List,
    /// Show all that is known of a mail.
    Show {
        /// The mail, by its number in the list.
        id: i64,
    },
    /// Send a mail now: one that waits, was refused, or of which nobody knows whether it arrived.
    Retry {
        /// The mail, by its number in the list.
        id: i64,
    },
    /// Give a mail up for good.
    Drop {
        /// The mail, by its number in the list.
        id: i64,
    },
    /// Make a mail a draft again.
    Edit {
        /// The mail, by its number in the list.
        id: i64,
    },
    /// Say that a mail arrived of which nobody knew.
    Arrived {
        /// The mail, by its number in the list.
        id: i64,
    },
}
