//! Targets of the nouns: mailbox names, UID sets, public IDs, text for the screen.

use std::collections::BTreeSet;

use sterna::mail::character::{Fate, Use, fate};
use sterna::mail::mailbox::MailboxName;
use sterna::mail::part::PartPath;
use sterna::mail::safe_text::SafeText;
use sterna::mail::uid_set::UidSet;
use sterna::mail::utf7;
use sterna::store::public_id::PublicId;

/// Modified UTF-7: any bytes can be shown, and what a person types comes back as typed.
pub fn utf7(bytes: &[u8]) {
    let shown = utf7::decode(bytes);
    let typed = String::from_utf8_lossy(bytes);
    for name in [shown.as_str(), &typed] {
        let encoded = utf7::encode(name);
        assert!(encoded.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        assert_eq!(utf7::decode(encoded.as_bytes()), name);
        let mailbox = MailboxName::from_display(name);
        assert!(mailbox.is_inbox() || mailbox.display() == name, "{name:?}");
    }
    let raw = MailboxName::from_raw(bytes);
    assert!(raw.raw() == bytes || raw.is_inbox(), "the raw name is kept");
}

/// UID sets: what is written is read again, and sets do what sets of numbers do.
pub fn uid_set(bytes: &[u8]) {
    if let Some(set) = UidSet::parse(bytes) {
        let mut last = 0_u64;
        for (low, high) in set.ranges() {
            assert!(low <= high && u64::from(*low) > last, "{set}");
            last = u64::from(*high) + 1;
        }
        if !set.is_empty() {
            assert_eq!(UidSet::parse(set.to_string().as_bytes()), Some(set.clone()));
        }
        assert!(set.minus(&set).is_empty());
        for piece in sterna::remote::command::split(&set, 30) {
            assert!(piece.minus(&set).is_empty());
        }
    }
    // The same steps on a model, with numbers small enough to meet.
    let (mut set, mut model) = (UidSet::new(), BTreeSet::new());
    for step in bytes.chunks_exact(3) {
        let (low, high) = (
            u32::from(step[1] % 40) + 1,
            u32::from(step[1] % 40 + step[2] % 9),
        );
        if step[0] % 3 == 0 {
            set.remove_range(low, high);
            model.retain(|n| !(low..=high).contains(n));
        } else {
            set.insert_range(low, high);
            model.extend(low..=high);
        }
    }
    let numbers: Vec<u32> = set.iter().map(sterna::mail::uid::Uid::get).collect();
    assert_eq!(numbers, model.iter().copied().collect::<Vec<_>>());
    assert_eq!(set.len(), model.len() as u64);
    assert!(
        set.ranges()
            .windows(2)
            .all(|pair| pair[0].1 + 1 < pair[1].0),
        "{set}"
    );
}

/// Names that come from a shell: what is accepted is what is printed.
pub fn names(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(id) = PublicId::parse(&text) {
        assert_eq!(PublicId::parse(&id.to_string()), Some(id));
    }
    if let Some(path) = PartPath::parse(&text) {
        assert_eq!(PartPath::parse(&path.to_string()), Some(path));
    }
}

/// The sanitiser: nothing that steers a terminal or turns text around, and no more than was asked for.
pub fn safe_text(bytes: &[u8]) {
    let foreign = String::from_utf8_lossy(bytes);
    for (text, usage) in [
        (SafeText::line(&foreign), Use::Line),
        (SafeText::body(&foreign), Use::Body),
        (SafeText::line_up_to(&foreign, 20), Use::Line),
    ] {
        for c in text.as_str().chars() {
            assert!(
                matches!(fate(c, usage), Fate::Keep | Fate::Mark),
                "{c:?} in {:?}",
                text.as_str()
            );
            assert!(!c.is_control(), "{c:?}");
        }
    }
    let short = SafeText::line_up_to(&foreign, 20);
    // A character that is told by its number takes several; the dots of a cut text are one more.
    assert!(short.as_str().chars().count() <= 20 + 12, "{short}");
}
