//! What the command line lists equals what the server holds.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::{EUC_KR, GB18030, ISO_2022_JP, KOI8_R, SHIFT_JIS, WINDOWS_1251};
use sterna::mail::mailbox::MailboxName;

use crate::home::Account;
use crate::rival::{Mail, Rival};
use crate::server::Server;

/// A header field as it was sent and as it must be read.
fn subjects() -> Vec<(Vec<u8>, &'static str)> {
    let word = |encoding: &'static encoding_rs::Encoding, text: &'static str| {
        let bytes = encoding.encode(text).0;
        let word = format!("=?{}?B?{}?=", encoding.name(), STANDARD.encode(bytes));
        (word.into_bytes(), text)
    };
    vec![
        (b"plain".to_vec(), "plain"),
        (
            b"=?UTF-8?Q?Gr=C3=BC=C3=9Fe_aus_K=C3=B6ln?=".to_vec(),
            "Grüße aus Köln",
        ),
        (
            b"=?iso-8859-1?q?caf=E9?= and more".to_vec(),
            "café and more",
        ),
        (b"=?ISO-8859-15?Q?10_=A4?=".to_vec(), "10 €"),
        (
            b"=?UTF-8?B?8J+Qpg==?=\r\n =?UTF-8?B?IHR3bw==?=".to_vec(),
            "🐦 two",
        ),
        (b"folded\r\n over lines".to_vec(), "folded over lines"),
        ("raw Grüße".as_bytes().to_vec(), "raw Grüße"),
        (b"raw caf\xe9".to_vec(), "raw café"),
        (
            br#""quoted" \ {5} (x) ~*%"#.to_vec(),
            r#""quoted" \ {5} (x) ~*%"#,
        ),
        (b"".to_vec(), ""),
        word(ISO_2022_JP, "会議のお知らせ"),
        word(SHIFT_JIS, "見積書"),
        word(WINDOWS_1251, "Привет"),
        word(KOI8_R, "Отчёт"),
        word(GB18030, "你好"),
        word(EUC_KR, "안녕하세요"),
    ]
}

const FLAGS: [&str; 5] = [
    "",
    "\\Seen",
    "\\Flagged \\Answered",
    "Work $Forwarded \\Seen",
    "\\Draft $Junk",
];

#[test]
fn list_equals_the_server() {
    let server = Server::shared();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    let subjects = subjects();
    let mails: Vec<Mail> = subjects
        .iter()
        .enumerate()
        .map(|(n, (subject, _))| Mail {
            flags: FLAGS[n % FLAGS.len()],
            date: format!("{:02}-Feb-2026 10:00:00 +0100", n + 1),
            raw: [
                b"From: =?UTF-8?Q?J=C3=B6rg?= <joerg@example.org>\r\nTo: anna@example.org\r\nSubject: ",
                subject.as_slice(),
                b"\r\nDate: Sun, 01 Feb 2026 10:00:00 +0100\r\n\r\nHello.\r\n",
            ]
            .concat(),
        })
        .collect();
    rival.append("INBOX", &mails);
    rival.expunge("INBOX", "1");

    let home = Account::tls(&server, &user).home();
    home.ok(&["sync"]);
    home.assert_same(&mut rival, &["INBOX"]);
    let responses = rival.within("INBOX", "UID FETCH 1:* (RFC822.SIZE)");
    for (uid, row) in home.rows("INBOX") {
        let n = usize::try_from(uid).unwrap() - 1;
        assert_eq!(row["subject"], subjects[n].1, "UID {uid}");
        assert_eq!(row["from"], "Jörg <joerg@example.org>");
        assert_eq!(row["internal_date"], format!("2026-02-{uid:02}T09:00:00Z"));
        assert_eq!(row["unread"], !FLAGS[n % FLAGS.len()].contains("\\Seen"));
        let size = format!("RFC822.SIZE {})", row["size"]);
        let line = responses
            .iter()
            .find(|line| line.contains(&format!("(UID {uid} ")));
        assert!(line.unwrap().contains(&size), "{line:?} {size}");
    }
    // Newest first.
    let listed = home.json(&["list", "--limit", "3"]);
    let uids: Vec<u64> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["uid"].as_u64().unwrap())
        .collect();
    let newest = u64::try_from(subjects.len()).unwrap();
    assert_eq!(uids, [newest, newest - 1, newest - 2]);
}

#[test]
fn list_of_a_folder_that_was_never_read_reads_it_first() {
    let server = Server::shared();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    rival.create("Fresh");
    rival.deliver("Fresh", "Seen at once");
    let home = Account::tls(&server, &user).home();
    let rows = home.json(&["list", "--folder", "Fresh"]);
    assert_eq!(rows[0]["subject"], "Seen at once");
}

#[test]
fn folders_with_odd_names_are_listed_counted_and_read() {
    let server = Server::shared();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    let odd: BTreeMap<&str, &str> = [
        ("Entw&APw-rfe/&AMQ-lter", "Entwürfe/Älter"),
        ("with blanks  two", "with blanks  two"),
        ("quo\"ted", "quo\"ted"),
        ("back\\slash", "back\\slash"),
        ("Tom &- Jerry", "Tom & Jerry"),
        ("&2D3cJg- birds", "🐦 birds"),
        ("&ZeVnLIqe-", "日本語"),
        ("50% (off) {3}", "50% (off) {3}"),
        ("1/2/3/4/5/6/7/8/9/10", "1/2/3/4/5/6/7/8/9/10"),
        ("INBOX/below", "INBOX/below"),
        ("inbox2", "inbox2"),
        ("NIL", "NIL"),
    ]
    .into();
    for (wire, shown) in &odd {
        rival.create(wire);
        rival.deliver(wire, &format!("In {}", shown.len()));
    }
    let home = Account::tls(&server, &user).home();
    home.ok(&["sync"]);
    let folders = home.json(&["--offline", "folders"]);
    let rows = folders.as_array().unwrap();
    let row = |name: &str| rows.iter().find(|row| row["name"] == name);
    for (wire, shown) in &odd {
        let row = row(shown).unwrap_or_else(|| panic!("{shown} is not among {rows:?}"));
        assert_eq!(row["total"], rival.status(wire, "MESSAGES"), "{shown}");
        assert_eq!(row["unread"], rival.status(wire, "UNSEEN"), "{shown}");
        assert_eq!(
            row["uid_validity"],
            rival.status(wire, "UIDVALIDITY"),
            "{shown}"
        );
        let listed = home.rows(shown);
        let subject = format!("In {}", shown.len());
        assert_eq!(listed[&1]["subject"], subject, "{shown}");
        assert_eq!(listed[&1]["folder"], *shown);
    }
    // Nothing is left out and nothing is made up, but parents that only hold others.
    let here: BTreeSet<String> = rows
        .iter()
        .map(|row| row["name"].as_str().unwrap().to_owned())
        .collect();
    let there: BTreeSet<String> = rival
        .mailboxes()
        .iter()
        .map(|wire| MailboxName::from_raw(wire.as_bytes()).display())
        .collect();
    let missing: Vec<_> = there.difference(&here).collect();
    assert!(missing.is_empty(), "{missing:?}");
    for name in ["INBOX", "Sent", "Trash", "Junk"] {
        assert_eq!(row(name).unwrap()["role"], name.to_lowercase());
    }
}
