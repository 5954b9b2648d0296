//! Export and import with a real server: everything once, with flags and dates, killed or not.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use sterna::local::source::Source;

use crate::home::{Account, Home};
use crate::random::Random;
use crate::rival::{Rival, nth};
use crate::server::Server;
use crate::shell;

const N: u32 = 300;

/// A user with so many messages in INBOX, some with flags.
fn filled() -> (Rival, Home) {
    let server = Server::shared();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    let mails: Vec<_> = (1..=N)
        .map(|n| {
            let flags = ["", "\\Seen", "\\Flagged todo", "\\Answered \\Seen"];
            nth(n, &format!("Number {n}"), flags[n as usize % 4])
        })
        .collect();
    rival.append("INBOX", &mails);
    rival.create("Copy");
    (rival, Account::tls(&server, &user).home())
}

/// The messages of files: how often each text is there, with its flags.
fn in_files(path: &Path) -> BTreeMap<(Vec<u8>, Vec<String>), usize> {
    let mut source = Source::open(path).unwrap();
    let mut all = BTreeMap::new();
    while let Some(found) = source.next_message().unwrap() {
        let message = found.unwrap();
        let flags = message.flags.names().map(str::to_owned).collect();
        *all.entry((message.bytes, flags)).or_default() += 1;
    }
    all
}

#[test]
fn a_folder_goes_to_files_and_back_with_every_message_once() {
    let (mut rival, home) = filled();
    let n = u64::from(N);
    for to in ["mbox", "maildir"] {
        let first = home.path().join(to);
        let first_text = first.to_str().unwrap();
        let report = home.json(&["export", "INBOX", "--to", to, first_text]);
        assert_eq!(report["exported"], n, "{report}");
        let messages = in_files(&first);
        assert_eq!(messages.values().sum::<usize>(), N as usize);
        assert_eq!(
            home.json(&["export", "INBOX", "--to", to, first_text])["exported"],
            0
        );

        let report = home.json(&["import", first_text, "Copy"]);
        assert_eq!(report["imported"], n, "{report}");
        let second = home.path().join(format!("{to}-2"));
        home.json(&["export", "Copy", "--to", to, second.to_str().unwrap()]);
        assert!(in_files(&second) == messages, "{to}");
        let uids: Vec<u32> = rival.truth("Copy").into_keys().collect();
        let set: Vec<String> = uids.iter().map(ToString::to_string).collect();
        rival.expunge("Copy", &set.join(","));
        home.ok(&["sync"]);
    }
}

/// Runs a command and kills it after so many milliseconds.
fn run_killed(home: &Home, words: &[&str], milliseconds: u64) {
    let child = shell::spawn(&mut shell::sterna(home.path(), words));
    shell::kill_after(child, Duration::from_millis(milliseconds));
}

#[test]
fn an_import_that_is_killed_again_and_again_adds_everything_once() {
    let (mut rival, home) = filled();
    let file = home.path().join("mbox");
    let file_text = file.to_str().unwrap();
    home.json(&["export", "INBOX", "--to", "mbox", file_text]);
    let mut random = Random::new(3);
    for _ in 0..12 {
        run_killed(
            &home,
            &["import", file_text, "Copy"],
            random.between(20, 250),
        );
    }
    home.ok(&["import", file_text, "Copy"]);
    assert_eq!(rival.truth("Copy").len(), N as usize);
    let again = home.path().join("again");
    home.json(&["export", "Copy", "--to", "mbox", again.to_str().unwrap()]);
    assert!(in_files(&again) == in_files(&file));
}

/// There, and to another folder of the server: all of them once, whole, with their flags, however often it was killed.
#[test]
fn messages_go_to_this_computer_and_back_through_kills() {
    const SAVED: &str = "On this computer/Saved";
    let (mut rival, home) = filled();
    let exported = |folder: &str, name: &str| {
        let path = home.path().join(name);
        home.json(&["export", folder, "--to", "mbox", path.to_str().unwrap()]);
        in_files(&path)
    };
    let before = exported("INBOX", "before");
    home.ok(&["folder", "create", SAVED]);
    let mut random = Random::new(5);
    for (from, to) in [("INBOX", SAVED), (SAVED, "Copy")] {
        let rows = home.json(&["list", "--limit", "1000", "--folder", from]);
        let rows = rows.as_array().unwrap();
        let ids = rows.iter().map(|row| row["id"].as_str().unwrap());
        let words: Vec<&str> = ["move"].into_iter().chain(ids).chain([to]).collect();
        assert_eq!(words.len(), N as usize + 2);
        run_killed(&home, &words, random.between(100, 400));
        for _ in 0..9 {
            run_killed(&home, &["sync"], random.between(20, 400));
        }
        home.ok(&["sync"]);
        home.ok(&["sync"]);
        if home.json(&["list", "--folder", to]) == serde_json::json!([]) {
            home.ok(&words); // Killed before the journal had it.
        }
        assert!(
            exported(to, to.rsplit('/').next().unwrap()) == before,
            "{to}"
        );
    }
    assert_eq!(rival.truth("INBOX").len(), 0);
    assert_eq!(rival.truth("Copy").len(), N as usize);
}
