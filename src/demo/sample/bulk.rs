//! Any number of plausible messages whose bytes are made when asked for: for benchmarks and large mailboxes.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::demo::mailbox::{Content, Generator};
use crate::demo::sample::words::{mixed, pick};
use crate::demo::sample::{EMAIL, NAME, rfc2822};
use crate::demo::state::State;
use crate::mail::flag::{Flags, SystemFlag};

/// Date of the oldest generated message: 2020-01-01.
const FIRST: i64 = 1_577_836_800;
/// Seconds between two messages.
const STEP: i64 = 1_207;

const GIVEN: [&str; 16] = [
    "Anna", "Bjarne", "Chloé", "David", "Elif", "Fatima", "Grzegorz", "Hannah", "Ines", "Jonas",
    "Keiko", "Liam", "Mira", "Noah", "Olga", "Pedro",
];
const FAMILY: [&str; 16] = [
    "Abel",
    "Brandt",
    "Costa",
    "Dvorak",
    "Eriksen",
    "Fuchs",
    "Garcia",
    "Hofer",
    "Ivanova",
    "Jensen",
    "Kowalski",
    "Lindqvist",
    "Moreau",
    "Nakamura",
    "Okafor",
    "Petersen",
];
const TOPICS: [&str; 24] = [
    "Minutes of the board meeting",
    "Invoice for the printing",
    "Harbour permit",
    "Release candidate",
    "Lunch on Friday",
    "Travel to Lisbon",
    "Draft of the report",
    "Server maintenance",
    "Photos from the weekend",
    "Contract renewal",
    "Question about the schedule",
    "Feedback on the design",
    "Broken link on the site",
    "Order confirmation",
    "Book club",
    "Budget for next year",
    "Interview on Tuesday",
    "Backup finished",
    "Ticket for the concert",
    "Garden party",
    "New colleague",
    "Translation of the manual",
    "Route for the summer cruise",
    "Thank you",
];
const SENTENCES: [&str; 12] = [
    "I have put the numbers into the shared folder; the second sheet is the one that counts.",
    "Could you have a look before Thursday? After that the printer wants the files.",
    "We agreed to keep the old arrangement until the end of the quarter.",
    "The harbour master called again and asks for the insurance papers.",
    "If nobody objects, I will merge it on Monday and write the release notes.",
    "There is a train at nine and another one at half past ten; both have seats left.",
    "The kitchen is closed next week, so let us meet at the place on the corner.",
    "Please note that the address has changed and the bell does not work yet.",
    "It took longer than planned, mostly because the measurements had to be repeated.",
    "The attached list is complete as far as I can tell, but please check the names.",
    "Thanks for the quick answer; that settles the question of the colours.",
    "I am away until the fourteenth and will read my mail in the evenings.",
];

/// Generates messages of about the same size.
struct Bulk {
    size_bytes: usize,
}

/// INTERNALDATE of message `index`.
fn date_of(index: u32) -> i64 {
    FIRST + i64::from(index) * STEP
}

/// The first message of the thread that `index` belongs to; threads have up to eight messages in a row.
fn thread_of(index: u32) -> u32 {
    let start = index - index % 8;
    // Half of the blocks are a thread, the other half single messages.
    if mixed(start, 1).is_multiple_of(2) {
        start
    } else {
        index
    }
}

impl Generator for Bulk {
    fn header(&self, index: u32) -> Vec<u8> {
        let first = thread_of(index);
        let given = pick(&GIVEN, mixed(index, 2));
        let family = pick(&FAMILY, mixed(index, 3));
        let local = format!(
            "{}.{}",
            given.to_lowercase().replace('é', "e"),
            family.to_lowercase()
        );
        let name = if given.is_ascii() {
            format!("{given} {family}")
        } else {
            format!("=?UTF-8?Q?Chlo=C3=A9?= {family}")
        };
        let reply = if first == index { "" } else { "Re: " };
        let topic = pick(&TOPICS, mixed(first, 4));
        let mut header = format!(
            "Return-Path: <{local}@example.org>\r\n\
             Received: from mail.example.org (mail.example.org [192.0.2.{}])\r\n\tby mx.demo.example with ESMTPS id {:016x}\r\n\tfor <{EMAIL}>; {}\r\n\
             From: {name} <{local}@example.org>\r\n\
             To: {NAME} <{EMAIL}>\r\n\
             Subject: {reply}{topic} ({first})\r\n\
             Date: {}\r\n\
             Message-ID: <bulk.{index}@example.org>\r\n",
            index % 250 + 1,
            mixed(index, 5),
            rfc2822(date_of(index)),
            rfc2822(date_of(index)),
        );
        if first != index {
            let _ = write!(
                header,
                "In-Reply-To: <bulk.{}@example.org>\r\nReferences:",
                index - 1
            );
            for earlier in first..index {
                let _ = write!(header, " <bulk.{earlier}@example.org>\r\n");
            }
        }
        header.push_str(
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
        );
        header.into_bytes()
    }

    fn body(&self, index: u32) -> Vec<u8> {
        let mut text = format!("Hello,\r\n\r\nmessage {index} of many.\r\n\r\n").into_bytes();
        let mut number = 0;
        while text.len() < self.size_bytes {
            text.extend_from_slice(pick(&SENTENCES, mixed(index, 100 + number)).as_bytes());
            text.extend_from_slice(if number % 4 == 3 {
                b"\r\n\r\n"
            } else {
                b"\r\n"
            });
            number += 1;
        }
        text.truncate(self.size_bytes.saturating_sub(2));
        text.extend_from_slice(b"\r\n");
        text
    }

    fn body_bytes(&self, _index: u32) -> u64 {
        self.size_bytes as u64
    }
}

/// Puts `messages` generated messages of about `size_bytes` each (headers come on top) into a mailbox.
///
/// Nothing but flags and dates is kept in memory, so a hundred thousand take a fraction of a second.
pub fn fill(state: &mut State, mailbox: &str, messages: u32, size_bytes: u32) {
    let size_bytes = usize::try_from(size_bytes.max(64)).unwrap_or(usize::MAX);
    let generator: Arc<dyn Generator> = Arc::new(Bulk { size_bytes });
    let first_id = (0..messages).map(|_| state.new_id()).min().unwrap_or(0);
    let mailbox = state.ensure(mailbox, None);
    mailbox.messages.reserve(messages as usize);
    for (id, index) in (first_id..).zip(0..messages) {
        let mut flags = Flags::default();
        flags.set_system(SystemFlag::Seen, !mixed(index, 6).is_multiple_of(10));
        flags.set_system(SystemFlag::Flagged, mixed(index, 7).is_multiple_of(50));
        flags.set_system(SystemFlag::Answered, mixed(index, 8).is_multiple_of(9));
        let content = Content::Generated(Arc::clone(&generator), index);
        mailbox.add(id, flags, date_of(index), content);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_is_known_without_making_the_body() {
        let bulk = Bulk { size_bytes: 2000 };
        for index in [0, 7, 8, 12345] {
            assert_eq!(bulk.body(index).len() as u64, bulk.body_bytes(index));
            assert_eq!(bulk.header(index), bulk.header(index));
        }
    }
}
