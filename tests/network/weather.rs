//! Whatever the network does: the next sync that gets through makes the store equal the server, and what the user did
//! arrives once.

use std::sync::Arc;
use std::time::Duration;

use sterna::channel::event::Connection;
use sterna::channel::job::Job;
use sterna::demo::dialect::Dialect;
use sterna::demo::server::Server;
use sterna::engine::once::Errands;
use sterna::mail::flag::SystemFlag;
use sterna::remote::clock::{Ahead, Clock};

use crate::chaos::Proxy;
use crate::chaos::toxic::{KINDS, Toxic, Weather};
use crate::equal::{assert_equal, until_equal};
use crate::place::{Desk, GUARD, Place, deliver, dialects, stop};
use crate::random::{Random, count};

/// A place whose account goes through a proxy, where silence is noticed soon.
pub fn through_proxy(dialect: Dialect, n_messages: u32) -> (Place, Proxy) {
    let mut place = Place::with(dialect, n_messages);
    let proxy = Proxy::new(place.server.imap_addr().port());
    place.settings.imap.port = proxy.port;
    place.pace.silence = Duration::from_millis(250);
    place.pace.answer = place.pace.silence;
    (place, proxy)
}

/// Syncs over a line with nothing wrong, which is not silent however slow the machine is.
pub fn sync_patiently(desk: &mut Desk) {
    let pace = desk.setup.pace;
    (desk.setup.pace.silence, desk.setup.pace.answer) = (GUARD / 2, GUARD / 2);
    desk.sync();
    desk.setup.pace = pace;
}

/// What others do to the mailbox between two syncs; `round` makes it different each time.
fn rival(server: &Server, round: u32) {
    let uids: Vec<u32> = server.truth("INBOX").iter().map(|it| it.uid).collect();
    server.expunge("INBOX", &uids[..1]);
    server.set_flags("INBOX", uids[uids.len() - 1], &["\\Seen", "$Work"]);
    server.set_flags("INBOX", uids[uids.len() / 2], &["\\Flagged"]);
    for n in 0..4 {
        deliver(server, "INBOX", 1_000 + round * 10 + n, &[]);
    }
}

fn is_seen(server: &Server, uid: u32) -> bool {
    let truth = server.truth("INBOX");
    let found = truth.iter().find(|message| message.uid == uid);
    found.is_none_or(|message| message.flags.has(SystemFlag::Seen))
}

/// Single connections as of the command line, through one kind of trouble after another.
fn syncs_through(kind: &str) {
    let (mut place, proxy) = through_proxy(Dialect::full(), 12);
    let is_slow = ["latency", "bandwidth", "slicer", "slow-close"].contains(&kind);
    if is_slow {
        // What is slow is not dead.
        (place.pace.silence, place.pace.answer) = (GUARD / 2, GUARD / 2);
    }
    let mut n_broken = 0;
    let n_runs = count("STERNA_NETWORK_RUNS", 6);
    for seed in 1..=n_runs {
        let mut random = Random::new(seed ^ 0xbad_c0de);
        let home = crate::place::directory();
        let mut desk = place.open_at(home.path());
        // Every other time the mailbox is known already and changes, and the user has done something.
        let mut marked = None;
        if seed % 2 == 0 {
            sync_patiently(&mut desk);
            rival(&place.server, u32::try_from(seed).unwrap());
            let uid = place.server.truth("INBOX")[2].uid;
            desk.record(&[uid], SystemFlag::Seen, true);
            marked = Some(uid);
        }
        let weather = Weather::of(kind, &mut random);
        let what = format!("{kind}, seed {seed}, {weather:?}");
        proxy.set(weather);
        n_broken += u32::from(desk.once(&Errands::Everything).is_err());
        proxy.set(Weather::default());
        sync_patiently(&mut desk);
        assert_equal(&place.server, &mut desk, &what);
        assert_eq!(desk.reader.n_pending(None).unwrap(), 0, "{what}");
        assert!(
            marked.is_none_or(|uid| is_seen(&place.server, uid)),
            "{what}"
        );
        desk.close();
    }
    eprintln!("{kind}: {n_runs} runs, {n_broken} of them broken off; every store equal");
    // Trouble that only slows breaks nothing; of the other kinds some strike behind the end.
    assert_eq!(n_broken == 0, is_slow, "{kind}: {n_broken}");
}

#[test]
fn the_next_sync_is_equal_after_latency_and_narrow_lines() {
    syncs_through("latency");
    syncs_through("bandwidth");
}

#[test]
fn the_next_sync_is_equal_after_fragments_and_late_ends() {
    syncs_through("slicer");
    syncs_through("slow-close");
}

#[test]
fn the_next_sync_is_equal_after_silence() {
    syncs_through("stall");
    syncs_through("half-close");
}

#[test]
fn the_next_sync_is_equal_after_resets_and_cuts() {
    syncs_through("reset");
    syncs_through("cut");
}

/// So long after a trouble the next one counts as another, and is met with the shortest wait again.
const CALM: Duration = Duration::from_secs(11);

/// An engine that watches, while the weather changes and others work; no key is pressed.
#[test]
fn an_engine_comes_through_any_weather_by_itself() {
    for (name, dialect) in dialects() {
        let (place, proxy) = through_proxy(dialect, 12);
        let ahead = Arc::new(Ahead::default());
        let mut desk = place.open();
        desk.setup.clock = Clock::ahead_by(&ahead);
        sync_patiently(&mut desk);
        let engine = desk.engine();
        let n_runs = count("STERNA_NETWORK_RUNS", 6);
        for seed in 1..=n_runs {
            let mut random = Random::new(seed ^ 0x0eea_7e12);
            let kind = *random.pick(&KINDS);
            let weather = Weather::of(kind, &mut random);
            let what = format!("{name}, seed {seed}, {weather:?}");
            proxy.set(weather);
            proxy.reset_all();
            rival(&place.server, u32::try_from(seed).unwrap());
            let uid = place.server.truth("INBOX")[1].uid;
            // Known by now, since the store was equal before; at the top of the list where expunges do not reach.
            let inbox = desk.mailbox("INBOX");
            let known = desk.reader.known_uids(inbox, 1).unwrap();
            let is_known = known.iter().any(|known| known.get() == uid);
            if is_known {
                desk.record(&[uid], SystemFlag::Seen, true);
                engine.submit(Job::JournalChanged);
            }
            // Until one connection has met the weather, or is through it.
            desk.state(&what, |state| {
                matches!(state, Connection::Offline { .. } | Connection::Online)
            });
            proxy.set(Weather::default());
            until_equal(&place.server, &mut desk, &what);
            desk.until(&what, |desk| desk.reader.n_pending(None).unwrap() == 0);
            assert!(!is_known || is_seen(&place.server, uid), "{what}");
            ahead.pass(CALM);
            desk.seen.clear();
        }
        stop(engine);
    }
}

/// Flags set without a connection, then a way back that breaks at random bytes: none is lost, no key is needed.
#[test]
fn what_was_done_offline_arrives_over_a_flaky_way_back() {
    let n_runs = count("STERNA_FLAKY", 50);
    let mut n_connections = 0;
    for seed in 1..=n_runs {
        let mut random = Random::new(seed);
        let (place, proxy) = through_proxy(Dialect::full(), 10);
        let mut desk = place.open();
        sync_patiently(&mut desk);
        for uid in 1..=10 {
            desk.record(&[uid], SystemFlag::Seen, true);
            desk.record(&[uid], SystemFlag::Flagged, uid % 2 == 0);
        }
        place.server.set_flags("INBOX", 3, &["$Work"]);
        let engine = start_flaky(&desk, &proxy, &mut random);
        for _ in 0..6 {
            let cut = if random.below(2) == 0 {
                Toxic::Cut(random.between(0, 2_500))
            } else {
                Toxic::Reset(random.between(0, 2_500))
            };
            let (up, down) = match random.below(3) {
                0 => (vec![cut], Vec::new()),
                1 => (Vec::new(), vec![cut]),
                _ => (vec![cut], vec![cut]),
            };
            proxy.set(Weather { up, down });
            proxy.reset_all();
            desk.state("a try", |state| {
                matches!(state, Connection::Offline { .. } | Connection::Online)
            });
        }
        proxy.set(Weather::default());
        let what = format!("seed {seed}");
        desk.until(&what, |desk| desk.reader.n_pending(None).unwrap() == 0);
        until_equal(&place.server, &mut desk, &what);
        for message in place.server.truth("INBOX") {
            assert!(message.flags.has(SystemFlag::Seen), "{what}: {message:?}");
            assert_eq!(
                message.flags.has(SystemFlag::Flagged),
                message.uid % 2 == 0,
                "{what}"
            );
            assert_eq!(
                message.flags.keywords().len(),
                usize::from(message.uid == 3)
            );
        }
        n_connections += proxy.n_connections();
        stop(engine);
    }
    eprintln!("flaky: {n_runs} runs over {n_connections} connections; nothing lost");
}

fn start_flaky(desk: &Desk, proxy: &Proxy, random: &mut Random) -> sterna::engine::Engine {
    proxy.set(Weather {
        up: Vec::new(),
        down: vec![Toxic::Cut(random.between(0, 2_500))],
    });
    desk.engine()
}
