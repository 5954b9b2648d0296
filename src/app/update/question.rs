//! The few questions: what cannot be taken back is asked first, and what is dear.

use crate::app::act::Act;
use crate::app::keeping::{Offer, Scope};
use crate::app::model::Model;
use crate::app::overlay::{Overlay, Question};
use crate::app::selection::Purpose;
use crate::app::update::{composer, folder_change, journal, keep, notice, select};
use crate::channel::effect::Effect;
use crate::channel::key::{Key, KeyCode};
use crate::channel::rows::Wanted;

/// A key while a question is open. Others than those it names do nothing, so that no stray key decides it.
pub fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let KeyCode::Char(answer) = key.code else {
        return Vec::new();
    };
    if key.ctrl || key.alt {
        return Vec::new();
    }
    if let Some(Overlay::Question(Question::Keep(offer))) = &model.overlay
        && let Some(scope) = wider(offer, answer)
    {
        model.overlay = None;
        return keep::scope(model, scope);
    }
    if !matches!(answer, 'y' | 'Y' | 'n' | 'N' | 'q') {
        return Vec::new();
    }
    let Some(Overlay::Question(question)) = model.overlay.take() else {
        return Vec::new();
    };
    if !matches!(answer, 'y' | 'Y') {
        return declined(model, &question);
    }
    match question {
        Question::Delete(targets) => journal::act(model, &Act::Delete, targets),
        Question::EmptyTrash(trash) => {
            select::gather_in(model, trash, String::new(), Wanted::All, Purpose::Empty)
        }
        Question::DeleteFolder(mailbox) => folder_change::delete(model, mailbox),
        Question::DiscardMail(number, _) => composer::review::discarded(model, number),
        Question::DiscardDraft(draft, _) => composer::drafts::discard(model, draft),
        Question::DropMail(outbox, _) => vec![Effect::DropMail(outbox)],
        Question::SendAgain(outbox, _) => vec![Effect::RetryMail(outbox)],
        Question::Keep(offer) => vec![Effect::Keep(offer.weight.messages, true)],
    }
}

/// What a letter asks about instead: the thread or the list, where a message was meant.
fn wider(offer: &Offer, answer: char) -> Option<Scope> {
    let scope = match answer {
        't' => Scope::Thread,
        'l' => Scope::List,
        _ => return None,
    };
    let is_there = offer.scope != Scope::Folder && offer.scope != scope;
    is_there.then_some(scope)
}

/// The answer is no.
pub fn declined(model: &mut Model, question: &Question) -> Vec<Effect> {
    let words = match question {
        Question::Delete(_) | Question::EmptyTrash(_) | Question::DeleteFolder(_) => {
            "nothing was deleted"
        }
        Question::DiscardMail(..) | Question::DiscardDraft(..) => "nothing was discarded",
        Question::DropMail(..) => "it stays in the outbox",
        Question::SendAgain(..) => "it was not sent again",
        Question::Keep(_) => "nothing more is kept",
    };
    notice::say(model, words)
}
