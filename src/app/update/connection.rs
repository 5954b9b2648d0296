//! What the accounts' connections are doing, and the clock that counts down to the next attempt.

use crate::app::message::Text;
use crate::app::model::{Account, Model};
use crate::app::overlay::Overlay;
use crate::app::present::number::grouped;
use crate::app::update::{message, notice};
use crate::channel::effect::Effect;
use crate::channel::event::{Connection, Timer};
use crate::channel::job::Job;
use crate::command::verb::Verb;
use crate::mail::account::AccountId;

/// Dates and countdowns are read anew after this many seconds.
const SLOW: i64 = 60;

/// An account's connection changed.
pub fn changed(model: &mut Model, account: AccountId, state: Connection) -> Vec<Effect> {
    let now = model.now;
    let Some(known) = model.accounts.iter_mut().find(|known| known.id == account) else {
        return Vec::new();
    };
    known.retry_at = match &state {
        Connection::Offline {
            retry_seconds: Some(seconds),
            ..
        } => Some(now.saturating_add_unsigned(*seconds)),
        _ => None,
    };
    let reachable = matches!(state, Connection::Online | Connection::Syncing { .. });
    let open = model.list.account == Some(account);
    let lost = matches!(
        state,
        Connection::Offline { .. } | Connection::OfflineByChoice
    );
    let n_waiting = match &state {
        Connection::Leaving { n_waiting } => Some(*n_waiting),
        _ => None,
    };
    known.connection = state;
    if let Some(n) = n_waiting {
        return notice::say(model, &leaving(model, n));
    }
    if open && lost && model.message.text == Text::Coming {
        model.message.text = Text::Missing;
    }
    // What waited for a connection is asked for again.
    if reachable && open && model.message.text == Text::Missing {
        return message::load(model);
    }
    Vec::new()
}

/// `waiting for 3 answers; gO leaves at once`
fn leaving(model: &Model, n: u64) -> String {
    let answers = if n == 1 {
        "1 answer".to_owned()
    } else {
        format!("{} answers", grouped(n))
    };
    let keys = model.keys(Verb::ToggleOffline);
    format!("waiting for {answers}; {keys} leaves at once")
}

/// Goes offline by choice, or online again. While the last answers are waited for it means: now.
pub fn toggle_offline(model: &mut Model) -> Vec<Effect> {
    let is_leaving = |account: &Account| matches!(account.connection, Connection::Leaving { .. });
    let hurries = model.accounts.iter().any(is_leaving);
    if !hurries {
        model.offline_by_choice = !model.offline_by_choice;
    }
    let text = match model.n_pending {
        _ if !model.offline_by_choice => "going online".to_owned(),
        _ if hurries => "left; what was not answered is looked for on the way back".to_owned(),
        0 => "working offline; what you change reaches the server later".to_owned(),
        1 => "working offline; 1 change waits for the server".to_owned(),
        n => format!(
            "working offline; {} changes wait for the server",
            grouped(n)
        ),
    };
    let mut effects = notice::say(model, &text);
    effects.push(Effect::JobForAll(Job::SetOnline(!model.offline_by_choice)));
    effects
}

/// The clock rang.
pub fn clock(model: &mut Model) -> Vec<Effect> {
    // A ring before the due time belongs to a slower chain that a faster one has replaced.
    if model
        .clock_due
        .is_some_and(|due| model.now.saturating_add(1) >= due)
    {
        model.clock_due = None;
    }
    Vec::new()
}

/// Winds the clock where it does not run, or runs too slowly.
pub fn wind(model: &mut Model) -> Vec<Effect> {
    let counting = model
        .accounts
        .iter()
        .any(|account| account.retry_at.is_some_and(|at| at > model.now))
        || model.outbox.next_held(model.now).is_some()
        || (matches!(model.overlay, Some(Overlay::Outbox(_)))
            && model.outbox.is_counting(model.now));
    // Wound before the time is known, it would look due for years.
    if model.now == 0 {
        return Vec::new();
    }
    let seconds = if counting { 1 } else { SLOW };
    let due = model.now.saturating_add(seconds);
    if model.clock_due.is_some_and(|running| running <= due) {
        return Vec::new();
    }
    model.clock_due = Some(due);
    vec![Effect::After {
        milliseconds: seconds.unsigned_abs().saturating_mul(1_000),
        timer: Timer::Clock,
    }]
}
