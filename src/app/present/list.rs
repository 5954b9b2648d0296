//! The rows of the list, its title, and what an empty list says.

use crate::app::date;
use crate::app::model::Model;
use crate::app::present::folders::shown_name;
use crate::app::present::number::grouped;
use crate::channel::event::Connection;
use crate::channel::rows::{FolderRow, MessageRow};
use crate::command::verb::Verb;
use crate::mail::flag::SystemFlag;
use crate::mail::mailbox::Role;
use crate::mail::safe_text::SafeText;

/// One row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRow<'a> {
    /// Whether the cursor is on it.
    pub is_cursor: bool,
    /// Whether it is selected.
    pub is_selected: bool,
    /// Not read yet.
    pub is_unread: bool,
    /// Answered.
    pub is_answered: bool,
    /// Starred.
    pub is_starred: bool,
    /// Has attachments, as far as is known.
    pub has_attachment: bool,
    /// The name pretends to be another address, so the address is shown.
    pub is_suspect: bool,
    /// Short date, at most six columns.
    pub date: SafeText,
    /// Sender, in a Sent folder recipients.
    pub who: &'a SafeText,
    /// The subject; empty when there is none.
    pub subject: &'a SafeText,
    /// Labels that the list does not show otherwise, `[Work, Travel]`; empty where there are none.
    pub labels: SafeText,
    /// The beginning of the text; empty where the server does not tell it.
    pub preview: &'a SafeText,
    /// The user's tags, `#todo #work`; empty for none.
    pub tags: SafeText,
}

/// The title: the folder's name, and its counts.
#[must_use]
pub fn title(model: &Model) -> (SafeText, SafeText) {
    let Some(row) = model.list.mailbox.and_then(|id| model.folders.of(id)) else {
        return (SafeText::line("Sterna"), SafeText::default());
    };
    let several = model.accounts.len() > 1;
    let account = model.account(row.account).filter(|_| several);
    let name = match account {
        Some(account) => SafeText::line(&format!("{} · {}", shown_name(row), account.name)),
        None => shown_name(row),
    };
    let counts = if model.list.limit.is_empty() {
        let total = row.total.unwrap_or(row.n_headers);
        match row.unread.filter(|unread| *unread > 0) {
            Some(unread) => format!("{} unread of {}", grouped(unread), grouped(total)),
            None => grouped(total),
        }
    } else {
        format!(
            "{} with \"{}\"",
            grouped(model.list.n_matching),
            model.list.limit.trim()
        )
    };
    (name, SafeText::line(&counts))
}

/// The rows on the screen.
#[must_use]
pub fn rows(model: &Model, height: usize) -> Vec<ListRow<'_>> {
    let folder = model.list.mailbox.and_then(|id| model.folders.of(id));
    let role = folder.and_then(|row| row.role);
    let to_others = matches!(role, Some(Role::Sent | Role::Drafts));
    let selection = &model.list.selection;
    let cursor = model.list.current().map(|row| row.key);
    let window = model
        .list
        .rows
        .iter()
        .enumerate()
        .skip(model.list.top)
        .take(height);
    window
        .map(|(index, row)| ListRow {
            is_cursor: index == model.list.cursor,
            is_selected: selection.holds(row.key, cursor),
            is_unread: !row.flags.has(SystemFlag::Seen),
            is_answered: row.flags.has(SystemFlag::Answered),
            is_starred: row.flags.has(SystemFlag::Flagged),
            has_attachment: row.has_attachment == Some(true),
            is_suspect: row.sender_suspect && !to_others,
            date: SafeText::line(&date::short(row.date, model.now, model.offset)),
            who: who(row, to_others),
            subject: &row.subject,
            labels: other_labels(row, folder),
            preview: &row.preview,
            tags: tags(row),
        })
        .collect()
}

/// Labels that are folders, but the one that is open.
fn other_labels(row: &MessageRow, folder: Option<&FolderRow>) -> SafeText {
    let is_open = |label: &SafeText| folder.is_some_and(|folder| folder.name == *label);
    let others = row.labels.iter().filter(|label| !is_open(label));
    let words: Vec<&str> = others
        .map(SafeText::as_str)
        .filter(|label| !label.starts_with('\\'))
        .collect();
    if words.is_empty() {
        return SafeText::default();
    }
    SafeText::line(&format!("[{}]", words.join(", ")))
}

/// All labels and tags of a message, `Inbox, Work, #todo`; empty where there are none.
#[must_use]
pub fn labels(row: &MessageRow) -> SafeText {
    let tags = tags(row);
    let labels = row
        .labels
        .iter()
        .map(|label| label.as_str().trim_start_matches('\\'));
    let words: Vec<&str> = labels.chain(tags.as_str().split_whitespace()).collect();
    SafeText::line(&words.join(", "))
}

/// Keywords that programs keep for themselves: they say nothing to a reader.
const UNSHOWN: [&str; 4] = ["junk", "nonjunk", "notjunk", "forwarded"];

/// The tags of a message as a list shows them.
fn tags(row: &MessageRow) -> SafeText {
    if row.flags.keywords().is_empty() {
        return SafeText::default();
    }
    let is_own = |name: &&String| {
        !name.starts_with('$') && !UNSHOWN.contains(&name.to_ascii_lowercase().as_str())
    };
    let tags = row.flags.keywords().iter().filter(is_own).map(|name| {
        let mark = if row.kept_here.contains(name) {
            '~'
        } else {
            '#'
        };
        format!("{mark}{name}")
    });
    SafeText::line(&tags.collect::<Vec<_>>().join(" "))
}

fn who(row: &MessageRow, to_others: bool) -> &SafeText {
    if to_others && !row.to.as_str().is_empty() {
        &row.to
    } else if row.sender_suspect && !row.from_addr.as_str().is_empty() {
        &row.from_addr
    } else {
        &row.from
    }
}

/// What an empty list says; `None` while it is not known to be empty.
#[must_use]
pub fn empty(model: &Model) -> Option<SafeText> {
    if !model.list.rows.is_empty() {
        return None;
    }
    let Some(row) = model.list.mailbox.and_then(|id| model.folders.of(id)) else {
        return no_folders(model);
    };
    // Rows that an action took away may not be all: the next window tells.
    if !model.list.loaded || model.list.is_ahead {
        return None;
    }
    let name = shown_name(row);
    let text = if !model.list.limit.is_empty() {
        format!(
            "Nothing matches \"{}\" in {name}. {} clears.",
            model.list.limit.trim(),
            model.keys(Verb::Escape)
        )
    } else if row.n_headers < row.total.unwrap_or(0) || row.synced_at.is_none() {
        match model
            .account(row.account)
            .map(|account| &account.connection)
        {
            Some(Connection::Online | Connection::Connecting | Connection::Syncing { .. }) => {
                format!("Fetching the newest headers of {name}.")
            }
            _ => "Not on this machine and offline: it will load on reconnect.".to_owned(),
        }
    } else {
        format!("No messages in {name}.")
    };
    Some(SafeText::line(&text))
}

fn no_folders(model: &Model) -> Option<SafeText> {
    if !model.folders.loaded {
        return None;
    }
    let mut why = None;
    for account in &model.accounts {
        match &account.connection {
            Connection::OfflineByChoice => {}
            // The first connection often fails for a mistake in the configuration: the whole of it is said.
            Connection::Offline { error, .. } => {
                why = why.or_else(|| Some(format!("{}: {error}", account.name)));
            }
            _ => return Some(SafeText::own("Fetching the folders.")),
        }
    }
    let text = "No folders on this machine yet: they will load on reconnect.";
    let why = why.map_or_else(String::new, |why| {
        format!("{}. ", why.trim_end_matches('.'))
    });
    Some(SafeText::line(&format!("{why}{text}")))
}
