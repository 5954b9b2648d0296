//! Targets of `mime`: whole messages, header blocks, addresses, HTML, flowed text.

use sterna::mail::styled::TextForm;
use sterna::mime::{caps, header, parse, render};

/// Parses and draws a whole message.
pub fn message(bytes: &[u8]) {
    let message = parse::message(bytes);
    let _ = render::headers(&message);
    let _ = render::attachments(&message);
    let mut lines = render::lines(&message, 40);
    lines.extend(render::lines_in(&message, 40, TextForm::Html));
    lines.extend(render::all_headers(&message, 40));
    for line in lines {
        for span in line.spans {
            assert!(!span.text.as_str().contains(char::is_control));
        }
    }
    for part in &message.parts {
        let _ = part.decoded();
    }
    assert!(message.parts.len() <= 1_000);
}

/// Reads the envelope of a header block.
pub fn header_block(bytes: &[u8]) {
    let envelope = header::envelope(bytes);
    let row = header::of_row(bytes);
    if envelope.sender.len() + envelope.reply_to.len() + envelope.to.len() < caps::ADDRESSES {
        assert_eq!(
            (&row.from, &row.to, &row.subject),
            (&envelope.from, &envelope.to, &envelope.subject)
        );
        assert_eq!(
            (&row.message_id, &row.references),
            (&envelope.message_id, &envelope.references)
        );
    }
    for address in &envelope.from {
        let _ = header::sender_suspect(address);
        assert!(
            !render::address_text(address)
                .as_str()
                .contains(char::is_control)
        );
    }
}
