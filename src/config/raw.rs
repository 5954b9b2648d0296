//! The file as typed: every key, its type and its place, no meaning yet. The names of the fields are the names of the
//! keys; `schema` reads them from here.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Unexpected, Visitor};
use toml::Spanned;

/// The whole file.
#[derive(serde::Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "tables such as [accounts.work] and [ui]"
)]
pub struct RawConfig {
    #[serde(default)]
    pub accounts: BTreeMap<Spanned<String>, Spanned<RawAccount>>,
    #[serde(default)]
    pub ui: RawUi,
}

/// One `[accounts.NAME]` table.
#[derive(serde::Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a table such as [accounts.work] with the keys of an account"
)]
pub struct RawAccount {
    pub name: Option<Text>,
    pub email: Option<Text>,
    pub aliases: Option<Texts>,
    pub signature: Option<Text>,
    pub signature_file: Option<Text>,
    #[serde(default)]
    pub signatures: BTreeMap<Spanned<String>, Text>,
    pub address_command: Option<Texts>,
    pub user: Option<Text>,
    pub password_command: Option<Texts>,
    pub oauth_command: Option<Texts>,
    pub password_plaintext: Option<Text>,
    pub ca_file: Option<Text>,
    pub imap: Option<Spanned<RawServer>>,
    pub smtp: Option<Spanned<RawSmtp>>,
    pub folders: Option<RawFolders>,
    pub offline: Option<Text>,
    #[serde(default)]
    pub offline_folders: BTreeMap<Spanned<String>, Text>,
    pub disable: Option<Texts>,
    pub compress_loopback: Option<Switch>,
    pub cache_size: Option<Size>,
    pub metered: Option<Size>,
    pub save_sent: Option<Text>,
}

/// An `imap` table.
#[derive(serde::Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a table such as { host = \"imap.example.org\", port = 993, security = \"tls\" }"
)]
pub struct RawServer {
    pub host: Option<Text>,
    pub port: Option<Port>,
    pub security: Option<Text>,
}

/// An `smtp` table.
#[derive(serde::Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a table such as { host = \"smtp.example.org\", port = 465, security = \"tls\" }"
)]
pub struct RawSmtp {
    pub host: Option<Text>,
    pub port: Option<Port>,
    pub security: Option<Text>,
    pub user: Option<Text>,
    pub password_command: Option<Texts>,
}

/// The `folders` table.
#[derive(serde::Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a table such as { sent = \"Sent\" }"
)]
pub struct RawFolders {
    pub sent: Option<Text>,
    pub drafts: Option<Text>,
    pub trash: Option<Text>,
    pub archive: Option<Text>,
    pub junk: Option<Text>,
}

/// The `[ui]` table.
#[derive(serde::Deserialize, Default)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a table [ui]"
)]
pub struct RawUi {
    pub theme: Option<Text>,
    pub keys: Option<Text>,
    #[serde(default)]
    pub bind: BTreeMap<Spanned<String>, Text>,
    pub editor: Option<Text>,
    pub mark_read_after: Option<Text>,
    pub hold: Option<Text>,
    pub send_hold: Option<Text>,
    pub after: Option<Text>,
    pub mouse: Option<Switch>,
    pub hints: Option<Switch>,
}

/// A text and its byte offset.
pub type Text = Spanned<String>;
/// A list of texts.
pub type Texts = Spanned<TextList>;
/// A port and its byte offset.
pub type Port = Spanned<PortNumber>;
/// A size and its byte offset.
pub type Size = Spanned<SizeText>;
/// On or off.
pub type Switch = bool;

/// Texts in square brackets.
#[derive(Default)]
pub struct TextList(pub Vec<Text>);

impl<'de> Deserialize<'de> for TextList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor;
        impl<'de> Visitor<'de> for ListVisitor {
            type Value = TextList;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of texts in square brackets, as in [\"one\", \"two\"]")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut texts: A) -> Result<TextList, A::Error> {
                let mut list = Vec::new();
                while let Some(text) = texts.next_element()? {
                    list.push(text);
                }
                Ok(TextList(list))
            }
        }
        deserializer.deserialize_any(ListVisitor)
    }
}

/// A TCP port, 1 to 65535.
pub struct PortNumber(pub u16);

impl<'de> Deserialize<'de> for PortNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PortVisitor;
        impl Visitor<'_> for PortVisitor {
            type Value = PortNumber;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a port number from 1 to 65535")
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<PortNumber, E> {
                match u16::try_from(number) {
                    Ok(port) if port > 0 => Ok(PortNumber(port)),
                    _ => Err(E::invalid_value(Unexpected::Signed(number), &self)),
                }
            }
        }
        deserializer.deserialize_any(PortVisitor)
    }
}

/// A size as typed: a text such as `2GB`, or a plain number of bytes.
pub struct SizeText(pub String);

impl<'de> Deserialize<'de> for SizeText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SizeVisitor;
        impl Visitor<'_> for SizeVisitor {
            type Value = SizeText;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a size such as \"2GB\" or \"500MB\"")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<SizeText, E> {
                Ok(SizeText(text.to_owned()))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<SizeText, E> {
                Ok(SizeText(number.to_string()))
            }
        }
        deserializer.deserialize_any(SizeVisitor)
    }
}
