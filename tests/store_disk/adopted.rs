//! An account whose login is mended in the configuration: what was written under it is there as before.

use sterna::channel::draft::Base;
use sterna::channel::outbox::{OutboxState, Outgoing};
use sterna::store::mail_requests::Decision;
use sterna::store::outbox_rows::Floors;

use crate::outbox::{composition, outgoing, queued, subjects};
use crate::support::{Fixture, settings};

/// The same files under another login.
fn reopened(fixture: Fixture, login: &str) -> Fixture {
    let Fixture {
        directory,
        paths,
        store,
        inbox,
        ..
    } = fixture;
    store.close();
    let mut other = settings("work");
    login.clone_into(&mut other.user);
    let settings = vec![other];
    let (store, events) = crate::support::open(&paths, &settings).unwrap();
    let account = store.account("work").unwrap();
    Fixture {
        directory,
        paths,
        settings,
        store,
        events,
        account,
        inbox,
    }
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

    // While a mail is on its way nobody takes it from the process that sends it.
    let fixture = reopened(fixture, "me");
    assert_eq!(fixture.account, before);
    let rows = fixture.reader().outbox().unwrap();
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    assert_eq!(ids, [written]);
    assert_eq!(subjects(&fixture), ["written", "begun"]);
}
