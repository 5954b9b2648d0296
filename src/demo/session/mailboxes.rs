//! CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE. RFC 3501 §6.3.3 - §6.3.7.

use crate::demo::dialect::oddity::Oddity;
use crate::demo::session::{Reply, Session};
use crate::demo::state;
use crate::demo::token::Token;

impl Session {
    /// Changes the set of mailboxes or subscriptions.
    pub(super) fn change_mailboxes(&self, command: &str, arguments: &[Token]) -> Reply {
        let Some(name) = arguments.first().map(Token::text) else {
            return Reply::bad("Which mailbox?");
        };
        let target = arguments.get(1).map(Token::text);
        let is_odd = self.dialect.is_odd(Oddity::OnlyBelowPrefix);
        let made = match command {
            "CREATE" => Some(&name),
            "RENAME" => target.as_ref(),
            _ => None,
        };
        if is_odd
            && made.is_some_and(|name| {
                !self
                    .dialect
                    .namespaces()
                    .personal
                    .iter()
                    .any(|space| name.starts_with(&space.prefix))
            })
        {
            return Reply::no("Invalid mailbox name.");
        }
        let result = match command {
            "CREATE" => self.shared.change(|state| state.create(&name)),
            "DELETE" => self.shared.change(|state| state.delete(&name)),
            "RENAME" => {
                let Some(to) = &target else {
                    return Reply::bad("RENAME takes two mailboxes");
                };
                self.shared.change(|state| state.rename(&name, to))
            }
            _ => {
                let on = command == "SUBSCRIBE";
                let name = state::canonical(&name);
                let mut state = self.shared.state();
                match state.mailboxes.get_mut(&name) {
                    Some(mailbox) => {
                        mailbox.subscribed = on;
                        Ok(())
                    }
                    None => Err("[NONEXISTENT] No such mailbox"),
                }
            }
        };
        let made = made.filter(|_| command == "CREATE" && self.dialect.has("OBJECTID"));
        let id = made.and_then(|name| self.shared.state().get(name).map(|made| made.id));
        match (result, id) {
            (Err(why), _) => Reply::no(why),
            // RFC 8474 §4.2.
            (Ok(()), Some(id)) => Reply::ok(format!("[MAILBOXID (F{id})] Done")),
            (Ok(()), None) => Reply::ok("Done"),
        }
    }
}
