//! Untagged data: applied by what it says itself, never by where it stands between the tagged answers.

use crate::channel::error::RemoteError;
use crate::engine::link::Link;
use crate::engine::link::finish::protocol;
use crate::engine::link::notify::Telling;
use crate::engine::link::seq_map::MOST;
use crate::engine::link::step::Step;
use crate::mail::flag::of_mailbox;
use crate::mail::mailbox::MailboxId;
use crate::mail::safe_text::SafeText;
use crate::mail::uid::Uid;
use crate::mail::uid::UidValidity;
use crate::mail::uid_set::UidSet;
use crate::mime::header;
use crate::remote::command::{Command, Tag};
use crate::remote::response::code::Code;
use crate::remote::response::{Condition, Data, Fetch, Section, Untagged};
use crate::store::sync_state::{FetchedHeader, FlagChange};

/// Positions asked for their UID while one mailbox is selected.
const MOST_IDENTIFIED: u32 = 1_000;
/// Bytes of one list header that are looked at.
const MOST_OF_HEADER: u64 = 1024 * 1024;

impl Link<'_> {
    /// Applies one untagged response.
    pub(super) fn untagged(&mut self, untagged: Untagged) -> Result<(), RemoteError> {
        let is_stale = self
            .selection
            .as_ref()
            .is_some_and(|selection| selection.is_behind_closed);
        match untagged {
            Untagged::Condition { kind, code, text } => return self.condition(kind, code, &text),
            Untagged::List(_) | Untagged::Lsub(_) | Untagged::Status { .. } => {
                self.folder_told(untagged);
            }
            Untagged::Namespace(told) => self.spaces.told = Some(told),
            Untagged::MyRights { name, rights } => self.rights_told(name, rights),
            Untagged::Quota(Some(quota)) => self.quota_told(quota),
            _ if is_stale => self.told_behind(untagged),
            Untagged::Exists(n) => {
                if let Some(selection) = &mut self.selection {
                    selection.exists(n);
                }
            }
            Untagged::Expunge(seq) => self.expunged(seq),
            Untagged::Vanished { earlier, uids } => self.vanished(&uids, earlier),
            Untagged::Fetch(fetch) => return self.fetched(*fetch),
            Untagged::Search(uids) => {
                self.found(None, &uids.into_iter().filter_map(Uid::new).collect());
            }
            Untagged::Esearch(told) => self.found(told.tag, &told.all.unwrap_or_default()),
            Untagged::Flags(flags) => {
                if let Some(selection) = &mut self.selection {
                    selection.flags = Some(of_mailbox(&flags));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// What comes after SELECT was sent and before `[CLOSED]` speaks of the mailbox selected before, whose next look will
    /// tell it again. Where no `[CLOSED]` comes, it was about the new one.
    fn told_behind(&mut self, untagged: Untagged) {
        let selection = self.selection.as_mut();
        let Some(behind) = selection.map(|selection| &mut selection.told_behind) else {
            return;
        };
        match untagged {
            Untagged::Exists(n) => behind.exists = Some(n),
            Untagged::Flags(flags) => behind.flags = Some(of_mailbox(&flags)),
            _ => {}
        }
    }

    /// An untagged OK, NO, BAD or BYE: mostly a carrier of codes.
    fn condition(
        &mut self,
        kind: Condition,
        code: Option<Code>,
        text: &SafeText,
    ) -> Result<(), RemoteError> {
        if kind == Condition::Bye {
            let cause = format!(
                "{} ended the connection: \"{text}\"",
                self.setup.settings.imap.host
            );
            return Err(RemoteError::Offline {
                cause: SafeText::line(&cause),
            });
        }
        if code == Some(Code::Alert) {
            self.tell_alert(text);
        }
        if code == Some(Code::NotificationOverflow) {
            self.telling = Telling::Overflowed;
        }
        if let Some(Code::MessageLimit { lowest, .. }) = &code {
            self.stopped_at = *lowest;
        }
        if let Some(code @ Code::CopyUid { .. }) = &code {
            self.copied_told(code);
        }
        if let (Some(code), Some(selection)) = (code, &mut self.selection) {
            match code {
                Code::Closed => selection.closed(),
                Code::UidValidity(validity) if selection.is_renumbered(validity) => {
                    return Err(protocol("it gave an open folder another UIDVALIDITY"));
                }
                Code::UidValidity(validity) => {
                    selection.opens_without_closed();
                    selection.validity = Some(validity);
                }
                // A later one says nothing that the messages themselves do not say.
                Code::UidNext(next) if !selection.is_open => selection.uid_next = next,
                Code::HighestModSeq(mod_seq) => selection.told_highest(mod_seq),
                Code::PermanentFlags(flags) => {
                    selection.permanent_flags = Some(of_mailbox(&flags));
                }
                code => selection.opened_as(&code),
            }
        }
        Ok(())
    }

    /// Takes the code of the tagged answer to SELECT: that is where READ-ONLY stands. RFC 3501 §6.3.1.
    pub(super) fn opened_as(&mut self, code: Option<&Code>) {
        if let (Some(code), Some(selection)) = (code, &mut self.selection) {
            selection.opened_as(code);
        }
    }

    fn expunged(&mut self, seq: u32) {
        let Some(selection) = &mut self.selection else {
            return;
        };
        selection.exists = selection.exists.saturating_sub(1);
        match selection.seqs.as_mut().and_then(|seqs| seqs.expunge(seq)) {
            Some(uid) => self.gone(&UidSet::from_iter([uid])),
            None => selection.wants_count = true,
        }
    }

    fn vanished(&mut self, uids: &UidSet, is_earlier: bool) {
        let Some(selection) = &mut self.selection else {
            return;
        };
        if !is_earlier {
            // EARLIER was counted by SELECT's EXISTS already. RFC 7162 §3.2.10.
            selection.exists = selection
                .exists
                .saturating_sub(u32::try_from(uids.len()).unwrap_or(u32::MAX));
        }
        self.gone(uids);
    }

    /// Messages are gone from the selected mailbox.
    pub(super) fn gone(&mut self, uids: &UidSet) {
        self.tally.n_gone += uids.len();
        self.room_changed();
        let Some((mailbox, validity)) = self.place() else {
            return;
        };
        self.flush_batches();
        self.writer.vanished(mailbox, validity, uids.clone());
    }

    /// The selected mailbox and its epoch; `None` before SELECT told it.
    pub(in crate::engine) fn place(&self) -> Option<(MailboxId, UidValidity)> {
        let selection = self.selection.as_ref()?;
        Some((selection.mailbox, selection.validity?))
    }

    /// A list of UIDs, the answer to the command of this tag where one is told. What nobody asked for is not kept, nor
    /// what goes on behind a list that is too long to be believed.
    fn found(&mut self, tag: Option<Tag>, uids: &UidSet) {
        let mut asked = self
            .steps
            .iter()
            .filter(|(_, step)| matches!(step, Step::Everything { .. } | Step::WhoIsHere { .. }));
        let is_asked = asked.any(|(own, _)| tag.is_none_or(|tag| tag == *own));
        if let Some(selection) = self.selection.as_mut().filter(|_| is_asked) {
            let all = selection.found.get_or_insert_default();
            if all.len() <= MOST as u64 {
                all.merge(uids);
            }
        }
    }

    /// One FETCH response: header, body, structure, flags, or several of them.
    fn fetched(&mut self, mut fetch: Fetch) -> Result<(), RemoteError> {
        let Some(selection) = &mut self.selection else {
            return Ok(());
        };
        if fetch.seq == 0 {
            return Ok(()); // No message has this number. RFC 3501 §9 `nz-number`.
        }
        if let (Some(seqs), Some(uid)) = (&mut selection.seqs, fetch.uid) {
            seqs.learn(fetch.seq, uid);
        }
        let by_position = selection.seqs.as_ref().and_then(|seqs| seqs.uid(fetch.seq));
        let Some(uid) = fetch.uid.or(by_position) else {
            self.identify(fetch.seq);
            return Ok(());
        };
        if let (Some(labels), Some(own)) = (&mut fetch.labels, &selection.label) {
            *labels = std::mem::take(labels).with(own);
        }
        if fetch.flags.is_some() {
            selection.reported.insert(uid);
            if selection.reported.ranges().len() > MOST {
                return Err(protocol("it told of more messages than there can be"));
            }
            self.replay.saw(uid);
        }
        if let Some(structure) = fetch.structure.take() {
            self.structure_came(uid, structure);
        }
        let (headers, pieces): (Vec<Section>, Vec<Section>) = std::mem::take(&mut fetch.sections)
            .into_iter()
            .partition(is_list_header);
        match headers.into_iter().next() {
            Some(section) => self.header_came(uid, section.data, fetch),
            None => self.attributes_came(uid, fetch)?,
        }
        for section in pieces {
            if let Some(section) = self.piece_came(uid, section)? {
                self.body_came(uid, &section.name, section.data);
            }
        }
        if self.batches.is_due() && !self.waits_for_newest() {
            self.flush_batches();
            return self.check_batches();
        }
        Ok(())
    }

    /// What came of a message that is known: flags, labels, the beginning of its text.
    fn attributes_came(&mut self, uid: Uid, fetch: Fetch) -> Result<(), RemoteError> {
        if let Some(flags) = fetch.flags {
            self.take_change(FlagChange {
                uid,
                flags,
                mod_seq: fetch.mod_seq.unwrap_or_default(),
                labels: fetch.labels,
            })?;
        }
        if let Some((preview, selection)) = fetch.preview.zip(self.selection.as_mut()) {
            selection.previews.came();
            self.batches.add_preview(uid, preview);
        }
        Ok(())
    }

    /// A row for the store. What one response leaves out may have come in another just before (several lines may speak
    /// of one message).
    fn header_of(&self, uid: Uid, block: Vec<u8>, fetch: Fetch) -> FetchedHeader {
        let envelope = self.parsing.guarded(&block, header::of_row);
        let told_before = || self.batches.flags(uid).cloned();
        FetchedHeader {
            uid,
            flags: fetch.flags.or_else(told_before).unwrap_or_default(),
            internal_date: fetch.internal_date.or(envelope.date).unwrap_or(0),
            size_bytes: fetch.size_bytes.unwrap_or(0),
            mod_seq: fetch.mod_seq.unwrap_or_default(),
            block,
            envelope,
            email_id: fetch.email_id.unwrap_or_default(),
            gm_message: fetch.gm_message.unwrap_or(0),
            gm_thread: fetch.gm_thread.unwrap_or(0),
            thread_id: fetch.thread_id.unwrap_or_default(),
            preview: fetch.preview.unwrap_or_default(),
            labels: fetch.labels,
        }
    }

    /// What a list shows of a message. Beyond its beginning no list needs a header, and a message may have none; a disk
    /// that fails costs this one.
    fn header_came(&mut self, uid: Uid, data: Data, fetch: Fetch) {
        if let Ok(block) = data.into_bytes(MOST_OF_HEADER) {
            let header = self.header_of(uid, block, fetch);
            self.take_header(header);
        }
    }

    fn take_header(&mut self, header: FetchedHeader) {
        let uid = header.uid.get();
        let (mut is_wanted, mut is_asked) = (true, false);
        let clock = &self.setup.clock;
        for step in self.steps.values_mut() {
            match step {
                Step::Block(block) => block.came(uid, clock),
                // `n:*` always returns the last message, even when its UID is below n. RFC 3501 §6.4.8.
                Step::New { from } if uid < *from => is_wanted = false,
                Step::Missing(set) => is_asked |= set.contains(header.uid),
                _ => {}
            }
        }
        let Some(selection) = &mut self.selection else {
            return;
        };
        if !is_wanted && !is_asked && !selection.known.gap.contains(header.uid) {
            return;
        }
        selection.highest_uid = selection.highest_uid.max(uid);
        selection.n_missing_in_vain = 0;
        if !selection.is_fresh || selection.known.gap.contains(header.uid) {
            self.tally.n_new += 1;
        }
        self.batches.add_header(header);
    }

    /// A change of a message of which only the position is known, in a mailbox whose map has holes.
    fn identify(&mut self, seq: u32) {
        let Some(selection) = &mut self.selection else {
            return;
        };
        // An answer that itself must be identified, and so on without end, is a lie.
        if seq > selection.exists || selection.n_identified >= MOST_IDENTIFIED {
            return;
        }
        selection.n_identified += 1;
        if self
            .steps
            .values()
            .filter(|step| **step == Step::Identify)
            .count()
            < 50
        {
            self.end_idle();
            self.send(
                Command::new("FETCH").range(seq, seq).text(" (UID FLAGS)"),
                Step::Identify,
            );
        }
    }
}

/// Whether a section is the header block of the list rather than part of a body.
fn is_list_header(section: &Section) -> bool {
    section.name.starts_with("HEADER.FIELDS")
}
