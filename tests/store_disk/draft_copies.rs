//! What is noted of the server's copy of a draft that changes, goes, or becomes another account's while the copy is made.

use sterna::channel::draft::{Base, Revision};
use sterna::mail::account::AccountId;
use sterna::store::outgoing::draft_copies::{CopyNews, Imprint};

use crate::drafts::{copy, due, leave, save, work};
use crate::support::Fixture;

#[test]
fn what_is_written_while_a_copy_is_made_does_not_wait_as_if_that_had_failed() {
    let fixture = Fixture::with_headers(1);
    let writer = fixture.writer();
    let first = save(&fixture, Base::New, "first");
    leave(&fixture, Base::Draft(first), "first");
    let seen = work(&fixture).remove(0).seen;
    assert_eq!(seen, first);
    let there = CopyNews::There(copy(&fixture, 7), seen.number);
    writer
        .note_copy(fixture.account, first.draft, there)
        .unwrap();
    leave(&fixture, Base::Draft(first), "second");
    writer.drafts_tried(fixture.account, vec![seen]).unwrap();
    assert_eq!(due(&fixture), Some(0), "it was left: at once");
}

#[test]
fn no_copy_is_made_of_what_was_thrown_away_or_is_another_accounts() {
    let fixture = Fixture::with_headers(1);
    let leaving = || CopyNews::Leaving(Imprint::of("copy@x", b"copy"));
    let noted = |account, draft: Revision, news| {
        let noted = fixture.writer().note_copy(account, draft.draft, news);
        noted.unwrap()
    };
    let gone = save(&fixture, Base::New, "thrown away");
    assert!(fixture.writer().discard_draft_now(gone).unwrap());
    assert!(!noted(fixture.account, gone, leaving()));
    let kept = save(&fixture, Base::New, "kept");
    let other = AccountId::new(fixture.account.get() + 1);
    assert!(!noted(other, kept, leaving()));
    assert!(!noted(other, kept, CopyNews::There(copy(&fixture, 7), 1)));
    let found = work(&fixture).remove(0);
    assert_eq!((found.copy, found.pending), (None, None));
    assert!(noted(fixture.account, kept, leaving()));
    // From then on it is looked for, also where it is thrown away.
    assert!(fixture.writer().discard_draft_now(kept).unwrap());
    let found = work(&fixture).remove(0);
    assert!(found.is_over && found.pending == Some(Imprint::of("copy@x", b"copy")));
    assert!(!noted(fixture.account, kept, leaving()));
}
