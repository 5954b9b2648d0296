//! Whole sessions with a live server, cut once, at one place after another: after reconnecting the store is what the
//! server has. A session logs in, lists, selects, and fetches headers and bodies.
//!
//! Each session is cut at twenty places, evenly spread; `STERNA_CUT_EVERY` sets the distance between them in bytes.

use std::collections::BTreeMap;

use sterna::engine::once::Errands;
use sterna::mail::account::Offline;
use sterna::mail::flag::SystemFlag;
use sterna::store::bodies::StoredBody;

use crate::chaos::Proxy;
use crate::chaos::toxic::{Toxic, Weather};
use crate::live_site;
use crate::place::{self, Desk};
use crate::plain_rival::Truth;
use crate::site::{Site, here};

/// Messages in INBOX. With their bodies a first sync is some tens of kilobytes long.
const N_MESSAGES: u32 = 40;

/// What is known of the server's extensions, from all to none.
const STRATEGIES: [&[&str]; 3] = [
    &[],
    &["QRESYNC"],
    &[
        "QRESYNC",
        "CONDSTORE",
        "ENABLE",
        "LIST-STATUS",
        "ESEARCH",
        "NOTIFY",
    ],
];

/// A message of about a kilobyte.
fn message(number: u32) -> Vec<u8> {
    let mut raw = place::message(number);
    for line in 1..=20 {
        raw.extend_from_slice(
            format!("line {line} of message {number}, as others are\r\n").as_bytes(),
        );
    }
    raw
}

/// An account behind a proxy, with its store, and what is true of it.
struct Bench {
    site: Site<()>,
    proxy: Proxy,
    desk: Desk,
    n_delivered: u32,
    what: String,
}

impl Bench {
    fn new(disable: &[&str]) -> Self {
        let site = live_site();
        let proxy = Proxy::new(site.port);
        let mut desk = site.open_through(proxy.port);
        let settings = &mut desk.setup.settings;
        settings.offline = Offline::All;
        settings.disable = disable.iter().map(ToString::to_string).collect();
        let mut bench = Self {
            site,
            proxy,
            desk,
            n_delivered: 0,
            what: format!("without {disable:?}"),
        };
        for _ in 0..N_MESSAGES {
            bench.deliver();
        }
        bench
    }

    fn deliver(&mut self) {
        self.n_delivered += 1;
        let number = self.n_delivered;
        let flags = ["", "\\Seen", "\\Flagged \\Answered", "Work"][number as usize % 4];
        let date = format!(
            "01-Jan-2026 {:02}:{:02}:00 +0000",
            number / 60 % 24,
            number % 60
        );
        self.site
            .rival
            .append("INBOX", flags, &date, &message(number));
    }

    /// A session that nothing disturbs; gives the bytes that the client and the server say.
    fn whole(&mut self) -> (u64, u64) {
        self.proxy.take();
        self.desk.sync();
        let traffic = self.proxy.take();
        let [one] = &traffic[..] else {
            panic!("a session is one connection, not {}", traffic.len());
        };
        (one.asked.len() as u64, one.answered.len() as u64)
    }

    /// A session that is cut; tells whether that was noticed. Then one that is not.
    fn cut(&mut self, weather: Weather) -> bool {
        self.proxy.set(weather);
        let is_broken = self.desk.once(&Errands::Everything).is_err();
        self.proxy.set(Weather::default());
        if is_broken {
            self.desk.sync();
        }
        // Threads and bytes of connections that have ended are not kept for thousands of them.
        self.proxy.reset_all();
        self.proxy.take();
        is_broken
    }

    fn truth(&mut self) -> BTreeMap<String, Truth> {
        let names = self.site.rival.mailboxes();
        let rival = &mut self.site.rival;
        names
            .into_iter()
            .map(|name| {
                let truth = rival.truth(&name);
                (name, truth)
            })
            .collect()
    }

    /// Fails unless the store has these folders with these messages: UIDs, flags, sizes, subjects, and every body.
    fn assert_same(&mut self, there: &BTreeMap<String, Truth>, what: &str) {
        let infos = self.desk.reader.mailboxes(self.desk.account).unwrap();
        assert_eq!(infos.len(), there.len(), "{what}: folders");
        for (name, truth) in there {
            let here = here(&mut self.desk, name);
            assert!(here == *truth, "{what}: {name}: {here:?}, there {truth:?}");
        }
        let inbox = self.desk.mailbox("INBOX");
        for (uid, message) in &there["INBOX"] {
            let number = message.subject.strip_prefix('n').unwrap();
            let id = self.desk.message(inbox, *uid);
            let body = self.desk.reader.body(id).unwrap();
            let expected = self::message(number.parse().unwrap());
            assert_eq!(body, Some(StoredBody::Whole(expected)), "{what}: {uid}");
        }
        assert_eq!(self.desk.reader.n_pending(None).unwrap(), 0, "{what}");
    }

    /// What another client does between two sessions, and the user while offline; gives the message that the user marked.
    fn between(&mut self) -> u32 {
        let uids: Vec<u32> = self.site.rival.truth("INBOX").into_keys().collect();
        let rival = &mut self.site.rival;
        rival.expunge("INBOX", &uids[1].to_string());
        rival.store("INBOX", &uids[2].to_string(), "FLAGS (\\Answered Work)");
        rival.store("INBOX", &uids[20].to_string(), "FLAGS (\\Flagged)");
        let marked = uids[30];
        rival.store("INBOX", &marked.to_string(), "-FLAGS (\\Seen)");
        self.deliver();
        self.desk.record(&[marked], SystemFlag::Seen, true);
        marked
    }
}

/// The places in a session of this length where it is cut.
fn places(length: u64) -> impl Iterator<Item = u64> {
    let distance = std::env::var("STERNA_CUT_EVERY")
        .ok()
        .and_then(|every| every.parse().ok())
        .unwrap_or(length / 20);
    (0..length).step_by(usize::try_from(distance).unwrap().max(1))
}

fn down(at: u64) -> Weather {
    Weather {
        down: vec![Toxic::Cut(at)],
        ..Weather::default()
    }
}

fn up(at: u64) -> Weather {
    Weather {
        up: vec![Toxic::Cut(at)],
        ..Weather::default()
    }
}

/// Cuts a first sync, each time from an empty store, in what the server says.
fn first_syncs(disable: &[&str]) {
    let mut bench = Bench::new(disable);
    let (_, length) = bench.whole();
    let there = bench.truth();
    bench.assert_same(&there, "the whole one");
    let (mut n_runs, mut n_broken) = (0, 0);
    for at in places(length) {
        bench.desk.store.writer().purge(bench.desk.account).unwrap();
        n_broken += u32::from(bench.cut(down(at)));
        n_runs += 1;
        let what = format!("{}, cut after {at} of {length}", bench.what);
        bench.assert_same(&there, &what);
    }
    report(&bench.what, "first sync", length, n_runs, n_broken);
}

/// Cuts sessions that bring changes both ways, in what the server says and in what the client says.
fn resyncs(disable: &[&str]) {
    let mut bench = Bench::new(disable);
    bench.whole();
    bench.between();
    let (asked, answered) = bench.whole();
    let weathers = places(answered).map(down).chain(places(asked).map(up));
    let (mut n_runs, mut n_broken) = (0, 0);
    for weather in weathers {
        let marked = bench.between();
        let what = format!("{}, {weather:?}", bench.what);
        n_broken += u32::from(bench.cut(weather));
        n_runs += 1;
        let there = bench.truth();
        bench.assert_same(&there, &what);
        assert!(there["INBOX"][&marked].flags.contains("\\seen"), "{what}");
    }
    report(&bench.what, "resync", asked + answered, n_runs, n_broken);
}

fn report(what: &str, kind: &str, length: u64, n_runs: u32, n_broken: u32) {
    eprintln!(
        "{kind} {what}: {length} bytes, {n_runs} cuts, {n_broken} noticed; every store equal"
    );
    // Behind the last answer that is waited for a cut breaks nothing.
    assert!(
        n_runs > 0 && n_broken >= n_runs * 9 / 10,
        "{n_broken} of {n_runs}"
    );
}

#[test]
fn a_first_sync_cut_anywhere_heals_with_qresync() {
    first_syncs(STRATEGIES[0]);
}

#[test]
fn a_first_sync_cut_anywhere_heals_with_condstore_only() {
    first_syncs(STRATEGIES[1]);
}

#[test]
fn a_first_sync_cut_anywhere_heals_without_extensions() {
    first_syncs(STRATEGIES[2]);
}

#[test]
fn changes_cut_anywhere_arrive_with_qresync() {
    resyncs(STRATEGIES[0]);
}

#[test]
fn changes_cut_anywhere_arrive_with_condstore_only() {
    resyncs(STRATEGIES[1]);
}

#[test]
fn changes_cut_anywhere_arrive_without_extensions() {
    resyncs(STRATEGIES[2]);
}
