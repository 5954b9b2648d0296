//! The name under which a foreign part may be written to a directory of the user's.

use crate::mail::character::{Fate, Use, fate};
use crate::mail::safe_text::SafeText;

/// Bytes of a name, with room for a number.
const MOST_BYTES: usize = 200;
/// Characters of a foreign name that are looked at.
const MOST_CHARS: usize = 10_000;

/// Names that some systems take for devices, whatever stands behind the dot.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// Makes a name safe: its last level only, without controls, direction marks and the like, not hidden, no option of a
/// program, at most 200 bytes. Where nothing is left, the fallback stands in.
#[must_use]
pub fn safe(foreign: &str, fallback: &str) -> String {
    let base = foreign.rsplit(['/', '\\']).next().unwrap_or_default();
    // What a screen shows by a sign or a number is left out of a name.
    let is_letter = |c: &char| matches!(fate(*c, Use::Line), Fate::Keep | Fate::Mark | Fate::Blank);
    let kept: String = base.chars().take(MOST_CHARS).filter(is_letter).collect();
    let text = SafeText::line(&kept);
    // What shells and file systems of other machines read as more than a letter.
    let plain: String = text
        .as_str()
        .chars()
        .map(|c| if ":*?\"<>|".contains(c) { '_' } else { c })
        .collect();
    let name = plain.trim_start_matches(|c: char| c == '.' || c == '-' || c.is_whitespace());
    let name = name.trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    let name = if name.is_empty() { fallback } else { name };
    let name = shortened(name);
    if is_device(&name) {
        return format!("_{name}");
    }
    name
}

/// The same name with a number before its ending, for a directory that has it already.
#[must_use]
pub fn numbered(name: &str, n: u32) -> String {
    let (stem, ending) = split(name);
    format!("{stem} ({n}){ending}")
}

/// Cuts the middle out, so that the ending stays.
fn shortened(name: &str) -> String {
    if name.len() <= MOST_BYTES {
        return name.to_owned();
    }
    let (stem, ending) = split(name);
    let room = MOST_BYTES.saturating_sub(ending.len());
    let stem = stem
        .get(..stem.floor_char_boundary(room))
        .unwrap_or_default();
    format!("{}{ending}", stem.trim_end())
}

/// The name up to its ending, and the ending with its dot; endings of more than 20 bytes are none.
fn split(name: &str) -> (&str, &str) {
    let at = name
        .rfind('.')
        .filter(|at| *at > 0 && name.len() - at <= 20);
    name.split_at(at.unwrap_or(name.len()))
}

fn is_device(name: &str) -> bool {
    let stem = name
        .split('.')
        .next()
        .unwrap_or_default()
        .trim()
        .to_lowercase();
    let bare = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    DEVICES.contains(&bare) && stem.len() - bare.len() <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_tamed() {
        for (foreign, expected) in [
            ("report.pdf", "report.pdf"),
            ("Übersicht 日本.pdf", "Übersicht 日本.pdf"),
            ("../../.bashrc", "bashrc"),
            ("/etc/passwd", "passwd"),
            ("..\\..\\evil.exe", "evil.exe"),
            ("C:\\x\\y.txt", "y.txt"),
            ("-rf", "rf"),
            ("--", "part"),
            ("..", "part"),
            ("", "part"),
            ("a/", "part"),
            ("CON", "_CON"),
            ("nul.txt", "_nul.txt"),
            ("com1.x", "_com1.x"),
            ("console.log", "console.log"),
            ("a:b*c?.txt", "a_b_c_.txt"),
            ("x\u{202e}fdp.exe", "xfdp.exe"),
            ("trailing. ", "trailing"),
        ] {
            assert_eq!(safe(foreign, "part"), expected, "{foreign:?}");
        }
        let long = safe(&format!("{}.tar.gz", "ü".repeat(300)), "part");
        assert!(long.len() <= 200 && long.contains(".gz"), "{long}");
        assert_eq!(numbered("a.tar.gz", 2), "a.tar (2).gz");
        assert_eq!(numbered("README", 3), "README (3)");
    }
}
