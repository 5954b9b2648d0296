//! What opens the submission server is asked of the user, where nobody knows it or the server refused it.

use crate::channel::error::RemoteError;
use crate::channel::event::Event;
use crate::engine::opening;
use crate::engine::submitter::{Desk, Shared};
use crate::mail::account::{AccountId, Protocol};
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;
use crate::store::Store;

impl Shared {
    /// Notes how the submission server took a secret.
    pub(super) fn heard_of_login(
        &self,
        secret: Secret,
        is_let_in: bool,
        refused: Option<RemoteError>,
    ) {
        let mut desk = self.desk();
        if is_let_in {
            desk.key.worked();
        }
        let Some(error) = refused else { return };
        let host = self.setup.settings.smtp.as_ref();
        let host = host.map_or("", |smtp| smtp.endpoint.host.as_str());
        let asked = desk
            .key
            .refused(secret, opening::submission_refusal(host, &error));
        drop(desk);
        match asked {
            Some(refusal) => self.ask(refusal),
            None => self.desk().is_wanted = true,
        }
    }

    /// Asks for what opens the submission server.
    pub(super) fn ask(&self, refusal: SafeText) {
        let _ = self.setup.events.send(Event::PasswordWanted {
            account: self.setup.account,
            protocol: Protocol::Smtp,
            refusal,
        });
    }

    /// Asks once for what opens the submission server, where that is not known and there is mail.
    pub(super) fn ask_where_unknown(&self, desk: &mut Desk) {
        let (store, account) = (&self.setup.store, self.setup.account);
        if desk.key.usable().is_none() && has_mail(store, account) && desk.key.is_to_be_asked() {
            self.ask(SafeText::default());
        }
    }
}

fn has_mail(store: &Store, account: AccountId) -> bool {
    let n_mails = store
        .reader()
        .and_then(|mut reader| reader.n_outbox(Some(account)));
    n_mails.is_ok_and(|(n_waiting, _)| n_waiting > 0)
}
