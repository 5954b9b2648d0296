//! FETCH and UID FETCH: the answers. RFC 3501 §6.4.5, RFC 7162 §3.1.4 and §3.2.6 (CHANGEDSINCE, VANISHED).

use std::io;
use std::sync::atomic::Ordering;

use crate::demo::date;
use crate::demo::dialect::oddity::Oddity;
use crate::demo::mailbox::Message;
use crate::demo::part_tree;
use crate::demo::section::Section;
use crate::demo::session::fetch_item::Item;
use crate::demo::session::object::{labels, preview, thread};
use crate::demo::session::select::vanished_earlier;
use crate::demo::session::sync::flag_names;
use crate::demo::session::{Reply, Session};
use crate::demo::structure;
use crate::demo::token::Token;
use crate::mail::flag::SystemFlag;
use crate::mail::uid::Uid;
use crate::mail::uid_set::UidSet;

/// Messages taken out of the state under one hold of the lock.
const CHUNK: usize = 256;

impl Session {
    /// Fetches.
    pub(super) fn fetch(&mut self, by_uid: bool, arguments: &[Token]) -> io::Result<Reply> {
        let [set, items, modifiers @ ..] = arguments else {
            return Ok(Reply::bad("FETCH takes a set and items"));
        };
        let Some(mut wanted) = self.wanted(items) else {
            return Ok(Reply::bad("Unknown FETCH item"));
        };
        if let Err(why) = self.modify(&mut wanted, modifiers, by_uid) {
            return Ok(Reply::bad(why));
        }
        if by_uid && !wanted.items.iter().any(|item| matches!(item, Item::Uid)) {
            wanted.items.insert(0, Item::Uid);
        }
        let has_mod_seq = |item: &Item| matches!(item, Item::ModSeq);
        if wanted.changed_since.is_some() && !wanted.items.iter().any(has_mod_seq) {
            wanted.items.push(Item::ModSeq);
        }
        if wanted.items.iter().any(has_mod_seq) {
            self.condstore = true;
        }
        let Some(mut targets) = self.targets(set, by_uid) else {
            return Ok(Reply::bad("That is not a set"));
        };
        self.limit(&mut targets);
        if wanted.vanished {
            self.tell_vanished(set, wanted.changed_since.unwrap_or(0))?;
        }
        wanted.sets_seen &= !self.is_read_only();
        let mut missing = false;
        for chunk in targets.chunks(CHUNK) {
            let messages = self.snapshot(chunk, wanted.sets_seen, wanted.changed_since);
            missing |= messages.len() < chunk.len() && wanted.changed_since.is_none();
            for (number, message, newly_seen) in messages {
                self.answer(number, &message, &wanted.items, newly_seen)?;
            }
        }
        if missing && !by_uid {
            return Ok(Reply::no("[EXPUNGEISSUED] Some messages no longer exist"));
        }
        Ok(Reply::ok("Done"))
    }

    /// Copies what a chunk of messages needs out of the state; sets `\Seen` where asked.
    fn snapshot(
        &mut self,
        chunk: &[(u32, u32)],
        sets_seen: bool,
        changed_since: Option<u64>,
    ) -> Vec<(u32, Message, bool)> {
        let Some(selected) = &mut self.selected else {
            return Vec::new();
        };
        if sets_seen {
            let any_unseen = {
                let state = self.shared.state();
                state.get(&selected.name).is_some_and(|mailbox| {
                    chunk.iter().any(|(_, uid)| {
                        mailbox
                            .get(*uid)
                            .is_some_and(|message| !message.flags.has(SystemFlag::Seen))
                    })
                })
            };
            let mut seen = Vec::new();
            if any_unseen {
                self.shared.change(|state| {
                    let Some(mailbox) = state.get_mut(&selected.name) else {
                        return;
                    };
                    let mod_seq = mailbox.next_mod_seq();
                    for (_, uid) in chunk {
                        if let Some(message) = mailbox.get_mut(*uid)
                            && !message.flags.has(SystemFlag::Seen)
                        {
                            message.flags.set_system(SystemFlag::Seen, true);
                            message.mod_seq = mod_seq;
                            selected.own.insert(*uid, mod_seq);
                            seen.push(*uid);
                        }
                    }
                });
            }
            return self
                .snapshot(chunk, false, changed_since)
                .into_iter()
                .map(|(number, message, _)| {
                    let newly_seen = seen.contains(&message.uid);
                    (number, message, newly_seen)
                })
                .collect();
        }
        let state = self.shared.state();
        let Some(mailbox) = state.get(&selected.name) else {
            return Vec::new();
        };
        chunk
            .iter()
            .filter_map(|(number, uid)| Some((*number, mailbox.get(*uid)?)))
            .filter(|(_, message)| changed_since.is_none_or(|since| message.mod_seq > since))
            .map(|(number, message)| (number, message.clone(), false))
            .collect()
    }

    fn answer(
        &mut self,
        number: u32,
        message: &Message,
        items: &[Item],
        newly_seen: bool,
    ) -> io::Result<()> {
        let mut out = format!("* {number} FETCH (").into_bytes();
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                out.push(b' ');
            }
            self.write_item(&mut out, message, item);
        }
        if newly_seen && !items.iter().any(|item| matches!(item, Item::Flags)) {
            out.extend_from_slice(format!(" FLAGS ({})", flag_names(&message.flags)).as_bytes());
        }
        if self.dialect.is_odd(Oddity::BlankBeforeEnd) {
            out.push(b' ');
        }
        out.extend_from_slice(b")\r\n");
        self.output.put(&out)
    }

    fn write_item(&self, out: &mut Vec<u8>, message: &Message, item: &Item) {
        let text = match item {
            Item::Uid => format!("UID {}", message.uid),
            Item::Flags => format!("FLAGS ({})", flag_names(&message.flags)),
            Item::InternalDate => {
                format!("INTERNALDATE \"{}\"", date::write(message.internal_date))
            }
            Item::Size => format!("RFC822.SIZE {}", self.size(message)),
            Item::ModSeq => format!("MODSEQ ({})", message.mod_seq),
            Item::EmailId => format!("EMAILID (M{})", message.id),
            Item::ThreadId => format!("THREADID (T{})", thread(&message.content.header())),
            Item::Preview => preview(&message.content),
            Item::GmailId => format!("X-GM-MSGID {}", message.id),
            Item::GmailThread => format!("X-GM-THRID {}", thread(&message.content.header())),
            Item::GmailLabels => {
                let name = self.selected.as_ref().map_or("", |selected| &selected.name);
                labels(&self.shared.state(), message.id, name)
            }
            Item::Envelope => {
                out.extend_from_slice(b"ENVELOPE ");
                out.extend(structure::envelope(
                    &message.content.header(),
                    &self.dialect,
                ));
                return;
            }
            Item::Structure { extended } => {
                out.extend_from_slice(if *extended {
                    b"BODYSTRUCTURE "
                } else {
                    b"BODY "
                });
                let whole = message.content.whole();
                let tree = part_tree::parse(&whole);
                out.extend(structure::body_structure(
                    &whole,
                    &tree,
                    *extended,
                    &self.dialect,
                ));
                return;
            }
            Item::Section(section) => {
                return self.write_section(out, message, &section.label, section);
            }
            Item::Old(label, section) => return self.write_section(out, message, label, section),
        };
        out.extend_from_slice(text.as_bytes());
    }

    /// RFC822.SIZE as this server tells it.
    fn size(&self, message: &Message) -> u64 {
        let bytes = message.content.size_bytes();
        if self.dialect.is_odd(Oddity::SizeEstimated) {
            return bytes + bytes / 16 + 100;
        }
        bytes
    }

    fn write_section(&self, out: &mut Vec<u8>, message: &Message, label: &str, section: &Section) {
        out.extend_from_slice(label.as_bytes());
        if let Some(header) = self.amiss.header(message.uid).filter(|_| section.is_list()) {
            out.extend_from_slice(format!(" {header}").as_bytes());
            return;
        }
        let Some(bytes) = section.cut(&message.content) else {
            out.extend_from_slice(b" NIL");
            return;
        };
        if section.is_body() {
            let counters = &self.shared.counters;
            counters.bodies.fetch_add(1, Ordering::Relaxed);
            counters
                .body_bytes
                .fetch_add(bytes.len() as u64, Ordering::Relaxed);
        }
        let sign = if section.is_binary { "~" } else { "" };
        out.extend_from_slice(format!(" {sign}{{{}}}\r\n", bytes.len()).as_bytes());
        out.extend_from_slice(&bytes);
    }

    /// VANISHED (EARLIER) for a UID FETCH with CHANGEDSINCE.
    fn tell_vanished(&mut self, set: &Token, since: u64) -> io::Result<()> {
        let Some(selected) = &self.selected else {
            return Ok(());
        };
        let line = {
            let state = self.shared.state();
            let Some(mailbox) = state.get(&selected.name) else {
                return Ok(());
            };
            let highest = mailbox.uid_next - 1;
            let mut asked = set
                .bytes()
                .and_then(|bytes| crate::demo::sequence_set::parse(bytes, highest))
                .unwrap_or_else(|| UidSet::from_range(1, highest));
            // What this session still counts is told by its own VANISHED, not as an earlier one.
            for uid in mailbox.vanished_since(selected.expunges_reported) {
                if let Some(uid) = Uid::new(uid) {
                    asked.remove_range(uid.get(), uid.get());
                }
            }
            vanished_earlier(mailbox, since, Some(&asked))
        };
        if line.is_empty() {
            return Ok(());
        }
        self.output.line(&format!("* VANISHED (EARLIER) {line}"))
    }
}
