//! What looks wrong with a mail that is about to be sent: said once, never a reason to refuse it.

use crate::compose::address::same;
use crate::compose::quote::FORWARDED;
use crate::compose::recipients;
use crate::mail::account::AccountId;
use crate::mail::composition::{Composition, Identity, OriginKind, Warning};

/// Lines of a text that are looked at.
const LINES: usize = 5_000;

/// Beginnings of words that speak of an attachment, lower case.
const BEGINNINGS: &[&str] = &[
    // English, German, Dutch.
    "attach",
    "enclos",
    "anhang",
    "anhäng",
    "angehäng",
    "anbei",
    "beigefüg",
    "beilieg",
    "beigeleg",
    "bijlage",
    "bijgevoeg",
    // French, Spanish, Portuguese, Italian, Romanian.
    "ci-joint",
    "pièce-jointe",
    "adjunt",
    "anexo",
    "anexad",
    "atașa",
    "ataşa",
    "atasat",
    "atașament",
    // Swedish, Norwegian, Danish, Finnish, Estonian.
    "bifoga",
    "bilaga",
    "bilagt",
    "vedlagt",
    "vedlegg",
    "vedhæft",
    "liite",
    "liitteenä",
    "liittee",
    // Polish, Czech, Slovak, Croatian, Slovene, Hungarian.
    "załącz",
    "załączni",
    "přílo",
    "přilož",
    "prílo",
    "prilož",
    "privit",
    "prilog",
    "pripon",
    "priložen",
    "csatol",
    "mellékel",
    // Turkish, Greek, Russian, Ukrainian, Bulgarian.
    "ekteki",
    "ilişik",
    "συνημμέν",
    "επισυνάπτ",
    "прикреп",
    "прилож",
    "вложен",
    "приложен",
    "прикріп",
    "вкладен",
    "прикачен",
    // Hebrew, Arabic, Persian.
    "מצורף",
    "מצורפת",
    "מצ\"ב",
    "בקובץ",
    "مرفق",
    "المرفق",
    "پیوست",
];

/// The same as whole words: others that begin so say something else (allegation, manuscript).
const WORDS: &[&str] = &[
    // Italian.
    "allego",
    "alleghiamo",
    "allegando",
    "allegato",
    "allegata",
    "allegati",
    "allegate",
    // Estonian.
    "manus",
    "manuse",
    "manused",
    "manuses",
    "manusena",
    "manusega",
    "manuste",
    "manustatud",
];

/// The same as two words.
const PHRASES: &[&str] = &[
    "pièce jointe",
    "pièces jointes",
    "piece jointe",
    "en annexe",
    "im anhang",
    "w załączeniu",
    "во вложении",
    "см. вложение",
    "ek olarak",
    "ekte",
    "đính kèm",
];

/// The same in scripts without blanks.
const ANYWHERE: &[&str] = &["添付", "附件", "附上", "随信附", "첨부", "แนบ"];

/// Looks at a mail; `identities` are those of all accounts.
#[must_use]
pub fn check(mail: &Composition, identities: &[(AccountId, Identity)]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if mail.attachments.is_empty()
        && let Some(word) = attachment_word(mail)
    {
        warnings.push(Warning::NoAttachment(word));
    }
    if mail.subject.trim().is_empty() {
        warnings.push(Warning::NoSubject);
    }
    let is_empty = |line: &str| recipients::parse(line).is_ok_and(|list| list.is_empty());
    if [&mail.to, &mail.cc, &mail.bcc]
        .into_iter()
        .all(|line| is_empty(line))
    {
        warnings.push(Warning::NoRecipient);
    }
    warnings.extend(other_identity(mail, identities));
    if !mail.unread_head.is_empty() && mail.body.starts_with(&mail.unread_head) {
        let first = mail.unread_head.lines().next().unwrap_or_default();
        warnings.push(Warning::UnreadHead(first.to_owned()));
    }
    if mail.is_formatted {
        warnings.push(Warning::Formatting);
    }
    if !mail.left_out.is_empty() {
        warnings.push(Warning::LeftOut(mail.left_out.clone()));
    }
    warnings
}

fn other_identity(mail: &Composition, identities: &[(AccountId, Identity)]) -> Option<Warning> {
    let origin = mail
        .origin
        .as_ref()
        .filter(|origin| origin.kind == OriginKind::Reply)?;
    let from = recipients::parse(&mail.from).ok()?;
    let from = from.first()?;
    let Some(first) = origin.addressed.first() else {
        return is_choice(identities).then_some(Warning::UnknownIdentity);
    };
    let was_addressed = origin.addressed.iter().any(|addr| same(addr, &from.addr));
    (!was_addressed).then(|| Warning::OtherIdentity(first.clone()))
}

/// Whether there is more than one address to write under; accounts may share one.
fn is_choice(identities: &[(AccountId, Identity)]) -> bool {
    let mut emails = identities.iter().map(|(_, identity)| &identity.email);
    let first = emails.next();
    first.is_some_and(|first| emails.any(|other| !same(first, other)))
}

/// The word of the subject or the own text that speaks of an attachment: not of what is quoted or forwarded.
fn attachment_word(mail: &Composition) -> Option<String> {
    let is_answer = mail
        .origin
        .as_ref()
        .is_some_and(|origin| origin.kind == OriginKind::Reply);
    // The subject of an answer is not the user's.
    let subject = Some(mail.subject.as_str()).filter(|_| !is_answer && mail.origin.is_none());
    let own = mail
        .body
        .lines()
        .take(LINES)
        .take_while(|line| *line != "-- " && *line != FORWARDED)
        .filter(|line| !line.starts_with('>'));
    subject.into_iter().chain(own).find_map(word_in)
}

fn word_in(line: &str) -> Option<String> {
    let lower = line.to_lowercase();
    let phrase = PHRASES.iter().find(|phrase| holds_phrase(&lower, phrase));
    if let Some(phrase) = phrase.or_else(|| ANYWHERE.iter().find(|word| lower.contains(**word))) {
        return Some((*phrase).to_owned());
    }
    let is_edge = |c: char| !c.is_alphanumeric() && !matches!(c, '-' | '"');
    let mut words = lower
        .split(is_edge)
        .map(|word| word.trim_matches(['-', '"']));
    let word = words.find(|word| {
        WORDS.contains(word) || BEGINNINGS.iter().any(|start| word.starts_with(start))
    })?;
    Some(word.to_owned())
}

/// Whether the phrase stands there as whole words.
fn holds_phrase(line: &str, phrase: &str) -> bool {
    line.match_indices(phrase).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        let after = line
            .get(at + phrase.len()..)
            .and_then(|after| after.chars().next());
        [before, after]
            .into_iter()
            .flatten()
            .all(|c| !c.is_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::composition::Origin;
    use crate::mail::message_id::MessageId;

    fn mail(body: &str) -> Composition {
        Composition {
            from: "me@example.org".to_owned(),
            to: "a@b".to_owned(),
            subject: "x".to_owned(),
            body: body.to_owned(),
            ..Composition::default()
        }
    }

    #[test]
    fn texts_that_speak_of_attachments_are_known_in_many_languages() {
        for body in [
            "Please see the attached file.",
            "Im Anhang findest du alles",
            "Anbei die Rechnung",
            "Voir la pièce jointe.",
            "Te mando el archivo adjunto",
            "In allegato trovi il file",
            "Segue em anexo o documento",
            "Ti allego il contratto",
            "Fail on manuses",
            "Zie de bijlage",
            "Se bifogad fil",
            "Ohessa liitteenä raportti",
            "W załączeniu przesyłam",
            "V příloze posílám",
            "Csatolva küldöm",
            "Ekteki dosya",
            "Файл во вложении",
            "Στο συνημμένο αρχείο",
            "ファイルを添付します",
            "请查看附件",
            "첨부 파일",
            "הקובץ מצורף",
            "الملف المرفق",
        ] {
            let warnings = check(&mail(body), &[]);
            assert!(
                matches!(warnings.as_slice(), [Warning::NoAttachment(_)]),
                "{body}: {warnings:?}"
            );
        }
        for body in [
            "Nothing special.",
            "> see the attached file\nthanks",
            "ok\n-- \nattached to nobody",
            "---------- Forwarded message ----------\nsee attached",
            "reattached the cable",
            "the alleged facts, or allegations",
            "she alleges it allegedly",
            "the manuscript of an allegory",
            "manuscritos",
            "objekte",
        ] {
            assert_eq!(check(&mail(body), &[]), [], "{body}");
        }
    }

    #[test]
    fn missing_things_are_said() {
        let empty = Composition::default();
        assert_eq!(
            check(&empty, &[]),
            [Warning::NoSubject, Warning::NoRecipient]
        );
        let mut only_bcc = mail("x");
        (only_bcc.to, only_bcc.bcc) = (String::new(), "a@b".to_owned());
        assert_eq!(check(&only_bcc, &[]), []);
    }

    #[test]
    fn an_answer_from_another_address_is_said() {
        let identity = |account: u32, email: &str| {
            let identity = Identity {
                email: email.to_owned(),
                ..Identity::default()
            };
            (AccountId::new(account), identity)
        };
        let identities = [
            identity(1, "me@example.org"),
            identity(2, "Me@example.org"),
            identity(2, "work@example.org"),
        ];
        let mut answer = mail("x");
        let mut origin = Origin {
            message: MessageId::new(1).unwrap(),
            kind: OriginKind::Reply,
            addressed: vec!["work@example.org".to_owned()],
        };
        answer.origin = Some(origin.clone());
        let warning = Warning::OtherIdentity("work@example.org".to_owned());
        assert_eq!(check(&answer, &identities), [warning]);
        origin.addressed.push("ME@example.org".to_owned());
        answer.origin = Some(origin.clone());
        assert_eq!(check(&answer, &identities), []);
        origin.addressed.clear();
        answer.origin = Some(origin);
        assert_eq!(check(&answer, &identities), [Warning::UnknownIdentity]);
        assert_eq!(check(&answer, &identities[..2]), [], "one address");
    }
}
