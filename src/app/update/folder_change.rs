//! Making, renaming, deleting folders, and subscribing to them: what is typed becomes an action for the journal.

use crate::app::act::Words;
use crate::app::input::Input;
use crate::app::model::Model;
use crate::app::overlay::{FolderName, Naming, Overlay, Question};
use crate::app::present::folders::shown_name;
use crate::app::shown::{Progress, Shown};
use crate::app::update::notice;
use crate::channel::effect::Effect;
use crate::channel::key::{Key, KeyCode};
use crate::channel::operation::{Action, Change, FolderChange, Ticket};
use crate::channel::rows::FolderRow;
use crate::command::preset::Pane;
use crate::command::verb::Verb;
use crate::mail::account::AccountId;
use crate::mail::mailbox::{MailboxId, MailboxName, Role};

/// Longer names are refused by servers anyway, and by file systems below them.
const MOST_NAME_BYTES: usize = 200;

/// The folder that a command is about: under the cursor of the folder pane, elsewhere the open one.
fn subject(model: &Model) -> Option<&FolderRow> {
    if model.focus == Pane::Folders {
        return model.folders.current();
    }
    model.folders.of(model.list.mailbox?)
}

/// Runs one of the commands that change a folder.
pub fn run(model: &mut Model, verb: Verb, argument: &str) -> Vec<Effect> {
    let Some(row) = subject(model).cloned() else {
        return notice::say(model, "no folders yet");
    };
    let is_inbox = row.role == Some(Role::Inbox);
    match verb {
        Verb::CreateFolder if argument.is_empty() => {
            ask(model, Naming::New(row.account), parent(&row))
        }
        Verb::CreateFolder => create(model, row.account, argument),
        Verb::RenameFolder if is_inbox => notice::say(model, "the inbox keeps its name"),
        Verb::DeleteFolder if is_inbox => notice::say(model, "the inbox cannot be deleted"),
        Verb::RenameFolder if argument.is_empty() => {
            ask(model, Naming::Rename(row.mailbox), row.name.as_str())
        }
        Verb::RenameFolder => rename(model, &row, argument),
        Verb::DeleteFolder => {
            model.overlay = Some(Overlay::Question(Question::DeleteFolder(row.mailbox)));
            Vec::new()
        }
        Verb::Subscribe => subscribe(model, &row, true),
        _ => subscribe(model, &row, false),
    }
}

fn ask(model: &mut Model, naming: Naming, begin: &str) -> Vec<Effect> {
    let input = Input::new(begin);
    model.overlay = Some(Overlay::FolderName(FolderName { naming, input }));
    Vec::new()
}

/// A new folder is offered beside the one under the cursor: the beginning of its name, up to the level it lies in.
fn parent(row: &FolderRow) -> &str {
    let name = row.name.as_str();
    name.strip_suffix(row.label.as_str()).unwrap_or_default()
}

/// A key while a name is typed.
pub fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::FolderName(open)) = model.overlay.as_mut() else {
        return Vec::new();
    };
    if key.code != KeyCode::Enter {
        let _ = open.input.key(key);
        return Vec::new();
    }
    let (naming, typed) = (open.naming, open.input.text());
    model.overlay = None;
    match naming {
        Naming::New(account) => create(model, account, &typed),
        Naming::Rename(mailbox) => match model.folders.of(mailbox).cloned() {
            Some(row) => rename(model, &row, &typed),
            None => notice::say(model, "that folder no longer exists"),
        },
    }
}

/// Why a name will not do; `None` when it does.
fn problem(model: &Model, account: AccountId, name: &str) -> Option<&'static str> {
    let is_taken = |row: &FolderRow| row.account == account && row.name.as_str() == name;
    if name.is_empty() {
        Some("a folder needs a name")
    } else if name.len() > MOST_NAME_BYTES {
        Some("that name is too long for a folder")
    } else if name
        .chars()
        .any(|c| c.is_control() || matches!(c, '*' | '%'))
    {
        Some("a folder's name has no *, % or control characters")
    } else if model.folders.rows.iter().any(is_taken) {
        Some("there is a folder of that name already")
    } else {
        None
    }
}

fn create(model: &mut Model, account: AccountId, typed: &str) -> Vec<Effect> {
    let name = typed.trim();
    if let Some(problem) = problem(model, account, name) {
        return notice::say(model, problem);
    }
    model.folders.made = (model.focus == Pane::Folders).then(|| (account, name.to_owned()));
    let change = FolderChange::Create {
        name: MailboxName::from_display(name),
    };
    record(
        model,
        account,
        change,
        format!("new folder {name}"),
        ("making", "made", format!(" folder {name}")),
    )
}

fn rename(model: &mut Model, row: &FolderRow, typed: &str) -> Vec<Effect> {
    let name = typed.trim();
    if name == row.name.as_str() {
        return Vec::new();
    }
    if let Some(problem) = problem(model, row.account, name) {
        return notice::say(model, problem);
    }
    let (mailbox, to) = (row.mailbox, MailboxName::from_display(name));
    let old = shown_name(row);
    let words = ("renaming", "renamed", format!(" {old} to {name}"));
    record(
        model,
        row.account,
        FolderChange::Rename { mailbox, to },
        format!("rename {old}"),
        words,
    )
}

/// Deletes a folder: the user was asked.
pub fn delete(model: &mut Model, mailbox: MailboxId) -> Vec<Effect> {
    let Some(row) = model.folders.of(mailbox) else {
        return notice::say(model, "that folder no longer exists");
    };
    let (account, name) = (row.account, shown_name(row));
    let words = ("deleting", "deleted", format!(" folder {name}"));
    record(
        model,
        account,
        FolderChange::Delete { mailbox },
        format!("delete folder {name}"),
        words,
    )
}

fn subscribe(model: &mut Model, row: &FolderRow, on: bool) -> Vec<Effect> {
    let (mailbox, name) = (row.mailbox, shown_name(row));
    let (label, words) = if on {
        (
            format!("subscribe to {name}"),
            ("subscribing", "subscribed", format!(" to {name}")),
        )
    } else {
        (
            format!("unsubscribe from {name}"),
            ("unsubscribing", "unsubscribed", format!(" from {name}")),
        )
    };
    record(
        model,
        row.account,
        FolderChange::Subscribe { mailbox, on },
        label,
        words,
    )
}

fn record(
    model: &mut Model,
    account: AccountId,
    change: FolderChange,
    label: String,
    (doing, done, rest): (&'static str, &'static str, String),
) -> Vec<Effect> {
    let action = Action {
        ticket: Ticket(model.next_number()),
        account,
        label,
        changes: vec![Change::Folder(change)],
        targets: Vec::new(),
        hold_seconds: model.settings.ui.hold_seconds,
    };
    let mut effects = notice::say(model, &format!("{doing}{rest}"));
    let shown = Shown {
        action: action.clone(),
        words: Words { doing, done, rest },
        is_quiet: false,
        before: Vec::new(),
        counts: Vec::new(),
        progress: Progress::Unrecorded,
        operations: std::collections::BTreeMap::new(),
    };
    model.shown.insert(action.ticket, shown);
    effects.push(Effect::Record(action));
    effects
}
