//! CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE. RFC 3501 §6.3.3 - §6.3.7.

use crate::demo::session::{Reply, Session};
use crate::demo::state;
use crate::demo::token::Token;

impl Session {
    /// Changes the set of mailboxes or subscriptions.
    pub(super) fn change_mailboxes(&self, command: &str, arguments: &[Token]) -> Reply {
        let Some(name) = arguments.first().map(Token::text) else {
            return Reply::bad("Which mailbox?");
        };
        let result = match command {
            "CREATE" => self.shared.change(|state| state.create(&name)),
            "DELETE" => self.shared.change(|state| state.delete(&name)),
            "RENAME" => {
                let Some(to) = arguments.get(1).map(Token::text) else {
                    return Reply::bad("RENAME takes two mailboxes");
                };
                self.shared.change(|state| state.rename(&name, &to))
            }
            _ => {
                let on = command == "SUBSCRIBE";
                match self
                    .shared
                    .state()
                    .mailboxes
                    .get_mut(&state::canonical(&name))
                {
                    Some(mailbox) => {
                        mailbox.subscribed = on;
                        Ok(())
                    }
                    None => Err("[NONEXISTENT] No such mailbox"),
                }
            }
        };
        result.map_or_else(Reply::no, |()| Reply::ok("Done"))
    }
}
