//! The signature under a mail: it belongs to the identity that writes.

use crate::mail::composition::Identity;

/// The lines of an own signature, or nothing.
#[must_use]
pub fn lines(identity: &Identity) -> String {
    let text = identity.signature.replace("\r\n", "\n");
    let text = text.trim_end_matches('\n');
    if text.trim().is_empty() {
        String::new()
    } else {
        format!("-- \n{text}\n")
    }
}

/// From which byte on a text reads differently under another identity, and how: its signature in place of the one before.
/// `None` where it is the same, or where the user changed it.
#[must_use]
pub fn exchanged(text: &str, before: &Identity, after: &Identity) -> Option<(usize, String)> {
    let (old, new) = (lines(before), lines(after));
    if old == new {
        return None;
    }
    if old.is_empty() {
        let is_signed = text.lines().any(|line| line == "-- ");
        let gap = match text {
            text if text.ends_with("\n\n") => "",
            text if text.ends_with('\n') => "\n",
            _ => "\n\n",
        };
        return (!is_signed).then(|| (text.len(), format!("{gap}{new}")));
    }
    let head = text
        .trim_end_matches('\n')
        .strip_suffix(old.trim_end_matches('\n'))?;
    let is_at_line = head.is_empty() || head.ends_with('\n');
    is_at_line.then_some((head.len(), new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_exchanged_where_it_stands_unchanged() {
        let identity = |signature: &str| Identity {
            signature: signature.to_owned(),
            ..Identity::default()
        };
        for (text, before, after, expected) in [
            (
                "\n\n-- \nAnna\n",
                "Anna",
                "A. Abel",
                Some("\n\n-- \nA. Abel\n"),
            ),
            (
                "Hi\n\n-- \nAnna",
                "Anna",
                "two\nlines\n",
                Some("Hi\n\n-- \ntwo\nlines\n"),
            ),
            ("Hi\n\n-- \nAnna\n\n", "Anna", "", Some("Hi\n\n")),
            ("-- \nAnna\n", "Anna", "x", Some("-- \nx\n")),
            ("Hi\n", "", "Anna", Some("Hi\n\n-- \nAnna\n")),
            ("", "", "Anna", Some("\n\n-- \nAnna\n")),
            // The same, changed, written by hand, or only the end of a line.
            ("Hi\n-- \nAnna\n", "Anna", "Anna\n", None),
            ("Hi\n-- \nAnna B.\n", "Anna", "x", None),
            ("Hi\n-- \nAnna\nPS: no\n", "Anna", "x", None),
            ("Hi\n-- \nby hand\n", "", "x", None),
            ("a -- \nAnna\n", "Anna", "x", None),
        ] {
            let found = exchanged(text, &identity(before), &identity(after));
            let found = found.map(|(at, end)| format!("{}{end}", &text[..at]));
            assert_eq!(found.as_deref(), expected, "{text:?}");
        }
    }
}
