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

mod header;
mod process;
#[path = "../../tests/store_disk/support.rs"]
#[allow(dead_code, reason = "shared with a test target")]
mod support;

use std::time::{Duration, Instant};

use crossbeam_channel::unbounded;
use sterna::channel::operation::{Action, Change, Target, Ticket};
use sterna::channel::rows::{Anchor, WindowQuery};
use sterna::mail::account::{AccountId, AccountSettings, Endpoint, Offline, Security};
use sterna::mail::flag::SystemFlag;
use sterna::mail::mailbox::{MailboxId, Role};
use sterna::mail::uid::{ModSeq, Uid, UidValidity};
use sterna::mail::uid_set::UidSet;
use sterna::store::reader::Reader;
use sterna::store::sync_state::{FetchedHeader, Selected};
use sterna::store::{Paths, Store};

use crate::header::header;
use crate::process::{cpu, sizes};
use crate::support::listed;

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

/// A mailbox of so many messages that is being read for the first time.
struct Bench {
    paths: Paths,
    n: u32,
    account: AccountId,
    mailbox: MailboxId,
    validity: UidValidity,
}

fn main() {
    let n: u32 = std::env::var("STERNA_BENCH_HEADERS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(100_000);
    let directory = tempfile::tempdir().unwrap();
    let paths = support::paths(directory.path());
    let (events, heard) = unbounded();
    let store = Store::open(&paths, &[settings()], events).unwrap();
    let bench = Bench::select(paths, &store, n);
    bench.insert(&store);
    bench.index(&store);
    println!("{} events", heard.len());
    let closing = Instant::now();
    store.close();
    println!("closed: {:?}", closing.elapsed());
    sizes(&bench.paths);
    bench.journal();
}

impl Bench {
    fn select(paths: Paths, store: &Store, n: u32) -> Self {
        let (account, writer) = (store.account("bench").unwrap(), store.writer());
        let inbox = vec![listed("INBOX", Some(Role::Inbox))];
        let mailbox = writer.listing(account, inbox).unwrap()[0].1;
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
        Self {
            paths,
            n,
            account,
            mailbox,
            validity,
        }
    }

    /// Headers in batches, newest first, as a first sync goes; made beforehand, so that only the store is measured.
    fn batches(&self) -> Box<dyn Iterator<Item = (Vec<FetchedHeader>, UidSet)>> {
        let n = self.n;
        let batches = (0..n.div_ceil(BATCH)).map(move |at| {
            let high = n - at * BATCH;
            let low = high.saturating_sub(BATCH - 1).max(1);
            let headers: Vec<FetchedHeader> = (low..=high).map(header).collect();
            (headers, UidSet::from_range(low, high))
        });
        if std::env::var_os("STERNA_BENCH_STREAM").is_some() {
            Box::new(batches)
        } else {
            Box::new(batches.collect::<Vec<_>>().into_iter())
        }
    }

    fn insert(&self, store: &Store) {
        let (n, writer) = (self.n, store.writer());
        let batches = self.batches();
        println!("{n} headers, some {} bytes each", header(n).block.len());
        let (start, before) = (Instant::now(), cpu());
        for (headers, covered) in batches {
            writer.headers(self.mailbox, self.validity, headers, covered);
        }
        writer.flush().unwrap();
        let took = start.elapsed();
        println!(
            "inserted and committed: {took:?}, {:.1} us a message (CPU of the process {:.1} us)",
            took.as_secs_f64() * 1e6 / f64::from(n),
            (cpu() - before).as_secs_f64() * 1e6 / f64::from(n)
        );
        sizes(&self.paths);
        let last = ModSeq::new(u64::from(n));
        writer.sync_point(self.mailbox, self.validity, n + 1, last, n);
        writer.flush().unwrap();
    }

    /// The chores behind a sync are done when the process uses no more time.
    fn index(&self, store: &Store) {
        let mut reader = store.reader().unwrap();
        windows(&mut reader, self.mailbox, "before the index is built");
        let (start, before) = (Instant::now(), cpu());
        let mut last = before;
        loop {
            std::thread::park_timeout(Duration::from_millis(150));
            let now = cpu();
            if (now - last) < Duration::from_millis(5) {
                break;
            }
            last = now;
        }
        println!(
            "indexed and compressed: {:?} ({:.1} us a message of CPU)",
            start.elapsed(),
            (cpu() - before).as_secs_f64() * 1e6 / f64::from(self.n)
        );
        windows(&mut reader, self.mailbox, "with the index");
    }

    /// Starts again, flags every message, and starts with that in the journal.
    fn journal(&self) {
        let (events, _heard) = unbounded();
        let start = Instant::now();
        let store = Store::open(&self.paths, &[settings()], events).unwrap();
        let mut reader = store.reader().unwrap();
        reader.folders().unwrap();
        let newest = query(self.mailbox, "", Anchor::Newest);
        reader.window(&newest).unwrap();
        println!(
            "opened again, folders and first window: {:?}",
            start.elapsed()
        );
        let targets = self.targets(&mut reader);
        drop(reader);
        let n = targets.len();
        let change = Change::Flag {
            flag: SystemFlag::Flagged,
            on: true,
        };
        let start = Instant::now();
        let action = Action::new(Ticket(1), self.account, change, targets);
        store.writer().record_now(action).unwrap();
        println!("{n} messages flagged and recorded: {:?}", start.elapsed());
        let closing = Instant::now();
        store.close();
        println!("closed: {:?}", closing.elapsed());
        sizes(&self.paths);
        for _ in 0..3 {
            let (events, _heard) = unbounded();
            let start = Instant::now();
            let store = Store::open(&self.paths, &[settings()], events).unwrap();
            println!("opened with that journal: {:?}", start.elapsed());
            store.close();
        }
    }

    fn targets(&self, reader: &mut Reader) -> Vec<Target> {
        let mailbox = self.mailbox;
        let uids = (1..=self.n).filter_map(Uid::new);
        let found = uids.filter_map(|uid| {
            let message = reader.message_at(mailbox, self.validity, uid).unwrap()?;
            Some(Target { message, mailbox })
        });
        found.collect()
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
