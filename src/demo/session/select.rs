//! SELECT and EXAMINE with CONDSTORE and QRESYNC, CLOSE. RFC 3501 §6.3.1, RFC 7162 §3.1.8 and §3.2.5.

use std::collections::HashMap;
use std::io;

use crate::demo::dialect::oddity::Oddity;
use crate::demo::mailbox::{Mailbox, Message};
use crate::demo::sequence_set;
use crate::demo::session::flags::FIXED_KEYWORD;
use crate::demo::session::sync::flag_names;
use crate::demo::session::{Reply, Session};
use crate::demo::state;
use crate::demo::token::Token;
use crate::mail::flag::{Flags, SystemFlag};
use crate::mail::uid::Uid;
use crate::mail::uid_set::UidSet;

/// The mailbox that a session has open, as its client numbers it.
pub struct Selected {
    /// Raw name.
    pub name: String,
    /// The UIDVALIDITY told to the client.
    pub validity: u32,
    /// Opened by EXAMINE.
    pub read_only: bool,
    /// UIDs by sequence number, the first at index 0.
    pub uids: Vec<u32>,
    /// The highest UID the client may know of.
    pub last_known: u32,
    /// Flag changes up to this mod-sequence are told.
    pub reported: u64,
    /// Expunges up to this mod-sequence are told.
    pub expunges_reported: u64,
    /// Changes of this session itself that need not be told again: UID and mod-sequence.
    pub own: HashMap<u32, u64>,
}

/// The parameter of a QRESYNC select.
struct Resync {
    validity: u32,
    mod_seq: u64,
    known: Option<UidSet>,
}

/// What a select says, gathered under the lock.
struct Opening {
    lines: Vec<String>,
    vanished: String,
    /// Sequence number, UID, flags and mod-sequence of changed messages.
    changed: Vec<(usize, u32, Flags, u64)>,
    selected: Selected,
}

impl Session {
    /// SELECT and EXAMINE.
    pub(super) fn select(&mut self, read_only: bool, arguments: &[Token]) -> io::Result<Reply> {
        let [name, parameters @ ..] = arguments else {
            return Ok(Reply::bad("Which mailbox?"));
        };
        let resync = match self.parameters(parameters) {
            Ok(resync) => resync,
            Err(why) => return Ok(Reply::bad(why)),
        };
        let tells_closed = self.dialect.has("QRESYNC") && !self.dialect.is_odd(Oddity::NoClosed);
        if self.selected.take().is_some() && tells_closed {
            self.output.line("* OK [CLOSED] Previous mailbox closed")?;
        }
        self.saved.clear();
        let name = name.text();
        let opening = {
            let state = self.shared.state();
            let name = state::canonical(&name);
            state.may(&name, "r").map(|()| {
                let mailbox = state.get(&name)?;
                let read_only = read_only || mailbox.rights.only_read();
                Some(self.opening(&name, mailbox, read_only, resync.as_ref()))
            })
        };
        let opening = match opening {
            Ok(Some(opening)) => opening,
            Ok(None) => return Ok(Reply::no("[NONEXISTENT] No such mailbox")),
            Err(why) => return Ok(Reply::no(why)),
        };
        let read_only = opening.selected.read_only;
        for line in &opening.lines {
            self.output.line(line)?;
        }
        if !opening.vanished.is_empty() {
            self.output
                .line(&format!("* VANISHED (EARLIER) {}", opening.vanished))?;
        }
        for (number, uid, flags, mod_seq) in opening.changed {
            let line = self.flag_line(number, uid, &flags, mod_seq);
            self.output.line(&line)?;
        }
        self.selected = Some(opening.selected);
        Ok(Reply::ok(if read_only {
            "[READ-ONLY] Mailbox opened"
        } else {
            "[READ-WRITE] Mailbox opened"
        }))
    }

    /// Reads what follows the name: `(CONDSTORE)`, `(QRESYNC (..))`.
    fn parameters(&mut self, parameters: &[Token]) -> Result<Option<Resync>, &'static str> {
        let mut resync = None;
        let members = parameters.first().map(Token::members);
        let mut parameters = members.unwrap_or_default().iter();
        while let Some(parameter) = parameters.next() {
            match parameter.upper().as_str() {
                "CONDSTORE" if self.dialect.has("CONDSTORE") => self.condstore = true,
                "QRESYNC" if self.qresync => {
                    let parsed = parameters.next().and_then(resync_of);
                    resync = Some(parsed.ok_or("QRESYNC takes a list")?);
                }
                _ => return Err("Unknown SELECT parameter, or QRESYNC not enabled"),
            }
        }
        Ok(resync)
    }

    fn opening(
        &self,
        name: &str,
        mailbox: &Mailbox,
        read_only: bool,
        resync: Option<&Resync>,
    ) -> Opening {
        let uids: Vec<u32> = mailbox.messages.iter().map(|message| message.uid).collect();
        let lines = self.opening_lines(mailbox, read_only);
        let (vanished, changed) = resync
            .filter(|resync| resync.validity == mailbox.validity)
            .map(|resync| resync_news(mailbox, resync))
            .unwrap_or_default();
        Opening {
            lines,
            vanished,
            changed,
            selected: Selected {
                name: name.to_owned(),
                validity: mailbox.validity,
                read_only,
                uids,
                last_known: mailbox.uid_next - 1,
                reported: mailbox.highest_mod_seq,
                expunges_reported: mailbox.highest_mod_seq,
                own: HashMap::new(),
            },
        }
    }

    fn opening_lines(&self, mailbox: &Mailbox, read_only: bool) -> Vec<String> {
        let odd = |oddity| self.dialect.is_odd(oddity);
        let flags = if odd(Oddity::FixedFlags) {
            format!("{} {}", flag_names(&system_flags()), FIXED_KEYWORD)
        } else {
            flag_names(&mailbox_flags(mailbox))
        };
        let is_kept = |flag: &&str| mailbox.keeps(flag);
        let kept: Vec<&str> = flags.split(' ').filter(is_kept).collect();
        let kept = kept.join(" ");
        let takes_any = mailbox.keywords.is_none() && mailbox.rights.allow("");
        let permanent = match read_only {
            true => String::new(),
            false if odd(Oddity::FixedFlags) || !takes_any => kept,
            false if odd(Oddity::StarFirst) => format!("\\* {kept}"),
            false => format!("{kept} \\*"),
        };
        let mut codes = vec![format!("UIDVALIDITY {}", mailbox.validity)];
        if !odd(Oddity::NoPermanentFlags) {
            codes.insert(0, format!("PERMANENTFLAGS ({permanent})"));
        }
        if !odd(Oddity::NoUidNext) && !odd(Oddity::UidNextByStatus) {
            codes.push(format!("UIDNEXT {}", mailbox.uid_next));
        }
        let is_unseen = |message: &Message| !message.flags.has(SystemFlag::Seen);
        if let Some(unseen) = mailbox.messages.iter().position(is_unseen) {
            codes.push(format!("UNSEEN {}", unseen + 1));
        }
        if odd(Oddity::NoModSeq) {
            codes.push("NOMODSEQ".to_owned());
        } else if self.dialect.has("CONDSTORE") && (self.condstore || !odd(Oddity::ModSeqOnDemand))
        {
            codes.push(format!("HIGHESTMODSEQ {}", mailbox.highest_mod_seq));
        }
        let text = if odd(Oddity::CodeWithoutText) {
            ""
        } else {
            " Ok"
        };
        if self.dialect.has("OBJECTID") {
            codes.push(format!("MAILBOXID (F{})", mailbox.id));
        }
        let mut lines = vec![
            format!("* FLAGS ({flags})"),
            format!("* {} EXISTS", mailbox.messages.len()),
            "* 0 RECENT".to_owned(),
        ];
        lines.extend(codes.iter().map(|code| format!("* OK [{code}]{text}")));
        lines
    }

    /// CLOSE: expunges without telling. RFC 3501 §6.4.2.
    pub(super) fn close(&mut self) -> Reply {
        if let Some(selected) = self.selected.take().filter(|selected| !selected.read_only) {
            self.shared.change(|state| {
                let may = state.may(&selected.name, "e").is_ok();
                if let Some(mailbox) = state.get_mut(&selected.name).filter(|_| may) {
                    mailbox.expunge(|message| message.flags.has(SystemFlag::Deleted));
                }
            });
        }
        Reply::ok("Done")
    }
}

/// Reads `(validity modseq [known-uids] [(known-sequence-set known-uid-set)])`.
fn resync_of(token: &Token) -> Option<Resync> {
    let [validity, mod_seq, rest @ ..] = token.members() else {
        return None;
    };
    let known = match rest.first() {
        Some(Token::Atom(set)) => Some(sequence_set::parse(set, u32::MAX)?),
        _ => None,
    };
    Some(Resync {
        validity: validity.number()?,
        mod_seq: mod_seq.number()?,
        known,
    })
}

/// What a client that was in step at `resync.mod_seq` must hear.
fn resync_news(mailbox: &Mailbox, resync: &Resync) -> (String, Vec<(usize, u32, Flags, u64)>) {
    let vanished = vanished_earlier(mailbox, resync.mod_seq, resync.known.as_ref());
    let is_known = |uid: u32| match (&resync.known, Uid::new(uid)) {
        (Some(known), Some(uid)) => known.contains(uid),
        _ => true,
    };
    let changed = mailbox
        .messages
        .iter()
        .enumerate()
        .filter(|(_, message)| message.mod_seq > resync.mod_seq && is_known(message.uid))
        .map(|(index, message)| {
            (
                index + 1,
                message.uid,
                message.flags.clone(),
                message.mod_seq,
            )
        })
        .collect();
    (vanished, changed)
}

/// The set for VANISHED (EARLIER): what went after `mod_seq` among the `known` UIDs (all below UIDNEXT where not given).
///
/// A server that forgot so far back names every known UID that is not there. RFC 7162 §3.2.10.1.
pub(super) fn vanished_earlier(mailbox: &Mailbox, mod_seq: u64, known: Option<&UidSet>) -> String {
    let everything = UidSet::from_range(1, mailbox.uid_next - 1);
    let known = known.unwrap_or(&everything);
    let gone: UidSet = if mod_seq < mailbox.forgotten_below {
        let mut gone = known.clone();
        gone.remove_range(mailbox.uid_next, u32::MAX);
        let present: UidSet = mailbox
            .messages
            .iter()
            .filter_map(|message| Uid::new(message.uid))
            .collect();
        gone.minus(&present)
    } else {
        mailbox
            .vanished_since(mod_seq)
            .filter_map(Uid::new)
            .filter(|uid| known.contains(*uid))
            .collect()
    };
    gone.to_string()
}

fn system_flags() -> Flags {
    let mut all = Flags::default();
    for flag in SystemFlag::ALL {
        all.set_system(flag, true);
    }
    all
}

/// The system flags and every keyword in use.
fn mailbox_flags(mailbox: &Mailbox) -> Flags {
    let mut all = system_flags();
    for keyword in mailbox.keywords.iter().flatten() {
        all.set(keyword, true);
    }
    for message in &mailbox.messages {
        for keyword in message.flags.keywords() {
            all.set(keyword, true);
        }
    }
    all
}
