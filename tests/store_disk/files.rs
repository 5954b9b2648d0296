//! The files: private, refused when newer, replaced when damaged, and never silently empty.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use sterna::channel::error::StoreError;
use sterna::channel::rows::Anchor;
use sterna::mail::flag::SystemFlag;
use sterna::store::bodies::StoredBody;

use crate::support::{Fixture, open};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn directories_and_files_are_private_even_where_they_were_not() {
    let fixture = Fixture::with_headers(1);
    let cache = fixture.paths.cache.clone();
    let fixture = fixture.reopen(|paths| {
        fs::set_permissions(&paths.cache, fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(
            paths.cache.join("cache.db"),
            fs::Permissions::from_mode(0o644),
        )
        .unwrap();
        fs::set_permissions(
            paths.data.join("state.db"),
            fs::Permissions::from_mode(0o666),
        )
        .unwrap();
    });
    fixture.record(vec![fixture.target(1)], SystemFlag::Seen, true);
    for directory in [&fixture.paths.data, &cache, &cache.join("bodies")] {
        assert_eq!(mode(directory), 0o700, "{}", directory.display());
    }
    for directory in [&fixture.paths.data, &cache] {
        for entry in fs::read_dir(directory).unwrap().flatten() {
            if entry.file_type().unwrap().is_file() {
                assert_eq!(mode(&entry.path()), 0o600, "{}", entry.path().display());
            }
        }
    }
}

/// Every file with its bytes.
fn contents(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .flatten()
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| (entry.path(), fs::read(entry.path()).unwrap()))
        .collect();
    all.sort();
    all
}

#[test]
fn a_newer_schema_is_refused_and_nothing_is_touched() {
    for (file, in_data) in [("state.db", true), ("cache.db", false)] {
        let fixture = Fixture::with_headers(3);
        let (directory, paths, settings) = fixture.end();
        let path = if in_data {
            paths.data.join(file)
        } else {
            paths.cache.join(file)
        };
        {
            let db = rusqlite::Connection::open(&path).unwrap();
            db.pragma_update(None, "user_version", 99).unwrap();
        }
        let before = (contents(&paths.data), contents(&paths.cache));
        let error = open(&paths, &settings).err().expect("refused");
        assert_eq!(
            error,
            StoreError::Newer {
                file: file.to_owned(),
                found: 99,
                known: if in_data { 8 } else { 12 }
            }
        );
        assert_eq!(
            (contents(&paths.data), contents(&paths.cache)),
            before,
            "{file}"
        );
        drop(directory);
    }
}

#[test]
fn a_newer_schema_that_only_the_log_knows_is_refused_too() {
    let fixture = Fixture::with_headers(3);
    let (directory, paths, settings) = fixture.end();
    let path = paths.cache.join("cache.db");
    let crashed = directory.path().join("crashed");
    {
        let db = rusqlite::Connection::open(&path).unwrap();
        db.pragma_update(None, "user_version", 99).unwrap();
        crate::support::copy(&paths.cache, &crashed);
    }
    fs::remove_dir_all(&paths.cache).unwrap();
    crate::support::copy(&crashed, &paths.cache);
    let before = fs::read(&path).unwrap();
    assert!(matches!(
        open(&paths, &settings).err(),
        Some(StoreError::Newer { found: 99, .. })
    ));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_damaged_state_is_never_replaced() {
    for damage in [0_usize, 1, 2] {
        let fixture = Fixture::with_headers(3);
        let (directory, paths, settings) = fixture.end();
        let path = paths.data.join("state.db");
        let mut bytes = fs::read(&path).unwrap();
        match damage {
            0 => bytes.clear(),
            1 => bytes.truncate(bytes.len() / 2),
            _ => bytes
                .iter_mut()
                .skip(4_096)
                .take(9_000)
                .for_each(|byte| *byte = 0xa5),
        }
        fs::write(&path, &bytes).unwrap();
        let error = open(&paths, &settings).err().expect("refused");
        assert!(
            matches!(error, StoreError::StateDamaged { .. }),
            "{error:?}"
        );
        assert_eq!(fs::read(&path).unwrap(), bytes);
        drop(directory);
    }
}

#[test]
fn a_cache_of_another_state_is_not_believed() {
    let fixture = Fixture::with_headers(3);
    let first = fixture.message(1);
    let fixture = fixture.reopen(|paths| {
        for suffix in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(paths.data.join(format!("state.db{suffix}")));
        }
    });
    assert!(fixture.reader().folders().unwrap().is_empty());
    assert_eq!(fixture.reader().header_block(first).unwrap(), None);
}

#[test]
fn a_cache_in_use_is_not_replaced_under_another_process() {
    let fixture = Fixture::with_headers(3);
    fs::write(fixture.paths.cache.join("cache.db.is-damaged"), "").unwrap();
    let error = open(&fixture.paths, &fixture.settings)
        .err()
        .expect("refused");
    assert!(error.to_string().contains("another Sterna"), "{error:?}");
    fixture.record(vec![fixture.target(1)], SystemFlag::Seen, true);
    let fixture = fixture.crash_and_open();
    assert!(
        fixture.reader().folders().unwrap().is_empty(),
        "replaced once nobody used it"
    );
}

#[test]
fn a_second_store_sees_what_the_first_wrote_and_goes_on_seeing_it() {
    let fixture = Fixture::with_headers(3);
    fixture.record(vec![fixture.target(2)], SystemFlag::Flagged, true);
    let body = StoredBody::Whole(vec![b'x'; 100_000]);
    fixture.writer().body(fixture.message(1), body.clone());
    fixture.writer().flush().unwrap();
    let (second, _events) = open(&fixture.paths, &fixture.settings).unwrap();
    let mut reader = second.reader().unwrap();
    let rows = |reader: &mut sterna::store::reader::Reader| {
        let window = reader.window(&fixture.query("", Anchor::Newest, 50));
        window.unwrap().rows
    };
    let here = rows(&mut fixture.reader());
    assert_eq!(here.len(), 3);
    assert_eq!(rows(&mut reader), here);
    assert_eq!(
        reader.folders().unwrap(),
        fixture.reader().folders().unwrap()
    );
    assert_eq!(reader.body(fixture.message(1)).unwrap(), Some(body));
    assert_eq!(reader.n_pending(None).unwrap(), 1);
    // What comes later is seen through the same reader, and what the second writes by the first.
    fixture.insert(vec![crate::support::header(4)]);
    assert_eq!(rows(&mut reader).len(), 4);
    let writer = second.writer();
    let uids = sterna::mail::uid_set::UidSet::from_range(1, 1);
    writer.vanished(fixture.inbox, crate::support::validity(1), uids);
    writer.flush().unwrap();
    assert_eq!(rows(&mut fixture.reader()), rows(&mut reader));
    assert_eq!(rows(&mut reader).len(), 3);
    drop(reader);
    second.close();
}
