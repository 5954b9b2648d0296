//! Table tests over whole files: what is accepted, and the exact words with which everything else is refused.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::*;
use crate::command::preset::Preset;
use crate::config::checked::{Surroundings, config};
use crate::config::ui_settings::{After, Editor, MarkRead, Theme};
use crate::mail::account::{Offline, SecretSource, Security};
use crate::mail::mailbox::Role;

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
    assert_eq!(account.smtp.as_ref().map(|smtp| smtp.port), Some(465));
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
    let account = &config.accounts[0];
    assert_eq!(account.user, "anna@example.org");
    assert!(account.secret == SecretSource::Ask);
    assert_eq!(
        (account.imap.port, account.imap.security),
        (993, Security::Tls)
    );
    assert!(account.smtp.is_none());
    assert_eq!(account.offline, Offline::Recent);
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
fn mistakes_name_the_place_the_expectation_and_the_nearest_name() {
    for (line, expected) in [
        (
            "pasword-command = [\"x\"]",
            "4:1: unknown key \"pasword-command\" in [accounts.work]; did you mean \"password-command\"?",
        ),
        (
            "password = \"x\"",
            "4:1: unknown key \"password\" in [accounts.work]; did you mean \"password-command\"?",
        ),
        (
            "smtp = { hots = \"x\" }",
            "4:10: unknown key \"hots\" in smtp in [accounts.work]; did you mean \"host\"?",
        ),
        ("qqq = 1", "4:1: unknown key \"qqq\" in [accounts.work]"),
        (
            "[ui]\nmosue = true",
            "5:1: unknown key \"mosue\" in [ui]; did you mean \"mouse\"?",
        ),
        (
            "[account.home]",
            "4:2: unknown key \"account\" at the top level; did you mean \"accounts\"?",
        ),
        (
            "folders = { sentt = \"Sent\" }",
            "4:13: unknown key \"sentt\" in folders in [accounts.work]; did you mean \"sent\"?",
        ),
        (
            "user = 5",
            "4:8: user in [accounts.work]: invalid type: integer `5`, expected a string",
        ),
        (
            "smtp = { host = \"x\", port = 70000 }",
            "4:29: smtp.port in [accounts.work]: invalid value: integer `70000`, expected a port number from 1 to 65535",
        ),
        (
            "smtp = { host = \"x\", port = \"465\" }",
            "4:29: smtp.port in [accounts.work]: invalid type: string \"465\", expected a port number from 1 to 65535",
        ),
        (
            "smtp = { port = 465 }",
            "4:8: smtp in [accounts.work] has no \"host\"; expected a line such as host = \"mail.example.org\"",
        ),
        (
            "smtp = \"smtp.example.org\"",
            "4:8: smtp in [accounts.work]: invalid type: string \"smtp.example.org\", expected a table such as { host = \"imap.example.org\", port = 993, security = \"tls\" }",
        ),
        (
            "smtp = { host = \"smtp.example.org:465\" }",
            "4:17: \"smtp.example.org:465\" in smtp in [accounts.work]: only the host name stands here; the port is a key of its own",
        ),
        (
            "password-command = \"pass show\"",
            "4:20: password-command in [accounts.work]: invalid type: string \"pass show\", expected a list of texts in square brackets, as in [\"one\", \"two\"]",
        ),
        (
            "password-command = [\"pass show\"]",
            "4:20: a command is a list of a program and its arguments, without a shell; write [\"pass\", \"show\"]",
        ),
        (
            "oauth-command = []",
            "4:17: the command is empty; expected a program and its arguments",
        ),
        (
            "oauth-command = [\"x\"]\npassword-command = [\"y\"]",
            "4:17: \"password-command\" and \"oauth-command\" are both given; expected one of them",
        ),
        (
            "password-plaintext = 12345",
            "4:22: password-plaintext in [accounts.work]: expected a text in quotes",
        ),
        (
            "offline = \"recents\"",
            "4:11: unknown value \"recents\"; expected \"none\", \"headers\", \"recent\", \"all\"; did you mean \"recent\"?",
        ),
        (
            "offline-folders = { \"x\" = \"al\" }",
            "4:27: unknown value \"al\"; expected \"none\", \"headers\", \"recent\", \"all\"; did you mean \"all\"?",
        ),
        (
            "cache-size = \"2 apples\"",
            "4:14: cache-size \"2 apples\" is not a size; expected one such as \"2GB\" or \"500MB\"",
        ),
        (
            "cache-size = true",
            "4:14: cache-size in [accounts.work]: invalid type: boolean `true`, expected a size such as \"2GB\" or \"500MB\"",
        ),
        (
            "aliases = [\"b@x\", \"ANNA@example.org\"]",
            "4:19: the address \"ANNA@example.org\" stands here twice",
        ),
        (
            "aliases = [\"anna\"]",
            "4:12: \"anna\" is not an email address: an address has an @, as in anna@example.org",
        ),
        (
            "folders = { sent = \"X\", trash = \"X\" }",
            "4:33: the folder \"X\" is both sent and trash",
        ),
        (
            "disable = [\"A B\"]",
            "4:12: \"A B\" is not a capability; expected a name such as \"QRESYNC\"",
        ),
        (
            "disable = [\"idle\", \"QRSYNC\"]",
            "4:20: \"QRSYNC\" is not a capability that Sterna knows; expected a name such as \"QRESYNC\"; did you mean \"QRESYNC\"?",
        ),
        (
            "disable = [\"COMPRES=DEFLATE\"]",
            "4:12: \"COMPRES=DEFLATE\" is not a capability that Sterna knows; expected a name such as \"QRESYNC\"; did you mean \"COMPRESS=DEFLATE\"?",
        ),
        (
            "ca-file = \"ca.pem\"",
            "4:11: /nonexistent/ca.pem cannot be read: No such file or directory (os error 2)",
        ),
        (
            "ca-file = \"~/ca.pem\"",
            "4:11: /home/anna/ca.pem cannot be read: No such file or directory (os error 2)",
        ),
        (
            "name = \"A\\nBcc: x\"",
            "4:8: a name cannot contain line breaks or control characters",
        ),
        (
            "[ui]\nmark-read-after = \"soon\"",
            "5:19: \"soon\" is not a time; expected a time such as \"2s\" or \"500ms\", \"open\" or \"never\"",
        ),
        (
            "[ui]\nhold = \"61s\"",
            "5:8: \"61s\" is not a time from \"0s\" to \"60s\"",
        ),
        (
            "[ui]\nmouse = \"yes\"",
            "5:9: mouse in [ui]: invalid type: string \"yes\", expected a boolean",
        ),
        (
            "[ui]\ntheme = \"drak\"",
            "5:9: unknown value \"drak\"; expected \"terminal\", \"dark\", \"light\", or a file such as \"theme.toml\"; \
             did you mean \"dark\"?",
        ),
        (
            "[ui.bind]\n\"strg-x\" = \"open\"",
            "5:1: \"strg-x\" in [ui.bind] is not a key; expected one such as \"x\", \"ctrl-x\", \"alt-enter\", \"pgdn\" or \"gx\"",
        ),
        (
            "[ui.bind]\n\"ctrl-alt-x\" = \"open\"\n\"alt-ctrl-x\" = \"next\"",
            "6:1: the key \"alt-ctrl-x\" is bound twice in [ui.bind]",
        ),
        (
            "[ui.bind]\nx = \"read-onn\"",
            "5:5: unknown command \"read-onn\" in [ui.bind]; did you mean \"read-on\"?",
        ),
        (
            "[ui.bind]\nx = \"next week\"",
            "5:5: the command \"next\" takes nothing behind it",
        ),
        (
            "[ui.bind]\nx = \"\"",
            "5:5: the key \"x\" in [ui.bind] has no command; expected the name of one",
        ),
        (
            "[accounts.WORK]\nemail = \"b@x\"\nimap = { host = \"y\" }",
            "4:11: the accounts \"work\" and \"WORK\" differ in case only",
        ),
        (
            "[accounts.\"a/b\"]\nemail = \"b@x\"\nimap = { host = \"y\" }",
            "4:11: \"a/b\" cannot name an account; expected letters and digits, and -_.@+ after the first",
        ),
        (
            "[accounts.again]\nemail = \"b@x\"\nuser = \"anna@example.org\"\nimap = { host = \"IMAP.example.org\" }",
            "4:11: [accounts.again] is the same user at the same IMAP server as [accounts.work]; further addresses go into aliases",
        ),
        (
            "[accounts.b]\nemail = \"b@x\"",
            "4:11: [accounts.b] has no \"imap\"; expected a line such as imap = { host = \"imap.example.org\" }",
        ),
        (
            "[accounts.b]\nimap.host = \"x\"",
            "4:11: [accounts.b] has no \"email\"; expected a line such as email = \"anna@example.org\"",
        ),
    ] {
        assert_eq!(
            refusal(&account(line)),
            format!("config.toml:{expected}"),
            "{line}"
        );
    }
}

#[test]
fn what_is_not_toml_is_refused_with_its_place() {
    for (source, place) in [
        ("[accounts", "config.toml:1:10: this is not TOML: "),
        ("a = \n", "config.toml:1:5: this is not TOML: "),
        (
            "[ui]\nmouse = true\nmouse = false\n",
            "config.toml:3:1: this is not TOML: ",
        ),
        (
            "[accounts.a]\n[accounts.a]\n",
            "config.toml:2:11: this is not TOML: ",
        ),
    ] {
        let refusal = refusal(source);
        assert!(refusal.starts_with(place), "{refusal}");
        assert!(!refusal.contains('\n'), "{refusal}");
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

#[test]
fn hostile_files_are_refused_without_a_panic_and_without_control_characters() {
    let deep = format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000));
    let tables = "[a.".repeat(50_000);
    for source in [
        deep.as_str(),
        &tables,
        "\u{1b}]0;x\u{7} = 1",
        "\"\\u001b[2J\" = 1",
        "\u{202e} = 1",
        "\0",
        "[accounts]\nx = 1",
        "accounts = 5",
        "ui = []",
    ] {
        let refusal = refusal(source);
        assert!(refusal.starts_with("config.toml:"), "{refusal}");
        assert!(!refusal.contains('\u{1b}'), "{refusal}");
    }
}

#[test]
fn every_cut_and_every_lost_character_is_accepted_or_refused_but_never_a_panic() {
    let sample = include_str!("../../assets/config.toml");
    for (at, lost) in sample.char_indices() {
        let (before, after) = (&sample[..at], &sample[at + lost.len_utf8()..]);
        for source in [
            before.to_owned(),
            format!("{before}{after}"),
            format!("{before}\u{0}{after}"),
        ] {
            if let Err(error) = check(&source) {
                assert!(error.to_string().starts_with("config.toml"), "{error}");
            }
        }
    }
}
