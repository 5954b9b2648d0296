//! What is an address, and what is none.

use super::*;

#[test]
fn addresses_become_fit_for_the_wire() {
    for (typed, expected) in [
        ("a@b", "a@b"),
        ("a.b+c@example.org", "a.b+c@example.org"),
        ("anna@bücher.example", "anna@xn--bcher-kva.example"),
        ("jörg@bücher.example", "jörg@xn--bcher-kva.example"),
        ("用户@例え.jp", "用户@xn--r8jz45g.jp"),
        ("\"a b\"@example.org", "\"a b\"@example.org"),
        ("a@[127.0.0.1]", "a@[127.0.0.1]"),
        // Names with dots where the standard has none.
        ("taro.@docomo.ne.jp", "\"taro.\"@docomo.ne.jp"),
        ("a..b@example.org", "\"a..b\"@example.org"),
        (".a@example.org", "\".a\"@example.org"),
        ("j..\u{f6}@example.org", "\"j..\u{f6}\"@example.org"),
        ("\"a \\\"b\\\\\"@c.org", "\"a \\\"b\\\\\"@c.org"),
        // Scripts whose letters have marks: Hindi, Thai, a decomposed accent, Persian with a joiner.
        (
            "\u{938}\u{902}\u{926}\u{94d}\u{930}@example.org",
            "\u{938}\u{902}\u{926}\u{94d}\u{930}@example.org",
        ),
        (
            "\u{e19}\u{e49}\u{e33}@example.org",
            "\u{e19}\u{e49}\u{e33}@example.org",
        ),
        ("jose\u{301}@example.org", "jose\u{301}@example.org"),
        (
            "\u{645}\u{6cc}\u{200c}\u{62e}@example.org",
            "\u{645}\u{6cc}\u{200c}\u{62e}@example.org",
        ),
    ] {
        assert_eq!(on_wire(typed).as_deref(), Ok(expected), "{typed}");
    }
}

#[test]
fn what_is_unfit_is_told_apart() {
    for (typed, expected) in [
        ("a", AddressProblem::NoAt),
        ("@b", AddressProblem::LocalPart),
        ("a@", AddressProblem::Domain),
        ("a@b..c", AddressProblem::Domain),
        ("a@-b-", AddressProblem::Domain),
        ("a@b c", AddressProblem::TextAfter),
        ("a b@c", AddressProblem::TextAfter),
        ("a<x@c", AddressProblem::LocalPart),
        ("a@b>", AddressProblem::Domain),
        ("a\r\n@b", AddressProblem::Control),
        ("a\0@b", AddressProblem::Control),
        ("a\u{202e}@b", AddressProblem::Control),
        ("a\u{200b}@b", AddressProblem::Control),
        // Marks that hide: on no letter, or without a use in the script.
        ("\u{301}a@b", AddressProblem::Control),
        ("a.\u{301}b@c", AddressProblem::Control),
        ("a\u{200d}b@c", AddressProblem::Control),
        ("a\u{fe0f}@b", AddressProblem::Control),
        ("a,b@c", AddressProblem::LocalPart),
        ("a@b@c", AddressProblem::LocalPart),
        ("@a,@b:c@d.org", AddressProblem::LocalPart),
        ("\"a>b\"@c", AddressProblem::LocalPart),
        ("\"a\\>b\"@c", AddressProblem::LocalPart),
        ("\"a\"b\"@c", AddressProblem::LocalPart),
        ("\"a\\\"@c", AddressProblem::LocalPart),
        ("\"@c", AddressProblem::LocalPart),
    ] {
        assert_eq!(on_wire(typed), Err(expected), "{typed:?}");
    }
}

#[test]
fn an_address_is_as_long_as_a_server_takes_it() {
    let token = format!("reply+{}@example.org", "0".repeat(100));
    assert_eq!(on_wire(&token), Ok(token.clone()), "over 64 bytes");
    let longest = format!("{}@b.example", "a".repeat(MAX_BYTES - "@b.example".len()));
    assert_eq!(on_wire(&longest), Ok(longest.clone()));
    // With the quotes it is too long, and that is found before it is queued.
    let quoted = format!(".{}", longest.split_at(1).1);
    for long in [
        format!("a{longest}"),
        quoted,
        format!("{}@b", "a".repeat(9_999)),
    ] {
        assert_eq!(on_wire(&long), Err(AddressProblem::TooLong));
    }
}

#[test]
fn addresses_are_compared_as_servers_do() {
    assert!(same("Anna@Example.ORG", " anna@example.org"));
    assert!(same("a@bücher.example", "a@XN--bcher-kva.example"));
    assert!(!same("a@b", "a@c"));
}

#[test]
fn an_address_is_meant_by_the_beginnings_of_its_words() {
    for (typed, expected) in [
        ("an", true),
        ("Abe", true),
        ("exa", true),
        ("nna", false),
        ("org", true),
        ("abel AN", true),
        ("\"Abel <anna@", true),
        ("anna x", false),
    ] {
        let words = words(typed);
        let is_meant = is_meant("anna abel anna@example.org", &words);
        assert_eq!(is_meant, expected, "{typed}");
    }
}

#[test]
fn what_cannot_be_sent_to_is_spelled_so_that_it_is_found() {
    let spell = |name: &str, addr: &str| {
        spelled(&Address {
            name: name.to_owned(),
            addr: addr.to_owned(),
        })
    };
    for (name, addr, expected) in [
        ("", "taro.@docomo.ne.jp", "taro.@docomo.ne.jp"),
        ("", "x@y..z", "<x@y..z>"),
        ("", "a[@b", "<a[@b>"),
        ("Bob", "x@y..z", "Bob <x@y..z>"),
        ("a b@c", "", "\"a b@c\" <>"),
    ] {
        let line = spell(name, addr);
        assert_eq!(line, expected);
        let read = crate::compose::recipients::parse(&format!("{line}, b@c"));
        assert_eq!(read.is_ok(), on_wire(addr).is_ok(), "{line}");
    }
}
