//! The names. What would be written, were one of them a path or a command, is called `sterna-owned`.

/// 200 different names, raw.
pub fn hostile() -> Vec<Vec<u8>> {
    let mut names: Vec<Vec<u8>> = [
        // Paths.
        &b"../../sterna-owned"[..],
        b"../../../../../../../../tmp/sterna-owned",
        b"/tmp/sterna-owned",
        b"/etc/passwd",
        b"..",
        b".",
        b"/",
        b"//",
        b"~/sterna-owned",
        b"~root",
        b"$HOME/sterna-owned",
        b"INBOX/../../sterna-owned",
        b"..\\..\\sterna-owned",
        b"C:\\sterna-owned",
        b"file:///tmp/sterna-owned",
        b"/dev/null",
        b"/proc/self/mem",
        b".lock",
        b"cache.db",
        b"state.db",
        b"con",
        // Commands.
        b"`id`",
        b"$(id)",
        b"${IFS}id",
        b"`touch /tmp/sterna-owned`",
        b"$(touch /tmp/sterna-owned)",
        b"; touch /tmp/sterna-owned",
        b"| touch /tmp/sterna-owned",
        b"& touch /tmp/sterna-owned &",
        b"|id",
        b"!id",
        b"!!",
        b"-rf",
        b"--help",
        b"-",
        b"--config=/tmp/sterna-owned",
        b"%n%n%n%s",
        b"{{7*7}}",
        // Other languages: SQL, TOML, JSON, HTML, IMAP.
        b"'; DROP TABLE mailbox; --",
        b"\" OR 1=1 --",
        b"[accounts.evil]",
        b"= \"x\"",
        b"\"}],\"x\":[{\"",
        b"<script>alert(1)</script>",
        b"x\" (\\Noselect",
        b"x) OK",
        b"{5}",
        b"{5+}",
        b"a1 LOGOUT",
        b"*",
        b"%",
        b"**",
        b"%%/%",
        b"x*y",
        b"NIL",
        b"nil",
        b"\"NIL\"",
        b"(",
        b")",
        b"()",
        b"\"",
        b"\"\"",
        b"\\",
        b"\\\\",
        b"\\\"",
        b"a\\",
        b"[",
        b"]",
        b" ",
        b"  ",
        b" leading",
        b"trailing ",
        b"",
        // The screen.
        b"\x1b[2J",
        b"\x1b]0;owned\x07",
        b"\x1b]52;c;c3Rlcm5h\x07",
        b"\x1bP1;1|17/ab\x9c",
        b"\x9b31m",
        b"\x07",
        b"\x08\x08\x08",
        b"\x7f",
        b"\t",
        b"a\x0bb",
        b"a\x0cb",
        "\u{202e}xobni".as_bytes(),
        "\u{2066}x\u{2069}".as_bytes(),
        "a\u{0300}\u{0301}\u{0302}\u{0303}".as_bytes(),
        "\u{feff}INBOX".as_bytes(),
        "IN\u{200b}BOX".as_bytes(),
        "\u{2028}".as_bytes(),
        "\u{e0001}".as_bytes(),
        // What cannot be sent at all.
        b"nul\0nul",
        b"\0",
        b"cr\rcr",
        b"lf\nlf",
        b"crlf\r\n* BYE",
        b"x\r\na1 OK [READ-WRITE] owned",
        // Modified UTF-7, and what only looks like it.
        b"&",
        b"&-",
        b"&&",
        b"&&-",
        b"&AOQ",
        b"&AOQ-",
        b"&AOQ-&",
        b"&2D3-",
        b"&2D3cJg-",
        b"&3Sg-",
        b"&AGEAYgBj-",
        b"&//8-",
        b"&AAA-",
        b"&ABs-[2J",
        b"&AA0ACg-",
        b"&,,,,-",
        b"&====-",
        b"&ZeVnLIqe",
        b"a&b",
        b"a&-b",
        // The same to the eye or after normalisation, and yet not the same.
        "Entw\u{fc}rfe".as_bytes(),
        "Entwu\u{308}rfe".as_bytes(),
        b"Entw&APw-rfe",
        b"Entwu&Awg-rfe",
        b"ENTW&APw-RFE",
        "\u{ff29}\u{ff2e}\u{ff22}\u{ff2f}\u{ff38}".as_bytes(),
        "\u{0406}NBOX".as_bytes(),
        "stra\u{df}e".as_bytes(),
        b"STRASSE",
        // Raw 8-bit that is no UTF-8.
        b"\xff",
        b"\xff\xfe",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"caf\xe9",
        b"\x80\x81\x82",
        b"\xe2\x80",
        // Levels.
        b"a//b",
        b"/a",
        b"a/",
        b"a/./b",
        b"a/../b",
        b"//a//",
        // Numbers.
        b"0",
        b"-1",
        b"4294967296",
        b"1:*",
    ]
    .iter()
    .map(|name| name.to_vec())
    .collect();
    names.push(vec![b'x'; 10_000]);
    names.push(vec![b'"'; 3_000]);
    names.push(vec![b'\\'; 3_000]);
    names.push(vec![0xff; 5_000]);
    names.push("\u{1f985}".repeat(2_000).into_bytes());
    names.push(b"&2D3cJg-".repeat(1_000));
    names.push(b"a/".repeat(10_000));
    names.push(b"/".repeat(10_000));
    names.push(b"../".repeat(4_000));
    let mut number = 0;
    while names.len() < 200 {
        number += 1;
        names.push(format!("../{number}/\u{1b}]0;{number}`touch /tmp/sterna-owned`").into_bytes());
    }
    names
}
