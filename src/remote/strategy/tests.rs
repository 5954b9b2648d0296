//! Tests of the ways that are taken.

use super::*;

fn words(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn way(need: &str, offered: &[&str], disabled: &[&str]) -> (&'static str, String) {
    let capabilities = Capabilities::new(&words(offered), &words(disabled));
    let choice = choices(&capabilities)
        .into_iter()
        .find(|choice| choice.need == need);
    choice.map(|choice| (choice.way, choice.why)).unwrap()
}

#[test]
fn every_need_has_a_way_on_a_bare_server() {
    let found = choices(&Capabilities::new(&words(&["IMAP4REV1"]), &[]));
    assert_eq!(found.len(), NEEDS.len());
}

/// SASL-IR and ID decide nothing behind the login, MESSAGELIMIT only how much one command names; LIST-EXTENDED is only
/// a part of LIST-STATUS here.
#[test]
fn every_capability_in_use_has_its_need() {
    let named: Vec<&str> = NEEDS
        .iter()
        .flat_map(|need| need.ways.iter().flat_map(|way| way.takes))
        .copied()
        .collect();
    for used in crate::mail::capability::USED {
        let is_apart = ["SASL-IR", "ID", "MESSAGELIMIT"].contains(used);
        assert!(is_apart || named.contains(used), "{used}");
    }
    for name in named {
        assert!(crate::mail::capability::USED.contains(&name), "{name}");
    }
}

#[test]
fn the_reason_tells_missing_from_switched_off() {
    let need = "coming back to a folder";
    let full = ["ENABLE", "CONDSTORE", "QRESYNC"];
    assert_eq!(way(need, &full, &[]), ("QRESYNC", String::new()));
    assert_eq!(
        way(need, &full, &["QRESYNC"]),
        ("CONDSTORE", "`disable` switches off QRESYNC".to_owned())
    );
    assert_eq!(
        way(need, &["ENABLE"], &[]),
        (
            "plain IMAP4rev1",
            "the server does not offer QRESYNC, CONDSTORE".to_owned()
        )
    );
}
