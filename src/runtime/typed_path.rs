//! Paths as they are typed: what they mean, and what they may become.

use std::path::PathBuf;

/// Entries that are offered at the most.
const MAX_PATHS: usize = 200;

/// The entries of a directory whose names go on as was typed, as they would be typed. Hidden ones are for whoever types
/// the dot.
#[must_use]
pub fn paths(typed: &str) -> Vec<String> {
    let (directory, beginning) = typed.rsplit_once('/').map_or(("", typed), |(head, name)| {
        (typed.get(..=head.len()).unwrap_or_default(), name)
    });
    let place = if directory.is_empty() {
        PathBuf::from(".")
    } else {
        resolved(directory)
    };
    let Ok(entries) = std::fs::read_dir(place) else {
        return Vec::new();
    };
    let mut found: Vec<String> = entries
        .flatten()
        .filter_map(|entry| {
            // A name that is no plain text could not be typed.
            let name = entry.file_name().into_string().ok()?;
            let is_meant = name.starts_with(beginning)
                && (beginning.starts_with('.') || !name.starts_with('.'))
                && !name.contains(char::is_control);
            let slash = if entry.path().is_dir() { "/" } else { "" };
            is_meant.then(|| format!("{directory}{name}{slash}"))
        })
        .take(MAX_PATHS)
        .collect();
    found.sort();
    found
}

/// What is meant by a path as typed: `~/` is the own home; that of somebody else is not looked up.
#[must_use]
pub fn resolved(typed: &str) -> PathBuf {
    in_home(typed.trim(), crate::config::home_directory())
}

fn in_home(typed: &str, home: Option<PathBuf>) -> PathBuf {
    let below = typed.strip_prefix('~');
    let below = below.filter(|rest| rest.is_empty() || rest.starts_with('/'));
    match (below, home) {
        (Some(rest), Some(home)) => home.join(rest.trim_start_matches('/')),
        _ => PathBuf::from(typed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_goes_on_as_typed() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().display().to_string();
        for name in ["menu.pdf", "memo.txt", ".hidden", "a\nb"] {
            std::fs::write(directory.path().join(name), "x").unwrap();
        }
        std::fs::create_dir(directory.path().join("me")).unwrap();
        let found = |typed: &str| -> Vec<String> {
            let all = paths(&format!("{root}/{typed}"));
            all.iter()
                .map(|path| path[root.len() + 1..].to_owned())
                .collect()
        };
        assert_eq!(found("me"), ["me/", "memo.txt", "menu.pdf"]);
        assert_eq!(found("."), [".hidden"]);
        assert_eq!(found("x"), Vec::<String>::new());
        assert_eq!(found("").len(), 3);
        assert_eq!(paths("/no/such/directory/x"), Vec::<String>::new());
    }

    #[test]
    fn a_tilde_is_the_own_home_and_nobody_elses() {
        for (typed, expected) in [
            ("~", "/home/anna"),
            ("~/", "/home/anna"),
            ("~/x/y", "/home/anna/x/y"),
            ("~bob/x", "~bob/x"),
            ("~x", "~x"),
            ("a/~/b", "a/~/b"),
        ] {
            let found = in_home(typed, Some("/home/anna".into()));
            assert_eq!(found, PathBuf::from(expected), "{typed}");
            assert_eq!(in_home(typed, None), PathBuf::from(typed));
        }
    }
}
