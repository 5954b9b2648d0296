//! `sterna doctor`: what works on the way to each server, what does not and its mend, and which ways Sterna takes there.

use std::fmt::Write as _;

use serde::Serialize;

use crate::cli::args::Doctor;
use crate::cli::exit::Exit;
use crate::cli::folders::json;
use crate::cli::run::{Context, Failure};
use crate::engine::checkup::findings::{Checkup, Finding, Outcome};
use crate::mail::account::{AccountId, AccountSettings, Security};
use crate::mail::safe_text::SafeText;

/// What was found out about an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct DoctorJson {
    /// The account's name in the configuration.
    account: String,
    /// The IMAP server, as typed.
    host: String,
    /// Its TCP port.
    port: u16,
    /// `tls`, `starttls` or `plain`.
    security: &'static str,
    /// In the order in which they were made.
    checks: Vec<CheckJson>,
    /// What the server offers after login, less what `disable` names; sorted, upper case.
    capabilities: Vec<String>,
    /// Empty where there was no login.
    ways: Vec<WayJson>,
    /// `null` where the account cannot send.
    submission: Option<SubmissionJson>,
}

/// What was found out about the server that takes an account's mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct SubmissionJson {
    /// The submission server, as typed.
    host: String,
    /// Its TCP port.
    port: u16,
    /// `tls`, `starttls` or `plain`.
    security: &'static str,
    /// In the order in which they were made.
    checks: Vec<CheckJson>,
    /// What the server offers in its answer to EHLO, less what `disable` names; sorted, upper case.
    capabilities: Vec<String>,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct CheckJson {
    /// What was looked at: `name`, `connection`, `tls`, `greeting`, `login`, `capabilities`, `folders`, `room`,
    /// `clock`.
    check: &'static str,
    /// `fine`, `doubtful`, `failed` or `skipped`.
    result: &'static str,
    /// What was seen.
    detail: String,
    /// What to do; `null` where nothing has to be done.
    mend: Option<String>,
}

/// A way that Sterna takes with this server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct WayJson {
    /// What it is for.
    need: &'static str,
    /// Its name in the standards.
    way: &'static str,
    /// What it means for the user.
    effect: String,
    /// Why no better way is taken; `null` where there is none.
    why: Option<String>,
}

/// Examines one account or all of them, one after the other.
///
/// # Errors
/// No such account (65); `--offline`. A failed check is in the output, and the exit code is that of the first.
pub fn run(context: &mut Context<'_>, doctor: &Doctor) -> Result<Exit, Failure> {
    if context.place.is_offline {
        return Err(Failure::new(
            Exit::Usage,
            "doctor needs the network: leave --offline out",
        ));
    }
    let accounts = chosen(context, doctor.account.as_deref())?;
    let (mut rows, mut exit) = (Vec::new(), Exit::Done);
    for (account, settings) in accounts {
        if !doctor.output.json {
            context.say(&format!("looking at {}…", settings.name));
        }
        let (imap, smtp) = context.servers.examine(account, &settings);
        let mut failures = [Some(&imap), smtp.as_ref()]
            .into_iter()
            .flatten()
            .filter_map(|checkup| checkup.failure.as_ref());
        if exit == Exit::Done {
            exit = failures.next().map_or(Exit::Done, Exit::of);
        }
        rows.push(row(&settings, &imap, smtp.as_ref()));
    }
    let printed = if doctor.output.json {
        json(&rows)?
    } else {
        rows.iter().map(text).collect::<Vec<_>>().join("\n")
    };
    context.print(&printed)?;
    Ok(exit)
}

fn chosen(
    context: &Context<'_>,
    wanted: Option<&str>,
) -> Result<Vec<(AccountId, AccountSettings)>, Failure> {
    let all = context.place.numbered(context.store).into_iter();
    let chosen: Vec<_> = all
        .filter(|(_, settings)| wanted.is_none_or(|wanted| wanted == settings.name))
        .map(|(account, settings)| (account, settings.clone()))
        .collect();
    match wanted {
        Some(wanted) if chosen.is_empty() => Err(context.place.no_account(wanted)),
        _ => Ok(chosen),
    }
}

fn row(settings: &AccountSettings, checkup: &Checkup, smtp: Option<&Checkup>) -> DoctorJson {
    DoctorJson {
        account: settings.name.clone(),
        host: settings.imap.host.clone(),
        port: settings.imap.port,
        security: security(settings.imap.security),
        checks: checkup.findings.iter().map(check).collect(),
        capabilities: checkup.capabilities.clone(),
        ways: checkup
            .choices
            .iter()
            .map(|choice| WayJson {
                need: choice.need,
                way: choice.way,
                effect: choice.effect.clone(),
                why: Some(choice.why.clone()).filter(|why| !why.is_empty()),
            })
            .collect(),
        submission: settings
            .smtp
            .as_ref()
            .zip(smtp)
            .map(|(smtp, checkup)| SubmissionJson {
                host: smtp.endpoint.host.clone(),
                port: smtp.endpoint.port,
                security: security(smtp.endpoint.security),
                checks: checkup.findings.iter().map(check).collect(),
                capabilities: checkup.capabilities.clone(),
            }),
    }
}

const fn security(security: Security) -> &'static str {
    match security {
        Security::Tls => "tls",
        Security::StartTls => "starttls",
        Security::Plain => "plain",
    }
}

fn check(finding: &Finding) -> CheckJson {
    CheckJson {
        check: finding.check.name(),
        result: match finding.outcome {
            Outcome::Fine => "fine",
            Outcome::Doubtful => "doubtful",
            Outcome::Failed => "failed",
            Outcome::Skipped => "skipped",
        },
        detail: finding.detail.to_string(),
        mend: finding.mend.as_ref().map(ToString::to_string),
    }
}

/// One account for people.
fn text(row: &DoctorJson) -> String {
    let mut text = format!(
        "{}: {}, port {}, {}\n\n",
        SafeText::line(&row.account),
        SafeText::line(&row.host),
        row.port,
        row.security
    );
    list(&mut text, &row.checks);
    if !row.ways.is_empty() {
        text.push_str("\n  How Sterna works with this server:\n\n");
    }
    for way in &row.ways {
        let _ = writeln!(text, "  {:<26} {}: {}", way.need, way.way, way.effect);
        if let Some(why) = &way.why {
            let _ = writeln!(text, "  {:<26} because {why}", "");
        }
    }
    offers(&mut text, &row.capabilities);
    let Some(submission) = &row.submission else {
        text.push_str("\n  No mail can be sent from this account: it has no smtp.\n");
        return text;
    };
    let _ = writeln!(
        text,
        "\n  Sending: {}, port {}, {}\n",
        SafeText::line(&submission.host),
        submission.port,
        submission.security
    );
    list(&mut text, &submission.checks);
    offers(&mut text, &submission.capabilities);
    text
}

fn list(text: &mut String, checks: &[CheckJson]) {
    for check in checks {
        let _ = writeln!(
            text,
            "  {:<9} {:<13} {}",
            check.result, check.check, check.detail
        );
        if let Some(mend) = &check.mend {
            let _ = writeln!(text, "  {:<9} {:<13} ▸ {mend}", "", "");
        }
    }
}

fn offers(text: &mut String, names: &[String]) {
    if !names.is_empty() {
        let _ = writeln!(text, "\n  {:<26} {}", "it offers", names.join(" "));
    }
}
