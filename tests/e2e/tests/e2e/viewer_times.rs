//! Times in the viewer that are hard to draw or to say: at the ends, far from all others, not set.

use e2e::servers::Collector;
use e2e::trace_list::{TraceList, trace_id};
use e2e::trace_page::{TracePage, send};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

const T: u64 = 1_700_000_000_000_000_000;
const MS: u64 = 1_000_000;

/// A span in nanoseconds since 1970, as they are.
fn span(trace: u64, [id, parent]: [u64; 2], name: &str, [start, end]: [u64; 2], more: Value) -> Value {
    let mut span = json!({
        "traceId": trace_id(trace), "spanId": format!("{id:016x}"), "name": name, "kind": 2,
        "parentSpanId": if parent == 0 { String::new() } else { format!("{parent:016x}") },
        "startTimeUnixNano": start.to_string(), "endTimeUnixNano": end.to_string(),
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        span[key] = value.clone();
    }
    span
}

/// A root of 300 ms from `start` on, with short spans and a long one.
fn usual(trace: u64, start: u64) -> Vec<Value> {
    [
        ([1, 0], "root", [0, 300 * MS]),
        ([2, 1], "five", [10, 15]),
        ([3, 1], "three hundred", [400, 700]),
        ([4, 1], "thousand", [1_000, 2_000]),
        ([5, 1], "long", [50 * MS, 250 * MS]),
    ]
    .map(|(ids, name, [from, to])| span(trace, ids, name, [start + from, start + to], json!({})))
    .into()
}

/// The name of each row, and what its bar's label says.
const LABELS: &str = "return Object.fromEntries([...document.querySelectorAll('.sizer .row')].map((row) =>
    [row.querySelector('.name').textContent, row.querySelector('.label, .beyond')?.textContent ?? null]))";

/// Of these marks, those of which less than a pixel is to be seen within their track, or that are not wholly in it.
fn lost(marks: &str, track: &str) -> String {
    format!(
        "return [...document.querySelectorAll('{marks}')].map((mark) => {{
            const [a, b] = [mark.getBoundingClientRect(), mark.closest('{track}').getBoundingClientRect()];
            return [a.left - b.left, b.right - a.right, a.width];
        }}).filter(([left, right, width]) => left < -0.01 || right < -0.01 || width < 1)"
    )
}

fn at_the_ends(trace: u64) -> Vec<Value> {
    let end = T + 300 * MS;
    let events: Vec<Value> =
        [T, end].map(|time| json!({ "name": "exception", "timeUnixNano": time.to_string() })).into();
    vec![
        span(trace, [1, 0], "root", [T, end], json!({ "events": events })),
        span(trace, [2, 1], "at the start", [T, T], json!({})),
        span(trace, [3, 1], "at the end", [end, end], json!({ "status": { "code": 2 } })),
        span(trace, [4, 1], "ten at the end", [end - 10, end], json!({})),
        span(trace, [5, 1], "most", [T, end - 10], json!({})),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_at_both_ends_are_within_their_track() {
    let collector = Collector::start().await;
    send(&collector.otlp, "web", &at_the_ends(1)).await;
    send(&collector.otlp, "web", &at_the_ends(2)).await;
    let page = TracePage::open(&collector.viewer, "/trace/1").await;
    let count = "return ['.duration-bar', '.tick', '.critical'].map((mark) => document.querySelectorAll(mark).length)";
    page.wait_for(count, &json!([5, 2, 2])).await;
    for marks in [".duration-bar", ".tick", ".critical", ".times span"] {
        page.wait_for(&lost(marks, ".line, .times"), &json!([])).await;
    }
    // On the small picture each line begins and ends with colour.
    let columns = "const canvas = document.querySelector('.minimap canvas');
        const { width, height } = canvas;
        const rows = (x) => {
            const { data } = canvas.getContext('2d').getImageData(x, 0, 1, height);
            return Array.from({ length: height }, (_, y) => data[4 * y + 3] > 127);
        };
        const groups = (seen) => seen.filter((each, y) => each && !seen[y - 1]).length;
        return [groups(rows(0)), groups(rows(width - 1))]";
    // At the start: the root, what is there, and what lasts nearly to the end. At the end all but the one at the start.
    page.wait_for(columns, &json!([3, 4])).await;
    // The handles hide nothing of it.
    let beside = "const canvas = document.querySelector('.minimap canvas').getBoundingClientRect();
        const at = (x, y) => document.elementFromPoint(x, y)?.className;
        return [at(canvas.left - 3, canvas.top + 25), at(canvas.right + 3, canvas.top + 25)]";
    page.wait_for(beside, &json!(["edge from", "edge to"])).await;

    page.visit(&collector.viewer, "/compare?a=1&b=2").await;
    page.wait_for("return document.querySelectorAll('.side').length", &json!(10)).await;
    page.wait_for(&lost(".side", ".both"), &json!([])).await;
    let list = TraceList { page: page.page, url: collector.viewer.clone() };
    list.visit("/").await;
    list.wait_for_traces(&[2, 1]).await;
    list.wait_for("bars", "document.querySelectorAll('.row-bar').length", &json!(2)).await;
    assert_eq!(list.page.script(&lost(".row-bar", ".row-track")).await, json!([]));
    assert_eq!(list.page.script(&lost(".scatter-point", ".scatter-drawing")).await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_span_far_away_changes_no_duration_and_no_scale() {
    let collector = Collector::start().await;
    let far = [
        (1, "five since 1970", [1, 6], "‹ 5 ns"),
        (2, "at the last moment", [u64::MAX, u64::MAX], "0 ns ›"),
        (3, "a day later", [T + 86_400_000 * MS, T + 86_400_000 * MS + 7], "7 ns ›"),
    ];
    for (trace, name, times, _) in far {
        let mut spans = usual(trace, T);
        spans.push(span(trace, [9, 1], name, times, json!({})));
        send(&collector.otlp, "web", &spans).await;
    }
    let page = TracePage::open(&collector.viewer, "/trace/1").await;
    for (trace, name, _, label) in far {
        page.visit(&collector.viewer, &format!("/trace/{trace}")).await;
        let mut labels = json!({
            "root": "300 ms", "five": "5 ns", "three hundred": "300 ns", "thousand": "1.00 µs", "long": "200 ms",
        });
        labels[name] = label.into();
        page.wait_for(LABELS, &labels).await;
        let part = "const [root, line] = ['.duration-bar', '.line'].map((each) => document.querySelector(each).getBoundingClientRect());
            return root.width / line.width > 0.99";
        page.wait_for(part, &json!(true)).await;
        page.wait_for("return [...document.querySelectorAll('.times span')].pop().textContent", &json!("")).await;
        page.wait_for_words(".times", "250 ms").await;
        page.wait_for_words(".far", "1 span far away, 300 ms without").await;
    }
    // All of the time is shown when asked for, and the axis knows hours.
    page.click(".far").await;
    page.wait_for_words(".times", "12 h").await;
    page.wait_for("return document.querySelectorAll('.beyond').length", &json!(0)).await;
    page.keys("Z").await;
    page.wait_for_words(".times", "250 ms").await;
    // Whoever stands on it learns when it was, and still sees the others.
    page.visit(&collector.viewer, "/trace/1#span=0000000000000009").await;
    page.wait_for_selected("five since 1970").await;
    page.wait_for_words(".detail", "19,676 d before the trace").await;
    page.wait_for_words(".times", "200 ms").await;
    page.assert_no_console_errors().await;

    page.visit(&collector.viewer, "/compare?a=1&b=2").await;
    let widths = "return [...document.querySelectorAll('.line-row:not(.head)')].filter((row) => row.querySelector('bdi').textContent === 'long')
        .map((row) => row.querySelector('.side').getBoundingClientRect().width / row.querySelector('.both').clientWidth > 0.3)";
    page.wait_for(widths, &json!([true])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_far_away_is_marked_at_the_edge_of_the_plot() {
    let collector = Collector::start().await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970");
    let now = u64::try_from(now.as_nanos()).expect("it is earlier than 2554");
    for trace in 1..=20 {
        send(&collector.otlp, "web", &usual(trace, now - 600_000 * MS + trace * 1_000 * MS)).await;
    }
    let far = [
        span(21, [1, 0], "since 1970", [1, 1 + 300 * MS], json!({})),
        span(22, [1, 0], "last", [u64::MAX, u64::MAX], json!({})),
        span(23, [1, 0], "for centuries", [now - 600_000 * MS, u64::MAX], json!({})),
        span(24, [1, 0], "no start", [0, now], json!({})),
    ];
    send(&collector.otlp, "web", &far).await;
    let list = TraceList::open(&collector, "").await;
    list.wait_for("a point for each", "document.querySelectorAll('.scatter-point').length", &json!(24)).await;
    list.wait_for("arrows", "document.querySelectorAll('.scatter-arrow').length", &json!(4)).await;
    let axis = list
        .page
        .script("return [...document.querySelectorAll('.scatter-text')].map((text) => text.textContent)")
        .await;
    let axis: Vec<&str> = axis.as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    let of_a_year = |text: &str| text.len() >= 4 && text.bytes().take(4).all(|byte| byte.is_ascii_digit());
    assert!(axis.iter().all(|text| !of_a_year(text) && !text.ends_with(" d")), "minutes: {axis:?}");
    let overlaps =
        "const boxes = [...document.querySelectorAll('.scatter-text')].map((text) => text.getBoundingClientRect());
        const plot = document.querySelector('.scatter-drawing').getBoundingClientRect();
        const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
        return [boxes.filter((a, at) => boxes.some((b, other) => other > at && meet(a, b))).length,
            boxes.filter((box) => box.left < plot.left || box.right > plot.right).length]";
    assert_eq!(list.page.script(overlaps).await, json!([0, 0]), "words lie on others, or are cut");
    let spread = "const x = [...document.querySelectorAll('circle.scatter-point')].map((point) => Number(point.getAttribute('cx'))).sort((a, b) => a - b);
        return (x[20] - x[3]) / document.querySelector('.scatter-drawing').clientWidth > 0.5";
    assert_eq!(list.page.script(spread).await, json!(true));
    let bars = "return [...document.querySelectorAll('.row')].map((row) => {
        const [bar, track] = ['.row-bar', '.row-track'].map((each) => row.querySelector(each).getBoundingClientRect().width);
        return [row.querySelector('.row-name bdi:last-child').textContent, row.querySelector('.row-duration-text').textContent, bar === track];
    }).filter(([name]) => ['root', 'no start', 'for centuries'].includes(name)).slice(-3)";
    assert_eq!(list.page.script(bars).await[0], json!(["root", "300 ms", true]));
    list.wait_for(
        "what has no start",
        "document.querySelector('.row:last-child').textContent.includes('start not set')",
        &json!(true),
    )
    .await;

    // The one at the right edge says its true time, and opens.
    let right = "const plot = document.querySelector('.scatter-drawing').getBoundingClientRect();
        const points = [...document.querySelectorAll('circle.scatter-point')].map((point) => point.getBoundingClientRect());
        const last = points.reduce((a, b) => (b.right > a.right ? b : a));
        return [last.left + last.width / 2 - plot.left - plot.width / 2, last.top + last.height / 2 - plot.top - plot.height / 2]";
    let place = list.page.script(right).await;
    let [x, y] = [0, 1].map(|at| place[at].as_f64().expect("a number").round());
    list.page.hover(".scatter-drawing", [x, y]).await;
    list.wait_for("its time", "document.querySelector('.scatter-tip').textContent.includes('2554-07-')", &json!(true))
        .await;
    list.page.drag(".scatter-drawing", [x, y], [0.0, 0.0]).await;
    list.wait_for("its page", "location.pathname", &json!(format!("/trace/{}", trace_id(22)))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_set_and_what_was_dropped_is_said() {
    let collector = Collector::start().await;
    let mut spans = usual(1, T);
    let more = json!({
        "events": [{ "name": "untimed", "droppedAttributesCount": 1 }, { "name": "timed", "timeUnixNano": (T + 3 * MS).to_string() }],
        "links": [{ "traceId": trace_id(7), "spanId": "0000000000000007", "droppedAttributesCount": 2 }],
        "droppedAttributesCount": 1, "droppedEventsCount": 1, "droppedLinksCount": 2,
    });
    spans.push(span(1, [6, 1], "no end", [T, 0], more));
    spans.push(span(1, [7, 1], "no start", [0, T + MS], json!({})));
    spans.push(span(1, [8, 1], "neither", [0, 0], json!({})));
    send(&collector.otlp, "web", &spans).await;
    let page = TracePage::open(&collector.viewer, "/trace/1#span=0000000000000006").await;
    let labels = json!({
        "root": "300 ms", "five": "5 ns", "three hundred": "300 ns", "thousand": "1.00 µs", "long": "200 ms",
        "no end": "not set", "no start": "not set", "neither": "not set",
    });
    page.wait_for(LABELS, &labels).await;
    page.wait_for_words(".trace-header", "300 ms").await;
    page.wait_for_words(".span-facts", "not set").await;
    let items = "return [...document.querySelectorAll('.entries li')].map((item) => item.textContent)";
    let seen = page.page.script(items).await.to_string();
    for words in ["untimedtime not set1 attribute dropped", "timed+3.00 ms", "2 attributes dropped"] {
        assert!(seen.contains(words), "{words}: {seen}");
    }
    for words in ["Events (2, 1 dropped)", "Links (1, 2 dropped)"] {
        page.wait_for_words(".detail", words).await;
    }
    for words in ["It has no end", "1 attribute of this span", "1 event.", "2 links."] {
        page.wait_for_words(".warnings", words).await;
    }
    page.visit(&collector.viewer, "/trace/1#span=0000000000000007").await;
    page.wait_for_selected("no start").await;
    page.wait_for("return document.querySelectorAll('.span-facts dd')[1].textContent", &json!("not set")).await;
    page.assert_no_console_errors().await;
}
