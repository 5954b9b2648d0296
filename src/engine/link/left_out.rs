//! Messages that a server was found not to give, for both lanes and as long as the engine runs: no command names them
//! again, and the numbers add up without them. The next start tries again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::mail::mailbox::MailboxId;
use crate::mail::uid::{Uid, UidValidity};
use crate::mail::uid_set::UidSet;

/// Messages of one mailbox that are done without.
const MOST: u64 = 50;

/// A mailbox under one UIDVALIDITY.
type Place = (MailboxId, UidValidity);

/// What is not had of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// Its header: it is in no list.
    Header,
    /// What changed of its flags: it is shown as it was seen last.
    Flags,
}

/// What one mailbox does without.
#[derive(Debug, Default)]
struct Faulty {
    headers: UidSet,
    flags: UidSet,
    /// Nothing came of these, however they were asked for.
    hopeless: UidSet,
}

/// All of them.
#[derive(Debug, Clone, Default)]
pub struct LeftOut(Arc<Mutex<BTreeMap<Place, Faulty>>>);

impl LeftOut {
    /// Does without one more message: `Some(true)` where it is the first of its mailbox, `None` where it would be one too
    /// many.
    #[must_use]
    pub fn add(&self, place: Place, uid: Uid, lack: Lack) -> Option<bool> {
        let mut all = self.lock();
        let faulty = all.entry(place).or_default();
        let n = faulty.headers.len() + faulty.flags.len();
        if n >= MOST {
            return None;
        }
        match lack {
            Lack::Header => faulty.headers.insert(uid),
            Lack::Flags => faulty.flags.insert(uid),
        }
        Some(n == 0)
    }

    /// The messages of a mailbox that no command may name.
    #[must_use]
    pub fn all(&self, place: Place) -> UidSet {
        let all = self.lock();
        let mut set = UidSet::new();
        if let Some(faulty) = all.get(&place) {
            set.merge(&faulty.headers);
            set.merge(&faulty.flags);
        }
        set
    }

    /// How many messages of a mailbox are in no list; none where its UIDVALIDITY is not known.
    #[must_use]
    pub fn n_unlisted(&self, mailbox: MailboxId, validity: Option<UidValidity>) -> u64 {
        let all = self.lock();
        let faulty = validity.and_then(|validity| all.get(&(mailbox, validity)));
        faulty.map_or(0, |faulty| faulty.headers.len())
    }

    /// Forgets all of a mailbox but these UIDs, which exist and are in no list.
    pub fn keep_unlisted(&self, place: Place, unlisted: &UidSet) {
        if let Some(faulty) = self.lock().get_mut(&place) {
            let others = faulty.headers.minus(unlisted);
            faulty.headers = faulty.headers.minus(&others);
        }
    }

    /// Notes that nothing came of these, however they were asked for: their next refusal is taken as it stands.
    pub fn give_up(&self, place: Place, set: &UidSet) {
        self.lock().entry(place).or_default().hopeless.merge(set);
    }

    /// Whether that is so of all of them.
    #[must_use]
    pub fn is_hopeless(&self, place: Place, set: &UidSet) -> bool {
        let all = self.lock();
        let faulty = all.get(&place);
        faulty.is_some_and(|faulty| set.minus(&faulty.hopeless).is_empty())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Place, Faulty>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_left_out_up_to_a_number_and_only_while_they_exist() {
        let left_out = LeftOut::default();
        let place = (MailboxId::new(1), UidValidity::new(7).unwrap());
        let add = |uid, lack| left_out.add(place, Uid::new(uid).unwrap(), lack);
        assert_eq!(add(5, Lack::Header), Some(true));
        assert_eq!(add(9, Lack::Header), Some(false));
        assert_eq!(add(11, Lack::Flags), Some(false));
        assert_eq!(left_out.all(place).to_string(), "5,9,11");
        assert_eq!(left_out.n_unlisted(place.0, Some(place.1)), 2);
        left_out.keep_unlisted(place, &UidSet::from_range(6, 9));
        assert_eq!(left_out.all(place).to_string(), "9,11");
        let n_more = (100..200).filter(|uid| add(*uid, Lack::Header).is_some());
        assert_eq!(n_more.count() as u64, MOST - 2);
        assert_eq!(left_out.n_unlisted(place.0, UidValidity::new(8)), 0);
    }
}
