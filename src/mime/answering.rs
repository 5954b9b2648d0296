//! What a header says to whoever answers, beside the envelope: where follow-ups go, where the list takes mail, to which
//! address it was delivered.

use crate::mail::address::Address;
use crate::mime::addresses;
use crate::mime::caps;
use crate::mime::fields::Fields;
use crate::mime::words;

/// Addresses that are kept of one kind of field.
const ADDRESSES: usize = 1_000;
/// URLs of List-Post that are kept.
const URLS: usize = 10;

/// The fields that matter to an answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answering {
    /// Mail-Followup-To; empty when missing.
    pub followup_to: Vec<Address>,
    /// Delivered-To, X-Original-To and Envelope-To, in this order, each from the top; empty when missing.
    pub delivered_to: Vec<Address>,
    /// List-Post. RFC 2369 §3.4.
    pub list_post: ListPost,
}

/// Where a mailing list takes mail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ListPost {
    /// No such field.
    #[default]
    Unsaid,
    /// `NO`: the list takes none.
    Closed,
    /// URLs in the order of preference.
    At(Vec<String>),
}

/// Reads a header block, or a message from its start; never fails.
#[must_use]
pub fn read(block: &[u8]) -> Answering {
    let block = block
        .get(..block.len().min(caps::HEADER_BYTES))
        .unwrap_or_default();
    let mut answering = Answering::default();
    let (mut delivered, mut original, mut enveloped) = (Vec::new(), Vec::new(), Vec::new());
    for field in Fields::new(block).take(caps::FIELDS) {
        let list = match field.name.len() {
            16 if field.is("mail-followup-to") => &mut answering.followup_to,
            12 if field.is("delivered-to") => &mut delivered,
            13 if field.is("x-original-to") => &mut original,
            11 if field.is("envelope-to") => &mut enveloped,
            9 if field.is("list-post") => {
                answering.list_post = list_post(field.value);
                continue;
            }
            _ => continue,
        };
        let room = ADDRESSES.saturating_sub(list.len());
        list.extend(addresses::list(field.value, "", room));
    }
    answering.delivered_to = [delivered, original, enveloped].concat();
    answering
}

fn list_post(value: &[u8]) -> ListPost {
    let text = words::unfold(&String::from_utf8_lossy(
        value.get(..value.len().min(10_000)).unwrap_or_default(),
    ));
    let first = text.split([' ', '\t', '(']).next().unwrap_or_default();
    if first.eq_ignore_ascii_case("no") {
        return ListPost::Closed;
    }
    let urls = text.split('<').skip(1).take(URLS);
    let urls: Vec<String> = urls
        .filter_map(|rest| Some(rest.split_once('>')?.0.trim().to_owned()))
        .collect();
    if urls.is_empty() {
        ListPost::Unsaid
    } else {
        ListPost::At(urls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_found_whatever_stands_around_them() {
        let block = b"Delivered-To: me+x@example.org\nMail-Followup-To: \"A, B\" <a@b>,\n c@d\nX-Original-To: <me@example.org>\n\
            List-Post: (here)\n <https://x>, <mailto:list@example.org?subject=x>\nDelivered-To: last@example.org\n\nList-Post: NO\n";
        let answering = read(block);
        let addrs = |list: &[Address]| {
            let addrs = list.iter().map(|address| address.addr.clone());
            addrs.collect::<Vec<_>>()
        };
        assert_eq!(addrs(&answering.followup_to), ["a@b", "c@d"]);
        assert_eq!(
            addrs(&answering.delivered_to),
            ["me+x@example.org", "last@example.org", "me@example.org"]
        );
        let urls = ["https://x", "mailto:list@example.org?subject=x"];
        assert_eq!(
            answering.list_post,
            ListPost::At(urls.map(str::to_owned).to_vec())
        );
        assert_eq!(
            read(b"List-Post: NO (posting not allowed)\n").list_post,
            ListPost::Closed
        );
        assert_eq!(read(b"List-Post: list@x\n").list_post, ListPost::Unsaid);
        assert_eq!(read(b""), Answering::default());
    }
}
