//! Mail that is written, over its corpora.

use crate::compose;
use crate::drive::{Corpus, drive};
use crate::words::{ADDRESS_WORDS, FLOWED_WORDS};
use crate::{RUNS, corpus, messages, of, values};

/// Fields of mail that is written, and what they could be mistaken for.
const MAIL_WORDS: &[&[u8]] = &[
    b"\n",
    b"\r\n",
    b"\r",
    b"\n\n",
    b"\n ",
    b"\0",
    b"From: a@b\n",
    b"Sender: a@b\n",
    b"To: ",
    b"Cc: x@y, ",
    b"Bcc: z@z\n",
    b"Resent-Bcc: z@z\n",
    b"bcc : z@z\n",
    b"X-Sterna-Bcc: z\n",
    b"X-Sterna-To: a, \"\n",
    b"Reply-To: \n",
    b"Subject: Re: Fwd: =?utf-8?Q?=0D=0ABcc:x?=\n",
    b"Message-ID: <a@b>\n",
    b"In-Reply-To: <a b>\n",
    b"References: <a@b> <\n",
    b"List-Post: <mailto:l@l?to=x>\n",
    b"Date: \n",
    b"MIME-Version: 1.0\n",
    b"Content-Type: text/plain; charset=x\n",
    b"<a@b>",
    b"undisclosed:;",
    b"\xc3\xa9",
    b"\xff",
    b"\xe2\x80\xae",
    b"=?utf-8?B?",
    b"-- \n",
    b"From ",
    b".\n",
    b"> ",
];
const LINK_WORDS: &[&[u8]] = &[
    b"?",
    b"&",
    b"=",
    b"%",
    b"%0d%0a",
    b"%00",
    b"%1b[2J",
    b"%C3%A9",
    b"%FF",
    b"%2C",
    b",",
    b"#",
    b"to=",
    b"cc=",
    b"BCC=x@y",
    b"subject=",
    b"body=",
    b"attach=/etc/passwd",
    b"in-reply-to=%3Ca@b%3E",
    b"from=",
    b"\"",
    b"@",
    b"\xe2\x80\xae",
];

/// Messages as scripts hand them over, beside those that were received.
fn written() -> Corpus {
    let mut seeds = messages();
    for text in [
        "From: Anna <anna@example.org>\nTo: bob@example.org\nBcc: zoe@example.org\nSubject: Lunch\n\nAt noon?\n",
        "To: a@b.example\r\n\r\n.\r\n..\r\n",
        "X-Sterna-To: bob, \"\nTo: c@d.example\nIn-Reply-To: <a@b>\n\n> x\n\n-- \nAnna\n",
    ] {
        seeds.push(text.as_bytes().to_vec());
    }
    corpus(seeds, MAIL_WORDS)
}

#[test]
fn messages_to_be_sent() {
    drive("messages to be sent", &written(), RUNS, compose::message);
}

/// Slower than the others, since each run is six mails.
#[test]
fn messages_to_be_answered() {
    drive("answers", &written(), RUNS, compose::taken_up);
}

#[test]
fn links() {
    let seeds = of(
        &[
            "mailto:infobot@example.com?body=send%20current-issue%0D%0Asend%20index",
            "MAILTO:?to=joe@example.com&cc=bob@example.com&body=hello&Subject=a+b%20c",
            "mailto:a@b?in-reply-to=%3Cx@y%3E&attach=x&bcc=c@d,%22e%20f%22@g",
            "mailto:,,a@b#x?y",
        ],
        LINK_WORDS,
    );
    drive("links", &seeds, RUNS, compose::link);
}

#[test]
fn typed_addresses() {
    let mut all = of(
        &[
            "bob@example.org, \"Abel, Anna\" <anna@example.org>; c@d.example (Clara)",
            "friends: a@b.example, c@d.example;, e@[127.0.0.1]",
            "J\u{f6}rg <j\u{f6}rg@b\u{fc}cher.example>",
            "\"a b\\\"c\"@d.example",
        ],
        ADDRESS_WORDS,
    );
    all.seeds.extend(values("To"));
    drive("typed addresses", &all, RUNS, compose::typed_addresses);
}

#[test]
fn edited_mails() {
    let seeds = of(
        &[
            "From: anna@example.org\nTo: bob@example.org\nCc:\nBcc:\nSubject: x\n\nHi\n\n-- \nAnna\n",
            "To: a@b.example,\n c@d.example\nReply-To: e@f.example\n\n",
            "\u{feff}Subject: \u{e9}\r\n\r\ntext",
        ],
        MAIL_WORDS,
    );
    drive("edited mails", &seeds, RUNS, compose::edited);
}

#[test]
fn typed_text() {
    let seeds = of(
        &[
            "One line that is longer than others are, so that it has to be broken somewhere behind a blank.\n\n> and a quote\n>> deeper\n-- \nAnna\n",
            "From here\n.\n  indented\ntrailing  \n",
            "\u{65e5}\u{672c}\u{8a9e}\u{1f600}\n",
        ],
        FLOWED_WORDS,
    );
    drive("typed text", &seeds, RUNS, compose::typed_text);
}
