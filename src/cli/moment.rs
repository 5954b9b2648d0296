//! The moment at which a mail is built: the clock, the local zone, and chance.

use std::hash::{BuildHasher, RandomState};

use jiff::tz::TimeZone;

use crate::mail::outgoing::Moment;

/// Now.
#[must_use]
pub fn now() -> Moment {
    let now = jiff::Timestamp::now();
    // Keys from the system's random source, others each time.
    let random = |salt: u32| u128::from(RandomState::new().hash_one((salt, now.as_nanosecond())));
    Moment {
        seconds: now.as_second(),
        offset_minutes: TimeZone::system().to_offset(now).seconds() / 60,
        random: random(1) << 64 | random(2),
    }
}
