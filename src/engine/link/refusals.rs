//! How often a server refused what, and what follows from it. Pure.

use crate::mail::uid::Uid;
use crate::mail::uid_set::UidSet;

/// Refusals in one selection before the rest is given up.
const MOST_REFUSALS: u32 = 500;
/// The same where nothing has come.
const MOST_IN_VAIN: u32 = 40;
/// What becomes of a command that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is taken apart.
    Narrow,
    /// It is taken as it stands: there were too many.
    TooMany,
    /// It is taken as it stands: nothing came of these, however they were asked for.
    InVain(UidSet),
}

/// A command that was refused, with those that it was taken apart into.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Question {
    /// What it was about.
    asked: UidSet,
    /// How often it was refused, whole or in parts.
    n_refused: u32,
}

/// How far refused commands of one selection were narrowed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Narrowing {
    n_refused: u32,
    questions: Vec<Question>,
    /// Messages that were refused alone. The first time may be chance.
    suspects: UidSet,
}

impl Narrowing {
    /// Notes that a command about these messages was refused; `here` are those that came. What came of other commands says
    /// nothing about this one.
    pub fn refused(&mut self, asked: &UidSet, here: &UidSet) -> Verdict {
        self.n_refused = self.n_refused.saturating_add(1);
        let mut known = self.questions.iter();
        let is_part = |whole: &Question| asked.minus(&whole.asked).is_empty();
        let index = known.position(is_part).unwrap_or_else(|| {
            let (asked, n_refused) = (asked.clone(), 0);
            self.questions.push(Question { asked, n_refused });
            self.questions.len() - 1
        });
        let Some(whole) = self.questions.get_mut(index) else {
            return Verdict::TooMany;
        };
        whole.n_refused = whole.n_refused.saturating_add(1);
        let is_vain = || whole.asked.minus(here).len() == whole.asked.len();
        if whole.n_refused > MOST_IN_VAIN && is_vain() {
            Verdict::InVain(whole.asked.clone())
        } else if self.n_refused > MOST_REFUSALS {
            Verdict::TooMany
        } else {
            Verdict::Narrow
        }
    }

    /// Notes that a message was refused alone; true where it was before.
    pub fn is_at_fault(&mut self, uid: Uid) -> bool {
        let is_known = self.suspects.contains(uid);
        self.suspects.insert(uid);
        is_known
    }
}

/// Refused commands for bodies of one selection, of which the first that comes shows that they can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BodyRefusals {
    n_refused: u32,
    has_come: bool,
}

impl BodyRefusals {
    /// A body came.
    pub const fn came(&mut self) {
        self.has_come = true;
    }

    /// Notes a refusal; false where it is one too many.
    pub const fn goes_on(&mut self) -> bool {
        self.n_refused = self.n_refused.saturating_add(1);
        self.n_refused <= MOST_REFUSALS && !self.is_in_vain()
    }

    /// Whether nothing comes, however often it is asked for.
    #[must_use]
    pub const fn is_in_vain(&self) -> bool {
        !self.has_come && self.n_refused > MOST_IN_VAIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_one_too_many_where_nothing_of_it_comes() {
        let none = UidSet::new();
        let older = UidSet::from_range(1, 500);
        let mut narrowing = Narrowing::default();
        for low in 1..=MOST_IN_VAIN {
            let part = UidSet::from_range(low, 500);
            assert_eq!(narrowing.refused(&part, &none), Verdict::Narrow);
        }
        let newer = UidSet::from_range(501, 600);
        let verdict = narrowing.refused(&older, &newer);
        assert_eq!(
            verdict,
            Verdict::InVain(older),
            "what else came says nothing"
        );
    }

    #[test]
    fn where_something_of_it_comes_there_may_be_many() {
        let asked = UidSet::from_range(1, 500);
        let mut narrowing = Narrowing::default();
        let here = UidSet::from_range(7, 7);
        for _ in 0..MOST_REFUSALS {
            assert_eq!(narrowing.refused(&asked, &here), Verdict::Narrow);
        }
        assert_eq!(narrowing.refused(&asked, &here), Verdict::TooMany);
    }

    #[test]
    fn each_question_counts_by_itself() {
        let none = UidSet::new();
        let mut narrowing = Narrowing::default();
        for block in 1..=10_u32 {
            let asked = UidSet::from_range(block * 500 + 1, block * 500 + 500);
            for _ in 0..MOST_IN_VAIN {
                assert_eq!(narrowing.refused(&asked, &none), Verdict::Narrow);
            }
        }
    }

    #[test]
    fn bodies_are_given_up_where_none_comes_or_after_all_too_many() {
        let mut refusals = BodyRefusals::default();
        assert!((0..MOST_IN_VAIN).all(|_| refusals.goes_on()));
        assert!(!refusals.goes_on());
        refusals.came();
        let mut n_refused = MOST_IN_VAIN + 1;
        while refusals.goes_on() {
            n_refused += 1;
        }
        assert_eq!(n_refused, MOST_REFUSALS);
    }

    #[test]
    fn a_message_is_at_fault_when_it_is_refused_alone_a_second_time() {
        let mut narrowing = Narrowing::default();
        let uids = [1, 2, 1].map(|uid| narrowing.is_at_fault(Uid::new(uid).unwrap()));
        assert_eq!(uids, [false, false, true]);
    }
}
