//! Without a terminal, a configuration or an account: what a newcomer reads.

use crate::pty::Pty;
use crate::{home, sterna};

#[test]
fn without_a_terminal_or_a_configuration_words_say_so() {
    let home = home();
    for (arguments, code) in [
        (&["--demo"][..], 64),
        (&["list"], 78),
        (&["--nonsense"], 64),
    ] {
        let output = sterna(home.path(), arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
    let output = sterna(home.path(), &["list"]);
    let words = String::from_utf8_lossy(&output.stderr);
    let says = |what| words.contains(what);
    assert!(
        says("no configuration at") && says("[accounts.home]") && says("imap  = "),
        "{words}"
    );
}

#[test]
fn a_configuration_without_an_account_says_what_to_write() {
    let home = home();
    let directory = home.path().join(".config/sterna");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("config.toml"), "[ui]\nmouse = false\n").unwrap();
    let output = sterna(home.path(), &["folders"]);
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(78), "{words}");
    assert!(
        words.contains("no account in") && words.contains("[accounts.home]"),
        "{words}"
    );
    let mut screen = Pty::sterna(&[], home.path(), 80, 24);
    screen.wait_for("There is no account in the configuration yet.");
    screen.keys("q");
    assert!(!screen.wait_for_end().success());
}

#[test]
fn without_a_configuration_the_screen_explains_and_offers_the_demo() {
    let home = home();
    let mut screen = Pty::sterna(&[], home.path(), 100, 30);
    screen.wait_for("config.toml");
    screen.keys("d");
    screen.wait_for("Welcome to Sterna");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    assert!(!screen.is_alternate());
}
