//! What the user does to messages, and what must come of it.

use std::collections::BTreeSet;

use sterna::channel::operation::{Action, Change, Target, Ticket};
use sterna::mail::flag::{Keyword, SystemFlag};

use crate::random::Random;
use crate::taking_back::Deed;
use crate::view::{MAILBOXES, targets};
use crate::world::World;

impl World {
    /// The user acts on some messages of a mailbox, takes back what was done last, or does that again.
    pub fn act(&mut self) {
        let mailbox = *self.random.pick(&MAILBOXES);
        let mut chosen = targets(self.desk(), mailbox);
        let is_wanted = |random: &mut Random| random.below(3) == 0;
        let random = &mut self.random;
        chosen.retain(|_| is_wanted(random));
        // One of two copies in one mailbox is no message that the model could name.
        let is_twice =
            |number: u32| chosen.iter().filter(|(other, _)| *other == number).count() > 1;
        let twice: BTreeSet<u32> = chosen
            .iter()
            .map(|(number, _)| *number)
            .filter(|number| is_twice(*number))
            .collect();
        chosen.retain(|(number, _)| !twice.contains(number));
        let on = random.below(2) == 0;
        let before = self.expected.clone();
        match random.below(11) {
            0..=2 => self.flag(mailbox, &chosen, on),
            3 => self.keyword(mailbox, &chosen, on),
            4..=5 => self.transfer(mailbox, chosen, true),
            6 => self.transfer(mailbox, chosen, false),
            // Without UIDPLUS the mark is all that a server can be given.
            7 if self.deletes => {
                chosen.truncate(1);
                self.delete(mailbox, &chosen);
            }
            7 => {}
            8..=9 => self.take_back(),
            _ => self.do_again(),
        }
        self.history.close(before, &self.expected);
        self.look();
    }

    fn record(
        &mut self,
        what: &str,
        mailbox: &str,
        change: Change,
        chosen: &[(u32, Target)],
    ) -> bool {
        if chosen.is_empty() {
            return false;
        }
        let numbers: Vec<u32> = chosen.iter().map(|(number, _)| *number).collect();
        let acted_on = chosen
            .iter()
            .map(|(number, target)| (target.message, *number));
        self.acted_on.extend(acted_on);
        self.tell(format!("user: {what} {numbers:?} of {mailbox}"));
        let label = self.history.open(Deed::of(&change, numbers));
        let targets = chosen.iter().map(|(_, target)| *target).collect();
        let desk = self.desk();
        let action = Action {
            label,
            ..Action::new(Ticket(1), desk.account, change, targets)
        };
        let recorded = desk.store.writer().record_now(action).unwrap();
        assert_eq!(recorded.n_targets, chosen.len());
        true
    }

    fn set(&mut self, mailbox: &str, chosen: &[(u32, Target)], name: &str, on: bool) {
        for (number, _) in chosen {
            // A message that a rival moved away is where the user sees it for the user alone.
            if !self.is_expected(*number, mailbox) {
                continue;
            }
            let places = self.expected.at.get_mut(number).unwrap();
            let names = places.get_mut(mailbox).unwrap();
            if on {
                names.insert(name.to_owned());
            } else {
                names.remove(name);
            }
        }
    }

    /// Whether the model has a message where the user saw it; only what others had to do with may be seen elsewhere.
    fn is_expected(&mut self, number: u32, mailbox: &str) -> bool {
        let is_expected = self.expected.holds(number, mailbox);
        assert!(
            is_expected || self.touched.contains(&number),
            "n{number} is not expected in {mailbox}\n{}",
            self.told()
        );
        is_expected
    }

    fn flag(&mut self, mailbox: &str, chosen: &[(u32, Target)], on: bool) {
        let flag =
            *self
                .random
                .pick(&[SystemFlag::Seen, SystemFlag::Flagged, SystemFlag::Answered]);
        let change = Change::Flag { flag, on };
        if self.record(&format!("{} {on}", flag.name()), mailbox, change, chosen) {
            self.set(mailbox, chosen, flag.name(), on);
        }
    }

    fn keyword(&mut self, mailbox: &str, chosen: &[(u32, Target)], on: bool) {
        let keyword = Keyword::parse("todo").unwrap();
        let change = Change::Keyword { keyword, on };
        if self.record(&format!("todo {on}"), mailbox, change, chosen) {
            self.set(mailbox, chosen, "todo", on);
        }
    }

    /// Moves or copies to another mailbox what is not there yet.
    fn transfer(&mut self, mailbox: &str, mut chosen: Vec<(u32, Target)>, is_move: bool) {
        let others: Vec<&str> = MAILBOXES
            .into_iter()
            .filter(|name| *name != mailbox)
            .collect();
        let to = *self.random.pick(&others);
        let there: BTreeSet<u32> = targets(self.desk(), to)
            .iter()
            .map(|(number, _)| *number)
            .collect();
        let expected = self.expected.clone();
        chosen.retain(|(number, _)| !there.contains(number) && !expected.holds(*number, to));
        let desk = self.desk();
        let known = desk.reader.mailboxes(desk.account).unwrap();
        let Some(target) = known.iter().find(|info| info.name.raw() == to.as_bytes()) else {
            return; // The cache was lost: nobody can choose it.
        };
        let (what, change) = if is_move {
            (format!("move to {to}"), Change::Move { to: target.id })
        } else {
            (format!("copy to {to}"), Change::Copy { to: target.id })
        };
        if !self.record(&what, mailbox, change, &chosen) {
            return;
        }
        for (number, _) in chosen {
            if !is_move {
                *self.n_copies.entry(number).or_default() += 1;
            }
            if !self.is_expected(number, mailbox) {
                continue;
            }
            let names = self.expected.take(number, mailbox);
            if !is_move {
                self.expected.put(number, mailbox, names.clone());
            }
            self.expected.put(number, to, names);
        }
    }

    fn delete(&mut self, mailbox: &str, chosen: &[(u32, Target)]) {
        if !self.record("delete", mailbox, Change::Delete, chosen) {
            return;
        }
        for (number, _) in chosen {
            self.removed.insert(*number);
            if self.expected.holds(*number, mailbox) {
                self.expected.take(*number, mailbox);
            }
        }
    }
}
