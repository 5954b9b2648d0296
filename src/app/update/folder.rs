//! Folders: the tree as it arrives, and opening one.

use crate::app::list::MessageList;
use crate::app::model::Model;
use crate::app::update::{journal, ledger, notice, rows};
use crate::channel::effect::Effect;
use crate::channel::job::Job;
use crate::channel::rows::{Anchor, FolderRow};
use crate::command::preset::Pane;
use crate::mail::account::AccountId;
use crate::mail::mailbox::{MailboxId, Role};
use crate::mail::quota::Quota;

/// The store's folders changed: names, counts, or what is pending.
pub fn changed(model: &mut Model) -> Vec<Effect> {
    let mut effects = ledger::changed(model);
    effects.push(Effect::LoadFolders);
    effects
}

/// The folders of all accounts arrived.
pub fn arrived(model: &mut Model, rows: Vec<FolderRow>) -> Vec<Effect> {
    let under_cursor = model.folders.current().map(|row| row.mailbox);
    model.folders.rows = rows;
    model.folders.loaded = true;
    journal::overlay_counts(model);
    let made = model.folders.made.as_ref().and_then(|(account, name)| {
        let is_it = |row: &FolderRow| row.account == *account && row.name.as_str() == name;
        model.folders.rows.iter().position(is_it)
    });
    if made.is_some() {
        model.folders.made = None;
    }
    let place = |id: MailboxId| model.folders.rows.iter().position(|row| row.mailbox == id);
    let last = model.folders.rows.len().saturating_sub(1);
    model.folders.cursor = made
        .or_else(|| under_cursor.and_then(place))
        .unwrap_or(model.folders.cursor.min(last));
    match model.list.mailbox {
        Some(open) if model.folders.of(open).is_some() => Vec::new(),
        Some(_) => {
            let mut effects = notice::say(model, "the open folder no longer exists");
            effects.extend(open_first(model));
            effects
        }
        None => open_first(model),
    }
}

/// The room of the accounts arrived.
pub fn quotas_arrived(model: &mut Model, quotas: Vec<(AccountId, Quota)>) -> Vec<Effect> {
    model.folders.quotas = quotas;
    Vec::new()
}

/// Opens the inbox, or the first folder that can be opened.
fn open_first(model: &mut Model) -> Vec<Effect> {
    let inbox = model.folders.with_role(Role::Inbox, model.list.account);
    let first = inbox.or_else(|| model.folders.rows.iter().find(|row| row.selectable));
    let Some(mailbox) = first.map(|row| row.mailbox) else {
        model.list = MessageList::default();
        return Vec::new();
    };
    open(model, mailbox)
}

/// Opens a folder, with the cursor where it was when it was open before.
pub fn open(model: &mut Model, mailbox: MailboxId) -> Vec<Effect> {
    let anchor = model
        .places
        .get(&mailbox)
        .map_or(Anchor::Newest, |key| Anchor::Around(*key));
    open_at(model, mailbox, anchor)
}

/// Opens a folder with the cursor at a place; one that is open already stays as it is.
pub fn open_at(model: &mut Model, mailbox: MailboxId, anchor: Anchor) -> Vec<Effect> {
    let Some(index) = model
        .folders
        .rows
        .iter()
        .position(|row| row.mailbox == mailbox)
    else {
        return Vec::new();
    };
    let Some(row) = model.folders.rows.get(index).filter(|row| row.selectable) else {
        return notice::say(model, "that level only holds other folders");
    };
    let account = row.account;
    model.folders.cursor = index;
    model.focus = Pane::List;
    if model.list.mailbox == Some(mailbox) {
        return Vec::new();
    }
    remember_place(model);
    model.message.fate = None;
    model.list.open(account, mailbox);
    let mut effects = rows::jump(model, anchor);
    effects.push(Effect::Job(account, Job::OpenMailbox(mailbox)));
    effects
}

fn remember_place(model: &mut Model) {
    let at_newest = model.list.cursor == 0 && !model.list.more_above;
    let Some(mailbox) = model.list.mailbox else {
        return;
    };
    match model.list.current() {
        // Who left at the newest message wants the newest one again.
        Some(row) if !at_newest => drop(model.places.insert(mailbox, row.key)),
        _ => drop(model.places.remove(&mailbox)),
    }
}

/// Opens the folder under the cursor of the folder pane.
pub fn open_current(model: &mut Model) -> Vec<Effect> {
    match model.folders.current().map(|row| row.mailbox) {
        Some(mailbox) => open(model, mailbox),
        None => notice::say(model, "no folders yet"),
    }
}

/// Opens the next or previous folder of the tree.
pub fn beside(model: &mut Model, down: bool) -> Vec<Effect> {
    let found = model
        .list
        .mailbox
        .and_then(|id| model.folders.beside(id, down))
        .map(|row| row.mailbox);
    match found {
        Some(mailbox) => open(model, mailbox),
        None => notice::say(
            model,
            if down {
                "that is the last folder"
            } else {
                "that is the first folder"
            },
        ),
    }
}

/// Opens the folder of a role, in the account of the open folder before any other.
pub fn with_role(model: &mut Model, role: Role) -> Vec<Effect> {
    let found = model
        .folders
        .with_role(role, model.list.account)
        .map(|row| row.mailbox);
    match found {
        Some(mailbox) => open(model, mailbox),
        None => notice::say(model, &format!("no folder here is for {}", role.purpose())),
    }
}
