//! Why a configuration was refused: the place, what was expected, and the nearest valid name. Owns the texts; decides
//! nothing.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::mail::safe_text::SafeText;

/// Why there is no usable configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigError {
    /// There is no such file: nothing was configured yet.
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is there and could not be read.
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// The file's owner or mode lets somebody else change it or read its secret.
    Unsafe {
        /// Which file.
        path: PathBuf,
        /// What is wrong, one sentence without a full stop.
        problem: String,
        /// The command that mends it, ready to paste.
        fix: String,
    },
    /// The file says something that cannot be used.
    Invalid {
        /// Which file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What is wrong and what was expected.
        problem: String,
        /// The nearest valid name; `None` when nothing is near.
        nearest: Option<String>,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { path } => write!(f, "{}: there is no such file", shown(path)),
            Self::Unreadable { path, cause } => write!(f, "{}: {cause}", shown(path)),
            Self::Unsafe { path, problem, fix } => {
                write!(f, "{}: {problem}; mend it with:\n    {fix}", shown(path))
            }
            Self::Invalid {
                path,
                line,
                column,
                problem,
                nearest,
            } => {
                write!(f, "{}:{line}:{column}: {problem}", shown(path))?;
                match nearest {
                    Some(name) => write!(f, "; did you mean \"{name}\"?"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl std::error::Error for ConfigError {}

fn shown(path: &Path) -> SafeText {
    SafeText::line(&path.display().to_string())
}

/// A mistake at a byte of the source, before the file's name and the line are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Byte offset in the source.
    pub offset: usize,
    /// What is wrong and what was expected.
    pub problem: String,
    /// The nearest valid name.
    pub nearest: Option<String>,
    /// The command that mends a file mode, where the mode is the mistake.
    pub fix: Option<String>,
}

impl Mistake {
    /// A mistake with nothing near.
    pub fn new(offset: usize, problem: impl Into<String>) -> Self {
        Self {
            offset,
            problem: problem.into(),
            nearest: None,
            fix: None,
        }
    }

    /// The same, with the nearest valid name.
    #[must_use]
    pub fn near(mut self, nearest: Option<&str>) -> Self {
        self.nearest = nearest.map(str::to_owned);
        self
    }

    /// Puts in the file and turns the byte offset into line and column.
    #[must_use]
    pub fn at(self, path: &Path, source: &str) -> ConfigError {
        let before = source.get(..self.offset).unwrap_or(source);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(line_start..).unwrap_or("").chars().count() + 1;
        // What is quoted from the file goes to a terminal.
        let problem = SafeText::line(&self.problem).to_string();
        match self.fix {
            Some(fix) => ConfigError::Unsafe {
                path: path.to_owned(),
                problem,
                fix,
            },
            None => ConfigError::Invalid {
                path: path.to_owned(),
                line: before.matches('\n').count() + 1,
                column,
                problem,
                nearest: self.nearest,
            },
        }
    }
}

/// Quotes a path for a shell.
#[must_use]
pub fn shell_quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,@%:".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_and_column_count_from_one_and_in_characters() {
        let source = "a = 1\n# ü\nüü = 2\n";
        let mistake = |offset| Mistake::new(offset, "p").at(Path::new("c.toml"), source);
        let offset_of = |needle| source.find(needle).unwrap();
        assert_eq!(mistake(0).to_string(), "c.toml:1:1: p");
        assert_eq!(mistake(offset_of("= 2")).to_string(), "c.toml:3:4: p");
        assert_eq!(mistake(9999).to_string(), "c.toml:4:1: p");
    }

    #[test]
    fn a_path_is_quoted_for_the_shell_only_where_needed() {
        assert_eq!(shell_quoted(Path::new("/a/b.toml")), "/a/b.toml");
        assert_eq!(shell_quoted(Path::new("/a b/it's")), r"'/a b/it'\''s'");
    }
}
