//! Writing and sending in a real terminal: an editor of one's own, people of the mail, a mail that arrives.

use crate::pty::Pty;
use crate::{home, sterna};

/// Begins a mail to the demo's owner, up to its text.
fn write_to_myself(screen: &Pty, subject: &str, text: &str) {
    screen.keys("c");
    screen.wait_for("New mail");
    screen.keys("robin@demo.example\r\r\r");
    screen.keys(&format!("{subject}\r{text}"));
    screen.wait_for(text);
    screen.keys("\x1b");
    screen.wait_for("Enter type");
}

#[test]
fn an_editor_of_ones_own_gets_the_terminal_and_gives_it_back() {
    let home = home();
    let editor = home.path().join("my editor");
    std::fs::write(
        &editor,
        "#!/bin/sh\nstty -a | grep -q ' icanon' && echo 'line by line'\nread answer\nsed -i \"s/^Subject:.*/Subject: $answer/\" \"$2\"\nls -ld \"$(dirname \"$2\")\" \"$2\" > modes\n",
    )
    .unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&editor, mode).unwrap();
    let mut command = Pty::command(&["--demo"], home.path());
    command.env("VISUAL", format!("'{}' --wait", editor.display()));
    command.env("PATH", std::env::var_os("PATH").unwrap());
    let mut screen = Pty::spawn(command, 100, 30);
    screen.wait_for("Welcome to Sterna");
    write_to_myself(&screen, "Typed here", "A text.");
    screen.keys("e");
    screen.wait_for("line by line");
    assert!(!screen.is_alternate(), "the editor has the terminal");
    screen.keys("Written there\n");
    screen.wait_for("Subject  Written there");
    assert!(screen.is_alternate());
    screen.keys("gg");
    let modes = std::fs::read_to_string(home.path().join("modes")).unwrap();
    assert!(
        modes.contains("drwx------") && modes.contains("-rw-------"),
        "{modes}"
    );
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}

#[test]
fn people_of_the_mail_are_offered_and_replies_begin_with_it() {
    let home = home();
    let mut screen = Pty::sterna(&["--demo"], home.path(), 120, 36);
    screen.wait_for("Welcome to Sterna");
    screen.wait_for("online");
    screen.keys("\\grandma");
    screen.wait_for("Grandma's 80th");
    screen.keys("\rr");
    screen.wait_for("Re: Grandma's 80th");
    screen.wait_for("> ");
    screen.keys("\x1b");
    screen.wait_for("Enter type");
    screen.keys("q");
    screen.wait_without("Enter type");
    screen.keys("c");
    screen.wait_for("New mail");
    screen.keys("anna");
    screen.wait_for("Tab takes it");
    screen.keys("\t");
    screen.wait_without("Tab takes it");
    screen.keys("\x1b");
    screen.wait_for("Enter type");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}

#[test]
fn compose_opens_a_mail_at_once() {
    let home = home();
    let url = "mailto:zoe@example.org?subject=Hello%20there&body=Some%20words&attach=/etc/passwd";
    let mut screen = Pty::sterna(&["--demo", "compose", url], home.path(), 100, 30);
    screen.wait_for("zoe@example.org");
    screen.wait_for("Hello there");
    screen.wait_for("Some words");
    screen.wait_for_words("left out of what the link asked for: attach");
    assert!(!screen.text().contains("passwd"));
    screen.keys("\x1b");
    screen.wait_for("Enter type");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    let refused = sterna(home.path(), &["--demo", "compose", "https://example.org"]);
    assert_eq!(refused.status.code(), Some(64));
}

#[test]
fn a_person_writes_sends_and_sees_it_arrive() {
    let home = home();
    let mut screen = Pty::sterna(&["--demo"], home.path(), 120, 36);
    screen.wait_for("Welcome to Sterna");
    screen.wait_for("online");
    write_to_myself(&screen, "A note to myself", "Remember the milk.");
    screen.keys("y");
    screen.wait_for_words("Sending in");
    screen.keys("u");
    screen.wait_for_words("taken back: it was not sent");
    screen.wait_for("Remember the milk.");
    screen.keys("\x1b");
    screen.wait_for("Enter type");
    screen.keys("y");
    screen.wait_for_words("Sending in");
    screen.wait_for_words("sent: A note to myself");
    screen.wait_without("sent: A note to myself");
    screen.wait_for("A note to myself");
    screen.keys("gt");
    screen.wait_without("Welcome to Sterna");
    screen.wait_for("A note to myself");
    screen.keys("go");
    screen.wait_for("No mail is on its way.");
    screen.keys("\x1b");
    screen.wait_without("No mail is on its way.");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}

#[test]
fn quitting_sends_what_is_held_first() {
    let home = home();
    let mut screen = Pty::sterna(&["--demo"], home.path(), 100, 30);
    screen.wait_for("Welcome to Sterna");
    screen.wait_for("online");
    write_to_myself(&screen, "At the last moment", "Out with it.");
    screen.keys("y");
    screen.wait_for_words("Sending in");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}
