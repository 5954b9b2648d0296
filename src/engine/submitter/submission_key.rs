//! What opens an account's submission server, and what does not: a password or token that was refused is not offered
//! again by itself, since servers lock accounts that try. Pure; who asks for another one is told what to ask.

use crate::mail::account::{AccountSettings, Protocol, SecretSource};
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;

/// The secrets of an account, as far as they are known.
pub(super) struct SubmissionKey {
    /// The submission server takes another secret than the mail server.
    has_own: bool,
    /// A command gives it, so that it may be another one the next time.
    is_renewable: bool,
    /// The account's.
    account: Option<Secret>,
    /// For the submission server alone: its own, or what was given in place of the account's.
    own: Option<Secret>,
    refused: Option<Refused>,
    /// Refusals since the server last took one.
    n_refusals: u32,
    /// The own one was asked for and has not come.
    is_asked: bool,
}

struct Refused {
    secret: Secret,
    /// Why, as a sentence.
    words: SafeText,
}

impl SubmissionKey {
    /// With what the configuration gives.
    pub(super) fn new(settings: &AccountSettings) -> Self {
        let known = |source: &SecretSource| match source {
            SecretSource::Known(secret) => Some(secret.clone()),
            _ => None,
        };
        let own = settings.smtp.as_ref().and_then(|smtp| smtp.secret.as_ref());
        let source = settings.secret_at(Protocol::Smtp);
        Self {
            has_own: own.is_some(),
            is_renewable: matches!(source, SecretSource::Command(_) | SecretSource::Token(_)),
            account: known(&settings.secret),
            own: own.and_then(known),
            refused: None,
            n_refusals: 0,
            is_asked: false,
        }
    }

    /// What opens the mail server.
    pub(super) const fn account(&self) -> Option<&Secret> {
        self.account.as_ref()
    }

    /// What may be offered to the submission server now.
    pub(super) fn usable(&self) -> Option<&Secret> {
        let is_refused = |secret: &Secret| {
            let refused = self.refused.as_ref();
            refused.is_some_and(|refused| refused.secret == *secret)
        };
        self.known().filter(|secret| !is_refused(secret))
    }

    /// What may be offered to the submission server now, or why nothing can be.
    pub(super) fn offer(&self) -> Result<Secret, SafeText> {
        self.usable().cloned().ok_or_else(|| {
            let refused = self.refused.as_ref().filter(|_| self.known().is_some());
            let words = refused.map(|refused| refused.words.clone());
            words.unwrap_or_else(|| SafeText::own("the password for sending is not here yet"))
        })
    }

    fn known(&self) -> Option<&Secret> {
        let shared = self.account.as_ref().filter(|_| !self.has_own);
        self.own.as_ref().or(shared)
    }

    /// Whether the own one is to be asked for; true once.
    pub(super) fn is_to_be_asked(&mut self) -> bool {
        self.has_own && self.own.is_none() && !std::mem::replace(&mut self.is_asked, true)
    }

    /// The account's secret came. What is to be asked, as for `refused`.
    pub(super) fn came(&mut self, secret: Secret) -> Option<SafeText> {
        self.account = Some(secret);
        if self.has_own {
            return None;
        }
        self.own = None;
        self.is_it_again()
    }

    /// The mail server does not take the account's secret.
    pub(super) fn forget(&mut self) {
        self.account = None;
    }

    /// One for the submission server came. What is to be asked, as for `refused`.
    pub(super) fn came_for_submission(&mut self, secret: Secret) -> Option<SafeText> {
        self.own = Some(secret);
        self.is_asked = false;
        self.is_it_again()
    }

    fn is_it_again(&mut self) -> Option<SafeText> {
        let known = self.known().cloned()?;
        let again = self
            .refused
            .take_if(|refused| refused.secret == known)
            .map(|refused| refused.words)?;
        self.refused(known, again)
    }

    /// The server refused a secret. With what words another one is asked for: none the first time, where a command may
    /// give another one; `None` where that one is there already.
    pub(super) fn refused(&mut self, secret: Secret, words: SafeText) -> Option<SafeText> {
        let is_current = self.known() == Some(&secret);
        self.refused = Some(Refused {
            secret,
            words: words.clone(),
        });
        if !is_current {
            return None;
        }
        self.n_refusals = self.n_refusals.saturating_add(1);
        let is_first = self.is_renewable && self.n_refusals == 1;
        Some(if is_first { SafeText::default() } else { words })
    }

    /// The server took one.
    pub(super) fn worked(&mut self) {
        self.refused = None;
        self.n_refusals = 0;
    }

    /// The user wants another attempt, also with what was refused, and also where nothing came.
    pub(super) fn wished(&mut self) {
        self.worked();
        self.is_asked = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(has_own: bool, is_renewable: bool) -> SubmissionKey {
        SubmissionKey {
            has_own,
            is_renewable,
            account: None,
            own: None,
            refused: None,
            n_refusals: 0,
            is_asked: false,
        }
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    fn no() -> SafeText {
        SafeText::own("no")
    }

    #[test]
    fn what_was_refused_is_not_offered_again_and_the_user_is_asked() {
        let mut key = key(false, false);
        assert_eq!(key.came(secret("old")), None);
        assert_eq!(key.usable(), Some(&secret("old")));
        assert_eq!(key.refused(secret("old"), no()), Some(no()));
        assert_eq!(key.usable(), None);
        // The same again, from wherever it comes.
        assert_eq!(key.came_for_submission(secret("old")), Some(no()));
        assert_eq!(key.came(secret("old")), Some(no()));
        assert_eq!(key.usable(), None);
        assert_eq!(key.came_for_submission(secret("new")), None);
        assert_eq!(key.usable(), Some(&secret("new")));
        assert_eq!(
            key.account(),
            Some(&secret("old")),
            "the mail server takes it"
        );
        // One that came meanwhile is tried before anybody is asked.
        assert_eq!(key.refused(secret("old"), no()), None);
        assert_eq!(key.usable(), Some(&secret("new")));
    }

    #[test]
    fn the_users_wish_is_one_more_attempt() {
        let mut key = key(false, false);
        key.came(secret("old"));
        key.refused(secret("old"), no());
        key.wished();
        assert_eq!(key.usable(), Some(&secret("old")));
        assert_eq!(key.refused(secret("old"), no()), Some(no()));
        assert_eq!(key.usable(), None);
    }

    #[test]
    fn a_command_is_run_once_more_and_then_the_user_is_asked() {
        let mut key = key(false, true);
        key.came(secret("first"));
        let anew = Some(SafeText::default());
        assert_eq!(key.refused(secret("first"), no()), anew);
        assert_eq!(key.came_for_submission(secret("first")), Some(no()));
        key.came_for_submission(secret("second"));
        assert_eq!(key.refused(secret("second"), no()), Some(no()));
        key.came_for_submission(secret("third"));
        key.worked();
        assert_eq!(key.refused(secret("third"), no()), anew, "it has aged");
    }

    #[test]
    fn a_server_with_a_secret_of_its_own_never_sees_the_accounts() {
        let mut key = key(true, true);
        assert_eq!(key.came(secret("account")), None);
        assert_eq!(key.usable(), None);
        assert!(key.is_to_be_asked() && !key.is_to_be_asked());
        key.came_for_submission(secret("own"));
        assert_eq!(key.usable(), Some(&secret("own")));
        key.forget();
        assert_eq!(key.account(), None);
        key.came(secret("changed"));
        assert_eq!(key.usable(), Some(&secret("own")));
    }
}
