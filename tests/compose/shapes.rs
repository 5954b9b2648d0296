//! Mails of all the shapes that people answer, and what the answer should be.

use sterna::mail::composition::ReplyKind::{self, All, Forward, List, Sender, Unquoted};

/// One answer. Empty fields are expected to be empty.
pub struct Shape {
    pub what: &'static str,
    pub kind: ReplyKind,
    /// The original, lines with LF.
    pub mail: &'static str,
    pub from: &'static str,
    pub to: &'static str,
    pub cc: &'static str,
    pub subject: &'static str,
    pub in_reply_to: &'static str,
    pub references: &'static [&'static str],
    /// The text before the own signature.
    pub quote: &'static str,
}

const ANNA: &str = "Anna Abel <anna@example.org>";
const WORK: &str = "abel@work.example";

/// The usual answer to the usual mail; each shape says what is different.
const USUAL: Shape = Shape {
    what: "",
    kind: Sender,
    mail: "",
    from: ANNA,
    to: "Bob <bob@b.example>",
    cc: "",
    subject: "Re: hello",
    in_reply_to: "1@b.example",
    references: &["1@b.example"],
    quote: "Bob wrote:\n> x\n",
};

pub const SHAPES: &[Shape] = &[
    Shape {
        what: "a plain mail",
        mail: "From: Bob <bob@b.example>\nTo: anna@example.org\nSubject: hello\nMessage-ID: <1@b.example>\nDate: Mon, 2 Mar 2026 08:00:00 -0500\n\nHi\n\nthere\n",
        quote: "On Mon, 2 Mar 2026 at 08:00 -0500, Bob wrote:\n> Hi\n>\n> there\n",
        ..USUAL
    },
    Shape {
        what: "a plain mail, without a quote",
        kind: Unquoted,
        mail: "From: Bob <bob@b.example>\nTo: anna@example.org\nSubject: hello\nMessage-ID: <1@b.example>\nDate: Mon, 2 Mar 2026 08:00:00 -0500\n\nHi\n\nthere\n",
        quote: "",
        ..USUAL
    },
    Shape {
        what: "Reply-To goes before From",
        mail: "From: Bob <bob@b.example>\nReply-To: Office <office@b.example>, desk@b.example\nTo: anna@example.org\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        to: "Office <office@b.example>, desk@b.example",
        quote: "Bob wrote:\n> x\n",
        ..USUAL
    },
    Shape {
        what: "an empty Reply-To is none",
        mail: "From: Bob <bob@b.example>\nReply-To: \nTo: anna@example.org\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        ..USUAL
    },
    Shape {
        what: "a Reply-To that names no address is none",
        mail: "From: Bob <bob@b.example>\nReply-To: the office\nTo: anna@example.org\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        ..USUAL
    },
    Shape {
        what: "no From, but a Sender",
        mail: "Sender: Bob <bob@b.example>\nTo: anna@example.org\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        quote: "somebody wrote:\n> x\n",
        ..USUAL
    },
    Shape {
        what: "several authors",
        mail: "From: Bob <bob@b.example>, eve@e.example\nTo: anna@example.org\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        to: "Bob <bob@b.example>, eve@e.example",
        ..USUAL
    },
    Shape {
        what: "nobody to answer",
        mail: "To: anna@example.org\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        to: "",
        quote: "somebody wrote:\n> x\n",
        ..USUAL
    },
    Shape {
        what: "no Message-ID: the thread goes on, but nothing names the parent",
        mail: "From: Bob <bob@b.example>\nTo: anna@example.org\nSubject: hello\nReferences: <0@x.example>\n\nx\n",
        in_reply_to: "",
        references: &["0@x.example"],
        ..USUAL
    },
    Shape {
        what: "neither Message-ID nor References",
        mail: "From: Bob <bob@b.example>\nTo: anna@example.org\nSubject: hello\n\nx\n",
        in_reply_to: "",
        references: &[],
        ..USUAL
    },
    Shape {
        what: "In-Reply-To without References",
        mail: "From: Bob <bob@b.example>\nTo: anna@example.org\nSubject: hello\nIn-Reply-To: <0@x.example>\nMessage-ID: <1@b.example>\n\nx\n",
        references: &["0@x.example", "1@b.example"],
        ..USUAL
    },
    Shape {
        what: "a long thread",
        mail: "From: Bob <bob@b.example>\nTo: anna@example.org\nSubject: hello\nReferences: <0@x.example>\n <2@x.example>\t<0@x.example>\nIn-Reply-To: <2@x.example>\nMessage-ID: <1@b.example>\n\nx\n",
        references: &["0@x.example", "2@x.example", "1@b.example"],
        ..USUAL
    },
    Shape {
        what: "all: the others get a copy, oneself does not, nobody twice",
        kind: All,
        mail: "From: Bob <bob@b.example>\nTo: Anna <ANNA@Example.org>, Carl <carl@c.example>\nCc: bob@b.example, dora@d.example, Carl <CARL@c.example>\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        cc: "Carl <carl@c.example>, dora@d.example",
        ..USUAL
    },
    Shape {
        what: "all: both own addresses among many",
        kind: All,
        mail: "From: Bob <bob@b.example>\nTo: c@c.example, abel@work.example, anna@example.org, anna+list@example.org, d@d.example\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        from: WORK,
        cc: "c@c.example, d@d.example",
        ..USUAL
    },
    Shape {
        what: "all: Reply-To stands in for From",
        kind: All,
        mail: "From: Bob <bob@b.example>\nReply-To: office@b.example\nTo: anna@example.org, carl@c.example\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        to: "office@b.example",
        cc: "carl@c.example",
        ..USUAL
    },
    Shape {
        what: "all: groups give their members, empty ones nobody",
        kind: All,
        mail: "From: Bob <bob@b.example>\nTo: Team: anna@example.org, carl@c.example;\nCc: undisclosed-recipients:;\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        cc: "carl@c.example",
        ..USUAL
    },
    Shape {
        what: "all: what names no address is left out, one that cannot be sent to is seen",
        kind: All,
        mail: "From: Bob <bob@b.example>\nTo: anna@example.org, nobody, <a b@c>, carl@c.example, x@\n\ty..z\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        cc: "\"<a b@c>\" <>, carl@c.example, <x@y..z>",
        ..USUAL
    },
    Shape {
        what: "own mail: the same people again",
        mail: "From: Anna <anna@example.org>\nTo: Bob <bob@b.example>\nCc: carl@c.example\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        quote: "Anna wrote:\n> x\n",
        ..USUAL
    },
    Shape {
        what: "own mail: all the same people again",
        kind: All,
        mail: "From: abel@work.example\nTo: Bob <bob@b.example>, anna@example.org\nCc: carl@c.example, bob@b.example\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        from: WORK,
        cc: "carl@c.example",
        quote: "abel@work.example wrote:\n> x\n",
        ..USUAL
    },
    Shape {
        what: "a note to oneself",
        kind: All,
        mail: "From: anna@example.org\nTo: anna@example.org\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        to: "anna@example.org",
        quote: "anna@example.org wrote:\n> x\n",
        ..USUAL
    },
    Shape {
        what: "a form on a web page that writes in the user's name",
        mail: "From: anna@example.org\nReply-To: Bob <bob@b.example>\nTo: anna@example.org\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        quote: "anna@example.org wrote:\n> x\n",
        ..USUAL
    },
    Shape {
        what: "the identity by Cc",
        mail: "From: Bob <bob@b.example>\nTo: c@c.example\nCc: ABEL@work.example\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        from: WORK,
        ..USUAL
    },
    Shape {
        what: "the identity by Delivered-To",
        mail: "Delivered-To: abel@work.example\nFrom: Bob <bob@b.example>\nTo: c@c.example\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        from: WORK,
        ..USUAL
    },
    Shape {
        what: "the identity by X-Original-To",
        mail: "X-Original-To: abel@work.example\nDelivered-To: box17@host.example\nFrom: Bob <bob@b.example>\nTo: undisclosed-recipients:;\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        from: WORK,
        ..USUAL
    },
    Shape {
        what: "the identity by To before the one that it was delivered to",
        mail: "Delivered-To: anna@example.org\nFrom: Bob <bob@b.example>\nTo: abel@work.example\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        from: WORK,
        ..USUAL
    },
    Shape {
        what: "a mailing list: the author alone",
        mail: "From: Bob <bob@b.example>\nTo: List <list@l.example>\nList-Post: <mailto:list@l.example>\nList-Id: The list <list.l.example>\nSubject: [list] hello\nMessage-ID: <1@b.example>\n\nx\n",
        subject: "Re: [list] hello",
        ..USUAL
    },
    Shape {
        what: "a mailing list that leads answers back to itself: the author alone",
        mail: "From: Bob <bob@b.example>\nReply-To: list@l.example\nTo: list@l.example\nList-Post: <mailto:list@l.example>\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        ..USUAL
    },
    Shape {
        what: "a mailing list that leads answers back to itself: all",
        kind: All,
        mail: "From: Bob <bob@b.example>\nReply-To: list@l.example\nTo: list@l.example, carl@c.example\nList-Post: <mailto:list@l.example>\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        to: "list@l.example",
        cc: "carl@c.example",
        ..USUAL
    },
    Shape {
        what: "a mailing list: the list alone",
        kind: List,
        mail: "From: Bob <bob@b.example>\nTo: The List <list@l.example>, carl@c.example\nList-Post: <https://l.example/post>, <MAILTO:list@l.example?subject=x>\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        to: "The List <list@l.example>",
        ..USUAL
    },
    Shape {
        what: "a mailing list that says no more than its name",
        kind: List,
        mail: "From: Bob <bob@b.example>\nTo: carl@c.example\nCc: list@l.example\nList-Id: <list.l.example>\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        to: "list@l.example",
        ..USUAL
    },
    Shape {
        what: "Mail-Followup-To says who all are",
        kind: All,
        mail: "From: Bob <bob@b.example>\nTo: list@l.example, carl@c.example\nMail-Followup-To: \"The, List\" <list@l.example>, Anna <anna@example.org>\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        to: "\"The, List\" <list@l.example>",
        ..USUAL
    },
    Shape {
        what: "Mail-Followup-To does not matter to one",
        mail: "From: Bob <bob@b.example>\nTo: list@l.example\nMail-Followup-To: list@l.example\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        ..USUAL
    },
    Shape {
        what: "Mail-Followup-To that names only oneself is none",
        kind: All,
        mail: "From: Bob <bob@b.example>\nTo: anna@example.org, carl@c.example\nMail-Followup-To: anna@example.org\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        cc: "carl@c.example",
        ..USUAL
    },
    Shape {
        what: "prefixes of many languages",
        mail: "From: Bob <bob@b.example>\nTo: anna@example.org\nSubject: AW: Re[2]: SV: Antw: =?utf-8?Q?RE=3A?= hello\nMessage-ID: <1@b.example>\n\nx\n",
        ..USUAL
    },
    Shape {
        what: "no subject",
        mail: "From: Bob <bob@b.example>\nTo: anna@example.org\nMessage-ID: <1@b.example>\n\nx\n",
        subject: "Re:",
        ..USUAL
    },
    Shape {
        what: "an encoded subject and name",
        mail: "From: =?utf-8?B?QsO2Yg==?= <bob@b.example>\nTo: anna@example.org\nSubject: =?iso-8859-1?Q?Gr=FC=DFe?=\nMessage-ID: <1@b.example>\n\nx\n",
        to: "B\u{f6}b <bob@b.example>",
        subject: "Re: Gr\u{fc}\u{df}e",
        quote: "B\u{f6}b wrote:\n> x\n",
        ..USUAL
    },
    Shape {
        what: "an encoded subject with a header in it",
        mail: "From: Bob <bob@b.example>\nTo: anna@example.org\nSubject: =?utf-8?q?x=0D=0ABcc:_v@v.example?=\nMessage-ID: <1@b.example>\n\nx\n",
        subject: "Re: x  Bcc: v@v.example",
        ..USUAL
    },
    Shape {
        what: "an encoded name with an address in it",
        mail: "From: =?utf-8?q?boss=40corp.example=2C_x?= <bob@b.example>\nTo: anna@example.org\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        to: "\"boss@corp.example, x\" <bob@b.example>",
        quote: "boss@corp.example, x wrote:\n> x\n",
        ..USUAL
    },
    Shape {
        what: "an encoded name with a line break in it",
        mail: "From: =?utf-8?q?Bob=0D=0ABcc=3A_v@v.example?= <bob@b.example>\nTo: anna@example.org\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        to: "\"Bob  Bcc: v@v.example\" <bob@b.example>",
        quote: "Bob  Bcc: v@v.example wrote:\n> x\n",
        ..USUAL
    },
    Shape {
        what: "quotes keep their depth, the signature and what follows goes",
        mail: "From: Bob <bob@b.example>\nTo: anna@example.org\nSubject: hello\nMessage-ID: <1@b.example>\n\n>> two\n> > two as well\n> one\n> -- \n> quoted signature\nnone\n\n-- \nBob\n____\nlist footer\n",
        quote: "Bob wrote:\n>>> two\n>>> two as well\n>> one\n>> --\n>> quoted signature\n> none\n",
        ..USUAL
    },
    Shape {
        what: "flowed lines are joined",
        mail: "From: Bob <bob@b.example>\nTo: anna@example.org\nSubject: hello\nMessage-ID: <1@b.example>\nContent-Type: text/plain; format=flowed\n\nA line that \nflows.\n> Quoted \n> too.\n From here\n",
        quote: "Bob wrote:\n> A line that flows.\n>> Quoted too.\n> From here\n",
        ..USUAL
    },
    Shape {
        what: "HTML alone, with quotes inside",
        mail: "From: Bob <bob@b.example>\nTo: anna@example.org\nSubject: hello\nMessage-ID: <1@b.example>\nContent-Type: text/html\n\n<html><style>p{color:red}</style><p>Hello <b>Anna</b></p><blockquote>one<blockquote>two</blockquote></blockquote></html>\n",
        quote: "Bob wrote:\n> Hello Anna\n>\n>> one\n>>\n>>> two\n",
        ..USUAL
    },
    Shape {
        what: "of two forms the plain one",
        mail: "From: Bob <bob@b.example>\nTo: anna@example.org\nSubject: hello\nMessage-ID: <1@b.example>\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\nplain\n--b\nContent-Type: text/html\n\n<p>rich\n--b--\n",
        quote: "Bob wrote:\n> plain\n",
        ..USUAL
    },
    Shape {
        what: "an attachment is not quoted",
        mail: "From: Bob <bob@b.example>\nTo: anna@example.org\nSubject: hello\nMessage-ID: <1@b.example>\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n--b\nContent-Type: text/plain; name=a.txt\nContent-Disposition: attachment\n\nnot this\n--b--\n",
        quote: "Bob wrote:\n> text\n",
        ..USUAL
    },
    Shape {
        what: "no text at all",
        mail: "From: Bob <bob@b.example>\nTo: anna@example.org\nSubject: hello\nMessage-ID: <1@b.example>\n\n\n",
        quote: "Bob wrote:\n",
        ..USUAL
    },
    Shape {
        what: "what steers a terminal is shown, not quoted",
        mail: "From: Bob \x1b[31m\x07 <bob@b.example>\nTo: anna@example.org\nSubject: hello\nMessage-ID: <1@b.example>\n\n\x1b[2Jx\u{202e}y\n",
        to: "\"Bob [31m\" <bob@b.example>",
        quote: "Bob \u{241b}[31m\u{2407} wrote:\n> \u{241b}[2Jx<U+202E>y\n",
        ..USUAL
    },
    Shape {
        what: "an international address",
        mail: "From: J\u{f6}rg <j\u{f6}rg@b\u{fc}cher.example>\nTo: anna@example.org\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        to: "J\u{f6}rg <j\u{f6}rg@b\u{fc}cher.example>",
        quote: "J\u{f6}rg wrote:\n> x\n",
        ..USUAL
    },
    Shape {
        what: "a Reply-To with a long token",
        mail: "From: notifications@b.example\nReply-To: reply+0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef@b.example\nTo: anna@example.org\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        to: "reply+0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef@b.example",
        quote: "notifications@b.example wrote:\n> x\n",
        ..USUAL
    },
    Shape {
        what: "a Reply-To that cannot be sent to is not From",
        mail: "From: Bob <bob@b.example>\nReply-To: Office <office@-b.example>\nTo: anna@example.org\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        to: "Office <office@-b.example>",
        ..USUAL
    },
    Shape {
        what: "a Reply-To that cannot be read is not From",
        mail: "From: Bob <bob@b.example>\nReply-To: Office <of fice@b.example>\nTo: anna@example.org\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        to: "\"Office <of fice@b.example>\" <>",
        ..USUAL
    },
    Shape {
        what: "all: names with dots where the standard has none",
        kind: All,
        mail: "From: Taro <taro.@docomo.example>\nTo: anna@example.org\nCc: ha..na@docomo.example, \"ha..na\"@docomo.example\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        to: "Taro <taro.@docomo.example>",
        cc: "ha..na@docomo.example",
        quote: "Taro wrote:\n> x\n",
        ..USUAL
    },
    Shape {
        what: "all: a script whose letters have marks",
        kind: All,
        mail: "From: Bob <bob@b.example>\nTo: anna@example.org, \u{938}\u{902}\u{926}\u{94d}\u{930}@c.example\nSubject: hello\nMessage-ID: <1@b.example>\n\nx\n",
        cc: "\u{938}\u{902}\u{926}\u{94d}\u{930}@c.example",
        ..USUAL
    },
    Shape {
        what: "forwarded as text",
        kind: Forward,
        mail: "From: Bob <bob@b.example>\nTo: abel@work.example\nSubject: Fwd: Re: hello\nMessage-ID: <1@b.example>\nDate: Mon, 2 Mar 2026 08:00:00 -0500\n\n> quoted\ntext\n-- \nBob\n",
        from: WORK,
        to: "",
        subject: "Fwd: Re: hello",
        in_reply_to: "",
        references: &[],
        quote: "\n\n---------- Forwarded message ----------\nFrom: Bob <bob@b.example>\nDate: Mon, 2 Mar 2026 08:00 -0500\nSubject: Fwd: Re: hello\nTo: abel@work.example\n\n> quoted\ntext\n-- \nBob\n",
        ..USUAL
    },
];
