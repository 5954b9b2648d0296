//! What a question says, and which answers it takes.

use std::fmt::Write as _;

use crate::app::keeping::{Offer, Scope};
use crate::app::model::Model;
use crate::app::overlay::Question;
use crate::app::present::folders::shown_name;
use crate::app::present::number::{grouped, size};
use crate::command::verb::Verb;
use crate::mail::safe_text::SafeText;

/// A question for the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What is asked.
    pub title: SafeText,
    /// What it means.
    pub text: SafeText,
    /// The keys that answer it.
    pub answers: SafeText,
    /// Whether it cannot be taken back.
    pub is_final: bool,
}

/// Says a question.
#[must_use]
pub fn asked(model: &Model, question: &Question) -> Asked {
    let folder = |mailbox| model.folders.of(mailbox);
    match question {
        Question::Delete(targets) => {
            let n = u64::try_from(targets.len()).unwrap_or(u64::MAX);
            let title = format!("Delete {} for good?", messages(n));
            deletion(
                &title,
                "The server forgets it for good; no other folder has it.",
            )
        }
        Question::EmptyTrash(mailbox) => {
            let total = folder(*mailbox)
                .and_then(|row| row.total)
                .unwrap_or_default();
            let text = format!(
                "{} messages are deleted on the server for good.",
                grouped(total)
            );
            deletion("Empty Trash?", &text)
        }
        Question::DeleteFolder(mailbox) => {
            let row = folder(*mailbox);
            let name = row.map(shown_name).unwrap_or_default();
            let total = row.and_then(|row| row.total).unwrap_or_default();
            let text = if total == 0 {
                "It holds no messages.".to_owned()
            } else {
                format!(
                    "The {} messages in it are deleted on the server for good.",
                    grouped(total)
                )
            };
            deletion(&format!("Delete the folder {name}?"), &text)
        }
        Question::DiscardMail(_, subject)
        | Question::DiscardDraft(_, subject)
        | Question::DropMail(_, subject)
        | Question::SendAgain(_, subject) => about_mail(model, question, subject),
        Question::Keep(offer) => keeping(model, offer),
    }
}

fn messages(n: u64) -> String {
    if n == 1 {
        "this message".to_owned()
    } else {
        format!("{} messages", grouped(n))
    }
}

fn deletion(title: &str, text: &str) -> Asked {
    Asked {
        title: SafeText::line(title),
        text: SafeText::line(text),
        answers: SafeText::own("y deletes   n keeps everything"),
        is_final: true,
    }
}

/// A question about a mail of one's own.
fn about_mail(model: &Model, question: &Question, subject: &SafeText) -> Asked {
    let (title, what, answers) = match question {
        Question::DropMail(mail, _) if model.outbox.leaves_draft(*mail) => (
            "Give this mail up?",
            "it leaves the outbox; its text stays as a draft.",
            "y gives it up   n keeps it",
        ),
        Question::DropMail(..) => (
            "Give this mail up?",
            "it is not sent, and gone for good.",
            "y gives it up   n keeps it",
        ),
        Question::SendAgain(..) => (
            "Send this mail again?",
            "who has it already gets it twice.",
            "y sends it again   n leaves it",
        ),
        Question::DiscardMail(number, _) if is_formatted(model, *number) => (
            "Discard this mail?",
            "what was written here is gone for good; the formatted draft stays on the server.",
            "y discards   n keeps it",
        ),
        _ => (
            "Discard this mail?",
            "what was written is gone for good.",
            "y discards   n keeps it",
        ),
    };
    let text = format!("{}: {what}", named(subject));
    Asked {
        title: SafeText::own(title),
        text: SafeText::line(&text),
        answers: SafeText::own(answers),
        is_final: true,
    }
}

/// Whether a composer goes on from a draft that another program has formatted.
fn is_formatted(model: &Model, composer: u64) -> bool {
    let mut open = model.composers.open.iter();
    open.any(|open| open.number == composer && open.rest.is_formatted)
}

/// A subject in quotes, not too long.
fn named(subject: &SafeText) -> String {
    if subject.is_empty() {
        return "(no subject)".to_owned();
    }
    let short: String = subject.as_str().chars().take(60).collect();
    format!("\"{short}\"")
}

/// `Keep 312 messages (41 MB) on this machine?`
fn keeping(model: &Model, offer: &Offer) -> Asked {
    let weight = &offer.weight;
    let (what, bytes) = (messages(weight.n()), size(weight.bytes));
    let mut text = match weight.bytes_missing {
        0 => "All of it is here already. ".to_owned(),
        missing if missing == weight.bytes => String::new(),
        missing => format!("{} of it is to be fetched. ", size(missing)),
    };
    let beyond = weight.n_matching.saturating_sub(weight.n());
    if beyond > 0 {
        let _ = write!(text, "{} older ones are left out. ", grouped(beyond));
    }
    if offer.n_unlisted > 0 {
        let n = grouped(offer.n_unlisted);
        let _ = write!(text, "{n} more are not listed yet and are left out. ");
    }
    let keys = model.keys(Verb::Keep);
    let _ = write!(
        text,
        "It stays, whatever cache-size says, until {keys} lets it go."
    );
    let answers = match offer.scope {
        Scope::Chosen => "y keeps   n does not   t the thread   l the list",
        Scope::Thread => "y keeps   n does not   l the list",
        Scope::List => "y keeps   n does not   t the thread",
        Scope::Folder => "y keeps   n does not",
    };
    Asked {
        title: SafeText::line(&format!("Keep {what} ({bytes}) on this machine?")),
        text: SafeText::line(&text),
        answers: SafeText::own(answers),
        is_final: false,
    }
}
