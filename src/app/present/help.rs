//! The lines of the help: the commands of the focused pane first, then the others, then the marks.

use crate::app::model::Model;
use crate::app::overlay::Overlay;
use crate::app::text_area::keys;
use crate::app::wrap::wrap;
use crate::command::keys::sequence_label;
use crate::command::table::{COMMANDS, Command};
use crate::mail::safe_text::SafeText;

/// What the marks of the list mean.
const MARKS: [(&str, &str); 8] = [
    ("●", "Unread"),
    ("★", "Starred"),
    ("✓", "Selected"),
    ("#word", "A tag"),
    (
        "~word",
        "A tag that stays here: the server keeps no such keyword",
    ),
    ("r", "Answered"),
    ("@", "Has attachments"),
    ("!", "The sender's name pretends to be another address"),
];

/// What the marks of the folder pane mean.
const FOLDER_MARKS: [(&str, &str); 5] = [
    ("↓", "All of the folder is on this machine"),
    ("ro", "Nothing in it can be changed"),
    ("new", "The server does not know the folder yet"),
    ("→ name", "It is to have this name"),
    ("deleted", "It is to be deleted"),
];

/// Columns of the window, where the screen has them.
pub const WIDTH: u16 = 96;
/// Columns of the window that are its frame and the gaps beside it.
const FRAME: u16 = 4;
/// Lines that one explanation may take.
const MAX_LINES: usize = 4;

/// How the columns inside of the window are shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// For keys and marks.
    pub keys: usize,
    /// For the name of a command; 0 where there is no room for it.
    pub name: usize,
    /// For what it does.
    pub words: usize,
}

/// The shape on a screen of so many columns: a gap of one column stands behind keys and name.
#[must_use]
pub fn shape(columns: u16) -> Shape {
    let width = usize::from(columns.saturating_sub(2).min(WIDTH).saturating_sub(FRAME));
    let (keys, name) = if width < 60 { (10, 0) } else { (9, 18) };
    let gaps = 1 + usize::from(name > 0);
    Shape {
        keys,
        name,
        words: width.saturating_sub(keys + name + gaps),
    }
}

/// One line of the help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HelpLine {
    /// The name of a section.
    Heading(SafeText),
    /// Keys, the command's name, what it does.
    Entry {
        /// The keys; empty when there are none.
        keys: SafeText,
        /// The name for `:` and `[ui.bind]`; empty for a mark.
        name: SafeText,
        /// What it does.
        help: SafeText,
    },
    /// The next line of what the command above does.
    More(SafeText),
    /// An empty line.
    Blank,
}

/// The lines that match what is looked for.
#[must_use]
pub fn lines(model: &Model) -> Vec<HelpLine> {
    let words = match &model.overlay {
        Some(Overlay::Help(help)) => help.input.text().to_lowercase(),
        _ => String::new(),
    };
    let words: Vec<&str> = words.split_whitespace().collect();
    let columns = shape(model.columns).words;
    let here = COMMANDS
        .iter()
        .filter(|command| command.is_in(model.pane()));
    let elsewhere = COMMANDS
        .iter()
        .filter(|command| !command.is_in(model.pane()));
    let mut lines = Vec::new();
    let heading = format!("Here, in the {} pane", model.pane().name());
    section(
        &mut lines,
        &heading,
        here.map(|command| entry(model, command)),
        &words,
        columns,
    );
    if model.composers.front().is_some() {
        let typing = "In the text of a mail";
        let entries = keys::HELP.into_iter().map(mark);
        section(&mut lines, typing, entries, &words, columns);
    }
    section(
        &mut lines,
        "In other panes",
        elsewhere.map(|command| entry(model, command)),
        &words,
        columns,
    );
    section(
        &mut lines,
        "Marks in the list",
        MARKS.into_iter().map(mark),
        &words,
        columns,
    );
    section(
        &mut lines,
        "Marks in the folder pane",
        FOLDER_MARKS.into_iter().map(mark),
        &words,
        columns,
    );
    lines
}

fn mark((mark, help): (&str, &str)) -> HelpLine {
    HelpLine::Entry {
        keys: SafeText::line(mark),
        name: SafeText::default(),
        help: SafeText::line(help),
    }
}

fn section(
    lines: &mut Vec<HelpLine>,
    heading: &str,
    entries: impl Iterator<Item = HelpLine>,
    words: &[&str],
    columns: usize,
) {
    let found: Vec<HelpLine> = entries.filter(|entry| matches(entry, words)).collect();
    if found.is_empty() {
        return;
    }
    if !lines.is_empty() {
        lines.push(HelpLine::Blank);
    }
    lines.push(HelpLine::Heading(SafeText::line(heading)));
    let wrapped = found.into_iter().flat_map(|entry| wrapped(entry, columns));
    lines.extend(wrapped);
}

/// An entry on as many lines as its words need.
fn wrapped(entry: HelpLine, columns: usize) -> Vec<HelpLine> {
    let HelpLine::Entry { keys, name, help } = entry else {
        return vec![entry];
    };
    let mut pieces = wrap(&help, columns, MAX_LINES).into_iter();
    let help = pieces.next().unwrap_or_default();
    let mut lines = vec![HelpLine::Entry { keys, name, help }];
    lines.extend(pieces.map(HelpLine::More));
    lines
}

fn entry(model: &Model, command: &Command) -> HelpLine {
    let keys: Vec<String> = model
        .keymap
        .keys_of(command.verb)
        .map(sequence_label)
        .collect();
    HelpLine::Entry {
        keys: SafeText::line(&keys.join("  ")),
        name: SafeText::line(command.name),
        help: SafeText::line(command.help),
    }
}

fn matches(line: &HelpLine, words: &[&str]) -> bool {
    let HelpLine::Entry { keys, name, help } = line else {
        return false;
    };
    let text = format!("{} {name} {help}", keys.as_str()).to_lowercase();
    words.iter().all(|word| text.contains(word))
}
