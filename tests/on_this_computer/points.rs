//! The program ends at every named point while messages go to this computer, about on it, and back: nothing is lost,
//! nothing is there twice, and a run without anything to do does nothing. Built with the feature `failpoints` only.

use std::collections::BTreeSet;
use std::process::Output;

use sterna::demo::dialect::Dialect;
use sterna::store::failpoint::{NAMES, OF_FOLDERS_HERE};

use crate::rig::Rig;
use crate::shell::{code, errors};
use crate::{Mail, SAVED, command, done, ids, in_files, n_of, on_server, rig_with};

const OTHER: &str = "On this computer/Other";
/// Commands that change something on the server.
const CHANGES: [&str; 5] = ["APPEND", "UID STORE", "UID MOVE", "UID COPY", "UID EXPUNGE"];
/// The one that moves do not come by.
const OF_COPIES: &str = "here.after-file";

fn ended_at(rig: &Rig, words: &[&str], point: &str) -> Output {
    let mut command = command(rig, words);
    command.env("STERNA_FAILPOINT", point).output().unwrap()
}

fn mail(rig: &Rig, folder: &str) -> Mail {
    match folder.strip_prefix("On this computer/") {
        Some(name) => in_files(rig, name),
        None => on_server(rig, folder),
    }
}

/// One leg, ended at a point; whether the point was passed.
fn leg(rig: &Rig, before: &Mail, (from, to): (&str, &str), point: &str, is_copy: bool) -> bool {
    let what = format!("{from} to {to}, copy {is_copy}, {point}");
    let there = ids(rig, from);
    let mut words = vec![if is_copy { "copy" } else { "move" }];
    words.extend(there.iter().map(String::as_str));
    words.push(to);
    let ended = ended_at(rig, &words, point);
    assert!(
        [0, 100].contains(&code(&ended)),
        "{what}: {}",
        errors(&ended)
    );
    done(rig, &["sync"]);
    done(rig, &["sync"]);
    if n_of(&mail(rig, to)) == 0 {
        done(rig, &words); // It ended before the journal had it.
    }
    assert_eq!(mail(rig, to), *before, "{what}");
    let left = mail(rig, from);
    assert_eq!(
        n_of(&left),
        if is_copy { n_of(before) } else { 0 },
        "{what}"
    );
    rig.server.clear_log();
    done(rig, &["sync"]);
    let log = rig.server.log();
    let n_changes = log.iter().filter(|it| CHANGES.contains(&it.name.as_str()));
    assert_eq!(n_changes.count(), 0, "{what}: once more");
    assert_eq!(mail(rig, to), *before, "{what}: once more");
    code(&ended) == 100
}

fn all() -> impl Iterator<Item = &'static str> {
    // Nothing is written or sent here.
    let mail = [
        "draft.",
        "queue.",
        "sending.",
        "committing.",
        "accepted.",
        "filed.",
    ];
    let is_passed = move |name: &&str| !mail.iter().any(|own| name.starts_with(own));
    NAMES.into_iter().filter(is_passed).chain(OF_FOLDERS_HERE)
}

#[test]
fn ended_at_every_named_point_nothing_is_lost_or_there_twice() {
    let rig = rig_with(4);
    rig.server.set_dialect(Dialect::full());
    done(&rig, &["folder", "create", OTHER]);
    done(&rig, &["sync"]);
    let before = on_server(&rig, "INBOX");
    let mut passed = BTreeSet::new();
    for name in all() {
        for pass in [1, 2] {
            let point = format!("{name}:{pass}");
            let is_passed = passed.len();
            for way in [("INBOX", SAVED), (SAVED, OTHER), (OTHER, "INBOX")] {
                if leg(&rig, &before, way, &point, false) {
                    passed.insert(point.clone());
                }
            }
            if passed.len() == is_passed {
                break; // Passed less often than that.
            }
        }
    }
    for name in OF_FOLDERS_HERE
        .into_iter()
        .filter(|name| *name != OF_COPIES)
    {
        let is_passed = passed.contains(&format!("{name}:1"));
        assert!(is_passed, "{name} was never passed");
    }
}

#[test]
fn copies_that_ended_at_every_named_point_are_made_once() {
    let rig = rig_with(3);
    done(&rig, &["folder", "create", OTHER]);
    done(&rig, &["sync"]);
    let before = on_server(&rig, "INBOX");
    let closing = NAMES.into_iter().filter(|name| {
        let own = ["claim.", "close."];
        own.iter().any(|own| name.starts_with(own))
    });
    for name in closing.chain(OF_FOLDERS_HERE) {
        let point = format!("{name}:1");
        let ways = [("INBOX", SAVED), (SAVED, OTHER)];
        let ended = ways.map(|way| leg(&rig, &before, way, &point, true));
        assert!(ended[1] || name != OF_COPIES, "{name} was never passed");
        for folder in [SAVED, OTHER] {
            let all = ids(&rig, folder);
            let mut words = vec!["delete", "--forever", "--yes"];
            words.extend(all.iter().map(String::as_str));
            done(&rig, &words);
        }
    }
}
