//! What the server allows, on the screen: rights before anybody tries, and the room beside the account.

use sterna::channel::event::Event;
use sterna::mail::quota::Quota;
use sterna::mail::rights::Rights;

use crate::harness::*;

const ROOM: Quota = Quota {
    used_bytes: 2_130_000_000,
    limit_bytes: 5_000_000_000,
};

#[test]
fn a_folder_that_may_only_be_read_is_marked_and_explained() {
    let mut screen = Screen::new(inbox()).at(100, 30);
    screen.folders[0].rights = Some(Rights::from_letters(b"lr"));
    screen.folders[8].read_only = true;
    let rows = screen.folders.clone();
    screen.send(Event::Folders(rows));
    screen.send(Event::Quotas(vec![(HOME, ROOM)]));
    insta::assert_snapshot!("read_only_folder", screen.text());
}

#[test]
fn the_reason_is_what_the_server_told() {
    let mut screen = Screen::new(inbox()).at(100, 30);
    assert!(!screen.shows("read-only") && !screen.shows("only read"));
    screen.folders[0].read_only = true;
    let rows = screen.folders.clone();
    screen.send(Event::Folders(rows));
    assert!(screen.shows("The server opened this folder read-only."));
}
