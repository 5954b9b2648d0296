//! Damaged `state.db`: never replaced without the user's word, kept, and everything that can be read carried over.

use std::fs;
use std::path::Path;

use crossbeam_channel::Receiver;
use sterna::channel::damage::Findings;
use sterna::channel::error::StoreError;
use sterna::channel::event::Event;
use sterna::channel::operation::Outcome;
use sterna::mail::flag::SystemFlag;
use sterna::store::disk::rescue;
use sterna::store::{Paths, Store};

use crate::random::{Random, count};
use crate::ruin::{ruin, version};
use crate::support::{Fixture, GUARD, copy, open};

/// Operations that are open in the end.
const N_OPEN: u64 = 40;

/// A journal of many pages, and a row of everything else.
fn filled() -> Fixture {
    let fixture = Fixture::with_headers(300);
    for uid in 1..=60_u32 {
        let targets = (uid..uid + 5).map(|uid| fixture.target(uid)).collect();
        let id = fixture.record(targets, SystemFlag::Flagged, uid % 2 == 0);
        if u64::from(uid) > N_OPEN {
            let outcomes = (uid..uid + 5).map(|uid| (fixture.target(uid), Outcome::Done(None)));
            fixture.writer().close(id, outcomes.collect()).unwrap();
        }
    }
    let db = rusqlite::Connection::open(fixture.paths.data.join("state.db")).unwrap();
    db.execute_batch(
        "INSERT INTO draft (account, raw) VALUES (1, x'44');
         INSERT INTO outbox (account, subject, raw) VALUES (1, 'on its way', x'45');
         INSERT INTO pin (account, protocol, host, port, spki) VALUES ('work', 'imap', 'mail.example.org', 993, x'46');",
    )
    .unwrap();
    drop(db);
    fixture
}

fn bytes(data: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = fs::read_dir(data)
        .unwrap()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("state.db"))
        // Memory that the processes share: made anew by whoever opens the database.
        .filter(|entry| !entry.file_name().to_string_lossy().ends_with("-shm"))
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read(entry.path()).unwrap())
        })
        // A log without anything in it is no log.
        .filter(|(name, bytes)| !bytes.is_empty() || !name.ends_with("-wal"))
        .collect();
    all.sort();
    all
}

fn readable(findings: &Findings, name: &str) -> (u64, bool) {
    let kind = findings.kinds.iter().find(|kind| kind.name.contains(name));
    kind.map(|kind| (kind.n_readable, kind.is_whole)).unwrap()
}

/// What of the undamaged file can be read of each kind.
fn all_of(paths: &Paths) -> Vec<u64> {
    let kinds = rescue::examine(paths, "to compare").unwrap().kinds;
    assert!(kinds.iter().all(|kind| kind.is_whole), "{kinds:?}");
    kinds.iter().map(|kind| kind.n_readable).collect()
}

/// Whether everything is there that is said to be.
fn is_true(findings: &Findings, all: &[u64]) -> bool {
    let mut kinds = findings.kinds.iter().zip(all);
    kinds.all(|(kind, n)| !kind.is_whole || kind.n_readable == *n)
}

/// Whether the loss of commits is told, or that the cache knows of more than there is.
fn tells_of_loss(events: &Receiver<Event>) -> bool {
    events
        .try_iter()
        .any(|event| matches!(event, Event::CacheReplaced(_) | Event::CommitsLost))
}

fn tells_of_another_cache(events: &Receiver<Event>) -> bool {
    events
        .try_iter()
        .any(|event| matches!(event, Event::CacheReplaced(_)))
}

/// A damaged file is looked at, kept, and followed by one that works.
fn recover(paths: &Paths, fixture: &Fixture, why: &str, case: &str) -> (Findings, u64) {
    let before = bytes(&paths.data);
    let findings = rescue::examine(paths, why).unwrap();
    assert!(
        bytes(&paths.data) == before,
        "{case}: looking changed something"
    );
    let export = rescue::start_anew(paths).unwrap_or_else(|error| panic!("{case}: {error}"));
    let kept = bytes(&paths.data);
    for (name, old) in &before {
        let rest = name.strip_prefix("state.db").unwrap();
        let is_kept = kept.iter().any(|(name, bytes)| {
            name.contains(".damaged-") && name.ends_with(rest) && bytes == old
        });
        assert!(is_kept, "{case}: {name} was not kept");
    }
    assert!(
        fs::read_to_string(export)
            .unwrap()
            .starts_with("-- identity"),
        "{case}"
    );
    let (store, events) =
        open(paths, &fixture.settings).unwrap_or_else(|error| panic!("{case}: {error}"));
    // Numbers of the old one mean nothing in a cache any more.
    assert!(tells_of_another_cache(&events), "{case}");
    let n_pending = store.reader().unwrap().n_pending(None).unwrap();
    store.close();
    while events.recv_timeout(GUARD).is_ok() {}
    (findings, n_pending)
}

/// What was opened has everything, or the loss is told.
fn lacks_nothing_silently(
    store: Store,
    events: &Receiver<Event>,
    paths: &Paths,
    all: &[u64],
    case: &str,
) {
    let n_pending = store.reader().unwrap().n_pending(None).unwrap();
    store.close();
    let found = rescue::examine(paths, "to compare").unwrap();
    let is_all = is_true(&found, all) && found.kinds.iter().all(|kind| kind.is_whole);
    assert!(
        tells_of_loss(events) || (n_pending == N_OPEN && is_all),
        "{case}: {n_pending} operations, {found:?}, and no word"
    );
}

#[test]
fn a_damaged_state_is_kept_and_what_can_be_read_goes_on() {
    let fixture = filled();
    let top = fixture.directory.path().to_owned();
    let (crashed, closed) = (top.join("crashed"), top.join("closed"));
    copy(&fixture.paths.data, &crashed.join("data"));
    copy(&fixture.paths.cache, &crashed.join("cache"));
    let fixture = fixture.reopen(|paths| {
        copy(&paths.data, &closed.join("data"));
        copy(&paths.cache, &closed.join("cache"));
    });
    let all = all_of(&crate::support::paths(&crashed));
    let paths = crate::support::paths(&top.join("case"));
    let (mut n_recovered, mut n_all, mut n_newer, mut n_sound) = (0_u64, 0_u64, 0_u64, 0_u64);
    let n_cases = count("STERNA_DAMAGED_STATES", 20);
    let first = count("STERNA_DAMAGED_FROM", 0);
    for seed in first..first + n_cases {
        let mut random = Random::new(seed);
        let whole = if seed % 2 == 0 { &crashed } else { &closed };
        let _ = fs::remove_dir_all(top.join("case"));
        copy(whole, &top.join("case"));
        let state = paths.data.join("state.db");
        let case = format!("seed {seed}, {}", ruin(&state, &mut random));
        let before = bytes(&paths.data);
        match open(&paths, &fixture.settings) {
            Ok((store, events)) => {
                n_sound += 1;
                lacks_nothing_silently(store, &events, &paths, &all, &case);
            }
            Err(StoreError::StateDamaged { cause }) => {
                assert!(bytes(&paths.data) == before, "{case}: something changed");
                let (findings, n_pending) = recover(&paths, &fixture, &cause, &case);
                n_recovered += 1;
                n_all += u64::from(n_pending == N_OPEN);
                assert!(n_pending <= readable(&findings, "told yet").0, "{case}");
                assert!(is_true(&findings, &all), "{case}: {findings:?}, of {all:?}");
            }
            Err(StoreError::Newer { .. }) => {
                n_newer += 1;
                let whole = version(&whole.join("data/state.db"));
                assert_ne!(version(&state), whole, "{case}");
                assert!(bytes(&paths.data) == before, "{case}: something changed");
            }
            Err(error) => panic!("{case}: {error:?}"),
        }
    }
    let told = format!(
        "{n_cases} damaged: {n_sound} opened, {n_recovered} recovered ({n_all} with all), {n_newer} newer"
    );
    assert!(n_recovered > 0 && n_newer * 20 <= n_cases, "{told}");
    eprintln!("{told}");
}

type Ruin = fn(&Path);

#[test]
fn a_log_that_lost_its_last_commits_is_told_once_and_one_that_is_whole_is_not() {
    let fixture = filled();
    let case = fixture.directory.path().join("case");
    let paths = crate::support::paths(&case);
    let log = paths.data.join("state.db-wal");
    let cut: Ruin = |log| {
        let bytes = fs::read(log).unwrap();
        fs::write(log, &bytes[..bytes.len() - 100]).unwrap();
    };
    let flip: Ruin = |log| {
        let mut bytes = fs::read(log).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(log, bytes).unwrap();
    };
    let delete: Ruin = |log| fs::remove_file(log).unwrap();
    let nothing: Ruin = |_| {};
    for (ruin, is_lost) in [(cut, true), (flip, true), (delete, true), (nothing, false)] {
        let _ = fs::remove_dir_all(&case);
        copy(&fixture.paths.data, &case.join("data"));
        copy(&fixture.paths.cache, &case.join("cache"));
        ruin(&log);
        for is_told in [is_lost, false] {
            let (store, events) = open(&paths, &fixture.settings).unwrap();
            assert_eq!(store.lacks_commits(), is_told);
            let mut told = events.try_iter();
            assert_eq!(told.any(|event| event == Event::CommitsLost), is_told);
            store.close();
        }
    }
}

#[test]
fn the_first_page_can_be_lost_and_everything_is_still_there() {
    let fixture = filled();
    let paths = fixture.paths.clone();
    let settings = fixture.settings.clone();
    let Fixture {
        store,
        events,
        directory,
        account,
        inbox,
        ..
    } = fixture;
    store.close();
    while events.recv_timeout(GUARD).is_ok() {}
    let state = paths.data.join("state.db");
    let mut bytes = fs::read(&state).unwrap();
    bytes[..4_096].fill(0);
    fs::write(&state, bytes).unwrap();
    let Err(StoreError::StateDamaged { cause }) = open(&paths, &settings).map(|_| ()) else {
        panic!("it was opened");
    };
    let findings = rescue::examine(&paths, &cause).unwrap();
    for kind in &findings.kinds {
        assert!(kind.is_whole, "{kind:?}");
    }
    assert_eq!(readable(&findings, "told yet"), (N_OPEN * 5, true));
    assert_eq!(readable(&findings, "drafts"), (1, true));
    assert_eq!(readable(&findings, "out"), (1, true));
    assert_eq!(readable(&findings, "trust"), (1, true));
    rescue::start_anew(&paths).unwrap();
    let (store, events) = open(&paths, &settings).unwrap();
    let fixture = Fixture {
        directory,
        paths,
        settings,
        store,
        events,
        account,
        inbox,
    };
    assert_eq!(fixture.reader().n_pending(None).unwrap(), N_OPEN);
    // The operations lie over what the server says again, and no number is given out twice.
    let listed = crate::support::listed("INBOX", Some(sterna::mail::mailbox::Role::Inbox));
    fixture.writer().listing(account, vec![listed]).unwrap();
    fixture.select(1, 300);
    fixture.insert((1..=300).map(crate::support::header).collect());
    assert!(fixture.row(44).flags.has(SystemFlag::Flagged));
    let mut ids: Vec<_> = (1..=300).map(|uid| fixture.message(uid)).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 300);
}

#[test]
fn a_state_that_is_gone_while_its_log_is_here_is_not_made_anew_silently() {
    let fixture = filled();
    let case = fixture.directory.path().join("case");
    copy(&fixture.paths.data, &case.join("data"));
    let paths = crate::support::paths(&case);
    assert!(paths.data.join("state.db-wal").exists());
    fs::remove_file(paths.data.join("state.db")).unwrap();
    let refused = open(&paths, &fixture.settings).map(|_| ());
    assert!(
        matches!(refused, Err(StoreError::StateDamaged { .. })),
        "{refused:?}"
    );
    let findings = rescue::examine(&paths, "gone").unwrap();
    // The log alone has every page that was written since the last time it was carried over.
    assert!(
        findings.kinds.iter().any(|kind| !kind.is_whole)
            || readable(&findings, "told yet").0 == N_OPEN * 5
    );
    rescue::start_anew(&paths).unwrap();
    open(&paths, &fixture.settings).unwrap().0.close();
}

#[test]
fn an_interrupted_rescue_is_completed_by_the_next_start() {
    let fixture = filled();
    let paths = fixture.paths.clone();
    let settings = fixture.settings.clone();
    let events = fixture.events.clone();
    let fixture_directory = fixture.directory;
    fixture.store.close();
    while events.recv_timeout(GUARD).is_ok() {}
    let state = paths.data.join("state.db");
    let mut old = fs::read(&state).unwrap();
    old[..100].fill(0);
    fs::write(&state, &old).unwrap();
    rescue::start_anew(&paths).unwrap();
    // As if the process had ended before the last rename: the old file aside or not, the new one whole.
    for is_aside in [false, true] {
        fs::rename(&state, paths.data.join("state.db.rescued")).unwrap();
        if !is_aside {
            fs::write(&state, &old).unwrap();
        }
        let (store, _) = open(&paths, &settings).unwrap();
        assert_eq!(store.reader().unwrap().n_pending(None).unwrap(), N_OPEN);
        store.close();
    }
    drop(fixture_directory);
}

#[test]
fn a_state_that_is_older_than_the_cache_is_told() {
    let fixture = filled();
    let case = fixture.directory.path().join("case");
    copy(&fixture.paths.data, &case.join("data"));
    fixture.record(vec![fixture.target(200)], SystemFlag::Seen, true);
    fixture.writer().flush().unwrap();
    copy(&fixture.paths.cache, &case.join("cache"));
    let paths = crate::support::paths(&case);
    let (store, events) = open(&paths, &fixture.settings).unwrap();
    let words = events.try_iter().find_map(|event| match event {
        Event::CacheReplaced(replaced) => Some(replaced.words()),
        _ => None,
    });
    assert!(words.unwrap().contains("state.db is older"));
    assert!(store.replaced().is_some());
    store.close();
}
