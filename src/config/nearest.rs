//! The nearest valid name to a mistyped one. Pure.

/// Finds the name that was probably meant; `None` when nothing is near enough to be a help.
pub fn nearest<'a>(typed: &str, names: &[&'a str]) -> Option<&'a str> {
    let typed = typed.to_lowercase().replace('_', "-");
    // `password` means `password-command`: the beginning of a name is nearer than any slip of the finger.
    let beginning = names
        .iter()
        .find(|name| typed.len() >= 3 && name.starts_with(typed.as_str()));
    if let Some(name) = beginning {
        return Some(name);
    }
    // Names are short; a long line typed by mistake is not near anything.
    let length = typed.chars().count();
    if length > 64 {
        return None;
    }
    let allowed = (length / 3).max(1);
    names
        .iter()
        .map(|name| (distance(&typed, name), *name))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Counts the insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, to) in b.iter().enumerate() {
            let at =
                |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&last, j) + usize::from(from != to))
                .min(at(&last, j + 1) + 1)
                .min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(to) && b.get(j - 1) == Some(from);
            if swapped {
                best = best.min(at(&before_last, j - 1) + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_find_the_name() {
        let names = ["password-command", "password-plaintext", "user", "email"];
        for (typed, expected) in [
            ("pasword-command", Some("password-command")),
            ("password", Some("password-command")),
            ("password_command", Some("password-command")),
            ("uesr", Some("user")),
            ("Email", Some("email")),
            ("e-mail", Some("email")),
            ("zzz", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, &names), expected, "{typed}");
        }
        assert_eq!(nearest(&"x".repeat(100_000), &names), None);
    }

    #[test]
    fn distances_count_edits_and_swaps() {
        for (a, b, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "abc", 0),
            ("abc", "acb", 1),
            ("tsl", "tls", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }
}
