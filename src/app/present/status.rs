//! The status line: words at the left, states and counts at the right.

use crate::app::model::{Account, Model};
use crate::app::present::folders::{plan, shown_name};
use crate::app::present::mails::{counts, leaving};
use crate::app::present::number::{grouped, size};
use crate::app::saves::Save;
use crate::channel::error::Recovery;
use crate::channel::event::Connection;
use crate::command::keys::sequence_label;
use crate::command::verb::Verb;
use crate::mail::rights::Rights;
use crate::mail::safe_text::SafeText;

/// How a piece is meant; the theme gives the colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As everything is when all is well.
    Calm,
    /// Something is going on.
    Busy,
    /// Something needs attention.
    Alarm,
}

/// A piece of the status line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What is said.
    pub text: SafeText,
    /// How it is meant.
    pub tone: Tone,
}

/// Columns at the right where the states stand, in most cases.
const STATE_COLUMNS: usize = 34;

fn piece(text: &str, tone: Tone) -> Piece {
    Piece {
        text: SafeText::line(text),
        tone,
    }
}

/// The left side: a notice, else why the open folder's account is offline, else what is missing of the folder.
#[must_use]
pub fn left(model: &Model) -> Option<Piece> {
    let is_alarm = model.notice.as_ref().is_some_and(|notice| notice.is_alarm);
    // What leaves in a few seconds comes before what was just said.
    if let Some(leaving) = leaving(model).filter(|_| !is_alarm) {
        return Some(leaving);
    }
    if let Some(notice) = &model.notice {
        let tone = if notice.is_alarm {
            Tone::Alarm
        } else {
            Tone::Calm
        };
        return Some(Piece {
            text: notice.text.clone(),
            tone,
        });
    }
    if let Some(plan) = plan(model) {
        return Some(piece(plan.as_str(), Tone::Calm));
    }
    let troubled = |account: &&Account| matches!(account.connection, Connection::Offline { .. });
    let open = model
        .accounts
        .iter()
        .filter(|account| Some(account.id) == model.list.account);
    let account = open.chain(model.accounts.iter()).find(troubled);
    if let Some(reason) = account.and_then(|account| reason(model, account)) {
        return Some(reason);
    }
    partial(model).or_else(|| read_only(model))
}

/// Why nothing in the open folder can be changed.
fn read_only(model: &Model) -> Option<Piece> {
    let row = model.list.mailbox.and_then(|id| model.folders.of(id))?;
    if row.rights.is_some_and(Rights::only_read) {
        let words = "You may only read this folder: its owner gave you no more rights.";
        return Some(piece(words, Tone::Calm));
    }
    let words = "The server opened this folder read-only.";
    row.read_only.then(|| piece(words, Tone::Calm))
}

fn reason(model: &Model, account: &Account) -> Option<Piece> {
    let Connection::Offline { error, .. } = &account.connection else {
        return None;
    };
    let name = if model.accounts.len() > 1 {
        format!("{}: ", account.name)
    } else {
        String::new()
    };
    // What waits for the user is explained at length, and there is no room for that here; for much else neither.
    let room = usize::from(model.columns).saturating_sub(STATE_COLUMNS + name.len());
    let is_cut = error.recovery() == Recovery::TellUser || error.to_string().chars().count() > room;
    let keys = model.keymap.keys_of(Verb::Connections).next();
    let more = keys.filter(|_| is_cut).map_or_else(String::new, |keys| {
        format!("{} tells all: ", sequence_label(keys))
    });
    Some(piece(&format!("{name}{more}{error}"), Tone::Alarm))
}

/// When an account tries again; empty when it waits for the user.
fn next_attempt(model: &Model, account: &Account) -> String {
    match account.retry_at.map(|at| at.saturating_sub(model.now)) {
        Some(..=0) => ", trying again".to_owned(),
        Some(seconds @ 1..600) => format!(", next attempt in {seconds} s"),
        Some(seconds) => format!(", next attempt in {} min", seconds / 60),
        None => String::new(),
    }
}

/// Which part of the open folder's headers is here, while some are missing; else whether changes are held back.
fn partial(model: &Model) -> Option<Piece> {
    let row = model.list.mailbox.and_then(|id| model.folders.of(id))?;
    let is_metered = model.settings.metered.contains(&row.account);
    let total = row.total.unwrap_or(0);
    if row.n_headers == 0 || row.n_headers >= total {
        let keys = model.keys(Verb::FetchAnyway);
        let text =
            format!("Flags of older messages are as they were seen last. {keys} fetches more.");
        return (is_metered && row.has_old_flags).then(|| piece(&text, Tone::Calm));
    }
    let connection = model
        .account(row.account)
        .map(|account| &account.connection);
    // While they come the right side counts them, as they leave the server.
    let is_counted = matches!(connection, Some(Connection::Syncing { mailbox, n_total, .. })
        if *mailbox == row.mailbox && *n_total > 0);
    let mut text = if is_counted {
        "Older headers are coming, the newest first.".to_owned()
    } else {
        let (here, total) = (grouped(row.n_headers), grouped(total));
        format!("Headers: {here} of {total}, newest first.")
    };
    if is_metered {
        text = format!("{text} {} fetches more.", model.keys(Verb::FetchAnyway));
    }
    Some(piece(&text, Tone::Calm))
}

/// The right side: what is pending, then the state of each account that differs from the others.
#[must_use]
pub fn right(model: &Model) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let cursor = model.list.current().map(|row| row.key);
    let n_selected = model.list.selection.len(&model.list.rows, cursor);
    if n_selected > 0 {
        let n = u64::try_from(n_selected).unwrap_or(u64::MAX);
        pieces.push(piece(&format!("{} selected", grouped(n)), Tone::Busy));
    }
    if model.n_pending > 0 {
        pieces.push(piece(
            &format!("{} pending", grouped(model.n_pending)),
            Tone::Busy,
        ));
    }
    pieces.extend(counts(model));
    pieces.extend(keeping(model));
    pieces.extend(model.saves.open.last().map(|save| saving(model, save)));
    let mut states: Vec<(Piece, &Account)> = model
        .accounts
        .iter()
        .map(|account| (state(model, account), account))
        .collect();
    let first = states.first().map(|(state, _)| state.clone());
    if states
        .iter()
        .all(|(state, _)| Some(state) == first.as_ref())
    {
        pieces.extend(first);
        return pieces;
    }
    // What is as it should be needs no name; at least one state is named here.
    states.retain(|(_, account)| account.connection != Connection::Online);
    pieces.extend(
        states
            .into_iter()
            .map(|(state, account)| piece(&format!("{} {}", account.name, state.text), state.tone)),
    );
    pieces
}

/// What is kept on this machine and has not come.
fn keeping(model: &Model) -> Option<Piece> {
    let missing = &model.keeping.missing;
    let n: u64 = missing.iter().map(|one| one.n_left).sum();
    if n == 0 {
        return None;
    }
    let bytes = size(missing.iter().map(|one| one.bytes_left).sum());
    let is_coming = missing.iter().any(|one| one.is_coming);
    let text = if is_coming {
        format!("keeping: {} left ({bytes})", grouped(n))
    } else {
        format!("{} to fetch ({bytes})", grouped(n))
    };
    Some(piece(&text, Tone::Busy))
}

/// How far the latest attachment is that is being saved.
fn saving(model: &Model, save: &Save) -> Piece {
    let name: String = save.what.as_str().chars().take(24).collect();
    let connection = model
        .account(save.account)
        .map(|account| &account.connection);
    let is_reachable = !matches!(
        connection,
        None | Some(Connection::Offline { .. } | Connection::OfflineByChoice)
    );
    let text = if save.awaited.is_empty() {
        format!("saving {name}")
    } else if save.n_done == 0 && !is_reachable {
        format!("{name} waits for the connection")
    } else {
        let (n_done, n_total) = (size(save.n_done), size(save.n_total));
        format!("fetching {name}: {n_done} of {n_total}")
    };
    piece(&text, Tone::Busy)
}

fn state(model: &Model, account: &Account) -> Piece {
    match &account.connection {
        Connection::Connecting => piece("connecting", Tone::Busy),
        Connection::Online => piece("online", Tone::Calm),
        Connection::Syncing {
            mailbox,
            n_done,
            n_total,
        } => {
            let name = model
                .folders
                .of(*mailbox)
                .map(|row| format!(" {}", shown_name(row)))
                .unwrap_or_default();
            let text = if *n_total == 0 {
                format!("syncing{name}")
            } else {
                format!(
                    "syncing{name} {} of {}",
                    grouped(*n_done),
                    grouped(*n_total)
                )
            };
            piece(&text, Tone::Busy)
        }
        Connection::Offline { .. } => {
            let text = format!("offline{}", next_attempt(model, account));
            piece(&text, Tone::Alarm)
        }
        Connection::Leaving { .. } => piece("going offline", Tone::Busy),
        Connection::OfflineByChoice => piece("offline by choice", Tone::Busy),
        Connection::Elsewhere => piece("kept in step by another Sterna", Tone::Calm),
    }
}

/// Each account's state and, where it has no connection, why: what the status line has no room for.
#[must_use]
pub fn connections(model: &Model) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for account in &model.accounts {
        let state = state(model, account);
        pieces.push(piece(
            &format!("{}: {}", account.name, state.text),
            state.tone,
        ));
        if let Connection::Offline { error, .. } = &account.connection {
            pieces.push(piece(&error.to_string(), Tone::Calm));
        }
    }
    pieces
}
