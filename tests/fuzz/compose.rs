//! Targets of mail that is written: what people type, what other programs hand over, what a draft on the server says.

use sterna::compose::identity::Own;
use sterna::compose::reply::{Original, reply};
use sterna::compose::{address, build, given, mailto, parse, recipients, template};
use sterna::mail::account::AccountId;
use sterna::mail::address::Address;
use sterna::mail::composition::{Composition, Identity, ReplyKind};
use sterna::mail::message_id::MessageId;
use sterna::mail::outgoing::{Built, Moment};

const NOW: Moment = Moment {
    seconds: 1_772_438_700,
    offset_minutes: 60,
    random: 7,
};

fn me() -> Identity {
    Identity {
        name: "Anna Abel".to_owned(),
        email: "anna@example.org".to_owned(),
        signature: "Anna".to_owned(),
    }
}

/// The fields before the text.
fn head(wire: &[u8]) -> &[u8] {
    let end = wire.windows(4).position(|window| window == b"\r\n\r\n");
    &wire[..end.expect("a header ends with an empty line")]
}

/// No byte that a server could take for the end of a line, and no line that it would not take.
fn assert_lines(bytes: &[u8]) {
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'\r' => assert_eq!(bytes.get(at + 1), Some(&b'\n'), "a bare CR at {at}"),
            b'\n' => assert_eq!(at.checked_sub(1).map(|at| bytes[at]), Some(b'\r'), "{at}"),
            0 => panic!("a NUL at {at}"),
            _ => {}
        }
    }
    assert!(bytes.ends_with(b"\r\n"));
}

/// What may leave: an envelope without a line break or a blank, a mail without hidden recipients.
fn assert_fit(built: &Built) {
    assert_lines(&built.wire);
    assert_lines(&built.copy);
    assert!(!built.recipients.is_empty());
    for address in built.recipients.iter().chain([&built.sender]) {
        let is_odd = |c: char| c.is_control();
        assert!(
            address.contains('@') && !address.contains(is_odd),
            "{address:?}"
        );
    }
    for line in head(&built.wire).split(|byte| *byte == b'\n') {
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        let name = name.to_ascii_lowercase();
        let is_secret = matches!(name.as_slice(), b"bcc" | b"resent-bcc" | b"x-sterna-bcc");
        assert!(!is_secret, "{}", line.escape_ascii());
    }
}

/// Nobody is forgotten where it becomes a draft.
fn assert_addressed(built: &Built) {
    let mail = given::composition(built, AccountId::new(1)).expect("every mail can be a draft");
    let lines = [&mail.to, &mail.cc, &mail.bcc].map(|line| recipients::parse(line));
    let Ok(lines) = lines.into_iter().collect::<Result<Vec<_>, _>>() else {
        return; // As it stands in the message: it is to be mended before it is sent.
    };
    for recipient in &built.recipients {
        let mut all = lines.iter().flatten();
        let is_it = |address: &Address| address::on_wire(&address.addr).as_ref() == Ok(recipient);
        assert!(all.any(is_it), "{recipient}: {mail:?}");
    }
}

/// A message that a script hands over.
pub fn message(bytes: &[u8]) {
    if let Ok(built) = parse::message(bytes, &me(), &NOW) {
        assert_fit(&built);
        assert_addressed(&built);
        // What was made fit is fit.
        let again = parse::message(&built.copy, &me(), &NOW).expect("it was fit");
        assert_eq!(again.recipients, built.recipients);
        assert_eq!(again.message_id, built.message_id);
    }
}

/// A message that is answered, forwarded, written again, or a draft that is gone on with: whatever it says, what comes of it
/// can be kept, and either be sent or be refused.
pub fn taken_up(bytes: &[u8]) {
    let message = sterna::mime::parse::message(bytes);
    let original = Original::new(MessageId::new(1), bytes, &message, bytes.len() as u64);
    let account = AccountId::new(1);
    let own = Own {
        account,
        identities: &[(account, me())],
        silent: &["anna@old.example".to_owned()],
    };
    for kind in [
        ReplyKind::Sender,
        ReplyKind::All,
        ReplyKind::List,
        ReplyKind::Forward,
        ReplyKind::EditAsNew,
        ReplyKind::Draft,
    ] {
        let Ok(mut mail) = reply(&original, kind, own) else {
            continue;
        };
        assert!(mail.first_line_to_write() <= mail.body.matches('\n').count());
        mail.attachments.clear();
        let kept = build::draft(&mail, &[], &NOW).expect("anything can be kept");
        assert_lines(&kept);
        if let Ok(built) = build::build(&mail, &[], &NOW) {
            assert_fit(&built);
        }
    }
}

/// A link of somebody else's.
pub fn link(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Some(link) = mailto::read(&text) else {
        return;
    };
    let mail = link.mail;
    assert!(mail.attachments.is_empty() && mail.from.is_empty() && mail.reply_to.is_empty());
    for line in [&mail.to, &mail.cc, &mail.bcc, &mail.subject] {
        assert!(!line.contains(char::is_control), "{line:?}");
    }
    assert!(
        !mail
            .body
            .contains(|c: char| c.is_control() && !matches!(c, '\n' | '\t'))
    );
    for name in &link.left_out {
        assert!(!name.as_str().contains(char::is_control), "{name}");
    }
    let mail = Composition {
        from: "anna@example.org".to_owned(),
        ..mail
    };
    if let Ok(built) = build::build(&mail, &[], &NOW) {
        assert_fit(&built);
    }
}

/// A typed line of addresses: what is read can be written and read again; what cannot be read says where.
pub fn typed_addresses(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match recipients::parse(&text) {
        Ok(list) => {
            let line = recipients::line(&list);
            let again = recipients::parse(&line).expect("it was written here");
            let addresses = |list: &[Address]| -> Vec<String> {
                list.iter().map(|person| person.addr.clone()).collect()
            };
            assert_eq!(addresses(&again), addresses(&list), "{line:?}");
            assert_eq!(recipients::line(&again), line);
        }
        Err(mistake) => {
            assert!(text.get(mistake.place.clone()).is_some(), "{mistake:?}");
            let mail = Composition {
                from: "anna@example.org".to_owned(),
                to: text.into_owned(),
                ..Composition::default()
            };
            assert!(
                build::build(&mail, &[], &NOW).is_err(),
                "nothing is guessed"
            );
        }
    }
}

/// What an editor left: what is read is written and read again alike.
pub fn edited(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (mail, _) = template::read(&text, &Composition::default());
    let again = template::read(&template::write(&mail), &mail);
    assert_eq!(again, (mail.clone(), None));
    if let Ok(built) = build::build(&mail, &[], &NOW) {
        assert_fit(&built);
    }
}

/// A text that is typed: any can be sent, in lines that any server takes.
pub fn typed_text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    let mail = Composition {
        from: "anna@example.org".to_owned(),
        to: "bob@example.org".to_owned(),
        body: text,
        ..Composition::default()
    };
    let built = build::build(&mail, &[], &NOW).expect("any text can be sent");
    assert_fit(&built);
    for line in built.wire.split(|byte| *byte == b'\n') {
        assert!(line.len() <= 999, "{} bytes", line.len());
    }
}
