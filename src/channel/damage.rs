//! What is told of damaged databases: a cache that was replaced, and what can still be read of a `state.db`.

use crate::mail::safe_text::SafeText;

/// A cache that was put aside; an empty one stands in its place and fills from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// How the damage showed.
    pub why: SafeText,
    /// The path of the copy that is kept.
    pub copy: SafeText,
}

impl Replaced {
    /// One sentence for the user.
    #[must_use]
    pub fn words(&self) -> String {
        format!(
            "the cache was damaged ({}) and is rebuilt from the server; what it was is kept in {}",
            self.why, self.copy
        )
    }
}

/// One sentence for the user where the log of `state.db` has lost commits.
pub const COMMITS_LOST: &str = "the log of state.db was damaged or cut: what was done here last may be missing; look at \
    your drafts, the outbox and the marks you made";

/// What can be read of a damaged `state.db`. Nothing was changed to find it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// The path of the file.
    pub file: SafeText,
    /// How the damage showed.
    pub cause: SafeText,
    /// What was in it, in the order in which it matters to the user.
    pub kinds: Vec<Kind>,
}

/// One kind of things that `state.db` keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// What they are, in the plural: `accounts`.
    pub name: &'static str,
    /// How many can be read.
    pub n_readable: u64,
    /// Whether those are all; else there may have been more.
    pub is_whole: bool,
}
