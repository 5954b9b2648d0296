//! Answers to what the journal sent: which targets a command ended, and what is tried next.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::channel::error::RemoteError;
use crate::channel::operation::{Address, Outcome};
use crate::engine::drain::bundle::{Arrivals, Running, Stage, Verb, arrived};
use crate::engine::lane::agenda::Agenda;
use crate::engine::link::Link;
use crate::engine::link::finish::protocol;
use crate::engine::link::step::Step;
use crate::mail::message_id::MessageId;
use crate::mail::safe_text::SafeText;
use crate::mail::uid::Uid;
use crate::remote::response::Status;
use crate::remote::response::code::Code;

/// A server that says "later" is asked again after this time.
const LATER: Duration = Duration::from_secs(2);

/// What a refusal means for the messages of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// One of them may be the reason: the others are tried without it.
    ForOne,
    /// It is meant for all of them.
    ForAll,
}

impl Refusal {
    fn of(status: Status, code: Option<&Code>) -> Self {
        let is_for_all = matches!(
            code,
            Some(
                Code::OverQuota
                    | Code::NoPerm
                    | Code::AuthorizationFailed
                    | Code::ReadOnly
                    | Code::TryCreate
                    | Code::Nonexistent
            )
        );
        if is_for_all || status != Status::No {
            Self::ForAll
        } else {
            Self::ForOne
        }
    }
}

impl Link<'_> {
    /// Messages about which something was sent that has no answer yet.
    pub(super) fn on_their_way(&self) -> BTreeSet<MessageId> {
        let mut messages = BTreeSet::new();
        for step in self.steps.values() {
            match step {
                Step::Bundle(running) => {
                    messages.extend(running.bundle.all().map(|(_, target)| target.message));
                }
                Step::Add(bundle) => {
                    messages.extend(bundle.all().map(|(_, target)| target.message));
                }
                Step::Presence(doubts) => {
                    let targets = doubts.iter().flat_map(|doubt| &doubt.targets);
                    messages.extend(targets.map(|(_, target)| target.message));
                }
                _ => {}
            }
        }
        messages
    }

    /// A command of the journal has ended.
    pub(in crate::engine) fn bundle_ended(
        &mut self,
        mut running: Running,
        status: Status,
        code: Option<&Code>,
        text: &SafeText,
        agenda: &mut Agenda,
    ) -> Result<(), RemoteError> {
        if let Some(code) = code {
            learn(&mut running, code);
        }
        self.flush_batches(); // What the server said on the way comes first.
        if status == Status::Ok {
            self.bundle_done(running)?;
        } else {
            self.doubt_assumed()?;
            agenda.refresh |= matches!(code, Some(Code::TryCreate | Code::Nonexistent));
            self.bundle_refused(running, status, code, text)?;
        }
        let is_last = !self
            .steps
            .values()
            .any(|step| matches!(step, Step::Bundle(_)));
        self.replay.wants_all |= is_last;
        Ok(())
    }

    /// Notes where messages went, said by a response of its own. It is about the command that asked for all of them.
    pub(in crate::engine) fn copied_told(&mut self, code: &Code) {
        for step in self.steps.values_mut() {
            if let Step::Bundle(running) = step
                && learn(running, code)
            {
                return;
            }
        }
    }

    fn bundle_done(&mut self, running: Running) -> Result<(), RemoteError> {
        let has_uidplus = self.session.capabilities().has("UIDPLUS");
        match (running.stage, &running.bundle.verb) {
            (Stage::Whole, Verb::Flag { .. } | Verb::Delete) => {
                self.end_targets(running.bundle.ends(&Outcome::Done(None)))
            }
            (Stage::Whole, _) => {
                let is_told = !running.arrivals.is_empty();
                self.end_each(&running, |address| match address {
                    None if is_told => Outcome::Gone,
                    address => Outcome::Done(address),
                })?;
                self.look_for_kept(&running)
            }
            (Stage::Copying, _) => self.copied(running),
            (Stage::Marking, _) if has_uidplus => {
                let stage = Stage::Expunging;
                self.dispatch(&Running { stage, ..running })
            }
            (Stage::Marking, _) => self.end_each(&running, Outcome::Marked),
            (Stage::Expunging, _) => self.end_each(&running, Outcome::Done),
        }
    }

    /// A copy is confirmed. The originals go where COPYUID tells of the copies; where it does not, these are looked for
    /// first. Which were not copied are not there any more.
    fn copied(&mut self, running: Running) -> Result<(), RemoteError> {
        if running.arrivals.is_empty() {
            self.prove(&running.bundle);
            return Ok(());
        }
        let went = running.arrivals.uids();
        let gone = running.bundle.only(&running.bundle.uids().minus(&went));
        self.end_targets(gone.ends(&Outcome::Gone))?;
        let bundle = running.bundle.only(&went);
        self.dispatch(&Running {
            bundle,
            stage: Stage::Marking,
            ..running
        })
    }

    /// Where the server was asked to copy instead of to move, the original is still there, and comes back into the list.
    fn look_for_kept(&mut self, running: &Running) -> Result<(), RemoteError> {
        if self.keeps_original(&running.bundle.verb)?
            && let Some(selection) = &mut self.selection
        {
            selection.wants_count = true;
        }
        Ok(())
    }

    /// Ends each message by where it went.
    pub(in crate::engine) fn end_each(
        &mut self,
        running: &Running,
        end: impl Fn(Option<Address>) -> Outcome,
    ) -> Result<(), RemoteError> {
        let address = |uid: Uid| running.arrivals.of(uid);
        let targets = running.bundle.targets.iter();
        let ends = targets.flat_map(|(uid, targets)| arrived(targets, || end(address(*uid))));
        self.end_targets(ends.collect())
    }

    /// NO or BAD. What is known to have gone all the same has gone; of the others smaller commands are tried, until a
    /// culprit stands by itself and is parked with the server's words.
    pub(in crate::engine) fn bundle_refused(
        &mut self,
        mut running: Running,
        status: Status,
        code: Option<&Code>,
        text: &SafeText,
    ) -> Result<(), RemoteError> {
        let error = refusal(&running.bundle.verb, status, text);
        tracing::warn!(
            account = self.setup.account.get(),
            stage = ?running.stage,
            n = running.bundle.targets.len(),
            "refused: {error}"
        );
        if running.stage == Stage::Whole && !running.arrivals.is_empty() {
            let went = running.bundle.only(&running.arrivals.uids());
            let rest = running
                .bundle
                .only(&running.bundle.uids().minus(&went.uids()));
            running.bundle = went;
            self.end_each(&running, Outcome::Done)?;
            running.bundle = rest;
            running.arrivals = Arrivals::default();
        }
        if self.comes_later(&running, code)? {
            return Ok(());
        }
        // The copy is there, and the original marked: it is taken for moved, as where nothing can be expunged. Parked it
        // would be there twice. A refusal that passes is tried again when the user says so.
        let passes = matches!(code, Some(Code::InUse | Code::Unavailable));
        let is_move = matches!(running.bundle.verb, Verb::Move(_));
        if running.stage == Stage::Expunging && is_move && !passes {
            return self.end_each(&running, Outcome::Marked);
        }
        let is_first = matches!(running.stage, Stage::Whole | Stage::Copying);
        let is_for_one = is_first && Refusal::of(status, code) == Refusal::ForOne;
        match running.bundle.parts().filter(|_| is_for_one) {
            Some(parts) => {
                for bundle in parts {
                    let (stage, arrivals) = (running.stage, running.arrivals.clone());
                    self.dispatch(&Running {
                        bundle,
                        stage,
                        arrivals,
                    })?;
                }
                Ok(())
            }
            None => self.end_targets(running.bundle.ends(&Outcome::Parked(error))),
        }
    }

    /// Whether the server only asks to be asked later: then nothing was done, and the targets are open again.
    fn comes_later(&mut self, running: &Running, code: Option<&Code>) -> Result<bool, RemoteError> {
        let is_later = matches!(code, Some(Code::InUse | Code::Unavailable));
        let is_first = matches!(running.stage, Stage::Whole | Stage::Copying);
        if !is_later || !is_first || self.replay.n_later >= 4 {
            return Ok(false);
        }
        self.replay.n_later += 1;
        self.release(running.bundle.all().collect())?;
        let until = Some(self.setup.clock.now() + LATER);
        (self.replay.pause_until, self.replay.hold_until) = (until, until);
        Ok(true)
    }
}

/// Takes a COPYUID in where the command can have one.
fn learn(running: &mut Running, code: &Code) -> bool {
    let can_tell = matches!(running.stage, Stage::Whole | Stage::Copying)
        && matches!(running.bundle.verb, Verb::Move(_) | Verb::Copy(_));
    can_tell && running.arrivals.learn(code, &running.bundle.targets)
}

/// A tagged NO or BAD as an error.
fn refusal(verb: &Verb, status: Status, text: &SafeText) -> RemoteError {
    if status == Status::No {
        let (action, text) = (verb.action(), text.clone());
        return RemoteError::Refused { action, text };
    }
    protocol(&format!("it answered BAD: \"{text}\""))
}
