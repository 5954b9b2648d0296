//! What a refused login most often means at the large providers. Words alone: nothing is decided by a name.

/// Ends of host names, and what their users need to know. Sources: the providers' help pages on IMAP access.
const HINTS: &[(&[&str], &str)] = &[
    (
        &["gmail.com", "googlemail.com"],
        "Gmail wants an app password (Google account, Security, 2-step verification, App passwords) or oauth-command",
    ),
    (
        &["office365.com", "outlook.com", "hotmail.com", "live.com"],
        "Microsoft takes no passwords over IMAP, only OAuth: oauth-command",
    ),
    (
        &["mail.me.com", "icloud.com"],
        "iCloud wants an app-specific password, and as user the part before the @",
    ),
    (
        &["yahoo.com", "aol.com"],
        "Yahoo and AOL want an app password (Account security, Generate app password)",
    ),
    (
        &["fastmail.com", "messagingengine.com"],
        "Fastmail wants an app password with access to mail (Settings, Privacy & Security)",
    ),
];

/// What to do about a refused login at this host; empty where nothing is known.
pub(crate) fn hint(host: &str) -> &'static str {
    let host = host.to_ascii_lowercase();
    let is_of = |end: &&str| host == **end || host.ends_with(&format!(".{end}"));
    let found = HINTS.iter().find(|(ends, _)| ends.iter().any(is_of));
    found.map_or("", |(_, hint)| *hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_providers_are_known_by_the_end_of_their_names() {
        for (host, part) in [
            ("imap.gmail.com", "app password"),
            ("IMAP.GMAIL.COM", "app password"),
            ("outlook.office365.com", "oauth-command"),
            ("imap.mail.me.com", "app-specific"),
            ("imap.mail.yahoo.com", "Yahoo"),
            ("imap.fastmail.com", "Fastmail"),
        ] {
            assert!(hint(host).contains(part), "{host}");
        }
        for host in ["imap.example.org", "notgmail.com", "gmail.com.example.org"] {
            assert_eq!(hint(host), "", "{host}");
        }
    }
}
