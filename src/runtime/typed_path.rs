//! Paths as they are typed: what they mean, and what they may become.

use std::collections::BTreeSet;
use std::path::PathBuf;

/// Entries that are offered at the most.
const MAX_PATHS: usize = 200;
/// Entries of a directory that are looked at: what comes behind them is found when more of its name is known.
const MAX_ENTRIES: usize = 100_000;

/// The entries of a directory whose names go on as was typed, as they would be typed: the first ones by name, and whether
/// there are more. Hidden ones are for whoever types the dot.
#[must_use]
pub fn paths(typed: &str) -> (Vec<String>, bool) {
    let (directory, beginning) = typed.rsplit_once('/').map_or(("", typed), |(head, name)| {
        (typed.get(..=head.len()).unwrap_or_default(), name)
    });
    let place = if directory.is_empty() {
        PathBuf::from(".")
    } else {
        resolved(directory)
    };
    let Ok(mut entries) = std::fs::read_dir(&place) else {
        return (Vec::new(), false);
    };
    let (mut first, mut is_more) = (BTreeSet::new(), false);
    for entry in entries.by_ref().take(MAX_ENTRIES).flatten() {
        // A name that is no plain text could not be typed.
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let is_meant = name.starts_with(beginning)
            && (beginning.starts_with('.') || !name.starts_with('.'))
            && !name.contains(char::is_control);
        if is_meant {
            first.insert(name);
        }
        if first.len() > MAX_PATHS {
            first.pop_last();
            is_more = true;
        }
    }
    let spelled = |name: String| {
        let slash = if place.join(&name).is_dir() { "/" } else { "" };
        format!("{directory}{name}{slash}")
    };
    let found = first.into_iter().map(spelled).collect();
    (found, is_more || entries.next().is_some())
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
            let (all, is_more) = paths(&format!("{root}/{typed}"));
            assert!(!is_more);
            all.iter()
                .map(|path| path[root.len() + 1..].to_owned())
                .collect()
        };
        assert_eq!(found("me"), ["me/", "memo.txt", "menu.pdf"]);
        assert_eq!(found("."), [".hidden"]);
        assert_eq!(found("x"), Vec::<String>::new());
        assert_eq!(found("").len(), 3);
        assert_eq!(paths("/no/such/directory/x"), (Vec::new(), false));
    }

    #[test]
    fn of_many_entries_the_first_by_name_are_offered() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().display();
        // No file system lists them in their order, whether they are made forwards or backwards.
        for n in (0..=MAX_PATHS).rev() {
            std::fs::write(directory.path().join(format!("{n:03}")), "x").unwrap();
        }
        let (found, is_more) = paths(&format!("{root}/"));
        let expected: Vec<String> = (0..MAX_PATHS).map(|n| format!("{root}/{n:03}")).collect();
        assert_eq!((found, is_more), (expected, true));
        let (found, is_more) = paths(&format!("{root}/20"));
        assert_eq!((found, is_more), (vec![format!("{root}/200")], false));
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
