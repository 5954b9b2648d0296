//! Forged senders: the real address is always visible, and what pretends is marked.

use sterna::mime::defect::Defect;
use sterna::mime::{header, parse, render};

use crate::corpus;

#[test]
fn the_real_sender_is_always_visible() {
    for (name, raw) in corpus()
        .into_iter()
        .filter(|(name, _)| name.starts_with("spoof-"))
    {
        let message = parse::message(&raw);
        let from = render::headers(&message)[0].1.as_str().to_owned();
        let is_honest = from.contains("evil@other.example")
            || from.contains("@mailsploit.example")
            || from.contains("unreadable address");
        assert!(is_honest, "{name}: {from}");
        let is_marked = message.defects.contains(&Defect::MisleadingSender)
            || message.defects.contains(&Defect::UnreadableSender)
            // Nothing of the fake is shown at all.
            || !from.contains("boss@corp") && !from.contains("potus@");
        assert!(is_marked, "{name}: {from}");
        let envelope = header::envelope(&raw);
        assert_eq!(envelope, message.envelope, "{name}");
    }
}

#[test]
fn forty_forged_senders_never_stand_alone() {
    let fakes = [
        "\"boss@corp.example\"",
        "boss@corp.example",
        "=?utf-8?Q?boss=40corp.example?=",
        "=?utf-8?B?Ym9zc0Bjb3JwLmV4YW1wbGU=?=",
        "\"=?utf-8?B?Ym9zc0Bjb3JwLmV4YW1wbGU=?=\"",
        "\"Boss <boss@corp.example>\"",
        "=?utf-8?Q?Boss_=3Cboss=40corp.example=3E?=",
        "(boss@corp.example)",
        "=?utf-8?Q?boss=40corp.example=00?=",
        "=?utf-8?Q?boss=40corp.example=0A=0D?=",
    ];
    let mut n_forms = 0;
    for fake in fakes {
        for form in [
            format!("{fake} <evil@other.example>"),
            format!("{fake}\n <evil@other.example> (boss@corp.example)"),
            format!("{fake} evil@other.example"),
            format!("<boss@corp.example> {fake} <evil@other.example>"),
        ] {
            let message = parse::message(format!("From: {form}\n\nx\n").as_bytes());
            let from = render::headers(&message)[0].1.as_str().to_owned();
            let has_real = from.contains("evil@other.example");
            assert!(
                has_real || from.contains("unreadable"),
                "{form} became {from}"
            );
            let shows_fake = from.contains("boss@corp.example");
            let is_marked = from.contains("misleading") || from.contains("unreadable");
            assert!(!shows_fake || is_marked, "{form} became {from}");
            n_forms += 1;
        }
    }
    assert_eq!(n_forms, 40);
}
