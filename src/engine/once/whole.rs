//! One connection for an export: every header of a mailbox, then whole messages, batch by batch. The caller holds the
//! account's lock.

use crate::channel::error::RemoteError;
use crate::engine::Setup;
use crate::engine::bodies::{WHOLE_BYTES, gone};
use crate::engine::link::step::{BodyWork, Step};
use crate::engine::once::Once;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::part::{PartPath, WantedPart};
use crate::mail::secret::Secret;
use crate::mail::uid::Uid;
use crate::mail::uid_set::UidSet;
use crate::remote::command::fetch;

/// Small messages in one command.
const AT_ONCE: usize = 50;

/// A message whose bytes are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Which message.
    pub message: MessageId,
    /// Its UID in the mailbox.
    pub uid: Uid,
    /// Its size in bytes, as the server says.
    pub size_bytes: u64,
}

/// Brings a mailbox up to date and then into the store, whole, what `next` asks for: at most a thousand messages at a
/// time, until it asks for none. What does not come is not there afterwards.
///
/// # Errors
/// As the connection says; `Refused` where the mailbox cannot be opened.
pub fn run(
    setup: &Setup,
    secret: &Secret,
    mailbox: MailboxId,
    next: &mut dyn FnMut() -> Vec<Wanted>,
) -> Result<(), RemoteError> {
    let mut once = Once::open(setup, secret, None)?;
    if !once.go_to(mailbox)? {
        return Err(gone());
    }
    once.agenda.want_sync(&[mailbox], true);
    once.come_to_rest()?;
    once.flush()?;
    loop {
        let batch = next();
        if batch.is_empty() {
            break;
        }
        once.fetch_whole(mailbox, &batch)?;
        once.flush()?;
    }
    once.end().map(drop)
}

impl Once<'_> {
    fn fetch_whole(&mut self, mailbox: MailboxId, batch: &[Wanted]) -> Result<(), RemoteError> {
        let (small, large): (Vec<Wanted>, Vec<Wanted>) = batch
            .iter()
            .partition(|wanted| wanted.size_bytes <= WHOLE_BYTES);
        for some in small.chunks(AT_ONCE) {
            let uids: Vec<Uid> = some.iter().map(|wanted| wanted.uid).collect();
            for wanted in some {
                let work = BodyWork::new(wanted.message, mailbox, true);
                self.link.works.insert(wanted.uid, work);
            }
            let set: UidSet = uids.iter().copied().collect();
            self.link.send(fetch::bodies(&set), Step::Bodies(uids));
        }
        for wanted in large {
            self.agenda.want_part(WantedPart {
                message: wanted.message,
                mailbox,
                path: PartPath::default(),
            });
        }
        self.come_to_rest()
    }
}
