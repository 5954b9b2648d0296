//! This machine's clock beside a server's, without leaving anything on the server.
//!
//! IMAP has no word for the time, but three things show it: how old a message is by the server's clock, which can be asked
//! for (WITHIN, RFC 5032); the words of a greeting, in which some servers tell the time; and when messages arrived, which was
//! not after the server's now. The first two show a clock that is fast as well as one that is slow.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::channel::error::RemoteError;
use crate::engine::checkup::ask;
use crate::engine::checkup::findings::{Check, Checkup, Outcome};
use crate::engine::checkup::mends::SET_CLOCK;
use crate::mail::safe_text::SafeText;
use crate::remote::command::search;
use crate::remote::response::{Untagged, date};
use crate::remote::session::Session;

/// Clocks that are further apart than this are told, in seconds. A greeting may have waited before it was sent.
const SLACK: i64 = 300;
/// Nobody's clock is further off than this, in seconds: then it is the answers that are wrong.
const ABSURD: i64 = 10 * 366 * 86_400;
/// No server's now is before this program was written.
const EARLIEST: i64 = 1_767_225_600; // 2026-01-01
const LATEST: i64 = 4_102_444_800; // 2100-01-01
/// How exactly a difference is looked for, in seconds.
const GRAIN: i64 = 60;

/// A message's sequence number, and when it arrived, in seconds since 1970.
pub(super) type Arrival = (u32, i64);

/// How this machine's clock stands to the server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beside {
    /// Less than [`SLACK`] apart.
    Close,
    /// This machine's is ahead by so many seconds, more or less; behind, where that is negative.
    Apart(i64),
}

impl Beside {
    const fn of(ahead: i64) -> Self {
        if ahead.abs() <= SLACK {
            Self::Close
        } else {
            Self::Apart(ahead)
        }
    }
}

/// This machine's clock, in seconds since 1970.
pub(super) fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX))
}

/// What the words of a greeting that has just come show; `None` where they tell no time, or one that cannot be.
pub(super) fn greeted(words: &str, now: i64) -> Option<Beside> {
    let told = date::told(words).filter(|told| (EARLIEST..LATEST).contains(told))?;
    Some(Beside::of(now.saturating_sub(told)))
}

/// What the server says of the age of two messages, given their ages by this machine's clock; `None` where that cannot be,
/// or where there are no two. Only both together show a difference: a server that reckons in days shows another for each.
fn compared<E>(
    ages: [Option<i64>; 2],
    is_younger: &mut dyn FnMut(usize, u32) -> Result<bool, E>,
) -> Result<Option<Beside>, E> {
    let [Some(first), second] = ages else {
        return Ok(None);
    };
    let ahead = match age_there(first, &mut |seconds| is_younger(0, seconds))? {
        Age::AsHere => return Ok(Some(Beside::Close)),
        Age::Absurd => return Ok(None),
        Age::About(there) => first - there,
    };
    let Some(second) = second else {
        return Ok(None);
    };
    Ok(
        match age_there(second, &mut |seconds| is_younger(1, seconds))? {
            Age::About(there) if ahead.abs_diff(second - there) <= SLACK.unsigned_abs() => {
                Some(Beside::of(ahead))
            }
            _ => None,
        },
    )
}

/// How old a message is by the server's clock.
enum Age {
    AsHere,
    About(i64),
    Absurd,
}

/// Looks for the age of a message by the server's clock, beginning with its age by this machine's.
fn age_there<E>(age: i64, is_younger: &mut dyn FnMut(u32) -> Result<bool, E>) -> Result<Age, E> {
    // 0 seconds cannot be asked for, and no message is younger than that.
    let mut is_younger = |seconds: i64| match u32::try_from(seconds) {
        Ok(seconds) if seconds > 0 => is_younger(seconds),
        _ => Ok(false),
    };
    let (mut older, mut younger) = (age.saturating_sub(SLACK), age.saturating_add(SLACK));
    if !is_younger(younger)? {
        (older, younger) = (younger, age.saturating_add(ABSURD));
        if !is_younger(younger)? {
            return Ok(Age::Absurd);
        }
    } else if is_younger(older)? {
        (older, younger) = (0, older);
    } else {
        return Ok(Age::AsHere);
    }
    while younger - older > GRAIN {
        let middle = older.midpoint(younger);
        if is_younger(middle)? {
            younger = middle;
        } else {
            older = middle;
        }
    }
    Ok(Age::About(younger))
}

/// What the server says of the age of its messages; `None` where it is not asked, or says nothing that can be.
pub(super) fn asked(
    session: &mut Session,
    arrivals: &[Arrival],
) -> Result<Option<Beside>, RemoteError> {
    if !session.capabilities().has("WITHIN") {
        return Ok(None);
    }
    let past = || {
        let now = now();
        arrivals.iter().filter(move |(_, arrived)| *arrived < now)
    };
    let oldest = past().min_by_key(|(_, arrived)| *arrived);
    let newest = past().max_by_key(|(_, arrived)| *arrived);
    let witnesses = [oldest, newest.filter(|newest| Some(*newest) != oldest)];
    let ages = witnesses.map(|witness| witness.map(|(_, arrived)| now() - arrived));
    let compared = compared(ages, &mut |at, seconds| {
        let Some((number, _)) = witnesses.get(at).copied().flatten() else {
            return Ok(false);
        };
        let answers = ask(session, search::younger(*number, seconds))?;
        Ok(answers
            .iter()
            .any(|answer| matches!(answer, Untagged::Search(found) if found.contains(number))))
    });
    match compared {
        // Offered, and not understood: then other things have to tell.
        Err(RemoteError::Refused { .. }) => Ok(None),
        compared => compared,
    }
}

impl Checkup {
    /// The clock beside the mail server's, by the surest of what was seen. Where the INBOX was not shown, `arrivals` are
    /// the server's words.
    pub(super) fn clock(
        &mut self,
        asked: Option<Beside>,
        arrivals: Result<Vec<Arrival>, SafeText>,
    ) {
        if let Some(beside) = asked {
            return self.beside(beside, "it says how old its messages are");
        }
        if let Some(beside) = self.greeted {
            return self.beside(beside, "its greeting tells the time");
        }
        let arrivals = match arrivals {
            Ok(arrivals) => arrivals,
            Err(text) => {
                let detail = format!(
                    "the server tells no time, and would not show when the messages of the INBOX came: \"{text}\""
                );
                return self.add(Check::Clock, Outcome::Skipped, &detail, None);
            }
        };
        let newest = arrivals.iter().map(|(_, arrived)| *arrived).max();
        let Some(newest) = newest else {
            let detail = "the server tells no time, and the INBOX is empty, so there is nothing to compare with";
            return self.add(Check::Clock, Outcome::Skipped, detail, None);
        };
        let since = now().saturating_sub(newest);
        if since < -SLACK {
            return self.beside(Beside::Apart(since), "it has a message from the future");
        }
        let detail = format!(
            "no message is from the future, and this machine's clock is fast by {} at most: then the newest came. The \
             server tells no time of its own",
            span(since)
        );
        self.fine(Check::Clock, &detail);
    }

    /// The clock beside the submission server's, which only its greeting can show.
    pub(super) fn submission_clock(&mut self) {
        if let Some(beside) = self.greeted {
            return self.beside(beside, "its greeting tells the time");
        }
        let detail = "its greeting tells no time that can be trusted";
        self.add(Check::Clock, Outcome::Skipped, detail, None);
    }

    fn beside(&mut self, beside: Beside, how: &str) {
        let Beside::Apart(ahead) = beside else {
            let detail = format!("within {} of the server's: {how}", span(SLACK));
            return self.fine(Check::Clock, &detail);
        };
        let (here, there) = if ahead > 0 {
            ("fast", "slow")
        } else {
            ("slow", "fast")
        };
        let detail = format!(
            "this machine's clock is {here} by {}, or the server's {there}: {how}",
            span(ahead.saturating_abs())
        );
        let mend = Some(SET_CLOCK.to_owned());
        self.add(Check::Clock, Outcome::Doubtful, &detail, mend);
    }
}

/// A length of time for people.
fn span(seconds: i64) -> String {
    let (n, unit) = match seconds {
        ..7_200 => ((seconds.max(1) + 59) / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let more = if n == 1 { "" } else { "s" };
    format!("{n} {unit}{more}")
}

#[cfg(test)]
mod tests;
