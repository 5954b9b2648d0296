//! What went over the proxy before the plain port: which commands were given and what they cost. TLS would hide that, and
//! a log of the server would have to be waited for.

use crate::chaos::Traffic;

/// The commands of all connections, without tags.
pub fn commands(traffic: &[Traffic]) -> Vec<String> {
    let asked = traffic
        .iter()
        .map(|one| String::from_utf8_lossy(&one.asked));
    asked
        .flat_map(|asked| {
            asked
                .lines()
                .map(|line| {
                    line.split_once(' ')
                        .map_or(line, |(_, rest)| rest)
                        .to_owned()
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

/// How often some bytes came from the server.
pub fn count(traffic: &[Traffic], needle: &str) -> usize {
    let windows = |one: &Traffic| {
        one.answered
            .windows(needle.len())
            .filter(|window| *window == needle.as_bytes())
            .count()
    };
    traffic.iter().map(windows).sum()
}

/// Bytes that came from the server behind the answer to the login.
pub fn bytes_after_login(traffic: &[Traffic]) -> usize {
    let behind = |one: &Traffic| {
        let text = String::from_utf8_lossy(&one.answered).into_owned();
        let at = text
            .find("Logged in\r\n")
            .map_or(0, |at| at + "Logged in\r\n".len());
        text.len() - at
    };
    traffic.iter().map(behind).sum()
}
