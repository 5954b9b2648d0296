//! What a refused login most often means at the large providers. Words alone: nothing is decided by a name.

use crate::mail::account::Protocol;

/// What the users of a provider need to know.
struct Hint {
    /// Ends of its host names.
    ends: &'static [&'static str],
    /// Where the mail server refused.
    imap: &'static str,
    /// Where the submission server did.
    smtp: &'static str,
}

const GMX: &str = "GMX and WEB.DE let programs in only where POP3 and IMAP are allowed (Settings, POP3/IMAP); beside \
                   two-factor login they want an app password";
const MAIL_RU: &str = "Mail.ru wants a password for external applications (Security, Passwords for external applications)";
const YANDEX: &str =
    "Yandex wants an app password, and mail programs allowed (Mail, Settings, Email clients)";
const ZOHO: &str = "Zoho wants IMAP switched on (Settings, Mail accounts), and an app password beside two-factor login";
const CHINESE: &str =
    "QQ and NetEase want an authorization code instead of the password (Settings, POP3/SMTP/IMAP)";

/// Sources: the providers' help pages on access with other programs.
const HINTS: &[Hint] = &[
    Hint {
        ends: &["gmail.com", "googlemail.com"],
        imap: "Gmail wants an app password (Google account, Security, 2-step verification, App passwords) or oauth-command",
        smtp: "Gmail wants an app password (Google account, Security, 2-step verification, App passwords) or oauth-command",
    },
    Hint {
        ends: &["office365.com", "outlook.com", "hotmail.com", "live.com"],
        imap: "Microsoft takes no passwords over IMAP, only OAuth: oauth-command",
        smtp: "Microsoft takes OAuth for sending (oauth-command), and only where authenticated SMTP is switched on for the mailbox",
    },
    Hint {
        ends: &["mail.me.com", "icloud.com"],
        imap: "iCloud wants an app-specific password, and as user the part before the @",
        smtp: "iCloud wants an app-specific password, and for sending the whole address as user: smtp = { user = \"...\" }",
    },
    Hint {
        ends: &["yahoo.com", "aol.com"],
        imap: "Yahoo and AOL want an app password (Account security, Generate app password)",
        smtp: "Yahoo and AOL want an app password (Account security, Generate app password)",
    },
    Hint {
        ends: &["fastmail.com", "messagingengine.com"],
        imap: "Fastmail wants an app password with access to mail (Settings, Privacy & Security)",
        smtp: "Fastmail wants an app password with access to SMTP (Settings, Privacy & Security)",
    },
    Hint {
        ends: &["gmx.net", "gmx.com", "web.de"],
        imap: GMX,
        smtp: GMX,
    },
    Hint {
        ends: &["mail.ru"],
        imap: MAIL_RU,
        smtp: MAIL_RU,
    },
    Hint {
        ends: &["yandex.ru", "yandex.com"],
        imap: YANDEX,
        smtp: YANDEX,
    },
    Hint {
        ends: &["zoho.com", "zoho.eu", "zoho.in"],
        imap: ZOHO,
        smtp: ZOHO,
    },
    Hint {
        ends: &["qq.com", "163.com", "126.com", "yeah.net"],
        imap: CHINESE,
        smtp: CHINESE,
    },
];

/// What to do about a login that the server of this name and kind refused; empty where nothing is known.
pub(crate) fn hint(protocol: Protocol, host: &str) -> &'static str {
    let host = host.to_ascii_lowercase();
    let is_of = |end: &&str| host == **end || host.ends_with(&format!(".{end}"));
    let found = HINTS.iter().find(|hint| hint.ends.iter().any(is_of));
    found.map_or("", |hint| match protocol {
        Protocol::Imap => hint.imap,
        Protocol::Smtp => hint.smtp,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_providers_are_known_by_the_end_of_their_names() {
        let hint = |host| hint(Protocol::Imap, host);
        for (host, part) in [
            ("imap.gmail.com", "app password"),
            ("IMAP.GMAIL.COM", "app password"),
            ("outlook.office365.com", "oauth-command"),
            ("imap.mail.me.com", "app-specific"),
            ("imap.mail.yahoo.com", "Yahoo"),
            ("imap.fastmail.com", "Fastmail"),
            ("imap.gmx.net", "GMX"),
            ("imap.mail.ru", "external applications"),
            ("imap.yandex.com", "Yandex"),
            ("imappro.zoho.eu", "Zoho"),
            ("imap.qq.com", "authorization code"),
            ("imap.163.com", "authorization code"),
        ] {
            assert!(hint(host).contains(part), "{host}");
        }
        for host in [
            "imap.example.org",
            "notgmail.com",
            "gmail.com.example.org",
            "hotmail.ru",
        ] {
            assert_eq!(hint(host), "", "{host}");
        }
    }

    #[test]
    fn who_sends_is_told_of_sending() {
        for (host, part) in [
            ("smtp.gmail.com", "app password"),
            ("smtp-mail.outlook.com", "for sending"),
            ("smtp.mail.me.com", "whole address"),
            ("smtp.fastmail.com", "SMTP"),
        ] {
            let hint = hint(Protocol::Smtp, host);
            assert!(
                hint.contains(part) && !hint.contains("IMAP"),
                "{host}: {hint}"
            );
        }
    }
}
