//! A user with several accounts: every address of all of them is an own one, whichever account a mail lies in.

use sterna::compose::check::check;
use sterna::compose::identity::Own;
use sterna::compose::reply::{Original, reply};
use sterna::mail::account::AccountId;
use sterna::mail::composition::ReplyKind::{self, All, EditAsNew, Forward, List, Sender};
use sterna::mail::composition::{Composition, Identity, Warning};
use sterna::mail::message_id::MessageId;
use sterna::mime::parse;

use crate::HOME;

const WORK: AccountId = AccountId::new(2);
/// It can only be read.
const OLD: AccountId = AccountId::new(3);

fn identity(email: &str) -> Identity {
    Identity {
        email: email.to_owned(),
        signature: format!("I am {email}"),
        ..Identity::default()
    }
}

/// The board's address is in both accounts.
fn all() -> Vec<(AccountId, Identity)> {
    vec![
        (HOME, identity("anna@home.example")),
        (HOME, identity("annie@home.example")),
        (HOME, identity("board@club.example")),
        (WORK, identity("abel@work.example")),
        (WORK, identity("boss@work.example")),
        (WORK, identity("board@club.example")),
    ]
}

fn take_up(account: AccountId, kind: ReplyKind, mail: &str) -> Composition {
    let message = parse::message(mail.as_bytes());
    let id = MessageId::new(7);
    let original = Original::new(id, mail.as_bytes(), &message, mail.len() as u64);
    let own = Own {
        account,
        identities: &all(),
        silent: &["anna@old.example".to_owned()],
    };
    reply(&original, kind, own).unwrap()
}

/// A mail, where it lies, and who answers whom.
struct Case {
    what: &'static str,
    lies_in: AccountId,
    kind: ReplyKind,
    mail: &'static str,
    from: &'static str,
    to: &'static str,
    cc: &'static str,
}

const USUAL: Case = Case {
    what: "",
    lies_in: HOME,
    kind: All,
    mail: "",
    from: "anna@home.example",
    to: "bob@b.example",
    cc: "",
};

const CASES: &[Case] = &[
    Case {
        what: "to both accounts: nobody writes to himself",
        mail: "From: bob@b.example\nTo: anna@home.example, abel@work.example\nCc: carl@c.example, boss@work.example\n\nx\n",
        cc: "carl@c.example",
        ..USUAL
    },
    Case {
        what: "the same mail in the other account",
        lies_in: WORK,
        mail: "From: bob@b.example\nTo: anna@home.example, abel@work.example\nCc: carl@c.example, boss@work.example\n\nx\n",
        from: "abel@work.example",
        cc: "carl@c.example",
        ..USUAL
    },
    Case {
        what: "an address that can only be read, and one with a tag",
        mail: "From: bob@b.example\nTo: anna@home.example, Anna@OLD.example\nCc: carl@c.example, anna+x@old.example, abel+shop@work.example\n\nx\n",
        cc: "carl@c.example",
        ..USUAL
    },
    Case {
        what: "follow-ups go to others",
        mail: "From: bob@b.example\nTo: anna@home.example\nMail-Followup-To: list@l.example, abel@work.example\n\nx\n",
        to: "list@l.example",
        ..USUAL
    },
    Case {
        what: "to the other account alone, passed on to this one",
        mail: "Delivered-To: anna@home.example\nDelivered-To: abel@work.example\nFrom: bob@b.example\nTo: abel@work.example\n\nx\n",
        from: "abel@work.example",
        ..USUAL
    },
    Case {
        what: "of two addresses of the other account the first",
        kind: Sender,
        mail: "From: bob@b.example\nTo: boss@work.example\nCc: abel@work.example\n\nx\n",
        from: "boss@work.example",
        ..USUAL
    },
    Case {
        what: "an address of this account goes before those of others, also from Cc",
        kind: Sender,
        mail: "From: bob@b.example\nTo: boss@work.example\nCc: annie@home.example\n\nx\n",
        from: "annie@home.example",
        ..USUAL
    },
    Case {
        what: "where only the delivery says it, this account goes first too",
        kind: Sender,
        mail: "Delivered-To: abel@work.example\nDelivered-To: annie@home.example\nFrom: bob@b.example\nTo: everybody@b.example\n\nx\n",
        from: "annie@home.example",
        ..USUAL
    },
    Case {
        what: "an address of no account: the usual one of this account",
        lies_in: WORK,
        kind: Sender,
        mail: "From: bob@b.example\nTo: everybody@b.example\n\nx\n",
        from: "abel@work.example",
        ..USUAL
    },
    Case {
        what: "an account that cannot send leaves it to the one that was addressed",
        lies_in: OLD,
        kind: Sender,
        mail: "From: bob@b.example\nTo: abel@work.example\n\nx\n",
        from: "abel@work.example",
        ..USUAL
    },
    Case {
        what: "or to the first",
        lies_in: OLD,
        kind: Sender,
        mail: "From: bob@b.example\nTo: anna@old.example\n\nx\n",
        ..USUAL
    },
    Case {
        what: "an own mail from the other account goes to its recipients",
        kind: Sender,
        mail: "From: abel@work.example\nTo: bob@b.example, anna@home.example\n\nx\n",
        from: "abel@work.example",
        ..USUAL
    },
    Case {
        what: "to all of them",
        mail: "From: abel@work.example\nTo: bob@b.example, anna@home.example\nCc: carl@c.example, annie@home.example\n\nx\n",
        from: "abel@work.example",
        cc: "carl@c.example",
        ..USUAL
    },
    Case {
        what: "a note to oneself, from one account to the other",
        mail: "From: abel@work.example\nTo: anna@home.example\n\nx\n",
        from: "abel@work.example",
        to: "anna@home.example",
        ..USUAL
    },
    Case {
        what: "written with another program as an address that can only be read here",
        mail: "From: anna@old.example\nTo: bob@b.example, abel@work.example\n\nx\n",
        ..USUAL
    },
    Case {
        what: "a list",
        kind: List,
        mail: "From: bob@b.example\nTo: list@l.example, abel@work.example\nList-Post: <mailto:list@l.example>\n\nx\n",
        from: "abel@work.example",
        to: "list@l.example",
        ..USUAL
    },
    Case {
        what: "forwarded by whom it was written to",
        kind: Forward,
        mail: "From: bob@b.example\nTo: abel@work.example\n\nx\n",
        from: "abel@work.example",
        to: "",
        ..USUAL
    },
    Case {
        what: "an own mail of the other account written again",
        kind: EditAsNew,
        mail: "From: abel@work.example\nTo: bob@b.example\n\nx\n",
        from: "abel@work.example",
        ..USUAL
    },
    Case {
        what: "one of an address that can only be read",
        kind: EditAsNew,
        mail: "From: anna@old.example\nReply-To: x@y.example\nTo: bob@b.example\n\nx\n",
        ..USUAL
    },
];

#[test]
fn own_addresses_are_those_of_all_accounts() {
    for case in CASES {
        let answer = take_up(case.lies_in, case.kind, case.mail);
        let lines = (answer.from.as_str(), answer.to.as_str(), answer.cc.as_str());
        assert_eq!(lines, (case.from, case.to, case.cc), "{}", case.what);
        let (signature, what) = (format!("-- \nI am {}\n", case.from), case.what);
        let is_signed = answer.body.ends_with(&signature);
        assert_eq!(is_signed, case.kind != EditAsNew, "{what}: {}", answer.body);
    }
}

#[test]
fn the_account_that_sends_is_the_one_of_the_identity() {
    let all = all();
    let sends = |account, addr: &str| {
        let own = Own {
            account,
            identities: &all,
            silent: &[],
        };
        own.writer(addr).map(|(account, _)| *account)
    };
    assert_eq!(sends(HOME, "abel+shop@work.example"), Some(WORK));
    // Where both have it, the mail stays where it is.
    assert_eq!(sends(HOME, "board@club.example"), Some(HOME));
    assert_eq!(sends(WORK, "Board@Club.example"), Some(WORK));
    assert_eq!(sends(OLD, "board@club.example"), Some(HOME));
    assert_eq!(sends(HOME, "bob@b.example"), None);
}

#[test]
fn an_answer_from_an_address_that_was_not_written_to_is_warned_of() {
    let unknown = Warning::UnknownIdentity;
    let other = |addr: &str| Warning::OtherIdentity(addr.to_owned());
    for (mail, from, warnings) in [
        ("abel@work.example", "", vec![]),
        (
            "abel@work.example",
            "anna@home.example",
            vec![other("abel@work.example")],
        ),
        (
            "anna@home.example, abel@work.example",
            "abel@work.example",
            vec![],
        ),
        ("everybody@b.example", "", vec![unknown]),
        ("anna@old.example", "", vec![other("anna@old.example")]),
    ] {
        let mail = format!("From: bob@b.example\nTo: {mail}\nSubject: x\n\nx\n");
        let mut answer = take_up(HOME, All, &mail);
        if !from.is_empty() {
            answer.from = from.to_owned();
        }
        assert_eq!(check(&answer, &all()), warnings, "{mail}");
    }
}
