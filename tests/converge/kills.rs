//! A process that acts while it drains, killed at any moment or at a named point: what it acknowledged reaches the server
//! once, in order, and a second run changes nothing.

use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, unbounded};
use sterna::channel::job::Job;
use sterna::channel::operation::{Action, Change, Ticket};
use sterna::demo::dialect::Dialect;
use sterna::engine::lane::pace::Pace;
use sterna::mail::flag::SystemFlag;
use sterna::mail::mailbox::MailboxId;

use crate::equal::assert_equal;
use crate::place::{Desk, GUARD, Place, deliver, desk_at, settings};
use crate::random::{Random, count};
use crate::view::{MAILBOXES, View, targets, there};

/// Messages that are moved about.
const MESSAGES: u32 = 40;
/// Commands that change something.
const CHANGES: [&str; 4] = ["UID STORE", "UID MOVE", "UID COPY", "UID EXPUNGE"];

/// Not a test by itself: the process that is killed. It says each action before and after it is recorded.
#[test]
fn the_process_that_acts() {
    let Some(home) = std::env::var_os("STERNA_ACT_HOME") else {
        return;
    };
    let number = |name: &str| std::env::var(name).unwrap().parse::<u64>().unwrap();
    let port = u16::try_from(number("STERNA_ACT_PORT")).unwrap();
    let mut random = Random::new(number("STERNA_ACT_SEED"));
    let mut desk = desk_at(Path::new(&home), &settings(port), Pace::default());
    let engine = desk.engine();
    let mut serial = 0;
    say("begun");
    loop {
        if let Some((words, action)) = choose(&mut desk, &mut random) {
            serial += 1;
            say(&format!("wants {serial} {words}"));
            desk.store.writer().record_now(action).unwrap();
            say(&format!("has {serial} {words}"));
            engine.submit(Job::JournalChanged);
        }
        desk.drain();
        desk.seen.clear();
        // Now and then the replay gets ahead.
        let _ = desk
            .events
            .recv_timeout(Duration::from_millis(random.between(0, 6)));
    }
}

/// In one write: half a line would say something else.
fn say(line: &str) {
    let line = format!("acts: {line}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// One action on one message: a flag, or a move to where it is not yet.
fn choose(desk: &mut Desk, random: &mut Random) -> Option<(String, Action)> {
    let mailbox = *random.pick(&MAILBOXES);
    let all = targets(desk, mailbox);
    let (number, target) = *all.get(random.below(all.len()))?;
    let action = |change| Action::new(Ticket(1), desk.account, change, vec![target]);
    if random.below(2) == 0 {
        let on = random.below(2) == 0;
        let flag = SystemFlag::Flagged;
        let action = action(Change::Flag { flag, on });
        return Some((format!("flag {number} {mailbox} {on}"), action));
    }
    let to = *random.pick(&MAILBOXES);
    let id: MailboxId = desk.mailbox(to);
    let is_there = targets(desk, to).iter().any(|(other, _)| *other == number);
    let action = Action::new(
        Ticket(1),
        desk.account,
        Change::Move { to: id },
        vec![target],
    );
    (!is_there).then(|| (format!("move {number} {mailbox} {to}"), action))
}

/// Starts this test again as the process to kill; what it says comes line by line.
fn begin(home: &Path, port: u16, seed: u64, point: Option<&str>) -> (Child, Receiver<String>) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "kills::the_process_that_acts", "--nocapture"])
        .env("STERNA_ACT_HOME", home)
        .env("STERNA_ACT_PORT", port.to_string())
        .env("STERNA_ACT_SEED", seed.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    if let Some(point) = point {
        command.env("STERNA_FAILPOINT", point);
    }
    let mut child = command.spawn().unwrap();
    let said = BufReader::new(child.stderr.take().unwrap());
    let (sender, lines) = unbounded();
    std::thread::spawn(move || {
        for line in said.lines().map_while(Result::ok) {
            if let Some(at) = line.find("acts: ") {
                let _ = sender.send(line[at + 6..].to_owned());
            }
        }
    });
    (child, lines)
}

/// What must have come of the actions so far.
struct Expected {
    sure: View,
    /// With the action that was not acknowledged.
    open: Option<View>,
    n_acknowledged: u64,
}

impl Expected {
    fn hear(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let [said, _, what, number, mailbox, last] = words[..] else {
            return;
        };
        let number: u32 = number.parse().unwrap();
        let mut after = self.sure.clone();
        let mut names = after.take(number, mailbox);
        let to = match (what, last) {
            ("move", to) => to,
            (_, "true") => {
                names.insert("\\Flagged".to_owned());
                mailbox
            }
            _ => {
                names.remove("\\Flagged");
                mailbox
            }
        };
        after.put(number, to, names);
        if said == "has" {
            (self.sure, self.open) = (after, None);
            self.n_acknowledged += 1;
        } else {
            self.open = Some(after);
        }
    }
}

fn prepared(dialect: Dialect) -> Place {
    let place = Place::new(dialect);
    for mailbox in MAILBOXES {
        place.server.create(mailbox, None);
    }
    for number in 1..=MESSAGES {
        let mailbox = MAILBOXES[number as usize % MAILBOXES.len()];
        deliver(&place.server, mailbox, number, &[]);
    }
    place.open().sync();
    place
}

/// One life of the process and what comes of it; gives how many actions were acknowledged, and whether the process ended
/// by itself at the point.
fn one_life(place: &Place, seed: u64, point: Option<&str>, what: &str) -> (u64, bool) {
    let mut expected = Expected {
        sure: there(&place.server),
        open: None,
        n_acknowledged: 0,
    };
    let port = place.server.imap_addr().port();
    let (mut child, lines) = begin(place.home.path(), port, seed, point);
    let mut random = Random::new(seed);
    let first = lines.recv_timeout(GUARD);
    let time = if point.is_some() {
        1_500
    } else {
        random.between(30, 400)
    };
    let until = Instant::now() + Duration::from_millis(time);
    if first.is_ok() {
        while let Ok(line) = lines.recv_deadline(until) {
            expected.hear(&line);
        }
    }
    let is_ended = child.try_wait().unwrap().is_some();
    let _ = child.kill();
    child.wait().unwrap();
    for line in &lines {
        expected.hear(&line);
    }
    assert!(place.server.await_left(GUARD), "{what}: it never leaves");
    let mut desk = place.open();
    desk.sync();
    desk.sync(); // What was in doubt after the first is known after the second.
    assert_eq!(desk.reader.n_pending(None).unwrap(), 0, "{what}");
    let there = there(&place.server);
    assert!(
        there == expected.sure || Some(&there) == expected.open.as_ref(),
        "{what}: {}",
        there.difference(&expected.sure)
    );
    assert_equal(&place.server, &mut desk, what);
    place.server.clear_log();
    desk.sync();
    let n_changes: usize = CHANGES.iter().map(|name| place.n_commands(name)).sum();
    assert_eq!(n_changes, 0, "{what}: again");
    assert_equal(&place.server, &mut desk, what);
    desk.close();
    (expected.n_acknowledged, is_ended)
}

fn dialects() -> [(&'static str, Dialect); 3] {
    [
        ("full", Dialect::full()),
        ("no MOVE", Dialect::full().without("MOVE")),
        ("MOVE without COPYUID", Dialect::full().without("UIDPLUS")),
    ]
}

#[test]
fn killed_at_any_moment_nothing_is_lost_or_done_twice() {
    let n_kills = count("STERNA_MOVE_KILLS", 12);
    let mut n_acknowledged = 0;
    for (name, dialect) in dialects() {
        let place = prepared(dialect);
        for kill in 0..n_kills / 3 {
            let what = format!("{name}, kill {kill}");
            n_acknowledged += one_life(&place, kill, None, &what).0;
        }
    }
    assert!(n_acknowledged > n_kills, "{n_acknowledged}");
}

/// Built with the feature `failpoints` only.
#[cfg(feature = "failpoints")]
#[test]
fn ended_at_every_named_point_nothing_is_lost_or_done_twice() {
    let mut n_ended = 0;
    for (name, dialect) in dialects() {
        let place = prepared(dialect);
        for point in sterna::store::failpoint::NAMES {
            for pass in [1, 3] {
                let wanted = format!("{point}:{pass}");
                let what = format!("{name}, {wanted}");
                n_ended += u32::from(one_life(&place, pass, Some(&wanted), &what).1);
            }
        }
    }
    assert!(n_ended > 20, "{n_ended} points were passed");
}
