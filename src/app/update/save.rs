//! Attachments: the list of them, saving to a directory, and parts that have to come first.

use crate::app::input::Input;
use crate::app::model::Model;
use crate::app::overlay::{Attachments, Overlay, SaveTo};
use crate::app::saves::{Save, Saves};
use crate::app::update::{message, notice};
use crate::channel::effect::Effect;
use crate::channel::event::PartState;
use crate::channel::job::Job;
use crate::channel::key::{Key, KeyCode};
use crate::channel::save::{SaveOutcome, SaveRequest};
use crate::command::verb::Verb;
use crate::mail::message_id::MessageId;
use crate::mail::part::{PartPath, WantedPart};
use crate::mail::safe_text::SafeText;

/// Opens the list of attachments, and before it a message whose text is not here yet.
pub fn list(model: &mut Model) -> Vec<Effect> {
    let Some(view) = model.message.view() else {
        return message::open_for(model, Verb::Attachments);
    };
    let Some(account) = model.list.account.filter(|_| !view.attachments.is_empty()) else {
        return notice::say(model, "this message has no attachments");
    };
    model.overlay = Some(Overlay::Attachments(Attachments {
        account,
        message: view.message,
        mailbox: view.mailbox,
        rows: view.attachments.clone(),
        cursor: 0,
    }));
    Vec::new()
}

/// Asks where to save the only attachment, or which of several.
pub fn save(model: &mut Model) -> Vec<Effect> {
    if model.message.view().is_none() {
        return message::open_for(model, Verb::Save);
    }
    let effects = list(model);
    if matches!(&model.overlay, Some(Overlay::Attachments(list)) if list.rows.len() == 1) {
        choose(model);
    }
    effects
}

/// A key while the list of attachments is open.
pub fn list_key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Attachments(list)) = model.overlay.as_mut() else {
        return Vec::new();
    };
    match (key.ctrl, key.code) {
        (_, KeyCode::Down) | (false, KeyCode::Char('j') | KeyCode::Tab) => list.step(1),
        (_, KeyCode::Up) | (false, KeyCode::Char('k') | KeyCode::BackTab) => list.step(-1),
        (false, KeyCode::Enter | KeyCode::Char('S' | 's')) => choose(model),
        (false, KeyCode::Char('q')) => model.overlay = None,
        (false, KeyCode::Char(c)) => {
            // Counted from 1; the line that means all has no number.
            let number = c.to_digit(10).and_then(|digit| usize::try_from(digit).ok());
            let index = number.and_then(|number| number.checked_sub(1));
            if let Some(index) = index.filter(|index| *index < list.rows.len()) {
                list.cursor = index;
                choose(model);
            }
        }
        _ => {}
    }
    Vec::new()
}

/// From the list to the question for the directory.
fn choose(model: &mut Model) {
    let Some(Overlay::Attachments(list)) = model.overlay.take() else {
        return;
    };
    let chosen = list.chosen();
    let what = match chosen {
        [one] if one.name.as_str().is_empty() => one.content_type.clone(),
        [one] => one.name.clone(),
        several => SafeText::line(&format!("{} attachments", several.len())),
    };
    model.overlay = Some(Overlay::SaveTo(SaveTo {
        account: list.account,
        message: list.message,
        mailbox: list.mailbox,
        paths: chosen.iter().map(|row| row.path.clone()).collect(),
        n_total: chosen.iter().map(|row| row.size_bytes).sum(),
        what,
        input: Input::new(&model.saves.directory),
    }));
}

/// A key while the directory is typed.
pub fn directory_key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::SaveTo(open)) = model.overlay.as_mut() else {
        return Vec::new();
    };
    if key.code != KeyCode::Enter {
        open.input.key(key);
        return Vec::new();
    }
    let Some(Overlay::SaveTo(open)) = model.overlay.take() else {
        return Vec::new();
    };
    let directory = open.input.text();
    if directory.trim().is_empty() {
        return notice::say(model, "not saved: no directory was named");
    }
    model.saves.directory.clone_from(&directory);
    let request = SaveRequest {
        serial: model.next_number(),
        message: open.message,
        mailbox: open.mailbox,
        paths: open.paths,
        directory,
    };
    model.saves.open.push(Save {
        request: request.clone(),
        account: open.account,
        what: open.what,
        awaited: Vec::new(),
        n_done: 0,
        n_total: open.n_total,
    });
    vec![Effect::Save(request)]
}

/// What became of a request.
pub fn ended(model: &mut Model, serial: u64, outcome: SaveOutcome) -> Vec<Effect> {
    let Some(index) = model.saves.position(serial) else {
        return Vec::new(); // Cancelled meanwhile.
    };
    match outcome {
        SaveOutcome::Missing(paths) => want(&mut model.saves, index, paths),
        SaveOutcome::Saved { names, directory } => {
            model.saves.open.remove(index);
            let text = match names.as_slice() {
                [one] => format!("saved {one} in {directory}"),
                several => format!("saved {} files in {directory}", several.len()),
            };
            notice::say(model, &text)
        }
        SaveOutcome::Failed(why) => {
            let save = model.saves.open.remove(index);
            notice::alarm(model, &format!("{} was not saved: {why}", save.what))
        }
    }
}

fn want(saves: &mut Saves, index: usize, paths: Vec<PartPath>) -> Vec<Effect> {
    let Some(save) = saves.open.get_mut(index) else {
        return Vec::new();
    };
    save.awaited = paths;
    let wanted = save.wanted();
    let account = save.account;
    let job = |part| Effect::Job(account, Job::WantPart(part));
    wanted.map(job).collect()
}

/// News of a part that some request may wait for.
pub fn part(
    model: &mut Model,
    message: MessageId,
    path: &PartPath,
    state: PartState,
) -> Vec<Effect> {
    let waits = |save: &Save| save.request.message == message && save.awaited.contains(path);
    let Some(index) = model.saves.open.iter().position(waits) else {
        return Vec::new();
    };
    let Some(save) = model.saves.open.get_mut(index) else {
        return Vec::new();
    };
    match state {
        PartState::Coming { n_done, n_total } => {
            save.n_done = n_done;
            if save.request.paths.len() == 1 {
                save.n_total = n_total;
            }
            Vec::new()
        }
        PartState::Here => {
            save.awaited.retain(|awaited| awaited != path);
            if save.awaited.is_empty() {
                return vec![Effect::Save(save.request.clone())];
            }
            Vec::new()
        }
        PartState::Failed(error) => {
            let (what, effects) = (save.what.clone(), drop_wishes(save));
            model.saves.open.remove(index);
            let mut all = notice::alarm(model, &format!("{what} was not saved: {error}"));
            all.extend(effects);
            all
        }
    }
}

/// Cancels the latest request; `None` when there is none.
pub fn cancel(model: &mut Model) -> Option<Vec<Effect>> {
    let save = model.saves.open.pop()?;
    let mut effects = drop_wishes(&save);
    let keys = model.keys(Verb::Save);
    let text = format!("{}: cancelled, {keys} goes on from there", save.what);
    effects.extend(notice::say(model, &text));
    Some(effects)
}

fn drop_wishes(save: &Save) -> Vec<Effect> {
    let job = |part: WantedPart| Effect::Job(save.account, Job::CancelPart(part));
    save.wanted().map(job).collect()
}
