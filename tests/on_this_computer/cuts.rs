//! Cuts and kills at every stage of a move between the server and this computer: nothing is lost and nothing doubled.

use std::process::Stdio;
use std::time::{Duration, Instant};

use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};

use crate::random::Random;
use crate::rig::Rig;
use crate::{Mail, SAVED, command, done, ids, in_files, moves, n_of, on_server, rig_with, run};

fn n_at(rig: &Rig, folder: &str) -> usize {
    if folder == SAVED {
        n_of(&in_files(rig, "Saved"))
    } else {
        rig.server.truth(folder).len()
    }
}

/// Every message is in one of the two places, once, and as it was.
fn assert_whole(rig: &Rig, other: &str, before: &Mail, when: &str) {
    let mut all = on_server(rig, other);
    for (name, copies) in in_files(rig, "Saved") {
        all.entry(name).or_default().extend(copies);
    }
    let differences: Vec<_> = before
        .iter()
        .filter(|(name, copies)| all.get(*name) != Some(*copies))
        .collect();
    assert!(differences.is_empty(), "{when}: {differences:?}");
    assert_eq!(n_of(&all), n_of(before), "{when}");
}

#[test]
fn cuts_at_every_stage_lose_nothing_and_double_nothing() {
    for dialect in [Dialect::full(), Dialect::bare()] {
        let rig = rig_with(10);
        rig.deliver_large();
        let has_uidplus = dialect.has("UIDPLUS");
        rig.server.set_dialect(dialect);
        done(&rig, &["sync"]);
        let before = on_server(&rig, "INBOX");
        let cut = |command: &str, after: u32, is_done: bool| {
            let command = command.to_owned();
            let kind = if is_done {
                FaultKind::CutIn { command, after: 0 }
            } else {
                FaultKind::DropOn { command }
            };
            rig.server
                .set_faults(FaultPlan::new(vec![Fault::once(kind).after(after)]));
        };
        let expunge = if has_uidplus {
            "UID EXPUNGE"
        } else {
            "UID STORE"
        };
        let cuts = [("UID FETCH", 4), ("UID STORE", 0), (expunge, 0)];
        let mut from = "INBOX".to_owned();
        for (n, (command, after)) in cuts.into_iter().enumerate() {
            for is_done in [true, false] {
                cut(command, after, is_done);
                moves(&rig, &from, SAVED);
                rig.server.set_faults(FaultPlan::default());
                done(&rig, &["sync"]);
                let when = format!("{command} {is_done} from {from}");
                assert_eq!(in_files(&rig, "Saved"), before, "{when}");
                assert_eq!(ids(&rig, SAVED).len(), 11, "{when}");
                assert_eq!(ids(&rig, &from).len(), 0, "{when}");
                // Back, cut where the server has added a message and nobody heard of it, and where it has not.
                from = format!("Back-{n}-{is_done}");
                rig.server.create(&from, None);
                done(&rig, &["sync"]);
                cut("APPEND", 3, true);
                moves(&rig, SAVED, &from);
                cut("APPEND", 3, false);
                run(&rig, &["sync"]);
                rig.server.set_faults(FaultPlan::default());
                done(&rig, &["sync"]);
                assert_eq!(n_of(&in_files(&rig, "Saved")), 0, "{when}");
                assert_eq!(ids(&rig, &from).len(), 11, "{when}");
                assert_eq!(on_server(&rig, &from), before, "{when}");
            }
        }
    }
}

#[test]
fn kills_at_any_moment_lose_nothing_and_double_nothing() {
    let rig = rig_with(40);
    done(&rig, &["sync"]);
    let before = on_server(&rig, "INBOX");
    let mut random = Random::new(23);
    for round in 0..6 {
        let (from, to) = if round % 2 == 0 {
            ("INBOX", SAVED)
        } else {
            (SAVED, "INBOX")
        };
        let there = ids(&rig, from);
        let mut words = vec!["move"];
        words.extend(there.iter().map(String::as_str));
        words.push(to);
        for attempt in 0..4 {
            let words = if attempt == 0 {
                words.clone()
            } else {
                vec!["sync"]
            };
            let mut child = command(&rig, &words)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let until = Instant::now() + Duration::from_millis(random.between(20, 900));
            while Instant::now() < until && child.try_wait().unwrap().is_none() {
                std::thread::yield_now();
            }
            let _ = child.kill();
            child.wait().unwrap();
            // Only a server that was slow would carry out more beside the next one.
            assert!(rig.server.await_left(Duration::from_mins(2)));
        }
        done(&rig, &["sync"]);
        done(&rig, &["sync"]);
        assert_whole(&rig, "INBOX", &before, &format!("round {round}"));
        let pending = done(&rig, &["pending", "--json"]);
        assert_eq!(ids(&rig, to).len(), n_at(&rig, to), "{pending}");
    }
}

#[test]
fn a_move_made_offline_is_shown_at_once_and_done_later() {
    let rig = rig_with(5);
    done(&rig, &["sync"]);
    let before = on_server(&rig, "INBOX");
    let their_ids = ids(&rig, "INBOX");
    let mut words = vec!["--offline", "move"];
    words.extend(their_ids.iter().map(String::as_str));
    words.push(SAVED);
    assert_eq!(done(&rig, &words), "queued\n");
    assert_eq!((ids(&rig, SAVED).len(), ids(&rig, "INBOX").len()), (5, 0));
    assert_eq!(on_server(&rig, "INBOX"), before);
    done(&rig, &["sync"]);
    assert_eq!(in_files(&rig, "Saved"), before);
    assert_eq!(n_of(&on_server(&rig, "INBOX")), 0);

    let own_ids = ids(&rig, SAVED);
    let mut words = vec!["--offline", "move"];
    words.extend(own_ids.iter().map(String::as_str));
    words.push("INBOX");
    assert_eq!(done(&rig, &words), "queued\n");
    assert_eq!((ids(&rig, SAVED).len(), ids(&rig, "INBOX").len()), (0, 5));
    rig.lose_cache();
    done(&rig, &["sync"]);
    assert_eq!(on_server(&rig, "INBOX"), before);
    assert_eq!(n_of(&in_files(&rig, "Saved")), 0);
}
