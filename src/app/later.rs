//! When a mail is to be sent, from words: `+2h`, `18:30`, `tomorrow 9`, `mon 8am`, `2026-12-24 8:00`. Pure: the local
//! time now comes in, a later one goes out.

/// What is said where no moment is meant.
pub const NOT_A_MOMENT: &str =
    "not a moment to come: try +2h, 18:30, tomorrow 9, mon 8am or 2026-12-24 8:00";

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// The hour where only a day is named.
const MORNING: i64 = 8 * HOUR;
/// Further ahead is a slip of the finger: a year and a day.
const FURTHEST: i64 = 366 * DAY;

const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// A moment on the local clock: seconds since 1970-01-01 0:00 there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Local {
    /// The seconds.
    pub seconds: i64,
}

impl Local {
    const fn midnight(self) -> i64 {
        self.seconds - self.seconds.rem_euclid(DAY)
    }
}

/// Reads a moment after `now`; `None` where none is meant, or one that has passed.
#[must_use]
pub fn parse(typed: &str, now: Local) -> Option<Local> {
    let typed = typed.trim().to_lowercase();
    let seconds = match typed.strip_prefix('+') {
        Some(span) => now.seconds.checked_add(duration(span)?)?,
        None => on_a_day(&typed, now)?,
    };
    let ahead = seconds.checked_sub(now.seconds)?;
    (ahead > 0 && ahead <= FURTHEST).then_some(Local { seconds })
}

/// `2h`, `30m`, `1d`, `2h30m`, `1w`.
fn duration(text: &str) -> Option<i64> {
    let (mut total, mut rest) = (0_i64, text.trim());
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, unit) = rest.split_at_checked(digits)?;
        let factor = match unit.chars().next()? {
            'm' => MINUTE,
            'h' => HOUR,
            'd' => DAY,
            'w' => 7 * DAY,
            _ => return None,
        };
        let number: i64 = number.parse().ok()?;
        total = total.checked_add(number.checked_mul(factor)?)?;
        rest = unit.get(1..)?.trim_start();
    }
    Some(total)
}

/// A day and a time, one of both alone, or a time of today that is tomorrow's where it has passed.
fn on_a_day(typed: &str, now: Local) -> Option<i64> {
    let words: Vec<&str> = typed
        .split_whitespace()
        .filter(|word| !matches!(*word, "at" | "on"))
        .collect();
    let (first, rest) = words.split_first()?;
    if let Some(midnight) = day(first, now) {
        let time = match rest {
            [] => MORNING,
            [time] => time_of_day(time)?,
            [time, half] => time_of_day(&format!("{time}{half}"))?,
            _ => return None,
        };
        let moment = midnight.checked_add(time)?;
        // Monday, said on Monday after that time, is the next one.
        let is_weekday = weekday(first).is_some();
        return Some(if is_weekday && moment <= now.seconds {
            moment + 7 * DAY
        } else {
            moment
        });
    }
    let time = time_of_day(&words.concat())?;
    let today = now.midnight() + time;
    Some(if today > now.seconds {
        today
    } else {
        today + DAY
    })
}

/// The midnight with which a day begins.
fn day(word: &str, now: Local) -> Option<i64> {
    let midnight = now.midnight();
    match word {
        "today" => return Some(midnight),
        "tomorrow" | "tom" => return Some(midnight + DAY),
        _ => {}
    }
    if let Some(wanted) = weekday(word) {
        // 1970-01-01 was a Thursday.
        let today = (midnight.div_euclid(DAY) + 3).rem_euclid(7);
        return Some(midnight + (wanted - today).rem_euclid(7) * DAY);
    }
    date(word)
}

/// Monday is 0; three letters or more.
fn weekday(word: &str) -> Option<i64> {
    let is_meant = |name: &&str| word.len() >= 3 && name.starts_with(word);
    let at = WEEKDAYS.iter().position(is_meant)?;
    i64::try_from(at).ok()
}

/// `2026-12-24`.
fn date(word: &str) -> Option<i64> {
    let mut parts = word.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 || parts.next().is_some() {
        return None;
    }
    let (year, month, day): (i64, i64, i64) =
        (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_of_month = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    (1..=days_of_month)
        .contains(&day)
        .then(|| days_since_epoch(year, month, day) * DAY)
}

/// Days from 1970-01-01, by counting years from March on, so that a leap day is the last of its year.
const fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// `8`, `8am`, `8:30pm`, `18:30`: seconds since midnight.
fn time_of_day(word: &str) -> Option<i64> {
    let (clock, half) = match (word.strip_suffix("am"), word.strip_suffix("pm")) {
        (Some(clock), _) => (clock, Some(0)),
        (_, Some(clock)) => (clock, Some(12)),
        _ => (word, None),
    };
    let (hour, minute) = clock.split_once(':').unwrap_or((clock, "0"));
    if hour.len() > 2 || minute.len() > 2 || hour.starts_with('+') || minute.starts_with('+') {
        return None;
    }
    let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
        None => hour,
    };
    ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some(hour * HOUR + minute * MINUTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-18 (a Wednesday) 15:00.
    const NOW: Local = Local {
        seconds: 1_773_846_000,
    };

    /// `18 15:00`: the day of March 2026 (32 is 1 April) and the time.
    fn shown(moment: Local) -> String {
        let days = moment.seconds.div_euclid(DAY) - NOW.seconds.div_euclid(DAY) + 18;
        let minutes = moment.seconds.rem_euclid(DAY) / MINUTE;
        format!("{days} {}:{:02}", minutes / 60, minutes % 60)
    }

    #[test]
    fn words_mean_moments() {
        for (typed, expected) in [
            ("+2h", "18 17:00"),
            ("+90m", "18 16:30"),
            ("+1h 30m", "18 16:30"),
            ("+1d", "19 15:00"),
            ("+1w", "25 15:00"),
            ("18:30", "18 18:30"),
            ("8pm", "18 20:00"),
            ("8 pm", "18 20:00"),
            ("8am", "19 8:00"),
            ("9", "19 9:00"),
            ("12am", "19 0:00"),
            ("12pm", "19 12:00"),
            ("today 23:59", "18 23:59"),
            ("tomorrow", "19 8:00"),
            ("Tomorrow at 9:15", "19 9:15"),
            ("mon 8am", "23 8:00"),
            ("monday", "23 8:00"),
            ("on thursday 18:00", "19 18:00"),
            ("wed 18:00", "18 18:00"),
            ("wed 8am", "25 8:00"),
            ("sun 12:00", "22 12:00"),
            ("2026-03-31", "31 8:00"),
            ("2026-04-01 7:30", "32 7:30"),
        ] {
            let moment = parse(typed, NOW).map(shown);
            assert_eq!(moment.as_deref(), Some(expected), "{typed}");
        }
    }

    #[test]
    fn what_is_no_moment_to_come_is_none() {
        for typed in [
            "",
            "+",
            "+2",
            "+2y",
            "+0m",
            "+-1h",
            "soon",
            "25:00",
            "8:60",
            "13pm",
            "0am",
            "today 8am",
            "mo 8",
            "2026-02-29",
            "2026-13-01",
            "2025-12-24",
            "2030-01-01",
            "mon 8am sharp please",
            "+99999999999999999999h",
            "+9999999999999999d",
            "8:+3",
            "-1",
        ] {
            assert_eq!(parse(typed, NOW), None, "{typed}");
        }
    }

    #[test]
    fn leap_days_are_days() {
        let now = Local {
            seconds: days_since_epoch(2028, 2, 1) * DAY,
        };
        let moment = parse("2028-02-29 12:00", now).unwrap();
        assert_eq!(moment.seconds - now.seconds, 28 * DAY + 12 * HOUR);
        assert_eq!(days_since_epoch(1970, 1, 1), 0);
        assert_eq!(days_since_epoch(2000, 3, 1), 11_017);
    }
}
