//! The lines of the folder pane.

use crate::app::folders::Line;
use crate::app::model::Model;
use crate::app::present::number::{short, size};
use crate::channel::rows::FolderRow;
use crate::command::preset::Pane;
use crate::mail::account::AccountId;
use crate::mail::mailbox::Role;
use crate::mail::rights::Rights;
use crate::mail::safe_text::SafeText;

/// One line of the folder pane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderLine {
    /// Whether it is an account's name.
    pub is_heading: bool,
    /// What is shown.
    pub label: SafeText,
    /// How deep in the tree; 0 for the top.
    pub depth: u8,
    /// Unread messages, short; empty for none.
    pub unread: SafeText,
    /// Whether the cursor is on it.
    pub is_cursor: bool,
    /// Whether it is the folder whose list is shown.
    pub is_open: bool,
    /// Whether it can be opened.
    pub is_selectable: bool,
    /// Whether nothing in it can be changed.
    pub is_read_only: bool,
    /// How much room the account has, `2.1 of 5.0 GB`; empty where that is not known, and for folders.
    pub room: SafeText,
}

/// How a folder is called on the screen: `INBOX` is the protocol's spelling, not a word.
#[must_use]
pub fn shown_name(row: &FolderRow) -> SafeText {
    inbox_or(row, &row.name)
}

fn inbox_or(row: &FolderRow, text: &SafeText) -> SafeText {
    if row.role == Some(Role::Inbox) {
        SafeText::line("Inbox")
    } else {
        text.clone()
    }
}

/// The lines from the first one on the screen on, at most `height`.
#[must_use]
pub fn lines(model: &Model, height: usize) -> Vec<FolderLine> {
    let all = model.folders.lines();
    let shown = all.into_iter().skip(model.folders.top).take(height);
    shown.filter_map(|line| one(model, line)).collect()
}

fn one(model: &Model, line: Line) -> Option<FolderLine> {
    match line {
        Line::Heading(id) => Some(FolderLine {
            is_heading: true,
            label: model.account(id)?.name.clone(),
            depth: 0,
            unread: SafeText::default(),
            is_cursor: false,
            is_open: false,
            is_selectable: false,
            is_read_only: false,
            room: room(model, id),
        }),
        Line::Folder(index) => {
            let row = model.folders.rows.get(index)?;
            let unread = row.unread.filter(|unread| *unread > 0);
            Some(FolderLine {
                is_heading: false,
                label: inbox_or(row, &row.label),
                depth: row.depth,
                unread: unread
                    .map(|n| SafeText::line(&short(n)))
                    .unwrap_or_default(),
                is_cursor: model.focus == Pane::Folders && index == model.folders.cursor,
                is_open: model.list.mailbox == Some(row.mailbox),
                is_selectable: row.selectable,
                is_read_only: is_read_only(row),
                room: SafeText::default(),
            })
        }
    }
}

/// Whether nothing in a folder can be changed, as far as the server told.
#[must_use]
pub fn is_read_only(row: &FolderRow) -> bool {
    row.read_only || row.rights.is_some_and(Rights::only_read)
}

/// How much of an account's room is in use; empty where its server does not tell.
fn room(model: &Model, id: AccountId) -> SafeText {
    let mut quotas = model.folders.quotas.iter();
    let Some((_, quota)) = quotas.find(|(account, _)| *account == id) else {
        return SafeText::default();
    };
    let (used, limit) = (size(quota.used_bytes), size(quota.limit_bytes));
    let unit = limit.rsplit(' ').next().unwrap_or_default();
    let used = used.strip_suffix(unit).map_or(used.as_str(), str::trim_end);
    SafeText::line(&format!("{used} of {limit}"))
}

/// The remark beside the pane's title: the room of the account where there is one account.
#[must_use]
pub fn remark(model: &Model) -> SafeText {
    match model.accounts.as_slice() {
        [only] => room(model, only.id),
        _ => SafeText::default(),
    }
}

/// The pane's title: the account where there is one, else what the pane holds.
#[must_use]
pub fn title(model: &Model) -> SafeText {
    match model.accounts.as_slice() {
        [only] => only.name.clone(),
        _ => SafeText::line("Folders"),
    }
}
