//! Folder names as weapons: 200 of them from a server that has no other. Each is a key and bytes to be given
//! back, never a path, a command or a line of anything.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    missing_docs
)]

#[path = "names/names.rs"]
mod names;
#[path = "names/server.rs"]
mod server;
#[path = "support/shell.rs"]
mod shell;

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use crate::server::Lister;

/// A home with an account on the server, and a path full of traps: whoever runs one of these programs leaves a trace.
struct Home {
    directory: tempfile::TempDir,
}

impl Home {
    fn new(port: u16) -> Self {
        let home = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        let text = format!(
            "[accounts.work]\nemail = \"anna@example.org\"\nuser = \"anna\"\npassword-plaintext = \"secret\"\n\
             imap = {{ host = \"127.0.0.1\", port = {port}, security = \"plain\" }}\n"
        );
        shell::configure(home.directory.path(), &text);
        std::fs::create_dir_all(home.path("work/deep/er")).unwrap();
        std::fs::create_dir_all(home.path("runtime")).unwrap();
        std::fs::create_dir_all(home.path("traps")).unwrap();
        for program in ["id", "sh", "bash", "touch", "cat", "ls", "env", "perl"] {
            let trap = home.path("traps").join(program);
            let trace = home.path("sprung");
            std::fs::write(&trap, format!("#!/bin/sh\n: > {}\n", trace.display())).unwrap();
            std::fs::set_permissions(&trap, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn sterna(&self, arguments: &[&str]) -> Output {
        let mut command = shell::sterna(self.directory.path(), arguments);
        command.env("PATH", self.path("traps"));
        command.current_dir(self.path("work/deep/er"));
        let output = command.output().unwrap();
        let errors = shell::errors(&output);
        assert!(!errors.contains("panicked"), "{arguments:?}: {errors}");
        output
    }

    /// Every file and directory that is not where Sterna keeps its own.
    fn others(&self) -> BTreeSet<PathBuf> {
        let own = [
            ".cache/sterna",
            ".local/share/sterna",
            ".local/state/sterna",
            "runtime",
        ];
        let own = own.map(|name| self.path(name));
        let all = walk(self.directory.path()).into_iter();
        all.filter(|path| {
            !own.iter()
                .any(|own| path.starts_with(own) || own.starts_with(path))
        })
        .collect()
    }
}

fn walk(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap().map(Result::unwrap) {
        found.push(entry.path());
        if entry.file_type().unwrap().is_dir() {
            found.extend(walk(&entry.path()));
        }
    }
    found
}

#[test]
fn hostile_names_are_bytes_and_nothing_else() {
    let names = names::hostile();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 200);
    let server = Lister::start(names.clone());
    let home = Home::new(server.port);
    let before = home.others();
    let (parent, temporary) = (walk_names(Path::new("..")), walk_names(Path::new("/tmp")));
    let output = home.sterna(&["sync"]);
    assert!(output.status.code().is_some(), "ended by a signal");

    // Every name that can be sent came back as the very bytes, and no other name was ever asked for but INBOX. An empty one is no
    // name: `LIST "" ""` asks for the delimiter.
    let selected = server.selected();
    let cannot_be_sent = |byte: &u8| matches!(byte, 0 | b'\r' | b'\n');
    let can_be_sent = |name: &&Vec<u8>| !name.is_empty() && !name.iter().any(cannot_be_sent);
    let mut expected: BTreeSet<Vec<u8>> = names.iter().filter(can_be_sent).cloned().collect();
    expected.insert(b"INBOX".to_vec()); // It is always there. RFC 3501 §5.1.
    assert!(expected.len() > 180, "{}", expected.len());
    let shown = |name: &Vec<u8>| String::from_utf8_lossy(&name[..name.len().min(60)]).into_owned();
    let lost: Vec<String> = expected.difference(&selected).map(shown).collect();
    let made_up: Vec<String> = selected.difference(&expected).map(shown).collect();
    assert!(lost.is_empty(), "never opened: {lost:?}");
    assert!(made_up.is_empty(), "nobody listed: {made_up:?}");

    // What is printed for people holds no control characters.
    for arguments in [&["folders"][..], &["folders", "--json"], &["status"]] {
        let output = home.sterna(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        let control = |byte: &&u8| **byte < 0x20 && **byte != b'\n';
        let found = output.stdout.iter().find(control);
        assert_eq!(found, None, "{arguments:?} prints a control character");
    }
    let listed = home.sterna(&["folders", "--json"]).stdout;
    let listed: serde_json::Value = serde_json::from_slice(&listed).unwrap();
    assert!(listed.as_array().unwrap().len() >= expected.len());

    // No file but Sterna's own, and no program was run.
    assert_eq!(home.others(), before);
    assert!(!home.path("sprung").exists(), "a program was run");
    let beside = walk_names(Path::new(".."));
    let mut made = beside.difference(&parent);
    assert_eq!(made.find(|name| !name.starts_with(".tmp")), None);
    let new: Vec<String> = walk_names(Path::new("/tmp"))
        .difference(&temporary)
        .filter(|name| name.contains("sterna-owned"))
        .cloned()
        .collect();
    assert!(new.is_empty(), "{new:?}");
}

/// As servers send them that do not know modified UTF-7: raw UTF-8, or another encoding.
#[test]
fn names_outside_of_the_encoding_are_changed_as_the_bytes_they_are() {
    let names: Vec<Vec<u8>> = [
        &b"INBOX"[..],
        "Übersicht".as_bytes(),
        "Entwürfe/alt".as_bytes(),
        b"R\xe9sum\xe9",
        b"Plain",
    ]
    .map(<[u8]>::to_vec)
    .to_vec();
    let server = Lister::start(names.clone());
    let home = Home::new(server.port);
    let listed: serde_json::Value =
        serde_json::from_slice(&home.sterna(&["folders", "--json"]).stdout).unwrap();
    let mut expected = Vec::new();
    for raw in &names[1..] {
        // What is shown for it is what a person would type.
        let shown = String::from_utf8_lossy(raw).into_owned();
        let is_listed = |row: &serde_json::Value| row["name"] == *shown;
        let rows = listed.as_array().unwrap();
        assert!(rows.iter().any(is_listed), "{shown:?} in {listed}");
        let new = format!("New {}", expected.len());
        for arguments in [
            &["folder", "unsubscribe", &shown][..],
            &["folder", "rename", &shown, &new],
        ] {
            let output = home.sterna(arguments);
            let errors = shell::errors(&output);
            assert_eq!(output.status.code(), Some(0), "{arguments:?}: {errors}");
        }
        expected.push(("UNSUBSCRIBE".to_owned(), vec![raw.clone()]));
        expected.push((
            "RENAME".to_owned(),
            vec![raw.clone(), new.clone().into_bytes()],
        ));
    }
    assert_eq!(server.changed(), expected);

    let server = Lister::start(names.clone());
    let home = Home::new(server.port);
    for raw in &names[1..] {
        let shown = String::from_utf8_lossy(raw).into_owned();
        let output = home.sterna(&["folder", "delete", &shown, "--yes"]);
        let errors = shell::errors(&output);
        assert_eq!(output.status.code(), Some(0), "{shown:?}: {errors}");
    }
    assert_eq!(server.names(), [b"INBOX"]);
}

fn walk_names(directory: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(directory).unwrap().map_while(Result::ok);
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}
