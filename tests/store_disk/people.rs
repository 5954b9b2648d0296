//! Whom an address line can be completed to: who wrote lately, to this account, and not as junk, and whom the user wrote to.

use sterna::channel::event::Event;
use sterna::mail::account::AccountId;
use sterna::mail::address::Address;
use sterna::mail::mailbox::{MailboxId, Role};
use sterna::mail::uid_set::UidSet;
use sterna::store::Store;
use sterna::store::messages::addresses::{Correspondence, Most};
use sterna::store::sync_state::FetchedHeader;
use tempfile::TempDir;

use crate::support::{header, listed, open, paths, selected, settings, validity};

/// Two accounts with the usual folders.
struct World {
    store: Store,
    _events: crossbeam_channel::Receiver<Event>,
    _directory: TempDir,
}

impl World {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let accounts = [settings("work"), settings("home")];
        let (store, events) = open(&paths(directory.path()), &accounts).unwrap();
        Self {
            store,
            _events: events,
            _directory: directory,
        }
    }

    fn folders(&self, account: &str) -> (AccountId, Vec<(&'static str, MailboxId)>) {
        let account = self.store.account(account).unwrap();
        let all = [
            ("INBOX", Some(Role::Inbox)),
            ("INBOX/rust", None),
            ("Lists", None),
            ("Junk", Some(Role::Junk)),
            ("Junk/sure", None),
            ("Junk mail of others", None),
            ("Trash", Some(Role::Trash)),
            ("Trash/2024/spring", None),
            ("Drafts", Some(Role::Drafts)),
            ("Sent", Some(Role::Sent)),
            ("Sent/2024", None),
            ("All Mail", Some(Role::All)),
        ];
        let listing = all.map(|(name, role)| listed(name, role)).to_vec();
        let numbered = self.store.writer().listing(account, listing).unwrap();
        let number = |(name, _): &(&'static str, _)| {
            let own = numbered
                .iter()
                .find(|(own, _)| own.raw() == name.as_bytes());
            (*name, own.unwrap().1)
        };
        (account, all.iter().map(number).collect())
    }

    /// Fills a folder as a first sync does, the newest first, in blocks. `from` says who wrote a message.
    fn fill(&self, mailbox: MailboxId, n: u32, from: impl Fn(u32) -> String) {
        let writer = self.store.writer();
        writer.selected(mailbox, selected(1, n)).unwrap();
        let uids: Vec<u32> = (1..=n).rev().collect();
        for block in uids.chunks(100) {
            let headers: Vec<FetchedHeader> = block
                .iter()
                .map(|uid| {
                    let mut one = header(*uid);
                    one.envelope.from = vec![Address {
                        name: String::new(),
                        addr: from(*uid),
                    }];
                    one.envelope.message_id = format!("{uid}.{mailbox:?}@example.org");
                    one
                })
                .collect();
            let covered: UidSet = headers.iter().map(|header| header.uid).collect();
            writer.headers(mailbox, validity(1), headers, covered);
        }
        writer.flush().unwrap();
    }

    /// Puts mail into a folder: of each the UID, the author, the first recipient and the Message-ID.
    fn file(&self, mailbox: MailboxId, mails: &[(u32, &str, &str, &str)]) {
        let writer = self.store.writer();
        writer.selected(mailbox, selected(1, 100)).unwrap();
        let headers: Vec<FetchedHeader> = mails
            .iter()
            .map(|(uid, from, to, id)| {
                let mut one = header(*uid);
                one.envelope.from = vec![Address {
                    name: String::new(),
                    addr: (*from).to_owned(),
                }];
                (*id).clone_into(&mut one.envelope.message_id);
                one.block = format!("From: {from}\r\nTo: {to}\r\n\r\n").into_bytes();
                one
            })
            .collect();
        let covered: UidSet = headers.iter().map(|header| header.uid).collect();
        writer.headers(mailbox, validity(1), headers, covered);
        writer.flush().unwrap();
    }

    fn correspondence(&self, account: AccountId, received: usize) -> Correspondence {
        let mut reader = self.store.reader().unwrap();
        let is_own = |addr: &str| addr.eq_ignore_ascii_case("me@example.org");
        let most = Most {
            received,
            sent: 100,
        };
        reader.correspondence(account, &is_own, most).unwrap()
    }

    fn senders(&self, account: AccountId, most: usize) -> Vec<String> {
        let found = self.correspondence(account, most).senders;
        assert!(
            found.windows(2).all(|two| two[0].1 >= two[1].1),
            "newest first"
        );
        found.into_iter().map(|(sender, _)| sender.addr).collect()
    }

    /// To whom the user wrote, each time.
    fn recipients(&self, account: AccountId) -> Vec<String> {
        let sent = self.correspondence(account, 100).sent;
        let to = |block: Vec<u8>| {
            let block = String::from_utf8(block).unwrap();
            let line = block.lines().find_map(|line| line.strip_prefix("To: "));
            line.unwrap().to_owned()
        };
        let mut all: Vec<String> = sent.into_iter().map(|(block, _)| to(block)).collect();
        all.sort_unstable();
        all
    }
}

fn mailbox(folders: &[(&str, MailboxId)], name: &str) -> MailboxId {
    folders.iter().find(|(own, _)| *own == name).unwrap().1
}

#[test]
fn the_newest_mail_says_who_is_known_whatever_was_stored_last() {
    let world = World::new();
    let (work, folders) = world.folders("work");
    world.fill(mailbox(&folders, "INBOX"), 500, |uid| {
        format!("{uid}@example.org")
    });
    // A large account that is stored later takes nothing from the first.
    let (home, others) = world.folders("home");
    world.fill(mailbox(&others, "INBOX"), 1_000, |_| {
        "home@example.net".to_owned()
    });
    let expected: Vec<String> = (401..=500)
        .rev()
        .map(|uid| format!("{uid}@example.org"))
        .collect();
    assert_eq!(world.senders(work, 100), expected);
    assert_eq!(world.senders(work, 9_999).len(), 500);
    assert_eq!(world.senders(home, 100), vec!["home@example.net"; 100]);
}

#[test]
fn all_folders_count_but_junk_trash_drafts_and_sent_and_those_in_them() {
    let world = World::new();
    let (work, folders) = world.folders("work");
    // In each folder the same dates.
    for (name, mailbox) in &folders {
        world.fill(*mailbox, 30, |uid| format!("{name}.{uid}@example.org"));
    }
    let counting = [
        "INBOX",
        "INBOX/rust",
        "Lists",
        "Junk mail of others",
        "All Mail",
    ];
    let expected: Vec<String> = (29..=30)
        .rev()
        .flat_map(|uid| counting.map(|name| format!("{name}.{uid}@example.org")))
        .collect();
    let mut found = world.senders(work, 10);
    found.sort_unstable();
    let mut sorted = expected;
    sorted.sort_unstable();
    assert_eq!(found, sorted);
}

/// Gmail has everything in one folder, and a list brings the user's own mail back.
#[test]
fn the_users_own_mail_counts_for_its_recipients_once_and_he_is_no_sender_of_it() {
    let world = World::new();
    let (work, folders) = world.folders("work");
    let filed =
        |name, mails: &[(u32, &str, &str, &str)]| world.file(mailbox(&folders, name), mails);
    filed(
        "All Mail",
        &[
            (1, "zoe@example.org", "me@example.org", "1@x"),
            (2, "me@example.org", "ben@example.org", "2@x"),
            (3, "Me@Example.org", "cai@example.org", "3@x"),
        ],
    );
    filed("Sent", &[(1, "me@example.org", "ben@example.org", "2@x")]);
    filed(
        "Sent/2024",
        &[(1, "me@example.org", "dot@example.org", "4@x")],
    );
    filed("INBOX", &[(1, "me@example.org", "dot@example.org", "4@x")]);
    // What was thrown away says nothing.
    filed("Trash", &[(1, "me@example.org", "eve@example.org", "5@x")]);
    assert_eq!(world.senders(work, 100), ["zoe@example.org"]);
    assert_eq!(
        world.recipients(work),
        ["ben@example.org", "cai@example.org", "dot@example.org"]
    );
}
