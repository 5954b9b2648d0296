//! Documents in, lines out; with bombs and tables at random.

use super::*;
use proptest::prelude::*;
use std::fmt::Write as _;

fn drawn(html: &str, columns: u16) -> Vec<String> {
    let mut page = Page::new(columns);
    draw(html, &mut page);
    let lines = page.into_lines();
    lines
        .iter()
        .map(|line| line.spans.iter().map(|span| span.text.as_str()).collect())
        .collect()
}

#[test]
fn documents_become_text() {
    assert_eq!(
        drawn("<h1>Title</h1><p>Hello <b>you</b>,<br>there", 40),
        ["Title", "", "Hello you,", "there"]
    );
    assert_eq!(drawn("<ul><li>a<li>b</ul>", 40), ["* a", "* b"]);
    assert_eq!(
        drawn("<blockquote>q<blockquote>r</blockquote></blockquote>", 40),
        ["> q", "> ", "> > r"].map(str::trim_end)
    );
    assert_eq!(drawn("<table><tr><td>a<td>b</table>", 40), ["a b"]);
    assert_eq!(drawn("a<hr>b", 40), ["a", "", "────────", "", "b"]);
}

#[test]
fn hidden_things_are_dropped() {
    for hidden in [
        "<div style='display:none'>x</div>",
        "<div style='visibility: hidden'>x</div>",
        "<span style='font-size:0px;color:red'>x</span>",
        "<span style='opacity:0.0'>x</span>",
        "<p hidden>x</p>",
        "<iframe>x</iframe>",
        "<select><option>x</select>",
        "<title>x</title>",
        "<script>x</script>",
        "<style>.a{display:none}</style><p class=a>x</p>",
        "<img src=http://tracker.example/x.gif width=1 height=1>",
    ] {
        assert_eq!(
            drawn(&format!("<p>seen</p>{hidden}"), 40),
            ["seen"],
            "{hidden}"
        );
    }
}

#[test]
fn an_image_that_is_all_of_a_link_is_named() {
    assert_eq!(
        drawn("<a href='http://x'><img src='y.png'></a>", 40),
        ["[image] [1]", "", "[1] http://x"]
    );
    assert_eq!(
        drawn("<a href='http://x'><img alt='Buy' src='y.png'></a>", 40),
        ["Buy [1]", "", "[1] http://x"]
    );
}

#[test]
fn links_are_numbered_and_their_targets_follow() {
    let html = "<a href='https://a.example/1'>one</a> <a href=' HTTPS://b.example '>two</a> \
                <a href='https://a.example/1'>one again</a>";
    assert_eq!(
        drawn(html, 60),
        [
            "one [1] two [2] one again [1]",
            "",
            "[1] https://a.example/1",
            "[2] HTTPS://b.example"
        ]
    );
    for (html, expected) in [
        (
            "<a href='https://x.example'>https://x.example</a>",
            "https://x.example",
        ),
        (
            "<a href='mailto:a@x.example'>a@x.example</a>",
            "a@x.example",
        ),
        ("<a href='#below'>below</a>", "below"),
        ("<a href='javascript:alert(1)'>click</a>", "click"),
        ("<a name='here'>here</a>", "here"),
        ("seen<a href='https://x.example'> </a>", "seen"),
    ] {
        assert_eq!(drawn(html, 60), [expected], "{html}");
    }
    // What a link says and where it leads are two things.
    assert_eq!(
        drawn(
            "<a href='https://evil.example'>https://bank.example</a>",
            60
        ),
        ["https://bank.example [1]", "", "[1] https://evil.example"]
    );
}

#[test]
fn styles_are_kept() {
    let mut page = Page::new(40);
    draw(
        "<a href='http://x'>link</a> <b>bold</b> <i>it</i> <code>c</code>",
        &mut page,
    );
    let lines = page.into_lines();
    let styles: Vec<_> = lines[0]
        .spans
        .iter()
        .filter(|span| !span.text.as_str().trim().is_empty())
        .map(|span| (span.text.as_str().trim(), span.style))
        .collect();
    assert_eq!(
        styles,
        [
            ("link [1]", TextStyle::Link),
            ("bold", TextStyle::Strong),
            ("it", TextStyle::Emphasis),
            ("c", TextStyle::Code),
        ]
    );
}

#[test]
fn controls_in_entities_do_nothing() {
    assert_eq!(drawn("a&#27;[31mb&#x202e;c", 60), ["a[31mb<U+202E>c"]);
}

#[test]
fn bombs_end() {
    let attributes = (0..100_000)
        .map(|n| format!(" a{n}=1"))
        .collect::<Vec<_>>()
        .concat();
    let fonts = (0..250)
        .map(|n| format!("<font a={n}>"))
        .collect::<Vec<_>>()
        .concat();
    for bomb in [
        "<div>".repeat(100_000),
        "<div></x>".repeat(100_000),
        "<table><tr><td>".repeat(2_000),
        format!("{}word word", "<table><tr><td>".repeat(60)),
        format!("{}word word", "<div>".repeat(250)),
        format!("{}word word", "<blockquote>".repeat(250)),
        format!("{}word word", "<ul><li>".repeat(120)),
        format!(
            "<style>{}</style>{}",
            ".a{color:red}".repeat(3_000),
            "<p class=a>x".repeat(3_000)
        ),
        format!("<p{attributes}>x"),
        format!("{fonts}{}", "<p>x".repeat(50_000)),
        "<tr><td>x".repeat(50_000),
        format!(
            "<table><tr><td colspan=4000000000>x<td rowspan=2>{}",
            "y".repeat(10)
        ),
        "<table><tr><td colspan=4><td rowspan=2></table>".to_owned(),
        "<ol start=9223372036854775807><li>x<li>y</ol>".to_owned(),
        "x".repeat(3_000_000),
    ] {
        for columns in [8, 80] {
            let mut page = Page::new(columns);
            draw(&bomb, &mut page);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn random_tables_do_not_panic(cells in proptest::collection::vec((0_u8..6, 0_u8..6, 0_u8..5), 0..40), columns in 2_u16..100) {
        let mut html = String::from("<table>");
        for (colspan, rowspan, kind) in cells {
            html.push_str(match kind {
                0 => "<tr>",
                1 => "</table>x<table>",
                2 => "<table>",
                _ => "",
            });
            write!(html, "<td colspan={colspan} rowspan={rowspan}>word word").unwrap();
        }
        let _ = drawn(&html, columns);
    }
}
