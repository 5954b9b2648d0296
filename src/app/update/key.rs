//! Keys and pasted text: to what lies over the panes, else through the keymap to a command.

use crate::app::keymap::Meaning;
use crate::app::model::Model;
use crate::app::overlay::Overlay;
use crate::app::update::{
    choice, command_line, composer, folder_change, help, ledger, limit, notice, outbox, password,
    question, run, save, select, store_password, tags,
};
use crate::channel::effect::Effect;
use crate::channel::key::{Key, KeyCode};
use crate::command::keys::sequence_label;
use crate::command::verb::Verb;

/// A key was pressed.
pub fn pressed(model: &mut Model, key: Key) -> Vec<Effect> {
    if is_ctrl(key, 'z') {
        return vec![Effect::Suspend];
    }
    if is_ctrl(key, 'l') {
        return vec![Effect::Repaint];
    }
    let key = Key {
        shift: key.shift && model.overlay.is_none(),
        ..key
    };
    if model.layout().is_none() {
        return too_small(key);
    }
    match model.overlay.as_ref() {
        None => in_panes(model, key),
        Some(_) if key.code == KeyCode::Esc || is_ctrl(key, 'c') => leave(model),
        Some(Overlay::Help(_)) => help::key(model, key),
        Some(Overlay::Palette(_)) => choice::palette_key(model, key),
        Some(Overlay::Folders(..)) => choice::folders_key(model, key),
        Some(Overlay::Tags(_)) => tags::key(model, key),
        Some(Overlay::SelectWords(_)) => select::words_key(model, key),
        Some(Overlay::FolderName(_)) => folder_change::key(model, key),
        Some(Overlay::Question(_)) => question::key(model, key),
        Some(Overlay::Ledger(_)) => ledger::key(model, key),
        Some(Overlay::CommandLine(_)) => command_line::key(model, key),
        Some(Overlay::Limit(_)) => limit::key(model, key),
        Some(Overlay::Password(_)) => password::key(model, key),
        Some(Overlay::Store(_)) => store_password::key(model, key),
        Some(Overlay::Connections) => leave(model),
        Some(Overlay::Attachments(_)) => save::list_key(model, key),
        Some(Overlay::SaveTo(_)) => save::directory_key(model, key),
        Some(Overlay::SendAnyway(_)) => composer::sending::anyway_key(model, key),
        Some(Overlay::SendLater(_)) => composer::sending::later_key(model, key),
        Some(Overlay::AttachPath(_)) => composer::attach::key(model, key),
        Some(Overlay::Bounce(_)) => composer::reply::bounce_key(model, key),
        Some(Overlay::Drafts(_)) => composer::drafts::key(model, key),
        Some(Overlay::Outbox(_)) => outbox::key(model, key),
    }
}

/// Text was pasted: taken by a text field, ignored everywhere else.
pub fn pasted(model: &mut Model, text: &str) -> Vec<Effect> {
    match model.overlay.as_mut() {
        None => composer::typing::pasted(model, text),
        Some(
            Overlay::Attachments(_)
            | Overlay::Connections
            | Overlay::Store(_)
            | Overlay::Question(_)
            | Overlay::Ledger(_)
            | Overlay::SendAnyway(_)
            | Overlay::Drafts(_)
            | Overlay::Outbox(_),
        ) => Vec::new(),
        Some(Overlay::Help(help)) => {
            help.input.insert(text);
            help.scroll = 0;
            Vec::new()
        }
        Some(Overlay::Palette(choice)) => {
            choice.input.insert(text);
            choice::narrow(model)
        }
        Some(Overlay::Folders(_, choice)) => {
            choice.input.insert(text);
            choice::narrow(model)
        }
        Some(Overlay::CommandLine(input) | Overlay::SelectWords(input)) => {
            input.insert(text);
            Vec::new()
        }
        Some(Overlay::Tags(line)) => {
            line.input.insert(text);
            Vec::new()
        }
        Some(Overlay::FolderName(name)) => {
            name.input.insert(text);
            Vec::new()
        }
        Some(Overlay::Limit(input)) => {
            input.insert(text);
            limit::follow(model)
        }
        Some(Overlay::Password(_)) => password::pasted(model, text),
        Some(Overlay::SaveTo(open)) => {
            open.input.insert(text);
            Vec::new()
        }
        Some(Overlay::SendLater(open)) => {
            open.input.insert(text);
            Vec::new()
        }
        Some(Overlay::Bounce(open)) => {
            open.input.insert(text);
            composer::completion::follow_bounce(open)
        }
        Some(Overlay::AttachPath(_)) => composer::attach::pasted(model, text),
    }
}

fn is_ctrl(key: Key, c: char) -> bool {
    key.ctrl && !key.alt && key.code == KeyCode::Char(c)
}

/// Nothing can be read, so nothing is done that would have to be read first.
fn too_small(key: Key) -> Vec<Effect> {
    if matches!(key.code, KeyCode::Char('q' | 'Q')) && !key.ctrl && !key.alt {
        return vec![Effect::Quit];
    }
    Vec::new()
}

fn leave(model: &mut Model) -> Vec<Effect> {
    match model.overlay.take() {
        Some(Overlay::Limit(_)) => limit::clear(model),
        Some(Overlay::Password(password)) => {
            password::cancelled(model, password.account, password.protocol)
        }
        Some(Overlay::Store(offer)) => store_password::declined(model, offer),
        Some(Overlay::Question(question)) => question::declined(model, &question),
        Some(Overlay::SendAnyway(_)) => notice::say(model, "not sent"),
        _ => Vec::new(),
    }
}

/// A command is meant, by a key or by a click; `None` where it was none. What was said has been read, and whoever goes on
/// with something else does not want to end any more.
pub fn goes_on(model: &mut Model, verb: Option<Verb>) {
    model.notice = None;
    model.is_quitting &= matches!(verb, Some(Verb::Quit | Verb::Close));
}

fn in_panes(model: &mut Model, mut key: Key) -> Vec<Effect> {
    let is_typing = model.composers.front().is_some_and(|open| open.is_typing);
    if is_typing && model.pending_keys.is_empty() {
        model.notice = None;
        if let Some(effects) = composer::typing::key(model, key) {
            return effects;
        }
        key = composer::typing::as_command(model, key);
    }
    if !model.pending_keys.is_empty() && (key.code == KeyCode::Esc || is_ctrl(key, 'c')) {
        model.pending_keys.clear();
        return Vec::new();
    }
    // A notice is read by the next key at the latest.
    model.notice = None;
    let mut keys = std::mem::take(&mut model.pending_keys);
    keys.push(key);
    if key.shift && matches!(model.keymap.meaning(model.pane(), &keys), Meaning::Nothing) {
        // Shift alone makes no other command.
        keys.pop();
        keys.push(Key {
            shift: false,
            ..key
        });
    }
    let bound = match model.keymap.meaning(model.pane(), &keys) {
        Meaning::Command(bound) => Some(bound.clone()),
        Meaning::Prefix => {
            model.pending_keys = keys;
            return Vec::new();
        }
        Meaning::Nothing => None,
    };
    goes_on(model, bound.as_ref().map(|bound| bound.verb));
    if let Some(bound) = bound {
        return run::run(model, bound.verb, &bound.argument);
    }
    let help = model.keys(Verb::Help);
    let text = format!("no action on {}, {help} for help", sequence_label(&keys));
    notice::say(model, &text)
}
