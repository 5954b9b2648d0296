//! The rules as tables: a new need is a new line with its reason.

/// So long a file may be, its tests and all other tests included; the named ones read better whole.
pub const FILE_LINES: usize = 400;
pub const LONG_FILES: &[(&str, &str)] = &[];

/// A function fits a screen; the named ones read better whole.
pub const FUNCTION_LINES: usize = 60;
pub const LONG_FUNCTIONS: &[(&str, &str)] = &[];

const EVERYTHING: &[&str] = &[
    "app", "channel", "cli", "command", "compose", "config", "demo", "engine", "local", "mail",
    "mime", "remote", "store", "terminal", "ui",
];

/// Which modules of ours a module may use. `app` and `engine` never see each other; `ui` and `app` never see `store` or
/// `remote`; `cli` sees neither `app`, `ui`, `terminal` nor `remote`.
pub const MODULES: &[(&str, &[&str])] = &[
    ("mail", &[]),
    ("channel", &["mail"]),
    ("mime", &["mail"]),
    ("compose", &["mail", "mime"]),
    ("local", &["mail"]),
    ("command", &["mail", "channel"]),
    ("config", &["mail", "command", "channel"]),
    (
        "app",
        &["mail", "mime", "compose", "command", "channel", "config"],
    ),
    (
        "ui",
        &["mail", "mime", "command", "channel", "config", "app"],
    ),
    (
        "cli",
        &[
            "mail", "mime", "compose", "command", "config", "store", "channel", "engine", "local",
        ],
    ),
    ("store", &["mail", "channel"]),
    ("remote", &["mail", "mime", "channel"]),
    (
        "engine",
        &[
            "mail", "mime", "compose", "channel", "store", "remote", "local",
        ],
    ),
    ("terminal", &["mail", "channel"]),
    ("demo", &["mail", "mime"]),
    ("runtime", EVERYTHING),
    ("main", &["cli", "runtime", "config"]),
    ("lib", &[]),
];

/// Which modules may use a foreign crate. std is free, and so are the macros of tracing but where nothing happens.
pub const CRATES: &[(&str, &[&str])] = &[
    ("ratatui", &["ui", "terminal", "runtime"]),
    ("crossterm", &["terminal"]),
    ("imap", &["remote"]),
    ("native_tls", &["remote"]),
    // store: the hash over a mail that is to be sent.
    ("openssl", &["remote", "store"]),
    // engine: hands mail over through its trait.
    ("lettre", &["compose", "remote", "engine", "demo"]),
    ("mailparse", &["mime"]),
    ("directories", &["config"]),
    ("serde", &["mail", "config", "cli"]),
    ("toml", &["config"]),
    ("rusqlite", &["store"]),
    // config: who am I, and ending a password command; store: the priority of a thread; demo: a port that is kept.
    (
        "rustix",
        &[
            "config", "terminal", "remote", "engine", "runtime", "store", "demo",
        ],
    ),
    // store: a draft as typed.
    ("serde_json", &["cli", "store"]),
    ("html2text", &["mime"]),
    ("html5ever", &["mime"]),
    // cli: columns of text tables.
    // app: a text that is typed is moved through by grapheme and by row.
    (
        "unicode_width",
        &["mail", "mime", "app", "ui", "cli", "runtime"],
    ),
    ("unicode_segmentation", &["mail", "mime", "app", "ui"]),
    // The command line of the user's editor.
    ("shell_words", &["runtime"]),
    ("unicode_linebreak", &["mime", "ui"]),
    ("nucleo_matcher", &["app"]),
    (
        "crossbeam_channel",
        &["store", "engine", "terminal", "runtime", "cli"],
    ),
    ("signal_hook", &["terminal"]),
    (
        "tracing",
        &[
            "channel", "cli", "config", "demo", "engine", "main", "mime", "remote", "runtime",
            "store", "terminal",
        ],
    ),
    ("tracing_subscriber", &["runtime"]),
    ("tracing_appender", &["runtime"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("zeroize", &["mail", "config"]),
    // local: the dates in an mbox.
    (
        "jiff",
        &["mime", "compose", "cli", "ui", "demo", "runtime", "local"],
    ),
    ("flate2", &["remote", "store", "demo"]),
    ("encoding_rs", &["mime"]),
    ("charset", &["mime"]),
    ("base64", &["mime", "compose", "remote", "demo"]),
    // compose: domains as A-labels.
    ("idna", &["compose"]),
    ("tempfile", &["remote", "demo", "runtime"]),
];

/// What no source may contain, and why.
pub const FORBIDDEN: &[(&str, &str)] = &[
    (
        "println!",
        "the screen belongs to ratatui; commands write to a writer",
    ),
    (
        "print!(",
        "the screen belongs to ratatui; commands write to a writer",
    ),
    ("dbg!", "the screen belongs to ratatui"),
    ("sleep(", "wait for an event, with a deadline"),
    ("#[ignore", "a test runs or is not there"),
    ("#[should_panic", "say what is returned instead"),
    (".clear()?; // terminal", "asks the terminal for its cursor"),
    ("pub use ", "a thing has one path"),
];

/// What may lie at the top.
pub const TOP: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "src",
    "assets",
    "tests",
    "benches",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "target",
    ".ci",
    ".git",
    ".gitignore",
];
