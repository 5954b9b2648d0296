//! The one way the model changes: an event in, effects out. Split by what the event is about; what follows from the
//! new state whatever the event was (edges, previews, timers, the title) is in `settle`.

pub mod choice;
pub mod command_line;
pub mod composer;
pub mod connection;
pub mod folder;
pub mod folder_change;
pub mod help;
pub mod journal;
pub mod keep;
pub mod key;
pub mod ledger;
pub mod limit;
pub mod message;
pub mod mouse;
pub mod movement;
pub mod notice;
pub mod outbox;
pub mod password;
pub mod question;
pub mod rows;
pub mod run;
pub mod save;
pub mod select;
pub mod settle;
pub mod store_password;
pub mod tags;
pub mod triage;
pub mod undo;
pub mod unread;

use crate::app::model::Model;
use crate::app::update::undo::Came;
use crate::channel::damage::COMMITS_LOST;
use crate::channel::draft::Base;
use crate::channel::effect::Effect;
use crate::channel::event::{Event, Timer};

/// What is to be done before the first event.
pub fn start(model: &mut Model) -> Vec<Effect> {
    let mut effects = vec![Effect::LoadFolders, Effect::LoadOutbox];
    effects.extend(settle::settle(model));
    effects
}

/// Takes one event in.
pub fn update(model: &mut Model, event: Event) -> Vec<Effect> {
    let mut effects = match event {
        Event::Key(key) => key::pressed(model, key),
        Event::Paste(text) => key::pasted(model, &text),
        Event::Mouse(mouse) => mouse::used(model, mouse),
        Event::Resize { columns, rows } => {
            (model.columns, model.rows) = (columns, rows);
            Vec::new()
        }
        Event::Now { seconds, offset } => {
            (model.now, model.offset) = (seconds, offset);
            Vec::new()
        }
        Event::Timer(timer) => rang(model, timer),
        Event::Folders(rows) => folder::arrived(model, rows),
        Event::FoldersChanged => folder::changed(model),
        Event::Quotas(quotas) => folder::quotas_arrived(model, quotas),
        Event::Rows(window) => rows::arrived(model, window),
        Event::RowsFailed { serial, error } => rows::failed(model, serial, &error),
        Event::UnreadFound { serial, found } => unread::found(model, serial, found),
        Event::RowsChanged(mailbox) => rows::changed(model, mailbox),
        Event::Message(view) => message::arrived(model, view),
        Event::MessageMissing { message, coming } => message::missing(model, message, coming),
        Event::BodyFailed { message, error } => message::failed(model, message, error),
        Event::BodyStored(message) => message::stored(model, message),
        Event::Part {
            message,
            path,
            state,
        } => save::part(model, message, &path, state),
        Event::Save { serial, outcome } => save::ended(model, serial, outcome),
        Event::Connection { account, state } => connection::changed(model, account, state),
        event @ (Event::PasswordWanted { .. }
        | Event::PasswordAccepted { .. }
        | Event::PasswordStored { .. }) => password(model, event),
        Event::Synced(_) => Vec::new(), // For who asked, by way of the runtime.
        Event::Notice(text) => notice::show(model, text),
        Event::StoreFailed(error) => notice::alarm(model, &error.to_string()),
        Event::CommitsLost => notice::alarm(model, COMMITS_LOST),
        Event::CacheReplaced(replaced) => rows::cache_replaced(model, &replaced),
        Event::Keeping(news) => keep::happened(model, news),
        event @ (Event::Recorded { .. }
        | Event::RecordFailed { .. }
        | Event::Closed { .. }
        | Event::Undone { .. }
        | Event::Pending(_)
        | Event::JournalChanged { .. }
        | Event::Selection { .. }
        | Event::Ledger(_)
        | Event::Whereabouts { .. }
        | Event::Keywords(_)) => answered(model, event),
        event => written(model, event),
    };
    effects.extend(settle::settle(model));
    effects
}

/// What is asked and told of passwords.
fn password(model: &mut Model, event: Event) -> Vec<Effect> {
    match event {
        Event::PasswordWanted {
            account,
            protocol,
            refusal,
        } => password::wanted(model, (account, protocol), refusal),
        Event::PasswordAccepted { account, place } => {
            store_password::accepted(model, account, place)
        }
        Event::PasswordStored { account, problem } => {
            store_password::stored(model, account, problem)
        }
        _ => Vec::new(),
    }
}

/// The journal, and what was asked of it.
fn answered(model: &mut Model, event: Event) -> Vec<Effect> {
    let mut effects = match event {
        Event::Recorded {
            ticket,
            operations,
            n_targets,
            n_pending,
            ..
        } => {
            model.n_pending = n_pending;
            journal::recorded(model, ticket, &operations, n_targets)
        }
        Event::RecordFailed { ticket, error } => journal::refused(model, ticket, &error),
        Event::Closed {
            operation,
            outcomes,
            n_pending,
        } => {
            model.n_pending = n_pending;
            journal::closed(model, operation, &outcomes)
        }
        Event::Undone {
            label,
            n_restored,
            n_skipped,
            cursor,
            stands,
            redo,
            n_pending,
            ..
        } => {
            model.n_pending = n_pending;
            let came = Came {
                label: &label,
                n_restored,
                n_skipped,
                cursor,
                stands,
                redo,
            };
            undo::undone(model, came)
        }
        Event::Pending(n_pending) => return journal::counted(model, n_pending),
        Event::JournalChanged { n_pending } => journal::counted(model, n_pending),
        Event::Selection {
            serial,
            targets,
            n_matching,
        } => return select::found(model, serial, targets, n_matching),
        Event::Keywords(keywords) => return tags::arrived(model, keywords),
        Event::Whereabouts { target, others } => {
            return message::found_elsewhere(model, target, &others);
        }
        Event::Ledger(ledger) => return ledger::arrived(model, ledger),
        _ => return Vec::new(), // Taken in by `update`.
    };
    effects.extend(ledger::changed(model));
    effects
}

/// Mail that is being written, or on its way out.
fn written(model: &mut Model, event: Event) -> Vec<Effect> {
    match event {
        Event::Compose {
            composition,
            left_out,
        } => composer::asked(model, *composition, &left_out),
        Event::Composed {
            ticket,
            account,
            base,
            composition,
        } => composer::reply::composed(model, ticket, account, base, *composition),
        Event::ComposeFailed { ticket, error } => composer::reply::failed(model, ticket, &error),
        Event::Edited {
            ticket,
            composition,
            saved,
            remark,
        } => composer::editor::edited(model, ticket, composition, saved, &remark),
        Event::Addresses {
            ticket,
            typed,
            found,
            is_more,
        } => composer::completion::arrived(model, ticket, &typed, found, is_more),
        Event::Paths {
            typed,
            found,
            is_more,
        } => composer::attach::found(model, &typed, found, is_more),
        Event::Attached { ticket, outcome } => composer::attach::attached(model, ticket, outcome),
        Event::DraftSaved { ticket, saved } => composer::drafts::saved(model, ticket, saved),
        Event::DraftFailed { ticket, error } => composer::drafts::failed(model, ticket, &error),
        Event::Draft(draft) => {
            let base = Base::Draft(draft.revision);
            composer::open(model, draft.account, base, draft.composition)
        }
        Event::Drafts(rows) => composer::drafts::arrived(model, rows),
        Event::Queued { ticket, outbox, .. } => composer::sending::queued(model, ticket, outbox),
        Event::SendRefused { ticket, error } => composer::sending::refused(model, ticket, &error),
        Event::TakenBack { outbox, outcome } => {
            composer::sending::taken_back(model, outbox, outcome)
        }
        Event::Outbox(rows) => outbox::arrived(model, rows),
        Event::MailChanged(row) => outbox::changed(model, *row),
        _ => Vec::new(), // Taken in by `update`.
    }
}

fn rang(model: &mut Model, timer: Timer) -> Vec<Effect> {
    match timer {
        Timer::MarkRead(target) => message::read_long_enough(model, target),
        Timer::NoticeOver(number) => notice::over(model, number),
        Timer::Preview(number) => message::preview(model, number),
        Timer::Clock => connection::clock(model),
        Timer::Autosave(number) => composer::drafts::rang(model, number),
        Timer::Awaited(_) => Vec::new(), // The runtime's own.
    }
}
