//! Dates of a list, by plain arithmetic on seconds: no clock, no zone database.

const DAY: i64 = 86_400;
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    /// The year.
    pub year: i64,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
}

/// The day that begins `days` after 1 January 1970.
#[must_use]
pub fn civil(days: i64) -> Civil {
    // Counted from 1 March of year 0, so that the leap day is the last of its year; 146,097 days are 400 years.
    let days = days.saturating_add(719_468);
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = u32::try_from(of_year - (153 * shifted + 2) / 5 + 1).unwrap_or(1);
    let month = u32::try_from(if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    })
    .unwrap_or(1);
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Civil { year, month, day }
}

/// The date as a list shows it, at most six columns: `14:32` today, `Tue` within a week, `3 Mar` this year, `2024`.
#[must_use]
pub fn short(date: i64, now: i64, offset: i32) -> String {
    let local = date.saturating_add(i64::from(offset));
    let today = now.saturating_add(i64::from(offset)).div_euclid(DAY);
    let day = local.div_euclid(DAY);
    let seconds = local.rem_euclid(DAY);
    if day == today {
        return format!("{:02}:{:02}", seconds / 3_600, seconds / 60 % 60);
    }
    if (1..7).contains(&today.saturating_sub(day)) {
        let weekday = usize::try_from(day.rem_euclid(7)).unwrap_or(0);
        return WEEKDAYS
            .get(weekday)
            .copied()
            .unwrap_or_default()
            .to_owned();
    }
    let at = civil(day);
    if at.year == civil(today).year {
        let month = usize::try_from(at.month.saturating_sub(1)).unwrap_or(0);
        return format!("{} {}", at.day, MONTHS.get(month).copied().unwrap_or("?"));
    }
    at.year.to_string()
}

/// A moment to come, as `Mon 23 Mar 08:00`.
#[must_use]
pub fn moment(seconds: i64, offset: i32) -> String {
    let local = seconds.saturating_add(i64::from(offset));
    let (day, second) = (local.div_euclid(DAY), local.rem_euclid(DAY));
    let weekday = usize::try_from(day.rem_euclid(7)).unwrap_or(0);
    let at = civil(day);
    let month = usize::try_from(at.month.saturating_sub(1)).unwrap_or(0);
    format!(
        "{} {} {} {:02}:{:02}",
        WEEKDAYS.get(weekday).copied().unwrap_or("?"),
        at.day,
        MONTHS.get(month).copied().unwrap_or("?"),
        second / 3_600,
        second / 60 % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-18 (a Wednesday) 15:00 UTC.
    const NOW: i64 = 1_773_846_000;

    #[test]
    fn dates_get_coarser_with_age() {
        for (date, offset, expected) in [
            (NOW - 28 * 60, 0, "14:32"),
            (NOW - 28 * 60, 3_600, "15:32"),
            (NOW - 15 * 3_600 - 1, 0, "Tue"),
            (NOW - 6 * DAY, 0, "Thu"),
            (NOW - 7 * DAY, 0, "11 Mar"),
            (NOW - 15 * DAY, 0, "3 Mar"),
            (NOW - 77 * DAY, 0, "2025"),
            (NOW + 3 * DAY, 0, "21 Mar"),
            (0, 0, "1970"),
            (-1, 0, "1969"),
        ] {
            assert_eq!(short(date, NOW, offset), expected);
        }
    }

    #[test]
    fn no_date_is_too_far() {
        for date in [i64::MIN, i64::MAX, 0] {
            for now in [i64::MIN, i64::MAX, NOW] {
                let _ = short(date, now, i32::MAX);
            }
        }
    }

    #[test]
    fn leap_days_are_where_they_belong() {
        for (days, year, month, day) in [
            (0, 1970, 1, 1),
            (59, 1970, 3, 1),
            (11_016, 2000, 2, 29),
            (11_017, 2000, 3, 1),
            (-1, 1969, 12, 31),
            (20_514, 2026, 3, 2),
        ] {
            assert_eq!(civil(days), Civil { year, month, day });
        }
    }
}
