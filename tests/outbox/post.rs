//! An account with a submission server, and the program run as from a shell.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::demo::server::{Options, Server};
use sterna::mail::mailbox::Role;
use tempfile::TempDir;

/// Nothing waited for here takes a hundredth of it on an idle machine.
pub const GUARD: Duration = Duration::from_mins(2);

pub struct Post {
    pub home: TempDir,
    pub server: Server,
}

/// How a mail fared, as everybody sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// In the outbox.
    pub state: String,
    /// How often the server took it.
    pub n_taken: usize,
    /// How often it lies in the Sent folder.
    pub n_copies: usize,
}

pub fn seen(state: &str, n_taken: usize, n_copies: usize) -> Seen {
    Seen {
        state: state.to_owned(),
        n_taken,
        n_copies,
    }
}

impl Post {
    pub fn new() -> Self {
        Self::speaking(Dialect::full())
    }

    /// With a mailbox server of another kind.
    pub fn speaking(dialect: Dialect) -> Self {
        let options = Options {
            dialect,
            ..Options::default()
        };
        let post = Self {
            home: tempfile::tempdir().unwrap(),
            server: Server::start(options).unwrap(),
        };
        post.server.create("Sent", Some(Role::Sent));
        post.server.create("Drafts", Some(Role::Drafts));
        post.configure("");
        let synced = post.sterna("sync");
        assert_eq!(code(&synced), 0, "{}", errors(&synced));
        post
    }

    pub fn configure(&self, more: &str) {
        self.write_config(more, "");
    }

    /// With more about the submission server.
    pub fn configure_smtp(&self, more: &str) {
        self.write_config("", &format!(", {more}"));
    }

    fn write_config(&self, more: &str, smtp_more: &str) {
        let directory = self.home.path().join(".config/sterna");
        fs::create_dir_all(&directory).unwrap();
        let file = directory.join("config.toml");
        let (imap, smtp) = (
            self.server.imap_addr().port(),
            self.server.smtp_addr().port(),
        );
        let text = format!(
            "[accounts.work]\nname = \"Anna Abel\"\nemail = \"anna@example.org\"\nuser = \"demo\"\n\
             password-plaintext = \"demo\"\noffline = \"headers\"\n{more}\n\
             imap = {{ host = \"127.0.0.1\", port = {imap}, security = \"plain\" }}\n\
             smtp = {{ host = \"127.0.0.1\", port = {smtp}, security = \"plain\"{smtp_more} }}\n"
        );
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sterna"));
        command
            .args(line.split(' '))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.home.path())
            .env("XDG_RUNTIME_DIR", self.home.path().join("runtime"))
            .stdin(Stdio::null());
        command
    }

    pub fn sterna(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    /// The program, ended at the n-th pass of a named point.
    #[cfg(feature = "failpoints")]
    pub fn ended_at(&self, line: &str, point: &str) -> Output {
        self.command(line)
            .env("STERNA_FAILPOINT", point)
            .output()
            .unwrap()
    }

    pub fn spawn(&self, line: &str) -> Child {
        self.command(line)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    pub fn json(&self, line: &str) -> Value {
        let output = self.sterna(line);
        assert_eq!(code(&output), 0, "{line}: {}", errors(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Writes the n-th mail to a file: `send FILE`.
    pub fn line(&self, n: usize, n_bytes: usize) -> String {
        let file = self.home.path().join(format!("mail-{n}"));
        let line = "A line of the mail, long enough.\r\n";
        let body = line.repeat(n_bytes / line.len() + 1);
        let text = format!(
            "From: Anna <anna@example.org>\r\nTo: ben@example.org\r\nCc: cai@example.org\r\nBcc: dot@example.org\r\n\
             Subject: Mail {n}\r\nMessage-ID: <{}>\r\n\r\n{body}.\r\n..\r\n",
            id(n)
        );
        fs::write(&file, text).unwrap();
        format!("send {}", file.display())
    }

    pub fn send(&self, n: usize) -> Output {
        self.sterna(&self.line(n, 100))
    }

    pub fn send_from_input(&self, text: &str) -> Output {
        let mut child = self
            .command("send")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(text.as_bytes()).unwrap();
        drop(input);
        child.wait_with_output().unwrap()
    }

    pub fn row(&self, n: usize) -> Option<Value> {
        let rows = self.json("outbox --all --json");
        let mut rows = rows.as_array().unwrap().iter();
        rows.find(|row| row["message_id"] == id(n)).cloned()
    }

    /// Looks at heads only: some of the mails have megabytes.
    pub fn seen(&self, n: usize) -> Seen {
        let id = format!("<{}>", id(n));
        let has_id = |head: &[u8]| String::from_utf8_lossy(head).contains(&id);
        let copies = self.server.truth("Sent").into_iter();
        let is_copy = |uid: u32| has_id(&self.server.header("Sent", uid).unwrap());
        Seen {
            state: self
                .row(n)
                .map_or_else(String::new, |row| row["state"].as_str().unwrap().to_owned()),
            n_taken: self.server.n_submissions(|mail| has_id(head(&mail.data))),
            n_copies: copies.filter(|copy| is_copy(copy.uid)).count(),
        }
    }

    /// Waits until the n-th mail is sent by a process that runs.
    pub fn await_sent(&self, n: usize) {
        let until = std::time::Instant::now() + GUARD;
        while self.seen(n) != seen("sent", 1, 1) {
            assert!(std::time::Instant::now() < until, "{:?}", self.seen(n));
        }
    }

    pub fn break_smtp(&self, faults: Vec<Fault>) {
        self.server.set_smtp_faults(FaultPlan::new(faults));
    }

    pub fn break_imap(&self, faults: Vec<Fault>) {
        self.server.set_faults(FaultPlan::new(faults));
    }

    /// Nothing goes wrong any more, and what can be done is.
    pub fn cure(&self) {
        self.break_smtp(Vec::new());
        self.break_imap(Vec::new());
        let synced = self.sterna("sync");
        assert_eq!(code(&synced), 0, "{}", errors(&synced));
    }
}

fn head(mail: &[u8]) -> &[u8] {
    let end = mail.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    end.map_or(mail, |end| &mail[..end])
}

pub fn id(n: usize) -> String {
    format!("mail-{n}@example.org")
}

pub fn refuse(command: &str, answer: &str) -> Fault {
    Fault::once(FaultKind::Refuse {
        command: command.to_owned(),
        answer: answer.to_owned(),
    })
}

pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

pub fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
