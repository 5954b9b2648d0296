//! What is built with: versions that are known to be mended, licences, one of each. Reads Cargo.lock and asks cargo,
//! without a network.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Older versions have known faults that reach a mail client.
const FLOORS: &[(&str, [u64; 3])] = &[
    ("lettre", [0, 11, 22]),
    ("mailparse", [0, 18, 0]),
    ("regex", [1, 5, 5]),
    ("tracing-subscriber", [0, 3, 20]),
    ("shlex", [1, 3, 0]),
    ("idna", [1, 0, 3]),
    ("openssl", [0, 10, 70]),
];

/// 3.51.3: the WAL of two processes no longer loses a commit.
const SQLITE_FLOOR: i32 = 3_051_003;

/// Pinned, because an alpha may change under a caret.
const EXACT: &[(&str, &str)] = &[("imap", "3.0.0-alpha.15")];

/// The threads are ours, the TLS is the system's OpenSSL or our build of it, and the terminal has one driver.
const NEVER: &[&str] = &["tokio", "async-std", "smol", "rustls", "ring", "termion"];

/// One version each: two of them would not know each other's types, or fight over one terminal.
const ONE_VERSION: &[&str] = &[
    "ratatui",
    "ratatui-core",
    "crossterm",
    "native-tls",
    "rusqlite",
    "libsqlite3-sys",
    "signal-hook",
    "mailparse",
];

/// Packages in several versions, each because some dependency lags; a new one asks for a line.
const DUPLICATES: &[&str] = &[
    "base64",
    "heck",
    "nom",
    "syn",
    "thiserror",
    "thiserror-impl",
];

/// The same list as in .ci/deny.toml.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "ISC",
    "MIT",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "WTFPL",
    "Zlib",
];

struct Package {
    name: String,
    version: String,
    source: Option<String>,
}

fn locked() -> Vec<Package> {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    let lock: toml::Table = text.parse().unwrap();
    let field = |package: &toml::Value, name: &str| {
        package
            .get(name)
            .and_then(toml::Value::as_str)
            .map(str::to_owned)
    };
    lock["package"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| Package {
            name: field(package, "name").unwrap(),
            version: field(package, "version").unwrap(),
            source: field(package, "source"),
        })
        .collect()
}

fn numbers(version: &str) -> [u64; 3] {
    let plain = version.split(['-', '+']).next().unwrap();
    let mut numbers = plain.split('.').map(|number| number.parse().unwrap());
    std::array::from_fn(|_| numbers.next().unwrap_or(0))
}

#[test]
fn versions_are_not_older_than_their_mended_ones() {
    for package in locked() {
        for (_, floor) in FLOORS.iter().filter(|(name, _)| *name == package.name) {
            assert!(
                numbers(&package.version) >= *floor,
                "{} {} is older than {floor:?}",
                package.name,
                package.version
            );
        }
        for (_, exact) in EXACT.iter().filter(|(name, _)| *name == package.name) {
            assert_eq!(package.version, *exact, "{}", package.name);
        }
    }
    assert!(
        rusqlite::version_number() >= SQLITE_FLOOR,
        "SQLite {}",
        rusqlite::version()
    );
}

#[test]
fn some_packages_are_never_built_and_some_only_once() {
    let Some(built) = built() else { return };
    for never in NEVER {
        assert!(
            !built.iter().any(|package| package.name == *never),
            "{never}"
        );
    }
    for once in ONE_VERSION {
        assert_eq!(
            built.iter().filter(|package| package.name == *once).count(),
            1,
            "{once}"
        );
    }
}

#[test]
fn packages_in_several_versions_are_known() {
    let Some(built) = built() else { return };
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in &built {
        versions
            .entry(&package.name)
            .or_default()
            .push(&package.version);
    }
    let several: BTreeSet<&str> = versions
        .iter()
        .filter(|(_, versions)| versions.len() > 1)
        .map(|(name, _)| *name)
        .collect();
    assert_eq!(several, DUPLICATES.iter().copied().collect());
}

#[test]
fn everything_comes_from_the_registry() {
    for package in locked().iter().filter(|package| package.name != "sterna") {
        assert_eq!(
            package.source.as_deref(),
            Some("registry+https://github.com/rust-lang/crates.io-index"),
            "{}",
            package.name
        );
    }
}

#[test]
fn licences_are_among_those_allowed() {
    let Some(built) = built() else {
        // Something was never fetched here; cargo-deny looks at it, with a network.
        return;
    };
    for Built { name, licence, .. } in built {
        assert!(is_allowed(&licence), "{name}: {licence}");
    }
}

#[test]
fn the_list_for_cargo_deny_is_the_same() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/deny.toml"))
        .unwrap();
    let deny: toml::Table = text.parse().unwrap();
    let allowed: Vec<&str> = deny["licenses"]["allow"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(toml::Value::as_str)
        .collect();
    assert_eq!(allowed, LICENCES);
}

/// A package that is built on this system, for the program or its tests.
struct Built {
    name: String,
    version: String,
    licence: String,
}

/// What is built with all features; `None` where cargo would need the network to tell.
///
/// Cargo.lock names more: packages behind features that nobody switches on.
fn built() -> Option<Vec<Built>> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--locked",
            "--all-features",
            "--edges",
            "normal,build,dev",
        ])
        .args(["--prefix", "none", "--format", "{p}|{l}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let mut packages: BTreeMap<(String, String), String> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).ok()?.lines() {
        // `name v1.2.3 (proc-macro)|MIT (*)`
        let (package, licence) = line.split_once('|')?;
        let mut words = package.split_whitespace();
        let (name, version) = (words.next()?.to_owned(), words.next()?.to_owned());
        packages.insert(
            (name, version),
            licence.trim_end_matches("(*)").trim().to_owned(),
        );
    }
    assert!(packages.len() > 100);
    let built = packages
        .into_iter()
        .map(|((name, version), licence)| Built {
            name,
            version,
            licence,
        });
    Some(built.collect())
}

/// Evaluates an SPDX expression (AND binds closer than OR; the old `/` means OR).
fn is_allowed(expression: &str) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace(" WITH ", "~WITH~");
    let words: Vec<String> = spaced
        .split_whitespace()
        .map(|word| word.replace('~', " "))
        .collect();
    let mut rest = words.as_slice();
    let allowed = any_of(&mut rest);
    allowed && rest.is_empty()
}

fn any_of(words: &mut &[String]) -> bool {
    let mut allowed = all_of(words);
    while words.first().is_some_and(|word| word == "OR") {
        *words = &words[1..];
        allowed |= all_of(words);
    }
    allowed
}

fn all_of(words: &mut &[String]) -> bool {
    let mut allowed = one(words);
    while words.first().is_some_and(|word| word == "AND") {
        *words = &words[1..];
        allowed &= one(words);
    }
    allowed
}

fn one(words: &mut &[String]) -> bool {
    let Some((first, rest)) = words.split_first() else {
        return false;
    };
    *words = rest;
    if first != "(" {
        return LICENCES.contains(&first.as_str());
    }
    let allowed = any_of(words);
    let closed = words.first().is_some_and(|word| word == ")");
    *words = words.get(1..).unwrap_or_default();
    allowed && closed
}

#[test]
fn licence_expressions_are_read_as_they_are_meant() {
    for (expression, expected) in [
        ("MIT", true),
        ("MIT OR GPL-3.0", true),
        ("MIT AND GPL-3.0", false),
        ("GPL-3.0 OR MIT AND Zlib", true),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("(MIT OR Apache-2.0) AND GPL-2.0", false),
        ("Apache-2.0 WITH LLVM-exception OR GPL-2.0", true),
        ("Unlicense/MIT", true),
        ("none", false),
        ("", false),
    ] {
        assert_eq!(is_allowed(expression), expected, "{expression}");
    }
}
