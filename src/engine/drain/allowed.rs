//! What the server would refuse, as far as that is known without asking: by rights and by what it can do.

use crate::channel::error::RemoteError;
use crate::channel::operation::Outcome;
use crate::engine::drain::bundle::{Stage, Verb};
use crate::engine::link::Link;
use crate::mail::mailbox::Role;
use crate::mail::rights::{Deed, refusal};
use crate::mail::safe_text::SafeText;
use crate::store::sync_state::MailboxInfo;

impl Link<'_> {
    /// What the mailbox said beforehand that it would not do.
    pub(in crate::engine) fn refusal_without_asking(
        &self,
        verb: &Verb,
        stage: Stage,
    ) -> Option<Outcome> {
        let selection = self.selection.as_ref()?;
        if selection.is_read_only && !matches!(verb, Verb::Copy(_)) {
            return Some(refused(verb, "the folder is read-only"));
        }
        // The original could not go: all that would come of a move is a copy.
        let removes = matches!(stage, Stage::Copying | Stage::Marking);
        let rights = selection.rights.filter(|_| removes);
        if let Some(why) = refusal(rights, false, Deed::Remove) {
            return Some(refused(verb, &why));
        }
        let flags = selection.kept_flags()?;
        let keeps = |name: &str| flags.iter().any(|flag| flag.eq_ignore_ascii_case(name));
        if removes && !keeps("\\Deleted") {
            return Some(refused(verb, "the folder lets no message go"));
        }
        let Verb::Flag { name, .. } = verb else {
            return None;
        };
        let is_kept = keeps(name);
        if name.starts_with('\\') {
            return (!is_kept).then(|| refused(verb, "the folder does not keep this flag"));
        }
        let takes_new = flags.iter().any(|flag| flag == "\\*");
        (!is_kept && !takes_new).then_some(Outcome::Local)
    }

    /// Whether the original stays whatever is done: Gmail's All Mail has every message that is not in Trash or Junk. A
    /// move out of it only adds the other label.
    pub(in crate::engine) fn keeps_original(&mut self, verb: &Verb) -> Result<bool, RemoteError> {
        let (Verb::Move(to), Some(here)) = (verb, self.selected()) else {
            return Ok(false);
        };
        if !self.session.capabilities().has("X-GM-EXT-1") {
            return Ok(false);
        }
        let (here, to) = (self.reader.mailbox(here), self.reader.mailbox(*to));
        let role = |info: Option<MailboxInfo>| info?.role;
        let (here, to) = (role(self.stored(here)?), role(self.stored(to)?));
        Ok(here == Some(Role::All) && !matches!(to, Some(Role::Trash | Role::Junk)))
    }
}

/// Parks with a reason that the server gave beforehand.
pub(super) fn refused(verb: &Verb, reason: &str) -> Outcome {
    Outcome::Parked(RemoteError::Refused {
        action: verb.action(),
        text: SafeText::line(reason),
    })
}
