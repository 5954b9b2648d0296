//! What a user can do about a check of `doctor` that failed.

use crate::channel::error::RemoteError;
use crate::engine::checkup::clock;
use crate::engine::checkup::findings::{Check, Way};
use crate::mail::account::{Protocol, SecretSource, Security};
use crate::remote::response::date;

/// The mend, beside what the error says itself; `None` where that says it all.
#[must_use]
pub(super) fn mend(check: Check, way: &Way<'_>, error: &RemoteError) -> Option<String> {
    let (protocol, endpoint, settings) = (way.protocol, way.endpoint, way.settings);
    let (name, key) = (&settings.name, protocol.key());
    let what = match protocol {
        Protocol::Imap => "IMAP",
        Protocol::Smtp => "submission",
    };
    let usual = |security| protocol.standard_port(security);
    let (tls, starttls) = (usual(Security::Tls), usual(Security::StartTls));
    Some(match check {
        Check::Name => format!(
            "is this machine online, and is the host of [accounts.{name}] {key} spelled as the provider says?"
        ),
        Check::Connection => format!(
            "is port {} the provider's {what} port ({tls} for tls, {starttls} for starttls), and does a firewall let it through?",
            endpoint.port
        ),
        Check::Tls if endpoint.security == Security::Tls && endpoint.port == starttls => format!(
            "port {starttls} speaks STARTTLS as a rule: security = \"starttls\", or port = {tls}"
        ),
        Check::Tls if endpoint.security == Security::StartTls && endpoint.port == tls => format!(
            "port {tls} speaks TLS from the first byte as a rule: security = \"tls\", or port = {starttls}"
        ),
        Check::Tls if matches!(error, RemoteError::Untrusted(_)) => format!(
            "a certificate is good from its first day to its last: is this machine's clock right? It says {}",
            date::write(clock::now())?.trim_start()
        ),
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
