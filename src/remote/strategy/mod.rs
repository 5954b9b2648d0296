//! Which of several ways Sterna takes with a server, and why: the capabilities, put into words for people.
//!
//! The table repeats in words what the builders of the commands decide by [`Capabilities::has`]; the acceptance tests run
//! every way, and a test below holds the names against those that `disable` may switch off.

pub mod capability;
pub mod limits;
pub mod quirks;

use crate::remote::strategy::capability::{Capabilities, Offer};

/// A way that was taken for one need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What it is for: `coming back to a folder`.
    pub need: &'static str,
    /// The way, by its name in the standards: `QRESYNC`.
    pub way: &'static str,
    /// What it means for the user.
    pub effect: String,
    /// Why no better way was taken; empty where there is none.
    pub why: String,
}

/// Ways for one need, the best first; the last needs nothing.
struct Need {
    name: &'static str,
    ways: &'static [Way],
}

struct Way {
    name: &'static str,
    /// Capabilities that it takes, all of them.
    takes: &'static [&'static str],
    effect: &'static str,
}

const NEEDS: &[Need] = &[
    Need {
        name: "coming back to a folder",
        ways: &[
            Way {
                name: "QRESYNC",
                takes: &["QRESYNC", "ENABLE"],
                effect: "one round trip tells what is new, changed and gone",
            },
            Way {
                name: "CONDSTORE",
                takes: &["CONDSTORE"],
                effect: "what changed is asked for; what is gone shows in the counts",
            },
            Way {
                name: "plain IMAP4rev1",
                takes: &[],
                effect: "the flags of all messages are read again, those on the screen first",
            },
        ],
    },
    Need {
        name: "counts of the folders",
        ways: &[
            Way {
                name: "LIST-STATUS",
                takes: &["LIST-EXTENDED", "LIST-STATUS"],
                effect: "one command for all folders",
            },
            Way {
                name: "STATUS",
                takes: &[],
                effect: "one command for each folder, several at a time",
            },
        ],
    },
    Need {
        name: "hearing of news",
        ways: &[
            Way {
                name: "NOTIFY",
                takes: &["NOTIFY", "IDLE"],
                effect: "the server says at once what happens in any folder",
            },
            Way {
                name: "IDLE",
                takes: &["IDLE"],
                effect: "the server says at once what happens in the folder that is open",
            },
            Way {
                name: "NOOP",
                takes: &[],
                effect: "the server is asked once a minute",
            },
        ],
    },
    Need {
        name: "what a folder is for",
        ways: &[
            Way {
                name: "SPECIAL-USE",
                takes: &["SPECIAL-USE"],
                effect: "the server names Sent, Drafts, Trash, Archive and Junk",
            },
            Way {
                name: "names",
                takes: &[],
                effect: "folders are known by their usual names, or as `folders` says",
            },
        ],
    },
    Need {
        name: "where folders live",
        ways: &[
            Way {
                name: "NAMESPACE",
                takes: &["NAMESPACE"],
                effect: "the server tells own folders from shared ones",
            },
            Way {
                name: "names",
                takes: &[],
                effect: "all folders stand in one tree",
            },
        ],
    },
    Need {
        name: "saving bytes",
        ways: &[
            Way {
                name: "COMPRESS",
                takes: &["COMPRESS=DEFLATE"],
                effect: "everything is compressed, unless the server is on this machine",
            },
            Way {
                name: "none",
                takes: &[],
                effect: "nothing is compressed",
            },
        ],
    },
    Need {
        name: "fetching attachments",
        ways: &[
            Way {
                name: "BINARY",
                takes: &["BINARY"],
                effect: "the server decodes them, a quarter less to transfer",
            },
            Way {
                name: "BODY",
                takes: &[],
                effect: "they come encoded",
            },
        ],
    },
    Need {
        name: "previews in the list",
        ways: &[
            Way {
                name: "PREVIEW",
                takes: &["PREVIEW"],
                effect: "the server tells it with the headers",
            },
            Way {
                name: "none",
                takes: &[],
                effect: "the list has the subject only",
            },
        ],
    },
    Need {
        name: "looking for lost messages",
        ways: &[
            Way {
                name: "ESEARCH",
                takes: &["ESEARCH"],
                effect: "the server answers with ranges",
            },
            Way {
                name: "SEARCH",
                takes: &[],
                effect: "the server names every message",
            },
        ],
    },
    Need {
        name: "knowing a message again",
        ways: &[
            Way {
                name: "OBJECTID",
                takes: &["OBJECTID"],
                effect: "the server numbers messages for good",
            },
            Way {
                name: "X-GM-EXT-1",
                takes: &["X-GM-EXT-1"],
                effect: "Gmail numbers messages for good; labels share one body, and are shown",
            },
            Way {
                name: "Message-ID, date and size",
                takes: &[],
                effect: "used where they fit one message only",
            },
        ],
    },
    Need {
        name: "moving messages",
        ways: &[
            Way {
                name: "MOVE",
                takes: &["MOVE"],
                effect: "one command",
            },
            Way {
                name: "COPY",
                takes: &[],
                effect: "copied first; the original goes when the copy is known to be there",
            },
        ],
    },
    Need {
        name: "removing for good",
        ways: &[
            Way {
                name: "UID EXPUNGE",
                takes: &["UIDPLUS"],
                effect: "what is meant goes, and nothing that others have marked",
            },
            Way {
                name: "\\Deleted",
                takes: &[],
                effect: "it is marked and hidden here, and goes when a client empties the folder",
            },
        ],
    },
    Need {
        name: "saving a draft again",
        ways: &[
            Way {
                name: "REPLACE",
                takes: &["REPLACE"],
                effect: "the new copy takes the place of the old one in one command",
            },
            Way {
                name: "APPEND",
                takes: &[],
                effect: "added first; the old copy goes when the new one is known to be there",
            },
        ],
    },
    Need {
        name: "rights in a folder",
        ways: &[
            Way {
                name: "ACL",
                takes: &["ACL"],
                effect: "the screen says what may not be done before it is tried",
            },
            Way {
                name: "none",
                takes: &[],
                effect: "what may not be done shows when the server refuses it",
            },
        ],
    },
    Need {
        name: "room left",
        ways: &[
            Way {
                name: "QUOTA",
                takes: &["QUOTA"],
                effect: "shown beside the account",
            },
            Way {
                name: "none",
                takes: &[],
                effect: "not shown",
            },
        ],
    },
    Need {
        name: "comparing the clocks",
        ways: &[
            Way {
                name: "WITHIN",
                takes: &["WITHIN"],
                effect: "doctor asks how old a message is",
            },
            Way {
                name: "the newest messages",
                takes: &[],
                effect: "doctor looks when they arrived, unless the greeting tells the time",
            },
        ],
    },
    Need {
        name: "long arguments",
        ways: &[
            Way {
                name: "LITERAL+",
                takes: &["LITERAL+"],
                effect: "sent without waiting",
            },
            Way {
                name: "LITERAL-",
                takes: &["LITERAL-"],
                effect: "short ones are sent without waiting",
            },
            Way {
                name: "synchronising literals",
                takes: &[],
                effect: "one round trip more",
            },
        ],
    },
];

/// The way that is taken for each need.
#[must_use]
pub fn choices(capabilities: &Capabilities) -> Vec<Choice> {
    NEEDS
        .iter()
        .filter_map(|need| choose(need, capabilities))
        .collect()
}

fn choose(need: &Need, capabilities: &Capabilities) -> Option<Choice> {
    let (mut missing, mut distrusted, mut disabled) = (Vec::new(), Vec::new(), Vec::new());
    for way in need.ways {
        let mut is_whole = true;
        for name in way.takes {
            let offer = capabilities.offer(name);
            is_whole &= offer == Offer::Usable;
            match offer {
                Offer::Usable => {}
                Offer::Disabled => disabled.push(*name),
                Offer::Distrusted => distrusted.push(*name),
                Offer::Missing => missing.push(*name),
            }
        }
        if is_whole {
            return Some(Choice {
                need: need.name,
                way: way.name,
                effect: way.effect.to_owned(),
                why: reason(&missing, &distrusted, &disabled),
            });
        }
    }
    None
}

/// Why a way is not taken that takes these.
pub(crate) fn reason(missing: &[&str], distrusted: &[&str], disabled: &[&str]) -> String {
    let part = |names: &[&str], words: &str| match names {
        [] => None,
        names => Some(format!("{words} {}", names.join(", "))),
    };
    let parts = [
        part(missing, "the server does not offer"),
        part(distrusted, "the server offers and does not keep"),
        part(disabled, "`disable` switches off"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests;
