//! Writing and sending: from the key that begins a mail to its first letter, and a full outbox over one connection.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crossbeam_channel::unbounded;
use sterna::channel::outbox::Outgoing;
use sterna::compose::build;
use sterna::config::paths::FilePaths;
use sterna::demo::server::{Options, PASSWORD, Server as Sink, USER};
use sterna::demo::shared::Service;
use sterna::engine::{Setup, submitter};
use sterna::mail::account::{AccountSettings, Endpoint, SaveSent, Security, SmtpServer};
use sterna::mail::composition::Composition;
use sterna::mail::outgoing::Moment;
use sterna::mail::secret::Secret;
use sterna::store::Store;

use crate::client::{Server, account, seconds, store_paths};
use crate::screen;
use crate::sections::Bench;
use crate::table::{figure, median, ms, note, percentile, row, times};

/// Mails of a full outbox, and bytes of the text of each.
const N_MAILS: usize = 100;
const BYTES: usize = 10_000;
/// Mails that are begun.
const N_BEGUN: usize = 50;
/// Runs of the outbox.
const RUNS: usize = 5;

/// From `c` to the first typed letter.
pub fn first_key(bench: &mut Bench) {
    let home = bench.full();
    let seen = screen::first_keys(&home, &bench.server, N_BEGUN);
    let (time, echo) = (
        percentile(seen.sterna.clone(), 99),
        percentile(seen.echo, 99),
    );
    row(
        &format!("key c to the first letter of a mail, p99 of {N_BEGUN}"),
        &ms(echo),
        &ms(time),
        "",
        "<= 50 ms",
        time <= 0.05,
    );
    note("  the middle one", "", &ms(percentile(seen.sterna, 50)));
}

/// A full outbox, beside a bare socket that says the same to the same server.
pub fn outbox(bench: &mut Bench) {
    let figures = median("outbox", RUNS, || bench.fresh());
    let (raw, time) = (figures["raw"], figures["sending"]);
    let connections = figures["connections"];
    row(
        &format!("{N_MAILS} queued mails of 10 kB: connections"),
        "1",
        &connections.to_string(),
        "",
        "1",
        (connections - 1.0).abs() < f64::EPSILON,
    );
    note(
        &format!("  time, with {} marks on the disk", 3 * N_MAILS),
        &ms(raw),
        &format!("{} ({})", ms(time), times(time, raw)),
    );
}

/// The part that runs in a process of its own.
pub fn send_all(home: &Path, server: &Server) {
    let sink = Sink::start(Options::default()).unwrap();
    let store = queued(home, &settings(server, sink.smtp_addr()));
    let account = store.account("bench").unwrap();
    let (events, _received) = unbounded();
    let setup = Setup::new(
        account,
        settings(server, sink.smtp_addr()),
        store.clone(),
        events,
        FilePaths::under(home).data,
    );
    let begin = Instant::now();
    let password = Secret::new(PASSWORD.to_owned());
    submitter::once(&setup, &password, &password).unwrap();
    seconds("sending", begin.elapsed());
    let taken = sink.submissions();
    assert_eq!(taken.len(), N_MAILS);
    let connections: BTreeSet<u32> = taken.iter().map(|mail| mail.connection).collect();
    figure("connections", connections.len() as f64);
    let log = sink.log().into_iter();
    let lines: Vec<String> = log
        // The end of a mail is logged too.
        .filter(|entry| entry.service == Service::Smtp && entry.name != ".")
        .map(|entry| entry.line)
        .collect();
    let mails: Vec<Vec<u8>> = taken.iter().map(|mail| stuffed(&mail.data)).collect();
    seconds("raw", said_again(sink.smtp_addr(), &lines, &mails));
    assert_eq!(sink.submissions().len(), 2 * N_MAILS);
    store.close();
    sink.stop();
}

fn settings(server: &Server, smtp: SocketAddr) -> AccountSettings {
    AccountSettings {
        user: USER.to_owned(),
        smtp: Some(SmtpServer::new(
            Endpoint::new(&smtp.ip().to_string(), smtp.port(), Security::Plain),
            USER,
        )),
        // Copies would be the business of IMAP.
        save_sent: SaveSent::Never,
        ..account(server, server.port)
    }
}

/// A store with a full outbox.
fn queued(home: &Path, settings: &AccountSettings) -> Store {
    FilePaths::under(home).create().unwrap();
    let (events, _received) = unbounded();
    let paths = store_paths(home);
    let store = Store::open(&paths, std::slice::from_ref(settings), events).unwrap();
    let account = store.account("bench").unwrap();
    let line = "A line of a mail, as long as lines of mails mostly are, and no longer.\n";
    for n in 0..N_MAILS {
        let composition = Composition {
            from: "anna@example.net".to_owned(),
            to: "bob@example.org".to_owned(),
            subject: format!("Number {n}"),
            body: line.repeat(BYTES / line.len()),
            ..Composition::default()
        };
        let moment = Moment {
            seconds: sterna::runtime::screen::now(),
            offset_minutes: 0,
            random: n as u128,
        };
        let mail = Outgoing {
            account,
            built: build::build(&composition, &[], &moment).unwrap(),
            origin: None,
            base: sterna::channel::draft::Base::New,
            composition: Some(composition),
            hold_seconds: 0,
            not_before: None,
        };
        store.writer().queue_now(mail).unwrap();
    }
    store
}

fn stuffed(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() + 5);
    for line in data.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    out.extend_from_slice(b".\r\n");
    out
}

/// The same commands and mails over a socket that looks for nothing but the end of each answer.
fn said_again(smtp: SocketAddr, lines: &[String], mails: &[Vec<u8>]) -> std::time::Duration {
    let login = STANDARD.encode(format!("\0{USER}\0{PASSWORD}"));
    let mut mails = mails.iter();
    let begin = Instant::now();
    let mut stream = TcpStream::connect(smtp).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut answers = BufReader::new(stream.try_clone().unwrap());
    let mut answered = || loop {
        let mut line = String::new();
        assert!(
            answers.read_line(&mut line).unwrap() > 0,
            "the sink hung up"
        );
        assert!(line.starts_with(['2', '3']), "{line}");
        if line.as_bytes()[3] == b' ' {
            return;
        }
    };
    answered();
    for line in lines {
        let command = match line.as_str() {
            "AUTH ***" => format!("AUTH PLAIN {login}\r\n"),
            line => format!("{line}\r\n"),
        };
        stream.write_all(command.as_bytes()).unwrap();
        answered();
        if line == "DATA" {
            stream.write_all(mails.next().unwrap()).unwrap();
            answered();
        }
    }
    begin.elapsed()
}
