//! SASL mechanisms, and which of them a credential goes by.

use std::cell::Cell;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::mail::secret::Secret;
use crate::remote::connect::door::Credential;

/// How a credential is shown to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mechanism {
    /// RFC 4616.
    Plain,
    /// Google's and Microsoft's way with a token, older than the RFC.
    XOAuth2,
    /// RFC 7628.
    OAuthBearer,
    /// The command LOGIN, RFC 3501 §6.2.3; for a submission server the mechanism of that name, which no standard has.
    Login,
}

impl Mechanism {
    /// The best that a server offers; `None` where it takes such a credential in no way.
    ///
    /// XOAUTH2 before OAUTHBEARER: who offers both means the same by them, and Microsoft's takes XOAUTH2 alone.
    pub(crate) fn choose(credential: &Credential, capabilities: &[String]) -> Option<Self> {
        let has = |name: &str| capabilities.iter().any(|known| known == name);
        match credential {
            Credential::Token(_) if has("AUTH=XOAUTH2") => Some(Self::XOAuth2),
            Credential::Token(_) if has("AUTH=OAUTHBEARER") => Some(Self::OAuthBearer),
            Credential::Token(_) => None,
            Credential::Password(_) if has("AUTH=PLAIN") => Some(Self::Plain),
            Credential::Password(_) if has("LOGINDISABLED") => None,
            Credential::Password(_) => Some(Self::Login),
        }
    }

    /// The best that a submission server offers; there LOGIN is a mechanism like any other, and is taken where it is
    /// offered alone.
    pub(crate) fn choose_offered(credential: &Credential, offered: &[String]) -> Option<Self> {
        let chosen = Self::choose(credential, offered)?;
        let is_offered = offered.iter().any(|name| name == "AUTH=LOGIN");
        (chosen != Self::Login || is_offered).then_some(chosen)
    }

    /// The name after AUTHENTICATE or AUTH.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::XOAuth2 => "XOAUTH2",
            Self::OAuthBearer => "OAUTHBEARER",
            Self::Login => "LOGIN",
        }
    }
}

/// The client's side of one exchange.
pub(crate) struct Exchange {
    first: Secret,
    /// What answers every further challenge. With a token there is one only after a refusal, and the server waits for
    /// this before its NO.
    then: &'static str,
    is_first_said: Cell<bool>,
}

impl Exchange {
    /// An exchange; `host` and `port` are those that were connected to.
    pub(crate) fn new(
        mechanism: Mechanism,
        user: &str,
        secret: &Secret,
        host: &str,
        port: u16,
    ) -> Self {
        let secret = secret.expose();
        let (first, then) = match mechanism {
            Mechanism::Plain | Mechanism::Login => (format!("\0{user}\0{secret}"), ""),
            Mechanism::XOAuth2 => (format!("user={user}\x01auth=Bearer {secret}\x01\x01"), ""),
            Mechanism::OAuthBearer => (
                // gs2-header: "," and "=" in a name are escaped, RFC 5801 §4.
                format!(
                    "n,a={},\x01host={host}\x01port={port}\x01auth=Bearer {secret}\x01\x01",
                    user.replace('=', "=3D").replace(',', "=2C")
                ),
                "\x01",
            ),
        };
        Self {
            first: Secret::new(first),
            then,
            is_first_said: Cell::new(false),
        }
    }

    /// The first words, to be sent with the command itself (SASL-IR, RFC 4959; RFC 4954 §4).
    pub(crate) fn initial(&self) -> Secret {
        self.is_first_said.set(true);
        self.encoded()
    }

    /// The first words as they would be sent.
    pub(crate) fn encoded(&self) -> Secret {
        Secret::new(STANDARD.encode(self.first.expose()))
    }
}

impl imap::Authenticator for Exchange {
    type Response = String;

    fn process(&self, _challenge: &[u8]) -> String {
        if self.is_first_said.replace(true) {
            self.then.to_owned()
        } else {
            self.first.expose().to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use imap::Authenticator as _;

    use super::*;

    #[test]
    fn the_mechanism_follows_credential_and_capabilities() {
        let secret = Secret::new("s".to_owned());
        let password = Credential::Password(secret.clone());
        let token = Credential::Token(secret);
        for (credential, capabilities, expected) in [
            (&password, "AUTH=PLAIN AUTH=XOAUTH2", Some(Mechanism::Plain)),
            (
                &password,
                "LOGINDISABLED AUTH=PLAIN",
                Some(Mechanism::Plain),
            ),
            (&password, "LOGINDISABLED AUTH=XOAUTH2", None),
            (&password, "", Some(Mechanism::Login)),
            // Microsoft 365, Gmail, a server by the book, one that wants a password.
            (
                &token,
                "AUTH=PLAIN AUTH=XOAUTH2 SASL-IR",
                Some(Mechanism::XOAuth2),
            ),
            (
                &token,
                "AUTH=XOAUTH2 AUTH=PLAIN AUTH=OAUTHBEARER",
                Some(Mechanism::XOAuth2),
            ),
            (&token, "AUTH=OAUTHBEARER", Some(Mechanism::OAuthBearer)),
            (&token, "AUTH=PLAIN", None),
            (&token, "", None),
        ] {
            let names: Vec<String> = capabilities.split(' ').map(str::to_owned).collect();
            let chosen = Mechanism::choose(credential, &names);
            assert_eq!(chosen, expected, "{capabilities}");
        }
    }

    #[test]
    fn the_words_of_each_mechanism() {
        // The examples of RFC 7628 §4.1 and of Google's description of XOAUTH2.
        let secret = Secret::new("vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg==".to_owned());
        let exchange = |mechanism, user: &str| {
            Exchange::new(mechanism, user, &secret, "server.example.com", 143)
        };
        let bearer = exchange(Mechanism::OAuthBearer, "user@example.com");
        assert_eq!(
            bearer.initial().expose(),
            "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52\
             YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2c9PQEB"
        );
        assert_eq!(bearer.process(b"{}"), "\x01");
        let comma = exchange(Mechanism::OAuthBearer, "a=b,c");
        assert!(comma.process(b"").starts_with("n,a=a=3Db=2Cc,\x01host="));
        let google = exchange(Mechanism::XOAuth2, "someuser@example.com");
        assert_eq!(
            google.process(b""),
            "user=someuser@example.com\x01auth=Bearer vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg==\x01\x01"
        );
        assert_eq!(google.process(b"{\"status\":\"400\"}"), "");
        let plain = exchange(Mechanism::Plain, "tim");
        assert!(plain.process(b"").starts_with("\0tim\0vF9"));
    }
}
