//! The terminal module in a real pseudo-terminal: taken over, drawn on, given back, whatever happens.
//!
//! The program inside is this test binary again: with `STERNA_TEST_CHILD` set, the test `child` plays a small client
//! that shows what it receives.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]
#![allow(clippy::print_stdout, missing_docs)]

#[path = "support/pty.rs"]
mod pty;
#[path = "terminal/client.rs"]
mod small_client;

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use portable_pty::CommandBuilder;
use pty::Pty;

/// Names the part that the child plays; without it the tests below are what they seem.
const CHILD: &str = "STERNA_TEST_CHILD";
/// A pipe that the child keeps open while it lives.
const ALIVE: &str = "STERNA_TEST_ALIVE";

/// The client inside the pseudo-terminal.
#[test]
fn child() {
    let Ok(part) = std::env::var(CHILD) else {
        return;
    };
    let mut alive = std::env::var(ALIVE)
        .ok()
        .map(|path| std::fs::File::options().write(true).open(path).unwrap());
    if part == "holder" {
        return hold();
    }
    let why = small_client::play(&part);
    if let Some(alive) = &mut alive {
        alive.write_all(why.as_bytes()).unwrap();
    }
    println!("ended: {why}");
}

/// Holds a pseudo-terminal with a client in it until it is killed, and with it the terminal.
fn hold() {
    let part = std::env::var("STERNA_TEST_INNER").unwrap();
    let pty = start(&part, |_| {});
    pty.wait_for("ready");
    println!("\nholding");
    let mut forever = String::new();
    std::io::stdin().read_to_string(&mut forever).unwrap();
}

fn start(part: &str, set: impl FnOnce(&mut CommandBuilder)) -> Pty {
    let program = std::env::current_exe().unwrap();
    let mut command = match part {
        // Ignored signals stay ignored in the program that follows.
        "deaf" => {
            let mut shell = CommandBuilder::new("sh");
            shell.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]);
            shell.arg(program);
            shell
        }
        _ => CommandBuilder::new(program),
    };
    command.args(["--exact", "child", "--nocapture", "--test-threads=1"]);
    command.env(CHILD, part);
    set(&mut command);
    Pty::spawn(command, 60, 10)
}

fn client() -> Pty {
    let pty = start("client", |_| {});
    pty.wait_for("ready");
    pty
}

/// The end of a run: the terminal is back on its first screen, with cursor and without mouse and paste modes.
fn assert_restored(pty: &Pty) {
    assert!(!pty.is_alternate());
    let bytes = pty.bytes();
    let last = |needle: &str| {
        let needle = needle.as_bytes();
        bytes
            .windows(needle.len())
            .rposition(|window| window == needle)
    };
    for (on, off) in [
        ("\x1b[?1049h", "\x1b[?1049l"),
        ("\x1b[?2004h", "\x1b[?2004l"),
        ("\x1b[?25l", "\x1b[?25h"),
        ("\x1b[?1000h", "\x1b[?1000l"),
    ] {
        assert!(
            last(on).is_some() && last(on) < last(off),
            "{on:?} outlives the program"
        );
    }
}

#[test]
fn keys_arrive_and_the_terminal_is_given_back() {
    let mut pty = client();
    assert!(pty.is_alternate());
    pty.keys("jü\u{18}\u{1b}x\r\u{1b}[6~");
    for line in [
        "1 key j",
        "2 key ü",
        "3 key ctrl-x",
        "4 key alt-x",
        "5 key enter",
        "6 key pgdn",
    ] {
        pty.wait_for(line);
    }
    pty.keys("\u{1b}[200~one\rtwo\u{1b}[201~");
    pty.wait_for("7 paste 7");
    pty.keys("\u{1b}[<0;3;2M");
    pty.wait_for("8 Mouse(Click { column: 2, row: 1, selects: false })");
    pty.keys("q");
    assert!(pty.wait_for_end().success());
    pty.wait_for_text_at_end("ended: q");
    assert_restored(&pty);
}

#[test]
fn many_keys_at_once_all_arrive() {
    let pty = client();
    // More than one read of crossterm (1,024 bytes) and less than a terminal keeps (4,096).
    pty.keys(&"jk".repeat(1500));
    pty.wait_for("3000 key k");
}

#[test]
fn the_size_arrives_without_a_key() {
    let pty = client();
    pty.resize(70, 12);
    pty.wait_for("1 size 70 12");
}

#[test]
fn nothing_is_ever_asked_of_the_terminal() {
    let pty = client();
    pty.resize(40, 9);
    pty.wait_for("size 40 9");
    pty.resize(80, 24);
    pty.wait_for("size 80 24");
    let bytes = pty.bytes();
    assert!(!bytes.windows(4).any(|window| window == b"\x1b[6n"));
}

#[test]
fn a_title_cannot_smuggle_a_sequence() {
    let pty = client();
    pty.keys("t");
    pty.wait_for("1 key t");
    let bytes = String::from_utf8(pty.bytes()).unwrap();
    let title = bytes
        .split("\x1b]2;")
        .nth(1)
        .unwrap()
        .split("\x1b\\")
        .next()
        .unwrap();
    assert!(!title.contains(char::is_control));
    // The text goes on behind the planted terminator, so that was no terminator.
    assert!(title.ends_with('b'), "{title}");
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_speaks() {
    let mut pty = client();
    pty.keys("P");
    assert!(!pty.wait_for_end().success());
    let bytes = String::from_utf8(pty.bytes()).unwrap();
    let (left, spoke) = (bytes.rfind("\x1b[?1049l"), bytes.find("planted"));
    assert!(left.is_some() && left < spoke, "{bytes:?}");
    assert_restored(&pty);
}

#[test]
fn a_panic_of_a_worker_leaves_the_screen_alone() {
    let pty = client();
    pty.keys("w");
    pty.wait_for("1 key w");
    assert!(pty.is_alternate());
    assert!(!pty.text().contains("in a worker"));
}

#[test]
fn a_signal_ends_the_program_in_order() {
    for signal in ["TERM", "HUP", "INT"] {
        let mut pty = client();
        send(signal, pty.pid());
        assert!(pty.wait_for_end().success(), "{signal}");
        pty.wait_for_text_at_end("ended: asked to quit");
        assert_restored(&pty);
    }
}

#[test]
fn a_program_that_does_not_end_is_ended() {
    let mut pty = start("stuck", |_| {});
    pty.wait_for("ready");
    send("TERM", pty.pid());
    assert!(!pty.wait_for_end().success());
    assert_restored(&pty);
}

#[test]
fn suspension_without_a_shell_comes_back_at_once() {
    let pty = client();
    pty.keys("\u{1a}");
    pty.wait_for("1 key ctrl-z");
    pty.keys("j");
    pty.wait_for("2 key j");
    assert!(pty.is_alternate());
}

#[test]
fn a_shell_gets_its_terminal_back_while_the_program_is_suspended() {
    let program = std::env::current_exe().unwrap();
    let mut command = CommandBuilder::new("sh");
    // `set -m` gives every command a group of its own, as an interactive shell does.
    command.args([
        "-c",
        "set -m; \"$0\" \"$@\"; echo back in the shell; read line; fg; echo over",
    ]);
    command.arg(program);
    command.args(["--exact", "child", "--nocapture", "--test-threads=1"]);
    command.env(CHILD, "client");
    let mut pty = Pty::spawn(command, 60, 10);
    pty.wait_for("ready");
    pty.keys("\u{1a}");
    pty.wait_for("back in the shell");
    assert_restored(&pty);
    pty.keys("\n");
    pty.wait_until("the screen again", |screen| {
        screen.alternate_screen() && screen.contents().contains("resumed")
    });
    pty.keys("q");
    pty.wait_for_end();
    pty.wait_for_text_at_end("over");
    assert_restored(&pty);
}

#[test]
fn another_program_can_use_the_terminal_in_between() {
    let pty = client();
    pty.keys("e");
    pty.wait_for("outside");
    assert!(!pty.is_alternate());
    pty.keys("hello\n");
    pty.wait_for("read hello");
    pty.keys("j");
    pty.wait_for("2 key j");
}

#[test]
fn a_terminal_that_dies_ends_the_program() {
    for (part, expected) in [("client", "asked to quit"), ("deaf", "terminal gone")] {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("alive");
        assert!(
            Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        let mut holder = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture", "--test-threads=1"])
            .env(CHILD, "holder")
            .env("STERNA_TEST_INNER", part)
            .env(ALIVE, &pipe)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut alive = std::fs::File::open(&pipe).unwrap();
        let mut said = Vec::new();
        let output = holder.stdout.as_mut().unwrap();
        while !said.ends_with(b"holding") {
            let mut byte = [0];
            assert_eq!(
                output.read(&mut byte).unwrap(),
                1,
                "{}",
                String::from_utf8_lossy(&said)
            );
            said.push(byte[0]);
        }
        holder.kill().unwrap();
        holder.wait().unwrap();
        // Ends when the last who holds the pipe has ended: the client, since the holder is gone.
        let mut why = String::new();
        alive.read_to_string(&mut why).unwrap();
        assert!(
            why == expected || why == "terminal gone" || why == "drawing failed",
            "{part}: {why}"
        );
        assert!(part != "deaf" || why == expected, "{part}: {why}");
    }
}

fn send(signal: &str, pid: u32) {
    let sent = Command::new("sh")
        .args(["-c", &format!("kill -{signal} {pid}")])
        .status()
        .unwrap();
    assert!(sent.success());
}

impl Pty {
    /// Asserts on the last screen of a program that has ended.
    fn wait_for_text_at_end(&self, text: &str) {
        let screen = self.text();
        assert!(screen.contains(text), "{screen}");
    }
}
