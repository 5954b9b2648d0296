//! Terminal escapes from mail, servers and names: 200 payloads in every place where foreign text ends. The raw
//! stream of a real screen is taken apart: nothing but sequences of our own, and none that content made.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    missing_docs
)]

#[path = "escapes/pieces.rs"]
mod pieces;
#[path = "support/pty.rs"]
mod pty;
#[path = "support/rig.rs"]
#[allow(dead_code, reason = "shared with other targets")]
mod rig;
#[path = "support/shell.rs"]
mod shell;

use std::fs;

use pieces::{assert_our_own, assert_plain};
use pty::Pty;
use rig::Rig;
use shell::{code, errors};
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};

const N: usize = 200;

/// What a terminal could be told, each as content. Where Sterna itself says the same, 777 tells them apart.
const ESCAPES: [&str; 50] = [
    "\x1b]0;owned\x07",
    "\x1b]2;owned\x1b\\",
    "\x1b]52;c;b3duZWQ=\x07",
    "\x1b]8;;http://evil.example\x07link\x1b]8;;\x07",
    "\x1b]4;1;?\x07",
    "\x1b]10;?\x07",
    "\x1b]11;?\x1b\\",
    "\x1b]50;#1\x07",
    "\x1b]1337;File=x\x07",
    "\x1b]777;notify;a;b\x07",
    "\x1bP$q\"p\x1b\\",
    "\x1bP+q544e\x1b\\",
    "\x1bPtmux;\x1b\x1b]0;x\x07\x1b\\",
    "\x1b_Gq=2;x\x1b\\",
    "\x1b^private\x1b\\",
    "\x1bXstring\x1b\\",
    "\x1b[777J",
    "\x1b[777H",
    "\x1b[777m",
    "\x1b[6n",
    "\x1b[c",
    "\x1b[>c",
    "\x1b[5n",
    "\x1b[?47l",
    "\x1b[?7l",
    "\x1b[?12l",
    "\x1b[21t",
    "\x1b[8;1;1t",
    "\x1b[777K",
    "\x1b[1;1r",
    "\x1b[4h",
    "\x1b[!p",
    "\x1b[99999C",
    "\x1b[38;2;1;2;777m",
    "\x1bc",
    "\x1b7",
    "\x1b8",
    "\x1b(0",
    "\x1b=",
    "\x1bM",
    "\u{9b}2J",
    "\u{9b}6n",
    "\u{9d}0;owned\u{9c}",
    "\u{90}$q\u{9c}",
    "\u{9f}apc\u{9c}",
    "\u{9e}pm\u{9c}",
    "\u{98}sos\u{9c}",
    "\u{84}\u{85}\u{8d}",
    "\x07\x08\x0b\x0c\x0e\x0f\x7f",
    "\u{202e}gnp.exe\u{2066}\u{200f}",
];

/// The n-th payload, between marks by which it is found on the screen.
fn payload(n: usize) -> String {
    let escape = ESCAPES[n % ESCAPES.len()];
    let (head, tail) = match n / ESCAPES.len() {
        0 => ("", ""),
        1 => ("\x1b", "\x1b"),
        2 => ("é\u{9b}", "\x1b[0"),
        _ => ("\x1b[1;3", "\u{9c}\x1b\\"),
    };
    format!("pay{n:03}{head}{escape}{tail}end{n:03}")
}

fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let digits = text.bytes().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "={byte:02X}");
        digits
    });
    // Words of at most 75 characters would be split; nobody reads that strictly.
    format!("=?utf-8?q?{digits}?=")
}

/// A message that has the payload wherever a message can have text.
fn message(n: usize) -> Vec<u8> {
    let raw = payload(n);
    let word = encoded(&raw);
    let (kind, text) = if n.is_multiple_of(3) {
        (
            "text/html",
            format!("<p title=\"{raw}\">{raw} <a href=\"http://x/{raw}\">{raw}</a></p>"),
        )
    } else {
        ("text/plain", raw.clone())
    };
    let day = 1 + n % 28;
    let file = if n.is_multiple_of(2) {
        raw.replace('"', "")
    } else {
        word.clone()
    };
    format!(
        "From: {word} <a@example.org>\r\nTo: \"{}\" <b@example.org>\r\nCc: {word} <c@example.org>\r\nSubject: {word}\r\n\
         X-Odd: {raw}\r\nMessage-ID: <{n}@example.org>\r\nDate: {day} Mar 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: {kind}; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\nbody{n:03} {text}\r\n--b\r\nContent-Type: application/x-{n}; name=\"{file}\"\r\n\
         Content-Disposition: attachment; filename=\"{file}\"\r\n\r\nx\r\n--b--\r\n",
        raw.replace(['"', '\\'], ""),
    )
    .into_bytes()
}

/// The same as a folder's name, less what no folder can have in it.
fn folder(n: usize) -> String {
    payload(n).replace(['/', '*', '%', '\\', '"'], "")
}

fn hostile() -> Rig {
    let rig = Rig::new("all");
    for n in 0..N {
        rig.server.deliver(
            "INBOX",
            &message(n),
            &[],
            1_772_532_000 + i64::try_from(n).unwrap(),
        );
    }
    for n in 0..ESCAPES.len() {
        rig.server.create(&folder(n), None);
    }
    rig
}

fn always(kind: FaultKind) -> FaultPlan {
    FaultPlan::new(vec![Fault::always(kind)])
}

#[test]
fn a_screen_full_of_escapes_writes_only_its_own() {
    let rig = hostile();
    fs::create_dir_all(rig.home.path().join("runtime")).unwrap();
    let mut screen = Pty::sterna(&[], rig.home.path(), 160, 45);
    screen.wait_for("online");
    screen.wait_for("pay199");
    // List, headers, bodies, attachments, all headers, the title of the message.
    screen.keys("gg");
    for n in (0..N).rev() {
        screen.wait_for(&format!("body{n:03}"));
        if n % 20 == 0 {
            screen.keys("H");
            screen.wait_for("X-Odd");
            screen.keys("H");
            screen.wait_without("X-Odd");
        }
        screen.keys("j");
    }
    // Folders, and the window's title behind them.
    screen.keys("h");
    for _ in 0..ESCAPES.len() {
        screen.keys("j\r");
        screen.keys("h");
    }
    screen.keys("gi");
    // The server's words on the status line: alerts, as many as a minute may have, and why there is no connection.
    for n in (0..N).step_by(40) {
        let alert = format!("* OK [ALERT] alert{n:03} {}\r\n", payload(n));
        rig.server.set_faults(always(FaultKind::Before {
            command: "LIST".to_owned(),
            lines: alert.into_bytes(),
        }));
        screen.keys("gr");
        screen.wait_for_words(&format!("alert{n:03}"));
    }
    for n in [40, 91] {
        let greeting = format!("* BYE bye{n:03} {}\r\n", payload(n));
        rig.server
            .set_faults(always(FaultKind::Greeting(greeting.into_bytes())));
        rig.server.disconnect_all();
        screen.keys("gr");
        screen.wait_for_words(&format!("bye{n:03}"));
    }
    rig.server.set_faults(FaultPlan::default());
    screen.keys("Q");
    screen.wait_for_end();
    assert_our_own(&screen.bytes(), "the screen");
}

#[test]
fn commands_and_pictures_have_no_escapes_either() {
    let rig = hostile();
    rig.json("sync --json");
    let ids = rig.ids("list --json --limit 1000");
    assert_eq!(ids.len(), N);
    let lines = [
        "list --limit 1000",
        "list --json --limit 1000",
        "list --threads --limit 1000",
        "folders",
        "folders --json",
        "status",
        "--picture 160x45",
        "--picture 160x45 --svg",
    ];
    for line in lines {
        let output = rig.sterna(line);
        assert_eq!(code(&output), 0, "{line}: {}", errors(&output));
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            line == "status" || text.contains("pay"),
            "{line} shows no payload"
        );
        assert_plain(&output.stdout, line);
        assert_plain(&output.stderr, line);
    }
    for id in ids.iter().step_by(7) {
        for line in [
            format!("show {id}"),
            format!("show {id} --json"),
            format!("show {id} --headers"),
        ] {
            let output = rig.sterna(&line);
            assert_eq!(code(&output), 0, "{line}: {}", errors(&output));
            assert!(
                String::from_utf8_lossy(&output.stdout).contains("pay"),
                "{line}"
            );
            assert_plain(&output.stdout, &line);
            assert_plain(&output.stderr, &line);
        }
    }
}

/// What a server says to a refusal goes to standard error and into the log.
#[test]
fn refusals_and_logs_have_no_escapes_either() {
    let rig = hostile();
    let log = rig.home.path().join(".local/state/sterna/sterna.log");
    rig.json("sync --json");
    for n in (0..N).step_by(9) {
        let answer = format!("NO said{n:03} {}", payload(n));
        rig.server.set_faults(always(FaultKind::Refuse {
            command: "LIST".to_owned(),
            answer,
        }));
        let output = rig.sterna("sync");
        assert_plain(&output.stdout, "a refused sync");
        assert_plain(&output.stderr, "a refused sync");
        let greeting = format!("* BYE bye{n:03} {}\r\n", payload(n));
        rig.server
            .set_faults(always(FaultKind::Greeting(greeting.into_bytes())));
        let output = rig.sterna("sync");
        assert_ne!(code(&output), 0);
        assert_plain(&output.stderr, "a greeting");
    }
    let text = fs::read(log).unwrap();
    assert!(
        String::from_utf8_lossy(&text).contains("said"),
        "the log says nothing of it"
    );
    assert_plain(&text, "the log");
}
