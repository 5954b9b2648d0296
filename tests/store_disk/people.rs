//! Whom an address line can be completed to: who wrote lately, to this account, and not as junk.

use sterna::channel::event::Event;
use sterna::mail::account::AccountId;
use sterna::mail::address::Address;
use sterna::mail::mailbox::{MailboxId, Role};
use sterna::mail::uid_set::UidSet;
use sterna::store::Store;
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
            ("Lists", None),
            ("Junk", Some(Role::Junk)),
            ("Trash", Some(Role::Trash)),
            ("Drafts", Some(Role::Drafts)),
            ("Sent", Some(Role::Sent)),
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

    fn senders(&self, account: AccountId, most: usize) -> Vec<String> {
        let mut reader = self.store.reader().unwrap();
        let found = reader.senders(account, most).unwrap();
        assert!(
            found.windows(2).all(|two| two[0].1 >= two[1].1),
            "newest first"
        );
        found.into_iter().map(|(sender, _)| sender.addr).collect()
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
fn all_folders_count_but_junk_trash_drafts_and_sent() {
    let world = World::new();
    let (work, folders) = world.folders("work");
    // In each folder the same dates.
    for (name, mailbox) in &folders {
        world.fill(*mailbox, 30, |uid| format!("{name}.{uid}@example.org"));
    }
    let expected: Vec<String> = (26..=30)
        .rev()
        .flat_map(|uid| ["INBOX", "Lists"].map(|name| format!("{name}.{uid}@example.org")))
        .collect();
    let mut found = world.senders(work, 10);
    found.sort_unstable();
    let mut sorted = expected;
    sorted.sort_unstable();
    assert_eq!(found, sorted);
}
