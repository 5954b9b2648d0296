//! Mail of the outbox that waits: why, until when, and what ends that.

use sterna::channel::draft::Base;
use sterna::channel::outbox::{OutboxId, OutboxState};
use sterna::store::mail_requests::Fate;

use crate::outbox::{claim, outgoing, queued, report, words};
use crate::support::Fixture;

/// State, words and whether there is a moment.
fn fate(fixture: &Fixture, id: OutboxId) -> (OutboxState, String, bool) {
    let row = fixture.reader().outbox_row(id).unwrap().unwrap();
    (row.state, row.error.to_string(), row.not_before.is_some())
}

const FAR: i64 = 4_000_000_000;

#[test]
fn what_could_go_says_why_it_does_not_and_nothing_else_is_touched() {
    let fixture = Fixture::with_headers(0);
    let (writer, account) = (fixture.writer(), fixture.account);
    let add = |subject: &str, hold_seconds, not_before| {
        let mut mail = outgoing(&fixture, Base::New, subject);
        (mail.hold_seconds, mail.not_before) = (hold_seconds, not_before);
        writer.queue_now(mail).unwrap().0
    };
    let (_, refused) = queued(&fixture, "refused for now");
    assert_eq!(claim(&fixture), Some(refused));
    let (later, not_before) = (words("451 later"), FAR);
    let deferred = Fate::Deferred {
        words: later,
        not_before,
    };
    assert!(report(&fixture, refused, 1, deferred));
    let ready = add("ready", 0, None);
    let held = add("held", 3_600, None);
    let (due, scheduled) = (add("due", 0, Some(1)), add("scheduled", 0, Some(FAR)));
    let own = (OutboxState::Queued, "451 later".to_owned(), true);
    let as_they_were = |fixture: &Fixture| {
        assert_eq!(fate(fixture, refused), own);
        let untouched = [
            (held, OutboxState::Held),
            (scheduled, OutboxState::Scheduled),
        ];
        for (mail, state) in untouched {
            assert_eq!(fate(fixture, mail), (state, String::new(), true));
        }
    };

    writer.put_off_mail(account, words("away"), FAR).unwrap();
    for mail in [ready, due] {
        assert_eq!(
            fate(&fixture, mail),
            (OutboxState::Queued, "away".to_owned(), true)
        );
    }
    as_they_were(&fixture);
    assert!(!fixture.reader().has_mail_due(account).unwrap());
    assert_eq!(claim(&fixture), None);
    // Told again, it is nothing new.
    let _ = fixture.events.try_iter().count();
    writer.put_off_mail(account, words("away"), FAR).unwrap();
    assert_eq!(fixture.events.try_iter().count(), 0);

    writer
        .let_mail_go(account, words("something else"))
        .unwrap();
    assert_eq!(claim(&fixture), None);
    writer.let_mail_go(account, words("away")).unwrap();
    for mail in [ready, due] {
        assert_eq!(
            fate(&fixture, mail),
            (OutboxState::Queued, String::new(), false)
        );
    }
    as_they_were(&fixture);
    assert!(fixture.reader().has_mail_due(account).unwrap());

    // Whoever is in a hurry waits for no attempt; a hold and a moment of the user's are none.
    writer.put_off_mail(account, words("away"), FAR).unwrap();
    writer.hurry_mail(account).unwrap();
    for mail in [refused, ready, due] {
        assert_eq!(
            fate(&fixture, mail),
            (OutboxState::Queued, String::new(), false)
        );
    }
    for mail in [held, scheduled] {
        assert!(fate(&fixture, mail).2);
    }
}

#[test]
fn where_no_copy_is_wanted_all_that_was_sent_is_settled_at_once() {
    let fixture = Fixture::with_headers(0);
    let mails: Vec<_> = (0..3).map(|n| queued(&fixture, &n.to_string()).1).collect();
    for mail in &mails[..2] {
        assert_eq!(claim(&fixture), Some(*mail));
        assert!(report(&fixture, *mail, 1, Fate::Committing));
        assert!(report(&fixture, *mail, 1, Fate::Accepted));
    }
    fixture.writer().no_mail_filed(fixture.account).unwrap();
    let states: Vec<_> = mails.iter().map(|mail| fate(&fixture, *mail).0).collect();
    assert_eq!(
        states,
        [OutboxState::Sent, OutboxState::Sent, OutboxState::Queued]
    );
}
