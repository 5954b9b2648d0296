//! What composers, drafts and the outbox show.

use std::fmt::Write as _;

use crate::app::date::{moment as moment_of, short};
use crate::app::model::Model;
use crate::app::outbox::OutboxPage;
use crate::app::present::number::size;
use crate::app::present::overlay::Entry;
use crate::app::present::status::{Piece, Tone};
use crate::app::update::composer::quit::n_leaving;
use crate::app::update::composer::sending::{meant, n_on_the_way};
use crate::channel::draft::DraftRow;
use crate::channel::event::Connection;
use crate::channel::outbox::{OutboxRow, OutboxState};
use crate::command::verb::Verb;
use crate::mail::composition::{Attachment, Composition, Warning};
use crate::mail::safe_text::SafeText;

/// Seconds of it.
const MINUTE: i64 = 60;

/// A tab: its words, and whether it is the one that is seen.
pub type Tab = (SafeText, bool);

/// The mail first, then what is being written.
#[must_use]
pub fn tabs(model: &Model) -> Vec<Tab> {
    let front = model.composers.front;
    let mut tabs = vec![(SafeText::own("Mail"), model.composers.front().is_none())];
    let open = model.composers.tabs();
    tabs.extend(open.map(|open| (open.title(), Some(open.number) == front)));
    tabs
}

fn piece(text: &str, tone: Tone) -> Piece {
    Piece {
        text: SafeText::line(text),
        tone,
    }
}

fn mails(n: usize) -> String {
    match n {
        1 => "1 mail".to_owned(),
        n => format!("{n} mails"),
    }
}

/// What is said while mail leaves: the end waits for it, or it can be taken back yet.
#[must_use]
pub fn leaving(model: &Model) -> Option<Piece> {
    if model.is_quitting {
        let keys = model.keys(Verb::Close);
        let n = n_leaving(model).max(1);
        let them = if n == 1 { "it" } else { "them" };
        let n = mails(n);
        let text = format!("Sending {n}\u{2026} {keys} again leaves {them} in the outbox");
        return Some(piece(&text, Tone::Busy));
    }
    let (seconds, account) = model.outbox.next_held(model.now)?;
    let connection = model.account(account).map(|account| &account.connection);
    let mut text = match connection {
        // A lost connection for reading says nothing of the one for sending.
        Some(Connection::OfflineByChoice) => "To be sent with the next connection".to_owned(),
        _ => format!("Sending in {seconds} s"),
    };
    // Where text is typed, that key is a letter.
    if !model.composers.front().is_some_and(|open| open.is_typing) {
        let keys = model.keys(Verb::Undo);
        let _ = write!(text, " \u{b7} {keys} takes it back");
    }
    Some(piece(&text, Tone::Busy))
}

/// How many mails are where, for the status line.
#[must_use]
pub fn counts(model: &Model) -> Vec<Piece> {
    let outbox = &model.outbox;
    let n_sending =
        outbox.count(&[OutboxState::Sending, OutboxState::Committing]) + n_on_the_way(model);
    let n_waiting = outbox.count(&[
        OutboxState::Held,
        OutboxState::Queued,
        OutboxState::Scheduled,
    ]);
    let counted = [
        (n_sending, "sending", Tone::Busy),
        (n_waiting, "in outbox", Tone::Busy),
        (
            outbox.count(&[OutboxState::Failed]),
            "not sent",
            Tone::Alarm,
        ),
        (
            outbox.count(&[OutboxState::Uncertain]),
            "uncertain",
            Tone::Alarm,
        ),
    ];
    let some = counted.into_iter().filter(|(n, ..)| *n > 0);
    some.map(|(n, what, tone)| piece(&format!("{n} {what}"), tone))
        .collect()
}

/// An attachment of a mail that is being written: its name, and how large and of which type it is.
#[must_use]
pub fn attachment(attachment: &Attachment) -> (SafeText, SafeText) {
    let typed = attachment.media_type.split(';').next().unwrap_or_default();
    let kind = format!("{}  {typed}", size(attachment.size_bytes));
    (SafeText::line(&attachment.name), SafeText::line(&kind))
}

/// What is said over the text of a draft that another program has made, where not all of that is here; `None` for any other.
#[must_use]
pub fn not_here(mail: &Composition) -> Option<SafeText> {
    if mail.is_formatted {
        return Some(SafeText::own(
            "Formatted draft: sent as plain text; it stays on the server until then",
        ));
    }
    let is_whole = mail.left_out.is_empty();
    (!is_whole).then(|| SafeText::line(&left_out(&mail.left_out)))
}

fn left_out(what: &[String]) -> String {
    format!(
        "Of the mail as it was given this is not in this draft: {}.",
        what.join(", ")
    )
}

/// What looks wrong with a mail, in sentences.
#[must_use]
pub fn warnings(all: &[Warning]) -> Vec<SafeText> {
    all.iter()
        .map(|warning| SafeText::line(&sentence(warning)))
        .collect()
}

fn sentence(warning: &Warning) -> String {
    match warning {
        Warning::NoAttachment(word) => {
            format!("The text says \"{word}\", and nothing is attached.")
        }
        Warning::NoSubject => "There is no subject.".to_owned(),
        Warning::NoRecipient => "Nobody is addressed: To, Cc and Bcc are empty.".to_owned(),
        Warning::OtherIdentity(address) => {
            format!("The mail came to {address}, and another address of yours answers.")
        }
        Warning::UnknownIdentity => {
            "The mail does not say to which of your addresses it came: look at From.".to_owned()
        }
        Warning::Formatting => {
            "It was formatted in another program: plain text is sent, and the formatted draft goes."
                .to_owned()
        }
        Warning::UnreadHead(line) => {
            format!("The text begins with what could not be read as a header: \"{line}\".")
        }
        Warning::LeftOut(what) => left_out(what),
    }
}

/// What the moment that is typed would be; an example while nothing is meant.
#[must_use]
pub fn moment(model: &Model, typed: &str) -> SafeText {
    match meant(model, typed) {
        Some(moment) => SafeText::line(&format!("= {}", date(model, moment))),
        None => SafeText::own("+2h, 18:30, tomorrow 9, mon 8am, 2026-12-24 8:00"),
    }
}

/// A moment as `Mon 23 Mar 08:00`.
fn date(model: &Model, seconds: i64) -> String {
    moment_of(seconds, model.offset)
}

/// The drafts of a list.
#[must_use]
pub fn drafts(model: &Model, rows: &[DraftRow]) -> Vec<Entry> {
    let entry = |row: &DraftRow| {
        let subject = if row.subject.is_empty() {
            SafeText::own("(no subject)")
        } else {
            row.subject.clone()
        };
        let detail = if row.reason.is_empty() {
            row.to.clone()
        } else {
            row.reason.clone()
        };
        Entry {
            name: subject,
            detail,
            right: SafeText::line(&short(row.changed, model.now, model.offset)),
        }
    };
    rows.iter().map(entry).collect()
}

/// How a mail of the outbox fares, in a word or two.
#[must_use]
pub fn state(model: &Model, row: &OutboxRow) -> Piece {
    let text = match (row.state, row.not_before) {
        (OutboxState::Held, Some(at)) if at > model.now => {
            return piece(
                &format!("in {} s", at.saturating_sub(model.now)),
                Tone::Busy,
            );
        }
        (OutboxState::Scheduled, Some(at)) => return piece(&date(model, at), Tone::Calm),
        (OutboxState::Queued, Some(at)) if at > model.now && !row.error.is_empty() => {
            let left = at.saturating_sub(model.now);
            let when = match left {
                ..MINUTE => format!("again in {left} s"),
                _ => format!("again in {} min", left.saturating_add(MINUTE - 1) / MINUTE),
            };
            return piece(&when, Tone::Alarm);
        }
        (OutboxState::Held | OutboxState::Queued | OutboxState::Scheduled, _) => {
            ("waits", Tone::Busy)
        }
        (OutboxState::Sending | OutboxState::Committing, _) => ("is being sent", Tone::Busy),
        (OutboxState::Accepted, _) => ("sent, no copy yet", Tone::Busy),
        (OutboxState::Sent, _) => ("sent", Tone::Calm),
        (OutboxState::Failed, _) => ("not sent", Tone::Alarm),
        (OutboxState::Uncertain, _) => ("uncertain", Tone::Alarm),
    };
    piece(text.0, text.1)
}

/// A line of the outbox page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutboxLine {
    /// A mail.
    Mail {
        /// Whether the cursor is on it.
        is_cursor: bool,
        /// How it fares.
        state: Piece,
        /// Its subject.
        subject: SafeText,
        /// To whom.
        to: SafeText,
    },
    /// More about the mail above it.
    More(Piece),
}

/// The lines of the page: the mails, and everything about the one under the cursor where that is wanted. What went wrong
/// is always said.
#[must_use]
pub fn outbox(model: &Model, page: &OutboxPage) -> Vec<OutboxLine> {
    let rows = &model.outbox.rows;
    let cursor = page.cursor(rows);
    let mut lines = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let is_cursor = index == cursor;
        let to: Vec<&str> = row.to.iter().map(SafeText::as_str).collect();
        let subject = if row.subject.is_empty() {
            SafeText::own("(no subject)")
        } else {
            row.subject.clone()
        };
        lines.push(OutboxLine::Mail {
            is_cursor,
            state: state(model, row),
            subject,
            to: SafeText::line(&to.join(", ")),
        });
        if row.state == OutboxState::Uncertain {
            lines.push(more(
                "The server may have it or not: the answer to its end never came.",
                Tone::Alarm,
            ));
        }
        if !row.error.is_empty() {
            lines.push(more(row.error.as_str(), Tone::Alarm));
        } else if let Some(words) = waits_for(model, row) {
            lines.push(more(words, Tone::Calm));
        }
        if is_cursor && page.is_open {
            lines.extend(details(model, row));
        }
    }
    lines
}

/// Why a mail waits that the engine of this program says nothing of.
fn waits_for(model: &Model, row: &OutboxRow) -> Option<&'static str> {
    if !matches!(row.state, OutboxState::Held | OutboxState::Queued) {
        return None;
    }
    match model.account(row.account)?.connection {
        Connection::OfflineByChoice => {
            Some("You are offline by choice: it goes once you are online.")
        }
        Connection::Elsewhere => {
            Some("Another Sterna on this machine has the connection, and sends it.")
        }
        _ => None,
    }
}

fn more(text: &str, tone: Tone) -> OutboxLine {
    OutboxLine::More(piece(text, tone))
}

fn details(model: &Model, row: &OutboxRow) -> Vec<OutboxLine> {
    let mut lines = vec![more(&format!("From {}", row.from), Tone::Calm)];
    lines.extend(
        row.to
            .iter()
            .map(|address| more(&format!("To {address}"), Tone::Calm)),
    );
    let attempts = match row.attempts {
        0 => "not tried yet".to_owned(),
        1 => "tried once".to_owned(),
        n => format!("tried {n} times"),
    };
    let since = date(model, row.created);
    lines.push(more(&format!("Here since {since}, {attempts}"), Tone::Calm));
    lines.push(more(&format!("Message-ID {}", row.message_id), Tone::Calm));
    lines
}

/// The keys for the mail under the cursor.
#[must_use]
pub fn outbox_hint(model: &Model, page: &OutboxPage) -> SafeText {
    let rows = &model.outbox.rows;
    SafeText::own(match page.current_row(rows).map(|row| row.state) {
        None => "Esc closes",
        Some(OutboxState::Uncertain) => {
            "s it was sent   r sends again   d gives it up   Enter shows more   Esc closes"
        }
        Some(_) => "r sends now   e edits   d gives it up   Enter shows more   Esc closes",
    })
}
