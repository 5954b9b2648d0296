//! `sterna trust`: the only way to a pin, and what a pin then means.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::certificates::{GOOD, Identity, Order, key, self_signed};
use crate::home::{Home, authority};
use crate::tls_front::{Before, Front, Words};

/// Trusts what stands at the front.
fn trust(home: &Home, front: &Front, leaf: &Identity) {
    home.behind(front, "tls", None);
    home.answer("trust work", &leaf.sha256()[..11])
        .expect(0, &["The key is trusted"]);
}

/// The same account, another front: as if the server had changed behind its port.
fn behind_the_same_port(home: &Home, old: &Front, new: &Front) {
    let pins = fs::read_to_string(home.trusted()).unwrap();
    let (from, to) = (format!(" {} ", old.port), format!(" {} ", new.port));
    fs::write(home.trusted(), pins.replace(&from, &to)).unwrap();
    home.behind(new, "tls", None);
}

#[test]
fn a_key_is_trusted_only_by_its_first_eight_digits() {
    let home = Home::new();
    let alone = self_signed(GOOD, &key());
    let front = home.front(&alone, Before::Nothing);
    home.behind(&front, "tls", None);
    for wrong in ["", "y", "yes", &alone.sha256()[..8], "00000000"] {
        let run = home.answer("trust work", wrong);
        run.expect(
            65,
            &[
                &alone.sha256(),
                "stands for",
                "localhost",
                "nothing was changed",
            ],
        );
        assert!(!home.trusted().exists());
        home.run("sync").expect(77, &["sterna trust work"]);
    }
    assert_eq!(front.n_secret(), 0, "nothing was said to an unknown server");
    home.answer("trust work", &alone.sha256()[..11].to_lowercase())
        .expect(0, &["The key is trusted"]);
    let mode = fs::metadata(home.trusted()).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    home.run("sync").expect(0, &[]);
    home.answer("trust work", "")
        .expect(0, &["trusted already"]);
    home.answer("trust nobody", "").expect(
        65,
        &["there is no account \"nobody\"; the configuration has: "],
    );
}

#[test]
fn another_key_under_a_pin_is_a_hard_stop_also_for_one_that_the_authorities_vouch_for() {
    let (home, alone) = (Home::new(), self_signed(GOOD, &key()));
    let front = home.front(&alone, Before::Nothing);
    trust(&home, &front, &alone);
    home.run("sync").expect(0, &[]);

    let other = self_signed(GOOD, &key());
    let changed = home.front(&other, Before::Nothing);
    behind_the_same_port(&home, &front, &changed);
    let words = [
        "Somebody may be in between",
        "not the one that was trusted",
        &other.sha256(),
    ];
    home.run("sync").expect(77, &words);
    assert_eq!(changed.n_secret(), 0);

    let (root, good) = authority();
    let vouched = home.front(&good, Before::Nothing);
    behind_the_same_port(&home, &changed, &vouched);
    home.behind(&vouched, "tls", Some(&root));
    home.run("sync").expect(77, &["Somebody may be in between"]);
    assert_eq!(vouched.n_secret(), 0);
    home.answer("trust work", "no")
        .expect(65, &["authorities vouch", "nothing was changed"]);
    home.answer("trust work", "forget")
        .expect(0, &["forgotten"]);
    home.run("sync").expect(0, &[]);
}

#[test]
fn a_changed_key_can_be_trusted_anew_and_the_old_one_is_shown() {
    let (home, alone) = (Home::new(), self_signed(GOOD, &key()));
    let front = home.front(&alone, Before::Nothing);
    trust(&home, &front, &alone);
    let other = self_signed(GOOD, &key());
    let changed = home.front(&other, Before::Nothing);
    behind_the_same_port(&home, &front, &changed);
    let run = home.answer("trust work", &other.sha256()[..11]);
    run.expect(
        0,
        &[
            "Another key was trusted until now",
            "Somebody may be in between",
        ],
    );
    home.run("sync").expect(0, &[]);
}

#[test]
fn a_pin_is_on_the_key_and_keeps_the_checks_of_name_and_time() {
    let (home, own) = (Home::new(), key());
    let first = self_signed(GOOD, &own);
    let front = home.front(&first, Before::Nothing);
    trust(&home, &front, &first);

    // Renewed for the same key.
    let renewed = home.front(&self_signed(GOOD, &own), Before::Nothing);
    behind_the_same_port(&home, &front, &renewed);
    home.run("sync").expect(0, &[]);

    let mut last = renewed;
    for (order, reason) in [
        (
            Order {
                host: Some("imap.example.net"),
                ..GOOD
            },
            "mismatch",
        ),
        (
            Order {
                common_name: "localhost",
                host: None,
                ..GOOD
            },
            "mismatch",
        ),
        (
            Order {
                valid: (-20, -1),
                ..GOOD
            },
            "expired",
        ),
    ] {
        let next = home.front(&self_signed(order, &own), Before::Nothing);
        behind_the_same_port(&home, &last, &next);
        home.run("sync").expect(77, &[reason]);
        assert_eq!(next.n_secret(), 0);
        last = next;
    }
    home.answer("trust work", "")
        .expect(77, &["cannot be trusted"]);
}

#[test]
fn a_pin_holds_behind_starttls_and_for_a_certificate_of_an_unknown_authority() {
    let home = Home::new();
    let (_, good) = authority();
    let front = home.front(&good, Before::StartTls(Words::default()));
    home.behind(&front, "starttls", None);
    home.run("sync").expect(77, &["sterna trust work"]);
    home.answer("trust work", &good.sha256()[..11])
        .expect(0, &["The key is trusted"]);
    home.run("sync").expect(0, &[]);
}

#[test]
fn pins_that_cannot_be_read_stop_everything() {
    let (home, alone) = (Home::new(), self_signed(GOOD, &key()));
    let front = home.front(&alone, Before::Nothing);
    trust(&home, &front, &alone);
    fs::write(
        home.trusted(),
        format!("imap localhost {} AB:CD\n", front.port),
    )
    .unwrap();
    home.run("sync")
        .expect(77, &["what you trust cannot be read"]);
    home.answer("trust work", &alone.sha256()[..11])
        .expect(0, &["The key is trusted"]);
    home.run("sync").expect(0, &[]);
}
