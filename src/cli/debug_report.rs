//! `sterna debug-report`: what a report of a defect needs, and nothing about anybody's mail. What is printed is exactly what
//! would leave this machine; nothing is sent.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use crossbeam_channel::unbounded;

use crate::channel::error::StoreError;
use crate::cli::args::DebugReport;
use crate::cli::exit::Exit;
use crate::cli::log_tail;
use crate::cli::mask::Masks;
use crate::cli::place::Place;
use crate::cli::run::Failure;
use crate::mail::account::AccountId;
use crate::mail::account::{AccountSettings, Endpoint, SecretSource, Security};
use crate::mail::mailbox::Role;
use crate::store::Store;
use crate::store::reader::Reader;

/// Providers that a report names, by the end of the host's name; every other host is only counted.
const PROVIDERS: [(&str, &str); 8] = [
    (".gmail.com", "Gmail"),
    (".office365.com", "Microsoft 365"),
    (".outlook.com", "Outlook"),
    (".fastmail.com", "Fastmail"),
    (".me.com", "iCloud"),
    (".yahoo.com", "Yahoo"),
    (".qq.com", "QQ"),
    (".mail.ru", "mail.ru"),
];

/// Prints the report, or writes it to a new file that only its owner can read.
///
/// # Errors
/// The output cannot be written. What could not be found out is said in the report.
pub fn run(place: &Place, arguments: &DebugReport, out: &mut dyn Write) -> Result<Exit, Failure> {
    let report = report(place);
    let Some(path) = &arguments.output else {
        out.write_all(report.as_bytes())?;
        return Ok(Exit::Done);
    };
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(report.as_bytes()))
        .map_err(|error| Failure::new(Exit::Unavailable, format!("{}: {error}", path.display())))?;
    Ok(Exit::Done)
}

fn report(place: &Place) -> String {
    let (events, _news) = unbounded();
    let opened = place.open_store(events);
    let masks = masks(place, opened.as_ref().ok());
    let mut text = String::from(
        "Sterna debug report. Names, addresses, hosts and folders are masked; there is nothing else in it than this text.\n",
    );
    program(&mut text);
    files(&mut text, place);
    for (at, account) in place.accounts.iter().enumerate() {
        configured(&mut text, at.saturating_add(1), account);
    }
    settings(&mut text, place);
    match &opened {
        Ok(store) => stored(&mut text, place, store),
        Err(error) => failed(&mut text, "store", &masks, error),
    }
    let text = masks.known(&text);
    let log = log_tail::read(&place.paths.state, &masks);
    if let Ok(store) = opened {
        place.purge(&store);
        store.close();
    }
    text + &log
}

/// What is private and known: it is masked wherever it stands.
fn masks(place: &Place, store: Option<&Store>) -> Masks {
    let mut masks = Masks::default();
    for (at, account) in place.accounts.iter().enumerate() {
        let number = at.saturating_add(1);
        let user = format!("<user {number}>");
        let own = account.smtp.as_ref().map(|smtp| &smtp.user);
        for text in [&account.email, &account.user]
            .into_iter()
            .chain(own)
            .chain(&account.aliases)
        {
            masks.add(text, &user);
            if let Some((local, domain)) = text.split_once('@') {
                masks.add(local, &user);
                masks.add(domain, &format!("<domain {number}>"));
            }
        }
        masks.add(&account.display_name, &user);
        account
            .display_name
            .split(' ')
            .for_each(|name| masks.add(name, &user));
        masks.add(&account.name, &format!("<account {number}>"));
        masks.add(&account.imap.host, &format!("<imap host {number}>"));
        if let Some(smtp) = &account.smtp {
            masks.add(&smtp.endpoint.host, &format!("<smtp host {number}>"));
        }
        if let SecretSource::Known(secret) = &account.secret {
            masks.add(secret.expose(), "<secret>");
        }
        let folders = account.folders.iter().map(|(_, name)| name);
        let patterns = account.offline_folders.iter().map(|(name, _)| name);
        folders
            .chain(patterns)
            .for_each(|name| folder(&mut masks, name));
    }
    for name in ["USER", "LOGNAME", "HOSTNAME"] {
        masks.add(&std::env::var(name).unwrap_or_default(), "<user>");
    }
    if let Ok(home) = std::env::var("HOME") {
        masks.add(&home, "~");
        masks.add(home.rsplit('/').next().unwrap_or_default(), "<user>");
    }
    let host = fs::read_to_string("/proc/sys/kernel/hostname");
    masks.add(&host.unwrap_or_default(), "<this machine>");
    if let Some(store) = store
        && let Ok(mut reader) = store.reader()
    {
        for (id, _) in place.numbered(store) {
            for mailbox in reader.mailboxes(id).unwrap_or_default() {
                folder(&mut masks, &mailbox.name.display());
                folder(&mut masks, &String::from_utf8_lossy(mailbox.name.raw()));
            }
        }
    }
    masks
}

/// A folder's name and each level of it; usual names (INBOX, Sent) are nobody's own.
fn folder(masks: &mut Masks, name: &str) {
    let levels = name.split(['/', '.', '\\']);
    for name in std::iter::once(name).chain(levels) {
        if Role::from_name(&name.to_ascii_lowercase()).is_none() {
            masks.add(name, "<folder>");
        }
    }
}

fn program(text: &mut String) {
    let build = if cfg!(debug_assertions) {
        "debug"
    } else {
        "release"
    };
    let features: Vec<&str> = [
        ("vendored-tls", cfg!(feature = "vendored-tls")),
        ("bundled-sqlite", cfg!(feature = "bundled-sqlite")),
        ("failpoints", cfg!(feature = "failpoints")),
    ]
    .into_iter()
    .filter_map(|(name, is_on)| is_on.then_some(name))
    .collect();
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let release = read("/etc/os-release");
    let system = release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))
        .unwrap_or("unknown");
    let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| "-".to_owned());
    let _ = write!(
        text,
        "\nprogram\n  version   {} ({build}; {})\n  system    {} {}, kernel {}, {}\n  terminal  TERM={} COLORTERM={} LANG={} tmux={} ssh={}\n",
        env!("CARGO_PKG_VERSION"),
        features.join(" "),
        std::env::consts::OS,
        std::env::consts::ARCH,
        read("/proc/sys/kernel/osrelease").trim(),
        system.trim_matches('"'),
        variable("TERM"),
        variable("COLORTERM"),
        variable("LANG"),
        std::env::var_os("TMUX").is_some(),
        std::env::var_os("SSH_CONNECTION").is_some(),
    );
}

fn files(text: &mut String, place: &Place) {
    text.push_str("\nfiles (mode, bytes)\n");
    let paths = &place.paths;
    for (directory, names) in [
        (&paths.data, ["state.db", "state.db-wal"]),
        (&paths.cache, ["cache.db", "cache.db-wal"]),
        (&paths.state, ["sterna.log", "sterna.log.1"]),
    ] {
        for name in names {
            let found = fs::metadata(directory.join(name));
            let about = found.map_or_else(
                |error| error.kind().to_string(),
                |about| format!("{:03o} {}", about.mode() & 0o7777, about.len()),
            );
            let _ = writeln!(text, "  {name:<13} {about}");
        }
    }
    let kept = |directory: &Path| {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names
            .filter(|name| name.contains(".quarantine-") || name.contains(".damaged-"))
            .count()
    };
    let n_kept = kept(&paths.data).saturating_add(kept(&paths.cache));
    let _ = writeln!(text, "  copies of damaged files: {n_kept}");
}

fn configured(text: &mut String, number: usize, account: &AccountSettings) {
    let secret = match &account.secret {
        SecretSource::Command(_) => "password-command",
        SecretSource::Token(_) => "oauth-command",
        SecretSource::Known(_) => "given",
        SecretSource::Ask => "asked",
    };
    let _ = writeln!(text, "\naccount {number} as configured");
    let _ = writeln!(text, "  imap      {}", endpoint(&account.imap));
    if let Some(smtp) = &account.smtp {
        let own = match smtp.secret {
            Some(_) => ", a password of its own",
            None => "",
        };
        let _ = writeln!(text, "  smtp      {}{own}", endpoint(&smtp.endpoint));
    }
    let _ = writeln!(
        text,
        "  password  {secret}\n  offline   {:?}, {} exceptions, at most {} bytes\n  disable   {}\n  folders   {} given",
        account.offline,
        account.offline_folders.len(),
        account.cache_bytes,
        account.disable.join(" "),
        account.folders.len(),
    );
}

fn endpoint(endpoint: &Endpoint) -> String {
    let security = match endpoint.security {
        Security::Tls => "tls",
        Security::StartTls => "starttls",
        Security::Plain => "plain",
    };
    let host = format!(".{}", endpoint.host.to_ascii_lowercase());
    let provider = PROVIDERS.iter().find(|(end, _)| host.ends_with(end));
    let provider = provider.map_or("a host of its own", |(_, name)| *name);
    let ca = if endpoint.ca_file.is_some() {
        ", ca-file"
    } else {
        ""
    };
    format!("{provider}, port {}, {security}{ca}", endpoint.port)
}

fn settings(text: &mut String, place: &Place) {
    let ui = &place.ui;
    let _ = writeln!(
        text,
        "\nscreen\n  keys {:?}, {} bound otherwise; theme {:?}, {} colours changed; {:?}; {:?}; mouse {}; hints {}",
        ui.keys,
        ui.bind.len(),
        ui.theme,
        ui.looks.len(),
        ui.mark_read_after,
        ui.after,
        ui.mouse,
        ui.hints,
    );
}

fn stored(text: &mut String, place: &Place, store: &Store) {
    let read = store.reader().and_then(|mut reader| {
        versions(text, &reader)?;
        for (at, (id, _)) in place.numbered(store).into_iter().enumerate() {
            account(text, &mut reader, at.saturating_add(1), id)?;
        }
        Ok(())
    });
    if let Err(error) = read {
        failed(text, "store", &Masks::default(), &error);
    }
    if store.lacks_commits() {
        text.push_str("  the log of state.db was damaged or cut\n");
    }
    if store.replaced().is_some() {
        text.push_str("  the cache was damaged and has just been replaced\n");
    }
}

fn versions(text: &mut String, reader: &Reader) -> Result<(), StoreError> {
    text.push_str("\nstore\n");
    let _ = writeln!(text, "  SQLite    {}", Reader::sqlite_version());
    for (file, found, known) in reader.schema_versions()? {
        let _ = writeln!(text, "  {file:<9} schema {found} of {known}");
    }
    Ok(())
}

fn account(
    text: &mut String,
    reader: &mut Reader,
    number: usize,
    id: AccountId,
) -> Result<(), StoreError> {
    let mailboxes = reader.mailboxes(id)?;
    let roles: Vec<String> = mailboxes
        .iter()
        .filter_map(|mailbox| mailbox.role.map(|role| format!("{role:?}")))
        .collect();
    let n_headers: u64 = mailboxes
        .iter()
        .map(|mailbox| mailbox.state.n_headers)
        .sum();
    let n_missing: u64 = mailboxes
        .iter()
        .map(|mailbox| mailbox.state.gap.len())
        .sum();
    let n_synced = mailboxes
        .iter()
        .filter(|mailbox| mailbox.synced_at.is_some())
        .count();
    let (held, room) = reader.body_room(id)?;
    let operations = reader.open_operations(id)?;
    let n_parked: usize = operations
        .iter()
        .map(|operation| operation.parked.len())
        .sum();
    let attempts = operations.iter().map(|operation| operation.attempts).max();
    let delimiters: std::collections::BTreeSet<Option<char>> = mailboxes
        .iter()
        .map(|mailbox| mailbox.delimiter.map(char::from))
        .collect();
    let capabilities: Vec<String> = reader
        .capabilities(id)?
        .into_iter()
        .filter(|name| name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_graphic()))
        .collect();
    let _ = writeln!(
        text,
        "\naccount {number} as kept\n  folders   {}, {n_synced} of them read; roles {}; delimiters {delimiters:?}\n  headers   \
         {n_headers}, {n_missing} numbers still to be asked for\n  bodies    {held} of {room} bytes\n  journal   {} open or \
         parked, {n_parked} messages parked, at most {} attempts\n  server    {}",
        mailboxes.len(),
        roles.join(" "),
        operations.len(),
        attempts.unwrap_or(0),
        capabilities.join(" "),
    );
    Ok(())
}

fn failed(text: &mut String, what: &str, masks: &Masks, error: &StoreError) {
    let kind = match error {
        StoreError::Io { .. } => "Io",
        StoreError::Full { .. } => "Full",
        StoreError::Corrupt { .. } => "Corrupt",
        StoreError::StateDamaged { .. } => "StateDamaged",
        StoreError::Newer { .. } => "Newer",
        StoreError::Gone => "Gone",
    };
    let _ = writeln!(
        text,
        "\n{what}\n  could not be read: {kind}: {}",
        masks.all(&error.to_string())
    );
}
