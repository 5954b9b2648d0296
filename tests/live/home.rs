//! A person's machine: a home directory with a configuration, and the program run in it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::chaos::Proxy;
use crate::pty::Pty;
use crate::rival::{Rival, Truth};
use crate::server::{Server, User, live};
use crate::shell;

/// Seconds after which a command is taken for hung; none takes a tenth of it.
const GUARD: &str = "120";

/// The account in the configuration.
pub struct Account {
    imap: String,
    ca: String,
    /// The line of the submission server; empty for none.
    smtp: String,
    user: User,
    offline: &'static str,
    disable: Vec<&'static str>,
    is_compressed: bool,
    /// How much one action may take; empty for no limit.
    metered: &'static str,
    ui: &'static str,
}

impl Account {
    /// Over TLS, with the live tests' authority.
    pub fn tls(server: &Server, user: &User) -> Self {
        Self {
            imap: format!(
                "host = \"{}\", port = {}, security = \"tls\"",
                server.host, server.port
            ),
            ca: format!("ca-file = \"{}\"", server.ca.display()),
            smtp: String::new(),
            user: user.clone(),
            offline: "headers",
            disable: Vec::new(),
            is_compressed: false,
            metered: "",
            ui: "mark-read-after = \"never\"",
        }
    }

    /// In clear through a counting proxy.
    pub fn through(proxy: &Proxy, user: &User) -> Self {
        Self {
            imap: format!(
                "host = \"127.0.0.1\", port = {}, security = \"plain\"",
                proxy.port
            ),
            ca: String::new(),
            smtp: String::new(),
            user: user.clone(),
            offline: "headers",
            disable: Vec::new(),
            is_compressed: false,
            metered: "",
            ui: "mark-read-after = \"never\"",
        }
    }

    /// Over the plain port, with STARTTLS.
    pub fn starttls(mut self, server: &Server) -> Self {
        self.imap = format!(
            "host = \"{}\", port = {}, security = \"starttls\"",
            server.host, server.plain_port
        );
        self
    }

    /// Sending through the mail transfer agent, with `tls` or `starttls`.
    pub fn sending(mut self, security: &str) -> Self {
        let port = live(match security {
            "tls" => "SMTP_TLS_PORT",
            _ => "SMTP_STARTTLS_PORT",
        });
        self.smtp =
            format!("smtp = {{ host = \"localhost\", port = {port}, security = \"{security}\" }}");
        self
    }

    /// Without an authority of its own.
    pub fn without_ca(mut self) -> Self {
        self.ca.clear();
        self
    }

    /// With this password.
    pub fn password(mut self, password: &str) -> Self {
        password.clone_into(&mut self.user.password);
        self
    }

    /// Keeping this much.
    pub const fn offline(mut self, offline: &'static str) -> Self {
        self.offline = offline;
        self
    }

    /// Without these capabilities.
    pub fn disable(mut self, capabilities: &[&'static str]) -> Self {
        self.disable = capabilities.to_vec();
        self
    }

    /// Compressed where the server can, although it is on this machine.
    pub const fn compressed(mut self) -> Self {
        self.is_compressed = true;
        self
    }

    /// Taking no more than this for one action, as in `10kB`.
    pub const fn metered(mut self, bytes: &'static str) -> Self {
        self.metered = bytes;
        self
    }

    /// With these lines about the screen.
    pub const fn ui(mut self, ui: &'static str) -> Self {
        self.ui = ui;
        self
    }

    /// Writes it down in a new home.
    pub fn home(&self) -> Home {
        let home = Home {
            directory: tempfile::tempdir().unwrap(),
        };
        home.configure(self);
        home
    }
}

/// What a command came to.
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// A home directory.
pub struct Home {
    directory: TempDir,
}

impl Home {
    /// Writes the configuration.
    pub fn configure(&self, account: &Account) {
        std::fs::create_dir_all(self.path().join("runtime")).unwrap();
        let metered = match account.metered {
            "" => String::new(),
            bytes => format!("metered = \"{bytes}\""),
        };
        let text = format!(
            "[accounts.work]\nname = \"Anna Abel\"\nemail = \"anna@example.org\"\nuser = \"{}\"\n\
             password-plaintext = \"{}\"\nimap = {{ {} }}\n{}\n{}\noffline = \"{}\"\ndisable = {:?}\n\
             compress-loopback = {}\n{metered}\n\n[ui]\n{}\n",
            account.user.name,
            account.user.password,
            account.imap,
            account.smtp,
            account.ca,
            account.offline,
            account.disable,
            account.is_compressed,
            account.ui
        );
        shell::configure(self.path(), &text);
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Runs a command of the program.
    pub fn run(&self, arguments: &[&str]) -> Run {
        let done = Command::new("timeout")
            .args(["-k", "5", GUARD])
            .arg(env!("CARGO_BIN_EXE_sterna"))
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.path())
            .env("XDG_RUNTIME_DIR", self.path().join("runtime"))
            .env("LANG", "C.UTF-8")
            .current_dir(self.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let run = Run {
            code: done.status.code().unwrap_or(-1),
            out: String::from_utf8(done.stdout).unwrap(),
            err: String::from_utf8(done.stderr).unwrap(),
        };
        assert_ne!(run.code, 124, "{arguments:?} hung: {}", run.err);
        run
    }

    /// Runs a command that must succeed; gives what it printed.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let run = self.run(arguments);
        assert_eq!(run.code, 0, "{arguments:?}: {}{}", run.out, run.err);
        run.out
    }

    /// The same for `--json`.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--json"]].concat();
        serde_json::from_str(&self.ok(&arguments)).unwrap()
    }

    /// Opens the screen.
    pub fn screen(&self, columns: u16, rows: u16) -> Pty {
        Pty::sterna(&[], self.path(), columns, rows)
    }

    /// The cached rows of a folder, by UID, with no connection made.
    pub fn rows(&self, folder: &str) -> BTreeMap<u32, Value> {
        let listed = self.json(&["--offline", "list", "--limit", "100000", "--folder", folder]);
        let rows = listed.as_array().unwrap().iter();
        rows.map(|row| {
            let uid = u32::try_from(row["uid"].as_u64().unwrap()).unwrap();
            (uid, row.clone())
        })
        .collect()
    }

    /// The cached flags of a folder.
    pub fn flags(&self, folder: &str) -> Truth {
        self.rows(folder)
            .into_iter()
            .map(|(uid, row)| {
                let flags = row["flags"].as_array().unwrap().iter();
                (
                    uid,
                    flags
                        .map(|flag| flag.as_str().unwrap().to_owned())
                        .collect(),
                )
            })
            .collect()
    }

    /// The public ID of a cached message.
    pub fn id(&self, folder: &str, uid: u32) -> String {
        self.rows(folder)[&uid]["id"].as_str().unwrap().to_owned()
    }

    /// Fails unless folders (names of ASCII letters) hold here what they hold on the server.
    pub fn assert_same(&self, rival: &mut Rival, folders: &[&str]) {
        for folder in folders {
            let (here, there) = (self.flags(folder), rival.truth(folder));
            assert!(here == there, "{folder}: {}", difference(&here, &there));
        }
    }
}

impl Home {
    /// Waits until folders hold here what they hold on the server: what a running program stores, others see.
    pub fn wait_until_same(&self, rival: &mut Rival, folders: &[&str]) {
        let until = Instant::now() + Duration::from_mins(2);
        for folder in folders {
            let there = rival.truth(folder);
            while self.flags(folder) != there {
                assert!(Instant::now() < until, "{folder} never was the server's");
            }
        }
    }
}

fn difference(here: &Truth, there: &Truth) -> String {
    let uids = here
        .keys()
        .chain(there.keys())
        .collect::<std::collections::BTreeSet<_>>();
    let lines = uids
        .into_iter()
        .filter(|uid| here.get(uid) != there.get(uid))
        .map(|uid| {
            format!(
                "UID {uid}: here {:?}, there {:?}",
                here.get(uid),
                there.get(uid)
            )
        })
        .take(20);
    lines.collect::<Vec<_>>().join("\n")
}

/// Ends a process as no program can prepare for.
pub fn kill(pid: u32) {
    let done = Command::new("kill")
        .arg("-KILL")
        .arg(pid.to_string())
        .status();
    assert!(done.unwrap().success());
}
