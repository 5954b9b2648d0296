//! Addresses and mails that would say something else to the server than was meant.

use sterna::remote::submission::error::{Failure, Stage};

use crate::rig::{LETTER, heard, open, send, send_from, server};

/// None of these is an address, or none that is sent.
const ADDRESSES: [&str; 38] = [
    "",
    "@",
    "a@",
    "@example.org",
    "bela",
    "bela@example.org\r\nDATA",
    "bela@example.org\nRCPT TO:<evil@example.org>",
    "bela@example.org\rRSET",
    "bela@example.org>\r\nRCPT TO:<evil@example.org",
    "bela@example.org> NOTIFY=SUCCESS",
    "bela@example.org>,<evil@example.org",
    "<bela@example.org>",
    "bela@example.org>",
    "\"bela>\"@example.org",
    "\"be\r\nla\"@example.org",
    "\"be\\\r\nla\"@example.org",
    "bela\0@example.org",
    "bela@exam\0ple.org",
    "bela\x1b[2J@example.org",
    "bela@example.org\x7f",
    "bela\t@example.org",
    "bela@example.org SIZE=1",
    "bela @example.org",
    "be la@example.org",
    "bela@exam ple.org",
    "bela@example.org,evil@example.org",
    "bela@example.org;evil@example.org",
    "Bela <bela@example.org>",
    "@relay.example,@other.example:bela@example.org",
    "bela@evil.example@example.org",
    "bela(comment)@example.org",
    "bela@example..org",
    "bela@[127.0.0.1",
    "bela@127.0.0.1]\r\nDATA",
    "bela\u{85}RSET@example.org",
    "bela\u{2028}RSET@example.org",
    "bela@example.org\u{2029}",
    "\r\n.\r\n",
];

#[test]
fn no_address_says_more_than_an_address() {
    let server = server();
    let mut submission = open(&server);
    let before = heard(&server);
    let long = format!("{}@example.org", "x".repeat(300));
    for address in ADDRESSES.iter().copied().chain([long.as_str()]) {
        for recipients in [vec![address], vec!["bela@example.org", address]] {
            let (sent, is_marked) = send(&mut submission, &recipients, LETTER);
            let error = sent.unwrap_err();
            assert_eq!(
                (error.stage, &error.failure),
                (Stage::Check, &Failure::Permanent),
                "{address:?}"
            );
            assert!(
                !error.to_string().contains(['\r', '\n', '\x1b', '\0']),
                "{error}"
            );
            assert!(!is_marked);
        }
        if address.is_empty() {
            continue; // As a sender that is none, and allowed.
        }
        let to = ["bela@example.org"];
        let sent = send_from(&mut submission, address, &to, LETTER, &mut || Ok(()));
        let error = sent.unwrap_err();
        assert_eq!(error.stage, Stage::Check, "{address:?}");
    }
    assert_eq!(heard(&server), before, "not a word was said");
    send(&mut submission, &["bela@example.org"], LETTER)
        .0
        .unwrap();
    assert_eq!(server.submissions().len(), 1);
}

#[test]
fn no_mail_ends_before_its_end() {
    let server = server();
    let mut submission = open(&server);
    let evil =
        "MAIL FROM:<evil@example.org>\r\nRCPT TO:<bela@example.org>\r\nDATA\r\nSubject: forged\r\n";
    // Line ends that a server might take for one, around a dot: none of them is sent.
    let ends = [
        "\n.\n",
        "\n.\r\n",
        "\r.\r",
        "\r.\r\n",
        "\r\n.\n",
        "\r\n.\r",
        "\n\n.\n\n",
        "\r\r\n.\r\r\n",
        "\n\r.\n\r",
        "\r\n\0.\r\n",
    ];
    for end in ends {
        let wire = format!("Subject: one\r\n\r\ntext{end}{evil}");
        let (sent, _) = send(&mut submission, &["bela@example.org"], wire.as_bytes());
        assert_eq!(sent.unwrap_err().stage, Stage::Check, "{end:?}");
    }
    assert!(server.submissions().is_empty());
    // What is allowed arrives as it is, and nothing behind it is a command.
    for (n, end) in [
        "\r\n.\r\n",
        "\r\n..\r\n",
        "\r\n.\r\n.\r\n",
        "\r\n...\r\n",
        "\r\n. \r\n",
    ]
    .into_iter()
    .enumerate()
    {
        let wire = format!("Subject: one\r\n\r\ntext{end}{evil}");
        server.clear_log();
        send(&mut submission, &["bela@example.org"], wire.as_bytes())
            .0
            .unwrap();
        assert_eq!(server.submissions().len(), n + 1, "{end:?}");
        assert_eq!(server.submissions()[n].data, wire.as_bytes(), "{end:?}");
        let commands = heard(&server);
        let size = wire.len();
        let expected = [
            &format!("MAIL FROM:<anna@example.org> SIZE={size}")[..],
            "RCPT TO:<bela@example.org>",
            "DATA",
            ".",
        ];
        assert_eq!(commands, expected, "{end:?}");
    }
}
