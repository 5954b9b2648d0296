//! What goes wrong at each stage, and what is known of the mail then: nobody has it, or only the server knows.

use std::time::{Duration, Instant};

use sterna::channel::error::{Recovery, RemoteError};
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::demo::server::Server;
use sterna::remote::submission::error::{Failure, SendError, Stage};
use sterna::remote::submission::mail::Deadlines;

use crate::rig::{LETTER, heard, open, open_within, send, server, server_with};
use crate::script::GUARD;

/// For a stage at which the server says nothing more: it is over after this, however slow the machine is.
pub const SHORT: Duration = Duration::from_millis(300);
pub const TO: [&str; 1] = ["bela@example.org"];

pub fn drop_on(command: &str) -> FaultKind {
    FaultKind::DropOn {
        command: command.to_owned(),
    }
}

pub fn lose(command: &str) -> FaultKind {
    FaultKind::CutIn {
        command: command.to_owned(),
        after: 0,
    }
}

pub fn stall(command: &str) -> FaultKind {
    FaultKind::StallIn {
        command: command.to_owned(),
        after: 0,
    }
}

pub fn refuse(command: &str, answer: &str) -> FaultKind {
    FaultKind::Refuse {
        command: command.to_owned(),
        answer: answer.to_owned(),
    }
}

pub fn say(command: &str, lines: &[u8]) -> FaultKind {
    FaultKind::Instead {
        command: command.to_owned(),
        lines: lines.to_vec(),
    }
}

/// Sends one mail to a server that suffers this once: how it failed, and whether the mark was asked for.
pub fn meet(kind: FaultKind, deadlines: Deadlines) -> (SendError, bool, Server) {
    let server = server_with(kind);
    let mut submission = open_within(&server, deadlines).unwrap();
    let (sent, is_marked) = send(&mut submission, &TO, LETTER);
    (sent.unwrap_err(), is_marked, server)
}

/// The same for a server that falls silent at a stage, with ever more time, so that no slow answer before it is taken
/// for the silence.
pub fn meet_silence(kind: &FaultKind, stage: Stage) -> (SendError, bool, Server) {
    let mut short = SHORT;
    loop {
        let mut deadlines = Deadlines::default();
        match stage {
            Stage::Data => deadlines.data = short,
            Stage::Final => deadlines.end = short,
            _ => deadlines.command = short,
        }
        let met = meet(kind.clone(), deadlines);
        if met.0.stage == stage || short > GUARD {
            return met;
        }
        short *= 2;
    }
}

/// Waits until the sink has taken so many mails.
pub fn await_taken(server: &Server, n_expected: usize) {
    let until = Instant::now() + GUARD;
    while server.submissions().len() < n_expected {
        assert!(Instant::now() < until, "the mail was not taken");
        std::thread::yield_now();
    }
    assert_eq!(server.submissions().len(), n_expected);
}

#[test]
fn a_connection_that_cannot_be_opened_touches_no_mail() {
    for (kind, recovery) in [
        (drop_on("GREETING"), Recovery::Reconnect),
        (lose("GREETING"), Recovery::Reconnect),
        (stall("GREETING"), Recovery::Reconnect),
        (refuse("GREETING", "421 busy"), Recovery::Reconnect),
        (refuse("GREETING", "554 no service"), Recovery::Reconnect),
        (
            refuse("GREETING", "* OK IMAP4rev1 ready"),
            Recovery::Reconnect,
        ),
        (refuse("GREETING", "354 go on"), Recovery::Reconnect),
        (drop_on("EHLO"), Recovery::Reconnect),
        (stall("EHLO"), Recovery::Reconnect),
        (refuse("EHLO", "502 unknown"), Recovery::Reconnect),
        (refuse("EHLO", "421 later"), Recovery::Reconnect),
        (drop_on("AUTH"), Recovery::Reconnect),
        (stall("AUTH"), Recovery::Reconnect),
        (
            refuse("AUTH", "454 4.7.0 Temporary failure"),
            Recovery::Reconnect,
        ),
        (refuse("AUTH", "535 5.7.8 no"), Recovery::AskCredentials),
        (
            refuse("AUTH", "534 5.7.9 application password wanted"),
            Recovery::AskCredentials,
        ),
        (refuse("AUTH", "538 5.7.11 TLS wanted"), Recovery::TellUser),
        (refuse("AUTH", "334 more"), Recovery::Reconnect),
        (say("AUTH", b"235-half\r\n"), Recovery::Reconnect),
    ] {
        let is_silent = matches!(kind, FaultKind::StallIn { .. } | FaultKind::Instead { .. });
        let deadlines = Deadlines {
            opening: if is_silent {
                SHORT
            } else {
                Deadlines::default().opening
            },
            ..Deadlines::default()
        };
        let words = format!("{kind:?}");
        let server = server();
        server.set_smtp_faults(FaultPlan::new(vec![Fault::always(kind).on(1)]));
        let Err(error) = open_within(&server, deadlines) else {
            panic!("{words}: it was opened");
        };
        assert_eq!(error.recovery(), recovery, "{words}: {error}");
        assert!(heard(&server).iter().all(|line| !line.starts_with("MAIL")));
        // The next connection finds nothing wrong.
        send(&mut open(&server), &TO, LETTER).0.unwrap();
        assert_eq!(server.submissions().len(), 1, "{words}");
    }
}

#[test]
fn before_the_final_dot_nobody_has_the_mail() {
    for (stage, command) in [
        (Stage::Mail, "MAIL"),
        (Stage::Rcpt, "RCPT"),
        (Stage::Data, "DATA"),
    ] {
        for kind in [
            drop_on(command),
            lose(command),
            stall(command),
            say(command, b"250 half"),
            say(command, b"nonsense\r\n"),
        ] {
            let words = format!("{kind:?}");
            let (error, is_marked, server) = meet_silence(&kind, stage);
            assert_eq!(
                (error.stage, &error.failure),
                (stage, &Failure::Temporary),
                "{words}: {error}"
            );
            assert!(!is_marked && error.is_temporary(), "{words}");
            assert!(server.submissions().is_empty(), "{words}");
        }
        for (answer, failure) in [
            ("421 4.3.2 going down", Failure::Temporary),
            ("451 4.3.0 later", Failure::Temporary),
            ("550 5.7.1 no", Failure::Permanent),
            ("571 5.7.1 no", Failure::Permanent),
            ("471 4.7.1 later", Failure::Temporary),
            ("354 what", Failure::Temporary),
        ] {
            let is_elsewhere = matches!(
                (command, &answer[..3]),
                ("RCPT", "451" | "550" | "471" | "571") | ("DATA", "354")
            );
            if is_elsewhere {
                continue; // Those are not such failures.
            }
            let (error, is_marked, server) = meet(refuse(command, answer), Deadlines::default());
            assert_eq!(
                (error.stage, &error.failure),
                (stage, &failure),
                "{command} {answer}: {error}"
            );
            assert!(!is_marked && server.submissions().is_empty());
        }
    }
}

#[test]
fn a_refused_recipient_keeps_the_mail_from_all_others_and_the_connection_goes_on() {
    let all = ["a@example.org", "b@example.org", "c@example.org"];
    for (answers, is_temporary) in [
        (vec![(0, "550 5.1.1 no such user")], false),
        (vec![(1, "551 5.1.6 try <smtp://evil.example>")], false),
        (vec![(2, "450 4.2.1 busy")], true),
        (vec![(0, "450 later"), (1, "571 never")], false),
        (
            vec![
                (0, "452 too many"),
                (1, "452 too many"),
                (2, "452 too many"),
            ],
            true,
        ),
    ] {
        let server = server();
        let faults = answers
            .iter()
            .map(|(at, answer)| Fault::once(refuse("RCPT", answer)).after(*at));
        server.set_smtp_faults(FaultPlan::new(faults.collect()));
        let mut submission = open(&server);
        let (sent, is_marked) = send(&mut submission, &all, LETTER);
        let error = sent.unwrap_err();
        let Failure::Recipients(refusals) = &error.failure else {
            panic!("{error}");
        };
        let seen: Vec<(&str, u16)> = refusals
            .iter()
            .map(|refusal| (refusal.address.as_str(), refusal.code))
            .collect();
        let expected: Vec<(&str, u16)> = answers
            .iter()
            .map(|(at, answer)| (all[*at as usize], answer[..3].parse().unwrap()))
            .collect();
        assert_eq!(seen, expected);
        assert_eq!(
            (error.stage, error.is_temporary()),
            (Stage::Rcpt, is_temporary)
        );
        assert!(!is_marked && server.submissions().is_empty());
        assert!(!heard(&server).contains(&"DATA".to_owned()));
        // Each recipient was asked about, and the connection carries the next mail.
        assert_eq!(
            heard(&server)
                .iter()
                .filter(|line| line.starts_with("RCPT"))
                .count(),
            3
        );
        assert_eq!(heard(&server).last().unwrap(), "RSET");
        send(&mut submission, &all, LETTER).0.unwrap();
        assert_eq!(server.submissions()[0].connection, 1);
    }
}

#[test]
fn a_server_that_speaks_out_of_turn_is_not_believed() {
    // An answer in store for the next command, and one in store for the dot.
    for command in ["AUTH", "MAIL", "RCPT", "DATA"] {
        let forged = FaultKind::Before {
            command: command.to_owned(),
            lines: match command {
                "AUTH" => b"235 in\r\n".to_vec(),
                "DATA" => b"354 go\r\n".to_vec(),
                _ => b"250 ok\r\n".to_vec(),
            },
        };
        let server = server_with(forged);
        let mut submission = match open_within(&server, Deadlines::default()) {
            Ok(submission) => submission,
            Err(error) => {
                assert!(matches!(error, RemoteError::Protocol { .. }), "{error}");
                continue;
            }
        };
        let (sent, is_marked) = send(&mut submission, &TO, LETTER);
        let error = sent.unwrap_err();
        assert_eq!(error.failure, Failure::Temporary, "{command}: {error}");
        assert!(!is_marked, "{command}");
        assert!(
            error.to_string().contains("an answer before it was asked"),
            "{command}: {error}"
        );
    }
}

#[test]
fn what_a_server_says_is_inert() {
    let evil = "550 \x1b[2J\x1b]0;owned\x07 your password at evil.example \u{202e}";
    let (error, ..) = meet(refuse("MAIL", evil), Deadlines::default());
    let text = error.to_string();
    assert!(
        text.contains("evil.example") && !text.contains(['\x1b', '\x07', '\u{202e}']),
        "{text:?}"
    );
    let server = server_with(refuse("AUTH", &evil.replace("550", "535")));
    let Err(error) = open_within(&server, Deadlines::default()) else {
        panic!("let in");
    };
    let text = error.to_string();
    assert!(
        text.contains("evil.example") && !text.contains(['\x1b', '\x07']),
        "{text:?}"
    );
}

/// A 452 in the middle of the list: too many recipients, or no room just now.
#[test]
fn a_server_that_takes_fewer_recipients_gets_none_and_says_how_many_it_takes() {
    let names: Vec<String> = (0..120).map(|n| format!("r{n}@example.org")).collect();
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    for (n_before, answer, failure) in [
        (3, "452 4.5.3 Too many", Some(3)),
        (100, "452 Too many recipients", Some(100)),
        // Less than every server must take: something else is short.
        (99, "452 Too many recipients", None),
        (100, "452 4.3.1 No room", None),
        (100, "452-4.2.2 Its mailbox\r\n452 4.2.2 is full", None),
    ] {
        let server = server();
        let full = Fault::always(refuse("RCPT", answer)).after(n_before);
        server.set_smtp_faults(FaultPlan::new(vec![full]));
        let mut submission = open(&server);
        let (sent, is_marked) = send(&mut submission, &all, LETTER);
        let error = sent.unwrap_err();
        assert!(!is_marked && !submission.is_over(), "{answer}: {error}");
        assert_eq!(error.is_temporary(), failure.is_none(), "{answer}: {error}");
        if let Some(n_taken) = failure {
            let n_wanted = all.len();
            let too_many = Failure::TooMany { n_taken, n_wanted };
            assert_eq!(error.failure, too_many, "{answer}");
            let words = format!("no more than {n_taken} recipients of a mail at once");
            assert!(error.to_string().contains(&words), "{error}");
        }
        // The connection goes on, and nobody has the mail.
        assert!(server.submissions().is_empty(), "{answer}");
        server.set_smtp_faults(FaultPlan::default());
        send(&mut submission, &TO, LETTER).0.unwrap();
        assert_eq!(server.submissions().len(), 1, "{answer}");
    }
}
