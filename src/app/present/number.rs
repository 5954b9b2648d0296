//! Numbers for people.

/// A number with commas between the thousands.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number that fits four columns: `999`, `12k`, `3M`.
#[must_use]
pub fn short(number: u64) -> String {
    match number {
        0..=9_999 => number.to_string(),
        10_000..=999_999 => format!("{}k", number / 1_000),
        1_000_000..=999_999_999 => format!("{}M", number / 1_000_000),
        _ => "999M".to_owned(),
    }
}

/// A size in bytes, in the unit that keeps it short.
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let mut tenths = bytes / 100;
    let mut units = UNITS.into_iter();
    let mut unit = units.next().unwrap_or("kB");
    for larger in units {
        if tenths < 10_000 {
            break;
        }
        (tenths, unit) = (tenths / 1_000, larger);
    }
    if tenths < 100 {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    } else {
        format!("{} {unit}", tenths / 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_readable() {
        for (number, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (12_345_678, "12,345,678"),
        ] {
            assert_eq!(grouped(number), expected);
        }
        for (number, expected) in [
            (9_999, "9999"),
            (12_300, "12k"),
            (2_500_000, "2M"),
            (u64::MAX, "999M"),
        ] {
            assert_eq!(short(number), expected);
        }
        for (bytes, expected) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_250, "1.2 kB"),
            (40_000_000, "40 MB"),
            (9_990_000, "9.9 MB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
        assert!(size(u64::MAX).ends_with(" TB"));
    }
}
