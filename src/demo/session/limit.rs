//! MESSAGELIMIT: of so many messages at once a command is carried out, those with the highest UIDs. RFC 9738 §3.

use std::io;

use crate::demo::dialect::oddity::Oddity;
use crate::demo::session::search_key::Key;
use crate::demo::session::{Reply, Session};

impl Session {
    /// Leaves as many of the targets, as positions with UIDs, as one command may have, and notes where it stopped.
    pub(super) fn limit(&mut self, targets: &mut Vec<(u32, u32)>) {
        let n_left_out = self.n_beyond(targets.len());
        let lowest = targets.get(n_left_out).map(|target| target.1);
        if n_left_out > 0 {
            targets.sort_unstable();
            targets.drain(..n_left_out);
            self.stopped_at = lowest;
        }
    }

    /// Whether a command may name so many messages.
    pub(super) fn is_within_limit(&self, n_messages: usize) -> bool {
        self.n_beyond(n_messages) == 0
    }

    /// The lowest UID that a search looks at. What its sets leave out does not count.
    pub(super) fn searched_from(&mut self, key: &Key) -> u32 {
        let uids = self.selected.iter().flat_map(|selected| &selected.uids);
        let within: Vec<u32> = uids.copied().filter(|uid| key.names(*uid)).collect();
        let n_left_out = self.n_beyond(within.len());
        let lowest = within.get(n_left_out).copied().filter(|_| n_left_out > 0);
        self.stopped_at = lowest;
        lowest.unwrap_or(0)
    }

    fn n_beyond(&self, n_messages: usize) -> usize {
        let limit = self.dialect.message_limit().unwrap_or(usize::MAX);
        n_messages.saturating_sub(limit)
    }

    /// Says with the answer how far down the command was carried out: apart from it where it has a code of its own.
    pub(super) fn tell_limit(&mut self, reply: Reply) -> io::Result<Reply> {
        let stopped_at = self.stopped_at.take();
        let Some((limit, lowest)) = self.dialect.message_limit().zip(stopped_at) else {
            return Ok(reply);
        };
        let code = format!("[MESSAGELIMIT {limit} {lowest}]");
        let Some(text) = reply.0.strip_prefix("OK ") else {
            return Ok(reply);
        };
        if text.starts_with('[') || self.dialect.is_odd(Oddity::LimitApart) {
            self.output
                .line(&format!("* NO {code} That was not all of it"))?;
            return Ok(reply);
        }
        Ok(Reply::ok(format!("{code} {text}")))
    }
}
