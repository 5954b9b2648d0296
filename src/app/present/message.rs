//! What the message pane says while the text is not there.

use crate::app::message::Text;
use crate::app::model::Model;
use crate::channel::error::RemoteError;
use crate::command::verb::Verb;
use crate::mail::safe_text::SafeText;

/// The subject of the wanted message, for the pane's title; `None` when there is none to show.
#[must_use]
pub fn title(model: &Model) -> Option<SafeText> {
    let none = || SafeText::own("(no subject)");
    if model.message.fate.is_some() {
        // The cursor is on another one already.
        let headers = &model.message.view()?.headers;
        let subject = headers.iter().find(|(name, _)| name.as_str() == "Subject");
        return Some(subject.map_or_else(none, |(_, subject)| subject.clone()));
    }
    let row = model.list.current()?;
    Some(if row.subject.is_empty() {
        none()
    } else {
        row.subject.clone()
    })
}

/// What stands in the place of the text; `None` when it is there, or nothing is worth saying yet.
#[must_use]
pub fn instead_of_text(model: &Model) -> Option<SafeText> {
    model.message.wanted?;
    let text = match &model.message.text {
        Text::Here(_) | Text::Unknown => return None,
        Text::Coming => "Fetching the message.".to_owned(),
        Text::Missing => "Not on this machine and offline: it will load on reconnect.".to_owned(),
        Text::Failed(error @ RemoteError::Metered { .. }) => {
            format!(
                "Not fetched: {error}. {} fetches it.",
                model.keys(Verb::FetchAnyway)
            )
        }
        Text::Failed(error) => {
            let keys = model.keys(Verb::Sync);
            format!("The message could not be fetched: {error}. {keys} asks for it again.")
        }
    };
    Some(SafeText::line(&text))
}

/// From and subject as the list knows them, for as long as the message's own headers are not there.
#[must_use]
pub fn known_headers(model: &Model) -> Vec<(SafeText, SafeText)> {
    let Some(row) = model.list.current() else {
        return Vec::new();
    };
    let from = if row.from.as_str() == row.from_addr.as_str() || row.from_addr.as_str().is_empty() {
        row.from.clone()
    } else {
        SafeText::line(&format!("{} <{}>", row.from, row.from_addr))
    };
    vec![
        (SafeText::line("From"), from),
        (SafeText::line("Subject"), row.subject.clone()),
    ]
}

/// How far the message is read, such as `40 %`; empty when all of it is on the screen.
#[must_use]
pub fn progress(scroll: usize, height: usize, n_lines: usize) -> SafeText {
    let last = n_lines.saturating_sub(height);
    if last == 0 {
        return SafeText::default();
    }
    let percent = scroll
        .saturating_add(height)
        .min(n_lines)
        .saturating_mul(100)
        / n_lines;
    SafeText::line(&format!("{percent} %"))
}
