//! INTERNALDATE to seconds since the epoch, and back (RFC 3501 §9 `date-time`); and the time that a greeting tells.

/// Reads `dd-Mon-yyyy hh:mm:ss +zzzz`, spaces and a one-digit day tolerated; `None` for anything else.
#[must_use]
pub fn parse(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let mut words = text.split_ascii_whitespace();
    let mut date = words.next()?.split('-');
    let day: i64 = date
        .next()?
        .parse()
        .ok()
        .filter(|day| (1..=31).contains(day))?;
    let month = month(date.next()?)?;
    let year: i64 = date
        .next()?
        .parse()
        .ok()
        .filter(|year| (1..=9999).contains(year))?;
    let mut time = words.next()?.split(':');
    let mut field = |limit: i64| {
        let n: i64 = time.next()?.parse().ok()?;
        (0..=limit).contains(&n).then_some(n)
    };
    let (hour, minute, second) = (field(23)?, field(59)?, field(60)?);
    let offset = words.next().map_or(Some(0), zone)?;
    Some(days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset)
}

/// Words of a greeting that are looked at; no line of SMTP holds more.
const MOST_WORDS: usize = 256;

/// The moment that the words of a greeting tell, as mail writes it (RFC 5322 §3.3): `22 Nov 2026 03:00:00 +0000`, wherever
/// it stands. Nothing is guessed: `None` where a part of it is missing or is no such number, where its zone is but a local
/// name, and where there are two of them.
#[must_use]
pub fn told(words: &str) -> Option<i64> {
    let words: Vec<&str> = words
        .split_ascii_whitespace()
        .map(|word| word.trim_end_matches([',', ';', '.']))
        .take(MOST_WORDS)
        .collect();
    let mut moments = words.windows(5).filter_map(|window| match window {
        [day, month, year, time, zone] => moment((day, month, year), time, zone),
        _ => None,
    });
    let first = moments.next()?;
    moments.next().is_none().then_some(first)
}

/// A date as mail writes it, every part with as many digits as it has to have.
fn moment((day, name, year): (&str, &str, &str), time: &str, zone: &str) -> Option<i64> {
    let digits = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        let is_number = lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| text.parse::<i64>().ok()).flatten()
    };
    let (day, month, year) = (digits(day, 1..=2)?, month(name)?, digits(year, 4..=4)?);
    let next = if month == 12 {
        days(year + 1, 1, 1)
    } else {
        days(year, month + 1, 1)
    };
    let midnight = days(year, month, 1) + day - 1;
    if day == 0 || midnight >= next {
        return None;
    }
    let [hour, minute, second] = *time.split(':').collect::<Vec<_>>().as_slice() else {
        return None;
    };
    let field = |text, limit| digits(text, 2..=2).filter(|n| *n <= limit);
    let (hour, minute, second) = (field(hour, 23)?, field(minute, 59)?, field(second, 60)?);
    let offset = match zone.strip_prefix(['+', '-']) {
        Some(number) => digits(number, 4..=4).and_then(|_| self::zone(zone))?,
        None => self::zone(zone)?,
    };
    Some(midnight * 86_400 + hour * 3600 + minute * 60 + second - offset)
}

/// Writes seconds since the epoch as ` 3-Mar-2026 10:00:00 +0000`; `None` for a year that has not four digits.
#[must_use]
pub fn write(seconds: i64) -> Option<String> {
    let (day_number, time) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    if !(days(1000, 1, 1)..days(10_000, 1, 1)).contains(&day_number) {
        return None;
    }
    // The year that begins in March, since its last day is the leap day.
    let from_march = day_number + 719_468;
    let (era, day_of_era) = (
        from_march.div_euclid(146_097),
        from_march.rem_euclid(146_097),
    );
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12;
    let year = era * 400 + year_of_era + i64::from(month < 2);
    let name = usize::try_from(month)
        .ok()
        .and_then(|month| MONTHS.get(month))?;
    let (hour, minute, second) = (time / 3_600, time / 60 % 60, time % 60);
    Some(format!(
        "{day:>2}-{name}-{year} {hour:02}:{minute:02}:{second:02} +0000"
    ))
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

fn month(name: &str) -> Option<i64> {
    let at = MONTHS
        .iter()
        .position(|known| known.eq_ignore_ascii_case(name))?;
    i64::try_from(at).ok().map(|at| at + 1)
}

/// Seconds east of UTC.
fn zone(text: &str) -> Option<i64> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return matches!(text, "UTC" | "GMT" | "Z").then_some(0),
    };
    let digits: i64 = digits.parse().ok().filter(|n| (0..=2400).contains(n))?;
    Some(sign * ((digits / 100) * 3600 + (digits % 100) * 60))
}

/// Days since 1970-01-01 in the Gregorian calendar; years counted from March, so that the leap day is the last.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let n_leap = year / 4 - year / 100 + year / 400;
    year * 365 + n_leap + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_servers_write_them() {
        for (text, expected) in [
            ("01-Jan-1970 00:00:00 +0000", Some(0)),
            (" 1-Jan-1970 01:00:00 +0100", Some(0)),
            ("17-Jul-1996 02:44:25 -0700", Some(837_596_665)),
            ("29-FEB-2024 12:00:00 +0530", Some(1_709_188_200)),
            ("01-Mar-2000 00:00:00 +0000", Some(951_868_800)),
            ("31-Dec-1969 23:59:59 +0000", Some(-1)),
            ("17-Jul-1996 02:44:25", Some(837_571_465)),
            ("NIL", None),
            ("", None),
            ("99-Foo-1996 02:44:25 -0700", None),
            ("17-Jul-1996 25:44:25 -0700", None),
            ("17-Jul-1996 02:44:25 +é", None),
            ("17-Jul-99999999999999999999 02:44:25 +0000", None),
        ] {
            assert_eq!(parse(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn the_time_in_a_greeting_is_read_where_servers_tell_it() {
        const THREE: i64 = 1_795_316_400; // 22 Nov 2026 03:00:00 UTC
        for (greeting, expected) in [
            (
                "mx.example.org ESMTP Exim 4.96 Sun, 22 Nov 2026 03:00:00 +0000",
                THREE,
            ),
            (
                "mail.example.org ESMTP Sendmail 8.17.1/8.17.1; Sat, 21 Nov 2026 19:00:00 -0800 (PST)",
                THREE,
            ),
            (
                "x.example.org ESMTP Sendmail 8.15.2/8.15.2/Debian-3; Sun, 22 Nov 2026 03:00:00 GMT; (No UCE/UBE) logging \
                 access from: a.example.org(OK)-a.example.org [192.0.2.1]",
                THREE,
            ),
            (
                "AM0P1.example.org Microsoft ESMTP MAIL Service ready at Sun, 22 Nov 2026 03:00:00 +0000",
                THREE,
            ),
            (
                "x Microsoft ESMTP MAIL Service, Version: 6.0.3790.4675 ready at  Sun, 22 Nov 2026 04:00:00 +0100",
                THREE,
            ),
            (
                "Domino IMAP4 Server Release 9.0.1 ready Sun, 22 Nov 2026 08:30:00 +0530",
                THREE,
            ),
            (
                "[example.org] IMAP4rev1 2007e.404 at Sun, 22 Nov 2026 03:00:00 +0000 (UTC)",
                THREE,
            ),
            ("at 2 Dec 2026 03:00:00 UTC.", THREE + 10 * 86_400),
        ] {
            assert_eq!(told(greeting), Some(expected), "{greeting}");
        }
        assert_eq!(told("29 Feb 2028 00:00:00 +0000"), Some(1_835_395_200));
        assert_eq!(told("31 Dec 2026 23:59:60 +0000"), Some(1_798_761_600));
    }

    #[test]
    fn a_greeting_that_tells_no_time_or_half_of_one_is_not_guessed_at() {
        for greeting in [
            "Postfix ESMTP (Debian/GNU)",
            "mail.example.org ESMTP Courier 1.0",
            "smtp.example.com ESMTP 4fb4d7f45d1cf-5a1b2c3 - gsmtp",
            "Dovecot ready.",
            "",
            // Parts that are missing, of another order, or of a zone that may be any.
            "ready at 11/22/26 03:00:00",
            "Sun Nov 22 03:00:00 2026",
            "Sun, 22 Nov 2026 03:00:00",
            "Sun, 22 Nov 26 03:00:00 +0000",
            "Sun, 22 Nov 2026 03:00 +0000",
            "Sun, 22 Nov 2026 03:00:00 CST",
            // What is no date at all.
            "30 Feb 2026 03:00:00 +0000",
            "0 Nov 2026 03:00:00 +0000",
            "22 Nov 2026 24:00:00 +0000",
            "22 Nov 2026 03:00:00:00 +0000",
            "22 Nov 2026 03:00:00 +00:0",
            "22 Nov 2026 03:00:00 +-100",
            "+2 Nov 2026 03:00:00 +0000",
            "22 Nov 99999999999999999999 03:00:00 +0000",
            "22 N\u{f6}v 2026 03:00:00 \u{2212}0100",
            // Two of them: nobody knows which.
            "built 1 Nov 2026 03:00:00 +0000, now 22 Nov 2026 03:00:00 +0000",
        ] {
            assert_eq!(told(greeting), None, "{greeting}");
        }
        let far = format!("{}22 Nov 2026 03:00:00 +0000", "x ".repeat(100_000));
        assert_eq!(told(&far), None);
    }

    #[test]
    fn what_is_written_is_read_again() {
        assert_eq!(write(0).as_deref(), Some(" 1-Jan-1970 00:00:00 +0000"));
        let mut seconds = -30_000_000_000;
        while seconds < 253_402_300_800 {
            let written = write(seconds).unwrap();
            assert_eq!(parse(written.as_bytes()), Some(seconds), "{written}");
            seconds += 86_400 * 29 + 12_345;
        }
        assert_eq!(write(253_402_300_800), None);
        assert_eq!(write(i64::MIN), None);
        assert_eq!(write(i64::MAX), None);
    }
}
