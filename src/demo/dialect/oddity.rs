//! What real servers do beside or against the standards, one at a time, each with its public source.
//!
//! Issues are named as `owner/repository#number` on GitHub.

/// One oddity of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oddity {
    /// Mailboxes are labels: a message has a UID under each, flags are common to all, everything but spam and bin is in
    /// `[Gmail]/All Mail`, an EXPUNGE takes the label off, and a message moved to the bin loses all others.
    /// <https://developers.google.com/workspace/gmail/imap/imap-extensions>, <https://support.google.com/mail/answer/77657>.
    Labels,
    /// A `multipart/related` that is an attachment comes as `("RELATED" NIL ("ATTACHMENT" NIL) NIL)`, without its parts.
    /// `jstedfast/MailKit#371` (Gmail).
    ChildlessRelated,
    /// LIST gives roles although SPECIAL-USE is not offered. `jstedfast/MailKit#1282` (Microsoft 365), `emersion/go-imap#503`
    /// (iCloud).
    RolesUnannounced,
    /// LIST gives roles only where RETURN asks for them, as RFC 6154 §2 leaves it to servers.
    RolesOnReturn,
    /// INBOX is listed as `Inbox`. `jstedfast/MailKit#1282` (Microsoft 365), `jstedfast/MailKit#242` (Yahoo).
    InboxInSmallLetters,
    /// `BAD Command Argument Error. 11` for KEYWORD in SEARCH. `ikvk/imap_tools#181`, `mscdex/node-imap#214` (Exchange and
    /// Microsoft 365).
    NoKeywordSearch,
    /// The only keyword is `$MDNSent`; PERMANENTFLAGS says so, and STORE of another is `BAD Command Argument Error. 11`.
    /// `mscdex/node-imap#602`, `RainLoop/rainloop-webmail#686` (Exchange and Microsoft 365).
    FixedFlags,
    /// RFC822.SIZE is the size on the server's disk. MS-STANOIMAP §2.2.25, Microsoft knowledge base Q191504 (Exchange).
    SizeEstimated,
    /// A part without Content-Transfer-Encoding has `NIL` in its place. Microsoft knowledge base 975918 (Exchange 2007).
    EncodingNil,
    /// Mailboxes outside of the personal namespace cannot be made. Courier-IMAP, as the live run shows it (5.0.13).
    OnlyBelowPrefix,
    /// ENABLE is obeyed, and no `* ENABLED` says so. `jstedfast/MailKit#1871`, `nextcloud/mail#3401` (iCloud).
    EnablesInSilence,
    /// `RFC822` in FETCH is left out of the answer. `modern-email/defects#36` (iCloud).
    Rfc822LeftOut,
    /// No `[CLOSED]` says that the mailbox selected before is left, against RFC 7162 §3.2.11. `apache/james-project#909`
    /// (Apache James up to 3.6).
    NoClosed,
    /// SELECT does not tell PERMANENTFLAGS, which RFC 3501 §6.3.1 lets a server leave out.
    NoPermanentFlags,
    /// Nothing stands behind the code in `* OK [UIDVALIDITY 1]`. `emersion/go-imap#503` (iCloud).
    CodeWithoutText,
    /// SELECT tells HIGHESTMODSEQ only where CONDSTORE was asked for. `emersion/go-imap#503` (iCloud).
    ModSeqOnDemand,
    /// SELECT says `[NOMODSEQ]`: this mailbox keeps no mod-sequences, and no message of it has any. RFC 7162 §3.1.2.2.
    NoModSeq,
    /// RFC822.SIZE is left out of the answer, against RFC 3501 §7.4.2.
    SizeLeftOut,
    /// LIST has `\Noinferiors` for INBOX. `nextcloud/mail#3401`, `emersion/go-imap#503` (iCloud).
    InboxWithoutChildren,
    /// A quote within a Message-ID is not escaped in ENVELOPE. `MailCore/mailcore2#1967` (iCloud).
    BareQuotes,
    /// A blank before the last parenthesis of a FETCH response. `jakartaee/mail-api#209` (QQ).
    BlankBeforeEnd,
    /// `\*` comes first in PERMANENTFLAGS. `MailCore/mailcore2#1029` (QQ).
    StarFirst,
    /// `NO SELECT Unsafe Login` until the client has sent ID. `pimalaya/himalaya#651`, `mjs/imapclient#544` (`NetEase`).
    WantsId,
    /// Whatever is not understood is answered with `NO Error in IMAP command received by server.` Courier-IMAP:
    /// `cmdfail` in imap/mainloop.c of `svarshavchik/courier-libs`.
    NoForBad,
    /// SELECT does not tell UIDNEXT, STATUS does. Courier-IMAP: imap/testsuite.txt of `svarshavchik/courier-libs`.
    UidNextByStatus,
    /// Where there is no limit, `* QUOTA "ROOT"` has no list at all. Courier-IMAP, as the live run shows it (5.0.13).
    QuotaWithoutList,
    /// Neither SELECT nor STATUS tells UIDNEXT; `* STATUS "INBOX" ()` is possible. `chatmail/core#5043` (`NetEase`).
    NoUidNext,
    /// `()` for an empty recipient list in ENVELOPE, and NIL for sender and reply-to where they equal the author.
    /// `apple/swift-nio-imap#821` (mail.ru).
    EmptyLists,
    /// `("boundary" NIL)` in BODYSTRUCTURE. `modern-email/defects#53`, `kisli/vmime#159` (mail.ru).
    BoundaryNil,
    /// `[MESSAGELIMIT n uid]` comes in an untagged NO before a tagged OK that has no code of its own. RFC 9738 §3 has it so
    /// beside another code.
    LimitApart,
    /// An IDLE ends with `* Goodbye : idle timeout expired` and the connection. Every second IDLE does, so that it can be
    /// tested. `chatmail/core#5271` (mailo).
    GoodbyeInIdle,
    /// LIST with RETURN (SUBSCRIBED) leaves INBOX out. `jstedfast/MailKit#1957` (Strato).
    InboxLeftOut,
    /// LIST with RETURN (SUBSCRIBED) is accepted, and no line comes. `cyrusimap/cyrus-imapd#41`, `cyrusimap/cyrus-imapd#1500`
    /// (Cyrus before 3.0, where a front end speaks for others).
    NothingReturned,
    /// LIST with RETURN (SUBSCRIBED) names the subscribed mailboxes alone. `jstedfast/MailKit#1639`.
    SubscribedAlone,
}
