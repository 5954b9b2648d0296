//! Sequence sets as clients write them, `*` included. RFC 3501 §9 `sequence-set`.

use crate::mail::uid_set::UidSet;

/// Reads a set of sequence numbers or UIDs; `highest` is what `*` stands for (0 in an empty mailbox).
///
/// `n:*` holds the highest message even where that is below `n` (RFC 3501 §6.4.8). `None` where it is not a set.
pub fn parse(text: &[u8], highest: u32) -> Option<UidSet> {
    let text = std::str::from_utf8(text).ok()?;
    let number = |text: &str| match text {
        "*" => Some(highest),
        _ => text.parse::<u32>().ok().filter(|number| *number > 0),
    };
    let mut set = UidSet::new();
    for item in text.split(',') {
        let (low, high) = match item.split_once(':') {
            Some((a, b)) => (number(a)?, number(b)?),
            None => (number(item)?, number(item)?),
        };
        set.insert_range(low.min(high), low.max(high));
    }
    Some(set)
}

/// Writes ascending or unordered numbers as a set; empty text for none.
pub fn write(numbers: impl IntoIterator<Item = u32>) -> String {
    let mut set = UidSet::new();
    for number in numbers {
        set.insert_range(number, number);
    }
    set.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_the_highest_message_even_below_the_start() {
        assert_eq!(parse(b"13:*", 12).unwrap().to_string(), "12:13");
        assert_eq!(parse(b"*", 12).unwrap().to_string(), "12");
        assert_eq!(parse(b"5:*,1", 9).unwrap().to_string(), "1,5:9");
        assert!(parse(b"*", 0).unwrap().is_empty());
        for text in ["", "0", "1,", "a", "1:", "1:2:3"] {
            assert_eq!(parse(text.as_bytes(), 9), None, "{text}");
        }
    }
}
