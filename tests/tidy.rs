//! How the source is kept: who imports whom, how long things are, what every file has and none may have. The rules are
//! the tables in `tidy/tables.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]
#![allow(missing_docs)]

#[path = "tidy/tables.rs"]
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tables::{
    CRATES, FILE_LINES, FORBIDDEN, FUNCTION_LINES, LONG_FILES, LONG_FUNCTIONS, MODULES, TOP,
};

struct Source {
    /// From the top of the repository.
    path: String,
    text: String,
}

impl Source {
    /// The module it belongs to: the first directory, or the file's own name.
    fn module(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap();
        inside.split(['/', '.']).next().unwrap()
    }

    /// Without the tests at the end, which may use more.
    fn production(&self) -> &str {
        if self.path.ends_with("/tests.rs") || self.path.contains("/tests/") {
            return "";
        }
        let tests = [
            "\n#[cfg(test)]\nmod tests {",
            "\n#[cfg(test)]\npub(crate) mod tests {",
        ];
        let end = tests.iter().filter_map(|start| self.text.find(start)).min();
        &self.text[..end.unwrap_or(self.text.len())]
    }

    /// Production code without comments and without the insides of plain strings.
    fn code(&self) -> String {
        self.production()
            .lines()
            .map(|line| without_strings(line.split("//").next().unwrap()) + "\n")
            .collect()
    }
}

fn without_strings(line: &str) -> String {
    line.split('"').step_by(2).collect::<Vec<_>>().join("\"\"")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut files = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn sources(directories: &[&str]) -> Vec<Source> {
    let all = directories
        .iter()
        .flat_map(|directory| files_below(&root().join(directory)));
    all.filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| Source {
            text: std::fs::read_to_string(&path).unwrap(),
            path: path
                .strip_prefix(root())
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned(),
        })
        .collect()
}

/// Fails with all findings at once.
fn assert_none(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

/// The first names of all paths that begin with `head::`, also in braces.
fn names_after(code: &str, head: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut names = BTreeSet::new();
    for (start, _) in code.match_indices(head) {
        if code[..start]
            .chars()
            .next_back()
            .is_some_and(|c| is_name(c) || c == ':' || c == '$')
        {
            continue;
        }
        let rest = &code[start + head.len()..];
        let Some(inside) = rest.strip_prefix('{') else {
            names.insert(rest.chars().take_while(|c| is_name(*c)).collect());
            continue;
        };
        let (mut depth, mut name, mut done) = (0, String::new(), false);
        for c in inside.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    names.insert(std::mem::take(&mut name));
                    done = false;
                }
                _ if depth > 0 || done || c.is_whitespace() => {}
                ':' => done = true,
                _ => name.push(c),
            }
        }
        names.insert(name);
    }
    names.remove("");
    names
}

#[test]
fn names_are_found_in_every_form_of_a_path() {
    let code = "use crate::mail::uid::Uid;\nuse crate::{store::{a, b}, app,\n    ui::x};\nfn f(k: crate::channel::Key) { $crate::x; my_crate::y; }";
    assert_eq!(
        names_after(code, "crate::").into_iter().collect::<Vec<_>>(),
        ["app", "channel", "mail", "store", "ui"]
    );
}

#[test]
fn modules_import_only_whom_they_may() {
    let table: BTreeMap<_, _> = MODULES.iter().copied().collect();
    let mut findings = Vec::new();
    for source in sources(&["src"]) {
        let module = source.module();
        let Some(allowed) = table.get(module) else {
            findings.push(format!(
                "{}: the module {module} is not in the table",
                source.path
            ));
            continue;
        };
        let head = if module == "main" {
            "sterna::"
        } else {
            "crate::"
        };
        for name in names_after(&source.code(), head) {
            // Macros and items at the top level are nobody's module.
            if table.contains_key(name.as_str())
                && name != module
                && !allowed.contains(&name.as_str())
            {
                findings.push(format!("{}: {module} may not use {name}", source.path));
            }
        }
    }
    assert_none(&findings);
}

#[test]
fn foreign_crates_stay_in_the_modules_that_own_the_concern() {
    let mut findings = Vec::new();
    for source in sources(&["src"]) {
        let (module, code) = (source.module(), source.code());
        for (name, modules) in CRATES {
            if !modules.contains(&module)
                && !names_after(&code, &format!("{name}::")).is_empty()
                && module != *name
            {
                findings.push(format!(
                    "{}: {module} may not use the crate {name}",
                    source.path
                ));
            }
        }
    }
    assert_none(&findings);
}

#[test]
fn every_dependency_is_in_the_table() {
    let manifest: toml::Table = std::fs::read_to_string(root().join("Cargo.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let named: BTreeSet<String> = manifest["dependencies"]
        .as_table()
        .unwrap()
        .keys()
        .map(|name| name.replace('-', "_"))
        .collect();
    let known: BTreeSet<String> = CRATES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(named, known);
}

#[test]
fn files_and_functions_fit() {
    let mut findings = Vec::new();
    for source in sources(&["src", "tests", "benches"]) {
        let lines: Vec<&str> = source.text.lines().collect();
        if lines.len() > FILE_LINES && !LONG_FILES.iter().any(|(path, _)| *path == source.path) {
            findings.push(format!("{}: {} lines", source.path, lines.len()));
        }
        for (name, length) in functions(&lines) {
            let full = format!("{}: {name}", source.path);
            if length > FUNCTION_LINES && !LONG_FUNCTIONS.iter().any(|(named, _)| *named == full) {
                findings.push(format!("{full}: {length} lines"));
            }
        }
    }
    assert_none(&findings);
}

/// Names and lengths of functions, by the indentation that rustfmt gives.
fn functions(lines: &[&str]) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let words: Vec<&str> = line
            .split_whitespace()
            .take_while(|word| {
                !word.contains('(') || *word == "pub(crate)" || *word == "pub(super)"
            })
            .collect();
        let Some(at) = line
            .find("fn ")
            .filter(|at| words.contains(&"fn") || line[..*at].trim().is_empty())
        else {
            continue;
        };
        let name: String = line[at + 3..]
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        let close = format!("{}}}", " ".repeat(indent));
        let body = lines[start..].iter().take_while(|line| **line != close);
        // A declaration without a body ends before the next blank line.
        if line.trim_end().ends_with(';') || name.is_empty() || line.trim_start().starts_with("//")
        {
            continue;
        }
        found.push((name, body.count() + 1));
    }
    found
}

/// Two who add lines at once may leave both with all of them.
#[test]
fn the_changelog_says_nothing_twice() {
    let text = std::fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    let mut seen = BTreeSet::new();
    let entries = text.lines().filter(|line| line.starts_with("- "));
    let twice: Vec<String> = entries
        .filter(|line| !seen.insert(*line))
        .map(str::to_owned)
        .collect();
    assert_none(&twice);
}

#[test]
fn every_file_says_what_it_is() {
    let mut findings = Vec::new();
    for source in sources(&["src", "tests", "benches"]) {
        if !source.text.starts_with("//! ") {
            findings.push(format!("{}: does not begin with //!", source.path));
        }
        if source.text.starts_with("//! To be") && source.text.len() > 100 {
            findings.push(format!("{}: does not say what it is", source.path));
        }
    }
    assert_none(&findings);
}

#[test]
fn no_source_has_what_none_may_have() {
    let mut findings = Vec::new();
    for source in sources(&["src"]) {
        let code = source.code();
        for (number, line) in code.lines().enumerate() {
            for (word, why) in FORBIDDEN {
                if line.contains(word) {
                    findings.push(format!("{}:{}: {word}: {why}", source.path, number + 1));
                }
            }
        }
    }
    for source in sources(&["tests"])
        .iter()
        .filter(|source| !source.path.starts_with("tests/tidy"))
    {
        for word in ["#[ignore", "#[should_panic", "thread::sleep"] {
            if source.text.contains(word) {
                findings.push(format!("{}: {word}", source.path));
            }
        }
    }
    for source in sources(&["src", "tests", "benches"])
        .iter()
        .filter(|source| !source.path.starts_with("tests/tidy"))
    {
        for document in ["SAFETY", "DESIGN.md", "PROTOCOL.md"] {
            if source.text.contains(document) {
                findings.push(format!(
                    "{}: {document} is not here to be read",
                    source.path
                ));
            }
        }
    }
    assert_none(&findings);
}

#[test]
fn the_top_level_is_as_it_was_agreed() {
    let names = std::fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let others: Vec<String> = names.filter(|name| !TOP.contains(&name.as_str())).collect();
    assert_none(&others);
}
