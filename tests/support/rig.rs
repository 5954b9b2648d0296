//! An account of its own on an embedded server, and the program run as from a shell.

use std::fs;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::demo::server::{Options, Server};
use sterna::mail::flag::SystemFlag;

use crate::pty::Pty;
use crate::shell;

/// Nothing waited for here takes a hundredth of it on an idle machine.
const GUARD: Duration = Duration::from_mins(2);

/// A home directory with a configuration, and the server that it names.
pub struct Rig {
    pub home: tempfile::TempDir,
    pub server: Server,
}

impl Rig {
    pub fn new(keeps: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let server = Server::start(Options::default()).unwrap();
        let rig = Self { home, server };
        rig.configure(keeps, "demo");
        rig
    }

    pub fn configure(&self, keeps: &str, password: &str) {
        self.configure_port(keeps, password, self.server.imap_addr().port());
    }

    /// The same with the server behind another port.
    pub fn configure_port(&self, keeps: &str, password: &str, port: u16) {
        let account = shell::account(password, port);
        shell::configure(
            self.home.path(),
            &format!("{account}offline = \"{keeps}\"\n"),
        );
    }

    /// Adds lines about the screen to the configuration.
    pub fn configure_ui(&self, lines: &str) {
        let file = shell::config_file(self.home.path());
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, format!("{text}\n[ui]\n{lines}\n")).unwrap();
    }

    pub fn deliver(&self, subject: &str) -> u32 {
        let raw = format!(
            "From: Anna <anna@example.org>\r\nTo: demo@example.org\r\nSubject: {subject}\r\n\
             Date: Tue, 3 Mar 2026 10:00:00 +0000\r\n\r\nThe text of {subject}.\r\n"
        );
        self.server
            .deliver("INBOX", raw.as_bytes(), &[], 1_772_532_000)
    }

    /// A message too large to be fetched whole by itself.
    pub fn deliver_large(&self) -> (u32, String) {
        let attachment = "0123456789abcdef\r\n".repeat(30_000);
        let raw = format!(
            "From: anna@example.org\r\nSubject: Large\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n\
             --b\r\nContent-Type: application/octet-stream; name=data.bin\r\n\
             Content-Disposition: attachment\r\n\r\n{attachment}\r\n--b--\r\n"
        );
        let uid = self
            .server
            .deliver("INBOX", raw.as_bytes(), &[], 1_772_532_000);
        (uid, attachment)
    }

    pub fn sterna(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    pub fn command(&self, line: &str) -> Command {
        shell::sterna(self.home.path(), line.split(' '))
    }

    pub fn json(&self, line: &str) -> Value {
        shell::json(&self.sterna(line))
    }

    pub fn ids(&self, line: &str) -> Vec<String> {
        let rows = self.json(line);
        let id = |row: &Value| row["id"].as_str().unwrap().to_owned();
        rows.as_array().unwrap().iter().map(id).collect()
    }

    pub fn id_of(&self, uid: u32) -> String {
        let first = self.ids("list --json --limit 1").remove(0);
        let (place, _) = first.rsplit_once('.').unwrap();
        format!("{place}.{uid}")
    }

    pub fn lose_cache(&self) {
        fs::remove_dir_all(self.home.path().join(".cache/sterna")).unwrap();
    }

    pub fn is_seen(&self, uid: u32) -> bool {
        let truth = self.server.truth("INBOX");
        let found = truth.iter().find(|message| message.uid == uid).unwrap();
        found.flags.has(SystemFlag::Seen)
    }

    pub fn screen(&self) -> Pty {
        fs::create_dir_all(self.home.path().join("runtime")).unwrap();
        let screen = Pty::sterna(&[], self.home.path(), 120, 36);
        screen.wait_for("online");
        screen
    }

    /// The row of `status`, once it is as wanted.
    pub fn status_when(&self, is_so: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + GUARD;
        loop {
            let row = self.json("status --json")[0].clone();
            if is_so(&row) {
                return row;
            }
            assert!(Instant::now() < until, "{row}");
        }
    }
}

pub fn refuse(command: &str) -> FaultPlan {
    FaultPlan::new(vec![Fault::always(FaultKind::Refuse {
        command: command.to_owned(),
        answer: "NO not today".to_owned(),
    })])
}
