//! Who writes, and what must not happen by accident: the account and the signature follow the sender, nothing is opened
//! under the fingers, attached or left out unseen, and every warning is said.

use sterna::channel::draft::{Base, Draft, DraftId};
use sterna::channel::effect::Effect;
use sterna::channel::event::Event;
use sterna::config::ui_settings::Editor;
use sterna::mail::account::AccountId;
use sterna::mail::composition::{Composition, Identity, Origin, OriginKind};

use crate::harness::*;
use crate::post::first;
use crate::writing::*;

/// An account of her work, beside the one at home.
fn with_work(mut screen: Screen) -> Screen {
    let identity = Identity {
        name: "A. Abel".to_owned(),
        email: "abel@work.example".to_owned(),
        signature: "Harbour Works".to_owned(),
    };
    screen.model.settings.identities.push((WORK, identity));
    screen
}

fn account(screen: &Screen) -> AccountId {
    screen.model.composers.front().unwrap().account
}

#[test]
fn the_signature_follows_the_identity_where_it_stands_unchanged() {
    let mut screen = with_work(screen());
    screen.press("r");
    screen.type_text("Gladly!");
    screen.press("esc i i");
    assert_eq!(account(&screen), WORK);
    let mail = front(&screen);
    assert!(
        mail.body.ends_with("Gladly!\n\n-- \nHarbour Works\n"),
        "{}",
        mail.body
    );
    // Typing goes on where it was.
    screen.press("enter");
    screen.type_text(" Soon!");
    assert!(front(&screen).body.contains("Gladly! Soon!\n"));
    screen.press("esc i");
    assert_eq!(account(&screen), HOME);
    assert!(
        front(&screen)
            .body
            .ends_with("\n-- \nAnna\nHarbour Road 7\n")
    );
    // What was changed is the user's.
    screen.press("enter ctrl-end");
    screen.type_text("Third floor");
    screen.press("esc i i");
    assert_eq!(account(&screen), WORK);
    assert!(front(&screen).body.ends_with("Harbour Road 7\nThird floor"));
}

#[test]
fn a_mail_from_an_address_of_another_account_is_sent_by_that_one() {
    let mut screen = with_work(screen());
    screen.press("r esc e");
    let lent = Lent::by(&screen);
    let edited = |from: &str| {
        let composition = Composition {
            from: from.to_owned(),
            ..lent.composition.clone()
        };
        lent.edited(composition, None)
    };
    screen.send(edited("Me <ABEL@work.example>"));
    assert_eq!(account(&screen), WORK);
    screen.send(edited("somebody@else.example"));
    assert_eq!(account(&screen), WORK, "nobody's address says nothing");
    screen.send(edited("a.abel@example.org"));
    assert_eq!(account(&screen), HOME);
    screen.press("q");
    screen.send(Event::Draft(Box::new(Draft {
        revision: first(DraftId(50)),
        account: HOME,
        composition: Composition {
            from: "abel@work.example".to_owned(),
            ..Composition::default()
        },
    })));
    assert_eq!(account(&screen), WORK);
}

#[test]
fn an_answer_from_an_address_of_another_account_is_kept_and_sent_by_that_one() {
    let mut screen = with_work(screen());
    let (ticket, _) = taken_up(&mut screen, "a");
    let answer = Composition {
        from: "A. Abel <abel@work.example>".to_owned(),
        to: "bob@example.org".to_owned(),
        subject: "Re: Lunch on Friday?".to_owned(),
        ..Composition::default()
    };
    screen.send(composed(ticket, Base::New, answer));
    screen.type_text("Gladly!");
    autosave(&mut screen);
    screen.press("esc y");
    let accounts: Vec<AccountId> = screen
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::SaveDraft { account, .. } | Effect::Send { account, .. } => Some(*account),
            _ => None,
        })
        .collect();
    assert!(accounts.len() > 1 && accounts.iter().all(|account| *account == WORK));
    assert_eq!(screen.post.sent.len(), 1, "and nothing is warned of");
}

#[test]
fn mail_of_an_account_that_cannot_send_is_answered_by_another() {
    let mut screen = with_work(screen());
    let identities = &mut screen.model.settings.identities;
    identities.retain(|(account, _)| *account == WORK);
    let (ticket, _) = taken_up(&mut screen, "r");
    let answer = Composition {
        from: "A. Abel <abel@work.example>".to_owned(),
        ..Composition::default()
    };
    screen.send(composed(ticket, Base::New, answer));
    assert_eq!(account(&screen), WORK);
}

#[test]
fn a_reply_that_was_fetched_first_takes_no_keys_from_another_mail() {
    for editor in [Editor::Builtin, Editor::External] {
        let mut screen = screen();
        screen.model.settings.ui.editor = editor;
        let (ticket, _) = taken_up(&mut screen, "r");
        screen.press("c");
        let n_before = screen.effects.len();
        let answer = Composition {
            subject: "Re: Lunch on Friday?".to_owned(),
            ..Composition::default()
        };
        screen.send(composed(ticket, Base::New, answer));
        assert!(screen.shows("Re: Lunch on Friday? is here, gc goes to it"));
        assert_eq!(front(&screen).subject, "", "{editor:?}");
        let is_lent = |effect: &Effect| matches!(effect, Effect::EditExternally { .. });
        assert!(!screen.effects[n_before..].iter().any(is_lent));
        screen.press("esc gc");
        assert_eq!(front(&screen).subject, "Re: Lunch on Friday?");
    }
}

#[test]
fn a_mail_waits_for_the_file_that_is_being_attached() {
    let mut screen = screen();
    screen.press("r");
    screen.type_text("I have attached the menu.");
    screen.answers = false;
    screen.press("esc a");
    screen.type_text("~/menu.pdf");
    screen.press("enter y");
    assert!(screen.shows("still being attached"), "{}", screen.text());
    let ticket = screen.model.composers.front().unwrap().ticket();
    screen.send(attached(ticket, "menu.pdf"));
    screen.answers = true;
    screen.press("y");
    assert_eq!(screen.post.sent[0].attachments.len(), 1);
    // One that comes too late is told.
    screen.send(attached(ticket, "late.pdf"));
    assert!(screen.shows("not attached: late.pdf"), "{}", screen.text());
}

#[test]
fn what_was_attached_while_an_editor_had_the_mail_stays() {
    let mut screen = screen();
    screen.press("r esc e");
    let lent = Lent::by(&screen);
    screen.send(attached(lent.ticket, "menu.pdf"));
    let edited = Composition {
        body: "Written there\n".to_owned(),
        ..lent.composition.clone()
    };
    screen.send(lent.edited(edited, None));
    assert_eq!(front(&screen).attachments.len(), 1);
}

#[test]
fn every_warning_is_said() {
    let mut screen = with_work(screen());
    screen.press("r");
    screen.type_text("I have attached the menu.");
    screen.press("esc i y");
    assert!(screen.shows("The text says \"attached\", and nothing is attached."));
    assert!(screen.shows("The mail came to anna@example.org, and another address"));
    screen.press("n D y c esc y");
    assert!(screen.shows("There is no subject.") && screen.shows("Nobody is addressed"));
    screen.press("n D");
    let (ticket, _) = taken_up(&mut screen, "r");
    let origin = Origin {
        message: id(20),
        kind: OriginKind::Reply,
        addressed: Vec::new(),
    };
    let answer = Composition {
        from: "anna@example.org".to_owned(),
        to: "bob@example.org".to_owned(),
        subject: "Re: x".to_owned(),
        origin: Some(origin),
        ..Composition::default()
    };
    screen.send(composed(ticket, Base::New, answer));
    screen.press("esc y");
    assert!(
        screen.shows("does not say to which of your addresses it"),
        "{}",
        screen.text()
    );
    screen.press("n D");
    let (ticket, _) = taken_up(&mut screen, "r");
    let given = Composition {
        from: "anna@example.org".to_owned(),
        to: "bob@example.org".to_owned(),
        subject: "x".to_owned(),
        left_out: vec!["HTML".to_owned(), "X-Priority".to_owned()],
        ..Composition::default()
    };
    screen.send(composed(ticket, Base::New, given));
    let words = "Of the mail as it was given this is not in this draft: HTML, X-Priority.";
    assert!(screen.shows(words), "{}", screen.text());
    screen.press("esc y");
    assert!(screen.shows("given this is not in this draft"));
}

#[test]
fn pasted_addresses_are_a_list_and_are_taken_whole_or_not_at_all() {
    let mut screen = screen();
    screen.press("c");
    screen.send(Event::Paste(
        "a@example.org\n\nb@example.org,\r\n C <c@example.org>;\n".to_owned(),
    ));
    assert_eq!(
        front(&screen).to,
        "a@example.org, b@example.org, C <c@example.org>"
    );
    screen.send(Event::Paste(", d@example.org".to_owned()));
    assert!(front(&screen).to.ends_with(">, d@example.org"));
    let before = front(&screen);
    screen.send(Event::Paste("bob@example.org, ".repeat(2_000)));
    assert!(screen.shows("not pasted: the line would be too long"));
    assert_eq!(front(&screen), before);
}

#[test]
fn where_answers_go_is_seen_and_can_be_changed() {
    let mut screen = screen();
    screen.press("r");
    assert!(!screen.shows("Reply-To"));
    screen.send(Event::Draft(Box::new(Draft {
        revision: first(DraftId(50)),
        account: HOME,
        composition: Composition {
            from: "anna@example.org".to_owned(),
            to: "bob@example.org".to_owned(),
            reply_to: "office@example.org".to_owned(),
            subject: "Hours".to_owned(),
            ..Composition::default()
        },
    })));
    assert!(
        screen.shows("Reply-To office@example.org"),
        "{}",
        screen.text()
    );
    screen.press("esc gg j j j j enter ctrl-u");
    assert_eq!(front(&screen).reply_to, "");
    screen.type_text("desk");
    screen.press("esc y");
    assert!(
        screen.shows("not sent: Reply-To: \"desk\" has no @"),
        "{}",
        screen.text()
    );
}
