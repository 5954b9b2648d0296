//! The mail of ordinary days: threads and receipts made from tables, the same at every start.

use std::fmt::Write as _;

use crate::demo::sample::letter::Letter;
use crate::demo::sample::words::{mixed, pick};
use crate::demo::sample::{EMAIL, NAME};

const TOPICS: &str = include_str!("../../../assets/demo/everyday.txt");

/// How often each topic comes up.
const ROUNDS: u32 = 7;
/// How many receipts there are.
const RECEIPTS: u32 = 40;
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

const PEOPLE: [&str; 18] = [
    "Anna Abel",
    "Bjarne Eriksen",
    "Chloé Moreau",
    "David Dvorak",
    "Elif Demir",
    "Fatima Okafor",
    "Grzegorz Kowalski",
    "Hannah Hofer",
    "Ines Costa",
    "Jonas Petersen",
    "Keiko Nakamura",
    "Liam Jensen",
    "Mira Holm",
    "Noah Fuchs",
    "Olga Ivanova",
    "Pedro Garcia",
    "Quirin Huber",
    "Sven Lindqvist",
];
const PLACES: [&str; 14] = [
    "Lisbon",
    "Marstal",
    "Kiel",
    "Ghent",
    "Rønne",
    "Gdańsk",
    "Trieste",
    "Bergen",
    "Malmö",
    "Porto",
    "Tartu",
    "Svendborg",
    "Bilbao",
    "Lübeck",
];
const THINGS: [&str; 14] = [
    "cupboard",
    "ship's bell",
    "barometer",
    "loom",
    "printing press",
    "chart table",
    "brass lamp",
    "piano",
    "weather station",
    "bookcase",
    "tide gauge",
    "globe",
    "sextant",
    "coffee machine",
];
const DAYS: [&str; 5] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"];
const SHOPS: [(&str, &str); 6] = [
    ("Bakery Sonntag", "bakery.example"),
    ("Kiosk & Kompass", "kompass.example"),
    ("Tramline", "tramline.example"),
    ("Night & Day Books", "nightday.example"),
    ("Green Grocer", "green.example"),
    ("Paper Moon", "papermoon.example"),
];
const ARTICLES: [&str; 12] = [
    "Rye bread",
    "Chart, folded",
    "Day ticket, two zones",
    "Novel, paperback",
    "Apples, 2 kg",
    "Notebook, dotted",
    "Cinnamon rolls",
    "Pencil, soft",
    "Tide table",
    "Monthly ticket",
    "Cheese from the farm",
    "Postcards",
];

/// All of them, dated back from `now` (seconds since the epoch).
pub fn letters(now: i64) -> Vec<Letter> {
    let mut letters = Vec::new();
    for (topic, text) in (0..).zip(TOPICS.split("\n=== ")) {
        let text = text.trim_start_matches("=== ");
        // The inbox is kept tidy: fewer rounds of more topics.
        let rounds = if text.starts_with("INBOX") {
            ROUNDS / 2
        } else {
            ROUNDS
        };
        for round in 0..rounds {
            letters.extend(thread(text, topic, round, now));
        }
    }
    letters.extend((0..RECEIPTS).map(|number| receipt(number, now)));
    letters
}

/// One thread of a topic; the slots are filled differently in each round.
fn thread(text: &str, topic: u32, round: u32, now: i64) -> Vec<Letter> {
    let seed = topic * 100 + round;
    let (head, bodies) = text.split_once("\nSubject:").unwrap_or_default();
    let (subject, bodies) = bodies.split_once('\n').unwrap_or_default();
    let mailbox = head.trim();
    let subject = fill(subject.trim(), seed);
    let mut date = now - begin(mailbox, topic, round, seed);
    let mut letters: Vec<Letter> = Vec::new();
    for (index, body) in (0..).zip(bodies.split("\n--\n")) {
        let own = mailbox == "Sent" || (mailbox == "INBOX" && index == 1);
        let person = pick(&PEOPLE, mixed(seed, 10) + u64::from(index) * 5);
        let mut letter = Letter {
            mailbox: if own { "Sent" } else { mailbox }.to_owned(),
            from: if own {
                me()
            } else {
                stranger(mailbox, seed).unwrap_or_else(|| address(person))
            },
            to: recipients(mailbox, own, person),
            subject: if index == 0 {
                subject.clone()
            } else {
                format!("Re: {subject}")
            },
            date,
            message_id: format!("day.{seed}.{index}@sterna.example"),
            text: if stranger(mailbox, seed).is_some() {
                format!("{}\n", fill(body.trim(), seed))
            } else {
                signed(&fill(body.trim(), seed), if own { NAME } else { person })
            },
            flags: flags(mailbox, own, seed * 10 + index, now - date),
            ..Letter::default()
        };
        if let Some(earlier) = letters.last() {
            letter.references.clone_from(&earlier.references);
            letter.references.push(earlier.message_id.clone());
        }
        letters.push(letter);
        let pause =
            HOUR / 4 + i64::try_from(mixed(seed, 20 + u64::from(index)) % 40_000).unwrap_or(0);
        date = (date + pause).min(now - HOUR / 2);
    }
    letters
}

/// How long ago a thread began, in seconds.
fn begin(mailbox: &str, topic: u32, round: u32, seed: u32) -> i64 {
    let jitter = i64::try_from(mixed(seed, 30) % 400_000).unwrap_or(0);
    let (first, step) = match mailbox {
        "Archive" => (14 * DAY, 23 * DAY),
        "INBOX" => (8 * DAY, 4 * DAY),
        "Junk" | "Trash" => (DAY, 3 * DAY),
        _ => (4 * DAY, 9 * DAY),
    };
    first + i64::from(round) * step + i64::from(topic % 4) * 2 * DAY + jitter
}

fn me() -> (String, String) {
    (NAME.to_owned(), EMAIL.to_owned())
}

/// Who writes what no friend would: prizes and reminders.
fn stranger(mailbox: &str, seed: u32) -> Option<(String, String)> {
    match mailbox {
        "Junk" => Some((
            pick(
                &["Prize Office", "Claims Dept.", "Lucky Draw", "Award Team"],
                mixed(seed, 54),
            )
            .to_owned(),
            format!("claims{seed}@lucky.example"),
        )),
        "Trash" => Some(("Timesheets".to_owned(), "no-reply@time.example".to_owned())),
        _ => None,
    }
}

/// The address that follows from a name.
fn address(name: &str) -> (String, String) {
    let local = name.to_lowercase().replace(' ', ".").replace('é', "e");
    (name.to_owned(), format!("{local}@example.org"))
}

fn recipients(mailbox: &str, own: bool, person: &str) -> Vec<(String, String)> {
    if mailbox.starts_with("Lists/") {
        Vec::new()
    } else if own {
        vec![address(person)]
    } else {
        vec![me()]
    }
}

/// The older the mail, the more of it is read; lists are read least.
fn flags(mailbox: &str, own: bool, number: u32, age: i64) -> Vec<String> {
    let chance = mixed(number, 40) % 100;
    let read_below = match mailbox {
        "Archive" | "Trash" => 100,
        "Junk" => 30,
        "INBOX" if age > 12 * DAY => 97,
        "INBOX" => 80,
        _ if age > 20 * DAY => 85,
        _ => 45,
    };
    let mut flags = Vec::new();
    if own || chance < read_below {
        flags.push("\\Seen".to_owned());
        if chance % 13 == 5 {
            flags.push("\\Flagged".to_owned());
        }
        if !own && chance % 9 == 4 {
            flags.push("\\Answered".to_owned());
        }
        if chance % 17 == 3 {
            flags.push("work".to_owned());
        }
    }
    flags
}

fn fill(text: &str, seed: u32) -> String {
    text.replace("{place}", pick(&PLACES, mixed(seed, 50)))
        .replace("{thing}", pick(&THINGS, mixed(seed, 51)))
        .replace("{day}", pick(&DAYS, mixed(seed, 52)))
        .replace("{n}", &(20 + mixed(seed, 53) % 400).to_string())
}

fn signed(text: &str, name: &str) -> String {
    let first = name.split(' ').next().unwrap_or_default();
    format!("{text}\n\n{first}\n")
}

/// A shop's receipt, in HTML with a table.
fn receipt(number: u32, now: i64) -> Letter {
    let index = usize::try_from(mixed(number, 60) % 6).unwrap_or(0);
    let (shop, domain) = SHOPS.get(index).copied().unwrap_or_default();
    let mut rows = String::new();
    let mut total = 0;
    for line in 0..=(mixed(number, 61) % 4) {
        let article = pick(&ARTICLES, mixed(number, 70 + line));
        let cents = 190 + mixed(number, 80 + line) % 3_000;
        total += cents;
        let _ = writeln!(
            rows,
            "<tr><td>{article}</td><td align=\"right\">{}.{:02} €</td></tr>",
            cents / 100,
            cents % 100
        );
    }
    let date = now - i64::from(number) * 4 * DAY - 11 * HOUR;
    let sum = format!("{}.{:02} €", total / 100, total % 100);
    Letter {
        mailbox: "Receipts".to_owned(),
        from: (shop.to_owned(), format!("shop@{domain}")),
        to: vec![me()],
        subject: format!("Your receipt from {shop}, {sum}"),
        date,
        message_id: format!("receipt.{number}@{domain}"),
        text: if number.is_multiple_of(3) {
            String::new()
        } else {
            format!(
                "Thank you! You paid {sum} at {shop}.\n\nThe receipt is in the HTML part of this message.\n"
            )
        },
        html: format!(
            "<html><body><h3>{shop}</h3>\n<p>Thank you, {NAME}!</p>\n<table border=\"1\"><tr><th>Article</th><th>Price</th></tr>\n\
             {rows}<tr><td><b>Total</b></td><td align=\"right\"><b>{sum}</b></td></tr></table>\n\
             <p>Receipt {} · <a href=\"https://{domain}/r/{number}\">keep it online</a></p></body></html>\n",
            40_000 + number
        ),
        flags: if number < 2 {
            Vec::new()
        } else {
            vec!["\\Seen".to_owned()]
        },
        ..Letter::default()
    }
}
