//! Waiting for news: IDLE. RFC 2177. Ended with `Session::end_idle`.

use crate::remote::command::Command;

/// Has the server tell news as they come. Commands queued behind wait until it has ended.
#[must_use]
pub fn idle() -> Command {
    Command::new_idle()
}
