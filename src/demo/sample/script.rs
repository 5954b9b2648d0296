//! Reads the sample texts in `assets/demo`: threads of letters in a plain notation.
//!
//! `=== MAILBOX` begins a thread, `Subject:` and `To:` follow, `-- Name <address> | age | flags` begins a letter. Inside of
//! a letter `%html`, `%flowed`, `%attach NAME`, `%forward` and `%re N` (which letter it answers, from 1) are orders; all
//! else is text.

use crate::demo::sample::letter::Letter;
use crate::demo::sample::{EMAIL, NAME};

/// Reads all letters of a text, dated back from `now` (seconds since the epoch). `prefix` makes the Message-IDs unique.
pub fn letters(text: &str, prefix: &str, now: i64) -> Vec<Letter> {
    let mut letters = Vec::new();
    for (number, block) in text.split("\n=== ").enumerate() {
        letters.extend(thread(
            block.trim_start_matches("=== "),
            &format!("{prefix}{number}"),
            now,
        ));
    }
    letters
}

fn thread(block: &str, key: &str, now: i64) -> Vec<Letter> {
    let mut pieces = block.split("\n-- ");
    let mut head = pieces.next().unwrap_or_default().lines();
    let mailbox = head.next().unwrap_or_default().trim();
    let (mut subject, mut to) = ("", Vec::new());
    for line in head {
        if let Some(value) = line.strip_prefix("Subject:") {
            subject = value.trim();
        } else if let Some(value) = line.strip_prefix("To:") {
            to = value.split(", ").map(|one| person(one.trim())).collect();
        }
    }
    let mut letters: Vec<Letter> = Vec::new();
    // A signature line is `-- ` too, but has no bars.
    let mut texts: Vec<String> = Vec::new();
    for piece in pieces {
        match texts.last_mut() {
            Some(last) if !is_letter(piece) => {
                last.push_str("\n-- ");
                last.push_str(piece);
            }
            _ => texts.push(piece.to_owned()),
        }
    }
    for (index, piece) in texts.iter().enumerate() {
        let (first, body) = piece.split_once('\n').unwrap_or((piece, ""));
        let mut fields = first.split('|').map(str::trim);
        let from = person(fields.next().unwrap_or_default());
        let date = now - age(fields.next().unwrap_or_default());
        let mut letter = Letter {
            mailbox: home(mailbox, &from).to_owned(),
            to: recipients(mailbox, &to, &from, letters.last()),
            from,
            date,
            subject: subject.to_owned(),
            message_id: format!("{key}.{index}@sterna.example"),
            flags: flags(fields.next().unwrap_or_default()),
            ..Letter::default()
        };
        let answers = orders(body, &mut letter, now).unwrap_or(index);
        if let Some(earlier) = answers.checked_sub(1).and_then(|at| letters.get(at)) {
            letter.references.clone_from(&earlier.references);
            letter.references.push(earlier.message_id.clone());
            if !subject.starts_with("Re: ") {
                letter.subject = format!("Re: {subject}");
            }
        }
        letters.push(letter);
    }
    letters
}

fn is_letter(piece: &str) -> bool {
    piece
        .lines()
        .next()
        .is_some_and(|line| line.matches('|').count() == 2)
}

/// Own letters lie in Sent, unless a list or a role keeps them.
fn home<'a>(mailbox: &'a str, from: &(String, String)) -> &'a str {
    if from.1 == EMAIL && !mailbox.starts_with("Lists/") && mailbox != "Drafts" {
        "Sent"
    } else {
        mailbox
    }
}

fn recipients(
    mailbox: &str,
    to: &[(String, String)],
    from: &(String, String),
    earlier: Option<&Letter>,
) -> Vec<(String, String)> {
    if mailbox.starts_with("Lists/") {
        return Vec::new();
    }
    let mut all = to.to_vec();
    if all.is_empty() {
        all.push(match earlier {
            Some(earlier) if from.1 == EMAIL => earlier.from.clone(),
            _ => (NAME.to_owned(), EMAIL.to_owned()),
        });
    }
    all
}

/// `Name <address>`, or a name alone, whose address then follows from it.
fn person(text: &str) -> (String, String) {
    if let Some((name, address)) = text.split_once('<') {
        let address = address.trim_end_matches('>').trim();
        return (name.trim().to_owned(), address.to_owned());
    }
    if text == NAME {
        return (text.to_owned(), EMAIL.to_owned());
    }
    let local = text.to_lowercase().replace(' ', ".").replace('é', "e");
    (text.to_owned(), format!("{local}@example.org"))
}

/// `5d3h20m` in seconds.
fn age(text: &str) -> i64 {
    let mut seconds = 0;
    let mut number = 0_i64;
    for letter in text.chars() {
        let unit = match letter {
            'd' => 86_400,
            'h' => 3_600,
            'm' => 60,
            digit => {
                number = number * 10 + i64::from(digit.to_digit(10).unwrap_or(0));
                continue;
            }
        };
        seconds += number * unit;
        number = 0;
    }
    seconds
}

fn flags(text: &str) -> Vec<String> {
    text.split_whitespace()
        .map(|flag| match flag {
            "seen" => "\\Seen".to_owned(),
            "flagged" => "\\Flagged".to_owned(),
            "answered" => "\\Answered".to_owned(),
            "draft" => "\\Draft".to_owned(),
            keyword => keyword.to_owned(),
        })
        .collect()
}

/// Puts the body into the letter; gives what `%re` says.
fn orders(body: &str, letter: &mut Letter, now: i64) -> Option<usize> {
    let mut answers = None;
    let mut in_html = false;
    let mut lines = body.lines();
    while let Some(line) = lines.next() {
        let (order, argument) = line.split_once(' ').unwrap_or((line, ""));
        match order {
            "%html" => in_html = true,
            "%flowed" => letter.flowed = true,
            "%attach" => letter.files.push(argument.to_owned()),
            "%re" => answers = argument.parse().ok(),
            "%forward" => {
                letter.forwarded = Some(Box::new(forwarded(&mut lines, letter, now)));
            }
            _ => {
                let text = if in_html {
                    &mut letter.html
                } else {
                    &mut letter.text
                };
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    for text in [&mut letter.text, &mut letter.html] {
        *text = text.trim_matches('\n').to_owned();
        if !text.is_empty() {
            text.push('\n');
        }
    }
    answers
}

fn forwarded(lines: &mut std::str::Lines<'_>, outer: &Letter, now: i64) -> Letter {
    let from = lines.next().unwrap_or_default();
    let subject = lines.next().unwrap_or_default();
    Letter {
        from: person(from.trim_start_matches("From:").trim()),
        to: vec![outer.from.clone()],
        subject: subject.trim_start_matches("Subject:").trim().to_owned(),
        date: outer.date.min(now) - 7_200,
        message_id: format!("inner.{}", outer.message_id),
        text: lines.by_ref().collect::<Vec<_>>().join("\n"),
        ..Letter::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_letters_and_orders_are_read() {
        let text = "=== INBOX\nSubject: Tea\n-- Ann Bo | 1d2h | seen todo\nHello\n\n-- \nAnn\n-- Robin Vogel | 1h |\nYes\n\
            %attach a.txt\n=== Lists/x\nSubject: y\n-- Ann Bo | 3m |\n%html\n<p>";
        let letters = letters(text, "k", 1_000_000);
        assert_eq!(letters.len(), 3);
        assert_eq!(letters[0].from.1, "ann.bo@example.org");
        assert_eq!(letters[0].text, "Hello\n\n-- \nAnn\n");
        assert_eq!(letters[0].flags, ["\\Seen", "todo"]);
        assert_eq!(letters[0].date, 1_000_000 - 93_600);
        assert_eq!(
            (letters[1].mailbox.as_str(), letters[1].subject.as_str()),
            ("Sent", "Re: Tea")
        );
        assert_eq!(letters[1].references, ["k0.0@sterna.example"]);
        assert_eq!(letters[1].to[0].1, "ann.bo@example.org");
        assert_eq!(
            (letters[2].html.as_str(), letters[2].list()),
            ("<p>\n", Some("x"))
        );
    }
}
