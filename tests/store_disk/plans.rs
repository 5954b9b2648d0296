//! Folders that are to be created, renamed or deleted: the folder pane hears of it at once, and when it is taken back.

use sterna::channel::event::Event;
use sterna::channel::operation::{Action, Change, FolderChange, Outcome, Ticket};
use sterna::channel::rows::FolderPlan;
use sterna::mail::mailbox::{MailboxName, Role};
use sterna::mail::safe_text::SafeText;

use crate::support::{Fixture, listed};

/// The folders with a plan, by name.
fn plans(fixture: &Fixture) -> Vec<(String, FolderPlan)> {
    let rows = fixture.reader().folders().unwrap().into_iter();
    rows.filter_map(|row| Some((row.name.to_string(), row.plan?)))
        .collect()
}

/// Whether it was told since the last look that folders changed.
fn is_told(fixture: &Fixture) -> bool {
    let told = fixture.events.try_iter();
    told.filter(|event| *event == Event::FoldersChanged).count() > 0
}

#[test]
fn every_change_of_a_folder_is_shown_until_it_is_done_or_taken_back() {
    let fixture = Fixture::with_headers(1);
    let mailboxes = [("INBOX", Some(Role::Inbox)), ("Old", None), ("Away", None)];
    let listing = mailboxes.map(|(name, role)| listed(name, role)).to_vec();
    let numbered = fixture.writer().listing(fixture.account, listing).unwrap();
    let number = |name: &str| {
        let name = MailboxName::from_raw(name.as_bytes());
        numbered.iter().find(|(own, _)| *own == name).unwrap().1
    };
    let name = |name: &str| MailboxName::from_raw(name.as_bytes());
    let mut operations = Vec::new();
    let create = FolderChange::Create { name: name("New") };
    let rename = FolderChange::Rename {
        mailbox: number("Old"),
        to: name("Other"),
    };
    let delete = FolderChange::Delete {
        mailbox: number("Away"),
    };
    let renamed = FolderPlan::Rename(SafeText::line("Other"));
    for (label, change, shown, plan) in [
        ("new", create, "New", FolderPlan::Create),
        ("rename", rename, "Old", renamed),
        ("delete", delete, "Away", FolderPlan::Delete),
    ] {
        let change = Change::Folder(change);
        let act = || {
            let action = Action {
                label: label.to_owned(),
                ..Action::new(Ticket(1), fixture.account, change.clone(), Vec::new())
            };
            fixture.writer().record_now(action).unwrap().operations[0]
        };
        let before = plans(&fixture);
        is_told(&fixture);
        act();
        assert!(is_told(&fixture), "{label}");
        assert!(plans(&fixture).contains(&(shown.to_owned(), plan.clone())));
        assert_eq!(fixture.writer().undo_now().unwrap().n_restored, 1);
        assert!(is_told(&fixture), "{label} taken back");
        assert_eq!(plans(&fixture), before, "{label}");
        operations.push(act());
    }
    let fixture = fixture.crash_and_open();
    assert_eq!(plans(&fixture).len(), 3);
    for operation in operations {
        let writer = fixture.writer();
        assert!(writer.claim_folder(operation).unwrap());
        let done = Outcome::Done(None);
        writer.close_folder(operation, done).unwrap();
    }
    assert_eq!(plans(&fixture), []);
}
