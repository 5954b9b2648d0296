//! Mail of the outbox that waits: why, until when, and what ends that.

use sterna::channel::draft::Base;
use sterna::channel::outbox::{OutboxId, OutboxState};
use sterna::store::outgoing::mail_requests::Fate;
use sterna::store::outgoing::outbox_waits::Waits;

use crate::outbox::{claim, outgoing, queued, report, words};
use crate::support::Fixture;

/// State, words and whether there is a moment.
fn fate(fixture: &Fixture, id: OutboxId) -> (OutboxState, String, bool) {
    let row = fixture.reader().outbox_row(id).unwrap().unwrap();
    (row.state, row.error.to_string(), row.not_before.is_some())
}

const FAR: i64 = 4_000_000_000;

/// One mail of each kind that waits.
struct Waiting {
    /// It was tried, and is to be tried again.
    deferred: OutboxId,
    ready: OutboxId,
    held: OutboxId,
    /// Its moment has come.
    due: OutboxId,
    scheduled: OutboxId,
}

impl Waiting {
    fn new(fixture: &Fixture) -> Self {
        let add = |subject: &str, hold_seconds, not_before| {
            let mut mail = outgoing(fixture, Base::New, subject);
            (mail.hold_seconds, mail.not_before) = (hold_seconds, not_before);
            fixture.writer().queue_now(mail).unwrap().0
        };
        let deferred = add("deferred", 0, None);
        assert_eq!(claim(fixture), Some(deferred));
        let later = Fate::Deferred {
            words: words("451 later"),
            not_before: FAR,
        };
        assert!(report(fixture, deferred, 1, later));
        Self {
            deferred,
            ready: add("ready", 0, None),
            held: add("held", 3_600, None),
            due: add("due", 0, Some(1)),
            scheduled: add("scheduled", 0, Some(FAR)),
        }
    }

    /// What waits for something of its own does so still.
    fn assert_own(&self, fixture: &Fixture) {
        for (mail, expected) in [
            (self.deferred, queued_with("451 later", true)),
            (self.held, (OutboxState::Held, String::new(), true)),
            (
                self.scheduled,
                (OutboxState::Scheduled, String::new(), true),
            ),
        ] {
            assert_eq!(fate(fixture, mail), expected);
        }
    }
}

fn queued_with(words: &str, has_moment: bool) -> (OutboxState, String, bool) {
    (OutboxState::Queued, words.to_owned(), has_moment)
}

#[test]
fn what_could_go_says_why_it_does_not_and_nothing_else_is_touched() {
    let fixture = Fixture::with_headers(0);
    let waiting = Waiting::new(&fixture);
    let (writer, account) = (fixture.writer(), fixture.account);
    writer.put_off_mail(account, words("away"), FAR).unwrap();
    for mail in [waiting.ready, waiting.due] {
        assert_eq!(fate(&fixture, mail), queued_with("away", true));
    }
    waiting.assert_own(&fixture);
    assert!(!fixture.reader().has_mail_due(account).unwrap());
    assert_eq!(claim(&fixture), None);
    // Told again, it is nothing new.
    let _ = fixture.events.try_iter().count();
    writer.put_off_mail(account, words("away"), FAR).unwrap();
    assert_eq!(fixture.events.try_iter().count(), 0);

    writer.let_mail_go(account, words("else")).unwrap();
    assert_eq!(claim(&fixture), None);
    writer.let_mail_go(account, words("away")).unwrap();
    for mail in [waiting.ready, waiting.due] {
        assert_eq!(fate(&fixture, mail), queued_with("", false));
    }
    waiting.assert_own(&fixture);
    assert!(fixture.reader().has_mail_due(account).unwrap());
}

#[test]
fn a_hurry_ends_every_wait_but_a_hold_and_a_moment_of_the_users() {
    let fixture = Fixture::with_headers(0);
    let waiting = Waiting::new(&fixture);
    let (writer, account) = (fixture.writer(), fixture.account);
    writer.put_off_mail(account, words("away"), FAR).unwrap();
    writer.hurry_mail(account, Waits::All).unwrap();
    for mail in [waiting.deferred, waiting.ready, waiting.due] {
        assert_eq!(fate(&fixture, mail), queued_with("", false));
    }
    for mail in [waiting.held, waiting.scheduled] {
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

#[test]
fn a_server_that_is_there_again_does_not_shorten_the_time_that_it_asked_for() {
    let fixture = Fixture::with_headers(0);
    let waiting = Waiting::new(&fixture);
    let (writer, account) = (fixture.writer(), fixture.account);
    writer.put_off_mail(account, words("away"), FAR).unwrap();
    writer.hurry_mail(account, Waits::Unreached).unwrap();
    for mail in [waiting.ready, waiting.due] {
        assert_eq!(fate(&fixture, mail), queued_with("", false));
    }
    waiting.assert_own(&fixture);
}
