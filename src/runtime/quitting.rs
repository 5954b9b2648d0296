//! The end: what was done and waits for its turn goes out, for two seconds at the most; the rest is counted, to be said
//! on the shell.

use std::collections::BTreeSet;
use std::io::Write;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use crate::app::model::Model;
use crate::app::update::composer::drafts;
use crate::app::update::update;
use crate::channel::effect::Effect;
use crate::channel::event::Event;
use crate::mail::account::AccountId;
use crate::runtime::effects::{Hands, News};
use crate::store::reader::Reader;

/// Nobody waits longer for a program that he has left.
pub const PATIENCE: Duration = Duration::from_secs(2);
/// So often it is looked whether something is left, when nothing is heard.
const LOOK: Duration = Duration::from_millis(50);

/// Sees that what is being written is kept: a save that is on its way, and one that must follow it.
pub fn keep(model: &mut Model, hands: &mut Hands, events: &Receiver<Event>, until: Instant) {
    let carry_out = |hands: &mut Hands, effects: Vec<Effect>| {
        for effect in effects {
            let _ = hands.carry_out(effect);
        }
    };
    loop {
        carry_out(hands, drafts::save_all(model));
        if !drafts::is_saving(model) || Instant::now() >= until {
            return;
        }
        if let Ok(event @ (Event::DraftSaved { .. } | Event::DraftFailed { .. })) =
            events.recv_deadline(until)
        {
            carry_out(hands, update(model, event));
        }
    }
}

/// Ends the holds and lets the engines send what waits, until nothing does or the time is over. How many operations
/// are left for the next start.
pub fn drain(hands: &mut Hands, events: &Receiver<Event>, until: Instant) -> u64 {
    let Ok(mut reader) = hands.reader() else {
        return 0; // Nothing can be read, so nothing could be counted either.
    };
    let own = hands.own_accounts();
    if n_pending(&mut reader, &own) == 0 {
        return 0;
    }
    let _ = hands.carry_out(Effect::Flush);
    loop {
        let connected: BTreeSet<AccountId> = own
            .iter()
            .copied()
            .filter(|account| hands.is_connected(*account))
            .collect();
        if n_pending(&mut reader, &connected) == 0 || Instant::now() >= until {
            return n_pending(&mut reader, &own);
        }
        if let Ok(event) = events.recv_timeout(LOOK) {
            let _ = hands.take_in(News::Own(event));
        }
    }
}

fn n_pending(reader: &mut Reader, accounts: &BTreeSet<AccountId>) -> u64 {
    let counts = accounts
        .iter()
        .map(|account| reader.n_pending(Some(*account)));
    counts.map(Result::unwrap_or_default).sum()
}

/// Mail that stays in the outbox: that which waits, and that of which nobody knows whether it was sent.
pub fn mails(hands: &Hands) -> (u64, u64) {
    let counted = hands.reader().and_then(|mut reader| reader.n_outbox(None));
    counted.unwrap_or_default()
}

/// Says on the shell what is left: operations, and mails.
pub fn tell(n_left: u64, (n_waiting, n_uncertain): (u64, u64)) {
    let waits = match n_left {
        0 => None,
        1 => Some("1 operation waits for the server; it goes on with the next start".to_owned()),
        n => Some(format!(
            "{n} operations wait for the server; they go on with the next start"
        )),
    };
    let mails = match n_waiting {
        0 => None,
        1 => Some("1 mail is in the outbox; it is sent with the next start".to_owned()),
        n => Some(format!(
            "{n} mails are in the outbox; they are sent with the next start"
        )),
    };
    let uncertain = match n_uncertain {
        0 => None,
        1 => Some("of 1 mail nobody knows whether it was sent; it waits for your word".to_owned()),
        n => Some(format!(
            "of {n} mails nobody knows whether they were sent; they wait for your word"
        )),
    };
    for words in [waits, mails, uncertain].into_iter().flatten() {
        let _ = writeln!(std::io::stderr(), "sterna: {words}");
    }
}
