//! What a user can do about a check of `doctor` that failed.

use crate::engine::checkup::Check;
use crate::mail::account::{AccountSettings, SecretSource, Security};

/// The mend, beside what the error says itself; `None` where that says it all.
#[must_use]
pub fn mend(check: Check, settings: &AccountSettings) -> Option<String> {
    let imap = &settings.imap;
    let name = &settings.name;
    Some(match check {
        Check::Name => format!(
            "is this machine online, and is the host of [accounts.{name}] imap spelled as the provider says?"
        ),
        Check::Connection => format!(
            "is port {} the provider's IMAP port (993 for tls, 143 for starttls), and does a firewall let it through?",
            imap.port
        ),
        Check::Tls if imap.security == Security::Tls && imap.port == 143 => {
            "port 143 speaks STARTTLS as a rule: security = \"starttls\", or port = 993".to_owned()
        }
        Check::Login => match settings.secret {
            SecretSource::Token(_) => {
                format!(
                    "try oauth-command of [accounts.{name}] in a shell: it is to print an access token"
                )
            }
            SecretSource::Command(_) => format!(
                "try password-command of [accounts.{name}] in a shell; many providers want an app password"
            ),
            SecretSource::Known(_) | SecretSource::Ask => format!(
                "is the password of [accounts.{name}] right? Many providers want an app password, made on their web site"
            ),
        },
        _ => return None,
    })
}
