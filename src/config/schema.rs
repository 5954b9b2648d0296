//! Which keys a table may have, read from the raw types themselves, and where in the file something stands. Finds
//! unknown keys before serde does, so that the message can name the table and the nearest valid key.

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::forward_to_deserialize_any;
use toml::de::{DeTable, DeValue};

use crate::config::error::Mistake;
use crate::config::nearest::nearest;
use crate::config::raw::{RawAccount, RawConfig, RawFolders, RawServer, RawSmtp, RawUi};

type Names = &'static [&'static str];

/// Keys that no table of their kind has.
#[derive(Default)]
pub struct Unknown(Vec<Mistake>);

impl Unknown {
    /// Looks at the keys of one table.
    pub fn look(&mut self, table: &DeTable<'_>, names: &[&str], place: &str) {
        for key in table
            .keys()
            .filter(|key| !names.contains(&key.get_ref().as_ref()))
        {
            let problem = format!("unknown key \"{}\" {place}", key.get_ref());
            let mistake = Mistake::new(key.span().start, problem);
            self.0.push(mistake.near(nearest(key.get_ref(), names)));
        }
    }

    /// The first one in the order of the file.
    pub fn first(self) -> Option<Mistake> {
        self.0.into_iter().min_by_key(|mistake| mistake.offset)
    }
}

/// Finds the first key, in the order of the file, that no table of this kind has.
pub fn unknown_key(root: &DeTable<'_>) -> Option<Mistake> {
    let mut unknown = Unknown::default();
    unknown.look(root, names_of::<RawConfig>(), "at the top level");
    for (key, value) in root {
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("ui", DeValue::Table(ui)) => unknown.look(ui, names_of::<RawUi>(), "in [ui]"),
            ("accounts", DeValue::Table(accounts)) => {
                for (name, account) in accounts {
                    if let DeValue::Table(account) = account.get_ref() {
                        let place = format!("in [accounts.{}]", name.get_ref());
                        unknown.look(account, names_of::<RawAccount>(), &place);
                        in_account(account, &place, &mut unknown);
                    }
                }
            }
            _ => {}
        }
    }
    unknown.first()
}

fn in_account(account: &DeTable<'_>, place: &str, unknown: &mut Unknown) {
    for (key, value) in account {
        if let DeValue::Table(table) = value.get_ref() {
            let names = match key.get_ref().as_ref() {
                "imap" => names_of::<RawServer>(),
                "smtp" => names_of::<RawSmtp>(),
                "folders" => names_of::<RawFolders>(),
                _ => continue,
            };
            unknown.look(table, names, &format!("in {} {place}", key.get_ref()));
        }
    }
}

/// Names the key whose value stands at a byte offset: `port in imap in [accounts.work]`; empty when there is none.
pub fn place_of(root: &DeTable<'_>, offset: usize) -> String {
    let mut path: Vec<String> = Vec::new();
    let mut table = root;
    // Each turn goes one table deeper; toml itself caps the depth.
    loop {
        let hit = table.iter().find(|(key, value)| {
            key.span().contains(&offset)
                || value.span().contains(&offset)
                || holds(value.get_ref(), offset)
        });
        let Some((key, value)) = hit else { break };
        path.push(key.get_ref().to_string());
        match value.get_ref() {
            DeValue::Table(inner) => table = inner,
            _ => break,
        }
    }
    let rest = match path.as_slice() {
        [first, account, rest @ ..] if first == "accounts" => {
            return join(rest, &format!("[accounts.{account}]"));
        }
        [first, rest @ ..] if first == "ui" => rest,
        _ => return path.join("."),
    };
    join(rest, "[ui]")
}

fn join(keys: &[String], table: &str) -> String {
    if keys.is_empty() {
        table.to_owned()
    } else {
        format!("{} in {table}", keys.join("."))
    }
}

/// Whether a table, which has no span that covers its lines, holds a key or value at this offset.
fn holds(value: &DeValue<'_>, offset: usize) -> bool {
    let DeValue::Table(table) = value else {
        return false;
    };
    table.iter().any(|(key, value)| {
        key.span().contains(&offset)
            || value.span().contains(&offset)
            || holds(value.get_ref(), offset)
    })
}

/// Reads the field names of a struct from its `Deserialize` implementation.
pub fn names_of<'de, T: Deserialize<'de>>() -> Names {
    let mut names: Names = &[];
    // Always an error: the reader only listens to what it is asked for.
    let _ = T::deserialize(FieldNames(&mut names));
    names
}

struct FieldNames<'a>(&'a mut Names);

impl<'de> Deserializer<'de> for FieldNames<'_> {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(Self::Error::custom("not a struct"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: Names,
        _: V,
    ) -> Result<V::Value, Self::Error> {
        *self.0 = fields;
        Err(Self::Error::custom("names only"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_the_keys_are_kebab_case_and_come_from_the_types() {
        assert_eq!(names_of::<RawConfig>(), ["accounts", "ui"]);
        assert_eq!(names_of::<RawServer>(), ["host", "port", "security"]);
        assert!(names_of::<RawAccount>().contains(&"password-command"));
        assert!(names_of::<RawUi>().contains(&"mark-read-after"));
    }
}
