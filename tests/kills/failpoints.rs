//! The program ends at every pass of every named point, in many scenarios: run again, it comes to the same end, and a
//! third run changes nothing. Built with the feature `failpoints` only.

#![cfg(feature = "failpoints")]

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::store::failpoint;
use tempfile::TempDir;

use crate::place::{Place, deliver, directory};
use crate::shell;

/// What the program does again and again, each time from the same beginning.
struct Scenario {
    name: &'static str,
    place: Place,
    /// The home directory as it is before.
    base: TempDir,
    /// Commands of the program; `HOME` stands for the home directory.
    lines: Vec<String>,
    /// The message whose text is compared, by its place in the list.
    shown: usize,
}

impl Scenario {
    /// A mailbox that the program has never seen.
    fn unknown(name: &'static str, dialect: Dialect, keeps: &str) -> Self {
        let place = Place::with(dialect, 20);
        let base = directory();
        configure(&place, base.path(), keeps);
        Self {
            name,
            place,
            base,
            lines: vec!["sync".to_owned()],
            shown: 0,
        }
    }

    /// One that it knows.
    fn known(name: &'static str, dialect: Dialect, keeps: &str) -> Self {
        let scenario = Self::unknown(name, dialect, keeps);
        scenario.run("sync");
        scenario
    }

    /// Runs a command before the beginning.
    fn run(&self, line: &str) {
        let output = sterna(self.base.path(), line, None);
        assert!(output.status.success(), "{line}: {output:?}");
    }

    /// Changes the server, behind the program's back.
    fn there(self, change: impl FnOnce(&Place)) -> Self {
        change(&self.place);
        self
    }

    /// With these commands; `#n` stands for the n-th message of the list, from 0 on.
    fn with(mut self, lines: &[&str]) -> Self {
        let ids = ids(self.base.path());
        let named = |word: &str| match word.strip_prefix('#') {
            Some(at) => ids[at.parse::<usize>().unwrap()].clone(),
            None => word.to_owned(),
        };
        let line = |line: &&str| line.split(' ').map(named).collect::<Vec<_>>().join(" ");
        self.lines = lines.iter().map(line).collect();
        self
    }

    const fn showing(mut self, at: usize) -> Self {
        self.shown = at;
        self
    }

    /// Ends it at every pass of every point; gives how many ends there were.
    fn at_every_step(&self) -> u32 {
        let whole = copied(self.base.path());
        self.carry_out(whole.path(), None);
        sterna(whole.path(), "sync", None);
        let expected = self.seen(whole.path());
        let mut n_ends = 0;
        for point in failpoint::NAMES {
            for pass in 1.. {
                let home = copied(self.base.path());
                let wanted = format!("{point}:{pass}");
                if !self
                    .carry_out(home.path(), Some(&wanted))
                    .contains(&Some(100))
                {
                    break; // Passed less often than that.
                }
                n_ends += 1;
                let what = format!("{}, {wanted}", self.name);
                // What is to be changed may be gone by now, which is an answer too.
                let codes = self.carry_out(home.path(), None);
                assert!(
                    codes
                        .iter()
                        .all(|code| (*code).is_some_and(|code| code < 100)),
                    "{what}: {codes:?}"
                );
                sterna(home.path(), "sync", None);
                assert_eq!(self.seen(home.path()), expected, "{what}");
                self.place.server.clear_log();
                sterna(home.path(), "sync", None);
                assert_eq!(self.seen(home.path()), expected, "{what}: once more");
                assert_eq!(self.place.n_commands("UID STORE"), 0, "{what}");
            }
        }
        eprintln!("{}: ended at {n_ends} steps", self.name);
        n_ends
    }

    /// Runs the commands; gives their exit codes.
    fn carry_out(&self, home: &Path, point: Option<&str>) -> Vec<Option<i32>> {
        let lines = self.lines.iter();
        lines
            .map(|line| {
                let line = line.replace("HOME", home.to_str().unwrap());
                sterna(home, &line, point).status.code()
            })
            .collect()
    }

    /// What a user sees without a connection: folders, rows, a text, a saved file, what is pending.
    fn seen(&self, home: &Path) -> String {
        let mut all = Vec::new();
        for folder in json(home, "--offline folders --json") {
            let name = folder["name"].as_str().unwrap().to_owned();
            all.push(format!("{name}: {} {}", folder["total"], folder["unread"]));
            for mut row in json(
                home,
                &format!("--offline list --limit 1000 --json --folder {name}"),
            ) {
                // Numbers of our own, given out in blocks: which ones a crash leaves out says nothing.
                row.as_object_mut().unwrap().remove("thread_id");
                all.push(row.to_string());
            }
        }
        if let Some(id) = ids(home).get(self.shown) {
            let output = sterna(home, &format!("--offline show {id}"), None);
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            all.push(format!("{:?} {text}", output.status.code()));
        }
        let saved = fs::read_dir(home.join("saved")).into_iter().flatten();
        let longest = saved.map(|entry| fs::read(entry.unwrap().path()).unwrap());
        all.extend(
            longest
                .max_by_key(Vec::len)
                .map(|bytes| bytes.escape_ascii().to_string()),
        );
        all.push(json(home, "--offline status --json")[0]["pending"].to_string());
        all.join("\n")
    }
}

/// A home with a configuration for the place's server.
fn configure(place: &Place, home: &Path, keeps: &str) {
    fs::create_dir_all(home.join("saved")).unwrap();
    let account = shell::account("demo", place.server.imap_addr().port());
    shell::configure(home, &format!("{account}offline = \"{keeps}\"\n"));
}

fn sterna(home: &Path, line: &str, point: Option<&str>) -> Output {
    let mut command = shell::sterna(home, line.split(' '));
    if let Some(point) = point {
        command.env("STERNA_FAILPOINT", point);
    }
    command.output().unwrap()
}

fn json(home: &Path, line: &str) -> Vec<Value> {
    let printed = shell::done(&sterna(home, line, None));
    serde_json::from_str(&printed).unwrap()
}

/// The public IDs of the messages in INBOX, the newest first.
fn ids(home: &Path) -> Vec<String> {
    if !home.join(".cache/sterna").exists() {
        return Vec::new();
    }
    let rows = json(home, "--offline list --limit 1000 --json");
    let id = |row: &Value| row["id"].as_str().unwrap().to_owned();
    rows.iter().map(id).collect()
}

fn copied(from: &Path) -> TempDir {
    let to = directory();
    copy(from, to.path());
    to
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => copy(&entry.path(), &target),
            kind if kind.is_file() => _ = fs::copy(entry.path(), target).unwrap(),
            _ => {}
        }
    }
}

fn all_steps(scenarios: &[Scenario]) {
    for scenario in scenarios {
        assert!(scenario.at_every_step() > 0, "{}", scenario.name);
    }
}

/// What other clients do.
fn rival(place: &Place) {
    place.server.expunge("INBOX", &[3, 9]);
    place.server.set_flags("INBOX", 12, &["\\Flagged", "$Work"]);
    deliver(&place.server, "INBOX", 500, &[]);
}

/// A message of which parts are fetched, not the whole.
fn large(place: &Place) {
    let lines = "0123456789abcdef\r\n".repeat(30_000);
    let raw = format!(
        "From: anna@example.org\r\nSubject: Large\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n\
         --b\r\nContent-Type: application/octet-stream; name=data.bin\r\n\
         Content-Disposition: attachment\r\n\r\n{lines}\r\n--b--\r\n"
    );
    place
        .server
        .deliver("INBOX", raw.as_bytes(), &[], 1_790_000_000);
}

fn folders(place: &Place) {
    for (number, name) in (600..).zip(["Archive", "Lists/rust", "Lists/go"]) {
        deliver(&place.server, name, number, &[]);
        deliver(&place.server, name, 10 + number, &["\\Seen"]);
    }
}

#[test]
fn a_first_sync_that_ends_at_any_step_comes_to_the_same_end() {
    let of = Scenario::unknown;
    all_steps(&[
        of("first sync", Dialect::full(), "headers"),
        of(
            "first sync, CONDSTORE",
            Dialect::condstore_only(),
            "headers",
        ),
        of("first sync, no extensions", Dialect::bare(), "headers"),
        of("first sync with bodies", Dialect::full(), "all"),
        of("first sync of folders", Dialect::full(), "headers").there(folders),
    ]);
}

#[test]
fn a_resync_that_ends_at_any_step_comes_to_the_same_end() {
    let of = |name, dialect| Scenario::known(name, dialect, "headers");
    all_steps(&[
        of("resync", Dialect::full()).there(rival),
        of("resync, CONDSTORE", Dialect::condstore_only()).there(rival),
        of("resync, no extensions", Dialect::bare()).there(rival),
        Scenario::known("resync with bodies", Dialect::full(), "all").there(rival),
        of("another UIDVALIDITY", Dialect::full()).there(|place| {
            place.server.change_uid_validity("INBOX");
        }),
        of("mod-sequences that went back", Dialect::full()).there(|place| {
            rival(place);
            place.server.set_mod_seq("INBOX", 1);
        }),
        of("expunges that the server forgot", Dialect::full()).there(|place| {
            rival(place);
            place.server.forget_expunges("INBOX");
        }),
        of("everything expunged", Dialect::full()).there(|place| {
            place.server.expunge("INBOX", &(1..=20).collect::<Vec<_>>());
        }),
        {
            let known = of("folders that come and go", Dialect::full()).there(folders);
            known.run("sync");
            known.there(|place| {
                place.server.delete_mailbox("Archive");
                place.server.rename_mailbox("Lists/rust", "Lists/zig");
                deliver(&place.server, "Fresh", 700, &[]);
            })
        },
    ]);
}

#[test]
fn a_reading_that_ends_at_any_step_comes_to_the_same_end() {
    let of = |name| Scenario::known(name, Dialect::full(), "headers");
    let with_large = |name, dialect| {
        let unknown = Scenario::unknown(name, dialect, "headers").there(large);
        unknown.run("sync");
        unknown
    };
    all_steps(&[
        of("show").with(&["show #3"]).showing(3),
        with_large("show a large one", Dialect::full()).with(&["show #0"]),
        with_large("save", Dialect::full()).with(&["save #0 --to HOME/saved"]),
        {
            let mut lost = of("show after the cache was lost")
                .with(&["show #3"])
                .showing(3);
            fs::remove_dir_all(lost.base.path().join(".cache/sterna")).unwrap();
            lost.lines.push("sync".to_owned());
            lost
        },
    ]);
}

#[test]
fn a_change_that_ends_at_any_step_comes_to_the_same_end() {
    let of = |name| Scenario::known(name, Dialect::full(), "headers");
    let later = ["--offline flag #4 +seen", "sync"];
    all_steps(&[
        of("flag").with(&["flag #0 +seen"]),
        of("flags of two").with(&["flag #1 #2 +seen"]),
        of("flag offline, then sync").with(&later),
        Scenario::known(
            "flag offline, then sync, no extensions",
            Dialect::bare(),
            "headers",
        )
        .with(&later),
        of("flag and take back").with(&[
            "--offline flag #4 #5 +seen",
            "--offline flag #4 -seen",
            "sync",
        ]),
        of("flag a message that went").with(&later).there(|place| {
            place.server.expunge("INBOX", &[16]);
        }),
        of("flag what another client flagged")
            .with(&later)
            .there(|place| {
                place.server.set_flags("INBOX", 16, &["\\Flagged", "$Work"]);
            }),
        of("flag refused").with(&["flag #4 +seen"]).there(|place| {
            place.fault(Fault::always(FaultKind::Refuse {
                command: "UID STORE".to_owned(),
                answer: "NO not this one".to_owned(),
            }));
        }),
        {
            let lost = of("flag offline, then the cache is lost").with(&["sync"]);
            let id = ids(lost.base.path()).remove(4);
            lost.run(&format!("--offline flag {id} +seen"));
            fs::remove_dir_all(lost.base.path().join(".cache/sterna")).unwrap();
            lost
        },
    ]);
}
