//! Which capabilities the server offers, and so which commands it accepts.

/// A set of capabilities. A command outside of it is answered with BAD, as a server that never heard of it would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    names: Vec<String>,
}

impl Dialect {
    /// Exactly these capabilities, upper case; `IMAP4rev1` is always there.
    pub fn of(names: &[&str]) -> Self {
        let mut dialect = Self {
            names: vec!["IMAP4rev1".to_owned()],
        };
        for name in names {
            dialect = dialect.with(name);
        }
        dialect
    }

    /// All that the server can do.
    pub fn full() -> Self {
        Self::of(&[
            "LITERAL+",
            "SASL-IR",
            "AUTH=PLAIN",
            "ENABLE",
            "CONDSTORE",
            "QRESYNC",
            "UIDPLUS",
            "MOVE",
            "IDLE",
            "SPECIAL-USE",
            "LIST-EXTENDED",
            "LIST-STATUS",
            "NAMESPACE",
            "ID",
            "ESEARCH",
            "SEARCHRES",
            "UNSELECT",
            "CHILDREN",
        ])
    }

    /// No QRESYNC and no ESEARCH, like a large provider: changed flags are told, vanished messages are not.
    pub fn condstore_only() -> Self {
        Self::of(&[
            "SASL-IR",
            "AUTH=PLAIN",
            "ENABLE",
            "CONDSTORE",
            "UIDPLUS",
            "MOVE",
            "IDLE",
            "SPECIAL-USE",
            "LIST-EXTENDED",
            "LIST-STATUS",
            "NAMESPACE",
            "ID",
            "UNSELECT",
            "CHILDREN",
        ])
    }

    /// `IMAP4rev1` and nothing else: LOGIN, synchronising literals, COPY and EXPUNGE, polling.
    pub fn bare() -> Self {
        Self::of(&[])
    }

    /// The same with one capability more.
    #[must_use]
    pub fn with(mut self, name: &str) -> Self {
        if !self.has(name) {
            self.names.push(name.to_owned());
        }
        self
    }

    /// The same with one capability less.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.names.retain(|known| !known.eq_ignore_ascii_case(name));
        self
    }

    /// Whether a capability is offered.
    pub fn has(&self, name: &str) -> bool {
        self.names
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name))
    }

    /// The capabilities as they stand in a response.
    pub fn line(&self) -> String {
        self.names.join(" ")
    }
}
