//! What the user takes back and does again, and what must come of it.

use std::collections::{BTreeMap, BTreeSet};

use sterna::channel::operation::{Change, Undone};

use crate::view::{Names, View, here};
use crate::world::World;

/// Where a message is, with which flags; `None` for nowhere.
type Places = Option<BTreeMap<String, Names>>;

/// One action of the user's.
pub struct Deed {
    label: String,
    numbers: Vec<u32>,
    /// There always is a way back from it, as long as its messages are there.
    is_reversible: bool,
    is_copy: bool,
    /// The cache was lost since: its messages have other numbers now.
    is_old: bool,
    before: View,
    after: View,
}

impl Deed {
    /// A change of messages with these numbers.
    pub fn of(change: &Change, numbers: Vec<u32>) -> Self {
        let is_copy = matches!(change, Change::Copy { .. });
        Self {
            label: String::new(),
            numbers,
            is_reversible: !is_copy && *change != Change::Delete,
            is_copy,
            is_old: false,
            before: View::default(),
            after: View::default(),
        }
    }
}

/// What can be taken back, and what was taken back and can be done again; the last is the next.
#[derive(Default)]
pub struct History {
    done: Vec<Deed>,
    undone: Vec<Deed>,
    n_deeds: usize,
    is_open: bool,
}

impl History {
    /// An action is about to be recorded; gives its name, which no other has.
    pub fn open(&mut self, mut deed: Deed) -> String {
        self.n_deeds += 1;
        deed.label = format!("deed {}", self.n_deeds);
        let label = deed.label.clone();
        self.done.push(deed);
        self.undone.clear();
        self.is_open = true;
        label
    }

    /// It was recorded, if there was one.
    pub fn close(&mut self, before: View, after: &View) {
        if std::mem::take(&mut self.is_open)
            && let Some(deed) = self.done.last_mut()
        {
            (deed.before, deed.after) = (before, after.clone());
        }
    }

    pub fn cache_is_lost(&mut self) {
        let all = self.done.iter_mut().chain(&mut self.undone);
        all.for_each(|deed| deed.is_old = true);
    }
}

/// The deed of this name. Those behind it were passed over: there was nothing to be done about them.
fn pop(deeds: &mut Vec<Deed>, label: &str) -> Option<Deed> {
    while let Some(deed) = deeds.pop() {
        if deed.label == label {
            return Some(deed);
        }
    }
    assert_eq!(label, "", "nobody did that");
    None
}

impl World {
    /// The user takes back what was done last.
    pub fn take_back(&mut self) {
        let last = self.history.done.last();
        if !self.deletes && last.is_some_and(|deed| deed.is_copy) {
            return; // As with deletions: without UIDPLUS a mark is all that a server can be given.
        }
        self.forgive_parked();
        let in_doubt = self.in_doubt();
        let undone = self.desk().store.writer().undo_now().unwrap();
        self.tell(format!("user: undo: {undone:?}"));
        let Some(deed) = pop(&mut self.history.done, &undone.label) else {
            return;
        };
        if deed.is_copy {
            self.removed.extend(&deed.numbers); // The original may have gone meanwhile.
        }
        self.turn(&deed, false, &undone, &in_doubt);
        if undone.stands.is_none() {
            self.history.undone.push(deed);
        }
    }

    /// The user does again what was taken back last.
    pub fn do_again(&mut self) {
        self.forgive_parked();
        let in_doubt = self.in_doubt();
        let redone = self.desk().store.writer().redo_now().unwrap();
        self.tell(format!("user: redo: {redone:?}"));
        let Some(deed) = pop(&mut self.history.undone, &redone.label) else {
            return;
        };
        if deed.is_copy {
            for number in &deed.numbers {
                *self.n_copies.entry(*number).or_default() += 1;
            }
        }
        self.turn(&deed, true, &redone, &in_doubt);
        self.history.done.push(deed);
    }

    /// Expects of each message of a deed what was before it, or (`is_again`) behind it.
    fn turn(&mut self, deed: &Deed, is_again: bool, told: &Undone, in_doubt: &BTreeSet<u32>) {
        let shown = here(self.desk());
        let (from, to) = if is_again {
            (&deed.before, &deed.after)
        } else {
            (&deed.after, &deed.before)
        };
        for number in &deed.numbers {
            let places = |view: &View| -> Places { view.at.get(number).cloned() };
            let (from, to, shown) = (places(from), places(to), places(&shown));
            // Behind a lost cache messages are found by the addresses in the journal, where it has them.
            let is_found = !deed.is_old || (!is_again && told.n_skipped == 0);
            let is_known = self.is_complete && is_found && places(&self.expected) == from;
            if !is_known || (in_doubt.contains(number) && !deed.is_reversible) {
                self.touched.insert(*number);
            }
            if self.touched.contains(number) || told.stands.is_some() {
                continue;
            }
            // From a copy or a deletion that the server has made there may be no way back: either is right.
            if deed.is_reversible || shown == to {
                self.expected.set(*number, to);
            } else {
                assert!(
                    shown == from,
                    "{}: n{number} is {shown:?}, neither {from:?} nor {to:?}",
                    deed.label
                );
            }
        }
    }
}
