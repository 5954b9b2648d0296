//! Typing in a composer: what is selected, keys that leave it, the mouse, long lines, and what the hints promise.

use sterna::app::composer::Place;
use sterna::channel::effect::Effect;
use sterna::channel::event::Event;
use sterna::channel::mouse::Mouse;

use crate::harness::*;
use crate::writing::*;

fn is_typing(screen: &Screen) -> bool {
    screen.model.composers.front().unwrap().is_typing
}

fn click(screen: &mut Screen, column: u16, row: u16) {
    screen.send(Event::Mouse(Mouse::Click {
        column,
        row,
        selects: false,
    }));
}

#[test]
fn alt_with_a_letter_is_escape_and_the_letter() {
    let mut screen = screen();
    screen.press("r");
    screen.type_text("Gladly!");
    screen.press("alt-e");
    assert!(Lent::by(&screen).composition.body.contains("Gladly!"));
    let mut screen = self::screen();
    screen.press("r alt-y");
    assert_eq!(screen.post.sent.len(), 1);
    // Where a command only asks something, typing goes on behind it.
    screen.press("r alt-a");
    screen.type_text("~/menu.pdf");
    screen.press("enter");
    screen.type_text("Here it is.");
    assert_eq!(front(&screen).attachments[0].name, "menu.pdf");
    assert!(front(&screen).body.contains("Here it is."));
    screen.press("esc D y");
    // What edits a text goes on editing it, and what is nothing types nothing.
    screen.press("r");
    let n_signs = front(&screen).body.matches('7').count();
    screen.press("alt-d alt-7");
    assert!(is_typing(&screen) && !front(&screen).body.contains("Anna"));
    assert_eq!(front(&screen).body.matches('7').count(), n_signs);
}

#[test]
fn what_is_selected_comes_before_what_is_typed_at() {
    let mut screen = screen();
    screen.press("r shift-up shift-up");
    assert!(screen.shows("Ctrl-X cut") && screen.shows("Esc select nothing"));
    screen.press("ctrl-c");
    assert!(is_typing(&screen) && screen.shows("Ctrl-X cut line"));
    screen.press("ctrl-home ctrl-v shift-up esc");
    assert!(is_typing(&screen), "Esc lets the selection go first");
    let body = front(&screen).body;
    assert_eq!(body.matches("> The new place").count(), 2, "{body}");
    screen.press("esc");
    assert!(!is_typing(&screen));
    // The keys of the lists know no Shift.
    screen.press("esc shift-down");
    assert!(!screen.shows("no action"), "{}", screen.text());
}

#[test]
fn what_is_cut_in_one_mail_is_put_into_another() {
    let mut screen = screen();
    screen.press("r ctrl-home down ctrl-x ctrl-x");
    assert!(!front(&screen).body.contains("> "));
    screen.press("esc c tab tab tab tab ctrl-v");
    let body = front(&screen).body;
    assert!(
        body.starts_with("> shall we have lunch on Friday?\n> The new place"),
        "{body}"
    );
}

#[test]
fn a_line_that_lost_its_addresses_gets_them_back() {
    let mut screen = screen();
    screen.press("r esc gg j enter ctrl-u");
    assert_eq!(front(&screen).to, "");
    screen.press("ctrl-7");
    assert_eq!(front(&screen).to, "Bob Brown <bob@example.org>");
}

#[test]
fn whom_a_mail_goes_to_is_seen_before_it_is_sent() {
    let mut screen = screen();
    let all: Vec<String> = (1..=9)
        .map(|n| format!("colleague-{n}@example.org"))
        .collect();
    screen.press("c");
    screen.send(Event::Paste(all.join(", ")));
    assert!(
        !screen.shows(&all[3]) && screen.shows(&all[8]),
        "{}",
        screen.text()
    );
    screen.press("esc");
    for address in &all {
        assert!(screen.shows(address), "{address} {}", screen.text());
    }
    // On a small screen the text keeps its room.
    screen.send(Event::Resize {
        columns: 40,
        rows: 12,
    });
    assert!(screen.shows(" --"), "{}", screen.text());
}

#[test]
fn tabs_of_a_text_stay_tabs() {
    let mut screen = screen();
    screen.press("r ctrl-home");
    screen.send(Event::Paste("if x {\n\treturn 1;\n}\n".to_owned()));
    assert!(front(&screen).body.starts_with("if x {\n\treturn 1;\n}\n"));
    assert!(screen.shows("         return 1;"), "{}", screen.text());
}

#[test]
fn the_cursor_stays_in_sight_behind_many_blanks() {
    let mut screen = screen();
    screen.send(Event::Resize {
        columns: 40,
        rows: 12,
    });
    screen.press("r");
    screen.type_text(&" ".repeat(60));
    let (x, y) = screen.cursor();
    assert!(x < 40 && y < 12, "{x} {y}");
    let before = (x, y);
    screen.type_text("x");
    assert_ne!(screen.cursor(), before);
}

#[test]
fn a_click_puts_the_cursor_there() {
    let mut screen = screen();
    screen.model.settings.ui.mouse = true;
    screen.press("r esc");
    let text = screen.text();
    let row = |words: &str| text.lines().position(|line| line.contains(words)).unwrap() as u16;
    click(&mut screen, 3, row("> shall we have"));
    screen.type_text("Q");
    assert!(front(&screen).body.contains("\n> Qshall we have"));
    click(&mut screen, 12, row("Cc"));
    assert_eq!(screen.model.composers.front().unwrap().place, Place::Cc);
    screen.type_text("zoe@example.org");
    assert_eq!(front(&screen).cc, "zoe@example.org");
    click(&mut screen, 3, 25);
    assert_eq!(screen.model.composers.front().unwrap().place, Place::Body);
    // The wheel leaves a line alone in which something is typed.
    click(&mut screen, 12, row("Cc"));
    screen.send(Event::Mouse(Mouse::ScrollDown { column: 3, row: 20 }));
    assert_eq!(screen.model.composers.front().unwrap().place, Place::Cc);
}

#[test]
fn a_file_is_chosen_from_those_that_are_offered() {
    let mut screen = screen();
    screen.press("r esc a");
    screen.type_text("~/m");
    assert!(
        screen.shows("2 files") && screen.shows("menu-2.pdf"),
        "{}",
        screen.text()
    );
    screen.press("down down down up enter");
    assert_eq!(front(&screen).attachments[0].name, "menu.pdf");
    // A directory is gone into, not attached.
    screen.press("a");
    screen.press("ctrl-u");
    screen.type_text("~/p");
    screen.press("down enter");
    assert!(screen.shows("attach: ~/photos/"), "{}", screen.text());
    let n_before = screen.effects.len();
    screen.press("enter");
    assert!(
        matches!(&screen.effects[n_before..], [Effect::Attach { path, .. }, ..] if path == "~/photos/")
    );
    // Where nothing more is certain, Tab begins to choose.
    screen.press("a ctrl-u");
    screen.type_text("~/menu");
    screen.press("tab tab enter");
    assert_eq!(front(&screen).attachments.last().unwrap().name, "menu.pdf");
}

#[test]
fn more_files_than_are_offered_are_said() {
    let mut screen = screen();
    screen.press("r esc a ctrl-u");
    screen.send(Event::Paths {
        typed: String::new(),
        found: vec!["a/".to_owned(), "b".to_owned()],
        is_more: true,
    });
    assert!(
        screen.shows("The first 2 files; type on"),
        "{}",
        screen.text()
    );
}
