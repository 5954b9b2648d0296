//! `sterna trust ACCOUNT`: shows the certificates of an account's servers, of the mail server first, and, once the user has
//! compared one, trusts its key. The only way to a pin.

use std::io::BufRead;

use crate::channel::certificate::{Certificate, Mend, Untrusted};
use crate::cli::exit::Exit;
use crate::cli::run::{Context, Failure};
use crate::engine::trust::{self, Pins, Standing};
use crate::mail::account::{AccountSettings, Endpoint, Protocol, Security};
use crate::mail::fingerprint::TYPED_DIGITS;

/// What takes a pin back that is no longer needed.
const FORGET: &str = "forget";

/// One of an account's servers, and the keys that are trusted.
struct Server<'a> {
    settings: &'a AccountSettings,
    protocol: Protocol,
    endpoint: &'a Endpoint,
    pins: Pins,
}

/// Asks on `out`, reads the answers from `input`.
///
/// # Errors
/// No such account or a wrong answer (65), a certificate that cannot be trusted (77), or as the connection says. The other
/// server is looked at all the same; the first failure is told.
pub fn run(
    context: &mut Context<'_>,
    account: &str,
    input: &mut dyn BufRead,
) -> Result<Exit, Failure> {
    let mut accounts = context.place.accounts.iter();
    let Some(settings) = accounts.find(|settings| settings.name == account) else {
        return Err(context.place.no_account(account));
    };
    let both = [
        Some((Protocol::Imap, &settings.imap)),
        settings
            .smtp
            .as_ref()
            .map(|smtp| (Protocol::Smtp, &smtp.endpoint)),
    ];
    let servers: Vec<_> = both
        .into_iter()
        .flatten()
        .filter(|(_, endpoint)| endpoint.security != Security::Plain)
        .collect();
    if servers.is_empty() {
        context.print(
            "This account uses no TLS (security = \"plain\"): there is nothing to trust.\n",
        )?;
    }
    let mut exit = Ok(Exit::Done);
    for (n, (protocol, endpoint)) in servers.into_iter().enumerate() {
        let blank = if n == 0 { "" } else { "\n" };
        let Endpoint { host, port, .. } = endpoint;
        context.print(&format!("{blank}{}: {host}, port {port}\n", protocol.key()))?;
        let server = Server {
            settings,
            protocol,
            endpoint,
            pins: Pins::of(&context.place.paths.data, account),
        };
        let looked = look(context, &server, input);
        if let (Err(_), Err(further)) = (&exit, &looked) {
            context.print(&format!("{}\n", further.text))?;
        }
        exit = exit.and(looked);
    }
    exit
}

fn look(
    context: &mut Context<'_>,
    server: &Server<'_>,
    input: &mut dyn BufRead,
) -> Result<Exit, Failure> {
    match trust::look(server.settings, server.protocol, server.endpoint)? {
        Standing::Accepted => accepted(context, server, input),
        Standing::Refused(problem) => refused(context, server, &problem, input),
    }
}

fn accepted(
    context: &mut Context<'_>,
    server: &Server<'_>,
    input: &mut dyn BufRead,
) -> Result<Exit, Failure> {
    context.print("The certificate is accepted as it is: the authorities vouch for it.\n")?;
    // What cannot be read is not known to be no pin; forgetting it is the mend.
    if matches!(server.pins.get(server.protocol, server.endpoint), Ok(None)) {
        return Ok(Exit::Done);
    }
    context.print(&format!(
        "A key was trusted for it before, and only that key is taken. Type {FORGET} to go by the authorities again: "
    ))?;
    if answer(context, input)? != FORGET {
        return Err(Failure::new(Exit::Data, "nothing was changed"));
    }
    keep(server.pins.set(server.protocol, server.endpoint, None))?;
    context.print("The key is forgotten.\n")?;
    Ok(Exit::Done)
}

fn refused(
    context: &mut Context<'_>,
    server: &Server<'_>,
    problem: &Untrusted,
    input: &mut dyn BufRead,
) -> Result<Exit, Failure> {
    context.print(&format!(
        "The certificate of {} is not accepted: {}.\n\n",
        problem.place, problem.reason
    ))?;
    let Some(certificate) = &problem.certificate else {
        return Err(Failure::new(
            Exit::Temporary,
            "the server did not show its certificate again",
        ));
    };
    context.print(&shown(certificate))?;
    let Some(key) = certificate.key.filter(|_| problem.mend == Mend::Trust) else {
        let text = format!(
            "it cannot be trusted: a certificate must stand for {} now, by its subjectAltName; only the server's owner \
             can mend that",
            server.endpoint.host
        );
        return Err(Failure::new(Exit::Permission, text));
    };
    // One that cannot be read is replaced like any other.
    let before = server.pins.get(server.protocol, server.endpoint);
    let before = before.ok().flatten();
    if before == Some(key) {
        context.print("\nThis key is trusted already.\n")?;
        return Ok(Exit::Done);
    }
    if let Some(before) = before {
        context.print(&format!(
            "\nAnother key was trusted until now: {before}.\nSomebody may be in between. Ask the server's owner first.\n"
        ))?;
    }
    context.print(&format!(
        "\nCompare the first fingerprint with one that you got from the server's owner on another way than this \
         connection.\nTo trust this key for the account {}, type the first {TYPED_DIGITS} digits of that fingerprint: ",
        server.settings.name
    ))?;
    if !certificate.sha256.begins_with(&answer(context, input)?) {
        return Err(Failure::new(
            Exit::Data,
            "these are not the first digits; nothing was changed",
        ));
    }
    keep(server.pins.set(server.protocol, server.endpoint, Some(key)))?;
    context.print("The key is trusted. A screen that is open connects with gr.\n")?;
    Ok(Exit::Done)
}

fn shown(certificate: &Certificate) -> String {
    let key = certificate.key.map(|key| key.to_string());
    [
        ("certificate SHA-256", certificate.sha256.to_string()),
        ("key SHA-256", key.unwrap_or_default()),
        ("stands for", certificate.names.to_string()),
        ("issued by", certificate.issuer.to_string()),
        ("valid from", certificate.from.to_string()),
        ("valid to", certificate.until.to_string()),
    ]
    .map(|(what, value)| format!("  {what:<20} {value}\n"))
    .concat()
}

fn answer(context: &mut Context<'_>, input: &mut dyn BufRead) -> Result<String, Failure> {
    context.out.flush()?;
    let mut line = String::new();
    let unreadable = |error| Failure::new(Exit::Data, format!("the answer: {error}"));
    std::io::Read::take(input, 1_000)
        .read_line(&mut line)
        .map_err(unreadable)?;
    Ok(line.trim().to_owned())
}

fn keep<T>(done: std::io::Result<T>) -> Result<T, Failure> {
    done.map_err(|error| Failure::new(Exit::Unavailable, format!("the trusted keys: {error}")))
}
