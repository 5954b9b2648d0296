//! What servers say to a mail, and what becomes of it then.

use sterna::demo::fault::{Fault, FaultKind};
use sterna::demo::shared::Service;

use crate::post::{Post, code, errors, id, printed, refuse, seen};
use crate::random::count;

#[test]
fn a_mail_is_sent_once_and_filed_once_with_bcc_in_the_copy_alone() {
    let post = Post::new();
    let sent = post.send(1);
    assert_eq!(
        (code(&sent), printed(&sent)),
        (0, "sent".to_owned()),
        "{}",
        errors(&sent)
    );
    assert_eq!(post.seen(1), seen("sent", 1, 1));
    let mail = post.server.submissions().remove(0);
    assert_eq!(mail.from, "anna@example.org");
    assert_eq!(
        mail.to,
        ["ben@example.org", "cai@example.org", "dot@example.org"]
    );
    let wire = String::from_utf8(mail.data).unwrap();
    assert!(!wire.contains("Bcc"), "{wire}");
    assert!(wire.ends_with(".\r\n..\r\n"), "{wire}");
    let copy = post.server.truth("Sent").remove(0);
    let text = String::from_utf8(post.server.raw("Sent", copy.uid).unwrap()).unwrap();
    assert!(text.contains("Bcc: dot@example.org\r\n"), "{text}");
    assert_eq!(copy.flags.names().collect::<Vec<_>>(), ["\\Seen"]);
}

#[test]
fn a_mail_comes_from_standard_input_and_gets_what_it_lacks() {
    let post = Post::new();
    let sent = post.send_from_input("To: ben@example.org\nSubject: Hello\n\nHello\n");
    assert_eq!(
        (code(&sent), printed(&sent)),
        (0, "sent".to_owned()),
        "{}",
        errors(&sent)
    );
    let wire = String::from_utf8(post.server.submissions().remove(0).data).unwrap();
    for field in [
        "From: Anna Abel <anna@example.org>\r\n",
        "Date: ",
        "Message-ID: <",
    ] {
        assert!(wire.contains(field), "{field}: {wire}");
    }
    let refused = post.send_from_input("Subject: to nobody\n\nHello\n");
    assert_eq!(code(&refused), 65, "{}", errors(&refused));
    assert_eq!(post.server.submissions().len(), 1);
}

#[test]
fn nobody_gets_a_mail_of_which_one_recipient_is_refused() {
    for (nth, recipient) in [0, 1, 2].into_iter().enumerate() {
        let post = Post::new();
        post.break_smtp(vec![
            refuse("RCPT", "550 5.1.1 No such user").after(recipient),
        ]);
        let sent = post.send(nth);
        assert_eq!((code(&sent), printed(&sent)), (65, "failed".to_owned()));
        assert!(errors(&sent).contains("No such user"), "{}", errors(&sent));
        assert_eq!(post.seen(nth), seen("failed", 0, 0));
        post.cure();
        assert_eq!(
            post.seen(nth),
            seen("failed", 0, 0),
            "only the user sends it again"
        );
        let number = post.row(nth).unwrap()["id"].to_string();
        let again = post.sterna(&format!("outbox retry {number}"));
        assert_eq!(printed(&again), "sent", "{}", errors(&again));
        assert_eq!(post.seen(nth), seen("sent", 1, 1));
    }
}

#[test]
fn a_refusal_for_now_is_tried_again_and_one_for_good_is_not() {
    for (command, answer, expected, exit) in [
        ("MAIL", "451 4.3.0 Try later", "queued", 0),
        ("RCPT", "450 4.2.1 Greylisted", "queued", 0),
        ("DATA", "421 4.3.2 Closing", "queued", 0),
        (".", "451 4.3.0 Try later", "queued", 0),
        ("MAIL", "550 5.7.1 Not you", "failed", 65),
        ("DATA", "554 5.5.1 No", "failed", 65),
        (".", "552 5.2.2 Full", "failed", 65),
    ] {
        let post = Post::new();
        post.break_smtp(vec![refuse(command, answer)]);
        let sent = post.send(1);
        let what = format!("{command} {answer}: {}", errors(&sent));
        assert_eq!(
            (code(&sent), printed(&sent).as_str()),
            (exit, expected),
            "{what}"
        );
        assert!(errors(&sent).contains(&answer[4..]), "{what}");
        assert_eq!(post.seen(1), seen(expected, 0, 0), "{what}");
        let row = post.row(1).unwrap();
        assert_eq!(row["not_before"].is_string(), expected == "queued", "{row}");
        // `sync` does not wait for the next attempt.
        post.cure();
        let (state, n) = if expected == "queued" {
            ("sent", 1)
        } else {
            ("failed", 0)
        };
        assert_eq!(post.seen(1), seen(state, n, n), "{what}");
    }
}

#[test]
fn a_server_that_is_away_is_no_refusal_and_the_outbox_says_why_mail_waits() {
    let post = Post::new();
    post.server.pause();
    for n in [1, 2] {
        let sent = post.send(n);
        assert_eq!((code(&sent), printed(&sent)), (0, "queued".to_owned()));
        assert!(errors(&sent).contains("no connection"), "{}", errors(&sent));
    }
    let list = printed(&post.sterna("outbox list"));
    assert_eq!(list.matches("no connection").count(), 2, "{list}");
    let number = post.row(1).unwrap()["id"].to_string();
    let shown = printed(&post.sterna(&format!("outbox show {number}")));
    assert!(shown.contains("Tried: 0"), "{shown}");
    post.server.resume().unwrap();
    post.cure();
    for n in [1, 2] {
        assert_eq!(post.seen(n), seen("sent", 1, 1));
    }
}

#[test]
fn what_was_cut_before_the_dot_goes_again() {
    for fault in [
        FaultKind::DropOn {
            command: "MAIL".to_owned(),
        },
        FaultKind::DropOn {
            command: "RCPT".to_owned(),
        },
        FaultKind::DropOn {
            command: "DATA".to_owned(),
        },
    ] {
        let post = Post::new();
        post.break_smtp(vec![Fault::once(fault.clone())]);
        let sent = post.send(1);
        assert_eq!(
            (code(&sent), printed(&sent)),
            (0, "queued".to_owned()),
            "{fault:?}"
        );
        post.cure();
        assert_eq!(post.seen(1), seen("sent", 1, 1), "{fault:?}");
    }
}

/// Half of the mails were taken and half were not; of none anybody was told.
#[test]
fn a_mail_whose_final_answer_is_lost_is_never_sent_again_by_itself() {
    let n_lost = usize::try_from(count("STERNA_LOST_ANSWERS", 10)).unwrap();
    let post = Post::new();
    for n in 0..n_lost {
        let is_taken = n % 2 == 0;
        let kind = if is_taken {
            FaultKind::CutIn {
                command: ".".to_owned(),
                after: 0,
            }
        } else {
            FaultKind::DropOn {
                command: ".".to_owned(),
            }
        };
        post.break_smtp(vec![Fault::once(kind)]);
        // Where nothing can be asked of the mailbox, it is uncertain whatever became of it.
        post.break_imap(vec![Fault::always(FaultKind::DropOn {
            command: "EXAMINE".to_owned(),
        })]);
        let sent = post.send(n);
        assert_eq!(
            (code(&sent), printed(&sent)),
            (75, "uncertain".to_owned()),
            "{}",
            errors(&sent)
        );
        assert!(
            errors(&sent).contains("nobody here knows"),
            "{}",
            errors(&sent)
        );
        assert_eq!(post.seen(n), seen("uncertain", usize::from(is_taken), 0));
    }
    let status = post.json("status --json");
    assert_eq!(status[0]["uncertain"], n_lost);
    // Looked for: what is in INBOX was taken; that the rest is nowhere proves nothing.
    post.cure();
    post.cure();
    for n in 0..n_lost {
        let expected = if n % 2 == 0 {
            seen("sent", 1, 1)
        } else {
            seen("uncertain", 0, 0)
        };
        assert_eq!(post.seen(n), expected, "mail {n}");
    }
    // The user decides.
    if n_lost > 3 {
        let number = |n: usize| post.row(n).unwrap()["id"].to_string();
        let again = post.sterna(&format!("outbox retry {}", number(1)));
        assert_eq!(printed(&again), "sent", "{}", errors(&again));
        assert_eq!(post.seen(1), seen("sent", 1, 1));
        let arrived = post.sterna(&format!("outbox arrived {}", number(3)));
        assert_eq!(printed(&arrived), "sent", "{}", errors(&arrived));
        assert_eq!(post.seen(3), seen("sent", 0, 1));
    }
    eprintln!("lost final answers: {n_lost}, sent again by itself: 0");
}

/// Another program sent a mail with the same Message-ID before.
#[test]
fn an_uncertain_mail_is_not_taken_for_an_older_one_with_its_message_id() {
    let post = Post::new();
    let older = format!("Message-ID: <{}>\r\nSubject: Older\r\n\r\nText\r\n", id(1));
    for folder in ["INBOX", "Sent"] {
        let raw = older.as_bytes();
        post.server.deliver(folder, raw, &[], 1_772_532_000);
    }
    post.cure();
    post.break_smtp(vec![Fault::once(FaultKind::DropOn {
        command: ".".to_owned(),
    })]);
    let sent = post.send(1);
    assert_eq!(printed(&sent), "uncertain", "{}", errors(&sent));
    post.cure();
    let row = post.json("outbox --json")[0].clone();
    assert_eq!(row["state"], "uncertain", "{row}");
    assert!(!row["error"].as_str().unwrap().contains("perhaps"), "{row}");
    // Nor where nobody can tell what was there before: that is said.
    post.server.change_uid_validity("INBOX");
    post.cure();
    let row = post.json("outbox --json")[0].clone();
    assert_eq!(row["state"], "uncertain", "{row}");
    let words = row["error"].as_str().unwrap();
    assert!(
        words.contains("perhaps an older one, is in INBOX"),
        "{words}"
    );
}

/// The same mail given twice, without a look between the two: what is known of INBOX is as old as before the first.
#[test]
fn an_uncertain_mail_is_not_taken_for_one_that_was_sent_just_before() {
    let post = Post::new();
    assert_eq!(printed(&post.send(1)), "sent");
    post.break_smtp(vec![Fault::once(FaultKind::DropOn {
        command: ".".to_owned(),
    })]);
    let again = post.send(1);
    assert_eq!(printed(&again), "uncertain", "{}", errors(&again));
    post.cure();
    assert_eq!(post.json("outbox --json")[0]["state"], "uncertain");
    assert_eq!(post.seen(1).n_taken, 1);
}

#[test]
fn a_refused_password_is_offered_once_by_each_command_and_the_mail_waits() {
    let post = Post::new();
    post.break_smtp(vec![Fault::always(FaultKind::Refuse {
        command: "AUTH".to_owned(),
        answer: "535 5.7.8 not for sending".to_owned(),
    })]);
    let n_offered = || {
        let log = post.server.log().into_iter();
        let smtp = log.filter(|entry| entry.service == Service::Smtp);
        smtp.filter(|entry| entry.name == "AUTH").count()
    };
    let sent = post.send(1);
    assert_eq!((code(&sent), printed(&sent).as_str()), (77, "queued"));
    assert!(
        errors(&sent).contains("not for sending"),
        "{}",
        errors(&sent)
    );
    assert_eq!(n_offered(), 1);
    post.cure();
    assert_eq!(post.seen(1), seen("sent", 1, 1));
    assert_eq!(n_offered(), 2);
}

#[test]
fn the_submission_server_may_want_another_name_and_password() {
    let post = Post::new();
    post.configure_smtp("user = \"other\", password-command = [\"echo\", \"demo\"]");
    let refused = post.send(1);
    assert_eq!(printed(&refused), "queued", "{}", errors(&refused));
    post.configure_smtp("user = \"demo\", password-command = [\"echo\", \"wrong\"]");
    assert_eq!(code(&post.sterna("sync")), 77);
    assert_eq!(post.seen(1), seen("queued", 0, 0));
    post.configure_smtp("password-command = [\"echo\", \"demo\"]");
    post.cure();
    assert_eq!(post.seen(1), seen("sent", 1, 1));
}

/// Who wrote to whom is nobody's business who reads a log.
#[test]
fn the_log_of_a_refusal_has_no_address_and_no_word_of_the_server() {
    let post = Post::new();
    let answer = "550 5.1.1 <ben@example.org> is no user here";
    post.break_smtp(vec![refuse("RCPT", answer)]);
    let sent = post.send(1);
    assert_eq!(printed(&sent), "failed");
    assert!(
        errors(&sent).contains("ben@example.org"),
        "the user is told"
    );
    let log = post.home.path().join(".local/state/sterna/sterna.log");
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("a mail was not sent"), "{log}");
    assert!(!log.contains('@') && !log.contains("no user"), "{log}");
}

#[test]
fn the_outbox_is_listed_shown_given_up_and_kept_while_offline() {
    let post = Post::new();
    let line = format!("--offline {}", post.line(1, 100));
    let queued = post.sterna(&line);
    assert_eq!(
        (code(&queued), printed(&queued)),
        (0, "queued".to_owned()),
        "{}",
        errors(&queued)
    );
    let rows = post.json("outbox --json");
    assert_eq!(rows[0]["message_id"], id(1));
    assert_eq!(rows[0]["to"][2], "dot@example.org");
    let number = rows[0]["id"].to_string();
    let shown = printed(&post.sterna(&format!("outbox show {number}")));
    assert!(
        shown.contains("Subject: Mail 1") && shown.contains("State: queued"),
        "{shown}"
    );
    assert_eq!(post.json("status --json")[0]["outbox"], 1);
    assert_eq!(
        code(&post.sterna(&format!("--offline outbox drop {number}"))),
        0
    );
    assert_eq!(
        code(&post.sterna(&format!("--offline outbox drop {number}"))),
        65
    );
    assert_eq!(post.json("outbox --json"), serde_json::json!([]));
    let queued = post.sterna(&format!("--offline {}", post.line(2, 100)));
    assert_eq!(printed(&queued), "queued");
    post.cure();
    assert_eq!(post.seen(2), seen("sent", 1, 1));
    assert_eq!(post.seen(1), seen("", 0, 0));
}
