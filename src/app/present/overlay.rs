//! What palette, folder jump, command line and password prompt show.

use crate::app::model::Model;
use crate::app::overlay::{Attachments, Offer, Password};
use crate::app::present::folders::shown_name;
use crate::app::present::number::{short, size};
use crate::channel::view::AttachmentRow;
use crate::command::keys::sequence_label;
use crate::command::line::candidates;
use crate::command::table::of;
use crate::command::verb::Verb;
use crate::mail::mailbox::MailboxId;
use crate::mail::safe_text::SafeText;

/// A line to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub name: SafeText,
    /// What it does, or whose it is; may be empty.
    pub detail: SafeText,
    /// Keys or counts at the right; may be empty.
    pub right: SafeText,
}

/// Commands of the palette.
#[must_use]
pub fn commands(model: &Model, found: &[Verb]) -> Vec<Entry> {
    found
        .iter()
        .filter_map(|verb| {
            let command = of(*verb)?;
            let keys: Vec<String> = model.keymap.keys_of(*verb).map(sequence_label).collect();
            Some(Entry {
                name: SafeText::line(command.name),
                detail: SafeText::line(command.help),
                right: SafeText::line(&keys.join("  ")),
            })
        })
        .collect()
}

/// Folders of the folder jump.
#[must_use]
pub fn folders(model: &Model, found: &[MailboxId]) -> Vec<Entry> {
    let several = model.accounts.len() > 1;
    let rows = found.iter().filter_map(|id| model.folders.of(*id));
    rows.map(|row| Entry {
        name: shown_name(row),
        detail: model
            .account(row.account)
            .filter(|_| several)
            .map(|account| account.name.clone())
            .unwrap_or_default(),
        right: row
            .unread
            .filter(|n| *n > 0)
            .map(|n| SafeText::line(&short(n)))
            .unwrap_or_default(),
    })
    .collect()
}

/// The commands that the line after `:` may become; empty once a name is complete and its argument is typed.
#[must_use]
pub fn completions(typed: &str) -> Vec<Entry> {
    if typed.contains(' ') {
        return Vec::new();
    }
    candidates(typed)
        .map(|command| Entry {
            name: SafeText::line(command.name),
            detail: SafeText::line(command.help),
            right: SafeText::default(),
        })
        .collect()
}

/// The attachments to choose from; with several of them a line for all.
#[must_use]
pub fn attachments(open: &Attachments) -> Vec<Entry> {
    let entry = |(index, row): (usize, &AttachmentRow)| {
        let name = if row.name.as_str().is_empty() {
            "(no name)"
        } else {
            row.name.as_str()
        };
        Entry {
            name: SafeText::line(&format!("{} {name}", index + 1)),
            detail: SafeText::default(),
            right: SafeText::line(&size(row.size_bytes)),
        }
    };
    let mut entries: Vec<Entry> = open.rows.iter().enumerate().map(entry).collect();
    if open.rows.len() > 1 {
        let total = open.rows.iter().map(|row| row.size_bytes).sum();
        entries.push(Entry {
            name: SafeText::line(&format!("  all {}", open.rows.len())),
            detail: SafeText::default(),
            right: SafeText::line(&size(total)),
        });
    }
    entries
}

/// The lines of the password prompt: what is asked, and why the last one did not do.
#[must_use]
pub fn password(model: &Model, password: &Password) -> (SafeText, Option<SafeText>) {
    let name = model
        .account(password.account)
        .map(|account| account.name.clone())
        .unwrap_or_default();
    let refusal = (!password.refusal.is_empty()).then(|| password.refusal.clone());
    (SafeText::line(&format!("Password for {name}")), refusal)
}

/// The title of the question whether to store a password.
#[must_use]
pub fn offer(model: &Model, offer: &Offer) -> SafeText {
    let name = model
        .account(offer.account)
        .map_or("this account", |account| account.name.as_str());
    SafeText::line(&format!("Store the password for {name}?"))
}

/// Dots for a password: they tell that typing arrives, up to a length that says nothing about it.
#[must_use]
pub fn dots(password: &Password) -> usize {
    password.typed.expose().chars().count()
}
