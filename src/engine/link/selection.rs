//! The selected mailbox of one connection, as the server tells it, and how far it is brought up to date.

use std::collections::VecDeque;

use crate::engine::link::changes::Changes;
use crate::engine::link::fill::Fill;
use crate::engine::link::mode::Mode;
use crate::engine::link::previews::Previews;
use crate::engine::link::refusals::{BodyRefusals, Narrowing};
use crate::engine::link::select::SCREENFUL;
use crate::engine::link::seq_map::SeqMap;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::rights::Rights;
use crate::mail::uid::{ModSeq, Uid, UidValidity};
use crate::mail::uid_set::UidSet;
use crate::remote::response::code::Code;
use crate::store::sync_state::SyncState;

/// What a server says of a mailbox before it says its UIDVALIDITY; of several the last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ToldBehind {
    /// EXISTS.
    pub exists: Option<u32>,
    /// FLAGS.
    pub flags: Option<Vec<String>>,
}

/// The selected mailbox.
#[derive(Debug, Clone)]
pub struct Selection {
    /// Which.
    pub mailbox: MailboxId,
    /// The label that it is, where mailboxes are labels; `None` where it is none.
    pub label: Option<String>,
    /// How it is brought up to date.
    pub mode: Mode,
    /// Whether the tagged OK has come and the store knows.
    pub is_open: bool,
    /// UIDVALIDITY as told; `None` until then.
    pub validity: Option<UidValidity>,
    /// UIDNEXT as told; 0 where it was not.
    pub uid_next: u32,
    /// From this UID on the server has told this connection nothing; what another one was told counts not.
    pub from: u32,
    /// UIDs from there on that were here before SELECT was sent.
    pub here_before: UidSet,
    /// UIDs from there on whose headers came another way, so that their flags alone are asked for.
    pub elsewhere: UidSet,
    /// Messages, as told and counted on.
    pub exists: u32,
    /// HIGHESTMODSEQ as SELECT told it, zero for none: the sync point. What comes later, be it a response code or the MODSEQ
    /// of a message, does not raise it. Were it not true, what changes up to there would be missed; as it is, a few flags
    /// are told twice.
    pub highest: ModSeq,
    /// PERMANENTFLAGS; `None` where not told.
    pub permanent_flags: Option<Vec<String>>,
    /// FLAGS, as told last; `None` where not told.
    pub flags: Option<Vec<String>>,
    /// READ-ONLY.
    pub is_read_only: bool,
    /// MYRIGHTS as last heard; `None` where not told. RFC 4314.
    pub rights: Option<Rights>,
    /// What the store knew before, then what it knows since.
    pub known: SyncState,
    /// What changed and comes in pieces; `None` where nothing does.
    pub changes: Option<Changes>,
    /// The user said that what was held back is to come, up to what one action may take.
    pub has_leave: bool,
    /// More changes came with SELECT than can be taken before it has ended.
    pub is_too_long: bool,
    /// How many of them were given up.
    pub n_dropped: usize,
    /// About how many messages one command for headers may be at first, of what is new and of the gap; `None` for as many
    /// as usual.
    pub careful: (Option<u64>, Option<u64>),
    /// Up to this UID all flags are to be asked for when the new headers are here; `None` where they are not.
    pub flags_due: Option<u32>,
    /// Answers in parts since everything was up to date last.
    pub n_parts: u32,
    /// Catching-up steps in flight.
    pub n_catching_up: usize,
    /// Whether everything was brought up to date once and the sync point is recorded.
    pub is_fresh: bool,
    /// Positions, where the server speaks in them.
    pub seqs: Option<SeqMap>,
    /// Untagged data belongs to the mailbox selected before, until `[CLOSED]`. RFC 7162 §3.2.11.
    pub is_behind_closed: bool,
    /// What was said meanwhile and may be about this one.
    pub told_behind: ToldBehind,
    /// More messages exist than are known: fetch from `from` on.
    pub wants_new: bool,
    /// How many were announced since that was done last.
    pub n_announced: u32,
    /// The numbers do not add up: ask which UIDs exist.
    pub wants_count: bool,
    /// Whether the numbers, as they are, were checked by asking for every UID; once is enough.
    pub is_counted: bool,
    /// Whether the user knows that they are not checked, as the answer may be too long.
    pub is_count_told: bool,
    /// UIDs that the server reported since SELECT, in `Plain` mode.
    pub reported: UidSet,
    /// UIDs that a search found; `None` before.
    pub found: Option<UidSet>,
    /// A response could not be read since SELECT: what was not reported may exist all the same.
    pub has_holes: bool,
    /// Headers that are known to be missing outside of the gap.
    pub missing: UidSet,
    /// Those that the server listed and that were not answered for since.
    pub listed: UidSet,
    /// Commands in a row that brought none of them.
    pub n_missing_in_vain: u32,
    /// The count was asked for by ESEARCH and did not add up: the second time by plain SEARCH.
    pub is_searched: bool,
    /// The filling has ended and its sync point is recorded.
    pub is_settled: bool,
    /// Headers received for `New`, the highest UID among them.
    pub highest_uid: u32,
    /// The filling of the gap, where it goes on.
    pub fill: Option<Fill>,
    /// The beginnings of texts that are to be asked for.
    pub previews: Previews,
    /// How often in a row new messages were announced and none came.
    pub n_in_vain: u32,
    /// Positions that were asked for their UID.
    pub n_identified: u32,
    /// Whether the prefetch policy was carried out.
    pub is_prefetched: bool,
    /// How far refused commands for headers and flags were narrowed.
    pub narrowing: Narrowing,
    /// The same of those for bodies.
    pub body_refusals: BodyRefusals,
    /// What is to be fetched ahead next, with its size in bytes.
    pub ahead: VecDeque<(MessageId, Uid, u64)>,
    /// What the user keeps and has not come, to be fetched next, with its size in bytes.
    pub kept: VecDeque<(MessageId, Uid, u64)>,
}

impl Selection {
    /// A mailbox that is about to be selected.
    #[must_use]
    pub fn new(mailbox: MailboxId, mode: Mode, known: SyncState, is_behind_closed: bool) -> Self {
        Self {
            mailbox,
            label: None,
            mode,
            is_open: false,
            validity: None,
            uid_next: 0,
            from: known.uid_next.max(1),
            here_before: UidSet::new(),
            elsewhere: UidSet::new(),
            exists: 0,
            highest: ModSeq::new(0),
            permanent_flags: None,
            flags: None,
            is_read_only: false,
            rights: None,
            known,
            changes: None,
            has_leave: false,
            is_too_long: false,
            n_dropped: 0,
            careful: (None, None),
            flags_due: None,
            n_parts: 0,
            n_catching_up: 0,
            is_fresh: false,
            seqs: None,
            is_behind_closed,
            told_behind: ToldBehind::default(),
            wants_new: false,
            n_announced: 0,
            wants_count: false,
            is_counted: false,
            is_count_told: false,
            reported: UidSet::new(),
            found: None,
            has_holes: false,
            missing: UidSet::new(),
            listed: UidSet::new(),
            n_missing_in_vain: 0,
            is_searched: false,
            is_settled: false,
            highest_uid: 0,
            fill: None,
            previews: Previews::default(),
            n_in_vain: 0,
            n_identified: 0,
            is_prefetched: false,
            narrowing: Narrowing::default(),
            body_refusals: BodyRefusals::default(),
            ahead: VecDeque::new(),
            kept: VecDeque::new(),
        }
    }

    /// Takes what the server says of changes in the mailbox, in SELECT or later.
    pub const fn opened_as(&mut self, code: &Code) {
        match code {
            Code::ReadOnly => self.is_read_only = true,
            Code::ReadWrite => self.is_read_only = false,
            _ => {}
        }
    }

    /// `[CLOSED]`: what comes from here on is about this mailbox. RFC 7162 §3.2.11.
    pub fn closed(&mut self) {
        (self.is_behind_closed, self.told_behind) = (false, ToldBehind::default());
        if !self.is_open {
            self.highest = ModSeq::new(0); // It was of the mailbox before.
        }
    }

    /// UIDVALIDITY is told. Some servers forget `[CLOSED]`, and have told how many messages there are before.
    pub fn opens_without_closed(&mut self) {
        if !std::mem::take(&mut self.is_behind_closed) {
            return;
        }
        let ToldBehind { exists, flags } = std::mem::take(&mut self.told_behind);
        if let Some(n) = exists {
            self.exists(n);
        }
        self.flags = flags;
    }

    /// Takes what the store knows after SELECT. It may know of fewer UIDs than it thought: then those from there on are
    /// asked for.
    pub fn knows(&mut self, known: SyncState) {
        if known.validity == self.known.validity && known.uid_next.max(1) < self.from {
            self.from = known.uid_next.max(1);
            self.wants_new = true;
        }
        self.known = known;
    }

    /// Whether the mailbox is open under another UIDVALIDITY than this: then no number that is told means what it did.
    #[must_use]
    pub fn is_renumbered(&self, validity: UidValidity) -> bool {
        self.is_open && self.validity.is_some_and(|known| known != validity)
    }

    /// Takes HIGHESTMODSEQ, from SELECT alone; of several the lowest.
    pub fn told_highest(&mut self, mod_seq: ModSeq) {
        if self.is_open {
            return;
        }
        self.highest = match self.highest.get() {
            0 => mod_seq,
            _ => self.highest.min(mod_seq),
        };
    }

    /// What the mailbox keeps for good; `None` where that was not told. RFC 3501 §7.1: without PERMANENTFLAGS all of FLAGS.
    #[must_use]
    pub fn kept_flags(&self) -> Option<&Vec<String>> {
        self.permanent_flags.as_ref().or(self.flags.as_ref())
    }

    /// Up to which mod-sequence everything was heard. A response that could not be read may have been a change: then the
    /// next look begins where this one began, and so it does where not every change has come.
    #[must_use]
    pub fn known_up_to(&self) -> ModSeq {
        let is_partial = self.changes.as_ref().is_some_and(|all| !all.is_complete());
        if is_partial || (self.has_holes && self.known.mod_seq.get() > 0) {
            self.known.mod_seq
        } else {
            self.highest
        }
    }

    /// There may be more to fill and to fetch ahead than was known.
    pub fn look_again(&mut self) {
        (self.fill, self.is_prefetched) = (None, false);
        self.ahead.clear();
    }

    /// A block of the gap has ended, with so many headers. Where it was the last the numbers must add up now; while there
    /// was a gap they could not.
    pub fn block_ended(&mut self, n_headers: u64) {
        if let Some(fill) = &mut self.fill {
            fill.ended(n_headers);
            self.is_fresh &= !fill.is_done();
        }
    }

    /// The server has answered for these UIDs, which were asked for by themselves.
    pub fn answered_for(&mut self, set: &UidSet) {
        if set.max().is_some_and(|max| max.get() >= self.from) {
            (self.from, self.n_in_vain) = (self.highest_uid.saturating_add(1).max(self.from), 0);
        }
    }

    /// Whether headers are missing that are to come.
    #[must_use]
    pub fn has_gap(&self) -> bool {
        !self.known.gap.is_empty()
    }

    /// Whether there is a message that could be fetched.
    #[must_use]
    pub const fn is_open_and_filled(&self) -> bool {
        self.is_open && self.exists > 0
    }

    /// Notes `* n EXISTS`.
    pub fn exists(&mut self, n: u32) {
        if self.is_open && n > self.exists {
            self.wants_new = true;
            self.n_announced = self.n_announced.saturating_add(n - self.exists);
        }
        self.is_counted &= n == self.exists;
        self.exists = n;
        if let Some(seqs) = &mut self.seqs {
            seqs.exists(n);
        }
    }

    /// The server has answered for every UID from `low` on: gives the UIDs of which all is told now. Where it does not say
    /// UIDNEXT these are all that can be; who thinks of more would look for them.
    pub fn told_from(&mut self, low: u32) -> UidSet {
        let unheard = self.elsewhere.minus(&self.reported);
        let heard = self.elsewhere.minus(&unheard).max().map_or(0, Uid::get);
        let last = self.uid_next.saturating_sub(1);
        let last = last.max(self.highest_uid).max(heard);
        self.from = self.from.max(last.saturating_add(1));
        UidSet::from_range(low, if self.uid_next > 0 { last } else { u32::MAX })
    }

    /// The lowest UID that the newest screenful has, as far as it came; else about that.
    #[must_use]
    pub fn lowest_of_newest(&self) -> u32 {
        let n = self.exists.min(SCREENFUL);
        let about = self.uid_next.saturating_sub(n).max(1);
        self.reported.min().map_or(about, Uid::get)
    }

    /// How many messages are not here.
    #[must_use]
    pub fn n_elsewhere(&self) -> u64 {
        u64::from(self.exists).saturating_sub(self.known.n_headers)
    }

    /// Whether the server's count and ours disagree although nothing should be missing but these left out.
    #[must_use]
    pub fn is_miscounted(&self, n_left_out: u64) -> bool {
        let n = self.known.n_headers.saturating_add(n_left_out);
        self.known.gap.is_empty() && n != u64::from(self.exists)
    }
}
