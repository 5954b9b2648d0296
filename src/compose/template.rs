//! A mail as a text for an editor: some header lines, an empty line, the body. What is attached does not stand in it.

use std::collections::BTreeSet;

use crate::mail::composition::Composition;
use crate::mail::outgoing::{ComposeError, TemplateProblem};
use crate::mail::safe_text::SafeText;

/// The fields that can be edited, in their order.
const FIELDS: [&str; 6] = ["From", "To", "Cc", "Bcc", "Reply-To", "Subject"];

/// Writes it; lines end with LF.
#[must_use]
pub fn write(mail: &Composition) -> String {
    let mut copy = mail.clone();
    let mut out = String::new();
    for (name, value) in FIELDS.into_iter().zip(values(&mut copy)) {
        // Nobody misses a line that is hardly ever used.
        if name == "Reply-To" && value.is_empty() {
            continue;
        }
        let one_line = value.replace(['\r', '\n'], " ");
        out.push_str(format!("{name}: {one_line}").trim_end());
        out.push('\n');
    }
    out.push('\n');
    out.push_str(&mail.body);
    out
}

/// Reads it back into the mail from which it was written. A field that was taken out is empty.
///
/// # Errors
/// The first line of the head that is no field, or one that cannot be edited here, or a second of its kind.
pub fn read(text: &str, before: &Composition) -> Result<Composition, ComposeError> {
    let text = text
        .strip_prefix('\u{feff}')
        .unwrap_or(text)
        .replace("\r\n", "\n")
        .replace('\r', "\n");
    let mut mail = before.clone();
    values(&mut mail).into_iter().for_each(String::clear);
    let mut seen = BTreeSet::new();
    let mut current: Option<usize> = None;
    let mut lines = text.split('\n').enumerate();
    for (n, line) in lines.by_ref() {
        if line.trim().is_empty() {
            break;
        }
        let wrong = |problem| ComposeError::Template {
            line: n + 1,
            problem,
        };
        let (at, value) = match current {
            Some(at) if line.starts_with([' ', '\t']) => (at, line.trim()),
            _ => {
                let (at, value) = field(line).map_err(wrong)?;
                if !seen.insert(at) {
                    let name = FIELDS.get(at).copied().unwrap_or_default();
                    return Err(wrong(TemplateProblem::Twice(name)));
                }
                (at, value)
            }
        };
        current = Some(at);
        if let Some(kept) = values(&mut mail).into_iter().nth(at) {
            if !kept.is_empty() && !value.is_empty() {
                kept.push(' ');
            }
            kept.push_str(value);
        }
    }
    let body: Vec<&str> = lines.map(|(_, line)| line).collect();
    mail.body = body.join("\n");
    Ok(mail)
}

/// Which field a line begins, and what it says.
fn field(line: &str) -> Result<(usize, &str), TemplateProblem> {
    let (name, value) = line.split_once(':').ok_or(TemplateProblem::NotAField)?;
    if name.starts_with([' ', '\t']) {
        return Err(TemplateProblem::NotAField);
    }
    let mut known = FIELDS.iter();
    let at = known.position(|field| field.eq_ignore_ascii_case(name.trim()));
    let unknown = || TemplateProblem::Unknown(SafeText::line_up_to(name, 80));
    Ok((at.ok_or_else(unknown)?, value.trim()))
}

/// The values in the order of the fields.
fn values(mail: &mut Composition) -> [&mut String; 6] {
    [
        &mut mail.from,
        &mut mail.to,
        &mut mail.cc,
        &mut mail.bcc,
        &mut mail.reply_to,
        &mut mail.subject,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn problem(text: &str) -> (usize, TemplateProblem) {
        match read(text, &Composition::default()) {
            Err(ComposeError::Template { line, problem }) => (line, problem),
            other => panic!("{text:?}: {other:?}"),
        }
    }

    #[test]
    fn the_head_is_read_strictly() {
        let text = "from: a@b\nTO: c@d,\n  e@f\nSubject:  x: y \n\nbody\n\nmore";
        let mail = read(text, &Composition::default()).unwrap();
        assert_eq!((mail.from.as_str(), mail.to.as_str()), ("a@b", "c@d, e@f"));
        assert_eq!(
            (mail.subject.as_str(), mail.body.as_str()),
            ("x: y", "body\n\nmore")
        );
        let unknown = TemplateProblem::Unknown(SafeText::own("X-Mailer"));
        assert_eq!(problem("To: a@b\nX-Mailer: y\n\n"), (2, unknown));
        assert_eq!(problem("Hello Anna,\n\n"), (1, TemplateProblem::NotAField));
        assert_eq!(problem(" To: a@b\n\n"), (1, TemplateProblem::NotAField));
        assert_eq!(
            problem("To: a@b\nCc: x\nto: c@d\n"),
            (3, TemplateProblem::Twice("To"))
        );
    }

    #[test]
    fn what_is_not_in_the_text_stays() {
        let before = Composition {
            cc: "x@y".to_owned(),
            in_reply_to: Some("a@b".to_owned()),
            ..Composition::default()
        };
        let mail = read("To: c@d\n\nbody", &before).unwrap();
        assert_eq!(mail.cc, "");
        assert_eq!(mail.in_reply_to, before.in_reply_to);
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(
            to in "[a-z@:,.\u{fc} ]{0,40}",
            subject in "[\\PC]{0,60}",
            body in "([\\PC]{0,20}\n?){0,8}",
        ) {
            let mail = Composition {
                to: to.trim().to_owned(),
                subject: subject.trim().to_owned(),
                body,
                ..Composition::default()
            };
            prop_assert_eq!(read(&write(&mail), &mail).unwrap(), mail);
        }
    }
}
