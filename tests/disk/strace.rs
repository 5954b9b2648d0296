//! The k-th write, flush or rename of a command fails, for every k: nothing that was acknowledged is lost. Needs `strace`;
//! `tests/long` says so where it may not be used. Built with the feature `failpoints` only, as it takes minutes.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::rig::Rig;
use crate::shell::{code, errors};
use crate::support::copy;

const CALLS: [&str; 6] = [
    "fdatasync",
    "fsync",
    "pwrite64",
    "write",
    "rename",
    "ftruncate",
];

/// Runs the program while the k-th call of each of its threads fails; whether one did.
fn with_failing(rig: &Rig, call: &str, k: u32, line: &str) -> (Output, bool) {
    let log = rig.home.path().join("strace.log");
    let output = Command::new("strace")
        .args(["-f", "-qq", "-o"])
        .arg(&log)
        .arg(format!("--trace={call}"))
        .arg(format!("--inject={call}:error=EIO:when={k}"))
        .arg(env!("CARGO_BIN_EXE_sterna"))
        .args(line.split(' '))
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", rig.home.path())
        .env("XDG_RUNTIME_DIR", rig.home.path().join("runtime"))
        .output()
        .unwrap();
    let has_failed = fs::read_to_string(&log).unwrap().contains("(INJECTED)");
    fs::remove_file(log).unwrap();
    (output, has_failed)
}

fn restore(rig: &Rig, whole: &Path) {
    for directory in [".local/share/sterna", ".cache/sterna"] {
        let there = rig.home.path().join(directory);
        let _ = fs::remove_dir_all(&there);
        copy(&whole.join(directory), &there);
    }
}

fn keep(rig: &Rig, whole: &Path) {
    for directory in [".local/share/sterna", ".cache/sterna"] {
        copy(&rig.home.path().join(directory), &whole.join(directory));
    }
}

#[test]
fn nothing_that_was_acknowledged_is_lost_whatever_write_fails() {
    let rig = Rig::new("all");
    rig.deliver("Lunch");
    rig.deliver_large();
    rig.json("sync --json");
    let id = rig.ids("list --json").remove(0);
    let whole = rig.home.path().join("whole");
    keep(&rig, &whole);
    let (mut n, mut n_acknowledged) = (0, 0);
    for call in CALLS {
        for k in 1.. {
            restore(&rig, &whole);
            let (output, has_failed) =
                with_failing(&rig, call, k, &format!("--offline flag {id} +seen --json"));
            if !has_failed {
                break;
            }
            n += 1;
            let case = format!("{call} {k}");
            assert!(
                !errors(&output).contains("panicked"),
                "{case}: {}",
                errors(&output)
            );
            // A full output is no answer: only what was printed counts as acknowledged.
            let is_acknowledged = output.status.success();
            n_acknowledged += u32::from(is_acknowledged);
            let pending = rig.sterna("--offline pending --json");
            assert_eq!(code(&pending), 0, "{case}: {}", errors(&pending));
            let rows: serde_json::Value = serde_json::from_slice(&pending.stdout).unwrap();
            let n_pending = rows.as_array().unwrap().len();
            assert!(
                n_pending == 1 || (n_pending == 0 && !is_acknowledged),
                "{case}: {rows}"
            );
        }
    }
    eprintln!("{n} failures, {n_acknowledged} acknowledged all the same, none lost");
    assert!(n > 20, "only {n} calls");
}

#[test]
fn a_sync_over_failing_writes_is_completed_by_the_next_one() {
    let rig = Rig::new("all");
    rig.deliver("Lunch");
    rig.deliver_large();
    rig.json("folders --json");
    let whole = rig.home.path().join("whole");
    keep(&rig, &whole);
    rig.json("sync --json");
    let expected = rig.json("--offline list --json");
    let mut n = 0;
    for call in CALLS {
        for k in 1.. {
            restore(&rig, &whole);
            let (output, has_failed) = with_failing(&rig, call, k, "sync --json");
            if !has_failed {
                break;
            }
            n += 1;
            assert!(
                !errors(&output).contains("panicked"),
                "{call} {k}: {}",
                errors(&output)
            );
            let again = rig.sterna("sync --json");
            assert_eq!(code(&again), 0, "{call} {k}: {}", errors(&again));
            assert_eq!(rig.json("--offline list --json"), expected, "{call} {k}");
        }
    }
    eprintln!("{n} failures, all caught up");
    assert!(n > 20, "only {n} calls");
}
