//! The way in that was taken with a server of either protocol, in words for people.

use crate::mail::account::Protocol;
use crate::remote::connect::door::{Credential, Door};
use crate::remote::login::sasl::Mechanism;
use crate::remote::strategy::{Choice, reason};

/// How the credential was shown to a server that offered this, and why in no better way; `is_at_once` where that took one
/// round trip.
pub(crate) fn way(
    door: &Door<'_>,
    mechanism: Mechanism,
    offered: &[String],
    is_at_once: bool,
) -> Choice {
    let what = match door.credential {
        Credential::Password(_) => "password",
        Credential::Token(_) => "token",
    };
    let is_command = door.protocol == Protocol::Imap && mechanism == Mechanism::Login;
    let effect = if is_command {
        format!("the {what} goes with the command, in one round trip")
    } else if is_at_once {
        format!("the {what} goes with the command (initial response), in one round trip")
    } else {
        format!("the server is asked first, and then the {what} goes: a round trip more")
    };
    let mut better = Vec::new();
    match mechanism {
        Mechanism::Login => better.push("AUTH=PLAIN"),
        Mechanism::OAuthBearer => better.push("AUTH=XOAUTH2"),
        Mechanism::Plain | Mechanism::XOAuth2 => {}
    }
    if !is_at_once && !is_command && door.protocol == Protocol::Imap {
        better.push("SASL-IR");
    }
    let is_offered = |name: &&str| offered.iter().any(|known| known.eq_ignore_ascii_case(name));
    let (disabled, missing): (Vec<&str>, Vec<&str>) = better.into_iter().partition(is_offered);
    Choice {
        need: "logging in",
        way: name(door.protocol, mechanism),
        effect,
        why: reason(&missing, &[], &disabled),
    }
}

const fn name(protocol: Protocol, mechanism: Mechanism) -> &'static str {
    match (protocol, mechanism) {
        (Protocol::Imap, Mechanism::Plain) => "AUTHENTICATE PLAIN",
        (Protocol::Imap, Mechanism::XOAuth2) => "AUTHENTICATE XOAUTH2",
        (Protocol::Imap, Mechanism::OAuthBearer) => "AUTHENTICATE OAUTHBEARER",
        (Protocol::Imap, Mechanism::Login) => "LOGIN",
        (Protocol::Smtp, Mechanism::Plain) => "AUTH PLAIN",
        (Protocol::Smtp, Mechanism::XOAuth2) => "AUTH XOAUTH2",
        (Protocol::Smtp, Mechanism::OAuthBearer) => "AUTH OAUTHBEARER",
        (Protocol::Smtp, Mechanism::Login) => "AUTH LOGIN",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::account::{Endpoint, Security};
    use crate::mail::secret::Secret;

    #[test]
    fn the_way_in_says_why_it_is_no_better_one() {
        let endpoint = Endpoint::new("mail.example.org", 993, Security::Tls);
        let secret = Secret::new("x".to_owned());
        let password = Door::new(&endpoint, "anna", &secret);
        let token = Door {
            credential: Credential::Token(secret.clone()),
            ..Door::new(&endpoint, "anna", &secret)
        };
        for (door, mechanism, offered, is_at_once, expected) in [
            (
                &password,
                Mechanism::Plain,
                "AUTH=PLAIN SASL-IR",
                true,
                ("AUTHENTICATE PLAIN", "initial response", ""),
            ),
            (
                &password,
                Mechanism::Plain,
                "AUTH=PLAIN",
                false,
                (
                    "AUTHENTICATE PLAIN",
                    "a round trip more",
                    "the server does not offer SASL-IR",
                ),
            ),
            (
                &password,
                Mechanism::Login,
                "AUTH=PLAIN SASL-IR",
                false,
                (
                    "LOGIN",
                    "the password goes",
                    "`disable` switches off AUTH=PLAIN",
                ),
            ),
            (
                &token,
                Mechanism::OAuthBearer,
                "AUTH=OAUTHBEARER SASL-IR",
                true,
                (
                    "AUTHENTICATE OAUTHBEARER",
                    "the token goes",
                    "the server does not offer AUTH=XOAUTH2",
                ),
            ),
        ] {
            let offered: Vec<String> = offered.split(' ').map(str::to_owned).collect();
            let choice = way(door, mechanism, &offered, is_at_once);
            assert_eq!((choice.way, choice.why.as_str()), (expected.0, expected.2));
            assert!(choice.effect.contains(expected.1), "{}", choice.effect);
        }
    }
}
