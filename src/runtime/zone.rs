//! The local time zone for the drawing thread: it lies in a file, which is looked at seldom.

use jiff::tz::TimeZone;

/// Seconds after which the zone is read again: whoever travels sees it within a minute.
const ZONE_HOLDS: u64 = 60;

/// The local time zone as it was read last.
#[derive(Debug, Default)]
pub struct Zone {
    read: Option<(i64, TimeZone)>,
}

impl Zone {
    /// The zone's distance from UTC at a time, in seconds east.
    pub fn offset_at(&mut self, seconds: i64) -> i32 {
        self.offset_in(seconds, TimeZone::system)
    }

    fn offset_in(&mut self, seconds: i64, read: impl FnOnce() -> TimeZone) -> i32 {
        // The clock may be set back, too.
        let holds = |(at, _): &(i64, TimeZone)| seconds.abs_diff(*at) < ZONE_HOLDS;
        let (_, zone) = match &mut self.read {
            Some(read) if holds(read) => read,
            old => old.insert((seconds, read())),
        };
        jiff::Timestamp::from_second(seconds).map_or(0, |at| zone.to_offset(at).seconds())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_is_read_once_a_minute_and_its_rules_hold_in_between() {
        let (mut zone, mut n_read) = (Zone::default(), 0);
        let rule = "CET-1CEST,M3.5.0,M10.5.0/3";
        let mut at = |seconds| {
            zone.offset_in(seconds, || {
                n_read += 1;
                TimeZone::posix(rule).unwrap()
            })
        };
        // 2026-03-29, 01:00 UTC: summer time begins.
        let begins = 1_774_746_000;
        assert_eq!(at(begins - 30), 3_600);
        for second in 0..29 {
            assert_eq!(at(begins + second), 7_200);
        }
        assert_eq!(at(begins + 30), 7_200);
        assert_eq!(at(begins - 3_600), 3_600, "the clock was set back");
        assert_eq!(n_read, 3);
    }
}
