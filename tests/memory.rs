//! A server that lies about lengths, or sends without end, costs no memory: the program itself is run against one, and
//! its peak is compared with that of an honest sync.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

#[path = "support/shell.rs"]
mod shell;

use std::fs;
use std::io::{BufRead as _, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// What no case takes a tenth of.
const GUARD: Duration = Duration::from_mins(3);
/// What lies may cost, beside what an honest server costs.
const MORE_KIB: u64 = 64 * 1024;
const MIB: usize = 1024 * 1024;

/// What a server does with one command, instead of what it should; `false` to close the connection then.
type Lie = fn(&mut dyn Write, tag: &str) -> std::io::Result<bool>;

/// A server with three messages in INBOX, two of which it gives.
fn serve(listener: &TcpListener, on: &'static str, lie: Lie, told: &Arc<AtomicBool>) {
    for socket in listener.incoming() {
        let Ok(socket) = socket else { return };
        let told = Arc::clone(told);
        thread::spawn(move || converse(&socket, on, lie, &told));
    }
}

fn converse(socket: &TcpStream, on: &str, lie: Lie, told: &AtomicBool) -> std::io::Result<()> {
    const CAPABILITIES: &str = "CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR ESEARCH COMPRESS=DEFLATE";
    let mut out = socket;
    write!(out, "* OK [{CAPABILITIES}] ready\r\n")?;
    for asked in BufReader::new(socket).lines() {
        let asked = asked?;
        let (tag, command) = asked.split_once(' ').unwrap_or_default();
        if command.contains(on) {
            told.store(true, Ordering::Relaxed);
            if !lie(&mut out, tag)? {
                return socket.shutdown(std::net::Shutdown::Both);
            }
            continue;
        }
        let answer = match command.split(' ').next().unwrap_or_default() {
            "AUTHENTICATE" => format!("{tag} OK [{CAPABILITIES}] in\r\n"),
            "LIST" => format!("* LIST () \"/\" INBOX\r\n{tag} OK\r\n"),
            "SELECT" => {
                format!("* 3 EXISTS\r\n* OK [UIDVALIDITY 1]\r\n* OK [UIDNEXT 4]\r\n{tag} OK\r\n")
            }
            "FETCH" | "UID" if command.contains("HEADER.FIELDS") => {
                let header = |n, size_bytes| {
                    format!(
                        "* {n} FETCH (UID {n} FLAGS () INTERNALDATE \"{}\" RFC822.SIZE {size_bytes} \
                         BODY[HEADER.FIELDS (DATE)] {{2}}\r\n\r\n)\r\n",
                        jiff::Timestamp::now().strftime("%d-%b-%Y %H:%M:%S +0000")
                    )
                };
                format!("{}{}{tag} OK\r\n", header(1, 9), header(2, 300_000))
            }
            "COMPRESS" => format!("{tag} NO\r\n"),
            "LOGOUT" => format!("* BYE\r\n{tag} OK\r\n"),
            _ => format!("{tag} OK\r\n"),
        };
        out.write_all(answer.as_bytes())?;
    }
    Ok(())
}

/// Runs `sterna sync` against such a server, with everything kept or what `keeps` says; its exit status, its peak in KiB,
/// and whether the lie was told.
fn sync(on: &'static str, lie: Lie) -> (i32, u64, bool) {
    sync_keeping("all", on, lie)
}

fn sync_keeping(keeps: &str, on: &'static str, lie: Lie) -> (i32, u64, bool) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let told = Arc::new(AtomicBool::new(false));
    let teller = Arc::clone(&told);
    thread::spawn(move || serve(&listener, on, lie, &teller));
    let home = tempfile::tempdir().unwrap();
    let text = format!(
        "[accounts.work]\nemail = \"anna@example.org\"\npassword-plaintext = \"x\"\noffline = \"{keeps}\"\n\
         compress-loopback = true\nimap = {{ host = \"127.0.0.1\", port = {port}, security = \"plain\" }}\n"
    );
    shell::configure(home.path(), &text);
    let mut command = shell::sterna(home.path(), ["sync"]);
    // What is too large for memory goes to the cache directory, not to where everybody's files are.
    command.env("TMPDIR", "/nonexistent");
    let mut child = shell::spawn(&mut command);
    let until = Instant::now() + GUARD;
    let mut peak = 0;
    loop {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let memory = status.lines().find_map(|row| row.strip_prefix("VmHWM:"));
        if let Some(kib) =
            memory.and_then(|memory| memory.trim().trim_end_matches(" kB").parse().ok())
        {
            peak = kib; // It never falls.
        }
        if let Some(status) = child.try_wait().unwrap() {
            let told = told.load(Ordering::Relaxed);
            return (status.code().unwrap(), peak, told);
        }
        if Instant::now() > until {
            child.kill().unwrap();
            panic!("hangs: {on}");
        }
        // Nothing tells when another process grows.
        thread::park_timeout(Duration::from_millis(1));
    }
}

fn fill(out: &mut dyn Write, n_mib: usize) -> std::io::Result<()> {
    let block = vec![b'x'; MIB];
    (0..n_mib).try_for_each(|_| out.write_all(&block))
}

/// What is told, and how `sync` ends: 0 done in spite of it, 69 the server is not understood, 75 the connection broke.
const LIES: [(&str, &str, i32, Lie); 14] = [
    (
        "many capabilities before the login",
        "AUTHENTICATE",
        69,
        |out, tag| {
            for _ in 0..45 {
                write!(out, "* CAPABILITY")?;
                for _ in 0..64 {
                    write!(out, " {{60000}}\r\n{}", "x".repeat(60_000))?;
                }
                write!(out, "\r\n")?;
            }
            write!(out, "{tag} OK in\r\n")?;
            Ok(true)
        },
    ),
    ("a negative length", "FETCH 1", 0, |out, tag| {
        write!(
            out,
            "* 1 FETCH (UID 1 BODY[HEADER.FIELDS (DATE)] {{-1}}\r\n{tag} OK\r\n"
        )?;
        Ok(true)
    }),
    ("four gigabytes announced", "FETCH 1", 69, |out, _| {
        write!(
            out,
            "* 1 FETCH (UID 1 BODY[HEADER.FIELDS (DATE)] {{4294967295}}\r\n"
        )?;
        Ok(true)
    }),
    ("twenty digits", "FETCH 1", 69, |out, _| {
        write!(
            out,
            "* 1 FETCH (UID 1 BODY[HEADER.FIELDS (DATE)] {{99999999999999999999}}\r\n"
        )?;
        Ok(true)
    }),
    (
        "one gigabyte announced, three bytes, the end",
        "FETCH 1",
        75,
        |out, _| {
            write!(
                out,
                "* 1 FETCH (UID 1 BODY[HEADER.FIELDS (DATE)] {{1000000000}}\r\nabc"
            )?;
            Ok(false)
        },
    ),
    ("a line without end", "FETCH 1", 69, |out, _| {
        write!(out, "* 1 FETCH (UID 1 FLAGS (")?;
        fill(out, 1024)?; // Its end is not waited for.
        Ok(false)
    }),
    ("an answer without end", "SELECT", 69, |out, tag| {
        write!(out, "{tag} OK ")?;
        fill(out, 1024)?;
        Ok(false)
    }),
    ("a long line that ends", "FETCH 1", 75, |out, _| {
        write!(out, "* 1 FETCH (UID 1 FLAGS (")?;
        fill(out, 80)?;
        Ok(false)
    }),
    ("a header of 80 MiB", "FETCH 1", 0, |out, tag| {
        write!(
            out,
            "* 1 FETCH (UID 1 FLAGS () BODY[HEADER.FIELDS (DATE)] {{{}}}\r\n",
            80 * MIB
        )?;
        fill(out, 80)?;
        write!(out, ")\r\n{tag} OK\r\n")?;
        Ok(true)
    }),
    (
        "a message of 80 MiB",
        " (UID BODY.PEEK[])",
        0,
        |out, tag| {
            write!(out, "* 1 FETCH (UID 1 BODY[] {{{}}}\r\n", 80 * MIB)?;
            fill(out, 80)?;
            write!(out, ")\r\n{tag} OK\r\n")?;
            Ok(true)
        },
    ),
    (
        "a million UIDs, the last one first",
        "UID SEARCH",
        0,
        |out, tag| {
            let uids: Vec<String> = (1..=1_000_000)
                .rev()
                .map(|n: u32| (n * 3).to_string())
                .collect();
            write!(out, "* SEARCH {}\r\n{tag} OK\r\n", uids.join(" "))?;
            Ok(true)
        },
    ),
    ("UIDs that nobody asked for", "FETCH 1", 0, |out, tag| {
        for line in 0..6 {
            let uids = (1..=1_000_000).map(|n: u32| (n * 24 + 2 * line).to_string());
            write!(out, "* SEARCH {}\r\n", uids.collect::<Vec<_>>().join(" "))?;
        }
        write!(out, "{tag} OK\r\n")?;
        Ok(true)
    }),
    ("a million UIDs vanished", "SELECT", 0, |out, tag| {
        let uids: Vec<String> = (1..=1_000_000)
            .rev()
            .map(|n: u32| (n * 3).to_string())
            .collect();
        write!(
            out,
            "* OK [UIDVALIDITY 1]\r\n* VANISHED (EARLIER) {}\r\n{tag} OK\r\n",
            uids.join(",")
        )?;
        Ok(true)
    }),
    ("a bomb", "COMPRESS", 69, |out, tag| {
        write!(out, "{tag} OK\r\n")?;
        // Its two gigabytes are not even waited for.
        let mut bomb = DeflateEncoder::new(out, Compression::default());
        fill(&mut bomb, 2048)?;
        Ok(false)
    }),
];

/// Runs all of these and compares them with an honest server.
fn cost_no_memory(lies: &[(&str, &'static str, i32, Lie)]) {
    let (code, honest, _) = sync("NOTHING", |_, _| Ok(true));
    assert_eq!(code, 0);
    assert!(honest > 1024, "{honest}");
    eprintln!("honest: {honest} KiB");
    let runs: Vec<_> = lies
        .iter()
        .map(|&(what, on, expected, lie)| {
            let (code, peak, was_told) = sync(on, lie);
            assert!(was_told, "{what}");
            eprintln!("{what}: {peak} KiB, ended with {code}");
            (what, expected, code, peak)
        })
        .collect();
    for (what, expected, code, peak) in runs {
        assert_eq!(code, expected, "{what}");
        assert!(
            peak < honest + MORE_KIB,
            "{what}: {peak} KiB, honest {honest} KiB"
        );
    }
}

#[test]
fn lies_cost_no_memory() {
    cost_no_memory(&LIES);
}

/// A flood of what is read at once and told to somebody, or moves what is kept; as [`LIES`].
const FLOODS: [(&str, &str, i32, Lie); 2] = [
    ("a million alerts", "SELECT", 0, |out, tag| {
        let words = (0..1_000_000).map(|n| format!("* OK [ALERT] {n}\r\n"));
        write!(
            out,
            "* OK [UIDVALIDITY 1]\r\n{}{tag} OK\r\n",
            words.collect::<String>()
        )?;
        Ok(true)
    }),
    ("a storm of expunges", "SELECT", 0, |out, tag| {
        let gone = "* 1 EXPUNGE\r\n".repeat(400_000);
        write!(
            out,
            "* 5000000 EXISTS\r\n* OK [UIDVALIDITY 1]\r\n* OK [UIDNEXT 4]\r\n{gone}* 3 EXISTS\r\n{tag} OK\r\n"
        )?;
        Ok(true)
    }),
];

#[test]
fn floods_cost_no_memory() {
    cost_no_memory(&FLOODS);
}

/// Beside the structure that was asked for comes what stands in it.
#[test]
fn a_part_that_nobody_asked_for_costs_no_memory() {
    let (code, honest, _) = sync_keeping("recent", "NOTHING", |_, _| Ok(true));
    assert_eq!(code, 0);
    let (code, peak, was_told) = sync_keeping("recent", "BODYSTRUCTURE", |out, tag| {
        write!(
            out,
            "* 2 FETCH (UID 2 BODYSTRUCTURE ((\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 3 1)\
             (\"APPLICATION\" \"PDF\" NIL NIL NIL \"7BIT\" {0}) \"MIXED\") BODY[HEADER] {{2}}\r\n\r\n)\r\n\
             * 2 FETCH (UID 2 BODY[2] {{{0}}}\r\n",
            80 * MIB
        )?;
        fill(out, 80)?;
        write!(out, ")\r\n{tag} OK\r\n")?;
        Ok(true)
    });
    assert!(was_told, "the structure was never asked for");
    eprintln!("a part unasked: {peak} KiB, honest: {honest} KiB");
    assert_eq!(code, 0);
    assert!(peak < honest + MORE_KIB, "{peak} KiB, honest {honest} KiB");
}
