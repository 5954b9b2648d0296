//! The end of the log for a debug report: what went wrong and where, without what it was about.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use crate::cli::mask::Masks;

/// The end of the log that is read, bytes.
const LOG_BYTES: u64 = 256 * 1_024;
/// Lines of the log that are shown.
const LOG_LINES: usize = 80;

/// The end of the log: how often each place warned, and the last lines. Of what is written only when it is asked for
/// (`debug`, `trace`) nothing but the place is shown: it may quote a mail.
#[must_use]
pub fn read(directory: &Path, masks: &Masks) -> String {
    let mut text = String::from("\nlog\n");
    let Ok(end) = end_of(&directory.join("sterna.log")) else {
        text.push_str("  there is none\n");
        return text;
    };
    let lines: Vec<Entry<'_>> = end.lines().filter_map(Entry::read).collect();
    let mut kinds = BTreeMap::<(&str, &str), usize>::new();
    for line in lines
        .iter()
        .filter(|line| ["ERROR", "WARN"].contains(&line.level))
    {
        *kinds.entry((line.level, line.target)).or_default() += 1;
    }
    for ((level, target), n) in kinds {
        let _ = writeln!(text, "  {n:>5} {level} {target}");
    }
    let is_plain = |line: &&Entry<'_>| ["ERROR", "WARN", "INFO"].contains(&line.level);
    let shown: Vec<&Entry<'_>> = lines.iter().filter(is_plain).collect();
    let n_hidden = lines.len().saturating_sub(shown.len());
    let _ = writeln!(text, "  {n_hidden:>5} debug and trace lines, not shown");
    let first = shown.len().saturating_sub(LOG_LINES);
    for line in shown.into_iter().skip(first) {
        let words = masks.all(line.words);
        let _ = writeln!(
            text,
            "  {} {} {} {words}",
            line.time, line.level, line.target
        );
    }
    text
}

/// A line of the log.
struct Entry<'a> {
    time: &'a str,
    level: &'a str,
    target: &'a str,
    words: &'a str,
}

impl<'a> Entry<'a> {
    /// `None` for a line of another form: the rest of one that had several.
    fn read(line: &'a str) -> Option<Self> {
        let (time, rest) = line.split_once(' ')?;
        let (level, rest) = rest.trim_start().split_once(' ')?;
        let (target, words) = rest.split_once(": ")?;
        let is_time = time.ends_with('Z') && time.starts_with(|c: char| c.is_ascii_digit());
        let is_target = target
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b':' || byte == b'_');
        (is_time && is_target).then_some(Self {
            time,
            level,
            target,
            words,
        })
    }
}

fn end_of(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOG_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(LOG_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
