//! A home directory with an account, the embedded server behind a front, and the program run as from a shell.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sterna::demo::server::{Options, Server};

use crate::certificates::{AUTHORITY, GOOD, Identity, key, self_signed};
use crate::pty::Pty;
use crate::shell;
use crate::tls_front::{Before, Front};

/// An authority, and a good certificate of its.
pub fn authority() -> (Identity, Identity) {
    let authority = self_signed(AUTHORITY, &key());
    let good = authority.issue(GOOD);
    (authority, good)
}

pub struct Home {
    pub directory: tempfile::TempDir,
    pub server: Server,
}

impl Home {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let server = Server::start(Options::default()).unwrap();
        fs::create_dir_all(directory.path().join("runtime")).unwrap();
        Self { directory, server }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn front(&self, identity: &Identity, before: Before) -> Front {
        Front::start(self.server.imap_addr(), identity, before)
    }

    /// The account: its secret, its server, its authority.
    pub fn configure(
        &self,
        secret: &str,
        host: &str,
        port: u16,
        security: &str,
        root: Option<&Identity>,
    ) {
        let ca = self.path().join("ca.pem");
        let ca_file = root.map_or_else(String::new, |root| {
            fs::write(&ca, root.pem()).unwrap();
            format!("ca-file = \"{}\"\n", ca.display())
        });
        let text = format!(
            "[accounts.work]\nemail = \"anna@example.org\"\nuser = \"demo\"\n{secret}\n{ca_file}\
             imap = {{ host = \"{host}\", port = {port}, security = \"{security}\" }}\noffline = \"headers\"\n"
        );
        shell::configure(self.path(), &text);
    }

    /// The usual account behind a front.
    pub fn behind(&self, front: &Front, security: &str, root: Option<&Identity>) {
        self.configure(
            "password-plaintext = \"demo\"",
            "localhost",
            front.port,
            security,
            root,
        );
    }

    fn command(&self, line: &str) -> Command {
        let mut command = shell::sterna(self.path(), line.split(' '));
        command
            .env("PATH", "/usr/bin:/bin")
            .env("STERNA_LOG", "trace");
        command
    }

    pub fn run(&self, line: &str) -> Run {
        Run::of(&self.command(line).output().unwrap())
    }

    /// With an answer to what is asked.
    pub fn answer(&self, line: &str, answer: &str) -> Run {
        Run::of(&shell::feed(
            &mut self.command(line),
            &format!("{answer}\n"),
        ))
    }

    pub fn screen(&self) -> Pty {
        Pty::sterna(&[], self.path(), 120, 36)
    }

    pub fn trusted(&self) -> PathBuf {
        self.path().join(".local/share/sterna/trusted/work")
    }

    /// Every file below that the program wrote.
    pub fn written(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut all = Vec::new();
        let mut open = vec![self.path().to_owned()];
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                let kind = fs::symlink_metadata(&path).unwrap();
                if kind.is_dir() {
                    open.push(path);
                } else if kind.is_file() {
                    let bytes = fs::read(&path).unwrap();
                    all.push((path, bytes));
                }
            }
        }
        all
    }
}

/// How a command ended, and everything that it said.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub text: String,
}

impl Run {
    fn of(output: &Output) -> Self {
        let (out, err) = (&output.stdout, &output.stderr);
        Self {
            code: output.status.code().unwrap(),
            text: String::from_utf8_lossy(&[out.as_slice(), err].concat()).into_owned(),
        }
    }

    #[track_caller]
    pub fn expect(self, code: i32, parts: &[&str]) -> Self {
        assert_eq!(self.code, code, "{}", self.text);
        for part in parts {
            assert!(self.text.contains(part), "lacks {part:?}: {}", self.text);
        }
        self
    }
}
