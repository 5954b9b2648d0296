//! The end: what was done and waits for its turn goes out, for two seconds at the most; the rest is counted, to be said
//! on the shell.

use std::collections::BTreeSet;
use std::io::Write;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use crate::channel::effect::Effect;
use crate::channel::event::Event;
use crate::mail::account::AccountId;
use crate::runtime::effects::{Hands, News};
use crate::store::reader::Reader;

/// Nobody waits longer for a program that he has left.
pub const PATIENCE: Duration = Duration::from_secs(2);
/// So often it is looked whether something is left, when nothing is heard.
const LOOK: Duration = Duration::from_millis(50);

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

/// Says on the shell what is left.
pub fn tell(n_left: u64) {
    let words = match n_left {
        0 => return,
        1 => "1 operation waits for the server; it goes on with the next start".to_owned(),
        n => format!("{n} operations wait for the server; they go on with the next start"),
    };
    let _ = writeln!(std::io::stderr(), "sterna: {words}");
}
