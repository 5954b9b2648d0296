//! How the end of operations changes the cache: what is done becomes the server's truth, what is not goes back to it.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use crate::channel::error::{RemoteError, StoreError};
use crate::channel::operation::{Address, Change, OperationId, Outcome, Target};
use crate::mail::flag::SystemFlag;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::safe_text::SafeText;
use crate::mail::uid::{Uid, UidValidity};
use crate::store::journal::changes::apply;
use crate::store::journal::pending::{Layer, Pending};
use crate::store::journal::projection::{self, Except};
use crate::store::messages::placements::{self, Placement, Tally};
use crate::store::messages::{likeness, truth};

/// How targets of several operations ended.
pub(in crate::store) type Closing = Vec<(OperationId, Vec<(Target, Outcome)>)>;

/// Why an operation is parked whose message never came to where it was to be changed.
const NEVER_CAME: &str = "the message did not come to this folder";

/// What closing came to in the cache.
#[derive(Debug, Default)]
pub(super) struct Closed {
    /// Mailboxes in which something changed.
    pub changed: BTreeSet<MailboxId>,
    /// Messages that may be nowhere now.
    pub left: Vec<MessageId>,
    /// Messages that turned out to be the same as another, in this mailbox: the one that is gone, the one that stays.
    pub doubles: Vec<(MailboxId, MessageId, MessageId)>,
}

/// Adds what ends with these outcomes: operations on a message in a mailbox that it will not come to now.
pub(super) fn with_dependents(
    cache: &Connection,
    pending: &Pending,
    mut closing: Closing,
) -> Result<Closing, StoreError> {
    let mut ended: Except = all(&closing).collect();
    let mut look: Vec<(OperationId, Target, Outcome)> = closing
        .iter()
        .flat_map(|(operation, outcomes)| {
            let outcomes = outcomes.iter().cloned();
            outcomes.map(|(target, outcome)| (*operation, target, outcome))
        })
        .collect();
    while let Some((operation, target, outcome)) = look.pop() {
        if !matches!(outcome, Outcome::Parked(_) | Outcome::Gone) {
            continue;
        }
        let layers = pending.of(target.message);
        let Some(Change::Move { to } | Change::Copy { to }) = change(layers, operation, target)
        else {
            continue;
        };
        let there = Target {
            mailbox: *to,
            ..target
        };
        if truth::find(cache, there)?.is_some() {
            continue;
        }
        let outcome = match outcome {
            Outcome::Parked(_) => Outcome::Parked(RemoteError::Protocol {
                detail: SafeText::line(NEVER_CAME),
            }),
            other => other,
        };
        let later = layers
            .iter()
            .filter(|layer| layer.operation > operation && layer.mailbox == *to && layer.is_open());
        for layer in later {
            if ended.insert((layer.operation, there)) {
                closing.push((layer.operation, vec![(there, outcome.clone())]));
                look.push((layer.operation, there, outcome.clone()));
            }
        }
    }
    Ok(closing)
}

/// Takes the addresses out that a server told and that cannot be: another message stands there, or it was given out before
/// the command was sent.
pub(super) fn believed(
    cache: &Connection,
    pending: &Pending,
    mut closing: Closing,
) -> Result<Closing, StoreError> {
    for (operation, outcomes) in &mut closing {
        for (target, outcome) in outcomes {
            let (Outcome::Done(address) | Outcome::Marked(address)) = outcome else {
                continue;
            };
            let mut layers = pending.of(target.message).iter();
            let layer = layers.find(|layer| {
                layer.operation == *operation && layer.mailbox == target.mailbox && layer.is_open()
            });
            if let Some((told, layer)) = address.zip(layer)
                && !is_believable(cache, target.message, layer, told)?
            {
                tracing::warn!(?told, "an address of another message was told");
                *address = None;
            }
        }
    }
    Ok(closing)
}

fn is_believable(
    cache: &Connection,
    message: MessageId,
    layer: &Layer,
    told: Address,
) -> Result<bool, StoreError> {
    let Some(to) = layer.change.destination() else {
        return Ok(true);
    };
    if placements::place(cache, to, told.validity)?.is_none() {
        return Ok(true); // Of a UIDVALIDITY that is not known here: it is never looked up.
    }
    Ok(match truth::at(cache, to, told.uid)? {
        Some(row) if row.target.message == message => true,
        Some(row) => likeness::is_alike(cache, row.target.message, message)?,
        None => layer.floor.is_none_or(|(validity, uid_next)| {
            told.validity.get() != validity || told.uid.get() >= uid_next
        }),
    })
}

fn all(closing: &Closing) -> impl Iterator<Item = (OperationId, Target)> {
    closing.iter().flat_map(|(operation, outcomes)| {
        let outcomes = outcomes.iter();
        outcomes.map(|(target, _)| (*operation, *target))
    })
}

fn change(layers: &[Layer], operation: OperationId, target: Target) -> Option<&Change> {
    let mut layers = layers.iter();
    let layer = layers.find(|layer| {
        layer.operation == operation && layer.mailbox == target.mailbox && layer.is_open()
    });
    layer.map(|layer| &layer.change)
}

/// Lets targets of operations end in the cache, inside a transaction of the caller.
pub(super) fn close(
    cache: &Connection,
    pending: &Pending,
    closing: &Closing,
) -> Result<Closed, StoreError> {
    let mut closed = Closed::default();
    let (mut tally, mut except) = (Tally::default(), Except::new());
    let mut messages = BTreeSet::new();
    for (operation, outcomes) in closing {
        for (target, outcome) in outcomes {
            let layers = pending.of(target.message);
            messages.insert(target.message);
            except.extend(superseded(layers, *operation, *target, outcome));
            if !matches!(outcome, Outcome::Local | Outcome::Marked(_)) {
                except.insert((*operation, *target));
            }
            let Some(layer) = layers.iter().find(|layer| {
                layer.operation == *operation && layer.mailbox == target.mailbox && layer.is_open()
            }) else {
                continue;
            };
            let mut end = End {
                cache,
                target: *target,
                layers,
                layer,
                tally: &mut tally,
                closed: &mut closed,
            };
            match outcome {
                Outcome::Done(address) => end.done(*address)?,
                Outcome::Gone => end.gone()?,
                Outcome::Marked(address) => end.marked(*address)?,
                Outcome::Local | Outcome::Parked(_) => {}
            }
            if !matches!(layer.change, Change::Flag { .. } | Change::Keyword { .. }) {
                closed.left.push(target.message);
            }
        }
    }
    projection::project(cache, pending, messages, &except, &mut tally)?;
    closed.changed = tally.store(cache)?;
    Ok(closed)
}

/// Keywords on this machine that a later word on the same keyword ends.
fn superseded(
    layers: &[Layer],
    operation: OperationId,
    target: Target,
    outcome: &Outcome,
) -> Vec<(OperationId, Target)> {
    let Some(Change::Keyword { keyword, .. }) = change(layers, operation, target) else {
        return Vec::new();
    };
    if matches!(outcome, Outcome::Parked(_)) {
        return Vec::new();
    }
    let is_same = |change: &Change| {
        matches!(change, Change::Keyword { keyword: other, .. }
            if other.as_str().eq_ignore_ascii_case(keyword.as_str()))
    };
    let ended = layers
        .iter()
        .filter(|layer| layer.is_local && layer.operation < operation && is_same(&layer.change));
    ended
        .map(|layer| (layer.operation, layer.target(target.message)))
        .collect()
}

/// One target that ends.
struct End<'a> {
    cache: &'a Connection,
    target: Target,
    layers: &'a [Layer],
    layer: &'a Layer,
    tally: &'a mut Tally,
    closed: &'a mut Closed,
}

impl End<'_> {
    fn done(&mut self, address: Option<Address>) -> Result<(), StoreError> {
        match &self.layer.change {
            change @ (Change::Flag { .. } | Change::Keyword { .. }) => {
                if let Some(row) = truth::find(self.cache, self.target)? {
                    let mut server = row.server.clone();
                    apply(change, &mut server);
                    let counts = self.tally.of(self.target.mailbox);
                    truth::set_flags(self.cache, &row, server, counts)?;
                }
            }
            Change::Move { to } => {
                if let Some(row) = truth::take(self.cache, self.target, self.tally)? {
                    self.arrive(&row, *to, address)?;
                }
            }
            Change::Copy { to } => {
                if let Some(row) = truth::find(self.cache, self.target)? {
                    self.arrive(&row, *to, address)?;
                }
            }
            Change::Delete => {
                truth::take(self.cache, self.target, self.tally)?;
            }
            Change::Folder(_) => {}
        }
        Ok(())
    }

    /// The original stays where it is, marked.
    fn marked(&mut self, address: Option<Address>) -> Result<(), StoreError> {
        let Some(row) = truth::find(self.cache, self.target)? else {
            return Ok(());
        };
        if let Change::Move { to } = self.layer.change {
            self.arrive(&row, to, address)?;
        }
        let mut server = row.server.clone();
        server.set_system(SystemFlag::Deleted, true);
        let counts = self.tally.of(self.target.mailbox);
        truth::set_flags(self.cache, &row, server, counts)
    }

    /// What the server expunged before is forgotten; for all else the next sync tells.
    fn gone(&mut self) -> Result<(), StoreError> {
        if !matches!(self.layer.change, Change::Move { .. } | Change::Delete) {
            return Ok(());
        }
        let row = truth::find(self.cache, self.target)?;
        if row.is_some_and(|row| row.is_gone) {
            truth::take(self.cache, self.target, self.tally)?;
        }
        Ok(())
    }

    fn arrive(
        &mut self,
        row: &Placement,
        to: MailboxId,
        address: Option<Address>,
    ) -> Result<(), StoreError> {
        let address = match address {
            Some(address) => Some(address),
            None => self.found(to)?,
        };
        self.replace_marked(to)?;
        let double = truth::arrive(self.cache, row, to, address, self.tally)?;
        if let Some(double) = double {
            self.closed.doubles.push((to, double, row.target.message));
            self.closed.left.push(double);
        }
        Ok(())
    }

    /// An original that stays in the destination, marked and hidden, is not what arrives there: its place in the list is free.
    fn replace_marked(&mut self, to: MailboxId) -> Result<(), StoreError> {
        let there = Target {
            mailbox: to,
            ..self.target
        };
        let Some(row) = truth::find(self.cache, there)? else {
            return Ok(());
        };
        let mut layers = self.layers.iter();
        if layers.any(|layer| layer.is_marked && layer.operation == row.operation) {
            truth::take(self.cache, there, self.tally)?;
        }
        Ok(())
    }

    /// The address in the destination where its header came before the answer.
    fn found(&self, to: MailboxId) -> Result<Option<Address>, StoreError> {
        let Some((validity, floor)) = self.layer.floor else {
            return Ok(None);
        };
        let uid: Option<Uid> = likeness::came_like(self.cache, to, self.target.message, floor)?;
        let address = UidValidity::new(validity).zip(uid);
        Ok(address.map(|(validity, uid)| Address { validity, uid }))
    }
}

/// The outcomes by operation, each operation once, in the order of the operations.
pub(in crate::store) fn by_operation(
    all: impl IntoIterator<Item = (OperationId, Target, Outcome)>,
) -> Closing {
    let mut closing: BTreeMap<OperationId, Vec<(Target, Outcome)>> = BTreeMap::new();
    for (operation, target, outcome) in all {
        closing
            .entry(operation)
            .or_default()
            .push((target, outcome));
    }
    closing.into_iter().collect()
}
