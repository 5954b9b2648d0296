//! An account whose login is mended in the configuration: what was written under it is there as before.

use sterna::channel::draft::Base;
use sterna::channel::outbox::{OutboxState, Outgoing};
use sterna::store::outgoing::mail_requests::{Decision, Fate};
use sterna::store::outgoing::outbox_rows::Floors;

use crate::outbox::{composition, outgoing, queued, report, subjects};
use crate::support::{Fixture, settings};

/// The same files under another login.
fn reopened(fixture: Fixture, login: &str) -> Fixture {
    let mut other = settings("work");
    login.clone_into(&mut other.user);
    fixture.reconfigured(vec![other])
}

#[test]
fn mail_and_drafts_are_seen_under_the_new_login_and_nothing_leaves_by_itself() {
    let fixture = Fixture::with_headers(1);
    let before = fixture.account;
    let writer = fixture.writer();
    writer
        .save_draft_now(before, Base::New, composition("begun"))
        .unwrap();
    let (_, written) = queued(&fixture, "written");
    let (whole, _) = fixture
        .writer()
        .queue_now(Outgoing {
            composition: None,
            ..outgoing(&fixture, Base::New, "whole")
        })
        .unwrap();

    let fixture = reopened(fixture, "somebody-else");
    assert_ne!(fixture.account, before);
    assert_eq!(subjects(&fixture), ["written", "begun"]);
    let reasons = fixture.reader().drafts().unwrap();
    assert!(
        reasons[0]
            .reason
            .as_str()
            .contains("logs in as somebody else")
    );
    let rows = fixture.reader().outbox().unwrap();
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    assert_eq!(ids, [written, whole]);
    for row in &rows {
        assert_eq!(row.account, fixture.account);
        assert_eq!(row.state, OutboxState::Failed);
        assert!(
            row.error.as_str().starts_with("not sent: "),
            "{}",
            row.error
        );
    }
    let next = || {
        fixture
            .writer()
            .claim_mail(fixture.account, Floors::default())
    };
    assert_eq!(next().unwrap(), None);
    let again = fixture.writer().decide_now(whole, Decision::Retry);
    assert!(again.unwrap());
    assert_eq!(next().unwrap(), Some(whole), "the user's word is enough");
    let draft_due = fixture.reader().drafts_due(fixture.account).unwrap();
    assert_eq!(draft_due, None, "no draft is copied before it changes");
}

#[test]
fn what_was_on_its_way_is_asked_about_and_never_vanishes() {
    let fixture = Fixture::with_headers(1);
    let (_, leaving) = queued(&fixture, "leaving");
    let claimed = fixture
        .writer()
        .claim_mail(fixture.account, Floors::default());
    assert_eq!(claimed.unwrap(), Some(leaving));
    assert!(report(&fixture, leaving, 1, Fate::Committing));
    let (_, begun) = queued(&fixture, "begun");
    let claimed = fixture
        .writer()
        .claim_mail(fixture.account, Floors::default());
    assert_eq!(claimed.unwrap(), Some(begun));

    let fixture = reopened(fixture, "somebody-else");
    let rows = fixture.reader().outbox().unwrap();
    let states: Vec<_> = rows.iter().map(|row| (row.id, row.state)).collect();
    assert_eq!(
        states,
        [
            (leaving, OutboxState::Uncertain),
            (begun, OutboxState::Failed)
        ]
    );
    // Its process was alive after all: it may not end the mail now, but say that it has arrived.
    assert!(!report(&fixture, begun, 1, Fate::Committing));
    assert!(report(&fixture, leaving, 1, Fate::Accepted));
}

#[test]
fn what_another_process_writes_under_the_old_login_is_seen_with_the_next_start() {
    let fixture = Fixture::with_headers(1);
    let (other, _events) = crate::support::open(&fixture.paths, &fixture.settings).unwrap();
    let before = fixture.account;
    let fixture = reopened(fixture, "somebody-else");
    let writer = other.writer();
    writer
        .save_draft_now(before, Base::New, composition("late"))
        .unwrap();
    let mail = Outgoing {
        account: before,
        composition: None,
        ..outgoing(&fixture, Base::New, "late too")
    };
    let (late, _) = writer.queue_now(mail).unwrap();
    other.close();
    assert!(subjects(&fixture).is_empty());

    let fixture = reopened(fixture, "somebody-else");
    assert_eq!(subjects(&fixture), ["late"]);
    let rows = fixture.reader().outbox().unwrap();
    assert_eq!((rows[0].id, rows[0].state), (late, OutboxState::Failed));
}

#[test]
fn a_login_that_is_changed_and_changed_back_finds_an_empty_cache_and_no_damage() {
    let fixture = Fixture::with_headers(3);
    let before = fixture.account;
    let fixture = reopened(fixture, "other");
    assert_ne!(fixture.account, before);
    // Nothing was heard of a server meanwhile, and nothing is before the start after the next.
    let mut fixture = reopened(fixture, "me");
    for _ in 0..2 {
        assert_eq!(fixture.account, before);
        assert_eq!(fixture.store.replaced(), None);
        fixture = reopened(fixture, "me");
    }
}
