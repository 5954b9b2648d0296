//! Dates as IMAP writes them. RFC 3501 §9 `date-time` and `date`.

use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

/// Seconds since the epoch, now.
pub fn now() -> i64 {
    Timestamp::now().as_second()
}

/// `20-Nov-2026 09:15:00 +0000`, two places for the day.
pub fn write(seconds: i64) -> String {
    let zoned = Timestamp::from_second(seconds)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_zoned(TimeZone::UTC);
    strtime::format("%e-%b-%Y %H:%M:%S +0000", &zoned).unwrap_or_default()
}

/// Reads a `date-time`; seconds since the epoch.
pub fn parse(text: &str) -> Option<i64> {
    strtime::parse("%d-%b-%Y %H:%M:%S %z", text.trim())
        .ok()?
        .to_timestamp()
        .ok()
        .map(Timestamp::as_second)
}

/// Reads a `date` (`1-Feb-2026`); the seconds since the epoch at which that day begins in UTC.
pub fn parse_day(text: &str) -> Option<i64> {
    parse(&format!("{} 00:00:00 +0000", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_go_both_ways() {
        let text = " 7-Feb-2026 23:59:59 +0000";
        let seconds = parse(text).unwrap();
        assert_eq!(write(seconds), text);
        assert_eq!(parse("07-Feb-2026 21:59:59 -0200"), Some(seconds));
        assert_eq!(parse_day("8-Feb-2026"), Some(seconds + 1));
        assert_eq!(parse_day("yesterday"), None);
    }
}
