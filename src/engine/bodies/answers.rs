//! What the end of a FETCH of whole bodies means for each of them: one that cannot be had does not cost the others.

use crate::channel::error::RemoteError;
use crate::engine::bodies::gone;
use crate::engine::link::Link;
use crate::engine::link::step::Step;
use crate::mail::uid::Uid;
use crate::remote::command::{fetch, select};

impl Link<'_> {
    /// It was answered: what did not come is gone, or not known to this connection yet.
    pub(in crate::engine) fn bodies_ended(&mut self, uids: &[Uid]) {
        for uid in self.not_stored(uids) {
            if self.may_retry(uid) {
                self.ask_bodies(&[uid]);
            } else {
                self.body_failed(uid, &gone());
            }
        }
    }

    /// It was refused: what came is here, and what did not is asked for in halves, until only those at fault are left.
    pub(in crate::engine) fn bodies_refused(&mut self, uids: &[Uid], error: &RemoteError) {
        let rest = self.not_stored(uids);
        let may_narrow = uids.len() > 1;
        if let Some(selection) = self.selection.as_mut().filter(|_| may_narrow) {
            if selection.body_refusals.goes_on() {
                let half = rest.len().div_ceil(2).max(1);
                return rest.chunks(half).for_each(|part| self.ask_bodies(part));
            }
            if selection.body_refusals.is_in_vain() {
                selection.ahead.clear(); // It gives none at all.
                selection.is_prefetched = true;
            }
        }
        for uid in rest {
            self.body_failed(uid, error);
        }
    }

    fn ask_bodies(&mut self, uids: &[Uid]) {
        let command = fetch::bodies(&uids.iter().copied().collect());
        self.send(command, Step::Bodies(uids.to_vec()));
    }

    /// Those of which no whole body came; with the others everything is done.
    fn not_stored(&mut self, uids: &[Uid]) -> Vec<Uid> {
        let is_stored = |uid: &Uid| self.works.get(uid).is_some_and(|work| work.is_stored);
        let (stored, rest): (Vec<Uid>, Vec<Uid>) = uids.iter().copied().partition(is_stored);
        for uid in &stored {
            self.works.remove(uid);
        }
        if let Some(selection) = self.selection.as_mut().filter(|_| !stored.is_empty()) {
            selection.body_refusals.came();
        }
        rest
    }

    /// Has the server look for news before a second attempt; false when there was one.
    pub(super) fn may_retry(&mut self, uid: Uid) -> bool {
        let Some(work) = self.works.get_mut(&uid) else {
            return false;
        };
        if std::mem::replace(&mut work.is_retried, true) {
            return false;
        }
        self.send(select::noop(), Step::Noop);
        true
    }
}
