//! What must hold with every server.

use std::time::Instant;

use sterna::channel::draft::Base;
use sterna::channel::rows::{Anchor, WindowQuery};
use sterna::engine::once::Errands;
use sterna::engine::submitter;
use sterna::mail::account::SecretSource;
use sterna::mail::composition::Composition;
use sterna::mail::flag::SystemFlag;
use sterna::mail::mailbox::Role;
use sterna::store::bodies::StoredBody;

use crate::cut;
use crate::place::{self, GUARD};
use crate::site::{Site, here};

/// Names that one server or another refuses; what it takes must be shown.
const ODD_NAMES: [&str; 9] = [
    "Entw&APw-rfe",
    "two  blanks",
    "quo\"ted",
    "back\\slash",
    "Tom &- Jerry",
    "&2D3cJg- birds",
    "50% (off) {3}",
    "NIL",
    "inbox2",
];

/// Flags of the n-th message.
fn flags<Keep>(site: &mut Site<Keep>) -> Vec<&'static str> {
    let mut all = vec![
        "",
        "\\Seen",
        "\\Flagged \\Answered",
        "\\Draft",
        "\\Seen \\Deleted",
    ];
    if site.rival.takes_keywords("INBOX") {
        all.extend(["Work", "$Forwarded \\Seen"]);
    }
    all
}

/// INBOX with `n` messages.
fn fill<Keep>(site: &mut Site<Keep>, n: u32) {
    let flags = flags(site);
    for number in 1..=n {
        site.deliver("INBOX", number, flags[number as usize % flags.len()]);
    }
}

/// Makes a folder that holds `n` messages; gives its raw name.
fn folder<Keep>(site: &mut Site<Keep>, levels: &[&str], n: u32) -> String {
    let name = site.rival.name(levels);
    assert!(site.rival.create(&name), "{name}");
    for number in 1..=n {
        site.deliver(&name, 500 + number, "");
    }
    name
}

/// The first sync brings all folders and messages: UIDs, flags, keywords, subjects, sizes, odd names.
pub fn first_sync_equals_the_server<Keep>(site: &mut Site<Keep>) {
    fill(site, 30);
    folder(site, &["Lists", "rust", "deep"], 3);
    let mut n_taken = 0;
    for odd in ODD_NAMES {
        let name = site.rival.name(&[odd]);
        if site.rival.create(&name) {
            n_taken += 1;
            site.deliver(&name, 600 + n_taken, "\\Seen");
        }
    }
    assert!(n_taken >= 5, "only {n_taken} odd names were taken");
    let mut desk = site.open();
    desk.sync();
    site.assert_same(&mut desk, "first sync");
}

/// What a person looks at first is there first: when anything shows, the newest message does.
pub fn newest_messages_come_first<Keep>(site: &mut Site<Keep>) {
    fill(site, 150);
    let newest = *site.rival.truth("INBOX").last_key_value().unwrap().0;
    let mut desk = site.open();
    let engine = desk.engine();
    let mut first = None;
    desk.until("the first rows", |desk| {
        first = here(desk, "INBOX").last_key_value().map(|(uid, _)| *uid);
        first.is_some()
    });
    assert_eq!(first, Some(newest));
    site.until_same(&mut desk, "INBOX", "the others");
    // And they stand in this order.
    let query = WindowQuery {
        mailbox: desk.mailbox("INBOX"),
        limit: String::new(),
        anchor: Anchor::Newest,
        n_rows: 200,
        serial: 0,
    };
    let rows = desk.reader.window(&query).unwrap().rows;
    assert!(rows.is_sorted_by_key(|row| std::cmp::Reverse(row.key.internal_date)));
    place::stop(engine);
}

/// The bytes of a message are those that were delivered, and reading it does not mark it.
pub fn a_message_is_read<Keep>(site: &mut Site<Keep>) {
    for number in 1..=3 {
        site.deliver("INBOX", number, "");
    }
    let mut desk = site.open();
    desk.sync();
    let inbox = desk.mailbox("INBOX");
    let (uid, there) = site.rival.truth("INBOX").pop_first().unwrap();
    assert_eq!(there.subject, "n1");
    let message = desk.message(inbox, uid);
    desk.read(message, inbox);
    let Some(StoredBody::Whole(raw)) = desk.reader.body(message).unwrap() else {
        panic!("the message is not here");
    };
    assert_eq!(raw, place::message(1));
    assert!(!site.rival.truth("INBOX")[&uid].flags.contains("\\seen"));
}

/// A large message with everything that a structure can hold: parts without an encoding, a related part that is an
/// attachment, a forwarded message without recipients and with an odd Message-ID.
fn large() -> Vec<u8> {
    let mut raw = b"From: a@x\r\nSubject: large\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain\r\n\r\nthe text\r\n\
        --b\r\nContent-Type: multipart/related; boundary=r\r\nContent-Disposition: attachment\r\n\r\n\
        --r\r\nContent-Type: text/html\r\n\r\n<p>related</p>\r\n--r--\r\n\
        --b\r\nContent-Type: message/rfc822\r\n\r\n\
        From: c@y\r\nSubject: forwarded\r\nMessage-ID: <\"odd\"@y>\r\n\r\nthe forwarded text\r\n\
        --b\r\nContent-Type: application/pdf; name=a.pdf\r\n\
        Content-Disposition: attachment; filename=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        .to_vec();
    for _ in 0..20_000 {
        raw.extend_from_slice(b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\r\n");
    }
    raw.extend_from_slice(b"--b--\r\n");
    raw
}

/// The text of a large message is there, however the server describes what the message is made of.
pub fn the_text_of_a_large_message_is_read<Keep>(site: &mut Site<Keep>) {
    site.rival
        .append("INBOX", "", "01-Jan-2026 10:00:00 +0000", &large());
    let mut desk = site.open();
    desk.sync();
    let inbox = desk.mailbox("INBOX");
    let (uid, _) = site.rival.truth("INBOX").pop_first().unwrap();
    let message = desk.message(inbox, uid);
    desk.read(message, inbox);
    match desk.reader.body(message).unwrap() {
        Some(StoredBody::Parts { parts, .. }) => {
            assert_eq!(parts[0].1.as_deref(), Some(&b"the text"[..]));
        }
        // Where the description cannot be understood, all of it is fetched.
        whole => assert_eq!(whole, Some(StoredBody::Whole(large()))),
    }
}

/// New mail, flags and expunges by another client show while INBOX is open.
pub fn what_others_do_shows_while_looking_on<Keep>(site: &mut Site<Keep>) {
    fill(site, 5);
    let mut desk = site.open();
    let engine = desk.engine();
    desk.online();
    site.until_same(&mut desk, "INBOX", "all that is there");
    site.deliver("INBOX", 6, "");
    site.until_same(&mut desk, "INBOX", "new mail");
    let uids: Vec<u32> = site.rival.truth("INBOX").into_keys().collect();
    site.rival
        .store("INBOX", &uids[5].to_string(), "+FLAGS (\\Flagged \\Seen)");
    site.until_same(&mut desk, "INBOX", "flags that were set");
    site.rival
        .store("INBOX", &uids[5].to_string(), "-FLAGS (\\Seen)");
    site.until_same(&mut desk, "INBOX", "a flag that was taken off");
    site.rival
        .expunge("INBOX", &format!("{},{}", uids[0], uids[5]));
    site.until_same(&mut desk, "INBOX", "messages that went");
    for number in 7..12 {
        site.deliver("INBOX", number, "\\Flagged");
    }
    site.until_same(&mut desk, "INBOX", "more new mail");
    place::stop(engine);
}

/// What happened while Sterna was closed is there after the next sync.
pub fn reopening_brings_what_others_did<Keep>(site: &mut Site<Keep>) {
    fill(site, 12);
    let work = folder(site, &["Work"], 6);
    let desk = site.open();
    desk.sync();
    desk.close();

    let uids: Vec<u32> = site.rival.truth("INBOX").into_keys().collect();
    site.rival
        .expunge("INBOX", &format!("{},{}:{}", uids[0], uids[4], uids[6]));
    site.rival
        .store("INBOX", &uids[8].to_string(), "+FLAGS (\\Answered)");
    site.rival
        .store("INBOX", &uids[1].to_string(), "-FLAGS (\\Seen)");
    site.deliver("INBOX", 40, "\\Flagged");
    let uids: Vec<u32> = site.rival.truth(&work).into_keys().collect();
    site.rival.expunge(&work, &uids[5].to_string());
    site.deliver(&work, 41, "");

    let mut desk = site.open();
    desk.sync();
    site.assert_same(&mut desk, "after reopening");
}

/// A message marked read without a connection is read on the server after the next one.
pub fn read_marks_made_offline_reach_the_server<Keep>(site: &mut Site<Keep>) {
    for number in 1..=4 {
        site.deliver("INBOX", number, "");
    }
    let mut desk = site.open();
    desk.sync();
    let uids: Vec<u32> = site.rival.truth("INBOX").into_keys().collect();
    desk.record(&[uids[1], uids[2]], SystemFlag::Seen, true);
    desk.close();
    // Meanwhile another client does something of its own.
    site.rival
        .store("INBOX", &uids[2].to_string(), "+FLAGS (\\Flagged)");

    let mut desk = site.open();
    desk.sync();
    let there = site.rival.truth("INBOX");
    let seen: Vec<u32> = there
        .iter()
        .filter(|(_, message)| message.flags.contains("\\seen"))
        .map(|(uid, _)| *uid)
        .collect();
    assert_eq!(seen, uids[1..=2]);
    assert!(there[&uids[2]].flags.contains("\\flagged"));
    site.assert_same(&mut desk, "after the marks went out");
}

/// A folder that was made anew under its old name holds what the server says, not what was cached.
pub fn another_uidvalidity_heals<Keep>(site: &mut Site<Keep>) {
    fill(site, 2);
    let name = folder(site, &["Reborn"], 4);
    let before = site.rival.uid_validity(&name);
    let desk = site.open();
    desk.sync();
    desk.close();

    let until = Instant::now() + GUARD;
    loop {
        site.rival.delete(&name);
        assert!(site.rival.create(&name));
        // Where it is made of the time, a second has to pass with tries.
        if site.rival.uid_validity(&name) != before {
            break;
        }
        assert!(Instant::now() < until, "the server keeps its UIDVALIDITY");
    }
    for number in 70..73 {
        site.deliver(&name, number, "\\Seen");
    }
    let mut desk = site.open();
    desk.sync();
    site.assert_same(&mut desk, "after the renumbering");
}

/// A connection that breaks leaves nothing half done: the next one goes on, and all is there.
pub fn a_cut_connection_loses_nothing<Keep>(site: &mut Site<Keep>) {
    fill(site, 60);
    folder(site, &["Work"], 5);
    let mut n_cut = 0;
    for limit in [700, 1_500, 3_000, 6_000, 12_000] {
        let desk = site.open_through(cut::after(site.port, limit));
        n_cut += u32::from(desk.once(&Errands::Everything).is_err());
        desk.close();
    }
    assert!(n_cut >= 2, "the limits are too high to cut anything");
    let mut desk = site.open();
    desk.sync();
    site.assert_same(&mut desk, "after the cuts");
}

/// Folders that others make, rename and delete come and go.
pub fn folders_follow_the_server<Keep>(site: &mut Site<Keep>) {
    fill(site, 1);
    let old = folder(site, &["Old"], 3);
    let gone = folder(site, &["Gone"], 2);
    let desk = site.open();
    desk.sync();
    desk.close();

    let newer = site.rival.name(&["Newer"]);
    site.rival.rename(&old, &newer);
    site.rival.delete(&gone);
    folder(site, &["Fresh", "within"], 2);
    let mut desk = site.open();
    desk.sync();
    site.assert_same(&mut desk, "after the renaming");
    assert_eq!(here(&mut desk, &newer).len(), 3);
    assert_eq!(here(&mut desk, &gone).len(), 0);
}

/// A draft has one copy on the server; the folder is made where there is none, there where the server wants it.
pub fn a_draft_is_copied_to_a_folder_that_is_made_for_it<Keep>(site: &mut Site<Keep>) {
    let mut desk = site.open();
    desk.sync();
    let mut base = Base::New;
    for n in 1..=2 {
        let text = Composition {
            subject: format!("Draft {n}"),
            ..Composition::default()
        };
        let saved = desk.store.writer().save_draft_now(desk.account, base, text);
        base = Base::Draft(saved.unwrap());
        let SecretSource::Known(secret) = &desk.setup.settings.secret else {
            panic!("nobody can be asked");
        };
        submitter::once(&desk.setup, secret, secret).unwrap();
        desk.sync();
        site.assert_same(&mut desk, "after the copy");
        let mailboxes = desk.reader.mailboxes(desk.account).unwrap();
        let drafts = mailboxes
            .iter()
            .find(|info| info.role == Some(Role::Drafts));
        let name = String::from_utf8(drafts.unwrap().name.raw().to_vec()).unwrap();
        let there = site.rival.truth(&name);
        // Without UIDPLUS the old one is marked and stays.
        let copies = there
            .values()
            .filter(|copy| !copy.flags.contains("\\deleted"));
        let subjects: Vec<_> = copies.map(|copy| copy.subject.as_str()).collect();
        assert_eq!(subjects, [format!("Draft {n}")], "{name}");
    }
}
