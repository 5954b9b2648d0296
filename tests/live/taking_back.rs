//! Undo on a live server, behind its back: what was done there is taken back there.

use std::collections::{BTreeMap, BTreeSet};

use sterna::channel::operation::{Action, Change, Target, Ticket};

use crate::live_site;
use crate::place::Desk;
use crate::plain_rival::Rival;
use crate::view::targets;

/// Messages that are archived with one key.
const MANY: u32 = 500;

/// The flags of each message, by its subject; what is marked `\Deleted` is not counted.
fn flags(rival: &mut Rival, mailbox: &str) -> BTreeMap<String, BTreeSet<String>> {
    let truth = rival.truth(mailbox).into_values();
    truth
        .filter(|message| !message.flags.contains("\\deleted"))
        .map(|message| (message.subject, message.flags))
        .collect()
}

fn archive_all(desk: &mut Desk) {
    let to = desk.mailbox("Archive");
    let all: Vec<Target> = targets(desk, "INBOX").iter().map(|one| one.1).collect();
    assert_eq!(all.len(), MANY as usize);
    let action = Action {
        label: "archive".to_owned(),
        ..Action::new(Ticket(1), desk.account, Change::Move { to }, all)
    };
    desk.store.writer().record_now(action).unwrap();
}

#[test]
fn an_archive_of_five_hundred_comes_back_with_its_flags() {
    for disable in [&[][..], &["MOVE"], &["UIDPLUS", "QRESYNC"]] {
        let mut site = live_site();
        for number in 1..=MANY {
            let flags = ["", "\\Seen", "\\Flagged todo"][number as usize % 3];
            site.deliver("INBOX", number, flags);
        }
        assert!(site.rival.create("Archive"));
        let open = |site: &crate::site::Site<()>| {
            let mut desk = site.open();
            desk.setup.settings.disable = disable.iter().map(ToString::to_string).collect();
            desk
        };
        let mut desk = open(&site);
        desk.sync();
        let before = flags(&mut site.rival, "INBOX");
        assert_eq!(before.len(), MANY as usize);
        archive_all(&mut desk);
        desk.sync();
        assert!(flags(&mut site.rival, "INBOX").is_empty(), "{disable:?}");
        assert!(flags(&mut site.rival, "Archive") == before, "{disable:?}");
        // The program ends and starts: the way back is in the journal.
        desk.close();
        let desk = open(&site);
        let undone = desk.store.writer().undo_now().unwrap();
        let told = (undone.n_restored, undone.n_skipped);
        assert_eq!(told, (MANY as usize, 0), "{disable:?}");
        desk.sync();
        desk.sync();
        assert!(flags(&mut site.rival, "Archive").is_empty(), "{disable:?}");
        assert!(flags(&mut site.rival, "INBOX") == before, "{disable:?}");
        assert_eq!(desk.store.reader().unwrap().n_pending(None).unwrap(), 0);
        eprintln!("without {disable:?}: {MANY} archived and taken back, with their flags");
    }
}
