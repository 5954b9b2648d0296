//! What is refused before a word is said, and what the commands and blocks look like.

use super::*;

fn offers(lines: &[&str]) -> Offers {
    Offers::new(lines.iter().copied(), &[])
}

#[test]
fn mail_asks_for_what_was_offered_and_for_what_is_needed() {
    let all = offers(&["SIZE 1000", "8BITMIME", "SMTPUTF8"]);
    let to = |address: &str| envelope("anna@example.org", &[address.to_owned()]).unwrap();
    let (plain, far) = (to("bela@example.org"), to("béla@example.org"));
    let wide = "ä\r\n".as_bytes();
    for (to, wire, is_utf8, offers, expected) in [
        (&plain, &b"a\r\n"[..], false, &offers(&[]), ""),
        (&plain, b"a\r\n", false, &all, " SIZE=3"),
        (&plain, wide, false, &all, " SIZE=4 BODY=8BITMIME"),
        (&far, b"a\r\n", false, &all, " SIZE=3 SMTPUTF8"),
        (&plain, b"a\r\n", true, &all, " SIZE=3 SMTPUTF8"),
    ] {
        let commands = Commands::new(to, wire, is_utf8, offers).unwrap();
        let expected = format!("MAIL FROM:<anna@example.org>{expected}\r\n");
        assert_eq!(commands.mail.to_string(), expected);
    }
    for (to, wire, is_utf8, offers, expected) in [
        (
            &plain,
            &b"a\r\n".repeat(400)[..],
            false,
            &all,
            "no more than 1 kB",
        ),
        (&plain, wide, false, &offers(&[]), "8BITMIME"),
        (
            &far,
            b"a\r\n",
            false,
            &offers(&["SIZE"]),
            "an address has letters",
        ),
        (
            &plain,
            b"a\r\n",
            true,
            &offers(&["SIZE"]),
            "its header has letters",
        ),
    ] {
        let error = Commands::new(to, wire, is_utf8, offers).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    let error = envelope("anna@example.org", &[]).unwrap_err();
    assert!(error.to_string().contains("no recipient"), "{error}");
}

#[test]
fn every_kind_of_address_fits_into_an_envelope() {
    let long = format!("{}@example.org", "x".repeat(64));
    let kinds = [
        "bela@example.org",
        "bela+lists/2026@example.org",
        "bela@localhost",
        "\"b e l a\"@example.org",
        "\"be\\\"la\"@example.org",
        "\"b@e\"@example.org",
        "béla@example.org",
        "用户@例え.jp",
        "bela@xn--bcher-kva.example",
        "bela@[192.0.2.1]",
        "bela@[IPv6:2001:db8::1]",
        &long,
    ];
    let to = kinds.map(str::to_owned);
    let all = envelope("", &to).unwrap();
    assert!(all.from().is_none());
    let commands = Commands::new(&all, b"a\r\n", false, &offers(&["SMTPUTF8"])).unwrap();
    assert_eq!(commands.mail.to_string(), "MAIL FROM:<> SMTPUTF8\r\n");
    let said = commands.recipients.iter().map(|(_, rcpt)| rcpt.to_string());
    let expected = kinds.iter().map(|kind| format!("RCPT TO:<{kind}>\r\n"));
    assert!(said.eq(expected), "{:?}", commands.recipients);
    for kind in kinds {
        assert_eq!(
            envelope(kind, &to).unwrap().from().unwrap().as_ref() as &str,
            kind
        );
    }
}

#[test]
fn an_envelope_of_somebody_else_is_judged_too() {
    let evil = ["a>\r\nRCPT TO:<b", "a\n", "a\0", "a> <b", "\u{85}"];
    let (bela, long) = (
        "bela@example.org".parse::<Address>().unwrap(),
        "x".repeat(300),
    );
    for local in evil.into_iter().chain([long.as_str()]) {
        let unseen = Address::new_dangerous(local, "example.org");
        for (from, to) in [(&unseen, &bela), (&bela, &unseen)] {
            let envelope = Envelope::new(Some(from.clone()), vec![to.clone()]).unwrap();
            let judged = Commands::new(&envelope, b"a\r\n", false, &offers(&["SMTPUTF8"]));
            assert!(judged.is_err(), "{local:?}");
        }
    }
}

#[test]
fn line_ends_that_could_smuggle_are_refused() {
    for wire in [
        &b"a\n.\n"[..],
        b"a\r.\r",
        b"a\n.\r\n",
        b"a\r\n.\n",
        b"a\r\r\n",
        b"a\n\r\n",
        b"\n",
        b"a\r",
        b"a",
        b"\r\n\0\r\n",
        b"",
    ] {
        assert!(check_bytes(wire).is_err(), "{wire:?}");
    }
    for wire in [&b"\r\n"[..], b".\r\n", b"a\r\n.\r\n..\r\n\r\n"] {
        assert!(check_bytes(wire).is_ok(), "{wire:?}");
    }
}

#[test]
fn dots_are_doubled_at_the_beginning_of_lines_alone() {
    let mut wire = b".a\r\n..\r\na.b\r\n.\r\n".to_vec();
    wire.extend(b".long\r\n".repeat(5_000));
    let sent: Vec<u8> = blocks(&wire).flatten().collect();
    assert!(sent.starts_with(b"..a\r\n...\r\na.b\r\n..\r\n..long\r\n"));
    assert_eq!(sent.len(), wire.len() + 5_003);
    assert!(blocks(&wire).all(|block| block.len() < BLOCK + 100));
}

#[test]
fn what_could_end_an_argument_is_no_address() {
    let token = format!("{}@example.org", "a".repeat(100));
    let marks = "\u{938}\u{902}\u{926}\u{94d}\u{930}@example.org";
    for some in ["\"a..b\"@example.org", "a@[127.0.0.1]", &token, marks] {
        assert_eq!(address(some).unwrap().to_string(), some);
    }
    let long = format!("{}@example.org", "a".repeat(250));
    for none in [
        "",
        "a",
        "@",
        "a@",
        "@b",
        "a@b>",
        "<a@b",
        "\"a>b\"@c.org",
        "a\r\n@b",
        "a@b\0",
        "a\u{2028}@b",
        "a b@c",
        "a@b@c",
        "@a,@b:c@d.org",
        "a@b..c",
        "\"a\"b\"@c",
        "\"a\\\"@c",
        &long,
    ] {
        assert!(address(none).is_err(), "{none}");
    }
}
