//! `tests/run` asks before it installs anything: run with a `PATH` of stand-ins that write down what they are told.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    missing_docs
)]

#[path = "support/pty.rs"]
mod pty;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use portable_pty::CommandBuilder;

use pty::Pty;

/// What the script may use as it is.
const REAL: [&str; 9] = [
    "bash", "cat", "chmod", "dirname", "env", "mkdir", "rm", "sed", "head",
];
/// What is not there and would be installed.
const MISSING: &str = "make";

/// A directory that is the whole `PATH`.
struct Bench(tempfile::TempDir);

impl Bench {
    /// Everything is there but `make`, and an ordinary user sits before it.
    fn new() -> Self {
        let bench = Self(tempfile::tempdir().unwrap());
        for name in REAL {
            symlink(real(name), bench.path(name)).unwrap();
        }
        bench.stand_in("cargo", "");
        bench.stand_in("cc", "cat > /dev/null");
        bench.stand_in("perl", "");
        bench.stand_in("id", "echo 1000");
        // Nothing of this machine is touched: only the stand-in for apt-get is run.
        bench.stand_in(
            "sudo",
            "case $1 in apt-get | env) exec \"$@\" ;; tee) cat > /dev/null ;; esac",
        );
        let install = format!(
            "case \" $* \" in *\" install \"*) ln=$(dirname \"$0\"); cat \"$ln/perl\" > \"$ln/{MISSING}\"; chmod 755 \"$ln/{MISSING}\" ;; esac"
        );
        bench.stand_in("apt-get", &install);
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn stand_in(&self, name: &str, deed: &str) {
        let log = self.path("log");
        let script = format!(
            "#!/usr/bin/env bash\necho \"${{0##*/}} $*\" >> '{}'\n{deed}\n",
            log.display()
        );
        fs::write(self.path(name), script).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn says(&self, word: &str) -> bool {
        let log = fs::read_to_string(self.path("log")).unwrap();
        log.lines().any(|line| line.starts_with(word))
    }

    /// Without a terminal: the exit code and everything that was said.
    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> (i32, String) {
        let output = Command::new(self.path("bash"))
            .arg(script())
            .args(arguments)
            .env_clear()
            .env("PATH", self.0.path())
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        (output.status.code().unwrap(), said)
    }

    /// On a terminal, with an answer to the question; the exit code.
    fn answer(&self, answer: &str) -> u32 {
        let mut command = CommandBuilder::new(self.path("bash"));
        command.arg(script());
        command.arg("--no-live");
        command.env_clear();
        command.env("PATH", self.0.path());
        let mut terminal = Pty::spawn(command, 120, 40);
        terminal.wait_for("Install now? [y/N]");
        terminal.keys(answer);
        terminal.wait_for_end().exit_code()
    }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/run")
}

fn real(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    let mut places = std::env::split_paths(&path).map(|place| place.join(name));
    let found = places.find(|place| place.is_file());
    found.unwrap_or_else(|| panic!("{name} is not on the PATH"))
}

#[test]
fn nobody_there_to_be_asked_means_no() {
    let bench = Bench::new();
    let (code, said) = bench.run(&["--no-live"], &[]);
    assert_eq!(code, 69, "{said}");
    assert!(said.contains("not installed, nothing was run"), "{said}");
    assert!(said.contains("make: OpenSSL's build"), "{said}");
    assert!(said.contains("apt-get install"), "it says how: {said}");
    assert!(!bench.says("apt-get") && !bench.says("sudo") && !bench.says("cargo test"));
}

#[test]
fn what_was_agreed_to_is_installed_and_the_tests_are_run() {
    for is_ci in [false, true] {
        let bench = Bench::new();
        let (code, said) = if is_ci {
            bench.run(&["--no-live"], &[("CI", "true")])
        } else {
            bench.run(&["--yes", "--no-live"], &[])
        };
        assert_eq!(code, 0, "{said}");
        assert!(!said.contains("Install now?"), "{said}");
        let installs = "sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y";
        assert!(bench.says(installs) && bench.says("cargo test"), "{said}");
    }
}

#[test]
fn a_person_is_asked_and_heard() {
    for (answer, code) in [("n\r", 69), ("\r", 69), ("y\r", 0), ("Y\r", 0)] {
        let bench = Bench::new();
        assert_eq!(bench.answer(answer), code, "{answer:?}");
        let is_done = bench.says("sudo env") && bench.says("cargo test");
        assert_eq!(is_done, code == 0, "{answer:?}");
    }
}

#[test]
fn nothing_is_asked_where_nothing_is_missing() {
    let bench = Bench::new();
    bench.stand_in(MISSING, "");
    let (code, said) = bench.run(&["--no-live"], &[]);
    assert_eq!(code, 0, "{said}");
    assert!(
        !said.contains("missing") && bench.says("cargo test"),
        "{said}"
    );
    let (code, said) = bench.run(&["--nolive"], &[]);
    assert_eq!(code, 64, "{said}");
}
