//! The sample mailbox of the demo.

pub mod bulk;

use crate::demo::shared::Shared;
use crate::demo::state::State;

/// Fills an account with the sample mail, dated relative to `now` (seconds since the epoch).
pub fn fill(state: &mut State, now: i64) {
    let _ = (state, now);
}

/// Lets one new mail arrive in INBOX.
pub fn arrive(shared: &Shared, now: i64) {
    let _ = (shared, now);
}
