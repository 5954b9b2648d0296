//! What the commands print for people: aligned columns, every foreign text through the sanitiser. Pure: rows in, text
//! out. Nothing here is cut, since a pipe has no width.

use unicode_width::UnicodeWidthStr as _;

use crate::cli::json::{
    FolderJson, ListRow, OutboxJson, PendingJson, ShowJson, StatusJson, SyncJson,
};
use crate::mail::safe_text::SafeText;

/// Lines of `list`.
#[must_use]
pub fn list(rows: &[ListRow]) -> String {
    let mut table = Table::new(&["", "DATE", "FROM", "SUBJECT", "ID"]);
    for row in rows {
        let starred = row
            .flags
            .iter()
            .any(|flag| flag.eq_ignore_ascii_case("\\Flagged"));
        let marks = [
            (row.unread, "N"),
            (starred, "*"),
            (row.has_attachment == Some(true), "@"),
        ];
        let marks: String = marks
            .iter()
            .filter(|(on, _)| *on)
            .map(|(_, mark)| *mark)
            .collect();
        table.row(&[
            &marks,
            &minutes(row.date.as_deref()),
            &row.from,
            &row.subject,
            &row.id,
        ]);
    }
    table.print("No messages.")
}

/// Lines of `folders`.
#[must_use]
pub fn folders(rows: &[FolderJson]) -> String {
    let mut table = Table::new(&[
        "ACCOUNT", "FOLDER", "ROLE", "UNREAD", "TOTAL", "KEPT", "HERE", "SYNCED",
    ])
    .right(&[3, 4]);
    for row in rows {
        table.row(&[
            &row.account,
            &row.name,
            row.role.unwrap_or(""),
            &count(row.unread),
            &count(row.total),
            row.offline,
            if row.complete { "all" } else { "" },
            &row.synced_at
                .as_deref()
                .map_or("never".to_owned(), |time| minutes(Some(time))),
        ]);
    }
    table.print("No folders are known yet: sterna sync reads them.")
}

/// Lines of `status`.
#[must_use]
pub fn status(rows: &[StatusJson]) -> String {
    let mut table = Table::new(&[
        "ACCOUNT",
        "STATE",
        "UNREAD",
        "PENDING",
        "OUTBOX",
        "UNCERTAIN",
        "NEXT ATTEMPT",
    ])
    .right(&[2, 3, 4, 5]);
    for row in rows {
        table.row(&[
            &row.account,
            row.state.name(),
            &count(row.unread),
            &row.pending.to_string(),
            &row.outbox.to_string(),
            &row.uncertain.to_string(),
            &minutes(row.next_attempt.as_deref()),
        ]);
    }
    table.print("No accounts.")
}

/// Lines of `sync`.
#[must_use]
pub fn sync(rows: &[SyncJson]) -> String {
    let mut table = Table::new(&[
        "ACCOUNT", "FOLDERS", "NEW", "CHANGED", "GONE", "BYTES", "SECONDS", "ERROR",
    ])
    .right(&[1, 2, 3, 4, 5, 6]);
    for row in rows {
        table.row(&[
            &row.account,
            &row.folders.to_string(),
            &row.new.to_string(),
            &row.changed.to_string(),
            &row.gone.to_string(),
            &row.bytes_received.to_string(),
            &format!("{:.1}", row.seconds),
            row.error.as_deref().unwrap_or(""),
        ]);
    }
    table.print("No accounts.")
}

/// Lines of `pending`.
#[must_use]
pub fn pending(rows: &[PendingJson]) -> String {
    let mut table = Table::new(&[
        "ID", "ACCOUNT", "FOLDER", "WHAT", "COUNT", "STATE", "TRIED", "SINCE", "ERROR",
    ])
    .right(&[0, 4, 6]);
    for row in rows {
        table.row(&[
            &row.id.to_string(),
            &row.account,
            &row.folder,
            &row.kind,
            &row.count.to_string(),
            row.state,
            &row.attempts.to_string(),
            &minutes(row.created.as_deref()),
            row.error.as_deref().unwrap_or(""),
        ]);
    }
    table.print("Nothing is pending: the servers know everything.")
}

/// A line about an account without a connection, and when the next is tried.
#[must_use]
pub fn offline(account: &str, next_attempt: Option<&str>) -> String {
    let account = SafeText::line(account);
    let at = minutes(next_attempt);
    format!("\n{account} is offline, next attempt {at}; sterna doctor tells why.\n")
}

/// When folders were last brought up to date: account, folder, time, the last empty for never.
#[must_use]
pub fn synced(rows: &[[String; 3]]) -> String {
    let mut table = Table::new(&["ACCOUNT", "FOLDER", "LAST BROUGHT UP TO DATE"]);
    for [account, folder, at] in rows {
        let at = match minutes(Some(at)) {
            at if at.is_empty() => "never".to_owned(),
            at => at,
        };
        table.row(&[account, folder, &at]);
    }
    format!("\n{}", table.print(""))
}

/// The state of a mail that is refused and a draft again.
const IN_DRAFTS: &str = "failed, in the drafts";

/// The outbox.
#[must_use]
pub fn outbox(rows: &[OutboxJson]) -> String {
    let mut table = Table::new(&[
        "ID",
        "TO",
        "SUBJECT",
        "STATE",
        "TRIED",
        "NOT BEFORE",
        "ERROR",
    ])
    .right(&[0, 4]);
    for row in rows {
        table.row(&[
            &row.id.to_string(),
            &row.to.join(", "),
            &row.subject,
            if row.in_drafts { IN_DRAFTS } else { row.state },
            &row.attempts.to_string(),
            &minutes(row.not_before.as_deref()),
            row.error.as_deref().unwrap_or(""),
        ]);
    }
    table.print("The outbox is empty: everything is sent.")
}

/// A mail of the outbox.
#[must_use]
pub fn outbox_mail(row: &OutboxJson) -> String {
    let mut text = String::new();
    let (to, id) = (row.to.join(", "), format!("<{}>", row.message_id));
    let tried = row.attempts.to_string();
    let (not_before, error) = (row.not_before.clone(), row.error.clone());
    let state = if row.in_drafts { IN_DRAFTS } else { row.state };
    let fields = [
        ("From", &row.from),
        ("To", &to),
        ("Subject", &row.subject),
        ("Message-ID", &id),
        ("State", &state.to_owned()),
        ("Tried", &tried),
        ("Not before", &not_before.unwrap_or_default()),
        ("Error", &error.unwrap_or_default()),
    ];
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        push_field(&mut text, name, value);
    }
    text
}

/// A message: the headers that matter, the text, the parts, what is wrong with it.
#[must_use]
pub fn show(message: &ShowJson) -> String {
    let mut text = String::new();
    let date = message.date.clone().unwrap_or_default();
    let fields = [
        ("From", &message.from),
        ("To", &message.to),
        ("Cc", &message.cc),
        ("Date", &date),
        ("Subject", &message.subject),
    ];
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        push_field(&mut text, name, value);
    }
    text.push('\n');
    push_lines(&mut text, &message.text);
    let others: Vec<_> = message
        .parts
        .iter()
        .filter(|part| !part.name.is_empty())
        .collect();
    if !others.is_empty() {
        text.push('\n');
        let mut table = Table::new(&["PART", "TYPE", "SIZE", "NAME"]).right(&[2]);
        for part in others {
            table.row(&[
                &part.part,
                &part.content_type,
                &part.size.to_string(),
                &part.name,
            ]);
        }
        text.push_str(&table.print(""));
    }
    for defect in &message.defects {
        push_field(&mut text, "\nDefect", defect);
    }
    text
}

/// All header fields of a message.
#[must_use]
pub fn headers(message: &ShowJson) -> String {
    let mut text = String::new();
    for (name, value) in &message.headers {
        push_field(&mut text, SafeText::line(name).as_str(), value);
    }
    text
}

fn push_field(text: &mut String, name: &str, value: &str) {
    text.push_str(name);
    text.push_str(": ");
    text.push_str(SafeText::line(value).as_str());
    text.push('\n');
}

fn push_lines(text: &mut String, lines: &str) {
    for line in lines.lines() {
        text.push_str(SafeText::line(line).as_str());
        text.push('\n');
    }
}

fn count(n: Option<u64>) -> String {
    n.map_or("?".to_owned(), |n| n.to_string())
}

/// Shortens an RFC 3339 time to `2026-03-03 10:00`.
fn minutes(time: Option<&str>) -> String {
    time.and_then(|time| time.get(..16))
        .unwrap_or("")
        .replace('T', " ")
}

/// Columns as wide as their widest cell.
struct Table {
    rows: Vec<Vec<String>>,
    right: Vec<usize>,
}

impl Table {
    fn new(head: &[&str]) -> Self {
        let mut table = Self {
            rows: Vec::new(),
            right: Vec::new(),
        };
        table.row(head);
        table
    }

    /// The same, with these columns (from 0) set to the right.
    fn right(mut self, columns: &[usize]) -> Self {
        self.right = columns.to_vec();
        self
    }

    fn row(&mut self, cells: &[&str]) {
        let safe = cells
            .iter()
            .map(|cell| SafeText::line(cell).to_string())
            .collect();
        self.rows.push(safe);
    }

    /// The table, or one line when it has no rows.
    fn print(&self, empty: &str) -> String {
        if self.rows.len() <= 1 {
            return if empty.is_empty() {
                String::new()
            } else {
                format!("{empty}\n")
            };
        }
        let n_columns = self.rows.first().map_or(0, Vec::len);
        let width = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.width())
                .max()
        };
        let widths: Vec<usize> = (0..n_columns)
            .map(|column| width(column).unwrap_or(0))
            .collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let blanks = " ".repeat(width.saturating_sub(cell.width()));
                let (before, after) = if self.right.contains(&column) {
                    (blanks.as_str(), "")
                } else {
                    ("", blanks.as_str())
                };
                let gap = if column == 0 { "" } else { "  " };
                line.extend([gap, before, cell, after]);
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests;
