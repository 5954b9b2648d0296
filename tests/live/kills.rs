//! The program's screen on a live server, killed while messages are marked read, or archived. `STERNA_LIVE_KILLS` sets
//! how often, each.

use std::collections::{BTreeMap, BTreeSet};

use crate::home::{Account, Home};
use crate::plain_rival;
use crate::rival::{Rival, nth};
use crate::screen::{Scene, Tally};
use crate::server::{Server, User};

/// Messages that are marked; as many older ones belong to others.
const OWN: u32 = 15;

struct Marking {
    rival: Rival,
}

impl Scene for Marking {
    fn n_messages(&self) -> u32 {
        OWN
    }

    fn row(&self, position: u32) -> String {
        format!("Number {} here", 100 + 2 * OWN - position)
    }

    fn keys(&self) -> &'static str {
        "Ij"
    }

    fn done(&mut self) -> BTreeSet<u32> {
        let mut done = BTreeSet::new();
        for (uid, flags) in self.rival.truth("INBOX") {
            let is_seen = flags.contains("\\Seen");
            let others: Vec<&str> = flags.iter().map(String::as_str).collect();
            let others: Vec<&str> = others
                .into_iter()
                .filter(|name| *name != "\\Seen")
                .collect();
            if uid > OWN {
                assert_eq!(others, ["$Work"], "{uid}");
                done.extend(is_seen.then_some(2 * OWN - uid));
            } else {
                assert!(!is_seen && others == ["\\Flagged"], "{uid}: {flags:?}");
            }
        }
        done
    }

    fn undo(&mut self) {
        let change = format!("UID STORE {}:{} -FLAGS (\\Seen)", OWN + 1, 2 * OWN);
        self.rival.within("INBOX", &change);
    }
}

/// Messages are archived; nobody knows by their UIDs which they are.
struct Archiving {
    rival: plain_rival::Rival,
}

impl Archiving {
    /// How often each message is in a mailbox, by its number.
    fn numbers(&mut self, mailbox: &str) -> BTreeMap<u32, usize> {
        let mut numbers = BTreeMap::new();
        for message in self.rival.truth(mailbox).into_values() {
            let number = message.subject.split(' ').nth(1).unwrap();
            *numbers.entry(number.parse().unwrap()).or_default() += 1;
        }
        numbers
    }
}

impl Scene for Archiving {
    fn n_messages(&self) -> u32 {
        OWN
    }

    fn row(&self, position: u32) -> String {
        format!("Number {} here", 100 + 2 * OWN - position)
    }

    fn keys(&self) -> &'static str {
        "e"
    }

    fn done(&mut self) -> BTreeSet<u32> {
        let mut all = self.numbers("INBOX");
        let archived = self.numbers("Archive");
        for (number, n) in &archived {
            *all.entry(*number).or_default() += n;
        }
        let each_once = (101..=100 + 2 * OWN).map(|number| (number, 1));
        assert!(
            all.iter().map(|(number, n)| (*number, *n)).eq(each_once),
            "{all:?}"
        );
        archived
            .into_keys()
            .map(|number| 100 + 2 * OWN - number)
            .collect()
    }

    fn undo(&mut self) {
        if !self.rival.truth("Archive").is_empty() {
            self.rival.select("Archive");
            self.rival.ask("UID MOVE 1:* INBOX");
        }
    }
}

/// A user with messages of its own, and older ones that belong to others; and who works on them.
fn prepared() -> (User, Home, Rival) {
    let server = Server::shared();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    let mails = (1..=2 * OWN).map(|n| {
        let flags = if n > OWN { "$Work" } else { "\\Flagged" };
        nth(n, &format!("Number {} here", 100 + n), flags)
    });
    rival.append("INBOX", &mails.collect::<Vec<_>>());
    let ui = "mark-read-after = \"never\"\nhold = \"0s\"";
    let home = Account::tls(&server, &user).ui(ui).home();
    (user, home, rival)
}

fn kill(scene: &mut dyn Scene, home: &Home, what: &str) {
    let n_kills = std::env::var("STERNA_LIVE_KILLS").ok();
    let n_kills = n_kills.and_then(|n| n.parse().ok()).unwrap_or(6);
    let mut tally = Tally::default();
    tally.rounds(scene, home.path(), n_kills);
    assert!(tally.done > 0, "{tally:?}");
    eprintln!("killed at the screen, live, {what}: {tally:?}; 0 lost, 0 again, 0 foreign changed");
}

#[test]
fn what_the_screen_counted_before_a_kill_reaches_the_server_once() {
    let (_, home, rival) = prepared();
    kill(&mut Marking { rival }, &home, "flags");
}

#[test]
fn what_was_archived_before_a_kill_is_moved_once() {
    let (user, home, mut rival) = prepared();
    rival.create("Archive");
    let port = Server::shared().plain_port;
    let rival = plain_rival::Rival::new(port, &user.name, &user.password);
    kill(&mut Archiving { rival }, &home, "moves");
}
