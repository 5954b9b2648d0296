//! One `[accounts.NAME]` table, checked: servers, secret, roles, what stays on this machine.

use toml::Spanned;

use crate::config::checked::{Surroundings, pick};
use crate::config::checked_server::{endpoint, smtp};
use crate::config::error::{Mistake, shell_quoted};
use crate::config::nearest::nearest;
use crate::config::raw::{RawAccount, RawFolders, Size, Text, Texts};
use crate::config::signature::{signature, signatures, words};
use crate::config::value;
use crate::mail::account::{
    AccountSettings, CACHE_BYTES, Endpoint, Offline, Protocol, SaveSent, SecretSource,
};
use crate::mail::capability;
use crate::mail::mailbox::Role;
use crate::mail::secret::Secret;

const OFFLINE: [(&str, Offline); 4] = [
    ("none", Offline::None),
    ("headers", Offline::Headers),
    ("recent", Offline::Recent),
    ("all", Offline::All),
];

const SAVE_SENT: [(&str, SaveSent); 3] = [
    ("auto", SaveSent::Auto),
    ("always", SaveSent::Always),
    ("never", SaveSent::Never),
];

/// Checks one account.
pub fn account(
    name: &Spanned<String>,
    raw: Spanned<RawAccount>,
    around: &Surroundings<'_>,
) -> Result<AccountSettings, Mistake> {
    // The table's own span is its header; a missing key is reported at the account's name.
    let (here, place) = (name.span().start, format!("[accounts.{}]", name.get_ref()));
    let raw = raw.into_inner();
    account_name(name)?;
    let missing = |key, example| missing(here, key, &place, example);
    let Some(email) = raw.email.as_ref() else {
        return Err(missing("email", "email = \"anna@example.org\""));
    };
    let secret = secret(&raw, around)?;
    let aliases = aliases(raw.aliases, email.get_ref())?;
    let own: Vec<&str> = std::iter::once(email.get_ref())
        .chain(&aliases)
        .map(String::as_str)
        .collect();
    let signatures = signatures(raw.signatures, &own)?;
    let ca_file = raw
        .ca_file
        .as_ref()
        .map(|typed| around.existing(typed))
        .transpose()?;
    let Some(imap) = raw.imap else {
        return Err(missing("imap", "imap = { host = \"imap.example.org\" }"));
    };
    let user = login_name(raw.user.as_ref().unwrap_or(email))?;
    let smtp = raw.smtp.map(|server| smtp(server, &user, &place));
    let smtp = smtp.transpose()?.map(|mut smtp| {
        smtp.endpoint.ca_file.clone_from(&ca_file);
        smtp
    });
    Ok(AccountSettings {
        name: name.get_ref().clone(),
        display_name: display_name(raw.name.as_ref())?,
        email: address(email)?,
        aliases,
        signature: signature(raw.signature, raw.signature_file, around)?,
        signatures,
        address_command: words(raw.address_command),
        user,
        secret,
        imap: Endpoint {
            ca_file,
            ..endpoint(imap, Protocol::Imap, &place)?
        },
        smtp,
        folders: raw.folders.map_or(Ok(Vec::new()), folders)?,
        offline: pick(raw.offline.as_ref(), Offline::Recent, &OFFLINE)?,
        offline_folders: offline_folders(raw.offline_folders)?,
        disable: capabilities(raw.disable)?,
        compress_loopback: raw.compress_loopback.unwrap_or(false),
        cache_bytes: cache_bytes(raw.cache_size.as_ref())?,
        save_sent: pick(raw.save_sent.as_ref(), SaveSent::Auto, &SAVE_SENT)?,
        metered_bytes: raw.metered.as_ref().map(metered_bytes).transpose()?,
    })
}

fn metered_bytes(typed: &Size) -> Result<u64, Mistake> {
    let text = &typed.get_ref().0;
    value::size_bytes(text)
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| {
            let problem =
                format!("metered \"{text}\" is not a size; expected one such as \"500kB\"");
            Mistake::new(typed.span().start, problem)
        })
}

fn cache_bytes(typed: Option<&Size>) -> Result<u64, Mistake> {
    let Some(size) = typed else {
        return Ok(CACHE_BYTES);
    };
    let text = &size.get_ref().0;
    value::size_bytes(text).ok_or_else(|| {
        let problem = format!(
            "cache-size \"{text}\" is not a size; expected one such as \"2GB\" or \"500MB\""
        );
        Mistake::new(size.span().start, problem)
    })
}

/// Checks that an account is not one of the earlier ones again.
pub fn differs(
    name: &Spanned<String>,
    account: &AccountSettings,
    earlier: &[AccountSettings],
) -> Result<(), Mistake> {
    let lower = account.name.to_lowercase();
    for other in earlier {
        let same_mailboxes = other.user == account.user
            && other.imap.port == account.imap.port
            && other.imap.host.eq_ignore_ascii_case(&account.imap.host);
        if other.name.to_lowercase() == lower {
            let problem = format!(
                "the accounts \"{}\" and \"{}\" differ in case only",
                other.name, account.name
            );
            return Err(Mistake::new(name.span().start, problem));
        }
        if same_mailboxes {
            let problem = format!(
                "[accounts.{}] is the same user at the same IMAP server as [accounts.{}]; further addresses go into aliases",
                account.name, other.name
            );
            return Err(Mistake::new(name.span().start, problem));
        }
    }
    Ok(())
}

/// Says that a key is missing, with a line to copy.
pub fn missing(offset: usize, key: &str, place: &str, example: &str) -> Mistake {
    Mistake::new(
        offset,
        format!("{place} has no \"{key}\"; expected a line such as {example}"),
    )
}

fn account_name(name: &Spanned<String>) -> Result<(), Mistake> {
    let text = name.get_ref();
    let ok = !text.is_empty()
        && text.len() <= 64
        && text.starts_with(char::is_alphanumeric)
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || "-_.@+ ".contains(c));
    if ok {
        return Ok(());
    }
    let problem = format!(
        "\"{text}\" cannot name an account; expected letters and digits, and -_.@+ after the first"
    );
    Err(Mistake::new(name.span().start, problem))
}

fn display_name(typed: Option<&Text>) -> Result<String, Mistake> {
    let Some(typed) = typed else {
        return Ok(String::new());
    };
    // It goes into a header line.
    if typed.get_ref().chars().any(char::is_control) {
        return Err(Mistake::new(
            typed.span().start,
            "a name cannot contain line breaks or control characters",
        ));
    }
    Ok(typed.get_ref().trim().to_owned())
}

fn address(typed: &Text) -> Result<String, Mistake> {
    match value::email_problem(typed.get_ref()) {
        None => Ok(typed.get_ref().clone()),
        Some(problem) => Err(Mistake::new(
            typed.span().start,
            format!("\"{}\" is not an email address: {problem}", typed.get_ref()),
        )),
    }
}

fn aliases(typed: Option<Texts>, email: &str) -> Result<Vec<String>, Mistake> {
    let mut aliases: Vec<String> = Vec::new();
    for alias in typed.map(Spanned::into_inner).unwrap_or_default().0 {
        let checked = address(&alias)?;
        let again = |other: &str| other.eq_ignore_ascii_case(&checked);
        if again(email) || aliases.iter().any(|other| again(other)) {
            return Err(Mistake::new(
                alias.span().start,
                format!("the address \"{checked}\" stands here twice"),
            ));
        }
        aliases.push(checked);
    }
    Ok(aliases)
}

/// Checks the name for a login.
pub fn login_name(user: &Text) -> Result<String, Mistake> {
    if user.get_ref().is_empty() || user.get_ref().chars().any(char::is_control) {
        return Err(Mistake::new(
            user.span().start,
            "\"user\" is the login name; it is neither empty nor has it control characters",
        ));
    }
    Ok(user.get_ref().clone())
}

fn secret(raw: &RawAccount, around: &Surroundings<'_>) -> Result<SecretSource, Mistake> {
    let given = [
        (
            "password-command",
            raw.password_command
                .as_ref()
                .map(|typed| typed.span().start),
        ),
        (
            "oauth-command",
            raw.oauth_command.as_ref().map(|typed| typed.span().start),
        ),
        (
            "password-plaintext",
            raw.password_plaintext
                .as_ref()
                .map(|typed| typed.span().start),
        ),
    ];
    let mut given = given
        .iter()
        .filter_map(|(key, offset)| offset.map(|offset| (*key, offset)));
    if let (Some((first, _)), Some((second, offset))) = (given.next(), given.next()) {
        return Err(Mistake::new(
            offset,
            format!("\"{first}\" and \"{second}\" are both given; expected one of them"),
        ));
    }
    if let Some(typed) = &raw.oauth_command {
        return command(typed).map(SecretSource::Token);
    }
    if let Some(typed) = &raw.password_command {
        return command(typed).map(SecretSource::Command);
    }
    let Some(typed) = &raw.password_plaintext else {
        return Ok(SecretSource::Ask);
    };
    let password = typed.get_ref();
    if password.is_empty() || password.contains(['\r', '\n', '\0']) {
        return Err(Mistake::new(
            typed.span().start,
            "password-plaintext is neither empty nor more than one line",
        ));
    }
    if !around.private {
        return Err(Mistake {
            fix: Some(format!("chmod 600 {}", shell_quoted(around.path))),
            ..Mistake::new(
                typed.span().start,
                "it has a password-plaintext in it, and others can read it",
            )
        });
    }
    Ok(SecretSource::Known(Secret::new(password.clone())))
}

/// Checks a program and its arguments.
pub fn command(typed: &Texts) -> Result<Vec<String>, Mistake> {
    let argv: Vec<&str> = typed
        .get_ref()
        .0
        .iter()
        .map(|word| word.get_ref().as_str())
        .collect();
    match value::argv_problem(&argv) {
        Some(problem) => Err(Mistake::new(typed.span().start, problem)),
        None => Ok(argv.into_iter().map(str::to_owned).collect()),
    }
}

fn folders(raw: RawFolders) -> Result<Vec<(Role, String)>, Mistake> {
    let typed = [
        (Role::Sent, raw.sent),
        (Role::Drafts, raw.drafts),
        (Role::Trash, raw.trash),
        (Role::Archive, raw.archive),
        (Role::Junk, raw.junk),
    ];
    let mut folders: Vec<(Role, String)> = Vec::new();
    for (role, name) in typed
        .into_iter()
        .filter_map(|(role, name)| Some((role, name?)))
    {
        let offset = name.span().start;
        let name = name.into_inner();
        if name.is_empty() || name.chars().any(char::is_control) {
            return Err(Mistake::new(
                offset,
                format!("\"{}\" in folders is not a folder name", role.name()),
            ));
        }
        if let Some((other, _)) = folders.iter().find(|(_, other)| *other == name) {
            let problem = format!(
                "the folder \"{name}\" is both {} and {}",
                other.name(),
                role.name()
            );
            return Err(Mistake::new(offset, problem));
        }
        folders.push((role, name));
    }
    Ok(folders)
}

fn offline_folders(
    raw: std::collections::BTreeMap<Spanned<String>, Text>,
) -> Result<Vec<(String, Offline)>, Mistake> {
    let mut in_order: Vec<_> = raw.into_iter().collect();
    // First match wins, so the order is the file's.
    in_order.sort_by_key(|(pattern, _)| pattern.span().start);
    let mut folders = Vec::new();
    for (pattern, typed) in in_order {
        if pattern.get_ref().is_empty() {
            return Err(Mistake::new(
                pattern.span().start,
                "an empty pattern in offline-folders matches no folder",
            ));
        }
        let kept = pick(Some(&typed), Offline::Recent, &OFFLINE)?;
        folders.push((pattern.into_inner(), kept));
    }
    Ok(folders)
}

/// A name that no server would say is a slip of the finger: it would silently switch nothing off.
fn unknown_capability(offset: usize, text: &str) -> Mistake {
    let names: Vec<String> = [capability::USED, capability::UNUSED]
        .concat()
        .iter()
        .map(|name| name.to_ascii_lowercase())
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let near = nearest(text, &names).map(str::to_ascii_uppercase);
    let problem = format!(
        "\"{text}\" is not a capability that Sterna knows; expected a name such as \"QRESYNC\""
    );
    Mistake::new(offset, problem).near(near.as_deref())
}

fn capabilities(typed: Option<Texts>) -> Result<Vec<String>, Mistake> {
    let mut capabilities: Vec<String> = Vec::new();
    for capability in typed.map(Spanned::into_inner).unwrap_or_default().0 {
        let text = capability.get_ref();
        // capability = atom, RFC 3501 §9.
        let ok = !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_graphic() && !"(){%*\"\\]".contains(c));
        if !ok {
            let problem =
                format!("\"{text}\" is not a capability; expected a name such as \"QRESYNC\"");
            return Err(Mistake::new(capability.span().start, problem));
        }
        let upper = text.to_ascii_uppercase();
        if !capability::is_known(&upper) {
            return Err(unknown_capability(capability.span().start, text));
        }
        if !capabilities.contains(&upper) {
            capabilities.push(upper);
        }
    }
    Ok(capabilities)
}
