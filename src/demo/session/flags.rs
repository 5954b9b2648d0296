//! STORE and UID STORE. RFC 3501 §6.4.6, RFC 7162 §3.1.3 (UNCHANGEDSINCE).

use std::io;

use crate::demo::dialect::oddity::Oddity;
use crate::demo::sequence_set;
use crate::demo::session::sync::flag_names;
use crate::demo::session::{Reply, Session};
use crate::demo::token::Token;
use crate::mail::flag::Flags;

/// The one keyword of a server with [`Oddity::FixedFlags`].
pub(super) const FIXED_KEYWORD: &str = "$MDNSent";

/// How a STORE changes flags.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Replace,
    Add,
    Remove,
}

/// What a STORE did.
#[derive(Default)]
struct Stored {
    /// Sequence number, UID, flags, mod-sequence.
    changed: Vec<(u32, u32, Flags, u64)>,
    /// Refused by UNCHANGEDSINCE: sequence numbers or UIDs as the command has them.
    modified: Vec<u32>,
}

impl Session {
    /// Changes flags.
    pub(super) fn store(&mut self, by_uid: bool, arguments: &[Token]) -> io::Result<Reply> {
        let [set, rest @ ..] = arguments else {
            return Ok(Reply::bad("STORE takes a set, an action and flags"));
        };
        let (unchanged_since, rest) = match rest.split_first() {
            Some((Token::List(modifiers), rest)) => match modifiers.as_slice() {
                [name, value]
                    if name.upper() == "UNCHANGEDSINCE" && self.dialect.has("CONDSTORE") =>
                {
                    self.condstore = true;
                    (value.number::<u64>(), rest)
                }
                _ => return Ok(Reply::bad("Unknown STORE modifier")),
            },
            _ => (None, rest),
        };
        let [action, names @ ..] = rest else {
            return Ok(Reply::bad("STORE takes a set, an action and flags"));
        };
        let action = action.upper();
        let (action, silent) = action
            .strip_suffix(".SILENT")
            .map_or((action.as_str(), false), |action| (action, true));
        let mode = match action {
            "FLAGS" => Mode::Replace,
            "+FLAGS" => Mode::Add,
            "-FLAGS" => Mode::Remove,
            _ => return Ok(Reply::bad("Unknown STORE action")),
        };
        let names: Vec<String> = names
            .iter()
            .flat_map(Token::members)
            .map(Token::text)
            .collect();
        let is_unknown = |name: &String| !name.starts_with('\\') && name != FIXED_KEYWORD;
        if self.dialect.is_odd(Oddity::FixedFlags) && names.iter().any(is_unknown) {
            return Ok(Reply::bad("Command Argument Error. 11"));
        }
        let Some(mut targets) = self.targets(set, by_uid) else {
            return Ok(Reply::bad("That is not a set"));
        };
        self.limit(&mut targets);
        if self.is_read_only() {
            return Ok(Reply::no("[READ-ONLY] Mailbox opened read-only"));
        }
        if !self.may_store(&names) {
            return Ok(Reply::no("[NOPERM] Permission denied"));
        }
        let stored = self.change_flags(&targets, by_uid, mode, &names, unchanged_since);
        self.answer_store(by_uid, silent, stored)
    }

    /// Whether the rights allow one of these flags at least; the others are passed over. RFC 4314 §4.
    fn may_store(&self, names: &[String]) -> bool {
        let state = self.shared.state();
        let selected = self.selected.as_ref();
        let mailbox = selected.and_then(|selected| state.get(&selected.name));
        mailbox.is_none_or(|mailbox| {
            names.is_empty() || names.iter().any(|name| mailbox.rights.allow(name))
        })
    }

    fn change_flags(
        &self,
        targets: &[(u32, u32)],
        by_uid: bool,
        mode: Mode,
        names: &[String],
        unchanged_since: Option<u64>,
    ) -> Stored {
        let mut stored = Stored::default();
        let Some(selected) = &self.selected else {
            return stored;
        };
        self.shared.change(|state| {
            let Some(mailbox) = state.get_mut(&selected.name) else {
                return;
            };
            let mod_seq = mailbox.highest_mod_seq + 1;
            let kept: Vec<&String> = names.iter().filter(|name| mailbox.keeps(name)).collect();
            let rights = mailbox.rights.clone();
            for (number, uid) in targets {
                let Some(message) = mailbox.get_mut(*uid) else {
                    continue;
                };
                if unchanged_since.is_some_and(|limit| message.mod_seq > limit) {
                    stored.modified.push(if by_uid { *uid } else { *number });
                    continue;
                }
                let mut flags = match mode {
                    // What may not be changed stays as it is.
                    Mode::Replace => {
                        let fixed = message.flags.names().filter(|name| !rights.allow(name));
                        Flags::from_names(fixed)
                    }
                    Mode::Add | Mode::Remove => message.flags.clone(),
                };
                for name in &kept {
                    flags.set(name, mode != Mode::Remove);
                }
                if flags != message.flags {
                    message.flags = flags;
                    message.mod_seq = mod_seq;
                }
                stored
                    .changed
                    .push((*number, *uid, message.flags.clone(), message.mod_seq));
            }
            if stored.changed.iter().any(|entry| entry.3 == mod_seq) {
                mailbox.highest_mod_seq = mod_seq;
            }
        });
        stored
    }

    fn answer_store(&mut self, by_uid: bool, silent: bool, stored: Stored) -> io::Result<Reply> {
        for (number, uid, flags, mod_seq) in stored.changed {
            if let Some(selected) = &mut self.selected {
                selected.own.insert(uid, mod_seq);
            }
            // With CONDSTORE the new mod-sequence is told even in silence. RFC 7162 §3.1.3.
            if silent && !self.condstore {
                continue;
            }
            let mut items = Vec::new();
            if by_uid || self.qresync {
                items.push(format!("UID {uid}"));
            }
            if !silent {
                items.push(format!("FLAGS ({})", flag_names(&flags)));
            }
            if self.condstore {
                items.push(format!("MODSEQ ({mod_seq})"));
            }
            self.output
                .line(&format!("* {number} FETCH ({})", items.join(" ")))?;
        }
        if stored.modified.is_empty() {
            return Ok(Reply::ok("Done"));
        }
        Ok(Reply::ok(format!(
            "[MODIFIED {}] Some messages changed before",
            sequence_set::write(stored.modified)
        )))
    }
}
