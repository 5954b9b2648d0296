//! The names of what a mail server can do, as far as Sterna knows them: what `disable` may name.

/// Capabilities that Sterna uses where a server offers them; each can be switched off, and then something plainer does.
pub const USED: &[&str] = &[
    "ACL",
    "BINARY",
    "COMPRESS=DEFLATE",
    "CONDSTORE",
    "ENABLE",
    "ESEARCH",
    "ID",
    "IDLE",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "LITERAL+",
    "LITERAL-",
    "MESSAGELIMIT",
    "MOVE",
    "NAMESPACE",
    "NOTIFY",
    "OBJECTID",
    "PREVIEW",
    "QRESYNC",
    "QUOTA",
    "REPLACE",
    "SASL-IR",
    "SPECIAL-USE",
    "UIDPLUS",
    "WITHIN",
    "X-GM-EXT-1",
];

/// Capabilities that are not used, or not yet: to name them is no mistake and changes nothing.
pub const UNUSED: &[&str] = &[
    "APPENDLIMIT",
    "CATENATE",
    "CHILDREN",
    "CONTEXT=SEARCH",
    "CONTEXT=SORT",
    "CONVERT",
    "CREATE-SPECIAL-USE",
    "ESORT",
    "FILTERS",
    "I18NLEVEL=1",
    "I18NLEVEL=2",
    "IMAP4REV2",
    "INPROGRESS",
    "LANGUAGE",
    "LOGINDISABLED",
    "METADATA",
    "METADATA-SERVER",
    "MULTIAPPEND",
    "MULTISEARCH",
    "PARTIAL",
    "PREVIEW=FUZZY",
    "SAVEDATE",
    "SAVELIMIT",
    "SEARCH=FUZZY",
    "SEARCHRES",
    "SNIPPET=FUZZY",
    "SORT",
    "SORT=DISPLAY",
    "STARTTLS",
    "STATUS=SIZE",
    "THREAD=ORDEREDSUBJECT",
    "THREAD=REFERENCES",
    "UIDBATCHES",
    "UIDONLY",
    "UNAUTHENTICATE",
    "UNSELECT",
    "URL-PARTIAL",
    "URLAUTH",
    "UTF8=ACCEPT",
    "UTF8=ONLY",
    "XLIST",
    "XOAUTH2",
];

/// Whether `name` (upper case) is a capability that Sterna has heard of. A family is named by what stands before `=`,
/// and ways to log in are not counted up: `AUTH=` may stand before anything.
#[must_use]
pub fn is_known(name: &str) -> bool {
    let is_meant = |known: &&str| {
        let family = known.split_once('=').map(|(family, _)| family);
        *known == name || family == Some(name)
    };
    name.starts_with("AUTH=") || USED.iter().chain(UNUSED).any(is_meant)
}
