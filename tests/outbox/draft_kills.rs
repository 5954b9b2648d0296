//! A process that writes drafts and sends them is killed again and again: what it was told to be safe is there.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use crossbeam_channel::unbounded;
use sterna::channel::draft::{Base, DraftId};
use sterna::channel::outbox::OutboxId;
use sterna::store::outgoing::mail_requests::Decision;
use sterna::store::{Paths, Store};

use crate::drafts::{outgoing, settings, text};
use crate::random::{Random, count};

fn store(home: &Path) -> Store {
    let paths = Paths {
        data: home.join("data"),
        cache: home.join("cache"),
    };
    let settings = settings("anna", "mail.example.org");
    Store::open(&paths, &[settings], unbounded().0).unwrap()
}

/// Not a test by itself: the process that is killed. It says each thing after the store has said that it is safe.
#[test]
fn the_process_that_writes_and_is_killed() {
    let Some(home) = std::env::var_os("STERNA_DRAFT_HOME") else {
        return;
    };
    let seed = std::env::var("STERNA_DRAFT_SEED").unwrap().parse().unwrap();
    let mut random = Random::new(seed);
    let store = store(Path::new(&home));
    let (account, writer) = (store.account("work").unwrap(), store.writer());
    let mut out = std::io::stderr();
    let mut say = |line: String| out.write_all(line.as_bytes()).unwrap();
    let (mut n, mut base): (u64, Base) = (seed * 1_000_000, Base::New);
    loop {
        n += 1;
        let saved = writer.save_draft_now(account, base, text(n)).unwrap();
        say(format!("draft {} {n}\n", saved.draft.0));
        base = Base::Draft(saved);
        match random.below(8) {
            0 => base = Base::New,
            1 => {
                let mail = outgoing(account, base, n, 3_600);
                let (mail, _) = writer.queue_now(mail).unwrap();
                base = Base::New;
                if random.below(2) == 0 {
                    assert!(writer.decide_now(mail, Decision::TakeBack).unwrap());
                }
            }
            _ => {}
        }
    }
}

/// What was acknowledged: by draft, the newest text.
fn acknowledged(home: &Path, seed: usize, n_lines: usize) -> BTreeMap<i64, u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "draft_kills::the_process_that_writes_and_is_killed",
            "--nocapture",
        ])
        .env("STERNA_DRAFT_HOME", home)
        .env("STERNA_DRAFT_SEED", seed.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut known = BTreeMap::new();
    let mut take = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let ["draft", id, n] = words.as_slice() else {
            return false;
        };
        // A line may have been cut by the kill; then it was not said.
        let (Ok(id), Ok(n)) = (id.parse(), n.parse::<u64>()) else {
            return false;
        };
        if n / 1_000_000 == seed as u64 {
            known.insert(id, n);
        }
        true
    };
    let mut n_seen = 0;
    while n_seen < n_lines {
        let line = lines.next().expect("the process ended by itself").unwrap();
        n_seen += usize::from(take(&line));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What it had said before the kill counts too; the last line may be half a line.
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    let whole = rest.len().saturating_sub(1);
    for line in &rest[..whole] {
        take(line);
    }
    known
}

#[test]
fn no_draft_that_was_saved_is_lost_whenever_the_process_is_killed() {
    let n_kills = usize::try_from(count("STERNA_DRAFT_KILLS", 10)).unwrap();
    let home = tempfile::tempdir().unwrap();
    let mut random = Random::new(5);
    let mut all: BTreeMap<i64, u64> = BTreeMap::new();
    for seed in 1..=n_kills {
        all.extend(acknowledged(home.path(), seed, random.below(12) + 1));
        let store = store(home.path());
        let mut reader = store.reader().unwrap();
        let rows = reader.outbox().unwrap();
        let queued: BTreeMap<i64, u64> = rows
            .iter()
            .filter_map(|row| Some((row.draft?.0, row.subject.as_str().parse().ok()?)))
            .collect();
        for (draft, n) in &all {
            let found = match reader.draft(DraftId(*draft)).unwrap() {
                Some(draft) => draft.composition.subject.parse().unwrap(),
                None => *queued
                    .get(draft)
                    .unwrap_or_else(|| panic!("draft {draft} is lost")),
            };
            assert!(found >= *n, "draft {draft}: {n} was safe, {found} is there");
        }
        // Each is in one place.
        for row in &rows {
            let draft = row.draft.unwrap();
            assert_eq!(
                reader.draft(draft).unwrap(),
                None,
                "{:?}",
                OutboxId(row.id.0)
            );
        }
        store.close();
    }
    eprintln!(
        "killed while drafts were written: {n_kills}, {} drafts, 0 lost",
        all.len()
    );
}
