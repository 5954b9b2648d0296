//! What is done with messages: on what is selected, else on the message under the cursor; in the message pane always on
//! the open one.

use crate::app::act::{Act, parse_tags};
use crate::app::model::Model;
use crate::app::overlay::{Aim, Overlay, Question, TagLine};
use crate::app::present::folders::shown_name;
use crate::app::rights::against;
use crate::app::selection::Purpose;
use crate::app::update::{choice, journal, notice, select};
use crate::channel::effect::Effect;
use crate::channel::operation::Target;
use crate::channel::rows::{FolderRow, MessageRow, Wanted};
use crate::command::preset::Pane;
use crate::command::verb::Verb;
use crate::mail::flag::SystemFlag;
use crate::mail::mailbox::{MailboxId, Role};

/// What an act is about.
pub(super) enum Subject {
    /// These messages.
    Known(Vec<Target>),
    /// What is selected, and a range that goes beyond the window.
    Range(Wanted),
    /// Nothing, and why.
    Nothing(&'static str),
}

/// What an act is about now. A range ends by it.
pub(super) fn subject(model: &mut Model) -> Subject {
    if model.focus == Pane::Message {
        if model.message.fate.is_some() {
            return Subject::Nothing("this message is no longer in this folder");
        }
        let target = model.message.wanted.or_else(|| model.list.target());
        return target.map_or(Subject::Nothing("no message here"), |target| {
            Subject::Known(vec![target])
        });
    }
    if let Some(what) = select::end_range(model) {
        return Subject::Range(what);
    }
    let chosen = select::targets(model);
    if !chosen.is_empty() {
        return Subject::Known(chosen);
    }
    match model.list.target() {
        Some(target) => Subject::Known(vec![target]),
        None => Subject::Nothing("no message here"),
    }
}

/// Does something with what is selected, or with the message under the cursor.
pub fn perform(model: &mut Model, act: Act) -> Vec<Effect> {
    match subject(model) {
        Subject::Known(targets) => carry_out(model, &act, targets),
        Subject::Range(what) => select::gather(model, what, Purpose::ActOnRange(act)),
        Subject::Nothing(why) => notice::say(model, why),
    }
}

/// Does something with messages that are known; what cannot be taken back is asked first.
pub fn carry_out(model: &mut Model, act: &Act, targets: Vec<Target>) -> Vec<Effect> {
    let Some(mailbox) = targets.first().map(|target| target.mailbox) else {
        return notice::say(model, "no such message here");
    };
    if let Some(why) = against(&model.folders, act, mailbox) {
        let words = act.words();
        return notice::say(model, &format!("not {}{}: {why}", words.done, words.rest));
    }
    if *act == Act::Delete {
        model.overlay = Some(Overlay::Question(Question::Delete(targets)));
        return Vec::new();
    }
    if *act == Act::Seen(false) {
        // Whoever decides by hand is not overruled by the timer.
        model.message.kept_unread = true;
    }
    journal::act(model, act, targets)
}

/// The rows of the window that an act would be about.
fn rows_of_subject(model: &Model) -> impl Iterator<Item = &MessageRow> {
    let selection = &model.list.selection;
    let cursor = model.list.current().map(|row| row.key);
    let only_cursor = model.focus == Pane::Message || selection.is_empty();
    model.list.rows.iter().filter(move |row| {
        if only_cursor {
            Some(row.key) == cursor
        } else {
            selection.holds(row.key, cursor)
        }
    })
}

/// Whether everything that an act would be about has a flag, as far as the window tells.
fn all_have(model: &Model, flag: SystemFlag) -> bool {
    rows_of_subject(model).all(|row| row.flags.has(flag))
}

/// Marks read or unread; `None` turns it over: what is not read yet is read first.
pub fn set_seen(model: &mut Model, on: Option<bool>) -> Vec<Effect> {
    let all_seen = all_have(model, SystemFlag::Seen);
    let on = on.unwrap_or(!all_seen);
    let is_single = model.focus == Pane::Message || model.list.selection.is_empty();
    if is_single && on == all_seen && model.list.current().is_some() {
        // Nothing to record; but the timer shall not overrule who says unread.
        model.message.kept_unread |= !on;
        return Vec::new();
    }
    perform(model, Act::Seen(on))
}

/// Stars what is not starred; where all is, removes the stars.
pub fn toggle_star(model: &mut Model) -> Vec<Effect> {
    let on = !all_have(model, SystemFlag::Flagged);
    perform(model, Act::Starred(on))
}

/// The folder of a role in the account of the open folder; on this computer where that is.
fn own(model: &Model, role: Role) -> Option<&FolderRow> {
    if model
        .list
        .mailbox
        .is_some_and(|open| model.folders.is_here(open))
    {
        return model.folders.with_role_here(role, model.list.account?);
    }
    let found = model.folders.with_role(role, model.list.account);
    found.filter(|row| Some(row.account) == model.list.account)
}

fn open_role(model: &Model) -> Option<Role> {
    model.folders.of(model.list.mailbox?)?.role
}

fn no_folder(model: &mut Model, role: Role) -> Vec<Effect> {
    let is_here = model
        .list
        .mailbox
        .is_some_and(|open| model.folders.is_here(open));
    let place = if is_here { "On this computer/" } else { "" };
    // A folder of that name is taken for it.
    let mut letters = role.name().chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    let name: String = first.into_iter().chain(letters).collect();
    let purpose = role.purpose();
    let text = format!("no folder for {purpose}; :folder-create {place}{name} makes one");
    notice::say(model, &text)
}

/// What archiving means here; `None` after words that say why it means nothing.
fn archive_act(model: &Model) -> Result<Act, Role> {
    let row = own(model, Role::Archive).or_else(|| own(model, Role::All));
    row.map(|row| Act::Archive(row.mailbox))
        .ok_or(Role::Archive)
}

/// What deleting means here.
fn delete_act(model: &Model) -> Result<Act, Role> {
    if open_role(model) == Some(Role::Trash) {
        return Ok(Act::Delete);
    }
    own(model, Role::Trash)
        .map(|row| Act::Trash(row.mailbox))
        .ok_or(Role::Trash)
}

/// What the key for junk means here.
fn junk_act(model: &Model) -> Result<Act, Role> {
    if open_role(model) == Some(Role::Junk) {
        return own(model, Role::Inbox)
            .map(|row| Act::NotJunk(row.mailbox))
            .ok_or(Role::Inbox);
    }
    own(model, Role::Junk)
        .map(|row| Act::Junk(row.mailbox))
        .ok_or(Role::Junk)
}

/// What a command that files messages away means here.
fn filing(model: &Model, verb: Verb) -> Result<Act, Role> {
    match verb {
        Verb::Delete | Verb::DeleteThread => delete_act(model),
        Verb::Junk => junk_act(model),
        _ => archive_act(model),
    }
}

/// Archives, deletes, or marks as junk, by the command.
pub fn file(model: &mut Model, verb: Verb) -> Vec<Effect> {
    let act = match filing(model, verb) {
        Ok(act) => act,
        Err(role) => return no_folder(model, role),
    };
    if act.destination() == model.list.mailbox {
        return notice::say(model, "it is in that folder already");
    }
    let thread = matches!(verb, Verb::ArchiveThread | Verb::DeleteThread);
    if !thread {
        return perform(model, act);
    }
    match model.list.current().map(|row| row.thread) {
        Some(thread) => select::gather(model, Wanted::Thread(thread), Purpose::Act(act)),
        None => notice::say(model, "no message here"),
    }
}

/// Asks for a folder to move or copy to, or takes the one that the argument means best.
pub fn to_folder(model: &mut Model, verb: Verb, argument: &str) -> Vec<Effect> {
    let aim = if verb == Verb::Copy {
        Aim::Copy
    } else {
        Aim::Move
    };
    choice::folder(model, aim, argument)
}

/// Moves or copies to a folder.
pub fn move_or_copy(model: &mut Model, aim: Aim, to: MailboxId) -> Vec<Effect> {
    let Some(name) = model.folders.of(to).map(shown_name) else {
        return notice::say(model, "that folder no longer exists");
    };
    model.last_folder = Some(to);
    let act = if aim == Aim::Copy {
        Act::Copy(to, name)
    } else {
        Act::Move(to, name)
    };
    perform(model, act)
}

/// Adds and removes tags, or asks which.
pub fn tag(model: &mut Model, argument: &str) -> Vec<Effect> {
    if !argument.is_empty() {
        return tag_with(model, argument);
    }
    let (Some(mailbox), Some(_)) = (model.list.mailbox, model.list.current()) else {
        return notice::say(model, "no message here");
    };
    model.overlay = Some(Overlay::Tags(TagLine::default()));
    vec![Effect::LoadKeywords(mailbox)]
}

/// Carries out what was typed about tags.
pub fn tag_with(model: &mut Model, typed: &str) -> Vec<Effect> {
    match parse_tags(typed) {
        Ok(tags) => perform(model, Act::Tagged(tags)),
        Err(word) if word.is_empty() => Vec::new(),
        Err(word) => {
            let text = format!(
                "\"{word}\" can be no tag: letters, digits and signs such as - _ $, no blanks"
            );
            notice::say(model, &text)
        }
    }
}

/// Marks the whole list read; in the folder pane, the folder under the cursor.
pub fn mark_all_read(model: &mut Model) -> Vec<Effect> {
    let is_tree = model.focus == Pane::Folders;
    let folder = model
        .folders
        .current()
        .filter(|_| is_tree)
        .map(|row| row.mailbox);
    let Some(mailbox) = folder.or(model.list.mailbox) else {
        return notice::say(model, "no folders yet");
    };
    let limit = if Some(mailbox) == model.list.mailbox {
        model.list.limit.clone()
    } else {
        String::new()
    };
    select::gather_in(
        model,
        mailbox,
        limit,
        Wanted::Unread,
        Purpose::Act(Act::Seen(true)),
    )
}

/// Asks whether to delete for good what lies in Trash.
pub fn empty_trash(model: &mut Model) -> Vec<Effect> {
    let Some(row) = own(model, Role::Trash) else {
        return no_folder(model, Role::Trash);
    };
    if row.total == Some(0) {
        return notice::say(model, "Trash is empty");
    }
    model.overlay = Some(Overlay::Question(Question::EmptyTrash(row.mailbox)));
    Vec::new()
}
