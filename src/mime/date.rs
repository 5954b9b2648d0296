//! The Date field: seconds since the epoch and the zone it was written in. RFC 5322 §3.3.

use jiff::fmt::rfc2822::DateTimeParser;

use crate::mime::words;

static PARSER: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);

/// Reads a date: seconds since the epoch and minutes east of UTC; `None` for what is no date.
pub fn read(raw: &[u8]) -> Option<(i64, i32)> {
    // No date is longer; what follows may be anything.
    let raw = raw.get(..raw.len().min(200))?;
    let text = words::unfold(std::str::from_utf8(raw).ok()?);
    let zoned = PARSER.parse_zoned(&text).ok();
    if let Some(zoned) = zoned.filter(|zoned| zoned.year() >= 1900) {
        return Some((zoned.timestamp().as_second(), zoned.offset().seconds() / 60));
    }
    let text = text.replace(['\t', ','], " ");
    // mailparse counts the years one by one, and a year of ten digits would take minutes.
    if text
        .split(|c: char| !c.is_ascii_digit())
        .any(|digits| digits.len() > 4)
    {
        return None;
    }
    // It gives 0 for garbage as well as for the epoch itself.
    let seconds = mailparse::dateparse(&text)
        .ok()
        .filter(|seconds| *seconds != 0)?;
    Some((seconds, offset_minutes(&text)))
}

/// The numeric zone of a date that only mailparse could read; 0 where it is named.
fn offset_minutes(text: &str) -> i32 {
    let zone = text
        .split(' ')
        .rev()
        .find(|word| word.len() == 5 && word.starts_with(['+', '-']));
    let Some(number) = zone.and_then(|zone| zone.parse::<i32>().ok()) else {
        return 0;
    };
    let minutes = number / 100 * 60 + number % 100;
    if minutes.abs() < 24 * 60 { minutes } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_the_table_says() {
        let cases: [(&str, Option<(i64, i32)>); 15] = [
            (
                " Fri, 21 Nov 1997 09:55:06 -0600\r\n",
                Some((880_127_706, -360)),
            ),
            (
                "Fri, 21 Nov 1997 09:55:06 -0600 (CST)",
                Some((880_127_706, -360)),
            ),
            ("21 Nov 1997 09:55:06 GMT", Some((880_106_106, 0))),
            // The wrong weekday.
            ("Mon, 21 Nov 1997 09:55:06 -0600", Some((880_127_706, -360))),
            ("Fri,  21\tNov 97 09:55:06 -0600", Some((880_127_706, -360))),
            (
                "Fri, 21 Nov 1997 09:55:06 +0530 IST extra",
                Some((880_086_306, 330)),
            ),
            ("Sat, 1 Jan 0022 00:00:00 +0000", Some((1_640_995_200, 0))),
            ("Whenever", None),
            ("", None),
            ("Thu, 1 Jan 1970 00:00:00 +2147483647", None),
            ("1 Jan 4294967295 00:00:00 +0000", None),
            ("1 Jan 20260000000000000000 00:00:00", None),
            ("Tue, 30 Feb 2024 00:00:00 +0000", Some((1_709_251_200, 0))),
            ("Thu, 1 Jan 1970 00:00:10 +0000", Some((10, 0))),
            ("31 Dec 1969 23:59:50 +0000", Some((-10, 0))),
        ];
        for (raw, expected) in cases {
            assert_eq!(read(raw.as_bytes()), expected, "{raw:?}");
        }
    }
}
