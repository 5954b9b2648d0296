//! Other programs on the same mailbox, where they are installed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use portable_pty::CommandBuilder;

use crate::client::Server;
use crate::pty::Pty;

const COLUMNS: u16 = 120;
const ROWS: u16 = 40;

/// A start with nothing cached, and one after it.
pub struct Starts {
    /// With nothing cached.
    pub first: Duration,
    /// With what the first has left.
    pub warm: Duration,
}

fn is_installed(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
    })
}

fn write_private(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// neomutt, until the mailbox is open and it quits; `None` where it is missing.
pub fn neomutt(home: &Path, server: &Server) -> Option<Starts> {
    if !is_installed("neomutt") {
        return None;
    }
    fs::create_dir_all(home.join("headers")).unwrap();
    let rc = home.join("neomuttrc");
    let text = format!(
        "set imap_user={}\nset imap_pass={}\nset folder=imap://127.0.0.1:{}/\nset spoolfile=imap://127.0.0.1:{}/INBOX\n\
         set ssl_starttls=no\nset ssl_force_tls=no\nset header_cache={}\nset quit=yes\npush q\n",
        server.user,
        server.password,
        server.port,
        server.port,
        home.join("headers").display()
    );
    write_private(&rc, &text);
    let once = || {
        let mut command = CommandBuilder::new("neomutt");
        command.args(["-n", "-F"]);
        command.arg(&rc);
        command.env("HOME", home);
        let start = Instant::now();
        Pty::spawn(command, COLUMNS, ROWS).wait_for_end();
        start.elapsed()
    };
    Some(Starts {
        first: once(),
        warm: once(),
    })
}

/// aerc, until subjects stand on its screen; `None` where it is missing.
pub fn aerc(home: &Path, server: &Server) -> Option<Starts> {
    if !is_installed("aerc") {
        return None;
    }
    let text = format!(
        "[bench]\nsource = imap+insecure://{}:{}@127.0.0.1:{}\nfrom = Anna Abel <anna@example.net>\ndefault = INBOX\n\
         cache-headers = true\n",
        server.user, server.password, server.port
    );
    write_private(&home.join(".config/aerc/accounts.conf"), &text);
    let once = || {
        let mut command = CommandBuilder::new("aerc");
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap());
        command.env("HOME", home);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        let start = Instant::now();
        let mut pty = Pty::spawn(command, COLUMNS, ROWS);
        // Every subject ends with the number of its thread.
        pty.wait_until("subjects", |screen| {
            screen.contents().matches(" of ").count() > usize::from(ROWS) / 2
        });
        let time = start.elapsed();
        pty.keys(":quit -f\r");
        pty.wait_for_end();
        time
    };
    Some(Starts {
        first: once(),
        warm: once(),
    })
}
