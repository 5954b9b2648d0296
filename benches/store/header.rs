//! Headers as real mail has them, the same in every run.

use sterna::mail::address::Address;
use sterna::mail::envelope::Envelope;
use sterna::mail::flag::Flags;
use sterna::mail::uid::{ModSeq, Uid};
use sterna::store::sync_state::FetchedHeader;

const WORDS: [&str; 16] = [
    "meeting", "invoice", "release", "budget", "holiday", "server", "report", "question", "patch",
    "review", "draft", "lunch", "travel", "offer", "reminder", "minutes",
];

/// A number that looks random.
const fn random(uid: u32, salt: u32) -> u32 {
    (uid.wrapping_mul(2_654_435_761) ^ salt.wrapping_mul(40_503)).wrapping_mul(2_246_822_519) >> 7
}

fn word(uid: u32, salt: u32) -> &'static str {
    WORDS[random(uid, salt) as usize % WORDS.len()]
}

fn person(uid: u32) -> u32 {
    random(uid, 9) % 4_000
}

/// Some 740 bytes; two fifths of all are replies.
pub fn header(uid: u32) -> FetchedHeader {
    let envelope = envelope(uid);
    FetchedHeader {
        flags: if uid.is_multiple_of(4) {
            Flags::default()
        } else {
            Flags::from_names(["\\Seen"])
        },
        internal_date: 1_700_000_000 + i64::from(uid) * 61,
        size_bytes: 9_000,
        mod_seq: ModSeq::new(u64::from(uid)),
        ..FetchedHeader::new(Uid::new(uid).unwrap(), block(uid, &envelope), envelope)
    }
}

fn envelope(uid: u32) -> Envelope {
    let person = person(uid);
    let is_reply = uid % 5 < 2 && uid > 10;
    let references = if is_reply {
        let parent = uid - 1 - random(uid, 2) % 9;
        vec![
            format!("root.{}@example.org", parent / 10),
            format!("parent.{parent}@example.org"),
        ]
    } else {
        Vec::new()
    };
    let re = if is_reply { "Re: " } else { "" };
    Envelope {
        from: vec![Address {
            name: format!("Person {} Number{person}", word(uid, 5)),
            addr: format!("person{person}@example{}.org", person % 50),
        }],
        to: vec![Address {
            name: "Me Myself".to_owned(),
            addr: "me@example.org".to_owned(),
        }],
        subject: format!("{re}{} {} number {uid}", word(uid, 3), word(uid, 4)),
        date: Some(1_700_000_000 + i64::from(uid) * 61),
        message_id: format!(
            "{:08x}.{uid}@mail{}.example.org",
            random(uid, 1),
            person % 50
        ),
        references,
        has_attachment: Some(uid.is_multiple_of(7)),
        ..Envelope::default()
    }
}

/// The lines of it.
fn block(uid: u32, envelope: &Envelope) -> Vec<u8> {
    let random = |salt| random(uid, salt);
    let Address { name, addr } = &envelope.from[0];
    format!(
        "Date: Mon, 2 Mar 2026 10:{:02}:{:02} +0100\r\nFrom: {name} <{addr}>\r\nTo: Me Myself <me@example.org>, \
         Another Person <another{}@example.net>\r\nSubject: {}\r\nMessage-ID: <{}>\r\nReferences: {}\r\n\
         Content-Type: multipart/alternative;\r\n boundary=\"----=_Part_{:08x}_{:08x}.{uid}\"\r\n\
         List-Id: A list of {} <list{}.example.org>\r\nList-Unsubscribe: <https://lists.example.org/u/{:08x}{:08x}{:08x}>, \
         <mailto:leave-{:08x}@lists.example.org>\r\nReply-To: {addr}\r\nSender: bounce-{:08x}@lists.example.org\r\n\r\n",
        random(1) % 60,
        random(2) % 60,
        random(3),
        envelope.subject,
        envelope.message_id,
        envelope.references.join("> <"),
        random(4),
        random(5),
        word(uid, 6),
        person(uid) % 9,
        random(6),
        random(7),
        random(8),
        random(10),
        random(11),
    )
    .into_bytes()
}
