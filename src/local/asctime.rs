//! The date of a `From ` line: `Tue Mar  3 10:00:00 2026`, in UTC. RFC 4155.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::{Offset, TimeZone};

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// Writes seconds since the epoch; what the form cannot hold becomes the epoch.
#[must_use]
pub fn write(seconds: i64) -> String {
    let zoned = Timestamp::from_second(seconds)
        .ok()
        .map(|time| time.to_zoned(TimeZone::UTC))
        .filter(|zoned| (0..=9999).contains(&zoned.year()))
        .unwrap_or_else(|| Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC));
    strtime::format("%a %b %e %H:%M:%S %Y", &zoned).unwrap_or_default()
}

/// Reads the date at the end of a `From ` line, in any of the forms that programs write: with or without seconds, a zone
/// before or behind the year, words of nobody's. `None` where there is none, and then the line begins no message.
#[must_use]
pub fn read(line: &[u8]) -> Option<i64> {
    let text = String::from_utf8_lossy(line.get(..line.len().min(400))?);
    let words: Vec<&str> = text
        .split(|c: char| c.is_ascii_whitespace() || c == ',')
        .filter(|word| !word.is_empty())
        .collect();
    let at = words.iter().position(|word| is_time(word))?;
    let (hour, minute, second) = time(words.get(at)?)?;
    let before = words.get(at.checked_sub(2)?..at)?;
    let month = before.iter().find_map(|word| month(word))?;
    let day = before.iter().find_map(|word| word.parse::<i8>().ok())?;
    let behind = words.get(at + 1..)?;
    let year = behind
        .iter()
        .filter(|word| word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit()))
        .find_map(|word| word.parse::<i16>().ok())?;
    let zone = behind.iter().find_map(|word| offset(word));
    let civil = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    let zone = zone.unwrap_or(Offset::UTC);
    zone.to_timestamp(civil).ok().map(Timestamp::as_second)
}

fn is_time(word: &str) -> bool {
    time(word).is_some()
}

/// `10:00` or `10:00:00`.
fn time(word: &str) -> Option<(i8, i8, i8)> {
    let mut numbers = word.split(':').map(|digits| {
        let is_short = (1..=2).contains(&digits.len());
        digits.parse::<i8>().ok().filter(|n| is_short && *n >= 0)
    });
    let (hour, minute) = (numbers.next()??, numbers.next()??);
    let second = numbers.next().unwrap_or(Some(0))?;
    // A leap second is the last one again.
    numbers
        .next()
        .is_none()
        .then_some((hour, minute, second.min(59)))
}

fn month(word: &str) -> Option<i8> {
    let index = MONTHS
        .iter()
        .position(|name| name.eq_ignore_ascii_case(word))?;
    i8::try_from(index + 1).ok()
}

/// `+0100`
fn offset(word: &str) -> Option<Offset> {
    let digits = word.strip_prefix(['+', '-'])?;
    if digits.len() != 4 {
        return None;
    }
    let number: i32 = digits.parse().ok()?;
    let seconds = (number / 100 * 60 + number % 100) * 60;
    let signed = if word.starts_with('-') {
        -seconds
    } else {
        seconds
    };
    Offset::from_seconds(signed).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_the_forms_that_programs_write() {
        let noon = Some(1_772_532_000);
        for (line, expected) in [
            ("From a@b Tue Mar  3 10:00:00 2026\n", noon),
            ("From - Tue Mar 03 10:00:00 2026", noon),
            ("From a@b Tue Mar 3 10:00 2026", noon),
            ("From 17@xxx Tue Mar 03 10:00:00 +0000 2026\r\n", noon),
            ("From a b Tue Mar 3 11:00:00 2026 +0100", noon),
            ("From a Tue, 3 Mar 2026", None),
            ("From a Tue Mar 3 10:00:00 UTC 2026", noon),
            ("From the desk of Anna", None),
            ("From now on it opens at 10:00", None),
            ("From a Tue Mar 33 10:00:00 2026", None),
            ("From a Tue Mar 3 25:00:00 2026", None),
            ("From a Tue Mar 3 10:00:00 99999", None),
            ("From ", None),
            ("From \u{fffd}:\u{fffd}", None),
        ] {
            assert_eq!(read(line.as_bytes()), expected, "{line:?}");
        }
        assert_eq!(read(b"From \xff\xff Tue Mar 3 10:00:00 2026"), noon);
    }

    #[test]
    fn what_is_written_is_read_again() {
        for seconds in [0, 1, 1_772_532_000, -86_400, 253_402_000_000] {
            let line = format!("From mboxrd@z {}", write(seconds));
            assert_eq!(read(line.as_bytes()), Some(seconds), "{line}");
        }
        for seconds in [i64::MIN, i64::MAX, 253_402_300_800] {
            assert_eq!(write(seconds), "Thu Jan  1 00:00:00 1970");
        }
    }
}
