//! Message IDs of the command line: opaque, `[a-z0-9.-]+`, stable as long as the server keeps the message.

use std::fmt;

use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::{MessageId, MessageKey};
use crate::mail::uid::{Uid, UidValidity};

/// What a public ID stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicId {
    /// A message by its server address: survives the loss of the cache.
    Server(MessageKey),
    /// A message that has no UID yet, by its local number.
    Local(MessageId),
}

impl PublicId {
    /// Reads the form that `Display` writes; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(number) = text.strip_prefix("l.") {
            return MessageId::new(digits(number)?).map(Self::Local);
        }
        let mut fields = text.split('.').map(digits::<u32>);
        let mut next = || fields.next().flatten();
        let (account, mailbox) = (next()?, next()?);
        let (validity, uid) = (UidValidity::new(next()?)?, Uid::new(next()?)?);
        if fields.next().is_some() {
            return None;
        }
        Some(Self::Server(MessageKey {
            account: AccountId::new(account),
            mailbox: MailboxId::new(mailbox),
            validity,
            uid,
        }))
    }
}

/// Plain digits only: `parse` of the standard library would take a sign.
fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

impl fmt::Display for PublicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(key) => write!(
                f,
                "{}.{}.{}.{}",
                key.account.get(),
                key.mailbox.get(),
                key.validity.get(),
                key.uid.get()
            ),
            Self::Local(message) => write!(f, "l.{}", message.get()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_and_nonsense_is_refused() {
        for text in ["1.2.3.4", "l.7", "4294967295.1.1.4294967295"] {
            assert_eq!(PublicId::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            ".",
            "1.2.3",
            "1.2.3.4.5",
            "1.2.3.0",
            "1.2.0.4",
            "l.0",
            "l.",
            "l.+1",
            "1.2.3.+4",
            "1.2.3.4 ",
            "l.99999999999999999999",
            "1.2.3.4294967296",
            "x.1",
        ] {
            assert_eq!(PublicId::parse(text), None, "{text}");
        }
    }
}
