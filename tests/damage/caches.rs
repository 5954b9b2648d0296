//! Damaged caches: every start works, no body is ever wrong, what was lost is told, what only this machine knows stays.

use std::fs;
use std::path::Path;

use sterna::channel::error::StoreError;
use sterna::channel::event::Event;
use sterna::channel::rows::Anchor;
use sterna::mail::flag::SystemFlag;
use sterna::mail::mailbox::Role;
use sterna::mail::message_id::MessageId;
use sterna::store::bodies::StoredBody;

use crate::random::{Random, count};
use crate::ruin::{ruin, version};
use crate::support::{Fixture, GUARD, copy, header, listed, open};

const N: u32 = 200;

/// A small one for most, a file for some.
fn body(uid: u32) -> StoredBody {
    let n = if uid.is_multiple_of(40) { 6_000 } else { 200 };
    StoredBody::Whole(format!("body of {uid} ").repeat(n).into_bytes())
}

/// A mailbox with all its bodies and one open operation.
fn filled() -> Fixture {
    let fixture = Fixture::with_headers(N);
    for uid in 1..=N {
        fixture.writer().body(fixture.message(uid), body(uid));
    }
    fixture.writer().flush().unwrap();
    fixture.record(vec![fixture.target(7)], SystemFlag::Flagged, true);
    fixture
}

/// What was said about the cache, so far.
fn told(fixture: &Fixture) -> Vec<String> {
    let words = |event| match event {
        Event::CacheReplaced(replaced) => Some(replaced.words()),
        _ => None,
    };
    fixture.events.try_iter().filter_map(words).collect()
}

/// Nothing of a file stays but its length.
fn overwrite(path: &Path) {
    let n_bytes = fs::read(path).unwrap().len();
    fs::write(path, vec![0xff; n_bytes]).unwrap();
}

/// What is said when the cache was replaced.
fn wait_for_mending(fixture: &Fixture, error: &StoreError, case: &str) -> String {
    loop {
        let event = fixture.events.recv_timeout(GUARD);
        let event = event.unwrap_or_else(|_| panic!("{case}: {error} was never mended"));
        if let Event::CacheReplaced(replaced) = event {
            return replaced.words();
        }
    }
}

/// Everything that can be read is right, what cannot be is told and mended. Returns whether it was mended.
fn examine(fixture: &Fixture, ids: &[MessageId], case: &str) -> bool {
    let mut damage = None;
    let mut reader = loop {
        match fixture.store.reader() {
            Ok(reader) => break reader,
            Err(error) => {
                wait_for_mending(fixture, &error, case);
                damage = Some(error);
            }
        }
    };
    if damage.is_some() {
        return true;
    }
    let mut n_rows = 0;
    match reader.window(&fixture.query("", Anchor::Newest, 500)) {
        Ok(window) => n_rows = window.rows.len(),
        Err(error) => damage = Some(error),
    }
    for read in [
        reader.folders().map(|_| ()),
        reader
            .window(&fixture.query("subj", Anchor::Newest, 50))
            .map(|_| ()),
        reader.open_operations(fixture.account).map(|_| ()),
    ] {
        damage = read.err().or(damage);
    }
    for (id, uid) in ids.iter().zip(1..) {
        match reader.body(*id) {
            Ok(Some(found)) => assert!(found == body(uid), "{case}: the body of UID {uid}"),
            Ok(None) => {}
            Err(error) => damage = Some(error),
        }
    }
    let mut words = told(fixture);
    if let Some(error) = &damage {
        assert!(
            matches!(error, StoreError::Corrupt { .. }),
            "{case}: {error:?}"
        );
        if words.is_empty() {
            words.push(wait_for_mending(fixture, error, case));
        }
    }
    if words.is_empty() {
        // A cache without its log is older, and knows it: what is missing is in the gap.
        let mut is_incomplete = || {
            reader
                .sync_state(fixture.inbox)
                .is_ok_and(|known| known.n_headers < u64::from(N))
        };
        assert!(n_rows > 0 || is_incomplete(), "{case}: silently empty");
    }
    drop(reader);
    !words.is_empty()
}

/// What an engine would do with the cache now: list, select, fill.
fn refill(fixture: &Fixture, case: &str) {
    let writer = fixture.writer();
    let mailbox = writer
        .listing(fixture.account, vec![listed("INBOX", Some(Role::Inbox))])
        .unwrap()[0]
        .1;
    assert_eq!(
        mailbox, fixture.inbox,
        "{case}: the folder has another number"
    );
    fixture.select(1, N);
    fixture.insert((1..=N).map(header).collect());
    fixture.sync(1, N);
    let window = fixture.window("", Anchor::Newest, 500);
    assert_eq!(
        window.rows.len(),
        N as usize,
        "{case}: after filling it again"
    );
    // The operation is over the server's flags again.
    assert!(fixture.row(7).flags.has(SystemFlag::Flagged), "{case}");
}

fn flip_a_bit_of_a_body(cache: &Path, random: &mut Random) {
    let bodies = fs::read_dir(cache.join("bodies")).unwrap().flatten();
    let mut files: Vec<_> = bodies.map(|entry| entry.path()).collect();
    files.sort();
    let file = &files[random.below(files.len())];
    let mut bytes = fs::read(file).unwrap();
    let at = random.below(bytes.len());
    bytes[at] ^= 1;
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_damaged_cache_never_stops_a_start_and_never_gives_a_wrong_body() {
    let fixture = filled();
    let ids: Vec<MessageId> = (1..=N).map(|uid| fixture.message(uid)).collect();
    let top = fixture.directory.path().to_owned();
    // As a crash leaves it, with a log, and as an orderly end leaves it.
    let (crashed, closed) = (top.join("crashed"), top.join("closed"));
    copy(&fixture.paths.cache, &crashed);
    let mut fixture = fixture.reopen(|paths| copy(&paths.cache, &closed));
    let (mut n_mended, mut n_newer) = (0, 0);
    for seed in 0..count("STERNA_DAMAGED_CACHES", 50) {
        let mut random = Random::new(seed);
        let whole = if seed % 2 == 0 { &crashed } else { &closed };
        let mut case = format!("seed {seed}");
        let before = fixture.paths.clone();
        let settings = fixture.settings.clone();
        fixture = fixture.reopen(|paths| {
            fs::remove_dir_all(&paths.cache).unwrap();
            copy(whole, &paths.cache);
            let database = paths.cache.join("cache.db");
            case = format!("{case}, {}", ruin(&database, &mut random));
            if random.below(4) == 0 {
                flip_a_bit_of_a_body(&paths.cache, &mut random);
            }
            // The one damage that cannot be told from the work of a later Sterna: refused by name, nothing touched.
            let bytes = fs::read(&database).unwrap();
            if let Err(StoreError::Newer { .. }) =
                open(&before, &settings).map(|(store, _)| store.close())
            {
                assert_ne!(
                    version(&database),
                    version(&whole.join("cache.db")),
                    "{case}"
                );
                assert_eq!(fs::read(&database).unwrap(), bytes, "{case}");
                n_newer += 1;
                fs::copy(whole.join("cache.db"), &database).unwrap();
            }
        });
        assert_eq!(fixture.reader().n_pending(None).unwrap(), 1, "{case}");
        let is_mended = examine(&fixture, &ids, &case);
        if is_mended {
            n_mended += 1;
            let n_copies = fs::read_dir(&fixture.paths.cache)
                .unwrap()
                .flatten()
                .filter(|entry| entry.file_name().to_string_lossy().contains("quarantine"))
                .count();
            assert!(n_copies > 0, "{case}: no copy was kept");
            refill(&fixture, &case);
        }
        assert_eq!(fixture.reader().n_pending(None).unwrap(), 1, "{case}");
    }
    assert!(n_mended > 0, "no damage was noticed");
    assert!(
        n_newer * 20 <= count("STERNA_DAMAGED_CACHES", 50),
        "{n_newer} refused as newer"
    );
}

#[test]
fn damage_that_shows_while_running_is_mended_there_and_then() {
    let fixture = filled().reopen(|_| {});
    let mut reader = fixture.reader();
    assert_eq!(
        reader
            .window(&fixture.query("", Anchor::Newest, 500))
            .unwrap()
            .rows
            .len(),
        N as usize
    );
    // Under the open connections, as a failing disk does it; a new connection reads the disk.
    let path = fixture.paths.cache.join("cache.db");
    overwrite(&path);
    assert!(examine(&fixture, &[], "overwritten"));
    refill(&fixture, "overwritten");
    // Readers that had the old file open read the new one.
    for reader in [&mut reader, &mut fixture.reader()] {
        let window = reader.window(&fixture.query("", Anchor::Newest, 500));
        assert_eq!(window.unwrap().rows.len(), N as usize);
    }
    assert_eq!(
        fixture.store.replaced(),
        None,
        "it was sound when it was opened"
    );
}

#[test]
fn a_damaged_cache_is_not_replaced_under_another_process() {
    let fixture = filled().reopen(|_| {});
    let second = open(&fixture.paths, &fixture.settings).unwrap();
    // A lock of this process by another handle is what another process would hold.
    let path = fixture.paths.cache.join("cache.db");
    overwrite(&path);
    let found = fixture.store.reader().map(|_| ());
    assert!(
        matches!(found, Err(StoreError::Corrupt { .. })),
        "{found:?}"
    );
    let refused = loop {
        match fixture.events.recv_timeout(GUARD).unwrap() {
            Event::StoreFailed(error) => break error.to_string(),
            Event::CacheReplaced(_) => panic!("it was replaced"),
            _ => {}
        }
    };
    assert!(refused.contains("another Sterna uses it"), "{refused}");
    second.0.close();
    let fixture = fixture.reopen(|_| {});
    assert!(fixture.store.replaced().is_some());
    refill(&fixture, "after the other ended");
}
