//! Messages from a server to a folder on this computer: each is fetched whole and written to its file; only when the disk
//! has it the original is marked and expunged, by its UID alone. A repetition after a cut finds the file by its name.

use std::collections::{BTreeMap, BTreeSet};

use crate::channel::error::RemoteError;
use crate::channel::operation::{Address, OperationId, Outcome, Target};
use crate::engine::bodies::WHOLE_BYTES;
use crate::engine::drain::bundle::{Arrivals, Bundle, Running, Stage, Targets, Verb};
use crate::engine::drain::plan::{Doubt, Plan, again};
use crate::engine::lane::agenda::Agenda;
use crate::engine::link::Link;
use crate::engine::local::local_deeds::file_name;
use crate::engine::local::refused;
use crate::local::folder::Folder;
use crate::local::message::{LocalError, LocalMessage, MOST_BYTES};
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::part::{PartPath, WantedPart};
use crate::mail::safe_text::SafeText;
use crate::mail::uid::{Uid, UidValidity};
use crate::mail::uid_set::UidSet;
use crate::store::bodies::StoredBody;
use crate::store::failpoint;
use crate::store::journal::OpenOperation;

/// Messages that are fetched before the first of them is written, and written before the disk is waited for.
const AT_ONCE: usize = 100;
/// Their bytes, but for the last one.
const BYTES_AT_ONCE: usize = 16 << 20;

/// So often is a message fetched that is not here afterwards.
const MOST_TRIES: u8 = 3;

/// What a message needs before its original may go.
enum Need {
    /// It is in its file.
    Nothing(Uid),
    /// To be written: everything is here.
    File(LocalMessage),
    /// Its bytes.
    Text,
    /// It cannot be had; why.
    Impossible(RemoteError),
}

/// A message that is about to be written.
struct Letter<'a> {
    uid: Uid,
    targets: &'a Targets,
    base: String,
    message: LocalMessage,
}

impl Link<'_> {
    /// The account's folders on this computer.
    pub(in crate::engine) fn local_ids(&mut self) -> Result<BTreeSet<MailboxId>, RemoteError> {
        let here = self.reader.local_ids(self.setup.account);
        self.stored(here)
    }

    /// Takes out of a plan what goes to folders on this computer, what may have been done of it before a cut included.
    pub(in crate::engine) fn for_this_computer(
        plan: &mut Plan,
        here: &BTreeSet<MailboxId>,
    ) -> Vec<Bundle> {
        let is_here = |to: Option<MailboxId>| to.is_some_and(|to| here.contains(&to));
        let (mut bundles, others): (Vec<Bundle>, Vec<Bundle>) = std::mem::take(&mut plan.bundles)
            .into_iter()
            .partition(|bundle| is_here(bundle.verb.to()));
        plan.bundles = others;
        let (doubts, others): (Vec<Doubt>, Vec<Doubt>) = std::mem::take(&mut plan.doubts)
            .into_iter()
            .partition(|doubt| is_here(Some(doubt.to)));
        plan.doubts = others;
        bundles.extend(again(doubts));
        bundles
    }

    /// Takes the first messages of a bundle to a folder on this computer, as far as they are here; the journal is read
    /// again for the others, so that what all of them cost stays in proportion to their number.
    pub(in crate::engine) fn bring(
        &mut self,
        place: (MailboxId, UidValidity),
        mut bundle: Bundle,
        operations: &[OpenOperation],
        agenda: &mut Agenda,
    ) -> Result<(), RemoteError> {
        let others = bundle.targets.keys().nth(AT_ONCE).copied();
        if let Some(first) = others {
            bundle.targets.retain(|uid, _| *uid < first);
        }
        if bundle.n_tries == 0 {
            bundle = self.without_gone(place, bundle)?;
        }
        self.bring_these(&bundle, operations, agenda)?;
        // Where texts are on their way, their end has it read.
        self.replay.wants_all |= others.is_some() && !self.replay.is_fetching;
        Ok(())
    }

    fn bring_these(
        &mut self,
        bundle: &Bundle,
        operations: &[OpenOperation],
        agenda: &mut Agenda,
    ) -> Result<(), RemoteError> {
        let Some(to) = bundle.verb.to() else {
            return Ok(());
        };
        let stays = matches!(bundle.verb, Verb::Copy(_)) || self.keeps_original(&bundle.verb)?;
        let stage = if stays { Stage::Whole } else { Stage::Marking };
        if let Some(outcome) = self.refusal_without_asking(&bundle.verb, stage) {
            return self.end_targets(bundle.ends(&outcome));
        }
        let Some(mut folder) = self.destination(bundle, to)? else {
            return Ok(());
        };
        let flushed = self.writer.flush();
        self.stored(flushed)?;
        let (mut ends, mut letters, mut n_bytes) = (Vec::new(), Vec::new(), 0);
        let mut written = Written::default();
        for (uid, targets) in &bundle.targets {
            if n_bytes >= BYTES_AT_ONCE {
                self.replay.wants_all = true;
                break;
            }
            let (uid, base) = (*uid, file_name(operations, targets));
            match self.need(&folder, targets, &base)? {
                Need::Nothing(there) => written.add(&folder, uid, targets, there),
                Need::File(message) => {
                    n_bytes += message.bytes.len();
                    letters.push(Letter {
                        uid,
                        targets,
                        base,
                        message,
                    });
                }
                Need::Text => ends.extend(self.fetch_for_file(uid, targets, agenda)?),
                Need::Impossible(error) => ends.extend(all(targets, &Outcome::Parked(error))),
            }
        }
        ends.extend(self.write(&mut folder, letters, &mut written)?);
        self.end_targets(ends)?;
        self.written(&Running {
            bundle: Bundle {
                targets: written.targets,
                ..bundle.only(&UidSet::new())
            },
            stage,
            arrivals: written.arrivals,
        })
    }

    /// Opens the folder that a bundle goes to; `None` where that has ended it.
    fn destination(
        &mut self,
        bundle: &Bundle,
        to: MailboxId,
    ) -> Result<Option<Folder>, RemoteError> {
        let opened = self.folder_here(to)?.and_then(|mut folder| {
            if bundle.n_tries > 0 {
                folder.look()?; // What was written before a cut is known by its name.
            }
            Ok(folder)
        });
        match opened {
            Ok(folder) => Ok(Some(folder)),
            Err(error) => {
                let outcome = Outcome::Parked(refused(&error));
                self.end_targets(bundle.ends(&outcome))?;
                Ok(None)
            }
        }
    }

    /// Messages are in their files: the originals go, unless they are to stay.
    fn written(&mut self, running: &Running) -> Result<(), RemoteError> {
        if running.bundle.targets.is_empty() {
            return Ok(());
        }
        if running.stage == Stage::Marking {
            return self.dispatch(running);
        }
        self.replay.wants_all = true;
        self.end_each(running, Outcome::Done)
    }

    /// Opens a folder on this computer.
    pub(super) fn folder_here(
        &mut self,
        mailbox: MailboxId,
    ) -> Result<Result<Folder, LocalError>, RemoteError> {
        let info = self.reader.mailbox(mailbox);
        let name = self.stored(info)?.and_then(|info| info.name.local_part());
        Ok(self.setup.tree().open(&name.unwrap_or_default()))
    }

    /// What one message needs; whatever could be written before has been listed.
    fn need(
        &mut self,
        folder: &Folder,
        targets: &Targets,
        base: &str,
    ) -> Result<Need, RemoteError> {
        let Some((_, target)) = targets.first() else {
            return Ok(Need::Text);
        };
        if let Some(uid) = folder.uid_of(base) {
            return Ok(Need::Nothing(uid));
        }
        let size_bytes = self.reader.size_bytes(target.message);
        if self.stored(size_bytes)? > MOST_BYTES {
            let cause = SafeText::line("the message is too large for a folder on this computer");
            return Ok(Need::Impossible(RemoteError::Here { cause }));
        }
        let body = self.reader.body(target.message);
        let Some(StoredBody::Whole(bytes)) = self.stored(body)? else {
            return Ok(Need::Text);
        };
        let held = self.reader.held(target.message, target.mailbox);
        let held = self.stored(held)?;
        let (flags, internal_date) = held
            .map(|held| (held.flags, held.internal_date))
            .unwrap_or_default();
        Ok(Need::File(LocalMessage {
            bytes,
            flags,
            internal_date: Some(internal_date),
        }))
    }

    /// Claims messages; those of which somebody took a part back meanwhile are left out.
    fn claim_letters<'a>(
        &mut self,
        mut letters: Vec<Letter<'a>>,
        floor: Option<Address>,
    ) -> Result<Vec<Letter<'a>>, RemoteError> {
        let wanted = letters.iter().flat_map(|letter| letter.targets).copied();
        let claimed = self.writer.claim(wanted.collect(), floor);
        let claimed: BTreeSet<_> = self.stored(claimed)?.into_iter().collect();
        let mut halved = Vec::new();
        letters.retain(|letter| {
            let own = letter.targets.iter().filter(|own| claimed.contains(*own));
            let own: Vec<_> = own.copied().collect();
            let is_whole = own.len() == letter.targets.len();
            if !is_whole {
                halved.push(own);
            }
            is_whole
        });
        self.replay.wants_all |= !halved.is_empty();
        self.release(halved.concat())?;
        Ok(letters)
    }

    /// Claims messages and writes them to their files; the ends of those that cannot be written.
    fn write(
        &mut self,
        folder: &mut Folder,
        letters: Vec<Letter<'_>>,
        written: &mut Written,
    ) -> Result<Vec<(OperationId, Target, Outcome)>, RemoteError> {
        if letters.is_empty() {
            return Ok(Vec::new());
        }
        let floor = Uid::new(folder.uid_next()).map(|uid| Address {
            validity: folder.validity(),
            uid,
        });
        let letters = self.claim_letters(letters, floor)?;
        failpoint::pass("bring.before-write");
        let (mut places, mut files) = (Vec::new(), Vec::new());
        for letter in letters {
            places.push((letter.uid, letter.targets));
            files.push((letter.base, letter.message));
        }
        let delivered: Vec<Result<Uid, LocalError>> = match folder.deliver_all(&files) {
            Ok(uids) => uids.into_iter().map(Ok).collect(),
            // One of them may be the reason: each alone.
            Err(_) => files
                .iter()
                .map(|(base, message)| folder.deliver(base, message))
                .collect(),
        };
        failpoint::pass("bring.after-write");
        let mut ends = Vec::new();
        for ((uid, targets), there) in places.into_iter().zip(delivered) {
            match there {
                Ok(there) => {
                    if let Some((_, target)) = targets.first() {
                        self.replay.fetched.remove(&target.message);
                    }
                    written.add(folder, uid, targets, there);
                }
                Err(error) => ends.extend(all(targets, &Outcome::Parked(refused(&error)))),
            }
        }
        Ok(ends)
    }

    /// Has a message fetched whole; ends its targets where it could not be had.
    fn fetch_for_file(
        &mut self,
        uid: Uid,
        targets: &Targets,
        agenda: &mut Agenda,
    ) -> Result<Vec<(OperationId, Target, Outcome)>, RemoteError> {
        let Some((_, Target { message, mailbox })) = targets.first().copied() else {
            return Ok(Vec::new());
        };
        let is_coming = self.works.contains_key(&uid)
            || agenda.parts.iter().any(|part| part.message == message);
        if is_coming {
            self.replay.fetched.entry(message).or_default();
            self.replay.is_fetching = true;
            return Ok(Vec::new());
        }
        let size_bytes = self.reader.size_bytes(message);
        let bytes = self.stored(size_bytes)?;
        let limit = self.setup.settings.metered_bytes;
        if let Some(limit) = limit.filter(|limit| bytes > *limit) {
            let outcome = Outcome::Parked(RemoteError::Metered { bytes, limit });
            return Ok(all(targets, &outcome).collect());
        }
        let n_tries = self.replay.fetched.entry(message).or_default();
        *n_tries += 1;
        let is_tried = *n_tries > 1;
        if *n_tries > MOST_TRIES || (is_tried && self.unfetchable.contains(&message)) {
            self.replay.fetched.remove(&message); // Once more when the user says so.
            let key = self.reader.key(message, mailbox);
            let outcome = if self.stored(key)?.is_none() {
                Outcome::Gone
            } else {
                Outcome::Parked(RemoteError::Here {
                    cause: SafeText::line("the whole message could not be fetched"),
                })
            };
            return Ok(all(targets, &outcome).collect());
        }
        self.unfetchable.remove(&message);
        if bytes <= WHOLE_BYTES {
            self.start_body(message, mailbox, uid, true, false);
        } else {
            agenda.want_part(WantedPart {
                message,
                mailbox,
                path: PartPath::default(),
            });
        }
        self.replay.is_fetching = true;
        Ok(Vec::new())
    }

    /// What was to be written to files has come, or will not: the journal goes on.
    pub(in crate::engine) fn fetched_for_files(&mut self, agenda: &Agenda) {
        let is_awaited = |message: &MessageId| self.replay.fetched.contains_key(message);
        let is_coming = self.works.values().any(|work| is_awaited(&work.message))
            || agenda.parts.iter().any(|part| is_awaited(&part.message));
        if self.replay.is_fetching && !is_coming {
            self.replay.is_fetching = false;
            self.replay.wants_all = true;
        }
    }
}

/// Messages that are in their files.
#[derive(Default)]
struct Written {
    targets: BTreeMap<Uid, Targets>,
    arrivals: Arrivals,
}

impl Written {
    fn add(&mut self, folder: &Folder, uid: Uid, targets: &Targets, there: Uid) {
        let validity = folder.validity();
        let address = Address {
            validity,
            uid: there,
        };
        self.arrivals.insert(uid, address);
        self.targets.insert(uid, targets.clone());
    }
}

/// The same end for all targets of a message.
fn all<'a>(
    targets: &'a Targets,
    outcome: &'a Outcome,
) -> impl Iterator<Item = (OperationId, Target, Outcome)> + 'a {
    let targets = targets.iter();
    targets.map(|(id, target)| (*id, *target, outcome.clone()))
}
