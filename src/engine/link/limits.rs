//! What the server allows: rights are asked with the first SELECT of a mailbox, and again when a lane rests, as room is.
//! None of it costs a round trip that somebody waits for.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::channel::error::RemoteError;
use crate::engine::checkup;
use crate::engine::checkup::findings::{Check, Checkup, Outcome};
use crate::engine::lane::Kind;
use crate::engine::link::Link;
use crate::engine::link::step::Step;
use crate::mail::mailbox::{MailboxId, MailboxName, Namespace};
use crate::mail::quota::Quota;
use crate::mail::rights::Rights;
use crate::remote::command::limits;
use crate::remote::response::Untagged;
use crate::remote::session::Session;
use crate::store::sync_state::MailboxInfo;

/// The room left is asked for at most this often.
const QUOTA_EVERY: Duration = Duration::from_mins(5);
/// So often where messages went meanwhile.
const QUOTA_AFTER_CHANGE: Duration = Duration::from_secs(30);
/// From so many hundredths on the room is about to end.
const NEARLY_FULL: u64 = 95;
/// Folders of others whose rights are asked for on one connection without being opened.
const MOST_UNOPENED: usize = 200;
/// Answers that are kept until they are written; a server may tell what nobody asked.
const MOST_TOLD: usize = 1_000;

/// What a connection has asked and heard of rights and room.
#[derive(Debug, Default)]
pub(in crate::engine) struct Limits {
    /// Whose rights were asked for.
    asked: BTreeSet<MailboxId>,
    quota_asked_at: Option<Instant>,
    /// Messages went since: the room is another now.
    is_room_changed: bool,
    /// What came and is not written yet.
    rights: Vec<(MailboxName, Rights)>,
    quota: Option<Quota>,
}

impl Link<'_> {
    /// Asks what may be done in a mailbox where that was never heard.
    pub(super) fn ask_unknown_rights(&mut self, info: &MailboxInfo) {
        if info.rights.is_none() {
            self.ask_rights(info.id, &info.name);
        }
    }

    /// Asks what may be done in a mailbox, once on this connection.
    fn ask_rights(&mut self, mailbox: MailboxId, name: &MailboxName) {
        if self.limits.asked.contains(&mailbox) {
            return;
        }
        let command = limits::my_rights(self.session.capabilities(), name);
        if let Ok(Some(command)) = command {
            self.limits.asked.insert(mailbox);
            self.send(command, Step::Courtesy);
        }
    }

    /// Asks for the rights in folders of others that nobody opened yet: mail may be moved there.
    fn ask_unopened(&mut self) -> Result<(), RemoteError> {
        if !self.has_foreign || !self.session.capabilities().has("ACL") {
            return Ok(());
        }
        let mailboxes = self.reader.mailboxes(self.setup.account);
        let unknown = self.stored(mailboxes)?.into_iter().filter(|info| {
            let is_foreign = matches!(info.namespace, Namespace::OtherUsers | Namespace::Shared);
            is_foreign && info.selectable && info.rights.is_none()
        });
        for info in unknown.take(MOST_UNOPENED) {
            self.ask_rights(info.id, &info.name);
        }
        Ok(())
    }

    /// Asks how much room is left, unless that was asked a short while ago.
    pub(super) fn ask_quota(&mut self) {
        let now = self.setup.clock.now();
        let pause = if self.limits.is_room_changed {
            QUOTA_AFTER_CHANGE
        } else {
            QUOTA_EVERY
        };
        let asked_at = self.limits.quota_asked_at;
        if asked_at.is_some_and(|at| now < at + pause) {
            return;
        }
        self.limits.is_room_changed = false;
        if let Ok(Some(command)) = limits::quota(self.session.capabilities()) {
            self.limits.quota_asked_at = Some(now);
            self.send(command, Step::Courtesy);
        }
    }

    /// Messages are gone, so more room may be left.
    pub(super) const fn room_changed(&mut self) {
        self.limits.is_room_changed = true;
    }

    /// Asks for what is of use when there is nothing else to do. Rights that are known may have changed since.
    pub(in crate::engine) fn ask_limits(&mut self) -> Result<(), RemoteError> {
        if self.kind == Kind::Interactive {
            if let Some(mailbox) = self.selected() {
                let info = self.reader.mailbox(mailbox);
                if let Some(info) = self.stored(info)? {
                    self.ask_rights(mailbox, &info.name);
                }
            }
            self.ask_quota();
            self.ask_unopened()?;
        }
        Ok(())
    }

    pub(super) fn rights_told(&mut self, name: MailboxName, rights: Rights) {
        if self.limits.rights.len() < MOST_TOLD {
            self.limits.rights.push((name, rights));
        }
    }

    pub(super) fn quota_told(&mut self, quota: Quota) {
        let told = self.limits.quota.get_or_insert(quota);
        *told = told.fuller(quota);
    }

    /// Has the store keep what was told.
    pub(super) fn keep_limits(&mut self) -> Result<(), RemoteError> {
        let told = std::mem::take(&mut self.limits.rights);
        let quota = self.limits.quota.take();
        if told.is_empty() && quota.is_none() {
            return Ok(());
        }
        let mut rights = Vec::new();
        if !told.is_empty() {
            let mailboxes = self.reader.mailboxes(self.setup.account);
            let mailboxes = self.stored(mailboxes)?;
            let by_name: BTreeMap<&MailboxName, MailboxId> =
                mailboxes.iter().map(|info| (&info.name, info.id)).collect();
            let known = |(name, rights)| Some((*by_name.get(&name)?, rights));
            rights.extend(told.into_iter().filter_map(known));
        }
        if let Some(selection) = &mut self.selection {
            let own = rights.iter().find(|(id, _)| *id == selection.mailbox);
            selection.rights = own.map(|(_, rights)| *rights).or(selection.rights);
        }
        self.writer.limits(self.setup.account, rights, quota);
        Ok(())
    }
}

impl Checkup {
    /// How much room is left.
    pub(in crate::engine) fn room(&mut self, session: &mut Session) -> Result<(), RemoteError> {
        let Some(command) = limits::quota(session.capabilities())? else {
            self.add(
                Check::Room,
                Outcome::Skipped,
                "the server does not tell",
                None,
            );
            return Ok(());
        };
        let answers = match checkup::ask(session, command) {
            Err(RemoteError::Refused { text, .. }) => {
                let detail = format!("the server would not tell: \"{text}\"");
                self.add(Check::Room, Outcome::Skipped, &detail, None);
                return Ok(());
            }
            answers => answers?,
        };
        let told = answers.into_iter().filter_map(|answer| match answer {
            Untagged::Quota(quota) => quota,
            _ => None,
        });
        let Some(quota) = told.reduce(Quota::fuller) else {
            self.fine(Check::Room, "no limit is told");
            return Ok(());
        };
        let detail = format!(
            "{} of {} MB in use, {} %",
            quota.used_bytes.div_ceil(1_000_000),
            quota.limit_bytes / 1_000_000,
            quota.percent()
        );
        if quota.percent() < NEARLY_FULL {
            self.fine(Check::Room, &detail);
        } else {
            let mend =
                "empty the Trash, or ask the provider for more: a full mailbox takes no mail";
            self.add(
                Check::Room,
                Outcome::Doubtful,
                &detail,
                Some(mend.to_owned()),
            );
        }
        Ok(())
    }
}
