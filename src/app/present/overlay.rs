//! What palette, folder jump, command line and password prompt show.

use crate::app::completion::Completion;
use crate::app::model::Model;
use crate::app::overlay::{Aim, AttachPath, Attachments, Naming, Offer, Password, TagLine};
use crate::app::present::folders::shown_name;
use crate::app::present::number::{grouped, short, size};
use crate::channel::view::AttachmentRow;
use crate::command::keys::sequence_label;
use crate::command::line::candidates;
use crate::command::preset::Pane;
use crate::command::table::of;
use crate::command::verb::Verb;
use crate::mail::account::Protocol;
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

/// The title of the folder choice: what is chosen for, and for how many messages.
#[must_use]
pub fn aim_title(model: &Model, aim: Aim) -> SafeText {
    let verb = match aim {
        Aim::Go => return SafeText::own("Go to folder"),
        Aim::Move => "Move",
        Aim::Copy => "Copy",
    };
    SafeText::line(&format!("{verb}{} to", of_how_many(model)))
}

/// ` 12 messages` where several are selected; empty for one.
fn of_how_many(model: &Model) -> String {
    let cursor = model.list.current().map(|row| row.key);
    let n = model.list.selection.len(&model.list.rows, cursor);
    if n < 2 || model.focus == Pane::Message {
        return String::new();
    }
    format!(
        " {} messages",
        grouped(u64::try_from(n).unwrap_or(u64::MAX))
    )
}

/// The label of the line for tags.
#[must_use]
pub fn tags_label(model: &Model) -> String {
    format!("tag{}: ", of_how_many(model))
}

/// The label of the line for a folder's name.
#[must_use]
pub fn naming_label(model: &Model, naming: Naming) -> String {
    match naming {
        Naming::New(_) => "new folder: ".to_owned(),
        Naming::Rename(mailbox) => {
            let name = model
                .folders
                .of(mailbox)
                .map(shown_name)
                .unwrap_or_default();
            let name: String = name.as_str().chars().take(20).collect();
            format!("rename {name} to: ")
        }
    }
}

/// The known tags that the last word may become; those that the message has are marked.
#[must_use]
pub fn tags(model: &Model, line: &TagLine) -> Vec<Entry> {
    let has = |name: &str| {
        let row = model.list.current();
        row.is_some_and(|row| {
            row.flags
                .keywords()
                .iter()
                .any(|own| own.eq_ignore_ascii_case(name))
        })
    };
    line.candidates()
        .map(|keyword| Entry {
            name: SafeText::line(keyword.as_str()),
            detail: SafeText::default(),
            right: if has(keyword.as_str()) {
                SafeText::own("set")
            } else {
                SafeText::default()
            },
        })
        .collect()
}

/// Folders of the folder jump. Unread counts help whoever goes there.
#[must_use]
pub fn folders(model: &Model, aim: Aim, found: &[MailboxId]) -> Vec<Entry> {
    let several = model.accounts.len() > 1 && aim == Aim::Go;
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
            .filter(|n| *n > 0 && aim == Aim::Go)
            .map(|n| SafeText::line(&short(n)))
            .unwrap_or_default(),
    })
    .collect()
}

/// The commands that the line after `:` may become; empty once a name is complete and its argument is typed.
#[must_use]
pub fn completions(model: &Model, typed: &str) -> Vec<Entry> {
    if typed.contains(' ') {
        return Vec::new();
    }
    candidates(typed, Some(model.pane()))
        .map(|command| Entry {
            name: SafeText::line(command.name),
            detail: SafeText::line(command.help),
            right: SafeText::default(),
        })
        .collect()
}

/// The addresses that what is typed may become.
#[must_use]
pub fn addresses(open: &Completion) -> Vec<Entry> {
    open.found.iter().map(|address| named(address)).collect()
}

/// A name and nothing else.
fn named(name: &str) -> Entry {
    Entry {
        name: SafeText::line(name),
        detail: SafeText::default(),
        right: SafeText::default(),
    }
}

/// The files that a path may become, by their names: the directory stands in the line that is typed.
#[must_use]
pub fn paths(open: &AttachPath) -> Vec<Entry> {
    let name = |path: &String| {
        let directory = path.trim_end_matches('/').rfind('/');
        let name = path.get(directory.map_or(0, |at| at + 1)..);
        named(name.unwrap_or_default())
    };
    open.found.iter().map(name).collect()
}

/// What stands over them: how many there are, as not all may be seen.
#[must_use]
pub fn attach_title(open: &AttachPath) -> SafeText {
    let n = open.found.len();
    let title = match (n, open.is_more) {
        (_, true) => format!("The first {n} files; type on, there are more"),
        (1, false) => "1 file, Tab completes".to_owned(),
        (n, false) => format!("{n} files, Tab completes, Down chooses"),
    };
    SafeText::line(&title)
}

/// The attachments to choose from; with several of them a line for all.
#[must_use]
pub fn attachments(open: &Attachments) -> Vec<Entry> {
    let entry = |(index, row): (usize, &AttachmentRow)| {
        let name = if row.name.as_str().is_empty() {
            row.content_type.as_str()
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

/// Who logs in where, as a password prompt says it before the first attempt; a refusal names both.
#[must_use]
pub fn login<'a>(model: &'a Model, password: &Password) -> Option<&'a SafeText> {
    let mut logins = model.settings.logins.iter();
    logins
        .find(|(account, protocol, _)| {
            (*account, *protocol) == (password.account, password.protocol)
        })
        .map(|(_, _, text)| text)
        .filter(|_| password.refusal.is_empty())
}

/// The lines of the password prompt: what is asked, and why the last one did not do.
#[must_use]
pub fn password(model: &Model, password: &Password) -> (SafeText, Option<SafeText>) {
    let name = model
        .account(password.account)
        .map(|account| account.name.clone())
        .unwrap_or_default();
    let refusal = (!password.refusal.is_empty()).then(|| password.refusal.clone());
    let title = match password.protocol {
        Protocol::Imap => format!("Password for {name}"),
        Protocol::Smtp => format!("Password for sending from {name}"),
    };
    (SafeText::line(&title), refusal)
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
