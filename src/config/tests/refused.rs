//! What is refused: the place, the exact words and the nearest name; and that nothing hostile gets further.

use super::{account, check, refusal};

/// Lines behind an account of two lines, and the refusal from its line on.
type Mistakes = &'static [(&'static str, &'static str)];

/// Keys that nobody knows.
const NAMES: Mistakes = &[
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
];

/// How a server is reached, and as whom.
const SERVERS: Mistakes = &[
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
        "4:8: smtp in [accounts.work]: invalid type: string \"smtp.example.org\", expected a table such as { host = \"smtp.example.org\", port = 465, security = \"tls\" }",
    ),
    (
        "smtp = { host = \"x\", password-command = \"pass\" }",
        "4:41: smtp.password-command in [accounts.work]: invalid type: string \"pass\", expected a list of texts in square brackets, as in [\"one\", \"two\"]",
    ),
    (
        "smtp = { host = \"x\", user = \"\" }",
        "4:29: \"user\" is the login name; it is neither empty nor has it control characters",
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
        "ca-file = \"ca.pem\"",
        "4:11: /nonexistent/ca.pem cannot be read: No such file or directory (os error 2)",
    ),
    (
        "ca-file = \"~/ca.pem\"",
        "4:11: /home/anna/ca.pem cannot be read: No such file or directory (os error 2)",
    ),
];

/// What an account may say besides.
const VALUES: Mistakes = &[
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
        "signatures = { \"b@x\" = \"B\" }",
        "4:16: \"b@x\" is neither the email of this account nor one of its aliases",
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
        "name = \"A\\nBcc: x\"",
        "4:8: a name cannot contain line breaks or control characters",
    ),
];

/// What the screen may be told.
const SCREEN: Mistakes = &[
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
];

/// A second account beside the first.
const ACCOUNTS: Mistakes = &[
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
];

fn assert_refused(mistakes: Mistakes) {
    for (line, expected) in mistakes {
        let refusal = refusal(&account(line));
        assert_eq!(refusal, format!("config.toml:{expected}"), "{line}");
    }
}

#[test]
fn an_unknown_name_is_told_with_the_nearest_one() {
    assert_refused(NAMES);
}

#[test]
fn a_way_to_a_server_is_refused_with_what_was_expected() {
    assert_refused(SERVERS);
}

#[test]
fn a_value_is_refused_with_what_was_expected() {
    assert_refused(VALUES);
}

#[test]
fn a_wish_for_the_screen_is_refused_with_what_was_expected() {
    assert_refused(SCREEN);
}

#[test]
fn an_account_is_refused_with_what_it_lacks_or_repeats() {
    assert_refused(ACCOUNTS);
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
    let sample = include_str!("../../../assets/config.toml");
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
