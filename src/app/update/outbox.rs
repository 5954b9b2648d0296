//! The outbox: what is heard of it, and its page.

use crate::app::model::Model;
use crate::app::outbox::OutboxPage;
use crate::app::overlay::{Overlay, Question};
use crate::app::update::notice;
use crate::channel::effect::Effect;
use crate::channel::key::{Key, KeyCode};
use crate::channel::outbox::{OutboxRow, OutboxState};
use crate::command::verb::Verb;

/// Opens the page.
pub fn open(model: &mut Model) -> Vec<Effect> {
    model.overlay = Some(Overlay::Outbox(OutboxPage::default()));
    vec![Effect::LoadOutbox]
}

/// The outbox was read. The first time it is said what was left of the last run.
pub fn arrived(model: &mut Model, rows: Vec<OutboxRow>) -> Vec<Effect> {
    let is_first = !model.outbox.is_known;
    model.outbox.is_known = true;
    model.outbox.rows = rows;
    model
        .outbox
        .rows
        .retain(|row| row.state != OutboxState::Sent);
    if is_first && !model.outbox.rows.is_empty() {
        return left_over(model);
    }
    Vec::new()
}

fn left_over(model: &mut Model) -> Vec<Effect> {
    let keys = model.keys(Verb::Outbox);
    let n_uncertain = model.outbox.count(&[OutboxState::Uncertain]);
    let n = model.outbox.rows.len();
    let mails = |n: usize| match n {
        1 => "1 mail".to_owned(),
        n => format!("{n} mails"),
    };
    if n_uncertain > 0 {
        let text = format!(
            "{}: nobody knows whether it was sent, {keys} tells more",
            mails(n_uncertain)
        );
        return notice::alarm(model, &text);
    }
    notice::say(
        model,
        &format!("{} in the outbox, {keys} lists it", mails(n)),
    )
}

/// A mail fares differently.
pub fn changed(model: &mut Model, row: OutboxRow) -> Vec<Effect> {
    let before = model.outbox.rows.iter().find(|known| known.id == row.id);
    let was = before.map(|known| known.state);
    let keys = model.keys(Verb::Outbox);
    let subject = if row.subject.is_empty() {
        "(no subject)".to_owned()
    } else {
        row.subject.to_string()
    };
    let effects = match row.state {
        state if was == Some(state) => Vec::new(),
        OutboxState::Accepted => notice::say(model, &format!("sent: {subject}")),
        OutboxState::Sent if was != Some(OutboxState::Accepted) => {
            notice::say(model, &format!("sent: {subject}"))
        }
        OutboxState::Failed => notice::alarm(
            model,
            &format!("not sent, {keys} tells more: {}", row.error),
        ),
        OutboxState::Uncertain => notice::alarm(
            model,
            &format!("nobody knows whether it was sent, {keys} tells more: {subject}"),
        ),
        _ => Vec::new(),
    };
    model.outbox.take(row);
    effects
}

/// A key while the page is open.
pub fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Outbox(page)) = model.overlay.as_mut() else {
        return Vec::new();
    };
    let rows = &model.outbox.rows;
    match (key.ctrl, key.code) {
        (_, KeyCode::Down) | (false, KeyCode::Char('j') | KeyCode::Tab) => page.step(rows, 1),
        (_, KeyCode::Up) | (false, KeyCode::Char('k') | KeyCode::BackTab) => page.step(rows, -1),
        (false, KeyCode::PageDown) => page.step(rows, 10),
        (false, KeyCode::PageUp) => page.step(rows, -10),
        (false, KeyCode::Enter | KeyCode::Char('o')) => page.is_open = !page.is_open,
        (false, KeyCode::Char('q')) if page.is_open => page.is_open = false,
        (false, KeyCode::Char('q')) => model.overlay = None,
        (false, KeyCode::Char(c)) => {
            let row = page.current_row(rows).cloned();
            return row.map_or_else(Vec::new, |row| act(model, c, &row));
        }
        _ => {}
    }
    Vec::new()
}

/// What a letter does with a mail.
fn act(model: &mut Model, letter: char, row: &OutboxRow) -> Vec<Effect> {
    let is_leaving = matches!(row.state, OutboxState::Sending | OutboxState::Committing);
    match (letter, row.state) {
        ('r' | 'e' | 'd' | 'u', _) if is_leaving => {
            notice::say(model, "it is being sent: too late for that")
        }
        ('r' | 'e' | 'd' | 'u', OutboxState::Accepted) => {
            notice::say(model, "it was sent; only its copy is still to be filed")
        }
        ('r', OutboxState::Uncertain) => {
            model.overlay = Some(Overlay::Question(Question::SendAgain(
                row.id,
                row.subject.clone(),
            )));
            Vec::new()
        }
        ('r', _) => vec![Effect::RetryMail(row.id)],
        ('s', OutboxState::Uncertain) => vec![Effect::ResolveMail {
            outbox: row.id,
            as_sent: true,
        }],
        ('s', _) => notice::say(model, "only where nobody knows whether it was sent"),
        ('e' | 'u', OutboxState::Uncertain) => notice::say(
            model,
            "first say what became of it: s it was sent, r send again",
        ),
        ('e' | 'u', _) => {
            model.overlay = None;
            vec![Effect::TakeBack(row.id)]
        }
        ('d', _) => {
            model.overlay = Some(Overlay::Question(Question::DropMail(
                row.id,
                row.subject.clone(),
            )));
            Vec::new()
        }
        _ => Vec::new(),
    }
}
