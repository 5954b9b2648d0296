//! A store that works while its disk fills up and is freed again, at random.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sterna::channel::error::StoreError;
use sterna::channel::operation::{Action, Change, OperationId, Outcome, Ticket};
use sterna::mail::flag::SystemFlag;
use sterna::store::bodies::StoredBody;

use crate::random::Random;
use crate::support::{Fixture, GUARD, header, selected, validity};

const SEEDS: &str = "STERNA_TEST_SEEDS";
const SMALL_DISK: &str = "STERNA_SMALL_DISK";

/// The way in which writing is made to fail.
enum Disk {
    /// Files may not grow beyond a limit.
    Limit,
    /// A real disk, filled by a file.
    Small(PathBuf),
}

impl Disk {
    fn new() -> Self {
        std::env::var_os(SMALL_DISK).map_or(Self::Limit, |path| Self::Small(path.into()))
    }

    fn squeeze(&self, random: &mut Random) {
        match self {
            Self::Limit => limit(Some(random.between(1, 600) * 1_024)),
            Self::Small(directory) => {
                let mut filler = File::create(directory.join("filler")).unwrap();
                while filler.write_all(&[7; 4_096]).is_ok() {}
                // A little may fit.
                let length = filler.metadata().unwrap().len();
                let _ = filler.set_len(length.saturating_sub(random.between(0, 40) * 4_096));
            }
        }
    }

    fn release(&self) {
        match self {
            Self::Limit => limit(None),
            Self::Small(directory) => {
                let _ = fs::remove_file(directory.join("filler"));
            }
        }
    }
}

fn limit(bytes: Option<u64>) {
    let now = getrlimit(Resource::Fsize);
    let limit = Rlimit {
        current: bytes,
        maximum: now.maximum,
    };
    setrlimit(Resource::Fsize, limit).unwrap();
}

fn body(uid: u32, size: usize) -> Vec<u8> {
    format!(
        "body of {uid}, incompressible {:x} ",
        u64::from(uid).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    )
    .into_bytes()
    .into_iter()
    .cycle()
    .take(size)
    .collect()
}

fn is_about_the_disk(error: &StoreError) -> bool {
    matches!(error, StoreError::Full { .. } | StoreError::Io { .. })
}

/// What is known to be acknowledged.
#[derive(Default)]
struct Acknowledged {
    open: BTreeMap<OperationId, u32>,
    bodies: BTreeMap<u32, usize>,
    n_refused: usize,
    n_full: usize,
}

impl Acknowledged {
    fn refused(&mut self, error: &StoreError, case: &str) {
        assert!(is_about_the_disk(error), "{case}: {error:?}");
        self.n_refused += 1;
        self.n_full += usize::from(matches!(error, StoreError::Full { .. }));
    }
}

fn step(
    fixture: &Fixture,
    disk: &Disk,
    random: &mut Random,
    known: &mut Acknowledged,
    n: &mut u32,
    case: &str,
) {
    let uid = u32::try_from(random.between(1, 50)).unwrap();
    match random.below(9) {
        0 | 1 => disk.squeeze(random),
        2 => disk.release(),
        3 | 4 => {
            let change = Change::Flag {
                flag: SystemFlag::Flagged,
                on: true,
            };
            let (ticket, account) = (Ticket(1), fixture.account);
            let targets = vec![fixture.target(uid)];
            let action = Action::new(ticket, account, change, targets);
            match fixture.writer().record_now(action) {
                Ok(recorded) => drop(known.open.insert(recorded.operations[0], uid)),
                Err(error) => known.refused(&error, case),
            }
        }
        5 => {
            if let Some((id, uid)) = known.open.iter().next().map(|(id, uid)| (*id, *uid)) {
                match fixture
                    .writer()
                    .close(id, vec![(fixture.target(uid), Outcome::Done(None))])
                {
                    Ok(()) => drop(known.open.remove(&id)),
                    Err(error) => known.refused(&error, case),
                }
            }
        }
        6 => {
            *n += 1;
            fixture.writer().headers(
                fixture.inbox,
                validity(1),
                vec![header(*n)],
                std::iter::once(header(*n).uid).collect(),
            );
        }
        _ => {
            let size = if random.below(2) == 0 { 9_000 } else { 90_000 };
            let writer = fixture.writer();
            writer.body(fixture.message(uid), StoredBody::Whole(body(uid, size)));
            match writer.flush() {
                Ok(()) => drop(known.bodies.insert(uid, size)),
                Err(error) => {
                    known.refused(&error, case);
                    known.bodies.remove(&uid); // One of the two is there, or none.
                }
            }
        }
    }
}

/// Everything that was acknowledged is there.
fn assert_kept(fixture: &Fixture, known: &Acknowledged, case: &str) {
    let mut reader = fixture.reader();
    let n_open = known.open.len() as u64;
    assert_eq!(reader.n_pending(None).unwrap(), n_open, "{case}");
    for (uid, size) in &known.bodies {
        let found = reader.body(fixture.message(*uid)).unwrap();
        assert!(
            found == Some(StoredBody::Whole(body(*uid, *size))),
            "{case}: the body of {uid}"
        );
    }
}

fn one(seed: u64, disk: &Disk) -> Acknowledged {
    let case = format!("seed {seed}");
    let mut random = Random::new(seed);
    let mut fixture = Fixture::with_headers(50);
    let mut known = Acknowledged::default();
    let mut n = 50;
    for _ in 0..80 {
        step(&fixture, disk, &mut random, &mut known, &mut n, &case);
    }
    disk.release();
    // The same store goes on, without being opened again.
    let last = fixture.record(vec![fixture.target(1)], SystemFlag::Answered, true);
    known.open.insert(last, 1);
    fixture
        .writer()
        .selected(fixture.inbox, selected(1, n))
        .unwrap();
    fixture.insert((1..=n).map(header).collect());
    assert_kept(&fixture, &known, &case);
    let is_projected = |fixture: &Fixture| {
        let is_flagged = |uid: &u32| fixture.row(*uid).flags.has(SystemFlag::Flagged);
        fixture.row(1).flags.has(SystemFlag::Answered)
            && known
                .open
                .iter()
                .filter(|(id, _)| **id != last)
                .all(|(_, uid)| is_flagged(uid))
    };
    while !is_projected(&fixture) {
        // What could not be projected when it was recorded follows by itself.
        let event = fixture.events.recv_timeout(GUARD);
        event.unwrap_or_else(|_| panic!("{case}: an operation was never shown"));
    }
    fixture = fixture.crash_and_open();
    assert_kept(&fixture, &known, &case);
    assert!(is_projected(&fixture), "{case}: after the next start");
    assert_eq!(
        fixture.store.replaced(),
        None,
        "{case}: the cache was thrown away"
    );
    known
}

/// The child: fills its own disk, unless the test below did not start it.
#[test]
fn a_store_in_a_child() {
    let Some(seeds) = std::env::var_os(SEEDS) else {
        return;
    };
    let seeds: u64 = seeds.to_str().unwrap().parse().unwrap();
    let disk = Disk::new();
    let (mut n_refused, mut n_full) = (0, 0);
    for seed in 0..seeds {
        let known = one(seed, &disk);
        n_refused += known.n_refused;
        n_full += known.n_full;
    }
    assert!(n_refused > 0, "nothing was ever refused");
    assert!(
        matches!(disk, Disk::Limit) || n_full > 0,
        "nobody said that the disk is full"
    );
    eprintln!("{seeds} disks: {n_refused} refused, {n_full} as full");
}

#[test]
fn what_was_acknowledged_outlives_a_full_disk_and_everything_goes_on_by_itself() {
    if std::env::var_os(SEEDS).is_some() {
        return;
    }
    let seeds = std::env::var("STERNA_FULL_DISKS").unwrap_or_else(|_| "20".to_owned());
    // A write beyond the limit is to fail, not to end the process.
    let mut child = Command::new("sh");
    child.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]);
    child.arg(std::env::current_exe().unwrap());
    child.args(["--exact", "full::a_store_in_a_child", "--nocapture"]);
    child.env(SEEDS, seeds);
    if let Some(directory) = std::env::var_os(SMALL_DISK) {
        child.env("TMPDIR", directory);
    }
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    eprintln!("{said}");
}
