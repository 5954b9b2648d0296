//! The program's screen on a live server, killed while messages are marked read. `STERNA_LIVE_KILLS` sets how often.

use std::collections::BTreeSet;

use crate::home::Account;
use crate::rival::{Rival, nth};
use crate::screen::{Scene, Tally};
use crate::server::Server;

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

#[test]
fn what_the_screen_counted_before_a_kill_reaches_the_server_once() {
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
    let n_kills = std::env::var("STERNA_LIVE_KILLS").ok();
    let n_kills = n_kills.and_then(|n| n.parse().ok()).unwrap_or(6);
    let mut tally = Tally::default();
    tally.rounds(&mut Marking { rival }, home.path(), n_kills);
    assert!(tally.done > 0, "{tally:?}");
    eprintln!("killed at the screen, live: {tally:?}; 0 lost, 0 again, 0 foreign changed");
}
