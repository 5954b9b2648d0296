//! What a connection tells the rest of the program.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::channel::error::{RemoteError, StoreError};
use crate::channel::event::{Connection, Event};
use crate::engine::link::{Link, PROGRESS_EVERY};
use crate::engine::store_failed;
use crate::mail::mailbox::MailboxId;
use crate::mail::safe_text::SafeText;

/// Alerts of one connection that are told within a minute.
const MOST_ALERTS: usize = 5;
/// Alerts that are remembered, so that none is told twice in a row of others.
const MOST_REMEMBERED: usize = 20;

/// What a server wanted to have shown on one connection: it may say so without end.
#[derive(Debug, Clone, Default)]
pub struct Alerts {
    told: VecDeque<(Instant, SafeText)>,
}

impl Alerts {
    /// Notes an alert; false where it is one too many, or was told before.
    fn is_news(&mut self, text: &SafeText, now: Instant) -> bool {
        let mut told = self.told.iter();
        let is_known = told.any(|(_, known)| known == text);
        let lately = |(at, _): &&(Instant, SafeText)| now < *at + Duration::from_mins(1);
        if is_known || self.told.iter().filter(lately).count() >= MOST_ALERTS {
            return false;
        }
        self.told.push_back((now, text.clone()));
        if self.told.len() > MOST_REMEMBERED {
            self.told.pop_front();
        }
        true
    }
}

impl Link<'_> {
    /// Shows the server's words, as RFC 3501 §7.1 asks for ALERT.
    pub(in crate::engine) fn tell_alert(&mut self, text: &SafeText) {
        if !self.alerts.is_news(text, self.setup.clock.now()) {
            return;
        }
        let words = format!("{} says: \"{text}\"", self.setup.settings.imap.host);
        self.tell(Event::Notice(SafeText::line(&words)));
    }

    /// Sends an event; a runtime that is gone is nobody to tell.
    pub(in crate::engine) fn tell(&self, event: Event) {
        let _ = self.setup.events.send(event);
    }

    /// Tells how far the gap is filled, not too often.
    pub(in crate::engine) fn tell_progress(
        &mut self,
        mailbox: MailboxId,
        n_done: u64,
        n_total: u64,
    ) {
        let now = self.setup.clock.now();
        if self.told_at.is_some_and(|at| now < at + PROGRESS_EVERY) {
            return;
        }
        self.told_at = Some(now);
        self.is_rest_told = false;
        let state = Connection::Syncing {
            mailbox,
            n_done,
            n_total,
        };
        self.setup.tell_state(state);
    }

    /// Turns a failure of the store into the end of this connection; the user is told by the store's own words.
    pub(in crate::engine) fn stored<T>(
        &self,
        result: Result<T, StoreError>,
    ) -> Result<T, RemoteError> {
        result.map_err(|error| {
            let failed = store_failed(&error);
            self.tell(Event::StoreFailed(error));
            failed
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_are_told_once_each_and_a_few_in_a_minute() {
        let (mut alerts, start) = (Alerts::default(), Instant::now());
        let mut n_told = |words: std::ops::Range<u32>, minutes| {
            let now = start + Duration::from_mins(minutes);
            let words = words.map(|n| SafeText::line(&n.to_string()));
            words.filter(|text| alerts.is_news(text, now)).count()
        };
        assert_eq!(n_told(0..100, 0), MOST_ALERTS);
        assert_eq!(n_told(100..200, 0), 0);
        assert_eq!(n_told(0..3, 1), 0, "these were told");
        assert_eq!(n_told(3..100, 1), MOST_ALERTS);
        for minutes in 2..100 {
            assert_eq!(n_told(200..300, minutes), MOST_ALERTS);
        }
        assert!(alerts.told.len() <= MOST_REMEMBERED);
    }
}
