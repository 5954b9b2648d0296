//! Table tests over whole files: what is accepted and what it means. What is refused has a file of its own.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::*;
use crate::command::preset::Preset;
use crate::config::checked::{Surroundings, config};
use crate::config::ui_settings::{After, Editor, MarkRead, Theme};
use crate::mail::account::{AccountSettings, Endpoint, Offline, SecretSource, Security};
use crate::mail::mailbox::Role;

mod refused;

fn check_in(source: &str, private: bool) -> Result<Config, ConfigError> {
    let path = Path::new("config.toml");
    let around = Surroundings {
        path,
        base: Path::new("/nonexistent"),
        private,
        home: Some(PathBuf::from("/home/anna")),
    };
    config(source, &around)
        .map(|(config, _)| config)
        .map_err(|mistake| mistake.at(path, source))
}

fn check(source: &str) -> Result<Config, ConfigError> {
    check_in(source, true)
}

/// An account of two lines, with more lines after them, so that those begin at line 4.
fn account(more: &str) -> String {
    format!(
        "[accounts.work]\nemail = \"anna@example.org\"\nimap = {{ host = \"imap.example.org\" }}\n{more}\n"
    )
}

fn refusal(source: &str) -> String {
    match check(source) {
        Ok(_) => format!("accepted: {source}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_signature_may_belong_to_one_address() {
    let more = "aliases = [\"a@b\"]\nsignature = \"Anna\"\nsignatures = { \"A@B\" = \"-- \\nA. Abel\\n\", \"anna@example.org\" = \"\" }";
    let config = check(&account(more)).map_err(|error| error.to_string());
    let account = &config.unwrap().accounts[0];
    let expected = [("a@b", "A. Abel"), ("anna@example.org", "")];
    let expected = expected.map(|(address, text)| (address.to_owned(), text.to_owned()));
    assert_eq!(account.signatures, expected);
}

#[test]
fn the_documented_configuration_parses_whole() {
    let sample = include_str!("../../assets/config.toml");
    let config = check(sample).map_err(|error| error.to_string()).unwrap();
    let account = &config.accounts[0];
    assert_eq!(account.name, "work");
    assert_eq!(account.display_name, "Anna Abel");
    assert_eq!(account.email, "anna@example.org");
    assert_eq!(account.aliases, ["a.abel@example.org"]);
    assert_eq!(account.user, "anna");
    assert!(
        account.secret
            == SecretSource::Command(["pass", "show", "mail/work"].map(str::to_owned).to_vec())
    );
    assert_eq!(
        (account.imap.host.as_str(), account.imap.port),
        ("imap.example.org", 993)
    );
    assert_eq!(account.imap.security, Security::Tls);
    assert_eq!(
        account.smtp.as_ref().map(|smtp| smtp.endpoint.port),
        Some(465)
    );
    assert_eq!(account.folders.len(), 5);
    assert_eq!(account.folders[0], (Role::Sent, "Sent".to_owned()));
    assert_eq!(account.offline, Offline::Recent);
    assert_eq!(
        account.offline_folders,
        [("Lists/*".to_owned(), Offline::Headers)]
    );
    assert_eq!(account.disable, [""; 0]);
    assert_eq!(account.cache_bytes, 2_000_000_000);
    // What the file says of [ui] is what holds without it.
    assert!(config.ui == UiSettings::default());
}

#[test]
fn what_is_commented_out_in_the_documented_configuration_parses_too() {
    let sample = include_str!("../../assets/config.toml")
        .replace("# [ui.bind]", "[ui.bind]")
        .replace("# \"ctrl-x\"", "\"ctrl-x\"")
        .replace("password-command =", "# password-command =")
        .replace("# oauth-command", "oauth-command");
    let config = check(&sample).map_err(|error| error.to_string()).unwrap();
    assert_eq!(config.ui.bind.len(), 1);
    let sample = sample
        .replace("oauth-command", "# oauth-command")
        .replace("# password-plaintext", "password-plaintext");
    assert!(matches!(
        check(&sample).ok().unwrap().accounts[0].secret,
        SecretSource::Known(_)
    ));
}

#[test]
fn an_account_needs_little_and_the_rest_has_standards() {
    let config = check(&account(""))
        .map_err(|error| error.to_string())
        .unwrap();
    let imap = Endpoint::new("imap.example.org", 993, Security::Tls);
    let expected = AccountSettings::new("work", "anna@example.org", imap);
    assert!(config.accounts[0] == expected);
}

#[test]
fn the_submission_server_may_want_another_name_and_password() {
    let smtp = |keys: &str| {
        let line = format!("smtp = {{ host = \"x\"{keys} }}");
        let config = check(&account(&line)).map_err(|error| error.to_string());
        config.unwrap().accounts[0].smtp.clone().unwrap()
    };
    let shared = smtp("");
    assert_eq!(shared.user, "anna@example.org");
    assert!(shared.secret.is_none());
    let own = smtp(", user = \"out\", password-command = [\"pass\", \"out\"]");
    let command = ["pass", "out"].map(str::to_owned).to_vec();
    assert_eq!(own.user, "out");
    assert!(own.secret == Some(SecretSource::Command(command)));
}

#[test]
fn accounts_and_patterns_keep_the_order_of_the_file() {
    let source = "[accounts.zoe]\nemail = \"z@x\"\nimap = { host = \"x\" }\n\
        offline-folders = { \"Z*\" = \"none\", \"A*\" = \"all\", \"*\" = \"headers\" }\n\
        [accounts.anna]\nemail = \"a@x\"\nimap = { host = \"x\" }\n\
        [accounts.mia]\nemail = \"m@x\"\nimap.host = \"x\"\n";
    let config = check(source).map_err(|error| error.to_string()).unwrap();
    let names: Vec<_> = config
        .accounts
        .iter()
        .map(|account| account.name.as_str())
        .collect();
    assert_eq!(names, ["zoe", "anna", "mia"]);
    let patterns: Vec<_> = config.accounts[0]
        .offline_folders
        .iter()
        .map(|(pattern, _)| pattern.as_str())
        .collect();
    assert_eq!(patterns, ["Z*", "A*", "*"]);
}

#[test]
fn ports_follow_the_security_and_plain_is_for_this_machine() {
    for (server, expected) in [
        (
            "{ host = \"x\", security = \"starttls\" }",
            Ok((143, Security::StartTls)),
        ),
        (
            "{ host = \"127.0.0.1\", security = \"plain\" }",
            Ok((143, Security::Plain)),
        ),
        (
            "{ host = \"::1\", port = 10143, security = \"plain\" }",
            Ok((10143, Security::Plain)),
        ),
        (
            "{ host = \"imap.example.org\", security = \"plain\" }",
            Err(
                "config.toml:3:48: \"plain\" sends the password in clear, so it is for this machine only \
                 (localhost, 127.0.0.1, ::1), not for \"imap.example.org\"; expected \"tls\" or \"starttls\"",
            ),
        ),
        (
            "{ host = \"x\", security = \"tsl\" }",
            Err(
                "config.toml:3:33: unknown value \"tsl\"; expected \"tls\", \"starttls\", \"plain\"; did you mean \"tls\"?",
            ),
        ),
    ] {
        let source = format!("[accounts.work]\nemail = \"a@x\"\nimap = {server}\n");
        let found = check(&source)
            .map(|config| {
                (
                    config.accounts[0].imap.port,
                    config.accounts[0].imap.security,
                )
            })
            .map_err(|error| error.to_string());
        assert_eq!(found, expected.map_err(str::to_owned), "{server}");
    }
}

#[test]
fn a_plaintext_password_needs_a_private_file() {
    let source = account("password-plaintext = \"planted-4711\"");
    let refusal = check_in(&source, false).err().unwrap();
    assert_eq!(
        refusal.to_string(),
        "config.toml: it has a password-plaintext in it, and others can read it; mend it with:\n    chmod 600 config.toml"
    );
    let known = check_in(&source, true)
        .ok()
        .unwrap()
        .accounts
        .remove(0)
        .secret;
    assert!(matches!(known, SecretSource::Known(secret) if secret.expose() == "planted-4711"));
}

#[test]
fn an_empty_file_is_a_configuration_without_accounts() {
    assert!(check("").is_ok_and(|config| config.accounts.is_empty()));
}

#[test]
fn the_screen_can_be_set_up() {
    let source = "[ui]\ntheme = \"light\"\nkeys = \"mutt\"\neditor = \"external\"\nmark-read-after = \"500ms\"\nafter = \"newer\"\nhold = \"1500ms\"\n\
        mouse = false\nhints = false\n[ui.bind]\n\"x\" = \"open\"\n\"gx\" = \"next\"\n";
    let ui = check(source).map_err(|error| error.to_string()).unwrap().ui;
    assert_eq!(
        (ui.theme, ui.keys, ui.editor),
        (Theme::Light, Preset::Mutt, Editor::External)
    );
    assert_eq!(
        (ui.mark_read_after, ui.after),
        (MarkRead::After { milliseconds: 500 }, After::Newer)
    );
    assert_eq!((ui.mouse, ui.hints, ui.hold_seconds), (false, false, 2));
    let bound: Vec<_> = ui
        .bind
        .iter()
        .map(|bound| format!("{} {}", bound.keys.len(), bound.line))
        .collect();
    assert_eq!(bound, ["1 open", "2 next"]);
}

#[test]
fn an_account_may_be_metered() {
    let metered = |more: &str| check(&account(more)).map(|config| config.accounts[0].metered_bytes);
    assert_eq!(metered("").unwrap(), None);
    assert_eq!(metered("metered = \"500kB\"").unwrap(), Some(500_000));
    for wrong in ["metered = \"much\"", "metered = 0"] {
        let refused = refusal(&account(wrong));
        assert!(
            refused.starts_with("config.toml:4:11: metered "),
            "{refused}"
        );
    }
}

#[test]
fn a_theme_may_be_a_file_beside_the_configuration() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config.toml");
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&path, private).unwrap();
    };
    let loaded = || load(&path).map(|config| config.ui);
    write("config.toml", "[ui]\ntheme = \"night.toml\"\n");
    let missing = loaded().unwrap_err().to_string();
    assert!(missing.contains("config.toml:2:9: "), "{missing}");
    assert!(missing.contains("night.toml cannot be read"), "{missing}");
    write(
        "night.toml",
        "base = \"light\"\n[styles]\nstar = { fg = 3 }\n",
    );
    let ui = loaded().unwrap();
    assert_eq!((ui.theme, ui.looks.len()), (Theme::Light, 1));
    write("night.toml", "base = \"light\"\n[style]\n");
    let refused = loaded().unwrap_err().to_string();
    let expected =
        "night.toml:2:2: unknown key \"style\" at the top level; did you mean \"styles\"?";
    assert!(refused.ends_with(expected), "{refused}");
}

#[test]
fn a_missing_file_is_its_own_answer() {
    let missing = load(Path::new("/nonexistent/config.toml")).err();
    assert_eq!(
        missing,
        Some(ConfigError::Missing {
            path: PathBuf::from("/nonexistent/config.toml")
        })
    );
}
