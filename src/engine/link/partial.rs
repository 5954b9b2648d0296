//! Answers about a part of what was asked. A server that carries a command out for so many messages and no more begins with
//! the highest UID and says with its OK how far down it came. RFC 9738 §3. What lies below is asked for again, and until it
//! is answered for nothing is known of it: it is neither gone nor unchanged, and no gap is closed over it.

use crate::channel::error::RemoteError;
use crate::engine::drain::bundle::Running;
use crate::engine::lane::agenda::Agenda;
use crate::engine::link::Link;
use crate::engine::link::finish::protocol;
use crate::engine::link::missing::chunks;
use crate::engine::link::step::Step;
use crate::mail::safe_text::SafeText;
use crate::mail::uid::Uid;
use crate::mail::uid_set::UidSet;
use crate::remote::command::fetch;
use crate::remote::response::Status;
use crate::remote::response::code::Code;

/// So many answers in parts are believed while a mailbox is brought up to date, and four more for each of its messages.
const MOST_PARTS: u32 = 1_000;

impl Link<'_> {
    /// The lowest UID that a command was carried out for; `None` where that is all of it. Where its answer has another code,
    /// an untagged response before it told.
    pub(super) fn part_told(&mut self, status: Status, code: Option<&Code>) -> Option<Uid> {
        let told_before = self.stopped_at.take();
        let told = match code {
            Some(Code::MessageLimit { lowest, .. }) => *lowest,
            _ => None,
        };
        told.or(told_before).filter(|_| status == Status::Ok)
    }

    /// A command has ended that was carried out from this UID on. Its rest is asked for first, so that nothing ends that
    /// waits for it.
    pub(super) fn finish_part(
        &mut self,
        mut step: Step,
        lowest: Uid,
        text: &SafeText,
        agenda: &mut Agenda,
    ) -> Result<(), RemoteError> {
        if highest(&step) < lowest.get() {
            return self.finish(step, Status::No, text, agenda); // It was not carried out for anything.
        }
        self.count_part()?;
        let (low, below) = (lowest.get(), lowest.get() - 1);
        let mut rest = step.clone();
        match (&mut step, &mut rest) {
            (Step::New { from }, rest) if *from < low => {
                let asked = UidSet::from_range(*from, below);
                let elsewhere = self.selection.as_ref().map(|open| &open.elsewhere);
                *rest = Step::Missing(elsewhere.map_or(asked.clone(), |own| asked.minus(own)));
                *from = low;
                self.ask_again(rest);
            }
            (Step::Block(block), Step::Block(rest_of_it)) if block.low < low => {
                (rest_of_it.high, rest_of_it.came_at) = (below, None);
                rest_of_it.asked_at = self.setup.clock.now();
                self.block_came(low, block.high);
                self.ask_again(&rest);
                return Ok(());
            }
            (Step::Everything { .. }, Step::Everything { up_to, .. }) if low > 1 => {
                *up_to = below;
                self.ask_again(&rest);
                self.no_longer_waits_for(&step);
                return Ok(());
            }
            (Step::Missing(told), Step::Missing(set))
            | (Step::Look(_, told), Step::Look(_, set))
            | (Step::ChangedFlags { set: told, .. }, Step::ChangedFlags { set, .. })
            | (Step::AllFlags { set: told, .. }, Step::AllFlags { set, .. })
            | (Step::WhoIsHere { set: told, .. }, Step::WhoIsHere { set, .. }) => {
                told.remove_range(0, below);
                set.remove_range(low, u32::MAX);
                self.ask_again(&rest);
            }
            (Step::Changes, _) => self.changes_stop_at(low),
            (Step::Select, _) => {
                self.takes_changes_in_pieces();
            }
            // Who is not decided on is taken up again.
            (Step::Presence(doubts), _) => doubts.retain(|doubt| doubt.uid >= lowest),
            _ => {}
        }
        self.finish(step, Status::Ok, text, agenda)
    }

    /// Asks for what was left out.
    pub(super) fn ask_again(&mut self, rest: &Step) {
        let capabilities = self.session.capabilities();
        let command = match rest {
            Step::Block(block) => fetch::headers(&block.set(), capabilities),
            Step::Missing(set) | Step::Look(_, set) if !set.is_empty() => {
                fetch::headers(set, capabilities)
            }
            Step::ChangedFlags { set, since } if !set.is_empty() => {
                fetch::flags(set, Some(*since), capabilities)
            }
            Step::AllFlags { set, .. } if !set.is_empty() => fetch::flags(set, None, capabilities),
            Step::Everything { up_to, .. } => self.which_exist(*up_to),
            Step::WhoIsHere { set, .. } if !set.is_empty() => self.which_of(set),
            _ => return,
        };
        self.end_idle();
        self.send(command, rest.clone());
    }

    /// Of a change that was made to the messages from a UID on, the rest is sent again; gives what was done.
    pub(super) fn send_rest(
        &mut self,
        running: Running,
        stopped_at: Option<Uid>,
    ) -> Result<Running, RemoteError> {
        let Some(lowest) = stopped_at else {
            return Ok(running);
        };
        let uids = running.bundle.uids();
        let mut done = uids.clone();
        done.remove_range(0, lowest.get() - 1);
        let rest = uids.minus(&done);
        if rest.is_empty() || done.is_empty() {
            return Ok(running);
        }
        self.count_part()?;
        let only = |set: &UidSet| Running {
            bundle: running.bundle.only(set),
            stage: running.stage,
            arrivals: running.arrivals.clone(),
        };
        self.dispatch(&only(&rest))?;
        Ok(only(&done))
    }

    /// Notes an answer in parts. They must come to an end.
    fn count_part(&mut self) -> Result<(), RemoteError> {
        if let Some(selection) = &mut self.selection {
            selection.n_parts = selection.n_parts.saturating_add(1);
            let most = selection
                .exists
                .saturating_mul(4)
                .saturating_add(MOST_PARTS);
            if selection.n_parts > most {
                return Err(protocol("it answers in parts without end"));
            }
        }
        Ok(())
    }

    /// At most so many as the server takes at once.
    pub(super) fn at_once(&self, n: u32) -> u32 {
        let limit = self.session.capabilities().message_limit();
        limit.map_or(n, |limit| n.min(limit))
    }

    /// Cuts a set so that each piece names at most as many messages as the server takes at once, the newest first. `here` are
    /// those that are known; `None` has them read where they are needed.
    pub(super) fn within_limit(
        &mut self,
        mut set: UidSet,
        here: Option<&UidSet>,
    ) -> Result<Vec<UidSet>, RemoteError> {
        let mut pieces = Vec::new();
        if let Some(limit) = self.session.capabilities().message_limit() {
            let read = match here {
                Some(_) => UidSet::new(),
                None => self.known_uids()?,
            };
            for chunk in chunks(here.unwrap_or(&read), u64::from(limit)) {
                let low = chunk.min().map_or(1, Uid::get);
                let mut piece = set.clone();
                piece.remove_range(0, low - 1);
                set.remove_range(low, u32::MAX);
                pieces.push(piece);
            }
        }
        pieces.push(set);
        pieces.retain(|piece| !piece.is_empty());
        Ok(pieces)
    }
}

/// The highest UID that a step may be about.
fn highest(step: &Step) -> u32 {
    let highest = match step {
        Step::Missing(set)
        | Step::Look(_, set)
        | Step::ChangedFlags { set, .. }
        | Step::AllFlags { set, .. }
        | Step::WhoIsHere { set, .. } => set.max(),
        Step::Presence(doubts) => doubts.iter().map(|doubt| doubt.uid).max(),
        Step::Block(block) => Uid::new(block.high),
        Step::Everything { up_to, .. } => Uid::new(*up_to),
        _ => Uid::new(u32::MAX),
    };
    highest.map_or(0, Uid::get)
}
