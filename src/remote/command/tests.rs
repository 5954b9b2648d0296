//! Commands as they stand on the wire, and bytes that no command may carry.

use super::*;

#[test]
fn strings_take_the_shortest_form_that_carries_them() {
    for (bytes, expected) in [
        (&b"INBOX"[..], "SELECT INBOX"),
        (b"", "SELECT \"\""),
        (b"nil", "SELECT \"nil\""),
        (b"a b", "SELECT \"a b\""),
        (b"a\"b\\c", "SELECT \"a\\\"b\\\\c\""),
        (b"[Gmail]/All", "SELECT [Gmail]/All"),
        (b"100%", "SELECT \"100%\""),
        (b"Entw&APw-rfe", "SELECT Entw&APw-rfe"),
        (b"\xc3\xa9", "SELECT <redacted 2>"),
        (b"\x1b", "SELECT \"\u{1b}\""),
    ] {
        let command = Command::new("SELECT").astring(bytes).unwrap();
        assert_eq!(command.to_string(), expected);
    }
}

#[test]
fn bytes_that_would_end_a_command_are_refused() {
    for bytes in [&b"x\r\nz DELETE y"[..], b"a\nb", b"a\0b", b"\r"] {
        let name = MailboxName::from_raw(bytes);
        assert!(Command::new("SELECT").mailbox(&name).is_err());
    }
    for flag in ["a b", "a\r\n", "", "\\", "a)", "é", "a]"] {
        assert!(Command::new("X").flags([flag]).is_err(), "{flag:?}");
    }
    assert!(Command::new("X").literal(vec![0]).is_err());
    assert!(Command::new("X").literal(b"\r\n".to_vec()).is_ok());
}

#[test]
fn flags_keep_their_backslash() {
    let command = Command::new("X").flags(["\\Seen", "$Junk"]).unwrap();
    assert_eq!(command.to_string(), "X (\\Seen $Junk)");
}

#[test]
fn sets_are_cut_at_the_line_limit_and_nothing_is_lost() {
    let mut set = UidSet::new();
    for n in 1..5000_u32 {
        set.insert_range(n * 3, n * 3 + 1);
    }
    for limit in [1, 20, 980, 8000, usize::MAX] {
        let pieces = split(&set, limit);
        let mut all = UidSet::new();
        for piece in &pieces {
            let n = piece.to_string().len();
            assert!(n <= limit || piece.ranges().len() == 1);
            for (low, high) in piece.ranges() {
                all.insert_range(*low, *high);
            }
        }
        assert_eq!(all, set);
    }
    assert!(split(&UidSet::new(), 100).is_empty());
}

#[test]
fn only_our_own_tags_are_read() {
    assert_eq!(Tag::parse(b"S12"), Some(Tag::new(12)));
    for other in [
        &b"a1"[..],
        b"S",
        b"S+1",
        b"S1x",
        b"s1",
        b"S99999999999",
        b"*",
    ] {
        assert_eq!(Tag::parse(other), None);
    }
}
