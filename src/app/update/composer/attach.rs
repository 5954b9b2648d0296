//! Attachments: added by a path with completion, taken off again.

use crate::app::composer::{Composer, Place};
use crate::app::model::Model;
use crate::app::overlay::{AttachPath, Overlay};
use crate::app::update::notice;
use crate::channel::effect::Effect;
use crate::channel::key::{Key, KeyCode};
use crate::channel::operation::Ticket;
use crate::mail::composition::Attachment;
use crate::mail::safe_text::SafeText;

/// Attaches the file of the argument; without one, asks for its path.
pub fn ask(model: &mut Model, argument: &str) -> Vec<Effect> {
    let Some(ticket) = model.composers.front().map(Composer::ticket) else {
        return Vec::new();
    };
    if !argument.is_empty() {
        return look_at(model, ticket, argument.to_owned());
    }
    let directory = &model.attach_directory;
    let typed = directory.clone();
    model.overlay = Some(Overlay::AttachPath(AttachPath::new(&typed)));
    vec![Effect::CompletePath { ticket, typed }]
}

/// A key while the path is typed.
pub fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(ticket) = model.composers.front().map(Composer::ticket) else {
        model.overlay = None;
        return Vec::new();
    };
    let Some(Overlay::AttachPath(open)) = model.overlay.as_mut() else {
        return Vec::new();
    };
    let last = open.found.len().checked_sub(1);
    match (key.ctrl, key.code, last) {
        (false, KeyCode::Down, Some(last)) | (true, KeyCode::Char('n'), Some(last)) => {
            open.cursor = Some(open.cursor.map_or(0, |at| (at + 1).min(last)));
            return Vec::new();
        }
        (false, KeyCode::Up, _) | (true, KeyCode::Char('p'), _) => {
            // Above the first one is what was typed.
            open.cursor = open.cursor.and_then(|at| at.checked_sub(1));
            return Vec::new();
        }
        (_, KeyCode::Enter, _) => {
            let chosen = open.cursor.and_then(|at| open.found.get(at)).cloned();
            let path = chosen.unwrap_or_else(|| open.input.text());
            // A directory is gone into.
            if open.cursor.is_some() && path.ends_with('/') {
                open.become_typed(&path);
                return follow(model, ticket);
            }
            model.overlay = None;
            if path.trim().is_empty() {
                return notice::say(model, "nothing was attached");
            }
            return look_at(model, ticket, path);
        }
        (_, KeyCode::Tab, _) => {
            let chosen = open.cursor.and_then(|at| open.found.get(at)).cloned();
            let longer = chosen.unwrap_or_else(|| common_beginning(&open.found));
            if longer.len() <= open.input.text().len() {
                open.cursor = last.map(|_| 0);
                return Vec::new();
            }
            open.become_typed(&longer);
        }
        _ if !open.input.key(key) => return Vec::new(),
        _ => open.cursor = None,
    }
    follow(model, ticket)
}

/// Text was pasted into the path, or a file was dropped on the terminal.
pub fn pasted(model: &mut Model, text: &str) -> Vec<Effect> {
    let ticket = model.composers.front().map(Composer::ticket);
    if let Some(Overlay::AttachPath(open)) = model.overlay.as_mut() {
        match dropped(text) {
            Some(path) => open.become_typed(&path),
            None => drop(open.input.insert(text)),
        }
        open.cursor = None;
    }
    ticket.map_or_else(Vec::new, |ticket| follow(model, ticket))
}

/// The whole path that a terminal or a file manager pasted, without its quotes or backslashes; `None` for other text.
fn dropped(text: &str) -> Option<String> {
    let text = text.trim();
    let is_whole = |path: &&str| path.starts_with('/') && !path.contains(['\n', '\'']);
    let quoted = text
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''));
    if let Some(path) = quoted.filter(is_whole) {
        return Some(path.to_owned());
    }
    if !is_whole(&text) || !text.contains('\\') {
        return None;
    }
    let (mut path, mut chars) = (String::new(), text.chars());
    while let Some(c) = chars.next() {
        path.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    Some(path)
}

fn follow(model: &Model, ticket: Ticket) -> Vec<Effect> {
    let Some(Overlay::AttachPath(open)) = &model.overlay else {
        return Vec::new();
    };
    let typed = open.input.text();
    vec![Effect::CompletePath { ticket, typed }]
}

/// What the path may become.
pub fn found(model: &mut Model, typed: &str, found: Vec<String>, is_more: bool) -> Vec<Effect> {
    if let Some(Overlay::AttachPath(open)) = model.overlay.as_mut()
        && open.input.text() == typed
    {
        (open.found, open.is_more, open.cursor) = (found, is_more, None);
    }
    Vec::new()
}

/// Has a file looked at; until that is done the mail is not sent.
fn look_at(model: &mut Model, ticket: Ticket, path: String) -> Vec<Effect> {
    if let Some(composer) = model.composers.get_mut(ticket.0) {
        composer.n_looked_at = composer.n_looked_at.saturating_add(1);
    }
    vec![Effect::Attach { ticket, path }]
}

/// A file was looked at.
pub fn attached(
    model: &mut Model,
    ticket: Ticket,
    outcome: Result<Attachment, SafeText>,
) -> Vec<Effect> {
    if let Some(composer) = model.composers.get_mut(ticket.0) {
        composer.n_looked_at = composer.n_looked_at.saturating_sub(1);
    }
    let attachment = match outcome {
        Ok(attachment) => attachment,
        Err(why) => return notice::alarm(model, &format!("not attached: {why}")),
    };
    let text = format!("attached {}", attachment.name);
    if let crate::mail::composition::Source::File(path) = &attachment.source
        && let Some(directory) = path.parent()
    {
        // The next one mostly lies beside it.
        model.attach_directory = format!("{}/", directory.display());
    }
    let Some(composer) = model.composers.get_mut(ticket.0) else {
        let words = format!("not attached: {}, its mail was closed", attachment.name);
        return notice::alarm(model, &words);
    };
    composer.rest.attachments.push(attachment);
    composer.changed();
    notice::say(model, &text)
}

/// Takes the attachment under the cursor off.
pub fn detach(model: &mut Model) -> Vec<Effect> {
    let Some(composer) = model.composers.front_mut() else {
        return Vec::new();
    };
    let Place::Attachment(index) = composer.place else {
        return notice::say(model, "put the cursor on the attachment that is to go");
    };
    if index >= composer.rest.attachments.len() {
        return Vec::new();
    }
    let gone = composer.rest.attachments.remove(index);
    composer.changed();
    composer.place = match composer.rest.attachments.len() {
        0 => Place::Body,
        n => Place::Attachment(index.min(n - 1)),
    };
    notice::say(model, &format!("{} is not attached any more", gone.name))
}

/// As far as all agree.
fn common_beginning(all: &[String]) -> String {
    let Some((first, others)) = all.split_first() else {
        return String::new();
    };
    let mut common = first.clone();
    for other in others {
        let pairs = common.chars().zip(other.chars());
        let n_agreed = pairs.take_while(|(a, b)| a == b).count();
        common = common.chars().take(n_agreed).collect();
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_dropped_on_the_terminal_is_its_path() {
        for (text, path) in [
            (
                "'/home/anna/the menu.pdf' ",
                Some("/home/anna/the menu.pdf"),
            ),
            (
                "/home/anna/the\\ menu\\ (1).pdf\n",
                Some("/home/anna/the menu (1).pdf"),
            ),
            ("/a\\\\b", Some("/a\\b")),
            ("/home/anna/menu.pdf", None),
            ("menu.pdf", None),
            ("'menu'", None),
            ("/a\n/b", None),
        ] {
            assert_eq!(dropped(text).as_deref(), path, "{text}");
        }
    }
}
