//! Figures of the store: microseconds per header inserted, time until everything is indexed, time per window of a list of
//! 100,000 rows, and time to open with a journal of as many messages. `STERNA_BENCH_HEADERS` sets another number of
//! headers; `STERNA_BENCH_STREAM` makes them one batch at a time, for the memory (the time then holds the making too).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::unchecked_time_subtraction,
    missing_docs
)]

use std::time::{Duration, Instant};

use crossbeam_channel::unbounded;
use sterna::channel::operation::{Action, Change, Target, Ticket};
use sterna::channel::rows::{Anchor, WindowQuery};
use sterna::mail::account::{AccountId, AccountSettings, Endpoint, Offline, Security};
use sterna::mail::address::Address;
use sterna::mail::envelope::Envelope;
use sterna::mail::flag::{Flags, SystemFlag};
use sterna::mail::mailbox::{MailboxId, MailboxName, Role};
use sterna::mail::uid::{ModSeq, Uid, UidValidity};
use sterna::mail::uid_set::UidSet;
use sterna::store::reader::Reader;
use sterna::store::sync_state::{FetchedHeader, ListedMailbox, Selected};
use sterna::store::{Paths, Store};

const BATCH: u32 = 500;

fn settings() -> AccountSettings {
    AccountSettings {
        offline: Offline::Headers,
        ..AccountSettings::new(
            "bench",
            "me@example.org",
            Endpoint::new("localhost", 143, Security::Plain),
        )
    }
}

/// A header as real mail has it: some 740 bytes, two fifths of it replies.
fn header(uid: u32) -> FetchedHeader {
    const WORDS: [&str; 16] = [
        "meeting", "invoice", "release", "budget", "holiday", "server", "report", "question",
        "patch", "review", "draft", "lunch", "travel", "offer", "reminder", "minutes",
    ];
    let random = |salt: u32| {
        (uid.wrapping_mul(2_654_435_761) ^ salt.wrapping_mul(40_503)).wrapping_mul(2_246_822_519)
            >> 7
    };
    let word = |salt: u32| WORDS[random(salt) as usize % WORDS.len()];
    let person = random(9) % 4_000;
    let is_reply = uid % 5 < 2 && uid > 10;
    let message_id = format!("{:08x}.{uid}@mail{}.example.org", random(1), person % 50);
    let references = if is_reply {
        let parent = uid - 1 - random(2) % 9;
        vec![
            format!("root.{}@example.org", parent / 10),
            format!("parent.{parent}@example.org"),
        ]
    } else {
        Vec::new()
    };
    let subject = format!(
        "{}{} {} number {uid}",
        if is_reply { "Re: " } else { "" },
        word(3),
        word(4)
    );
    let addr = format!("person{person}@example{}.org", person % 50);
    let name = format!("Person {} Number{person}", word(5));
    let block = format!(
        "Date: Mon, 2 Mar 2026 10:{:02}:{:02} +0100\r\nFrom: {name} <{addr}>\r\nTo: Me Myself <me@example.org>, \
         Another Person <another{}@example.net>\r\nSubject: {subject}\r\nMessage-ID: <{message_id}>\r\nReferences: {}\r\n\
         Content-Type: multipart/alternative;\r\n boundary=\"----=_Part_{:08x}_{:08x}.{uid}\"\r\n\
         List-Id: A list of {} <list{}.example.org>\r\nList-Unsubscribe: <https://lists.example.org/u/{:08x}{:08x}{:08x}>, \
         <mailto:leave-{:08x}@lists.example.org>\r\nReply-To: {addr}\r\nSender: bounce-{:08x}@lists.example.org\r\n\r\n",
        random(1) % 60,
        random(2) % 60,
        random(3),
        references.join("> <"),
        random(4),
        random(5),
        word(6),
        person % 9,
        random(6),
        random(7),
        random(8),
        random(10),
        random(11),
    );
    let date = 1_700_000_000 + i64::from(uid) * 61;
    let envelope = Envelope {
        from: vec![Address { name, addr }],
        to: vec![Address {
            name: "Me Myself".to_owned(),
            addr: "me@example.org".to_owned(),
        }],
        subject,
        date: Some(date),
        message_id,
        references,
        has_attachment: Some(uid.is_multiple_of(7)),
        ..Envelope::default()
    };
    FetchedHeader {
        flags: if uid.is_multiple_of(4) {
            Flags::default()
        } else {
            Flags::from_names(["\\Seen"])
        },
        internal_date: date,
        size_bytes: 9_000,
        mod_seq: ModSeq::new(u64::from(uid)),
        ..FetchedHeader::new(Uid::new(uid).unwrap(), block.into_bytes(), envelope)
    }
}

fn main() {
    let n: u32 = std::env::var("STERNA_BENCH_HEADERS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(100_000);
    let directory = tempfile::tempdir().unwrap();
    let paths = Paths {
        data: directory.path().join("data"),
        cache: directory.path().join("cache"),
    };
    let (events, heard) = unbounded();
    let store = Store::open(&paths, &[settings()], events).unwrap();
    let account = store.account("bench").unwrap();
    let writer = store.writer();
    let inbox = ListedMailbox {
        name: MailboxName::from_raw(b"INBOX"),
        delimiter: Some(b'/'),
        attributes: Vec::new(),
        role: Some(Role::Inbox),
        subscribed: true,
        selectable: true,
        ..ListedMailbox::default()
    };
    let mailbox = writer.listing(account, vec![inbox]).unwrap()[0].1;
    let validity = UidValidity::new(7).unwrap();
    let selected = Selected {
        validity,
        uid_next: Some(n + 1),
        exists: n,
        highest_mod_seq: ModSeq::new(1),
        permanent_flags: None,
        read_only: false,
    };
    writer.selected(mailbox, selected).unwrap();

    // Made beforehand, so that only the store is measured; newest first, as a first sync goes.
    let n_batches = n.div_ceil(BATCH);
    let batches = (0..n_batches).map(|at| {
        let high = n - at * BATCH;
        let low = high.saturating_sub(BATCH - 1).max(1);
        (
            (low..=high).map(header).collect::<Vec<_>>(),
            UidSet::from_range(low, high),
        )
    });
    let batches: Box<dyn Iterator<Item = (Vec<FetchedHeader>, UidSet)>> =
        if std::env::var_os("STERNA_BENCH_STREAM").is_some() {
            Box::new(batches)
        } else {
            Box::new(batches.collect::<Vec<_>>().into_iter())
        };
    println!("{n} headers, some {} bytes each", header(n).block.len());
    let start = Instant::now();
    let cpu = thread_cpu();
    for (headers, covered) in batches {
        writer.headers(mailbox, validity, headers, covered);
    }
    writer.flush().unwrap();
    let took = start.elapsed();
    println!(
        "inserted and committed: {took:?}, {:.1} us a message (CPU of the process {:.1} us)",
        took.as_secs_f64() * 1e6 / f64::from(n),
        (thread_cpu() - cpu).as_secs_f64() * 1e6 / f64::from(n)
    );
    sizes(&paths);
    writer.sync_point(mailbox, validity, n + 1, ModSeq::new(u64::from(n)), n);
    writer.flush().unwrap();
    let mut reader = store.reader().unwrap();
    windows(&mut reader, mailbox, "before the index is built");
    let indexed = Instant::now();
    let before = thread_cpu();
    // The chores are done when the process uses no more time.
    let mut last = before;
    loop {
        std::thread::sleep(Duration::from_millis(150));
        let now = thread_cpu();
        if (now - last) < Duration::from_millis(5) {
            break;
        }
        last = now;
    }
    println!(
        "indexed and compressed: {:?} ({:.1} us a message of CPU)",
        indexed.elapsed(),
        (thread_cpu() - before).as_secs_f64() * 1e6 / f64::from(n)
    );
    windows(&mut reader, mailbox, "with the index");
    println!("{} events", heard.len());
    drop(reader);
    drop(writer);
    let closing = Instant::now();
    store.close();
    println!("closed: {:?}", closing.elapsed());
    sizes(&paths);
    let (events, _heard) = unbounded();
    let opening = Instant::now();
    let store = Store::open(&paths, &[settings()], events).unwrap();
    let mut reader = store.reader().unwrap();
    reader.folders().unwrap();
    reader.window(&query(mailbox, "", Anchor::Newest)).unwrap();
    println!(
        "opened again, folders and first window: {:?}",
        opening.elapsed()
    );
    let targets: Vec<Target> = (1..=n)
        .filter_map(|uid| {
            let message = reader
                .message_at(mailbox, validity, Uid::new(uid)?)
                .unwrap();
            message.map(|message| Target { message, mailbox })
        })
        .collect();
    drop(reader);
    journal(&paths, store, account, targets);
}

/// Flags every message, and starts with that in the journal.
fn journal(paths: &Paths, store: Store, account: AccountId, targets: Vec<Target>) {
    let n = targets.len();
    let change = Change::Flag {
        flag: SystemFlag::Flagged,
        on: true,
    };
    let start = Instant::now();
    let action = Action::new(Ticket(1), account, change, targets);
    store.writer().record_now(action).unwrap();
    println!("{n} messages flagged and recorded: {:?}", start.elapsed());
    let closing = Instant::now();
    store.close();
    println!("closed: {:?}", closing.elapsed());
    sizes(paths);
    for _ in 0..3 {
        let (events, _heard) = unbounded();
        let start = Instant::now();
        let store = Store::open(paths, &[settings()], events).unwrap();
        println!("opened with that journal: {:?}", start.elapsed());
        store.close();
    }
}

fn query(mailbox: MailboxId, limit: &str, anchor: Anchor) -> WindowQuery {
    WindowQuery {
        mailbox,
        limit: limit.to_owned(),
        anchor,
        n_rows: 150,
        serial: 0,
    }
}

fn windows(reader: &mut Reader, mailbox: MailboxId, when: &str) {
    println!("windows of 150 rows {when}:");
    for limit in [
        "",
        "p",
        "person",
        "number",
        "meeting",
        "meeting invoice",
        "number77777",
        "person321",
        "nosuchword",
    ] {
        let mut times = Vec::new();
        let mut n_matching = 0;
        for anchor in [Anchor::Newest, Anchor::Oldest] {
            let start = Instant::now();
            n_matching = reader
                .window(&query(mailbox, limit, anchor))
                .unwrap()
                .n_matching;
            times.push(start.elapsed());
        }
        println!(
            "  {limit:16} {n_matching:>7} rows  first {:?}  again {:?}",
            times[0], times[1]
        );
    }
}

fn sizes(paths: &Paths) {
    for path in [
        paths.cache.join("cache.db"),
        paths.cache.join("cache.db-wal"),
        paths.data.join("state.db"),
    ] {
        let bytes = std::fs::metadata(&path).map_or(0, |about| about.len());
        println!(
            "  {}: {:.1} MB",
            path.file_name().unwrap().to_string_lossy(),
            bytes as f64 / 1e6
        );
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status
        .lines()
        .filter(|line| line.starts_with("VmHWM") || line.starts_with("RssAnon"))
    {
        println!("  {line}");
    }
}

/// CPU time of the whole process.
fn thread_cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or("")
        .split_whitespace()
        .collect();
    let ticks: u64 = fields
        .get(11..13)
        .into_iter()
        .flatten()
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}
