//! Reading a large mailbox on a real server: what the budgets speak of, next to a bare socket that sends the same
//! commands and parses nothing. `benches/run` prepares the server and starts this; it prints one table.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    missing_docs
)]

mod client;
mod far;
mod interrupted;
mod lists;
mod mailbox;
mod network;
mod news;
mod peers;
#[path = "../../tests/support/pty.rs"]
mod pty;
mod raw;
mod relay;
mod screen;
mod sections;
mod sending;
mod starts;
mod table;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use client::Server;
use raw::Raw;
use sections::Bench;

/// As in the budgets.
const ROUND_TRIP: Duration = Duration::from_millis(50);

fn variable(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: this is started by benches/run"))
}

fn main() {
    let part = std::env::var("STERNA_BENCH_PART").unwrap_or_default();
    if std::env::var_os("STERNA_LIVE_PLAIN_PORT").is_none() {
        println!("reading: NOT RUN (benches/run prepares the server it needs)");
        return;
    }
    let server = Server {
        port: variable("STERNA_LIVE_PLAIN_PORT").parse().unwrap(),
        tls_port: variable("STERNA_LIVE_PORT").parse().unwrap(),
        ca_file: variable("STERNA_LIVE_CA").into(),
        user: variable("STERNA_LIVE_USER"),
        password: variable("STERNA_LIVE_PASSWORD"),
        mail: variable("STERNA_LIVE_MAIL").into(),
    };
    let n: u32 = variable("STERNA_BENCH_MESSAGES").parse().unwrap();
    let home = || PathBuf::from(variable("STERNA_BENCH_HOME"));
    match part.as_str() {
        "" => run(server, n),
        "mailbox" => {
            let size_bytes = variable("STERNA_BENCH_SIZE").parse().unwrap();
            mailbox::make(&server, n, size_bytes);
        }
        "first-screen" => starts::first_screen(&home(), &server),
        "first-sync" => starts::first_sync(&home(), &server, server.port, u64::from(n)),
        "far-sync" => starts::far_sync(&home(), &server, u64::from(n), ROUND_TRIP),
        "warm-start" => starts::warm_start(&home(), &server),
        "limit" => lists::limit(&home(), &server),
        "reopen" => network::reopen(&home(), &server, ROUND_TRIP),
        "fresh" => network::fresh(&home(), &server, ROUND_TRIP),
        "open-message" => network::open_message(&home(), &server, ROUND_TRIP),
        "outbox" => sending::send_all(&home(), &server),
        "whole-messages" => network::whole_messages(&home(), &server, u64::from(n)),
        other => panic!("no such part: {other}"),
    }
}

/// A group of rows.
type Section = fn(&mut Bench);

fn run(server: Server, n: u32) {
    let wanted = std::env::var("STERNA_BENCH_ONLY").unwrap_or_default();
    let mut bench = Bench::new(server, n);
    if wanted == "offline" {
        bench.offline();
        return;
    }
    // The server reads the messages themselves only once; later it has the fields in its own cache.
    let warming = Instant::now();
    let mut raw = Raw::login(&bench.server);
    raw.command("SELECT INBOX (CONDSTORE)");
    raw.headers(n);
    println!(
        "server warm after {:.1} s; {n} messages",
        warming.elapsed().as_secs_f64()
    );
    drop(raw);
    table::head();
    let sections: [(&str, Section); 16] = [
        ("first-screen", Bench::first_screen),
        ("first-sync", Bench::first_sync),
        ("far-sync", far::far_sync),
        ("far-screen", far::far_screen),
        ("interrupted", interrupted::interrupted),
        ("warm-start", Bench::warm_start),
        ("limit", Bench::limit),
        ("reopen", Bench::reopen),
        ("open-message", Bench::open_message),
        ("screen", Bench::screen),
        ("starred", Bench::starred),
        ("stalled", Bench::stalled),
        ("news", news::news),
        ("first-key", sending::first_key),
        ("outbox", sending::outbox),
        ("peers", Bench::peers),
    ];
    for (name, section) in sections {
        if wanted.is_empty() || wanted.split(',').any(|only| only == name) {
            section(&mut bench);
        }
    }
}
