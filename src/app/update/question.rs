//! The few questions: only what cannot be taken back is asked first.

use crate::app::act::Act;
use crate::app::model::Model;
use crate::app::overlay::{Overlay, Question};
use crate::app::selection::Purpose;
use crate::app::update::{composer, folder_change, journal, notice, select};
use crate::channel::effect::Effect;
use crate::channel::key::{Key, KeyCode};
use crate::channel::rows::Wanted;

/// A key while a question is open. Others than those it names do nothing, so that no stray key decides it.
pub fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let KeyCode::Char(answer @ ('y' | 'Y' | 'n' | 'N' | 'q')) = key.code else {
        return Vec::new();
    };
    if key.ctrl || key.alt {
        return Vec::new();
    }
    let Some(Overlay::Question(question)) = model.overlay.take() else {
        return Vec::new();
    };
    if !matches!(answer, 'y' | 'Y') {
        return notice::say(model, left(&question));
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
    }
}

/// What is said when it is not done.
#[must_use]
pub const fn left(question: &Question) -> &'static str {
    match question {
        Question::Delete(_) | Question::EmptyTrash(_) | Question::DeleteFolder(_) => {
            "nothing was deleted"
        }
        Question::DiscardMail(..) | Question::DiscardDraft(..) => "nothing was discarded",
        Question::DropMail(..) => "it stays in the outbox",
        Question::SendAgain(..) => "it was not sent again",
    }
}
