//! A finished message as a mail that is written on: what `send` was given and did not leave.

use crate::compose::address::on_wire;
use crate::compose::identity::Own;
use crate::compose::recipients;
use crate::compose::reply::{self, Original};
use crate::mail::account::AccountId;
use crate::mail::composition::{Composition, ReplyKind, Source};
use crate::mail::outgoing::{Built, ComposeError};
use crate::mime::defect::Defect;
use crate::mime::message::Message;
use crate::mime::{parse, render};

/// Fields that the mail will have again, from what is typed or of its own.
const KEPT: [&str; 11] = [
    "from",
    "to",
    "cc",
    "bcc",
    "reply-to",
    "subject",
    "in-reply-to",
    "references",
    "date",
    "message-id",
    "mime-version",
];
/// Names that are listed at the most.
const MOST_NAMES: usize = 20;

/// The mail that these bytes are. Everybody to whom it was to go is addressed in it; what is attached is
/// [`Source::Given`]; what of it is not in it, `left_out` names.
///
/// # Errors
/// As [`reply::reply`].
pub fn composition(built: &Built, account: AccountId) -> Result<Composition, ComposeError> {
    let message = parse::message(&built.copy);
    let size_bytes = u64::try_from(built.copy.len()).unwrap_or(u64::MAX);
    let original = Original::new(None, &built.copy, &message, size_bytes);
    let nobody = Own {
        account,
        identities: &[],
        silent: &[],
    };
    let mut mail = reply::reply(&original, ReplyKind::Draft, nobody)?;
    mail.attachments = reply::attachments(&message, |part| Source::Given { part });
    // No other program has it, so there is no draft of its that would stay.
    mail.is_formatted = false;
    mail.left_out = left_out(&message);
    address_all(&mut mail, &built.recipients);
    Ok(mail)
}

/// Whoever is in the envelope and in no line that is read back gets a blind copy.
fn address_all(mail: &mut Composition, recipients: &[String]) {
    let read = |line: &str| recipients::parse(line).unwrap_or_default();
    let lines = [&mail.to, &mail.cc, &mail.bcc];
    let addressed = lines.into_iter().flat_map(|line| read(line));
    let addressed: Vec<String> = addressed
        .filter_map(|address| on_wire(&address.addr).ok())
        .collect();
    for recipient in recipients.iter().filter(|one| !addressed.contains(one)) {
        if !mail.bcc.is_empty() {
            mail.bcc.push_str(", ");
        }
        mail.bcc.push_str(recipient);
    }
}

/// What of a message is not in a mail that goes on from it, by the names that a reader knows.
fn left_out(message: &Message) -> Vec<String> {
    let mut all = Vec::new();
    if render::is_formatted(message) {
        all.push("HTML".to_owned());
    }
    let of_type = |wanted: &str| {
        let mut headers = message.headers.iter();
        headers.any(|header| {
            header.name.eq_ignore_ascii_case("Content-Type")
                && header
                    .value
                    .trim_start()
                    .to_ascii_lowercase()
                    .starts_with(wanted)
        })
    };
    if of_type("multipart/signed") || of_type("application/pkcs7-mime") {
        all.push("signature".to_owned());
    }
    if of_type("multipart/encrypted") {
        all.push("encryption".to_owned());
    }
    if message.defects.iter().copied().any(is_cut) {
        all.push("parts that cannot be read".to_owned());
    }
    for header in &message.headers {
        let name = header.name.to_ascii_lowercase();
        let is_kept = KEPT.contains(&name.as_str()) || name.starts_with("content-");
        let is_known = || all.iter().any(|known| known.eq_ignore_ascii_case(&name));
        if !is_kept && !is_known() {
            all.push(header.name.clone());
        }
    }
    if all.len() > MOST_NAMES {
        let n_more = all.len() - MOST_NAMES;
        all.truncate(MOST_NAMES);
        all.push(format!("{n_more} more"));
    }
    all
}

/// Whether something of a message was not taken in, so that it stands in no part.
const fn is_cut(defect: Defect) -> bool {
    matches!(
        defect,
        Defect::HeaderTooLarge | Defect::TooManyParameters | Defect::TooDeep | Defect::TooManyParts
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose;
    use crate::mail::composition::Identity;
    use crate::mail::outgoing::Moment;

    fn given(raw: &str) -> (Built, Composition) {
        let me = Identity {
            email: "anna@example.org".to_owned(),
            ..Identity::default()
        };
        let now = Moment {
            seconds: 1_790_000_000,
            offset_minutes: 60,
            random: 7,
        };
        let built = compose::parse::message(raw.as_bytes(), &me, &now).unwrap();
        let mail = composition(&built, AccountId::new(1)).unwrap();
        (built, mail)
    }

    #[test]
    fn everybody_in_the_envelope_is_addressed_however_the_fields_stand() {
        for (head, bcc) in [
            (
                "To: a@x.example\nCc: b@x.example\nBcc: c@x.example, d@x.example\n",
                "c@x.example, d@x.example",
            ),
            (
                "To: a@x.example\nTo: b@x.example\nBcc: c@x.example\nBcc: d@x.example\n",
                "",
            ),
            (
                "To: friends: a@x.example, \"B, b\" <b@x.example>;\nCc: c@x.example, d@x.example\n",
                "",
            ),
        ] {
            let (built, mail) = given(&format!("{head}Subject: s\n\ntext\n"));
            let again = compose::build::build(
                &mail,
                &[],
                &Moment {
                    seconds: 1,
                    offset_minutes: 0,
                    random: 8,
                },
            )
            .unwrap();
            let sorted = |mut all: Vec<String>| {
                all.sort_unstable();
                all
            };
            assert_eq!(sorted(again.recipients), sorted(built.recipients), "{head}");
            assert!(mail.bcc.contains(bcc), "{head}: {}", mail.bcc);
            assert_eq!((mail.subject.as_str(), mail.body.as_str()), ("s", "text\n"));
        }
    }

    #[test]
    fn what_is_not_in_the_draft_is_named() {
        for (raw, expected) in [
            (
                "To: a@x.example\nReply-To: b@x.example\nContent-Language: de\n\ntext\n",
                &[][..],
            ),
            (
                "To: a@x.example\nX-Priority: 1\nx-priority: 2\nList-Id: l\n\ntext\n",
                &["X-Priority", "List-Id"],
            ),
            (
                "To: a@x.example\nContent-Type: text/html\n\n<p>text\n",
                &["HTML"],
            ),
            (
                "To: a@x.example\nContent-Type: multipart/signed; boundary=b\n\n--b\n\ntext\n--b\n\
                 Content-Type: application/pgp-signature\n\nx\n--b--\n",
                &["signature"],
            ),
        ] {
            assert_eq!(given(raw).1.left_out, expected, "{raw}");
        }
        let many: Vec<String> = (0..30).map(|n| format!("X-{n}: x\n")).collect();
        let many = many.concat();
        let (_, mail) = given(&format!("To: a@x.example\n{many}\ntext\n"));
        assert_eq!(mail.left_out.last().unwrap(), "10 more");
    }
}
