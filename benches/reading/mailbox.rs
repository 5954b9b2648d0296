//! Makes the mailbox that is read: messages with plausible headers, threads, lists, and texts of a size in the mean.

use std::fmt::Write as _;
use std::thread;
use std::time::SystemTime;

use crate::client::Server;
use crate::raw::Raw;

const WORDS: [&str; 32] = [
    "meeting", "invoice", "release", "budget", "holiday", "server", "report", "question", "patch",
    "review", "draft", "lunch", "travel", "offer", "reminder", "minutes", "contract", "printer",
    "ticket", "garden", "harbour", "concert", "lecture", "backup", "window", "kitchen", "signal",
    "bridge", "letter", "summer", "workshop", "gallery",
];
/// In one subject of a thousand.
pub const RARE: &str = "kingfisher";
const FIRST: [&str; 12] = [
    "Anna", "Bela", "Chiara", "Daan", "Emre", "Fleur", "Goran", "Hanna", "Inès", "Jürgen", "Kaito",
    "Lena",
];
const LAST: [&str; 12] = [
    "Abel",
    "Brandt",
    "Costa",
    "Dvořák",
    "Evans",
    "Fischer",
    "García",
    "Horváth",
    "Ito",
    "Jansen",
    "Kowalski",
    "Lindqvist",
];

/// A number that looks random and is the same in every run.
fn random(seed: u32, salt: u32) -> usize {
    let mut x = u64::from(seed) << 32 | u64::from(salt);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (x ^ (x >> 31)) as usize & 0xffff_ffff
}

/// Hands `n` messages to the server, some hundred in one command; they are made meanwhile.
pub fn make(server: &Server, n: u32, size_bytes: usize) {
    let (sender, commands) = crossbeam_channel::bounded::<Vec<u8>>(2);
    let maker = thread::spawn(move || {
        let numbers: Vec<u32> = (1..=n).collect();
        for batch in numbers.chunks(200) {
            sender.send(append(batch, n, size_bytes)).unwrap();
        }
    });
    let mut raw = Raw::login(server);
    for command in commands {
        raw.bytes(&command);
    }
    maker.join().unwrap();
}

/// One APPEND of several messages. RFC 3502.
fn append(numbers: &[u32], n: u32, size_bytes: usize) -> Vec<u8> {
    // The newest came today, one every five minutes or so before it.
    let newest = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs()
        / 86_400
        * 86_400;
    let mut command = b"b APPEND INBOX".to_vec();
    for number in numbers {
        let date = newest - u64::from(n - number) * 300 - random(*number, 1) as u64 % 300;
        let bytes = message(*number, date, size_bytes);
        let seen = if random(*number, 2).is_multiple_of(4) {
            ""
        } else {
            "\\Seen"
        };
        let when = jiff::Timestamp::from_second(date as i64)
            .unwrap()
            .strftime("%d-%b-%Y %H:%M:%S +0000");
        command.extend(format!(" ({seen}) \"{when}\" {{{}+}}\r\n", bytes.len()).into_bytes());
        command.extend(bytes);
    }
    command.extend(b"\r\n");
    command
}

fn id(number: u32) -> String {
    format!(
        "{:08x}.{:08x}.{number}@mail{}.example.org",
        random(number, 3),
        random(number, 4),
        random(number, 5) % 40
    )
}

/// Two of five answer an earlier message and carry up to six references.
fn parents(number: u32) -> Vec<u32> {
    let mut parents = Vec::new();
    let mut at = number;
    while at % 5 < 2 && at > 30 && parents.len() < 6 {
        at -= 1 + random(at, 6) as u32 % 20;
        parents.push(at);
    }
    parents.reverse();
    parents
}

fn message(number: u32, date: u64, size_bytes: usize) -> Vec<u8> {
    let mut text = header(number, date);
    let boundary = format!("=_{:08x}{:08x}", random(number, 17), random(number, 18));
    let _ = write!(
        text,
        "MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary=\"{boundary}\"\r\nX-Mailer: Mill 2.{}\r\n\r\n\
         --{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n",
        random(number, 19) % 10
    );
    let length = size_bytes / 2 + random(number, 20) % size_bytes;
    sentences(&mut text, number, length / 2);
    let _ = write!(
        text,
        "\r\n--{boundary}\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>"
    );
    sentences(&mut text, number, length / 2);
    let _ = write!(text, "</p></body></html>\r\n--{boundary}--\r\n");
    text.into_bytes()
}

/// What says who wrote what to whom, and what it answers.
fn header(number: u32, date: u64) -> String {
    let list = WORDS[random(number, 15) % WORDS.len()];
    let is_of_list = number.is_multiple_of(3);
    let team = if is_of_list {
        format!(",\r\n Team {list} <{list}@lists.example.net>")
    } else {
        String::new()
    };
    let person = random(number, 10) % 3_000;
    let when = jiff::Timestamp::from_second(date as i64)
        .unwrap()
        .strftime("%a, %d %b %Y %H:%M:%S +0000");
    let parents = parents(number);
    let mut text = format!(
        "Return-Path: <person{person}@example{site}.org>\r\nDelivered-To: anna@localhost\r\n\
         Received: from mail{site}.example.org (mail{site}.example.org [192.0.2.{octet}])\r\n\tby mx.example.net with ESMTPS id {:08x}\r\n\
         \tfor <anna@example.net>; {when}\r\nDate: {when}\r\nFrom: {} <person{person}@example{site}.org>\r\n\
         To: Anna Abel <anna@example.net>{team}\r\nSubject: {}\r\nMessage-ID: <{}>\r\n",
        random(number, 14),
        name(person),
        subject(number, &parents),
        id(number),
        site = person % 40,
        octet = person % 250,
    );
    if let Some(parent) = parents.last() {
        let all: Vec<String> = parents
            .iter()
            .map(|parent| format!("<{}>", id(*parent)))
            .collect();
        let _ = write!(
            text,
            "In-Reply-To: <{}>\r\nReferences: {}\r\n",
            id(*parent),
            all.join("\r\n ")
        );
    }
    if is_of_list {
        let _ = write!(
            text,
            "List-Id: The list of {list} <{list}.lists.example.net>\r\n\
             List-Unsubscribe: <https://lists.example.net/{list}/{0:016x}>,\r\n <mailto:leave-{0:016x}@lists.example.net>\r\n\
             List-Post: <mailto:{list}@lists.example.net>\r\nReply-To: {list}@lists.example.net\r\n",
            random(number, 16)
        );
    }
    text
}

/// The name of a person as a header has it. RFC 2047.
fn name(person: usize) -> String {
    let (first, last) = (FIRST[person % 12], LAST[person / 12 % 12]);
    if first.is_ascii() && last.is_ascii() {
        return format!("{first} {last}");
    }
    let bytes: String = format!("{first} {last}")
        .bytes()
        .map(|byte| match byte {
            b' ' => "_".to_owned(),
            byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => format!("={byte:02X}"),
        })
        .collect();
    format!("=?utf-8?Q?{bytes}?=")
}

fn subject(number: u32, parents: &[u32]) -> String {
    let root = parents.first().copied().unwrap_or(number);
    format!(
        "{}{} {} {} of {} {root}",
        if parents.is_empty() { "" } else { "Re: " },
        WORDS[random(root, 11) % 32],
        WORDS[random(root, 12) % 32],
        if root % 1_000 == 3 { RARE } else { "" },
        WORDS[random(root, 13) % 32],
    )
}

fn sentences(text: &mut String, number: u32, bytes: usize) {
    let until = text.len() + bytes;
    let mut salt = 100;
    while text.len() < until {
        salt += 1;
        let at = random(number, salt);
        text.push_str(WORDS[at % 32]);
        text.push_str(if at.is_multiple_of(11) { ".\r\n" } else { " " });
    }
}
