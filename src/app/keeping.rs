//! What the screen knows of what is kept on this machine: a question on its way, and what has not come.

use crate::channel::kept::{Missing, Weight};
use crate::mail::account::AccountId;

/// Which messages a key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The message, or what is selected.
    Chosen,
    /// The thread of the message under the cursor.
    Thread,
    /// The list, or what it is limited to.
    List,
    /// The folder under the cursor of the folder pane.
    Folder,
}

/// How much it would be to keep something: asked before it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What is meant.
    pub scope: Scope,
    /// How much it is.
    pub weight: Weight,
    /// Messages that the folder has on the server and that are not listed here yet; 0 where that is not meant.
    pub n_unlisted: u64,
}

/// What is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keeping {
    /// The number of the question to the store, and what it is about; `None` when none is open.
    pub asked: Option<(u64, Scope)>,
    /// What has not come, by account; nothing for an account of which all is here.
    pub missing: Vec<Missing>,
}

impl Keeping {
    /// Notes what has not come; whether everything has just come.
    pub fn note(&mut self, missing: Missing) -> bool {
        let was_coming = self.forget(missing.account);
        if missing.n_left > 0 || missing.is_coming {
            self.missing.push(missing);
            return false;
        }
        was_coming
    }

    /// Forgets what has not come of an account; whether it was being fetched.
    pub fn forget(&mut self, account: AccountId) -> bool {
        let is_own = |missing: &Missing| missing.account == account;
        let was_coming = self.missing.iter().any(|own| is_own(own) && own.is_coming);
        self.missing.retain(|own| !is_own(own));
        was_coming
    }
}
