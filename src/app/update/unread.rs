//! Along the unread messages: in the window where there is one, else wherever the store finds the next.

use crate::app::list::{Scope, Seek};
use crate::app::model::Model;
use crate::app::update::{folder, notice, rows};
use crate::channel::effect::Effect;
use crate::channel::rows::FolderRow;
use crate::channel::rows::{Anchor, MessageRow, RowKey, UnreadQuery};
use crate::command::preset::Pane;
use crate::command::verb::Verb;
use crate::mail::flag::SystemFlag;
use crate::mail::mailbox::{MailboxId, Role};

/// Folders to which nobody wants to be led, and those that hold again what is elsewhere.
const PASSED_OVER: [Role; 6] = [
    Role::Drafts,
    Role::Junk,
    Role::Trash,
    Role::All,
    Role::Flagged,
    Role::Important,
];

/// The next or previous unread message of the folder.
pub fn in_folder(model: &mut Model, down: bool) -> Vec<Effect> {
    let (Some(mailbox), true) = (model.list.mailbox, model.list.current().is_some()) else {
        return notice::say(model, "no message here");
    };
    if place_in_window(model, down) {
        return Vec::new();
    }
    let goes_on = if down {
        model.list.more_below
    } else {
        model.list.more_above
    };
    if !goes_on {
        return not_found(model, Scope::Folder, down);
    }
    ask(model, vec![mailbox], Scope::Folder, down)
}

/// The next or previous unread message of the account: the rest of this folder, then the folders after it in the tree, all
/// round, and at last this folder from its other end.
pub fn in_account(model: &mut Model, down: bool) -> Vec<Effect> {
    if place_in_window(model, down) {
        return Vec::new();
    }
    let Some(mailbox) = model.list.mailbox else {
        return notice::say(model, "no folders yet");
    };
    let mut mailboxes = vec![mailbox];
    mailboxes.extend(others(model, mailbox, down));
    mailboxes.push(mailbox);
    ask(model, mailboxes, Scope::Account, down)
}

/// The store's answer; one that nobody waits for any more is dropped.
pub fn found(model: &mut Model, serial: u64, found: Option<(MailboxId, RowKey)>) -> Vec<Effect> {
    let Some(seek) = model.list.seek.take_if(|seek| seek.serial == serial) else {
        return Vec::new();
    };
    let here = model.list.current().map(|row| row.key.message);
    match found {
        Some((mailbox, key)) if Some(key.message) != here => {
            let anchor = Anchor::Around(key);
            if model.list.mailbox == Some(mailbox) {
                return rows::jump(model, anchor);
            }
            let is_reading = model.focus == Pane::Message;
            let effects = folder::open_at(model, mailbox, anchor);
            model.list.opens = is_reading;
            effects
        }
        _ => not_found(model, seek.scope, seek.down),
    }
}

/// What the screen shows as unread may be ahead of the store, so the window is looked at first.
fn place_in_window(model: &mut Model, down: bool) -> bool {
    // From a message that is gone the cursor is on the next one already.
    let is_there = model.message.fate.take().is_some() && down;
    let is_unread = |row: &MessageRow| !row.flags.has(SystemFlag::Seen);
    if is_there && model.list.current().is_some_and(is_unread) {
        return true;
    }
    let found = model.list.unread_beyond(down);
    if let Some(index) = found {
        model.list.place(index);
    }
    found.is_some()
}

/// The other folders of the account with unread mail, in the order of the tree, all round.
fn others(model: &Model, from: MailboxId, down: bool) -> Vec<MailboxId> {
    let own = |row: &&FolderRow| Some(row.account) == model.list.account;
    let rows: Vec<_> = model.folders.rows.iter().filter(own).collect();
    let at = rows.iter().position(|row| row.mailbox == from).unwrap_or(0);
    let (before, behind) = rows.split_at_checked(at).unwrap_or_default();
    let round = behind.iter().skip(1).chain(before);
    let is_worth = |row: &&&FolderRow| {
        let is_passed_over = row.role.is_some_and(|role| PASSED_OVER.contains(&role));
        row.selectable && row.unread != Some(0) && !is_passed_over
    };
    let mut found: Vec<MailboxId> = round.filter(is_worth).map(|row| row.mailbox).collect();
    if !down {
        found.reverse();
    }
    found
}

/// Asks the store, from the edge of the window on: what lies inside it was looked at.
fn ask(model: &mut Model, mailboxes: Vec<MailboxId>, scope: Scope, down: bool) -> Vec<Effect> {
    let edge = if down {
        model.list.rows.last()
    } else {
        model.list.rows.first()
    };
    let after = edge.map(|row| row.key);
    let serial = model.next_number();
    model.list.seek = Some(Seek {
        serial,
        scope,
        down,
    });
    vec![Effect::FindUnread(UnreadQuery {
        mailboxes,
        after,
        limit: model.list.limit.clone(),
        down,
        serial,
    })]
}

fn not_found(model: &mut Model, scope: Scope, down: bool) -> Vec<Effect> {
    if scope == Scope::Account {
        return notice::say(model, "no other unread message in this account");
    }
    let mailbox = model.list.mailbox;
    let n_unread = mailbox
        .and_then(|id| model.folders.of(id))
        .and_then(|row| row.unread);
    let is_unread = |row: &MessageRow| !row.flags.has(SystemFlag::Seen);
    let n_here = u64::from(model.list.current().is_some_and(is_unread));
    let (none, other_side, back, anywhere) = if down {
        (
            "below",
            "above",
            Verb::PreviousUnread,
            Verb::NextUnreadAnywhere,
        )
    } else {
        (
            "above",
            "below",
            Verb::NextUnread,
            Verb::PreviousUnreadAnywhere,
        )
    };
    let text = if n_unread == Some(0) {
        "no unread messages in this folder".to_owned()
    } else {
        format!("no unread message {none}")
    };
    let back = n_unread
        .is_some_and(|n| n > n_here)
        .then(|| format!("{} looks {other_side}", model.keys(back)));
    let has_others = mailbox.is_some_and(|mailbox| !others(model, mailbox, down).is_empty());
    let anywhere = has_others.then(|| model.keys(anywhere));
    let ways = match (back, anywhere) {
        (Some(back), Some(keys)) => format!("; {back}, {keys} in the other folders"),
        (Some(back), None) => format!("; {back}"),
        (None, Some(keys)) => format!("; {keys} looks in the other folders"),
        (None, None) => String::new(),
    };
    notice::say(model, &format!("{text}{ways}"))
}
