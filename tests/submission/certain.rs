//! What is certain after a conversation that went wrong, and what is not: the mark, the dot, the answer, and every byte in between.

use sterna::channel::error::StoreError;
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::remote::submission::error::{Failure, Stage};
use sterna::remote::submission::mail::Deadlines;

use crate::rig::{ANNA, LETTER, open, open_within, send, send_from, server, server_with};
use crate::script::GUARD;
use crate::stages::{
    SHORT, TO, await_taken, drop_on, lose, meet, meet_silence, refuse, say, stall,
};

#[test]
fn a_mail_that_is_cut_or_refused_in_the_middle_was_not_taken() {
    let large = [
        &b"Subject: large\r\n\r\n"[..],
        &b"0123456789\r\n".repeat(2_000_000),
    ]
    .concat();
    for kind in [
        FaultKind::CutBody { after: 0 },
        FaultKind::CutBody { after: 100_000 },
        FaultKind::StallBody { after: 100_000 },
    ] {
        let mut deadlines = Deadlines::default();
        if matches!(kind, FaultKind::StallBody { .. }) {
            deadlines.block = SHORT;
        }
        let words = format!("{kind:?}");
        let server = server_with(kind);
        let mut submission = open_within(&server, deadlines).unwrap();
        let (sent, is_marked) = send(&mut submission, &TO, &large);
        let error = sent.unwrap_err();
        assert_eq!(
            (error.stage, &error.failure),
            (Stage::Body, &Failure::Temporary),
            "{words}: {error}"
        );
        assert!(!is_marked && submission.is_over(), "{words}");
        assert_eq!(server.submissions().len(), 0);
    }
}

#[test]
fn a_connection_found_dead_before_the_dot_leaves_nothing_open() {
    let server = server();
    let mut submission = open(&server);
    let dead = send_from(&mut submission, ANNA, &TO, LETTER, &mut || {
        server.disconnect_all();
        // Another conversation with the same server: what was sent before it has arrived.
        drop(open(&server));
        Ok(())
    });
    let error = dead.unwrap_err();
    assert_eq!(
        (error.stage, &error.failure),
        (Stage::Body, &Failure::Temporary),
        "{error}"
    );
    assert_eq!(server.submissions().len(), 0);
}

#[test]
fn without_the_mark_there_is_no_dot() {
    let server = server();
    let mut submission = open(&server);
    let full = StoreError::Full {
        cause: "test".to_owned(),
    };
    let mut unmarked = || Err(full.clone());
    let sent = send_from(&mut submission, ANNA, &TO, LETTER, &mut unmarked);
    let error = sent.unwrap_err();
    assert_eq!(
        (error.stage, &error.failure),
        (Stage::Body, &Failure::Unmarked(full))
    );
    assert!(submission.is_over() && error.is_temporary());
    // The sink reads the end of the connection after all that came before it.
    assert!(server.await_log(GUARD, |_| server.n_connections() == 0));
    assert_eq!(server.submissions().len(), 0);
}

#[test]
fn an_answer_that_is_lost_leaves_the_mail_uncertain_whether_it_was_taken_or_not() {
    for (kind, n_expected) in [
        (lose("."), 1),
        (drop_on("."), 0),
        (stall("."), 1),
        (say(".", b"250 half"), 0),
        (say(".", b"nonsense\r\n"), 0),
        (say(".", b"250-a\r\n550 b\r\n"), 0),
        (say(".", b"354 go on\r\n"), 0),
    ] {
        let words = format!("{kind:?}");
        let (error, is_marked, server) = meet_silence(&kind, Stage::Final);
        assert_eq!(
            (error.stage, &error.failure),
            (Stage::Final, &Failure::Uncertain),
            "{words}: {error}"
        );
        assert!(is_marked && !error.is_temporary());
        await_taken(&server, n_expected);
    }
}

#[test]
fn an_answer_to_the_dot_that_says_no_is_certain() {
    for (answer, failure) in [
        ("452 4.3.1 full", Failure::Temporary),
        ("421 4.3.2 going down", Failure::Temporary),
        ("554 5.7.1 not this", Failure::Permanent),
        ("571 5.7.1 not this", Failure::Permanent),
        ("499 later", Failure::Temporary),
    ] {
        let (error, is_marked, server) = meet(refuse(".", answer), Deadlines::default());
        assert_eq!(
            (error.stage, &error.failure),
            (Stage::Final, &failure),
            "{error}"
        );
        assert!(is_marked && server.submissions().is_empty());
        assert!(error.to_string().contains(&answer[..3]), "{error}");
    }
}

#[test]
fn a_conversation_that_is_cut_at_any_byte_never_lies() {
    let server = server();
    // What both sides say in a whole conversation, QUIT left out: the cuts go a little further.
    let (n_to_server, n_to_client) = (340, 330);
    let cuts = (1..=n_to_server)
        .map(FaultKind::CutInput)
        .chain((0..=n_to_client).map(FaultKind::CutAfter));
    let (mut n_done, mut n_uncertain, mut n_before) = (0, 0, 0);
    for (n, kind) in cuts.enumerate() {
        let words = format!("{kind:?}");
        server.set_smtp_faults(FaultPlan::new(vec![Fault::always(kind)]));
        let Ok(mut submission) = open_within(&server, Deadlines::default()) else {
            n_before += 1;
            continue;
        };
        let wire = format!("Subject: {n:04}\r\n\r\n.\r\ntext\r\n");
        let (sent, is_marked) = send(&mut submission, &TO, wire.as_bytes());
        let taken = server.submissions();
        let n_taken = taken
            .iter()
            .filter(|mail| mail.data == wire.as_bytes())
            .count();
        match sent {
            Ok(_) => {
                assert!(is_marked && n_taken == 1, "{words}");
                n_done += 1;
            }
            Err(error) if error.failure == Failure::Uncertain => {
                assert!(is_marked && error.stage == Stage::Final, "{words}: {error}");
                n_uncertain += 1;
            }
            Err(error) => {
                assert!(
                    error.is_temporary() && error.stage < Stage::Final,
                    "{words}: {error}"
                );
                assert_eq!(n_taken, 0, "{words}: {error}");
                n_before += 1;
            }
        }
    }
    // Every kind of end was met, and no mail was taken twice.
    assert!(
        n_done > 0 && n_uncertain > 10 && n_before > 300,
        "{n_done} {n_uncertain} {n_before}"
    );
    let mut subjects: Vec<_> = server
        .submissions()
        .into_iter()
        .map(|mail| mail.data)
        .collect();
    let n_all = subjects.len();
    subjects.sort();
    subjects.dedup();
    assert_eq!(subjects.len(), n_all);
}
