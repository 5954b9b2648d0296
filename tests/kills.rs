//! Processes that are killed at a random moment, or that end at every named point: what was acknowledged reaches the
//! server, once, nothing else is touched, and a first sync goes on where it was.
//!
//! `STERNA_KILLS` sets how many kills there are, `STERNA_SCREEN_KILLS` how many of the program with its screen,
//! `STERNA_PAIRS` how many pairs of processes, `STERNA_FIRST_SYNC` how many messages the interrupted first sync has.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

#[allow(dead_code)]
#[path = "reading/equal.rs"]
mod equal;
#[path = "kills/failpoints.rs"]
mod failpoints;
#[path = "kills/pairs.rs"]
mod pairs;
#[allow(dead_code)]
#[path = "reading/place.rs"]
mod place;
#[path = "kills/program.rs"]
mod program;
#[path = "support/pty.rs"]
mod pty;
#[path = "support/random.rs"]
mod random;
#[path = "kills/screen.rs"]
mod screen;
#[path = "support/shell.rs"]
mod shell;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write as _};
use std::ops::RangeInclusive;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, unbounded};
use sterna::channel::job::Job;
use sterna::demo::dialect::Dialect;
use sterna::engine::lane::pace::Pace;
use sterna::mail::flag::SystemFlag;

use equal::assert_equal;
use place::{Place, desk_at, dialects, settings};
use random::{Random, count};

/// Messages whose flags the killed process changes; as many behind them belong to others.
const OWN: u32 = 30;
const FLAGS: [SystemFlag; 3] = [SystemFlag::Seen, SystemFlag::Flagged, SystemFlag::Answered];

/// Not a test by itself: the process that is killed. Connected, it changes flags as fast as it can, and says each change
/// before and after it is recorded.
#[test]
fn the_process_that_is_killed() {
    let Some(home) = std::env::var_os("STERNA_KILL_HOME") else {
        return;
    };
    let number = |name: &str| std::env::var(name).unwrap().parse::<u64>().unwrap();
    let port = u16::try_from(number("STERNA_KILL_PORT")).unwrap();
    let (first, last) = (number("STERNA_KILL_FIRST"), number("STERNA_KILL_LAST"));
    let mut random = Random::new(number("STERNA_KILL_SEED"));
    let mut desk = desk_at(Path::new(&home), &settings(port), Pace::default());
    let engine = desk.engine();
    let mut out = std::io::stderr();
    writeln!(out, "kills: begun").unwrap();
    loop {
        let uid = u32::try_from(random.between(first, last)).unwrap();
        let flag = *random.pick(&FLAGS);
        let on = random.below(2) == 0;
        // In one write: half a line would say something else.
        let mut say = |what: &str, uid: u32| {
            let line = format!("kills: {what} {uid} {} {on}\n", flag.name());
            out.write_all(line.as_bytes()).unwrap();
        };
        say("wants", uid);
        desk.record(&[uid], flag, on);
        say("has", uid);
        engine.submit(Job::JournalChanged);
        desk.drain();
        desk.seen.clear();
    }
}

/// Starts this test again as the process to kill, which changes these messages; what it says comes line by line.
fn begin(
    home: &Path,
    port: u16,
    seed: u64,
    uids: &RangeInclusive<u32>,
) -> (Child, Receiver<String>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_process_that_is_killed", "--nocapture"])
        .env("STERNA_KILL_HOME", home)
        .env("STERNA_KILL_PORT", port.to_string())
        .env("STERNA_KILL_SEED", seed.to_string())
        .env("STERNA_KILL_FIRST", uids.start().to_string())
        .env("STERNA_KILL_LAST", uids.end().to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stderr.take().unwrap());
    let (sender, lines) = unbounded();
    std::thread::spawn(move || {
        for line in said.lines().map_while(Result::ok) {
            if let Some(at) = line.find("kills: ") {
                let _ = sender.send(line[at + 7..].to_owned());
            }
        }
    });
    (child, lines)
}

/// A flag of a message.
type Slot = (u32, String);

/// What the server must have, and what it may have where the last change was not acknowledged.
#[derive(Default)]
struct Expected {
    sure: BTreeMap<Slot, bool>,
    open: BTreeMap<Slot, bool>,
}

impl Expected {
    fn hear(&mut self, line: &str) -> bool {
        let words: Vec<&str> = line.split(' ').collect();
        let [what, uid, flag, on] = words[..] else {
            return false;
        };
        let slot = (uid.parse().unwrap(), flag.to_owned());
        let Ok(on) = on.parse::<bool>() else {
            return false;
        };
        if what == "has" {
            self.open.remove(&slot);
            self.sure.insert(slot, on);
            return true;
        }
        self.open.insert(slot, on);
        false
    }

    fn assert_kept(&self, place: &Place, what: &str) {
        for (slot, on) in &self.sure {
            let is_on = has(place, slot.0, &slot.1);
            let may_be = self.open.get(slot);
            assert!(
                is_on == *on || may_be == Some(&is_on),
                "{what}: {slot:?} is {is_on}, acknowledged {on}, under way {may_be:?}"
            );
        }
    }
}

fn has(place: &Place, uid: u32, flag: &str) -> bool {
    let truth = place.server.truth("INBOX");
    let found = truth.iter().find(|message| message.uid == uid).unwrap();
    found.flags.names().any(|name| name == flag)
}

/// What others set on messages of theirs, and a keyword on ours: nobody may touch it.
fn foreign(place: &Place) -> Vec<(u32, Vec<String>)> {
    let truth = place.server.truth("INBOX").into_iter();
    truth
        .map(|message| {
            let is_own = message.uid <= OWN;
            let names = message.flags.names().map(str::to_owned);
            let names = names.filter(|name| !is_own || !name.starts_with('\\'));
            (message.uid, names.collect())
        })
        .collect()
}

/// Somebody else gives each message of ours one flag and takes the others.
fn flagged_by_another(place: &Place, random: &mut Random) -> Expected {
    let mut expected = Expected::default();
    for uid in 1..=OWN {
        let flag = random.pick(&FLAGS).name();
        place.server.set_flags("INBOX", uid, &["$Work", flag]);
        for each in FLAGS {
            let slot = (uid, each.name().to_owned());
            expected.sure.insert(slot, each.name() == flag);
        }
    }
    expected
}

/// Waits until the server has carried out what the killed process had still sent, and sees it gone.
fn until_left(place: &Place) {
    let is_left = place.server.await_left(place::GUARD);
    assert!(is_left, "the killed one never leaves");
}

#[test]
fn what_was_acknowledged_before_a_kill_reaches_the_server_once_and_nothing_else_changes() {
    let n_kills = count("STERNA_KILLS", 20);
    let (mut n_acknowledged, mut n_open) = (0_u64, 0_u64);
    for (dialect, share) in dialects().into_iter().zip([2, 1, 1, 1]) {
        let (name, dialect) = dialect;
        let place = Place::with(dialect, OWN * 2);
        for uid in 1..=OWN * 2 {
            let flags: &[&str] = if uid > OWN {
                &["\\Flagged", "$Work"]
            } else {
                &["$Work"]
            };
            place.server.set_flags("INBOX", uid, flags);
        }
        place.open().sync();
        let untouched = foreign(&place);
        let mut expected = Expected::default();
        for kill in 0..n_kills * share / 5 {
            let mut random = Random::new(kill ^ (share << 32));
            let port = place.server.imap_addr().port();
            let (mut child, lines) = begin(place.home.path(), port, kill, &(1..=OWN));
            assert_eq!(lines.recv_timeout(place::GUARD).unwrap(), "begun");
            // At least two were acknowledged, however slow the machine is.
            let until = Instant::now() + Duration::from_millis(random.between(50, 200));
            let mut n_heard = 0;
            while let Ok(line) = lines.recv_deadline(match n_heard {
                0..2 => Instant::now() + place::GUARD,
                _ => until,
            }) {
                n_heard += u64::from(expected.hear(&line));
            }
            n_acknowledged += n_heard;
            child.kill().unwrap();
            child.wait().unwrap();
            for line in &lines {
                n_acknowledged += u64::from(expected.hear(&line));
            }
            let what = format!("{name}, kill {kill}");
            until_left(&place);
            let mut desk = place.open();
            desk.sync();
            assert_eq!(desk.reader.n_pending(None).unwrap(), 0, "{what}");
            expected.assert_kept(&place, &what);
            assert_eq!(foreign(&place), untouched, "{what}");
            assert_equal(&place.server, &mut desk, &what);
            n_open += expected.open.len() as u64;
            // Somebody else changes everything back: what was carried out is not carried out again.
            expected = flagged_by_another(&place, &mut random);
            place.server.clear_log();
            desk.sync();
            assert_eq!(place.n_commands("UID STORE"), 0, "{what}: again");
            assert_equal(&place.server, &mut desk, &what);
            desk.close();
        }
    }
    assert!(n_acknowledged > n_kills, "{n_acknowledged}");
    eprintln!(
        "{n_kills} kills, {n_acknowledged} changes acknowledged, {n_open} not; 0 lost, 0 again, 0 foreign changed"
    );
}

/// Not a test by itself: a first sync that is killed.
#[test]
fn the_first_sync_that_is_killed() {
    let Some(home) = std::env::var_os("STERNA_SYNC_HOME") else {
        return;
    };
    let port = std::env::var("STERNA_KILL_PORT").unwrap().parse().unwrap();
    let desk = desk_at(Path::new(&home), &settings(port), Pace::default());
    desk.sync();
    desk.close();
}

#[test]
fn a_first_sync_that_is_killed_goes_on_where_it_was() {
    let n_messages = u32::try_from(count("STERNA_FIRST_SYNC", 5_000)).unwrap();
    let n_runs = (count("STERNA_KILLS", 20) / 50).clamp(2, 20);
    let place = Place::new(Dialect::full());
    place.server.bulk("INBOX", n_messages, 500);
    let port = place.server.imap_addr().port();
    let before = place.server.counts().bytes_sent;
    {
        let home = place::directory();
        let began = Instant::now();
        place.open_at(home.path()).sync();
        eprintln!("first sync of {n_messages}: {:?}", began.elapsed());
    }
    let whole = place.server.counts().bytes_sent - before;
    let mut most = 0;
    for run in 0..n_runs {
        let mut random = Random::new(run);
        let home = place::directory();
        let before = place.server.counts().bytes_sent;
        let (mut n_kills, mut is_done) = (0_u64, false);
        // At random shares of the bytes of a whole sync, three kills in each run.
        for _ in 0..3 {
            let at = place.server.counts().bytes_sent + random.between(whole / 20, whole / 3);
            let mut child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "the_first_sync_that_is_killed"])
                .env("STERNA_SYNC_HOME", home.path())
                .env("STERNA_KILL_PORT", port.to_string())
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            while !is_done && place.server.counts().bytes_sent < at {
                is_done = child.try_wait().unwrap().is_some();
                std::thread::yield_now();
            }
            if is_done {
                break;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            n_kills += 1;
        }
        let mut desk = place.open_at(home.path());
        desk.sync();
        assert_equal(&place.server, &mut desk, &format!("run {run}"));
        desk.close();
        let spent = place.server.counts().bytes_sent - before;
        // What was on its way is asked for again: a twentieth of a large mailbox, at most a megabyte for each kill.
        let again = spent.saturating_sub(whole);
        assert!(
            again <= (whole / 20).max(1_000_000 * n_kills),
            "run {run}: {again} of {whole} after {n_kills} kills"
        );
        most = most.max(again * 1000 / whole);
        eprintln!("run {run}: {n_kills} kills, {spent} bytes for {whole}");
    }
    eprintln!(
        "first sync of {n_messages}: {n_runs} runs; at most {most} thousandths fetched again"
    );
}
