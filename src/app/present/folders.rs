//! The lines of the folder pane.

use crate::app::folders::Line;
use crate::app::model::Model;
use crate::app::present::number::{short, size};
use crate::channel::rows::{FolderPlan, FolderRow};
use crate::command::preset::Pane;
use crate::mail::account::AccountId;
use crate::mail::mailbox::{ON_THIS_COMPUTER, Role};
use crate::mail::rights::Rights;
use crate::mail::safe_text::SafeText;

/// One line of the folder pane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderLine {
    /// Whether it is an account's name, or stands above the folders on this computer.
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
    /// What is to be known of it, in short: `new`, `deleted`, `→ Journeys`, `ro`, `↓`; empty for most.
    pub marks: SafeText,
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
        Line::Heading(id) => {
            let name = model.account(id)?.name.clone();
            Some(heading(name, room(model, id)))
        }
        Line::OnThisComputer => Some(heading(
            SafeText::line(ON_THIS_COMPUTER),
            SafeText::default(),
        )),
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
                marks: SafeText::line(&marks(row)),
                room: SafeText::default(),
            })
        }
    }
}

fn marks(row: &FolderRow) -> String {
    let plan = match &row.plan {
        Some(FolderPlan::Create) => "new".to_owned(),
        Some(FolderPlan::Rename(name)) => format!("→ {name}"),
        Some(FolderPlan::Delete) => "deleted".to_owned(),
        None => String::new(),
    };
    let read_only = if is_read_only(row) { "ro" } else { "" };
    // Of an empty folder it says nothing.
    let is_here = row.is_complete && row.n_headers > 0;
    let here = if is_here { "↓" } else { "" };
    let all = [plan.as_str(), read_only, here].into_iter();
    let said: Vec<&str> = all.filter(|mark| !mark.is_empty()).collect();
    said.join(" ")
}

/// What is to become of the folder under the cursor of the folder pane, as a sentence; `None` for nothing.
#[must_use]
pub fn plan(model: &Model) -> Option<SafeText> {
    let row = model
        .folders
        .current()
        .filter(|_| model.focus == Pane::Folders)?;
    let name = shown_name(row);
    let text = match row.plan.as_ref()? {
        FolderPlan::Create => format!("{name} is new: the server does not know it yet."),
        FolderPlan::Rename(to) => {
            format!("{name} becomes {to}: the server does not know it yet.")
        }
        FolderPlan::Delete => {
            format!("{name} is to be deleted: the server does not know it yet.")
        }
    };
    Some(SafeText::line(&text))
}

fn heading(label: SafeText, room: SafeText) -> FolderLine {
    FolderLine {
        is_heading: true,
        label,
        depth: 0,
        unread: SafeText::default(),
        is_cursor: false,
        is_open: false,
        is_selectable: false,
        marks: SafeText::default(),
        room,
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
