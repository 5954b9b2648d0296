//! The program's screen on an embedded server, killed while messages are marked read.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use sterna::mail::flag::SystemFlag;

use crate::place::{Place, deliver, dialects};
use crate::random::count;
use crate::screen::{Scene, Tally};
use crate::shell;

/// Messages that are marked; as many older ones belong to others.
const OWN: u32 = 15;

struct Marking<'a> {
    place: &'a Place,
}

impl Scene for Marking<'_> {
    fn n_messages(&self) -> u32 {
        OWN
    }

    fn row(&self, position: u32) -> String {
        format!("n{}", 100 + 2 * OWN - position)
    }

    fn keys(&self) -> &'static str {
        "Ij"
    }

    fn done(&mut self) -> BTreeSet<u32> {
        let mut done = BTreeSet::new();
        for message in self.place.server.truth("INBOX") {
            let is_seen = message.flags.has(SystemFlag::Seen);
            let others = message.flags.names().filter(|name| *name != "\\Seen");
            let others: Vec<&str> = others.collect();
            if message.uid > OWN {
                assert_eq!(others, ["$Work"], "{message:?}");
                done.extend(is_seen.then_some(2 * OWN - message.uid));
            } else {
                assert!(!is_seen && others == ["\\Flagged"], "{message:?}");
            }
        }
        done
    }

    fn undo(&mut self) {
        for uid in OWN + 1..=2 * OWN {
            self.place.server.set_flags("INBOX", uid, &["$Work"]);
        }
    }

    fn until_left(&mut self) {
        crate::until_left(self.place);
    }
}

/// `hold` is how long what was done may be taken back before it is sent.
fn configure(home: &Path, port: u16, hold: &str) {
    fs::create_dir_all(home.join("runtime")).unwrap();
    let account = shell::account("demo", port);
    let ui = format!("[ui]\nmark-read-after = \"never\"\nhold = \"{hold}\"\n");
    shell::configure(home, &format!("{account}offline = \"headers\"\n\n{ui}"));
}

#[test]
fn what_the_screen_counted_before_a_kill_reaches_the_server_once() {
    let n_kills = count("STERNA_SCREEN_KILLS", 16);
    let mut tally = Tally::default();
    for (nth, (_, dialect)) in (1..).zip(dialects()) {
        let place = Place::new(dialect);
        for number in 1..=2 * OWN {
            let flags: &[&str] = if number > OWN {
                &["$Work"]
            } else {
                &["\\Flagged"]
            };
            deliver(&place.server, "INBOX", 100 + number, flags);
        }
        let home = crate::place::directory();
        let hold = if nth == 4 { "1s" } else { "0s" };
        configure(home.path(), place.server.imap_addr().port(), hold);
        let mut scene = Marking { place: &place };
        tally.rounds(&mut scene, home.path(), n_kills * nth / 4);
    }
    assert!(tally.acknowledged > 0, "{tally:?}");
    eprintln!("killed at the screen: {tally:?}; 0 lost, 0 again, 0 foreign changed");
}
