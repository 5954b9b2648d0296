//! Where the secret of an account comes from, and where a password that was typed is kept when the user wants that: the
//! desktop's keyring through `secret-tool`, else a file of its own.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::config::secret::{self, LIMIT, PASSWORD_BYTES};
use crate::mail::account::{AccountSettings, Protocol, SecretSource};
use crate::mail::secret::Secret;

/// The largest password file: the password, a user and a host name.
const FILE_BYTES: usize = 8 * 1024;

/// Keeps passwords, and finds them again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keeper {
    /// The program that talks to the desktop's keyring (Secret Service); `None` where either is not there.
    keyring: Option<String>,
    /// The directory of the files, one for each account.
    directory: PathBuf,
}

impl Keeper {
    /// The keeper of this session; `data` is the data directory.
    #[must_use]
    pub fn of_this_session(data: &Path) -> Self {
        Self::new(data, |name| std::env::var_os(name))
    }

    /// A keeper for an environment.
    #[must_use]
    pub fn new(data: &Path, variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        // Without a bus the program would wait for one, or start one that nobody else sees.
        let has_bus = set("DBUS_SESSION_BUS_ADDRESS").is_some()
            || set("XDG_RUNTIME_DIR").is_some_and(|path| Path::new(&path).join("bus").exists());
        let program = || {
            let path = set("PATH")?;
            std::env::split_paths(&path)
                .map(|directory| directory.join("secret-tool"))
                .find(|program| program.is_file())
        };
        Self {
            keyring: has_bus
                .then(program)
                .flatten()
                .and_then(|program| program.into_os_string().into_string().ok()),
            directory: data.join("passwords"),
        }
    }

    /// Where a password of the account would be kept, as a sentence for the screen.
    #[must_use]
    pub fn place(&self, account: &AccountSettings) -> String {
        match self.keyring {
            Some(_) => "It would be kept in the desktop's keyring (secret-tool).".to_owned(),
            None => format!(
                "There is no keyring here. It would be kept in {}, which only you can read, but which is not encrypted.",
                self.file_of(account).display()
            ),
        }
    }

    /// The password or token of an account, from wherever its configuration says; `None` where the user must be asked.
    ///
    /// Waits for a command, up to its limit.
    ///
    /// # Errors
    /// Why a command or the keeper gave none, as a sentence part.
    pub fn secret_of(&self, account: &AccountSettings) -> Result<Option<Secret>, String> {
        self.secret_at(account, Protocol::Imap)
    }

    /// The same for one of its servers.
    ///
    /// # Errors
    /// As for [`Keeper::secret_of`].
    pub fn secret_at(
        &self,
        account: &AccountSettings,
        protocol: Protocol,
    ) -> Result<Option<Secret>, String> {
        match account.secret_at(protocol) {
            SecretSource::Known(secret) => Ok(Some(secret.clone())),
            SecretSource::Command(argv) => secret::password(argv, LIMIT).map(Some),
            SecretSource::Token(argv) => secret::token(argv, LIMIT).map(Some),
            SecretSource::Ask => self.find(account),
        }
    }

    /// Keeps the password of an account, in place of an earlier one. Waits for the keyring, up to its limit.
    ///
    /// # Errors
    /// Why it could not be kept, as a sentence part.
    pub fn store(&self, account: &AccountSettings, password: &Secret) -> Result<(), String> {
        let file = self.file_of(account);
        let Some(program) = &self.keyring else {
            return write(&self.directory, &file, account, password)
                .map_err(|error| format!("{}: {error}", file.display()));
        };
        let label = format!("--label=Sterna: {}", account.name);
        let mut arguments = vec!["store".to_owned(), label];
        arguments.extend(attributes(account));
        let ended = secret::exchange(program, &arguments, Some(password), PASSWORD_BYTES, LIMIT);
        let ended = ended.map_err(|problem| format!("secret-tool: {problem}"))?;
        if !ended.status.success() {
            return Err(format!("secret-tool: {}", ended.failure()));
        }
        // An older password beside it would only be in the way.
        let _ = fs::remove_file(file);
        Ok(())
    }

    /// The password that was kept; first from the keyring, then from the file of a session that had none.
    fn find(&self, account: &AccountSettings) -> Result<Option<Secret>, String> {
        let in_keyring = match &self.keyring {
            Some(program) => from_keyring(program, account),
            None => Ok(None),
        };
        if let Ok(Some(_)) = in_keyring {
            return in_keyring;
        }
        let file = self.file_of(account);
        match read(&file, account) {
            Ok(None) => in_keyring,
            found => found.map_err(|error| format!("{}: {error}", file.display())),
        }
    }

    fn file_of(&self, account: &AccountSettings) -> PathBuf {
        // The configuration lets nothing into a name that a path would mind.
        self.directory.join(&account.name)
    }
}

/// What the keyring knows a password by. Another server or user under the same account name must not get it.
fn attributes(account: &AccountSettings) -> [String; 8] {
    [
        "application",
        "sterna",
        "account",
        &account.name,
        "user",
        &account.user,
        "server",
        &account.imap.host,
    ]
    .map(str::to_owned)
}

fn from_keyring(program: &str, account: &AccountSettings) -> Result<Option<Secret>, String> {
    let mut arguments = vec!["lookup".to_owned()];
    arguments.extend(attributes(account));
    let found = || {
        let ended = secret::exchange(program, &arguments, None, PASSWORD_BYTES, LIMIT)?;
        if ended.status.success() {
            return ended.password();
        }
        // It ends so, without a word, where it has none.
        if ended.is_silent() {
            return Ok(None);
        }
        Err(ended.failure())
    };
    found().map_err(|problem| format!("secret-tool: {problem}"))
}

/// The lines behind the password, which say whose it is.
fn owner(account: &AccountSettings) -> String {
    format!("user: {}\nserver: {}\n", account.user, account.imap.host)
}

fn read(file: &Path, account: &AccountSettings) -> io::Result<Option<Secret>> {
    use io::Read as _;
    let opened = match File::open(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    if opened.metadata()?.permissions().mode() & 0o077 != 0 {
        return Err(io::Error::other(
            "others can read it, so it is not used (chmod 600 mends that)",
        ));
    }
    // Whole from the start: a growing text would leave copies of the password behind.
    let mut text = Zeroizing::new(String::with_capacity(FILE_BYTES));
    opened.take(FILE_BYTES as u64).read_to_string(&mut text)?;
    let found = text
        .split_once('\n')
        .filter(|(_, rest)| *rest == owner(account));
    Ok(found.map(|(password, _)| Secret::new(password.to_owned())))
}

/// Writes beside the file and renames: what was kept before stays whole until the new one is on the disk.
fn write(
    directory: &Path,
    file: &Path,
    account: &AccountSettings,
    password: &Secret,
) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)?;
    let unfinished = file.with_added_extension("new~");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let text = Zeroizing::new(format!("{}\n{}", password.expose(), owner(account)));
    let written = options.open(&unfinished).and_then(|mut opened| {
        opened.write_all(text.as_bytes())?;
        opened.sync_all()?;
        fs::rename(&unfinished, file)?;
        File::open(directory)?.sync_all()
    });
    if written.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::account::{Endpoint, Security};

    fn account(host: &str, secret: SecretSource) -> AccountSettings {
        AccountSettings {
            user: "anna".to_owned(),
            secret,
            ..AccountSettings::new(
                "home",
                "anna@example.org",
                Endpoint::new(host, 993, Security::Tls),
            )
        }
    }

    fn asking() -> AccountSettings {
        account("imap.example.org", SecretSource::Ask)
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    /// A keeper with this script as its `secret-tool`.
    fn with_keyring(root: &Path, script: &str) -> Keeper {
        let program = root.join("secret-tool");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let path = root.as_os_str().to_owned();
        Keeper::new(&root.join("data"), |name| match name {
            "PATH" => Some(path.clone()),
            "DBUS_SESSION_BUS_ADDRESS" => Some("unix:path=/nonexistent".into()),
            _ => None,
        })
    }

    #[test]
    fn without_a_keyring_a_private_file_keeps_the_password() {
        let root = tempfile::tempdir().unwrap();
        let keeper = Keeper::new(root.path(), |_| None);
        assert_eq!(keeper.secret_of(&asking()), Ok(None));
        for password in ["first", "p\u{e4}ss word \u{1f511}"] {
            keeper.store(&asking(), &secret(password)).unwrap();
            assert_eq!(keeper.secret_of(&asking()), Ok(Some(secret(password))));
        }
        let directory = root.path().join("passwords");
        assert_eq!(
            (mode(&directory), mode(&directory.join("home"))),
            (0o700, 0o600)
        );
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
        assert!(keeper.place(&asking()).contains("not encrypted"));
        // Another server under the same account name must not get it.
        let other = account("imap.example.net", SecretSource::Ask);
        assert_eq!(keeper.secret_of(&other), Ok(None));
    }

    #[test]
    fn a_file_that_others_can_read_is_not_used_and_one_that_cannot_be_written_is_told() {
        let root = tempfile::tempdir().unwrap();
        let keeper = Keeper::new(root.path(), |_| None);
        keeper.store(&asking(), &secret("x")).unwrap();
        let file = root.path().join("passwords/home");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        let problem = keeper.secret_of(&asking()).unwrap_err();
        assert!(problem.contains("chmod 600"), "{problem}");

        let in_the_way = tempfile::NamedTempFile::new().unwrap();
        let keeper = Keeper::new(in_the_way.path(), |_| None);
        let problem = keeper.store(&asking(), &secret("geheim")).unwrap_err();
        assert!(problem.contains("/passwords/home: "), "{problem}");
        assert!(!problem.contains("geheim"));
    }

    #[test]
    fn a_keyring_gets_the_password_on_its_standard_input_and_gives_it_back() {
        let root = tempfile::tempdir().unwrap();
        let kept = root.path().join("kept");
        let script = format!(
            "echo \"$@\" >> '{kept}.args'\n\
             case $1 in store) cat > '{kept}' ;; lookup) [ -e '{kept}' ] && cat '{kept}' ;; esac",
            kept = kept.display()
        )
        .replace("cat", "/bin/cat");
        let keeper = with_keyring(root.path(), &script);
        assert_eq!(keeper.secret_of(&asking()), Ok(None));
        keeper.store(&asking(), &secret("geheim")).unwrap();
        assert_eq!(fs::read_to_string(&kept).unwrap(), "geheim");
        assert_eq!(keeper.secret_of(&asking()), Ok(Some(secret("geheim"))));
        let arguments = fs::read_to_string(root.path().join("kept.args")).unwrap();
        let whose = "application sterna account home user anna server imap.example.org";
        assert_eq!(
            arguments,
            format!("lookup {whose}\nstore --label=Sterna: home {whose}\nlookup {whose}\n")
        );
        assert!(!root.path().join("data").exists(), "no file beside it");
        assert!(keeper.place(&asking()).contains("keyring (secret-tool)"));
    }

    #[test]
    fn a_keyring_that_fails_says_why_and_a_file_from_before_still_counts() {
        let root = tempfile::tempdir().unwrap();
        let keeper = with_keyring(root.path(), "echo 'the collection is locked' >&2; exit 1");
        for problem in [
            keeper.store(&asking(), &secret("geheim")).unwrap_err(),
            keeper.secret_of(&asking()).unwrap_err(),
        ] {
            assert!(problem.contains("the collection is locked"), "{problem}");
        }
        let headless = Keeper::new(&root.path().join("data"), |_| None);
        headless.store(&asking(), &secret("old")).unwrap();
        assert_eq!(keeper.secret_of(&asking()), Ok(Some(secret("old"))));
    }

    #[test]
    fn a_command_gives_what_its_kind_may_be_long() {
        let root = tempfile::tempdir().unwrap();
        let keeper = Keeper::new(root.path(), |_| None);
        let argv = |n: usize| {
            let script = format!("head -c {n} /dev/zero | tr '\\0' x");
            ["sh", "-c", &script].map(str::to_owned).to_vec()
        };
        let length = |secret| {
            let found = keeper.secret_of(&account("h", secret));
            found.map(|secret| secret.map(|secret| secret.expose().len()))
        };
        assert_eq!(length(SecretSource::Token(argv(9_000))), Ok(Some(9_000)));
        let problem = length(SecretSource::Token(argv(20_000))).unwrap_err();
        assert!(problem.starts_with("oauth-command (sh): "), "{problem}");
        let problem = length(SecretSource::Command(argv(9_000))).unwrap_err();
        assert!(problem.starts_with("password-command (sh): "), "{problem}");
    }
}
