//! Dates as they stand in a header and in an attribution line.

use jiff::Timestamp;
use jiff::Zoned;
use jiff::tz::{Offset, TimeZone};

/// The Date field: `Mon, 02 Mar 2026 09:05:00 +0100`. RFC 5322 §3.3.
pub fn field(seconds: i64, offset_minutes: i32) -> String {
    let zoned = zoned(seconds, offset_minutes).unwrap_or_default();
    zoned.strftime("%a, %d %b %Y %H:%M:%S %z").to_string()
}

/// For a sentence: `Mon, 2 Mar 2026 at 09:05 +0100`; `None` for a date that no calendar has.
pub fn spoken(seconds: i64, offset_minutes: i32) -> Option<String> {
    let zoned = zoned(seconds, offset_minutes)?;
    Some(zoned.strftime("%a, %-d %b %Y at %H:%M %z").to_string())
}

/// For a line of its own: `Mon, 2 Mar 2026 09:05 +0100`.
pub fn listed(seconds: i64, offset_minutes: i32) -> Option<String> {
    let zoned = zoned(seconds, offset_minutes)?;
    Some(zoned.strftime("%a, %-d %b %Y %H:%M %z").to_string())
}

fn zoned(seconds: i64, offset_minutes: i32) -> Option<Zoned> {
    let offset = Offset::from_seconds(offset_minutes.checked_mul(60)?).ok()?;
    let timestamp = Timestamp::from_second(seconds).ok()?;
    let zoned = timestamp.to_zoned(TimeZone::fixed(offset));
    (1900..10_000).contains(&zoned.year()).then_some(zoned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_carry_their_zone() {
        assert_eq!(field(1_772_438_700, 60), "Mon, 02 Mar 2026 09:05:00 +0100");
        assert_eq!(field(880_127_706, -330), "Fri, 21 Nov 1997 10:25:06 -0530");
        let spoken = spoken(1_772_438_700, 60);
        assert_eq!(spoken.as_deref(), Some("Mon, 2 Mar 2026 at 09:05 +0100"));
        assert_eq!(listed(i64::MAX, 0), None);
        assert_eq!(field(i64::MAX, i32::MAX), "Thu, 01 Jan 1970 00:00:00 +0000");
    }
}
