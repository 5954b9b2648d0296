//! The end: what was done and waits for its turn goes out, for two seconds at the most, also where nobody asked for the
//! end (the terminal is gone); the rest is counted, to be said on the shell.

use std::collections::BTreeSet;
use std::io::Write;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use crate::app::model::Model;
use crate::app::update::composer::drafts;
use crate::app::update::composer::sending::n_on_the_way;
use crate::app::update::update;
use crate::channel::effect::Effect;
use crate::channel::event::Event;
use crate::channel::outbox::{OutboxId, OutboxState};
use crate::cli::place::Place;
use crate::engine::Engine;
use crate::mail::account::AccountId;
use crate::runtime::effects::{Hands, News};
use crate::runtime::screen::now;
use crate::store::Store;
use crate::store::reader::Reader;

/// Nobody waits longer for a program that he has left.
pub const PATIENCE: Duration = Duration::from_secs(2);
/// And for a mail that is on its way: cut now, nobody would know what became of it.
const MORE: Duration = Duration::from_secs(6);
/// So often it is looked whether something is left, when nothing is heard.
const LOOK: Duration = Duration::from_millis(50);

/// Ends everything behind a screen that is gone: keeps, sends, counts, and says what is left.
pub fn end(place: &Place, mut model: Model, mut hands: Hands, events: &Receiver<Event>) {
    let until = Instant::now() + PATIENCE;
    keep(&mut model, &mut hands, events, until);
    // Asked twice for the end, the mail stays.
    let queued = model.outbox.own;
    let n_left = drain(&mut hands, events, until, (&queued, model.is_quitting));
    let own = hands.own_accounts();
    let store = hands.finish(until);
    let mails = staying(&store, &own);
    place.purge(&store);
    store.close();
    if !place.is_demo {
        tell(n_left, mails); // What the demo holds goes with it.
    }
}

/// Sees that what is being written is kept: a save that is on its way, and one that must follow it; and that what was sent
/// is in the outbox.
fn keep(model: &mut Model, hands: &mut Hands, events: &Receiver<Event>, until: Instant) {
    let carry_out = |hands: &mut Hands, effects: Vec<Effect>| {
        for effect in effects {
            let _ = hands.carry_out(effect);
        }
    };
    loop {
        carry_out(hands, drafts::save_all(model));
        let is_busy = drafts::is_saving(model) || n_on_the_way(model) > 0;
        if !is_busy || Instant::now() >= until {
            return;
        }
        if let Ok(
            event @ (Event::DraftSaved { .. } | Event::DraftFailed { .. } | Event::Queued { .. }),
        ) = events.recv_deadline(until)
            && let Some(event) = hands.take_in(News::Own(event))
        {
            carry_out(hands, update(model, event));
        }
    }
}

/// Ends the holds and lets the engines send what waits, operations and mail, and copy the drafts that were left, until nothing
/// is to be done or the time is over; a mail that is on its way by then may take longer. How many operations are left for the next start. Mail that the user wants
/// to leave (`stays`) is not begun; what is held in another window (not in `queued`) is that one's.
fn drain(
    hands: &mut Hands,
    events: &Receiver<Event>,
    until: Instant,
    (queued, stays): (&BTreeSet<OutboxId>, bool),
) -> u64 {
    let Ok(mut reader) = hands.reader() else {
        return 0; // Nothing can be read, so nothing could be counted either.
    };
    let own = hands.own_accounts();
    if stays {
        hands.engines.values().for_each(leave_mail);
    }
    let mut mail = Mail::read(&mut reader, queued, &own, &own);
    if n_pending(&mut reader, &own) > 0 || (mail.n_to_go > 0 && !stays) {
        let _ = hands.carry_out(Effect::Flush(queued.iter().copied().collect()));
    }
    let mut is_left = stays;
    loop {
        let connected: BTreeSet<AccountId> = own
            .iter()
            .copied()
            .filter(|account| hands.is_connected(*account))
            .collect();
        let waits = n_pending(&mut reader, &connected) > 0
            || !stays && (mail.n_to_go > 0 || is_copying(&mut reader, &connected));
        let now = Instant::now();
        let is_time = now < until && waits;
        if !is_time && is_left && (mail.n_in_hand == 0 || now >= until + MORE) {
            return n_pending(&mut reader, &own);
        }
        if !is_time && !is_left {
            // Else the next mail would be between its dot and the answer when this one is done.
            hands.engines.values().for_each(leave_mail);
            is_left = true;
            if !hands
                .engines
                .values()
                .any(|engine| engine.submitter().is_running())
            {
                continue;
            }
        }
        if let Ok(event) = events.recv_timeout(LOOK) {
            let _ = hands.take_in(News::Own(event));
        }
        mail = Mail::read(&mut reader, queued, &own, &connected);
    }
}

/// Has no further mail begun.
fn leave_mail(engine: &Engine) {
    engine.submitter().end();
}

/// Whether the server's copy of a draft is to be made or removed now.
fn is_copying(reader: &mut Reader, accounts: &BTreeSet<AccountId>) -> bool {
    let now = now();
    let mut accounts = accounts.iter();
    accounts.any(|account| matches!(reader.drafts_due(*account), Ok(Some(at)) if at <= now))
}

fn n_pending(reader: &mut Reader, accounts: &BTreeSet<AccountId>) -> u64 {
    let counts = accounts
        .iter()
        .map(|account| reader.n_pending(Some(*account)));
    counts.map(Result::unwrap_or_default).sum()
}

/// Mail that the end may wait for.
#[derive(Debug, Default)]
struct Mail {
    /// Waits for its first attempt or is at it, or its copy waits for that.
    n_to_go: usize,
    /// Its end is leaving.
    n_in_hand: usize,
}

impl Mail {
    /// Of the accounts of this program; what is yet to go, of those that are connected. What is on its way needs no
    /// connection to the mail server.
    fn read(
        reader: &mut Reader,
        queued: &BTreeSet<OutboxId>,
        own: &BTreeSet<AccountId>,
        connected: &BTreeSet<AccountId>,
    ) -> Self {
        let rows = reader.outbox().unwrap_or_default();
        let mut mail = Self::default();
        for row in rows {
            let may_go = usize::from(connected.contains(&row.account));
            match row.state {
                OutboxState::Held if !queued.contains(&row.id) => {}
                OutboxState::Held | OutboxState::Sending => mail.n_to_go += may_go,
                // Where an attempt failed, the next one is hardly better.
                OutboxState::Queued | OutboxState::Accepted if row.error.is_empty() => {
                    mail.n_to_go += may_go;
                }
                OutboxState::Committing if own.contains(&row.account) => mail.n_in_hand += 1,
                _ => {}
            }
        }
        mail
    }
}

/// Mail that stays, by what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Staying {
    /// Goes with the next start.
    waiting: u64,
    /// Goes at a moment that the user named.
    scheduled: u64,
    /// Was sent; its copy is to be filed.
    unfiled: u64,
    /// The server does not want it.
    refused: u64,
    /// Nobody knows whether it was sent.
    uncertain: u64,
}

/// Counts the mail of these accounts that stays.
fn staying(store: &Store, accounts: &BTreeSet<AccountId>) -> Staying {
    let rows = store.reader().and_then(|mut reader| reader.outbox());
    let mut staying = Staying::default();
    let rows = rows.unwrap_or_default();
    for row in rows.iter().filter(|row| accounts.contains(&row.account)) {
        let count = match row.state {
            OutboxState::Held | OutboxState::Queued | OutboxState::Sending => &mut staying.waiting,
            OutboxState::Scheduled => &mut staying.scheduled,
            OutboxState::Accepted => &mut staying.unfiled,
            OutboxState::Failed => &mut staying.refused,
            OutboxState::Committing | OutboxState::Uncertain => &mut staying.uncertain,
            OutboxState::Sent => continue,
        };
        *count += 1;
    }
    staying
}

/// Says on the shell what is left: operations, and mails.
fn tell(n_left: u64, staying: Staying) {
    for words in sentences(n_left, staying) {
        let _ = writeln!(std::io::stderr(), "sterna: {words}");
    }
}

fn sentences(n_left: u64, staying: Staying) -> Vec<String> {
    let said = |n: u64, one: &str, more: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {more}")),
    };
    let all = [
        said(
            n_left,
            "operation waits for the server; it goes on with the next start",
            "operations wait for the server; they go on with the next start",
        ),
        said(
            staying.waiting,
            "mail is in the outbox; it is sent with the next start",
            "mails are in the outbox; they are sent with the next start",
        ),
        said(
            staying.scheduled,
            "mail is to be sent later; that takes a Sterna that runs then",
            "mails are to be sent later; that takes a Sterna that runs then",
        ),
        said(
            staying.unfiled,
            "mail was sent; its copy is filed with the next start",
            "mails were sent; their copies are filed with the next start",
        ),
        said(
            staying.refused,
            "mail was not sent; \"sterna outbox\" says why",
            "mails were not sent; \"sterna outbox\" says why",
        ),
        said(
            staying.uncertain,
            "mail may have been sent or not, nobody knows; it waits for your word",
            "mails may have been sent or not, nobody knows; they wait for your word",
        ),
    ];
    all.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_is_said_and_nothing_else() {
        assert_eq!(sentences(0, Staying::default()), [""; 0]);
        let one = Staying {
            waiting: 1,
            scheduled: 1,
            unfiled: 1,
            refused: 1,
            uncertain: 1,
        };
        let said = sentences(1, one);
        assert_eq!(said.len(), 6);
        assert!(said.iter().all(|words| words.starts_with("1 ")), "{said:?}");
        let many = Staying {
            waiting: 12,
            ..Staying::default()
        };
        assert_eq!(
            sentences(0, many),
            ["12 mails are in the outbox; they are sent with the next start"]
        );
    }
}
