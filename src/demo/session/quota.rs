//! MYRIGHTS, GETACL, GETQUOTAROOT, GETQUOTA. RFC 4314, RFC 9208.

use std::io;

use crate::demo::dialect::oddity::Oddity;
use crate::demo::server::USER;
use crate::demo::session::list::quoted;
use crate::demo::session::{Reply, Session};
use crate::demo::state::State;
use crate::demo::token::Token;

/// The one quota root; its name has a blank, as Dovecot's has.
const ROOT: &str = "User quota";

/// The untagged response to GETQUOTA; STORAGE counts in units of 1,024 bytes. RFC 9208 §4.2.1.
fn usage(state: &State) -> Option<String> {
    let limit = state.quota_bytes?;
    let used = state.used_bytes().div_ceil(1024);
    Some(format!(
        "* QUOTA {} (STORAGE {used} {})",
        quoted(ROOT),
        limit.div_ceil(1024)
    ))
}

impl Session {
    /// MYRIGHTS and GETACL.
    pub(super) fn rights(&mut self, command: &str, arguments: &[Token]) -> io::Result<Reply> {
        let [name] = arguments else {
            return Ok(Reply::bad("Which mailbox?"));
        };
        let name = name.text();
        let asked = {
            let state = self.shared.state();
            let needed = if command == "GETACL" { "a" } else { "" };
            state.may(&name, needed).map(|()| {
                let rights = state.get(&name).map(|mailbox| mailbox.rights.clone());
                rights.unwrap_or_default()
            })
        };
        let rights = match asked {
            Ok(rights) => rights,
            Err(why) => return Ok(Reply::no(why)),
        };
        let (name, letters) = (quoted(&name), rights.letters());
        self.output.line(&if command == "GETACL" {
            format!("* ACL {name} {USER} {letters}")
        } else {
            format!("* MYRIGHTS {name} {letters}")
        })?;
        Ok(Reply::ok("Done"))
    }

    /// GETQUOTAROOT and GETQUOTA.
    pub(super) fn quota(&mut self, command: &str, arguments: &[Token]) -> io::Result<Reply> {
        let [name] = arguments else {
            return Ok(Reply::bad("One name, please"));
        };
        let name = name.text();
        let is_root = command == "GETQUOTA";
        let (is_there, usage) = {
            let state = self.shared.state();
            let usage = usage(&state);
            let is_there = if is_root {
                name == ROOT && usage.is_some()
            } else {
                state.may(&name, "r").is_ok()
            };
            (is_there, usage)
        };
        if !is_there {
            return Ok(Reply::no("[NONEXISTENT] No such mailbox or quota root"));
        }
        if usage.is_none() && self.dialect.is_odd(Oddity::QuotaWithoutList) {
            self.output
                .line(&format!("* QUOTAROOT {} \"ROOT\"", quoted(&name)))?;
            self.output.line("* QUOTA \"ROOT\"")?;
            return Ok(Reply::ok("GETQUOTAROOT Ok."));
        }
        if !is_root {
            let root = usage.as_ref().map(|_| format!(" {}", quoted(ROOT)));
            let root = root.unwrap_or_default();
            self.output
                .line(&format!("* QUOTAROOT {}{root}", quoted(&name)))?;
        }
        if let Some(usage) = usage {
            self.output.line(&usage)?;
        }
        Ok(Reply::ok("Done"))
    }
}
