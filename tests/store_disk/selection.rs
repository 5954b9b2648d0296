//! Many messages at once, and the keywords of a folder.

use sterna::channel::operation::{Action, Change, Ticket};
use sterna::channel::rows::{RowKey, SelectionQuery, Wanted};
use sterna::mail::flag::{Flags, Keyword};

use crate::support::*;

/// 500 messages: even ones read, every third of a thread, every tenth tagged.
fn fixture() -> Fixture {
    let n = 500;
    let fixture = Fixture::with_gap(n);
    let headers = (1..=n).map(|uid| {
        let mut header = header(uid);
        let mut flags = Flags::default();
        flags.set("\\Seen", uid % 2 == 0);
        flags.set("todo", uid % 10 == 0);
        flags.set("later", uid == 20);
        header.flags = flags;
        header.envelope.subject = String::from(if uid % 5 == 0 { "five" } else { "other" });
        header.envelope.message_id = format!("<{uid}@selection.example>");
        header.envelope.references = if uid % 3 == 0 {
            vec!["<3@selection.example>".to_owned()]
        } else {
            Vec::new()
        };
        header
    });
    fixture.insert(headers.collect());
    fixture
}

fn uids(fixture: &Fixture, limit: &str, wanted: Wanted) -> Vec<u32> {
    let mut reader = fixture.reader();
    let query = SelectionQuery {
        mailbox: fixture.inbox,
        limit: limit.to_owned(),
        wanted,
        serial: 1,
    };
    let (targets, n_matching) = reader.selection(&query).unwrap();
    assert_eq!(targets.len() as u64, n_matching);
    let mut uid = |message| {
        reader
            .key(message, fixture.inbox)
            .unwrap()
            .unwrap()
            .uid
            .get()
    };
    targets.iter().map(|target| uid(target.message)).collect()
}

fn key(fixture: &Fixture, uid: u32) -> RowKey {
    fixture.row(uid).key
}

#[test]
fn a_selection_is_all_or_unread_or_a_range_or_a_thread_and_limited_like_the_list() {
    let fixture = fixture();
    let descending = |keep: &dyn Fn(u32) -> bool| -> Vec<u32> {
        (1..=500).rev().filter(|uid| keep(*uid)).collect()
    };
    assert_eq!(uids(&fixture, "", Wanted::All), descending(&|_| true));
    assert_eq!(
        uids(&fixture, "five", Wanted::All),
        descending(&|uid| uid % 5 == 0)
    );
    assert_eq!(
        uids(&fixture, "", Wanted::Unread),
        descending(&|uid| uid % 2 == 1)
    );
    assert_eq!(
        uids(&fixture, "five", Wanted::Unread),
        descending(&|uid| uid % 10 == 5)
    );
    let (low, high) = (key(&fixture, 100), key(&fixture, 200));
    let between = descending(&|uid| (100..=200).contains(&uid));
    assert_eq!(uids(&fixture, "", Wanted::Between(low, high)), between);
    assert_eq!(uids(&fixture, "", Wanted::Between(high, low)), between);
    let thread = fixture.row(9).thread;
    assert_eq!(
        uids(&fixture, "", Wanted::Thread(thread)),
        descending(&|uid| uid % 3 == 0)
    );
    assert_eq!(uids(&fixture, "nosuchword", Wanted::All), Vec::<u32>::new());
}

#[test]
fn the_keywords_of_a_folder_are_those_in_use_and_those_that_its_server_keeps() {
    let fixture = fixture();
    let keywords = fixture.reader().keywords(fixture.inbox).unwrap();
    let names: Vec<&str> = keywords.names.iter().map(Keyword::as_str).collect();
    assert!(
        names.contains(&"todo") && names.contains(&"later"),
        "{names:?}"
    );
    assert!(!names.contains(&"\\Seen"), "a system flag is no tag");
    assert_eq!(keywords.mailbox, fixture.inbox);
}

#[test]
fn tags_that_the_server_does_not_keep_are_told_apart() {
    let fixture = fixture();
    let mut selected = selected(1, 500);
    selected.permanent_flags = Some(vec!["\\Seen".to_owned(), "todo".to_owned()]);
    fixture.writer().selected(fixture.inbox, selected).unwrap();
    let keep = |name: &str| {
        let keyword = Keyword::parse(name).unwrap();
        let change = Change::Keyword { keyword, on: true };
        let action = Action::new(Ticket(1), fixture.account, change, vec![fixture.target(1)]);
        fixture.writer().record_now(action).unwrap();
    };
    keep("todo");
    keep("private");
    let row = fixture.row(1);
    assert!(row.flags.keywords().contains("todo") && row.flags.keywords().contains("private"));
    assert_eq!(row.kept_here, ["private"]);
    assert_eq!(
        fixture.row(10).kept_here,
        Vec::<String>::new(),
        "what the server has, it keeps"
    );
}
