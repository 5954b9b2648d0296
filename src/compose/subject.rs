//! Subjects of answers: one `Re:`, however many languages have answered before.

/// What mail programs put before the subject of a reply, lower case.
const REPLIES: &[&str] = &[
    "re",
    "aw",
    "antw",
    "antwort",
    "sv",
    "vs",
    "rif",
    "r",
    "res",
    "rsp",
    "odp",
    "ynt",
    "vá",
    "atb",
    "bls",
    "ang",
    "rép",
    "απ",
    "σχετ",
    "ответ",
    "отв",
    "на",
    "回复",
    "答复",
    "回覆",
    "返信",
    "답장",
    "תגובה",
    "رد",
];

/// The same for what was forwarded.
const FORWARDS: &[&str] = &[
    "fwd",
    "fw",
    "wg",
    "tr",
    "vb",
    "vl",
    "rv",
    "enc",
    "doorst",
    "pd",
    "i",
    "ilt",
    "továbbítás",
    "πρθ",
    "пересл",
    "转发",
    "轉寄",
    "転送",
    "전달",
    "הועבר",
    "إعادة توجيه",
];

/// The subject of a reply: one `Re:`, and a list's tag where it stood.
#[must_use]
pub fn reply(subject: &str) -> String {
    format!("Re: {}", without(subject, REPLIES))
        .trim_end()
        .to_owned()
}

/// The subject of a forwarded mail: one `Fwd:` before what it was.
#[must_use]
pub fn forward(subject: &str) -> String {
    format!("Fwd: {}", without(subject, FORWARDS))
        .trim_end()
        .to_owned()
}

/// Takes such prefixes off, also behind the tag of a mailing list: `[tag] Re: [tag] x` becomes `[tag] x`.
fn without(subject: &str, prefixes: &[&str]) -> String {
    let mut rest = clean(subject);
    let mut tag: Option<String> = None;
    loop {
        if let Some(after) = strip(&rest, prefixes) {
            rest = after;
            continue;
        }
        let Some((found, after)) = bracketed(&rest) else {
            break;
        };
        let is_same = tag.as_deref() == Some(found.as_str());
        if !is_same && strip(&after, prefixes).is_none() {
            break;
        }
        if tag.is_some() && !is_same {
            break;
        }
        (tag, rest) = (Some(found), after);
    }
    match tag {
        Some(tag) => format!("{tag} {rest}"),
        None => rest,
    }
}

/// On one line, without blanks at its ends.
fn clean(subject: &str) -> String {
    crate::compose::address::clean_name(subject)
}

/// `[tag] rest`.
fn bracketed(text: &str) -> Option<(String, String)> {
    let (tag, after) = text.strip_prefix('[')?.split_once(']')?;
    let fits = !tag.is_empty() && tag.len() <= 60 && !tag.contains('[');
    fits.then(|| (format!("[{tag}]"), after.trim_start().to_owned()))
}

/// Takes one prefix off: `Re:`, `RE[2]:`, `Re (3):`, `Re^2:`, `AW :`, with a colon of any width.
fn strip(text: &str, prefixes: &[&str]) -> Option<String> {
    let (before, after) = text.split_once([':', '：'])?;
    let word = before.trim_end();
    let word = word.trim_end_matches(|c: char| c.is_ascii_digit() || "[](){}^*".contains(c));
    let word = word.trim_end().to_lowercase();
    let number = before.get(word.len()..).unwrap_or(before).trim();
    let is_number = number.is_empty()
        || number
            .chars()
            .all(|c| c.is_ascii_digit() || "[](){}^*".contains(c))
            && number.chars().any(|c| !c.is_ascii_digit());
    let is_prefix = is_number && prefixes.contains(&word.as_str());
    is_prefix.then(|| after.trim_start().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_has_one_prefix() {
        for (subject, expected) in [
            ("hello", "Re: hello"),
            ("", "Re:"),
            ("Re: hello", "Re: hello"),
            ("RE: re: Re: hello", "Re: hello"),
            ("Re[2]: hello", "Re: hello"),
            ("Re^3: Re(2): Re *4: hello", "Re: hello"),
            ("AW: Antw: SV: VS: Odp: hello", "Re: hello"),
            ("Re : hello", "Re: hello"),
            ("回复：你好", "Re: 你好"),
            ("Ответ: привет", "Re: привет"),
            ("Fwd: hello", "Re: Fwd: hello"),
            ("[list] hello", "Re: [list] hello"),
            ("Re: [list] Re: hello", "Re: [list] hello"),
            ("[list] Re: [list] AW: hello", "Re: [list] hello"),
            ("[a] [b] hello", "Re: [a] [b] hello"),
            ("[a] Re: [b] hello", "Re: [a] [b] hello"),
            ("Regarding: hello", "Re: Regarding: hello"),
            // What it refers to, not that it answers.
            ("Ref: 4711 your claim", "Re: Ref: 4711 your claim"),
            ("R\u{e9}f : 4711", "Re: R\u{e9}f : 4711"),
            ("Re2: hello", "Re: Re2: hello"),
            ("10:30 tomorrow", "Re: 10:30 tomorrow"),
            ("x\r\nBcc: v", "Re: x  Bcc: v"),
        ] {
            assert_eq!(reply(subject), expected, "{subject:?}");
        }
    }

    #[test]
    fn a_forwarded_mail_keeps_what_it_was() {
        for (subject, expected) in [
            ("hello", "Fwd: hello"),
            ("Re: hello", "Fwd: Re: hello"),
            ("Fwd: WG: hello", "Fwd: hello"),
            ("", "Fwd:"),
        ] {
            assert_eq!(forward(subject), expected, "{subject:?}");
        }
    }
}
