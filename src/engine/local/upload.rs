//! Messages from a folder on this computer to a server: APPEND with flags and date. The file goes only when the server has
//! said that it has the message, or shows it after a cut; nothing is sent twice on suspicion.

use std::collections::BTreeMap;
use std::path::Path;

use crate::channel::error::RemoteError;
use crate::channel::operation::{Address, Outcome};
use crate::engine::drain::bundle::{Arrivals, Bundle, Running, Stage, Targets, Verb, arrived};
use crate::engine::drain::plan::{self, Doubt};
use crate::engine::drain::verify::{Facts, Verdict, verdict};
use crate::engine::lane::agenda::Agenda;
use crate::engine::link::Link;
use crate::engine::link::step::Step;
use crate::engine::local::refused;
use crate::local::folder::Folder;
use crate::local::message::LocalError;
use crate::mail::mailbox::{MailboxId, MailboxName};
use crate::mail::safe_text::SafeText;
use crate::mail::uid::Uid;
use crate::mail::uid_set::UidSet;
use crate::remote::command::append;
use crate::remote::response::Status;
use crate::remote::response::code::Code;
use crate::store::failpoint;
use crate::store::journal::OpenOperation;

/// Messages on their way at once, by number and by bytes.
const MOST: usize = 50;
const MOST_BYTES: usize = 8 << 20;

/// A message that a server has, and whose operations are to end.
#[derive(Debug)]
pub struct Added {
    /// Its number in the folder on this computer.
    uid: Uid,
    /// What it closes, at least one.
    targets: Targets,
    /// Whether its file is to go.
    is_move: bool,
    /// Where it is, as APPENDUID told.
    address: Option<Address>,
}

impl Added {
    /// The folder on this computer.
    fn mailbox(&self) -> MailboxId {
        let first = self.targets.first();
        first.map_or(MailboxId::new(0), |(_, target)| target.mailbox)
    }
}

impl Link<'_> {
    /// Sends what the journal has for a server in folders on this computer, as much as may be on its way at once.
    pub(in crate::engine) fn upload(&mut self, agenda: &mut Agenda) -> Result<(), RemoteError> {
        agenda.uploads = false;
        self.replay.source = None; // Listed once for all of them.
        let operations = self.reader.open_operations(self.setup.account);
        let operations = self.stored(operations)?;
        let here = self.local_ids()?;
        let circumstances = self.circumstances(&operations);
        for mailbox in &here {
            let is_concerned = |open: &OpenOperation| {
                open.targets
                    .iter()
                    .any(|open| open.target.mailbox == *mailbox)
            };
            let info = self.reader.mailbox(*mailbox);
            let validity = self.stored(info)?.and_then(|info| info.state.validity);
            let Some(validity) = validity.filter(|_| operations.iter().any(is_concerned)) else {
                continue;
            };
            let plan = plan::plan(&operations, (*mailbox, validity), &circumstances);
            let is_away = |to: &MailboxId| !here.contains(to);
            for doubt in plan.doubts.into_iter().filter(|doubt| is_away(&doubt.to)) {
                self.doubt_upload(&doubt, agenda)?;
            }
            for bundle in plan.bundles {
                let Some(to) = bundle.verb.to().filter(is_away) else {
                    continue;
                };
                // After a lost cache the list of folders comes first, and the journal is read again behind it.
                let info = self.reader.mailbox(to);
                let Some(info) = self.stored(info)? else {
                    continue;
                };
                if !self.add(*mailbox, &info.name, &bundle)? {
                    // The end of the last of these has the journal read again.
                    self.replay.wants_all |= self.n_uploads() == 0;
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn n_uploads(&self) -> usize {
        let steps = self.steps.values();
        steps.filter(|step| matches!(step, Step::Add(_))).count()
    }

    /// Claims the first messages of a bundle and sends them; false where others must wait until the last of these has
    /// ended.
    fn add(
        &mut self,
        mailbox: MailboxId,
        to: &MailboxName,
        bundle: &Bundle,
    ) -> Result<bool, RemoteError> {
        let room = MOST.saturating_sub(self.n_uploads());
        let first: UidSet = bundle.targets.keys().take(room).copied().collect();
        let Some(claimed) = self.claim(bundle.only(&first))? else {
            return Ok(bundle.targets.len() <= room);
        };
        failpoint::pass("upload.before-send");
        let (mut n_bytes, mut later) = (0, Vec::new());
        for (uid, targets) in &claimed.targets {
            if n_bytes >= MOST_BYTES {
                later.extend(targets.iter().copied());
                continue;
            }
            let one = claimed.only(&[*uid].into_iter().collect());
            let read = self.source(mailbox)?.and_then(|folder| folder.read(*uid));
            let unsent = match read {
                Err(error) => Outcome::Parked(refused(&error)),
                Ok(None) => Outcome::Gone,
                Ok(Some(Err(skipped))) => parked(&skipped.to_string()),
                Ok(Some(Ok(message))) => {
                    n_bytes += message.bytes.len();
                    let (flags, date) = (&message.flags, message.internal_date);
                    match append::append(to, flags, date, message.bytes) {
                        Ok(command) => {
                            self.end_idle();
                            self.send(command, Step::Add(Box::new(one)));
                            continue;
                        }
                        Err(unsendable) => parked(&unsendable.to_string()),
                    }
                }
            };
            self.end_targets(one.ends(&unsent))?;
        }
        let is_all = later.is_empty() && bundle.targets.len() <= room;
        self.release(later)?;
        Ok(is_all)
    }

    /// A folder on this computer, as it was listed last.
    fn source(
        &mut self,
        mailbox: MailboxId,
    ) -> Result<Result<&mut Folder, LocalError>, RemoteError> {
        let is_open = |(open, _): &(MailboxId, Folder)| *open == mailbox;
        if !self.replay.source.as_ref().is_some_and(is_open) {
            match self.folder_here(mailbox)? {
                Ok(folder) => self.replay.source = Some((mailbox, folder)),
                Err(error) => return Ok(Err(error)),
            }
        }
        let source = self.replay.source.as_mut().map(|(_, folder)| folder);
        Ok(source.ok_or_else(|| LocalError::foreign(Path::new("."), "there is no such folder")))
    }

    /// The server has answered an APPEND.
    pub(in crate::engine) fn added(
        &mut self,
        bundle: Bundle,
        (status, code, text): (Status, Option<&Code>, &SafeText),
    ) -> Result<(), RemoteError> {
        self.replay.wants_all |= self.n_uploads() == 0;
        if status != Status::Ok {
            self.doubt_assumed()?;
            let running = Running {
                bundle,
                stage: Stage::Copying,
                arrivals: Arrivals::default(),
            };
            return self.bundle_refused(running, status, code, text);
        }
        let address = code.and_then(told);
        let is_move = matches!(bundle.verb, Verb::Move(_));
        let added = bundle.targets.into_iter().map(|(uid, targets)| Added {
            uid,
            targets,
            is_move,
            address,
        });
        self.replay.added.extend(added);
        Ok(())
    }

    /// Ends what the server has said that it has, together: of moves the files go.
    pub(in crate::engine) fn end_uploads(&mut self) -> Result<(), RemoteError> {
        let added = std::mem::take(&mut self.replay.added);
        if added.is_empty() {
            return Ok(());
        }
        let mut moved: BTreeMap<MailboxId, Vec<Uid>> = BTreeMap::new();
        for one in added.iter().filter(|one| one.is_move) {
            moved.entry(one.mailbox()).or_default().push(one.uid);
        }
        failpoint::pass("upload.before-remove");
        let mut refusals: BTreeMap<(MailboxId, Uid), LocalError> = BTreeMap::new();
        for (mailbox, uids) in moved {
            let removed = self.source(mailbox)?;
            let removed = match removed.and_then(|folder| folder.remove_all(&uids)) {
                Ok(each) => each.into_iter().map(Result::err).collect(),
                Err(error) => vec![Some(error); uids.len()],
            };
            let each = uids.into_iter().zip(removed);
            refusals.extend(each.filter_map(|(uid, error)| Some(((mailbox, uid), error?))));
        }
        failpoint::pass("upload.after-remove");
        if self.n_uploads() == 0 {
            self.replay.source = None;
        }
        let ends = added.iter().flat_map(|one| {
            let refusal = refusals.get(&(one.mailbox(), one.uid));
            let done = Outcome::Done(one.address);
            let outcome = refusal.map_or(done, |error| Outcome::Parked(refused(error)));
            arrived(&one.targets, move || outcome.clone())
        });
        let ends = ends.collect();
        self.end_targets(ends)
    }

    /// A connection broke before the server had answered: its folder is read, and shows whether the message is there.
    fn doubt_upload(&mut self, doubt: &Doubt, agenda: &mut Agenda) -> Result<(), RemoteError> {
        if !self.replay.looked.contains(&doubt.to) && self.can_be_read(doubt.to) {
            let floor = doubt.floor.map_or(0, |floor| floor.uid.get());
            let from = self.replay.look_from.entry(doubt.to).or_insert(floor);
            *from = (*from).min(floor);
            agenda.want_look(doubt.to);
            return Ok(());
        }
        let Some((_, first)) = doubt.targets.first() else {
            return Ok(());
        };
        let folder = self.folder_here(first.mailbox)?;
        let is_there = match folder.and_then(|mut folder| folder.has(doubt.uid)) {
            Ok(is_there) => is_there,
            Err(error) => {
                let bundle = one(doubt);
                return self.end_targets(bundle.ends(&Outcome::Parked(refused(&error))));
            }
        };
        let facts = Facts {
            is_there,
            is_confirmed: false,
            is_read: self.replay.looked.contains(&doubt.to)
                && !self.replay.unread.contains(&doubt.to),
        };
        let arrival = self.arrival(doubt)?;
        self.replay.wants_all = true;
        match verdict(doubt, arrival, facts) {
            Verdict::Ended(Outcome::Done(address)) => {
                self.end_targets(arrived(&doubt.targets, || Outcome::Done(address)).collect())
            }
            Verdict::Ended(outcome) => self.end_targets(one(doubt).ends(&outcome)),
            Verdict::Again => self.release(doubt.targets.clone()),
            Verdict::Remove(address) => {
                self.replay.added.push(Added {
                    uid: doubt.uid,
                    targets: doubt.targets.clone(),
                    is_move: true,
                    address,
                });
                self.end_uploads()
            }
        }
    }
}

fn parked(cause: &str) -> Outcome {
    let cause = SafeText::line(cause);
    Outcome::Parked(RemoteError::Here { cause })
}

fn one(doubt: &Doubt) -> Bundle {
    Bundle {
        verb: Verb::Move(doubt.to),
        targets: BTreeMap::from([(doubt.uid, doubt.targets.clone())]),
        n_tries: 0,
    }
}

/// Where APPENDUID says that the message is. RFC 4315 §3.
fn told(code: &Code) -> Option<Address> {
    let Code::AppendUid { validity, uids } = code else {
        return None;
    };
    let uid = uids.min().filter(|uid| uids.max() == Some(*uid))?;
    Some(Address {
        validity: *validity,
        uid,
    })
}
