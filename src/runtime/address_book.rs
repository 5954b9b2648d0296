//! Whom the user corresponds with, from the mail on this machine: who is used often and lately comes first.

use std::collections::HashMap;

use crate::channel::error::StoreError;
use crate::compose::address::on_wire;
use crate::compose::identity::Own;
use crate::compose::recipients;
use crate::mail::account::AccountId;
use crate::mail::address::Address;
use crate::mail::safe_text::SafeText;
use crate::mime::header;
use crate::store::messages::addresses::{Correspondence, Most};
use crate::store::reader::Reader;

/// Messages that are looked through for senders, and sent ones for recipients.
const MOST_MAIL: Most = Most {
    received: 20_000,
    sent: 500,
};
/// Whom one writes to counts for more than who writes.
const SENT_WEIGHT: f64 = 10.0;
/// After so long a use counts for half.
const HALF_LIFE_DAYS: f64 = 90.0;

/// A person, as they are looked for.
pub struct Entry {
    /// Who.
    pub address: Address,
    /// Name and address in lower case.
    pub words: String,
}

/// As it is typed; no control character of anybody's gets into a line.
pub fn spelled(address: &Address) -> String {
    recipients::line(std::slice::from_ref(address))
}

/// Everybody in the newest mail, those in use first.
pub fn people(
    reader: &mut Reader,
    account: AccountId,
    own: Own<'_>,
) -> Result<Vec<Entry>, StoreError> {
    let Correspondence { senders, sent } =
        reader.correspondence(account, &|addr| own.has(addr), MOST_MAIL)?;
    Ok(ranked(senders, sent))
}

/// Senders of received mail and recipients of sent mail, each with a date in seconds since the epoch: who is used often and
/// lately comes first.
fn ranked(received: Vec<(Address, i64)>, sent: Vec<(Vec<u8>, i64)>) -> Vec<Entry> {
    let dates = received.iter().map(|(_, date)| *date);
    let dates = dates.chain(sent.iter().map(|(_, date)| *date));
    let newest = dates.max().unwrap_or(0);
    let mut uses: HashMap<String, (f64, Address)> = HashMap::new();
    let mut note = |address: Address, date: i64, weight: f64| {
        let age = newest.saturating_sub(date).clamp(0, 10_000 * 86_400);
        let days = f64::from(i32::try_from(age / 86_400).unwrap_or(i32::MAX));
        let score = weight * (-days / HALF_LIFE_DAYS).exp2();
        if !is_usable(&address) {
            return;
        }
        let known = uses
            .entry(address.addr.to_lowercase())
            .or_insert_with(|| (0.0, address.clone()));
        known.0 += score;
        if known.1.name.is_empty() {
            known.1.name = address.name;
        }
    };
    for (address, date) in received {
        note(address, date, 1.0);
    }
    for (block, date) in sent {
        let envelope = header::envelope(&block);
        let all = envelope
            .to
            .into_iter()
            .chain(envelope.cc)
            .chain(envelope.bcc);
        all.for_each(|address| note(address, date, SENT_WEIGHT));
    }
    let mut people: Vec<(f64, Address)> = uses.into_values().collect();
    people.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.addr.cmp(&b.1.addr)));
    let entry = |(_, address): (f64, Address)| Entry {
        words: format!("{} {}", address.name, address.addr).to_lowercase(),
        address,
    };
    people.into_iter().map(entry).collect()
}

/// What can be written to, and does not pretend to be something else.
pub fn is_usable(address: &Address) -> bool {
    let is_plain = |text: &str| SafeText::line(text).as_str() == text;
    on_wire(&address.addr).is_ok()
        && address.name.len() < 200
        && is_plain(&address.addr)
        && is_plain(&address.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn person(name: &str, addr: &str) -> Address {
        Address {
            name: name.to_owned(),
            addr: addr.to_owned(),
        }
    }

    #[test]
    fn who_is_written_to_often_and_lately_comes_first() {
        let now = 20_000 * DAY;
        let order = |received: &[(&str, i64)], sent: &[(&str, i64)]| -> Vec<String> {
            let from = |(addr, age): &(&str, i64)| (person("", addr), now - age * DAY);
            let to = |(addr, age): &(&str, i64)| {
                (format!("To: {addr}\r\n\r\n").into_bytes(), now - age * DAY)
            };
            let received = received.iter().map(from).collect();
            let all = ranked(received, sent.iter().map(to).collect());
            all.into_iter().map(|entry| entry.address.addr).collect()
        };
        // Often.
        assert_eq!(
            order(&[("a@x", 0), ("b@x", 0), ("b@x", 0)], &[]),
            ["b@x", "a@x"]
        );
        // Lately: twice a year ago counts for less than once today.
        assert_eq!(
            order(&[("a@x", 0), ("b@x", 365), ("b@x", 365)], &[]),
            ["a@x", "b@x"]
        );
        // Whom one writes to counts for more than who writes.
        assert_eq!(
            order(&[("a@x", 0), ("a@x", 0), ("a@x", 0)], &[("b@x", 9)]),
            ["b@x", "a@x"]
        );
        // Alike: by address, so that the order does not change under the fingers.
        assert_eq!(order(&[("b@x", 0), ("a@x", 0)], &[]), ["a@x", "b@x"]);
        // One person, whatever the case; a name that is known is kept.
        let received = vec![
            (person("", "ANNA@x"), now),
            (person("Anna", "anna@x"), now),
            (person("no address", "nobody"), now),
        ];
        let all = ranked(received, Vec::new());
        let shown: Vec<String> = all.iter().map(|entry| spelled(&entry.address)).collect();
        assert_eq!(shown, ["Anna <ANNA@x>"]);
    }
}
