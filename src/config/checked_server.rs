//! One `imap` or `smtp` table, checked: where it listens, how the connection is protected, and for sending as whom.

use toml::Spanned;

use crate::config::checked::pick;
use crate::config::checked_account::{command, login_name, missing};
use crate::config::error::Mistake;
use crate::config::raw::{RawServer, RawSmtp};
use crate::config::value;
use crate::mail::account::{Endpoint, Protocol, SecretSource, Security, SmtpServer};

/// Checks a submission server; `user` is the account's login name, `place` names the account.
pub fn smtp(server: Spanned<RawSmtp>, user: &str, place: &str) -> Result<SmtpServer, Mistake> {
    let span = server.span();
    let raw = server.into_inner();
    let shared = RawServer {
        host: raw.host,
        port: raw.port,
        security: raw.security,
    };
    let command = raw.password_command.as_ref().map(command).transpose()?;
    Ok(SmtpServer {
        endpoint: endpoint(Spanned::new(span, shared), Protocol::Smtp, place)?,
        user: match &raw.user {
            Some(typed) => login_name(typed)?,
            None => user.to_owned(),
        },
        secret: command.map(SecretSource::Command),
    })
}

/// Checks a server; `place` names its account.
pub fn endpoint(
    server: Spanned<RawServer>,
    protocol: Protocol,
    place: &str,
) -> Result<Endpoint, Mistake> {
    let offset = server.span().start;
    let raw = server.into_inner();
    let Some(host) = raw.host else {
        let place = format!("{} in {place}", protocol.key());
        return Err(missing(
            offset,
            "host",
            &place,
            "host = \"mail.example.org\"",
        ));
    };
    if let Some(problem) = value::host_problem(host.get_ref()) {
        let problem = format!(
            "\"{}\" in {} in {place}: {problem}",
            host.get_ref(),
            protocol.key()
        );
        return Err(Mistake::new(host.span().start, problem));
    }
    let choices = [
        ("tls", Security::Tls),
        ("starttls", Security::StartTls),
        ("plain", Security::Plain),
    ];
    let security = pick(raw.security.as_ref(), Security::Tls, &choices)?;
    if let (Security::Plain, Some(typed)) = (security, &raw.security)
        && !value::is_loopback(host.get_ref())
    {
        let problem = format!(
            "\"plain\" sends the password in clear, so it is for this machine only (localhost, 127.0.0.1, ::1), not for \"{}\"; expected \"tls\" or \"starttls\"",
            host.get_ref()
        );
        return Err(Mistake::new(typed.span().start, problem));
    }
    Ok(Endpoint {
        host: host.into_inner(),
        port: raw
            .port
            .map_or(protocol.standard_port(security), |port| port.get_ref().0),
        security,
        ca_file: None,
    })
}
