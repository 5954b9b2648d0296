//! The message pane: what arrives for it, reading on, and when a message counts as read.

use crate::app::act::Act;
use crate::app::message::{Fate, Text};
use crate::app::model::Model;
use crate::app::present::folders::shown_name;
use crate::app::rights::against;
use crate::app::update::{journal, movement, notice, run, unread};
use crate::channel::effect::Effect;
use crate::channel::error::RemoteError;
use crate::channel::job::Job;
use crate::channel::operation::Target;
use crate::channel::view::MessageView;
use crate::command::preset::Pane;
use crate::command::verb::Verb;
use crate::mail::flag::SystemFlag;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::safe_text::SafeText;
use crate::mail::styled::TextForm;

/// A rendered message arrived; an answer for another message is dropped.
pub fn arrived(model: &mut Model, view: Box<MessageView>) -> Vec<Effect> {
    let target = Target {
        message: view.message,
        mailbox: view.mailbox,
    };
    if model.message.wanted != Some(target) {
        return Vec::new();
    }
    model.message.text = Text::Here(view);
    let waiting = model.message.waiting.take();
    let waiting = waiting.filter(|_| model.overlay.is_none());
    waiting.map_or_else(Vec::new, |verb| run::run(model, verb, ""))
}

/// Opens the message for a command that needs its text, which goes on once the text is here.
pub fn open_for(model: &mut Model, verb: Verb) -> Vec<Effect> {
    if model.list.current().is_none() {
        return notice::say(model, "no message here");
    }
    if matches!(model.message.text, Text::Missing | Text::Failed(_)) {
        return notice::say(model, "the text of this message is not on this machine");
    }
    run::focus(model, Pane::Message);
    model.message.waiting = Some(verb);
    Vec::new()
}

/// The text is not on this machine.
pub fn missing(model: &mut Model, message: MessageId, coming: bool) -> Vec<Effect> {
    if is_wanted(model, message) && model.message.view().is_none() {
        model.message.text = if coming { Text::Coming } else { Text::Missing };
        model.message.waiting = model.message.waiting.filter(|_| coming);
    }
    Vec::new()
}

/// The text could not be fetched.
pub fn failed(model: &mut Model, message: MessageId, error: RemoteError) -> Vec<Effect> {
    if is_wanted(model, message) && model.message.view().is_none() {
        model.message.waiting = None;
        model.message.text = match error {
            RemoteError::Offline { .. } => Text::Missing,
            other => Text::Failed(other),
        };
    }
    Vec::new()
}

/// A text arrived in the store: ask for it when it is the one that is wanted.
pub fn stored(model: &mut Model, message: MessageId) -> Vec<Effect> {
    if is_wanted(model, message) && model.message.asked.is_some() {
        return load(model);
    }
    Vec::new()
}

/// The cursor has rested: load the message under it.
pub fn preview(model: &mut Model, number: u64) -> Vec<Effect> {
    if model.message.preview != number || !model.message.rests {
        return Vec::new();
    }
    model.message.rests = false;
    if model.message.asked.is_none() {
        load(model)
    } else {
        Vec::new()
    }
}

/// Asks for the wanted message at the width of the pane, if the pane is there.
pub fn load(model: &mut Model) -> Vec<Effect> {
    let Some(target) = model.message.wanted.filter(|_| model.shows_message()) else {
        return Vec::new();
    };
    let columns = crate::app::message::text_columns(model.message_columns());
    let form = model.message.form;
    model.message.asked = Some((target, columns, form));
    vec![Effect::LoadMessage {
        message: target.message,
        mailbox: target.mailbox,
        columns,
        form,
    }]
}

/// Fetches what metering has held back: the text of the message, else older headers of the folder and what changed there.
pub fn fetch_anyway(model: &mut Model) -> Vec<Effect> {
    let (Some(account), Some(mailbox)) = (model.list.account, model.list.mailbox) else {
        return notice::say(model, "no folders yet");
    };
    let is_held_back = matches!(
        model.message.text,
        Text::Failed(RemoteError::Metered { .. })
    );
    if let Some(target) = model.message.wanted.filter(|_| is_held_back) {
        model.message.text = Text::Coming;
        let job = Job::FetchAnyway {
            message: target.message,
            mailbox: target.mailbox,
        };
        return vec![Effect::Job(account, job)];
    }
    let lacks_headers = model.folders.lacks_headers(mailbox);
    if lacks_headers || model.folders.has_old_flags(mailbox) {
        let words = if lacks_headers {
            "fetching more headers"
        } else {
            "fetching what changed"
        };
        let mut effects = notice::say(model, words);
        effects.push(Effect::Job(account, Job::FetchMore(mailbox)));
        return effects;
    }
    notice::say(model, "nothing here is held back")
}

/// Shows the other form of the text: HTML instead of plain text, or the other way round.
pub fn toggle_form(model: &mut Model) -> Vec<Effect> {
    let Some(view) = model.message.view() else {
        return open_for(model, Verb::ToggleForm);
    };
    let Some(form) = view.form else {
        return notice::say(model, "this text has only one form");
    };
    let (other, text) = match form {
        TextForm::Plain => (TextForm::Html, "the HTML form of this text"),
        TextForm::Html => (TextForm::Plain, "the plain form of this text"),
    };
    (model.message.form, model.message.scroll) = (other, 0);
    let mut effects = load(model);
    effects.extend(notice::say(model, text));
    effects
}

/// The wanted message has been open for as long as `mark-read-after` says.
pub fn read_long_enough(model: &mut Model, target: Target) -> Vec<Effect> {
    let is_open = model.focus == Pane::Message && model.message.wanted == Some(target);
    if is_open && model.message.armed == Some(target) && !model.message.kept_unread {
        return read_by_itself(model, target);
    }
    Vec::new()
}

/// Marks a message read that is before the reader's eyes, where it is not and where that is allowed.
pub fn read_by_itself(model: &mut Model, target: Target) -> Vec<Effect> {
    let is_unread = model
        .list
        .rows
        .iter()
        .any(|row| row.key.message == target.message && !row.flags.has(SystemFlag::Seen));
    if !is_unread || against(&model.folders, &Act::SeenByItself, target.mailbox).is_some() {
        return Vec::new();
    }
    journal::act(model, &Act::SeenByItself, vec![target])
}

/// A page on; at the end of the message the next unread one. From the list it opens the message first.
pub fn read_on(model: &mut Model) -> Vec<Effect> {
    if model.focus == Pane::List && !model.shows_message() {
        run::focus(model, Pane::Message);
        return Vec::new();
    }
    let page = page(model);
    if movement::scroll(model, page) {
        return Vec::new();
    }
    unread::in_folder(model, true)
}

/// A page back.
pub fn read_back(model: &mut Model) -> Vec<Effect> {
    let page = page(model);
    movement::scroll(model, page.saturating_neg());
    Vec::new()
}

fn page(model: &Model) -> isize {
    isize::try_from(model.height(Pane::Message).saturating_sub(1).max(1)).unwrap_or(1)
}

fn is_wanted(model: &Model, message: MessageId) -> bool {
    model
        .message
        .wanted
        .is_some_and(|target| target.message == message)
}

/// Asks where the open message went, while nobody knows.
pub fn look_elsewhere(model: &Model) -> Vec<Effect> {
    let wanted = model
        .message
        .wanted
        .filter(|_| model.message.fate == Some(Fate::Gone));
    wanted.map(Effect::LoadWhereabouts).into_iter().collect()
}

/// The store knows where else a message is.
pub fn found_elsewhere(model: &mut Model, target: Target, others: &[MailboxId]) -> Vec<Effect> {
    let is_asked = model.message.fate == Some(Fate::Gone) && model.message.wanted == Some(target);
    let names: Vec<SafeText> = others
        .iter()
        .filter_map(|mailbox| model.folders.of(*mailbox))
        .map(shown_name)
        .collect();
    if is_asked && !names.is_empty() {
        model.message.fate = Some(Fate::Moved(names));
    }
    Vec::new()
}
