//! Names that only a literal can carry, with each way in which a server takes one. RFC 7888.

use sterna::demo::dialect::Dialect;

use crate::equal::assert_equal;
use crate::place::{Place, deliver};

const NAME: &str = "Entw\u{fc}rfe \u{1f426}";

#[test]
fn a_folder_whose_name_is_no_ascii_is_read_in_each_way() {
    let base = || Dialect::full().without("LITERAL+");
    for (what, dialect, disable, form) in [
        ("LITERAL+", base().with("LITERAL+"), &[][..], "{14+}"),
        ("LITERAL-", base().with("LITERAL-"), &[], "{14+}"),
        ("none", base(), &[], "{14}"),
        ("bare", Dialect::bare(), &[], "{14}"),
        (
            "switched off",
            base().with("LITERAL+"),
            &["LITERAL+"],
            "{14}",
        ),
    ] {
        let mut place = Place::with(dialect, 3);
        place.settings.disable = disable.iter().map(|&name: &&str| name.to_owned()).collect();
        for number in 10..40 {
            deliver(&place.server, NAME, number, &[]);
        }
        let mut desk = place.open();
        desk.sync();
        assert_equal(&place.server, &mut desk, what);
        deliver(&place.server, NAME, 50, &["\\Seen"]);
        desk.sync();
        assert_equal(&place.server, &mut desk, what);
        let log = place.server.log();
        let selects = log
            .iter()
            .filter(|entry| entry.name == "SELECT" && entry.line.contains('{'));
        let forms: Vec<bool> = selects.map(|entry| entry.line.contains(form)).collect();
        assert!(
            forms.len() >= 2 && forms.iter().all(|is_so| *is_so),
            "{what}: {log:?}"
        );
    }
}
