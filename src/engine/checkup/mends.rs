//! What a user can do about a check of `doctor` that failed.

use crate::channel::error::RemoteError;
use crate::engine::checkup::clock;
use crate::engine::checkup::findings::{Check, Way};
use crate::mail::account::{Protocol, SecretSource, Security};
use crate::remote::response::date;

/// How a clock is set.
pub(super) const SET_CLOCK: &str = "set this machine's clock (timedatectl set-ntp true), or have the server's set by its administrator";

/// Who has to look where nothing else helps.
const ADMINISTRATOR: &str = "and where it stays so, ask the server's administrator";

/// The mend, beside what the error says itself.
#[must_use]
pub(super) fn mend(check: Check, way: &Way<'_>, error: &RemoteError) -> String {
    let (name, key) = (&way.settings.name, way.protocol.key());
    match check {
        Check::Name => format!(
            "is this machine online, and is the host of [accounts.{name}] {key} spelled as the provider says?"
        ),
        Check::Connection if matches!(error, RemoteError::Insecure { .. }) => {
            format!("in {key} of [accounts.{name}]: {}", secure_ports(way))
        }
        Check::Connection => {
            format!("{}, and does a firewall let it through?", right_port(way))
        }
        Check::Tls => tls(way, error),
        Check::Greeting => greeting(way, error),
        Check::Login => login(way, error),
        Check::Capabilities => format!("try again later, {ADMINISTRATOR}"),
        Check::Folders => format!(
            "disable = [\"LIST-EXTENDED\", \"NAMESPACE\"] in [accounts.{name}] has it asked in the words that every \
             server knows; {ADMINISTRATOR}"
        ),
        Check::Room => {
            format!("disable = [\"QUOTA\"] in [accounts.{name}] leaves it unasked; {ADMINISTRATOR}")
        }
        Check::Clock => {
            format!("the clocks were not compared; where times look wrong, {SET_CLOCK}")
        }
    }
}

/// The mend where a server lists no folder, in whatever words it is asked.
#[must_use]
pub(super) fn unlisted() -> String {
    "ask the server's administrator: it was asked in the words that every server knows, too. INBOX can be read all the same"
        .to_owned()
}

/// The mend where the server carries out a plain LIST better than the extended one.
#[must_use]
pub(super) fn distrusted(way: &Way<'_>) -> String {
    format!(
        "disable = [\"LIST-EXTENDED\"] in [accounts.{}] saves asking twice",
        way.settings.name
    )
}

/// What kind of server is wanted.
const fn what(way: &Way<'_>) -> &'static str {
    match way.protocol {
        Protocol::Imap => "IMAP",
        Protocol::Smtp => "submission",
    }
}

fn usual_ports(way: &Way<'_>) -> (u16, u16) {
    let usual = |security| way.protocol.standard_port(security);
    (usual(Security::Tls), usual(Security::StartTls))
}

fn secure_ports(way: &Way<'_>) -> String {
    let (tls, starttls) = usual_ports(way);
    format!(
        "security = \"tls\" (port {tls} as a rule) or security = \"starttls\" (port {starttls})"
    )
}

fn right_port(way: &Way<'_>) -> String {
    let (tls, starttls) = usual_ports(way);
    format!(
        "is port {} the provider's {} port ({tls} for tls, {starttls} for starttls)",
        way.endpoint.port,
        what(way)
    )
}

fn right_server(way: &Way<'_>) -> String {
    let (host, name) = (&way.endpoint.host, &way.settings.name);
    let key = way.protocol.key();
    format!(
        "is {host} in {key} of [accounts.{name}] the provider's {} server, and {}?",
        what(way),
        right_port(way)
    )
}

fn later(way: &Way<'_>) -> String {
    format!(
        "try again later: the server may be at work, or have too many connections from here, those of other programs too. \
         Where it stays so: {}",
        right_server(way)
    )
}

fn tls(way: &Way<'_>, error: &RemoteError) -> String {
    let (endpoint, (tls, starttls)) = (way.endpoint, usual_ports(way));
    match (endpoint.security, error) {
        (Security::Tls, _) if endpoint.port == starttls => format!(
            "port {starttls} speaks STARTTLS as a rule: security = \"starttls\", or port = {tls}"
        ),
        (Security::StartTls, _) if endpoint.port == tls => format!(
            "port {tls} speaks TLS from the first byte as a rule: security = \"tls\", or port = {starttls}"
        ),
        (_, RemoteError::Untrusted(_)) => format!(
            "a certificate is good from its first day to its last: is this machine's clock right? It says {}",
            date::write(clock::now())
                .as_deref()
                .map_or("no year of four digits", str::trim_start)
        ),
        (_, RemoteError::Offline { .. }) => later(way),
        _ => right_server(way),
    }
}

fn greeting(way: &Way<'_>, error: &RemoteError) -> String {
    match error {
        RemoteError::Offline { .. } => later(way),
        // PREAUTH.
        RemoteError::Insecure { .. } => {
            "ask the server's administrator for a port where it asks who is there".to_owned()
        }
        _ => right_server(way),
    }
}

fn login(way: &Way<'_>, error: &RemoteError) -> String {
    let name = &way.settings.name;
    match (error, &way.settings.secret) {
        (RemoteError::Offline { .. }, _) => later(way),
        (RemoteError::Insecure { .. }, _) => format!(
            "which logins does the provider take: an app password (password-command), or tokens (oauth-command)? In {} \
             of [accounts.{name}]: {}",
            way.protocol.key(),
            secure_ports(way)
        ),
        (RemoteError::Unauthenticated(_) | RemoteError::NoCredentials { .. }, secret) => {
            secret_of(name, secret)
        }
        _ => right_server(way),
    }
}

fn secret_of(name: &str, secret: &SecretSource) -> String {
    match secret {
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
    }
}

#[cfg(test)]
mod tests;
