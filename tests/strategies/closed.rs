//! QRESYNC without `[CLOSED]`: how many messages a mailbox has is told before its UIDVALIDITY, and counts.

use sterna::demo::dialect::Dialect;

use crate::equal::assert_equal;
use crate::place::{Place, deliver};

const FOLDERS: [(&str, u32); 3] = [("INBOX", 8), ("Archive", 150), ("Work", 3)];

#[test]
fn a_mailbox_that_opens_without_closed_is_counted_and_begins_with_its_newest() {
    let place = Place::new(Dialect::full().without_closed());
    for (folder, n) in FOLDERS {
        for number in 1..=n {
            deliver(&place.server, folder, number, &["$Own"]);
        }
    }
    let mut desk = place.open();
    desk.sync();
    assert_equal(&place.server, &mut desk, "first");
    assert_eq!(place.n_commands("FETCH"), 3, "a screenful of each");
    for (folder, n) in FOLDERS {
        let mailbox = desk.mailbox(folder);
        let state = desk.reader.sync_state(mailbox).unwrap();
        assert_eq!(state.exists, Some(u64::from(n)), "{folder}");
    }
    for (folder, n) in FOLDERS {
        place.server.lose(folder, &[2]);
        deliver(&place.server, folder, n + 1, &[]);
    }
    desk.sync();
    assert_equal(&place.server, &mut desk, "what went without a word");
    place.server.clear_log();
    desk.sync();
    assert_eq!(place.n_commands("UID SEARCH"), 0, "the numbers add up");
}
