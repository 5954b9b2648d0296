//! How much a server takes at once, in words for people.

use crate::remote::strategy::Choice;
use crate::remote::strategy::capability::Capabilities;

/// The limits that commands keep to.
#[must_use]
pub fn limits(capabilities: &Capabilities) -> Vec<Choice> {
    let messages = match capabilities.message_limit() {
        Some(limit) => Choice {
            need: "many messages at once",
            way: "MESSAGELIMIT",
            effect: format!("the server goes {limit} at a time; it is asked for the rest"),
            why: String::new(),
        },
        None => Choice {
            need: "many messages at once",
            way: "no limit",
            effect: "the server sets none".to_owned(),
            why: String::new(),
        },
    };
    let bytes = capabilities.line_limit();
    let why = if capabilities.has_mod_sequences() {
        String::new()
    } else {
        "a server without CONDSTORE need not take more".to_owned()
    };
    let lines = Choice {
        need: "long commands",
        way: "pieces",
        effect: format!("what names many messages is sent in lines of at most {bytes} bytes"),
        why,
    };
    vec![messages, lines]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_told_with_its_number() {
        let told = |names: &[&str], disable: &[&str]| {
            let words = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
            let (names, disable): (Vec<String>, Vec<String>) = (words(names), words(disable));
            let limits = limits(&Capabilities::new(&names, &disable));
            limits
                .into_iter()
                .map(|choice| choice.effect)
                .collect::<Vec<_>>()
        };
        let limited = ["MESSAGELIMIT=1000", "CONDSTORE"];
        let [messages, lines] = &told(&limited, &[])[..] else {
            panic!("two limits")
        };
        assert!(messages.contains("1000 at a time"), "{messages}");
        assert!(lines.contains("8000 bytes"), "{lines}");
        let free = &told(&limited, &["MESSAGELIMIT"])[0];
        assert!(free.contains("sets none"), "{free}");
        assert!(told(&[], &[])[1].contains("980 bytes"));
    }
}
