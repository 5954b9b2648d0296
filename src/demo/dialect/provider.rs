//! The dialects of well-known servers. Capability lines are word for word what the source named there shows; what the
//! demo server does not know of them it answers with BAD. STARTTLS is left out: it is for the tests of encryption.

use crate::demo::dialect::oddity::Oddity;
use crate::demo::dialect::{Dialect, Telling};
use crate::demo::namespace::{Namespace, Namespaces};

impl Dialect {
    /// Every dialect that differs in what a client has to do, by name: the rows of the acceptance table.
    pub fn all() -> Vec<(&'static str, Self)> {
        vec![
            ("qresync", Self::full()),
            ("condstore", Self::condstore_only()),
            ("bare", Self::bare()),
            ("gmail", Self::gmail()),
            ("microsoft", Self::microsoft()),
            ("courier", Self::courier()),
            ("icloud", Self::icloud()),
            ("qq", Self::qq()),
            ("netease", Self::netease()),
            ("mail_ru", Self::mail_ru()),
            ("mailo", Self::mailo()),
            ("yahoo", Self::yahoo()),
        ]
    }

    /// Gmail: CONDSTORE without QRESYNC, mailboxes that are labels.
    pub fn gmail() -> Self {
        // After login: imapsync/imapsync#338.
        Self::saying(
            "IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 UIDPLUS COMPRESS=DEFLATE ENABLE MOVE \
             CONDSTORE ESEARCH UTF8=ACCEPT LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE APPENDLIMIT=35651584",
        )
        // Before login: zone-eu/wildduck#943. An untagged line tells the rest: modern-email/defects#18.
        .telling(
            Telling::Untagged,
            "IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 XYZZY SASL-IR AUTH=XOAUTH2 AUTH=PLAIN \
             AUTH=PLAIN-CLIENTTOKEN AUTH=OAUTHBEARER",
        )
        // imapsync/imapsync#239.
        .greeting_with("Gimap ready for requests from 127.0.0.1 sterna")
        .odd(&[Oddity::Labels, Oddity::ChildlessRelated])
    }

    /// Microsoft 365: no mod-sequences, no extended LIST, `IMAP4rev2` in name only.
    pub fn microsoft() -> Self {
        // After login: jstedfast/MailKit#2016, the tenants that are offered a broken IMAP4rev2.
        Self::saying(
            "IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT ENABLE IMAP4rev2 CLIENTACCESSRULES \
             CLIENTNETWORKPRESENCELOCATION BACKENDAUTHENTICATE BACKENDAUTHENTICATE-IR CHILDREN IDLE NAMESPACE LITERAL+",
        )
        // Before login, and only when asked: imapsync/imapsync#368.
        .telling(
            Telling::Asked,
            "IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+",
        )
        // jstedfast/MailKit#1282.
        .greeting_with("The Microsoft Exchange IMAP4 service is ready.")
        .odd(&[
            Oddity::RolesUnannounced,
            Oddity::InboxInSmallLetters,
            Oddity::NoKeywordSearch,
            Oddity::FixedFlags,
            Oddity::SizeEstimated,
            Oddity::EncodingNil,
        ])
    }

    /// Courier: everything below `INBOX.`, no mod-sequences, no MOVE, no extended LIST.
    pub fn courier() -> Self {
        // owncloud-archive/mail#1320, greeting and answer to CAPABILITY; the login tells nothing.
        let line = "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE \
                    AUTH=PLAIN ACL ACL2=UNION";
        Self::saying(line)
            .telling(Telling::Greeting, line)
            .greeting_with(
                "Courier-IMAP ready. Copyright 1998-2011 Double Precision, Inc.  See COPYING for distribution \
                 information.",
            )
            // lefcha/imapfilter#19.
            .within(Namespaces {
                personal: vec![dotted("INBOX.")],
                others: Vec::new(),
                shared: vec![dotted("#shared."), dotted("shared.")],
                are_apart: true,
            })
            .odd(&[
                Oddity::OnlyBelowPrefix,
                Oddity::NoForBad,
                Oddity::UidNextByStatus,
                Oddity::QuotaWithoutList,
            ])
    }

    /// iCloud: QRESYNC that is switched on in silence, LIST-STATUS without LIST-EXTENDED.
    pub fn icloud() -> Self {
        // nextcloud/mail#3401, both lines and the greeting; the login tells nothing.
        Self::saying(
            "XAPPLEPUSHSERVICE IMAP4 IMAP4rev1 CONDSTORE ENABLE QRESYNC QUOTA NAMESPACE UIDPLUS CHILDREN BINARY UNSELECT \
             SORT CATENATE URLAUTH LANGUAGE ESEARCH ESORT THREAD=ORDEREDSUBJECT THREAD=REFERENCES CONTEXT=SEARCH \
             CONTEXT=SORT WITHIN SASL-IR SEARCHRES METADATA ID XMSEARCH X-SUN-SORT ANNOTATE-EXPERIMENT-1 \
             X-UNAUTHENTICATE X-SUN-IMAP XUM1 MULTISEARCH IDLE LIST-STATUS",
        )
        .telling(
            Telling::Greeting,
            "XAPPLEPUSHSERVICE IMAP4 IMAP4rev1 SASL-IR AUTH=ATOKEN AUTH=PLAIN",
        )
        .greeting_with("(2109B29-d3afe4d5aba6) demo.me.com")
        .odd(&[
            Oddity::RolesUnannounced,
            Oddity::EnablesInSilence,
            Oddity::Rfc822LeftOut,
            Oddity::CodeWithoutText,
            Oddity::ModSeqOnDemand,
            Oddity::InboxWithoutChildren,
            Oddity::BareQuotes,
        ])
    }

    /// QQ: few capabilities, a blank too many in every FETCH response.
    pub fn qq() -> Self {
        // After login: jstedfast/MailKit#233.
        Self::saying(
            "IMAP4REV1 X-NETSCAPE NAMESPACE MAILBOX-REFERRALS SCAN SORT THREAD=REFERENCES THREAD=ORDEREDSUBJECT \
             MULTIAPPEND ID UIDPLUS",
        )
        // Greeting: Enough-Software/enough_mail#159.
        .telling(
            Telling::Greeting,
            "IMAP4 IMAP4rev1 ID AUTH=PLAIN AUTH=LOGIN AUTH=XOAUTH2 NAMESPACE",
        )
        .greeting_with("QQMail XMIMAP4Server ready")
        .odd(&[Oddity::BlankBeforeEnd, Oddity::StarFirst])
    }

    /// `NetEase` (163.com, 126.com, yeah.net): nothing may be opened before ID, and no UIDNEXT is ever told.
    pub fn netease() -> Self {
        // A dialogue with imap.163.com, before login; after it, imap.126.com gives the same: lanzhiwang/awesome-huzhi,
        // mail/mail_protocol.md, and qianweicheng/hello-world, technology/protocol/email/imap.md, on GitHub.
        let line =
            "IMAP4rev1 XLIST SPECIAL-USE ID LITERAL+ STARTTLS XAPPLEPUSHSERVICE UIDPLUS X-CM-EXT-1";
        Self::saying(line)
            .telling(Telling::Asked, line)
            .without("STARTTLS")
            .greeting_with("Coremail System IMap Server Ready(demo)")
            .odd(&[Oddity::WantsId, Oddity::NoUidNext])
    }

    /// mail.ru: odd grammar in ENVELOPE and BODYSTRUCTURE, LIST-STATUS without LIST-EXTENDED.
    pub fn mail_ru() -> Self {
        // chatmail/core#1868, a dialogue with mail.ru: the greeting, the untagged line behind the login,
        // no IDLE. What it says before the login: jakartaee/mail-api#214, where the same line follows it.
        Self::saying("IMAP4rev1 ID XLIST UIDPLUS UNSELECT MOVE LIST-STATUS")
            .telling(Telling::Untagged, "IMAP4rev1 AUTH=PLAIN SASL-IR")
            .greeting_with("IMAP4 ready")
            .odd(&[Oddity::EmptyLists, Oddity::BoundaryNil])
    }

    /// mailo: an IDLE that ends with words of its own.
    pub fn mailo() -> Self {
        // imapsync/imapsync#338, both lines and the greeting.
        Self::saying("IMAP4rev1 ID LITERAL+ IDLE QUOTA NAMESPACE SORT UIDPLUS UNSELECT")
            .telling(
                Telling::Greeting,
                "IMAP4rev1 ID LITERAL+ AUTH=LOGIN AUTH=PLAIN STARTTLS",
            )
            .without("STARTTLS")
            .greeting_with("IMAP4rev1 MAILO Ready")
            .odd(&[Oddity::GoodbyeInIdle])
    }

    /// Yahoo: one command is carried out for so many messages and no more.
    pub fn yahoo() -> Self {
        // <https://senders.yahooinc.com/developer/documentation>, the answer to CAPABILITY.
        Self::saying(
            "IMAP4rev1 AUTH=PLAIN AUTH=OAUTHBEARER SASL-IR NAMESPACE ENABLE OBJECTID CONDSTORE QRESYNC UIDONLY PARTIAL \
             MESSAGELIMIT=1000",
        )
    }
}

fn dotted(prefix: &str) -> Namespace {
    Namespace {
        prefix: prefix.to_owned(),
        delimiter: Some('.'),
    }
}
