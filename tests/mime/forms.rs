//! What a reader may ask for beyond the usual: all headers, and the other form of a text.

use sterna::mail::styled::{StyledLine, TextForm};
use sterna::mime::{parse, render};

fn text(lines: &[StyledLine]) -> Vec<String> {
    let line = |line: &StyledLine| line.spans.iter().map(|span| span.text.as_str()).collect();
    lines.iter().map(line).collect()
}

fn alternative(plain: &str, html: &str) -> Vec<u8> {
    format!(
        "From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\n{plain}\r\n--b\r\nContent-Type: text/html\r\n\r\n{html}\r\n--b--\r\n"
    )
    .into_bytes()
}

#[test]
fn the_reader_chooses_the_form_where_there_are_two() {
    let message = parse::message(&alternative("as text", "<p>as <b>HTML</b></p>"));
    assert!(render::has_both_forms(&message));
    let shown = |form| text(&render::lines_in(&message, 40, form));
    assert_eq!(shown(TextForm::Plain), ["as text"]);
    assert_eq!(shown(TextForm::Html), ["as HTML"]);
    // An empty HTML form is no choice.
    let message = parse::message(&alternative("as text", "<p> </p>"));
    let shown = text(&render::lines_in(&message, 40, TextForm::Html));
    assert_eq!(shown, ["as text"]);
    let message = parse::message(b"From: a@example.org\r\n\r\nonly text\r\n");
    assert!(!render::has_both_forms(&message));
    let shown = text(&render::lines_in(&message, 40, TextForm::Html));
    assert_eq!(shown, ["only text"]);
}

#[test]
fn a_plain_text_that_only_speaks_of_the_html_one_gives_way_to_it() {
    let stub = "Your mail program does not support HTML.";
    let message = parse::message(&alternative(stub, "<p>Your order</p>"));
    assert_eq!(
        text(&render::lines_in(&message, 40, TextForm::Plain)),
        ["Your order"]
    );
    assert!(!render::has_both_forms(&message), "that is no choice");
    let quoted = render::texts(&message);
    assert!(quoted.iter().all(|part| part.text().contains("Your order")));

    let long = format!("{stub} {}", "Much is said here. ".repeat(30));
    let message = parse::message(&alternative(&long, "<p>Your order</p>"));
    assert!(render::has_both_forms(&message));
    let message = parse::message(&alternative(stub, "<p> </p>"));
    assert_eq!(
        text(&render::lines_in(&message, 80, TextForm::Plain)),
        [stub],
        "an empty HTML form says less"
    );
}

#[test]
fn all_headers_come_in_their_order_decoded_and_without_what_moves_the_terminal() {
    let long = "x".repeat(50);
    let raw = format!(
        "Received: from a\r\n by b\r\nX-\u{202e}Odd: \x1b[31mred\u{7}\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\
         Received: again\r\nX-Long: {long}\r\n\r\ntext\r\n"
    );
    let message = parse::message(raw.as_bytes());
    let lines = text(&render::all_headers(&message, 40));
    assert_eq!(lines[0], "Received: from a by b");
    assert!(
        lines
            .iter()
            .all(|line| !line.contains(['\x1b', '\u{7}', '\u{202e}']))
    );
    assert!(lines.contains(&"Subject: Grüße".to_owned()), "{lines:?}");
    assert!(lines.contains(&"Received: again".to_owned()));
    let wrapped: String = lines.concat().replace(' ', "");
    assert!(wrapped.ends_with(&long), "nothing is cut: {lines:?}");
}

#[test]
fn an_invitation_is_seen_above_the_text_and_stays_an_attachment() {
    let raw = "From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain\r\n\r\nDo come.\r\n--b\r\n\
        Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n\
        SUMMARY:Sprint\r\n  review\r\nDTSTART:20261123T090000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n--b--\r\n";
    let message = parse::message(raw.as_bytes());
    for form in [TextForm::Plain, TextForm::Html] {
        assert_eq!(
            text(&render::lines_in(&message, 60, form)),
            [
                "Invitation: Sprint review",
                "When: Mon, 23 Nov 2026 09:00 UTC",
                "",
                "Do come."
            ]
        );
    }
    assert_eq!(render::attachments(&message).len(), 1);
    assert_eq!(render::texts(&message).len(), 1, "it is not quoted");
}
