//! The lines of the ledger: how the accounts are connected, what waits, what ended, when each folder was read.

use crate::app::date;
use crate::app::ledger::LedgerPage;
use crate::app::model::Model;
use crate::app::present::number::grouped;
use crate::app::present::status::{Piece, Tone, connections};
use crate::app::wrap::wrap;
use crate::channel::ledger::{LedgerRow, LedgerState};
use crate::mail::safe_text::SafeText;

/// Lines that the words of a server may take.
const MOST_ERROR_LINES: usize = 3;

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerLine {
    /// The name of a section.
    Heading(SafeText),
    /// An empty line.
    Blank,
    /// Words.
    Words(Piece),
    /// An operation.
    Operation {
        /// Whether the cursor is on it.
        is_cursor: bool,
        /// How it stands.
        state: Piece,
        /// What it is.
        what: SafeText,
        /// On what, and from where to where.
        about: SafeText,
        /// When it was made, at most six columns.
        date: SafeText,
    },
    /// What the server said about the operation above.
    Error(SafeText),
    /// A folder, and when it was last brought up to date.
    Folder(SafeText, SafeText),
}

/// `INBOX` is the protocol's spelling, not a word.
fn name(folder: &SafeText) -> &str {
    if folder.as_str() == "INBOX" {
        "Inbox"
    } else {
        folder.as_str()
    }
}

fn words(text: &str) -> LedgerLine {
    LedgerLine::Words(Piece {
        text: SafeText::line(text),
        tone: Tone::Calm,
    })
}

fn heading(text: &str) -> LedgerLine {
    LedgerLine::Heading(SafeText::line(text))
}

/// All lines.
#[must_use]
pub fn lines(model: &Model, page: &LedgerPage) -> Vec<LedgerLine> {
    let mut lines = vec![heading("Connections")];
    lines.extend(connections(model).into_iter().map(LedgerLine::Words));
    let Some(ledger) = page.ledger.as_ref() else {
        return lines;
    };
    let has_ended = |row: &&LedgerRow| matches!(row.state, LedgerState::Done | LedgerState::Undone);
    let (ended, waiting): (Vec<_>, Vec<_>) = ledger.rows.iter().partition(has_ended);
    lines.extend([LedgerLine::Blank, heading("For the server")]);
    if waiting.is_empty() {
        lines.push(words(
            "Nothing waits: the servers have all that was done here.",
        ));
    }
    for row in waiting {
        operation(&mut lines, model, page, row);
    }
    lines.extend([LedgerLine::Blank, heading("Ended")]);
    if ended.is_empty() {
        lines.push(words(
            "What you do with messages and folders is listed here once it has ended.",
        ));
    }
    for row in ended {
        operation(&mut lines, model, page, row);
    }
    lines.extend([
        LedgerLine::Blank,
        heading("Folders, last brought up to date"),
    ]);
    let several = model.accounts.len() > 1;
    for folder in &ledger.folders {
        let account = model.account(folder.account).filter(|_| several);
        let name = name(&folder.name);
        let name = account.map_or_else(
            || SafeText::line(name),
            |account| SafeText::line(&format!("{name} · {}", account.name)),
        );
        let when = folder.synced_at.map_or_else(
            || SafeText::line("never"),
            |at| SafeText::line(&date::short(at, model.now, model.offset)),
        );
        lines.push(LedgerLine::Folder(name, when));
    }
    lines
}

fn operation(lines: &mut Vec<LedgerLine>, model: &Model, page: &LedgerPage, row: &LedgerRow) {
    lines.push(LedgerLine::Operation {
        is_cursor: page.current == Some(row.operation),
        state: state(model, row),
        what: what(row),
        about: about(row),
        date: SafeText::line(&date::short(row.created, model.now, model.offset)),
    });
    if !row.error.is_empty() {
        let room = usize::from(model.columns.min(76)).saturating_sub(10);
        let pieces = wrap(&row.error, room, MOST_ERROR_LINES);
        lines.extend(pieces.into_iter().map(LedgerLine::Error));
    }
}

fn state(model: &Model, row: &LedgerRow) -> Piece {
    let (text, tone) = match row.state {
        LedgerState::Held => {
            let left = row
                .not_before
                .map_or(0, |at| at.saturating_sub(model.now))
                .max(0);
            return Piece {
                text: SafeText::line(&format!("held {left} s")),
                tone: Tone::Busy,
            };
        }
        LedgerState::Queued => ("waiting", Tone::Busy),
        LedgerState::Running => ("running", Tone::Busy),
        LedgerState::Parked => ("refused", Tone::Alarm),
        LedgerState::Done => ("done", Tone::Calm),
        LedgerState::Undone => ("taken back", Tone::Calm),
    };
    Piece {
        text: SafeText::line(text),
        tone,
    }
}

/// `archive`; where an action has several operations, which one: `junk: keyword $Junk`.
fn what(row: &LedgerRow) -> SafeText {
    let own = match row.kind {
        "keyword" if !row.detail.is_empty() => format!("keyword {}", row.detail),
        kind => kind.to_owned(),
    };
    let says_it = row.label.is_empty()
        || row.kind != "keyword"
        || row.label.as_str().contains(row.detail.as_str());
    if row.label.is_empty() {
        SafeText::line(&own)
    } else if says_it {
        row.label.clone()
    } else {
        SafeText::line(&format!("{}: {own}", row.label))
    }
}

/// `12 messages, 1 refused, 2 gone  Inbox → Archive`
fn about(row: &LedgerRow) -> SafeText {
    let total = row.n_open + row.n_sent + row.n_done + row.n_gone + row.n_parked + row.n_local;
    let is_folder = matches!(
        row.kind,
        "create" | "rename" | "remove" | "subscribe" | "unsubscribe"
    );
    let mut text = match total {
        _ if is_folder => return SafeText::line(name(&row.from)),
        0 => String::new(),
        1 => "1 message".to_owned(),
        n => format!("{} messages", grouped(n)),
    };
    for (n, word) in [
        (row.n_parked, "refused"),
        (row.n_gone, "gone"),
        (row.n_local, "kept on this machine only"),
    ] {
        if n > 0 && n < total {
            text = format!("{text}, {} {word}", grouped(n));
        } else if n > 0 && word != "refused" {
            text = format!("{text}, {word}");
        }
    }
    let (from, to) = (name(&row.from), name(&row.to));
    let way = match (from.is_empty(), to.is_empty()) {
        (true, true) => String::new(),
        (false, true) => from.to_owned(),
        (true, false) => format!("→ {to}"),
        (false, false) => format!("{from} → {to}"),
    };
    let gap = if text.is_empty() || way.is_empty() {
        ""
    } else {
        "  "
    };
    SafeText::line(&format!("{text}{gap}{way}"))
}
