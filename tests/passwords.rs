//! A typed password from the prompt to the next start: asked for, tried, offered for storing, found again. The real
//! program in a pseudo-terminal against the embedded server.

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
#[allow(dead_code)]
#[path = "support/rig.rs"]
mod rig;
#[path = "support/shell.rs"]
mod shell;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use pty::Pty;
use rig::Rig;
use shell::{assert_fails, code, errors};

/// An account without a configured password.
fn asking() -> Rig {
    let rig = Rig::new("headers");
    let file = rig.home.path().join(".config/sterna/config.toml");
    let text = fs::read_to_string(&file).unwrap();
    let text = text.replace("password-plaintext = \"demo\"\n", "");
    fs::write(&file, text).unwrap();
    fs::create_dir_all(rig.home.path().join("runtime")).unwrap();
    rig
}

fn screen(rig: &Rig) -> Pty {
    Pty::sterna(&[], rig.home.path(), 120, 36)
}

fn stored(rig: &Rig) -> PathBuf {
    rig.home.path().join(".local/share/sterna/passwords/work")
}

fn quit(mut screen: Pty) {
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}

#[test]
fn a_wrong_password_is_never_stored_and_the_right_one_serves_the_next_start() {
    let rig = asking();
    assert_fails(&rig.sterna("list"), 77, "only the screen can ask");
    let open = screen(&rig);
    open.wait_for("Password for work");
    open.keys("wrong\r");
    open.wait_for("The server refused the password for ");
    assert!(!open.text().contains("Store the password"));
    assert!(!stored(&rig).exists());
    open.keys("demo\r");
    open.wait_for("Store the password for work?");
    assert!(!stored(&rig).exists());
    open.keys("y");
    open.wait_for_words("the password for work is stored");
    quit(open);
    let kept = fs::read_to_string(stored(&rig)).unwrap();
    assert_eq!(kept, "demo\nuser: demo\nserver: 127.0.0.1\n");
    let mode = fs::metadata(stored(&rig)).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);

    let open = screen(&rig);
    open.wait_for("online");
    assert!(!open.text().contains("Password for work"));
    quit(open);
    let output = rig.sterna("sync");
    assert_eq!(code(&output), 0, "{}", errors(&output));
}

#[test]
fn a_stored_password_that_is_refused_is_asked_for_again() {
    let rig = asking();
    fs::create_dir_all(stored(&rig).parent().unwrap()).unwrap();
    fs::write(stored(&rig), "old\nuser: demo\nserver: 127.0.0.1\n").unwrap();
    fs::set_permissions(stored(&rig), fs::Permissions::from_mode(0o600)).unwrap();
    let open = screen(&rig);
    open.wait_for("The server refused the password for ");
    open.keys("demo\r");
    open.wait_for("Store the password for work?");
    open.keys("n");
    open.wait_for_words("stays in memory until Sterna ends");
    open.keys("gP");
    open.wait_for("Store the password for work?");
    open.keys("y");
    open.wait_for_words("the password for work is stored");
    quit(open);
    assert!(
        fs::read_to_string(stored(&rig))
            .unwrap()
            .starts_with("demo\n")
    );
}

#[test]
fn a_password_that_cannot_be_stored_is_told() {
    let rig = asking();
    let directory = stored(&rig).parent().unwrap().to_owned();
    fs::create_dir_all(directory.parent().unwrap()).unwrap();
    fs::write(&directory, "in the way").unwrap();
    let open = screen(&rig);
    // Looking there fails, and says so where the password is asked for.
    open.wait_for("Password for work");
    open.keys("demo\r");
    open.wait_for("Store the password for work?");
    open.keys("y");
    open.wait_for_words("the password for work could not be stored: ");
    quit(open);
    assert_eq!(fs::read_to_string(&directory).unwrap(), "in the way");
}
