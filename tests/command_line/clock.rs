//! `doctor` and a clock that is wrong, in both directions: by the age of messages, by the greeting, by what arrived. It is
//! the server's clock that is put ahead or back.

use std::fs;

use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};

use crate::rig::Rig;
use crate::shell;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How the clock came out for the only account, what was seen, and whether something has to be done.
fn clock(rig: &Rig) -> (String, String, bool) {
    let report = rig.json("doctor --json");
    let check = report[0]["checks"].as_array().unwrap().last().unwrap();
    assert_eq!(check["check"], "clock");
    let text = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
    (text("result"), text("detail"), !check["mend"].is_null())
}

#[track_caller]
fn assert_seen(rig: &Rig, result: &str, words: &[&str]) {
    let (seen, detail, has_mend) = clock(rig);
    assert_eq!(seen, result, "{detail}");
    assert_eq!(has_mend, result == "doubtful", "{detail}");
    for words in words {
        assert!(detail.contains(words), "{detail} lacks {words}");
    }
}

/// An INBOX with messages that arrived so many seconds ago, by the machine's clock.
fn rig(ages: &[i64]) -> Rig {
    let rig = Rig::new("headers");
    for age in ages {
        let arrived = Timestamp::now().as_second() - age;
        let raw = b"Subject: lunch\r\n\r\nnow\r\n";
        rig.server.deliver("INBOX", raw, &[], arrived);
    }
    rig
}

fn n_asked(rig: &Rig) -> usize {
    let log = rig.server.log();
    let asks = log.iter().filter(|entry| entry.line.contains("YOUNGER"));
    asks.count()
}

#[test]
fn the_age_of_messages_by_the_servers_clock_shows_one_that_is_fast_or_slow() {
    const APART: i64 = 3 * HOUR + 10 * MINUTE;
    let rig = rig(&[40 * DAY, 9 * DAY + 1_234, 2 * DAY]);
    rig.server.set_dialect(Dialect::full().with("WITHIN"));
    let how = "it says how old its messages are";
    assert_seen(&rig, "fine", &["within 5 minutes", how]);
    assert_eq!(n_asked(&rig), 2);
    for (ahead, words) in [
        (APART, "clock is slow by 3 hours, or the server's fast"),
        (-APART, "clock is fast by 3 hours, or the server's slow"),
    ] {
        rig.server.set_clock_ahead(ahead);
        assert_seen(&rig, "doubtful", &[words, how]);
    }
    // Offered, but not understood.
    let answer = "BAD what?".to_owned();
    let command = "SEARCH".to_owned();
    let fault = Fault::always(FaultKind::Refuse { command, answer });
    rig.server.set_faults(FaultPlan::new(vec![fault]));
    assert_seen(&rig, "fine", &["fast by 2 days at most"]);
    rig.server.set_faults(FaultPlan::default());
    // Not to be used.
    let file = shell::config_file(rig.home.path());
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}disable = [\"WITHIN\"]\n")).unwrap();
    rig.server.clear_log();
    assert_seen(&rig, "fine", &["fast by 2 days at most"]);
    assert_eq!(n_asked(&rig), 0);
}

#[test]
fn a_message_from_the_future_is_no_sign_where_the_server_tells_its_time() {
    let rig = rig(&[40 * DAY, 9 * DAY, -2 * DAY - HOUR]);
    assert_seen(
        &rig,
        "doubtful",
        &["clock is slow by 2 days", "from the future"],
    );
    rig.server.set_dialect(Dialect::full().with("WITHIN"));
    assert_seen(&rig, "fine", &["within 5 minutes"]);
}

#[test]
fn a_greeting_that_tells_the_time_shows_a_clock_that_is_fast_or_slow() {
    let rig = rig(&[2 * DAY]);
    for (ahead, result, words) in [
        (2 * MINUTE, "fine", "within 5 minutes"),
        (3 * HOUR + 10 * MINUTE, "doubtful", "slow by 3 hours"),
        (3 * DAY + HOUR, "doubtful", "slow by 3 days"),
        (-3 * DAY - HOUR, "doubtful", "fast by 3 days"),
    ] {
        let time = Timestamp::now() + SignedDuration::from_secs(ahead);
        let time = rfc2822::to_string(&time.to_zoned(TimeZone::UTC)).unwrap();
        let words_of_it = format!("* OK localhost IMAP4rev1 2007e.404 at {time} (UTC)\r\n");
        let fault = Fault::always(FaultKind::Greeting(words_of_it.into_bytes()));
        rig.server.set_faults(FaultPlan::new(vec![fault]));
        assert_seen(&rig, result, &[words, "its greeting tells the time"]);
    }
}

#[test]
fn what_arrived_shows_how_fast_a_clock_can_be_at_most() {
    let empty = rig(&[]);
    assert_seen(&empty, "skipped", &["nothing to compare with"]);
    // One that was moved in behind the others need not be the last that arrived.
    let rig = rig(&[5 * HOUR, 9 * DAY]);
    let words = ["no message is from the future", "fast by 5 hours at most"];
    assert_seen(&rig, "fine", &words);
    // The year 2100.
    let raw = b"Subject: late\r\n\r\n";
    rig.server.deliver("INBOX", raw, &[], 4_102_444_800);
    rig.server.deliver("INBOX", raw, &[], 1_780_000_000);
    assert_seen(&rig, "doubtful", &["clock is slow", "from the future"]);
}
