//! Where files live, as the environment says. The environment is set for a process of its own: this test binary again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

use std::process::Command;

/// Prints the places, when it is started as a child.
#[test]
fn child() {
    if std::env::var_os("STERNA_TEST_CHILD").is_some() {
        println!("{:?}", sterna::config::paths());
    }
}

fn places(environment: &[(&str, &str)]) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env_clear()
        .env("STERNA_TEST_CHILD", "1")
        .env("HOME", "/h")
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .find(|line| line.contains("FilePaths") || line.contains("Err"))
        .unwrap()
        .to_owned()
}

#[cfg(target_os = "linux")]
#[test]
fn the_standard_places_are_those_of_the_xdg_specification() {
    let standard = places(&[]);
    for place in [
        "config: \"/h/.config/sterna/config.toml\"",
        "data: \"/h/.local/share/sterna\"",
        "cache: \"/h/.cache/sterna\"",
        "state: \"/h/.local/state/sterna\"",
        // No runtime directory: a private one among the data.
        "runtime: \"/h/.local/share/sterna/run\"",
    ] {
        assert!(standard.contains(place), "{place} in {standard}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn absolute_places_in_the_environment_count_and_relative_ones_do_not() {
    let own = places(&[
        ("XDG_CONFIG_HOME", "/x/config"),
        ("XDG_DATA_HOME", "/x/data"),
        ("XDG_CACHE_HOME", "relative"),
        ("XDG_STATE_HOME", "/x/state"),
        ("XDG_RUNTIME_DIR", "/run/user/1"),
    ]);
    for place in [
        "config: \"/x/config/sterna/config.toml\"",
        "data: \"/x/data/sterna\"",
        "cache: \"/h/.cache/sterna\"",
        "state: \"/x/state/sterna\"",
        "runtime: \"/run/user/1/sterna\"",
    ] {
        assert!(own.contains(place), "{place} in {own}");
    }
}
