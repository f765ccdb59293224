//! Whatever way a file comes in, its spans are those that the receiver would read; and nothing that is broken takes others along.

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::InstrumentationScope,
    resource::v1::Resource,
    trace::v1::{ResourceSpans, Span},
};
use proptest::{collection::vec, prelude::*, sample::select};

use super::{
    cut::Cutter,
    large::Sizes,
    piece::{Cut, Piece},
};
use crate::ingest::json::{self, tests::generated};

const LARGE: Sizes = Sizes { wanted: 1 << 20, largest: 1 << 20 };

fn cut(file: &[u8], sizes: Sizes, step: usize) -> Vec<Cut> {
    let mut cutter = Cutter::new(sizes);
    let mut cuts = Vec::new();
    file.chunks(step).for_each(|bytes| cutter.push(bytes, &mut cuts));
    cutter.finish(&mut cuts);
    cuts
}

fn pieces(file: &[u8], sizes: Sizes, step: usize) -> Vec<Piece> {
    let piece = |cut| match cut {
        Cut::Piece(piece) => piece,
        Cut::TooLarge(place) => panic!("{place:?}"),
    };
    cut(file, sizes, step).into_iter().map(piece).collect()
}

fn texts(file: &str) -> Vec<(u64, u64, String)> {
    let whole = pieces(file.as_bytes(), LARGE, file.len().max(1));
    for step in 1..5 {
        assert_eq!(pieces(file.as_bytes(), LARGE, step), whole, "in steps of {step}");
    }
    let text = |piece: Piece| (piece.part.place.line, piece.part.place.before, String::from_utf8(piece.text).unwrap());
    whole.into_iter().map(text).collect()
}

/// Spans, each with what it shares with others.
fn spans(resource_spans: Vec<ResourceSpans>) -> Vec<(Option<Resource>, Option<InstrumentationScope>, Span)> {
    let mut all = Vec::new();
    for resource in resource_spans {
        for scope in resource.scope_spans {
            let spans = scope.spans.into_iter();
            all.extend(spans.map(|span| (resource.resource.clone(), scope.scope.clone(), span)));
        }
    }
    all
}

fn read(piece: &Piece) -> Result<Vec<ResourceSpans>, String> {
    let document = json::tests::read_document(&piece.text).map_err(|error| error.to_string())?;
    Ok(document.request.resource_spans)
}

#[test]
fn documents_are_cut_wherever_they_stand() {
    let text = |line, before, text: &str| (line, before, text.to_owned());
    assert_eq!(texts(""), []);
    assert_eq!(texts(" \n\u{feff}\t"), []);
    assert_eq!(
        texts("\u{feff}{\"a\":\n1}\n\n {}{\"b\":[]}\r\n"),
        [text(1, 3, "{\"a\":\n1}"), text(4, 1, "{}"), text(4, 3, "{\"b\":[]}"),]
    );
    assert_eq!(
        texts("[ {}\n,{\"a\":\"]}\\\"\"} ]\n[{}]"),
        [text(1, 2, "{}"), text(2, 1, "{\"a\":\"]}\\\"\"}"), text(3, 1, "{}"),]
    );
}

#[test]
fn what_is_broken_ends_with_its_line_or_where_another_document_begins() {
    let good = r#"{"resourceSpans":[{}]}"#;
    for broken in [
        "hello",
        "]",
        ",",
        "{} x",
        r#"{"resourceSpans":[}"#,
        r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"serv"#,
        r#"{"resourceSpans":[{"resource":{"attributes":["#,
        r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"a","value":{"intValue":"#,
        r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"a"{"resourceSpans":[{}]}"#,
        r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"\"#,
        "{\"resourceSpans\":[\n{\"resource\":{}}",
    ] {
        let file = format!("{good}\n{broken}\n{good}\n{good}");
        let found = texts(&file);
        let whole = found.iter().filter(|(_, _, text)| text == good).count();
        assert_eq!(whole, 3, "{broken}: {found:?}");
        assert!(pieces(file.as_bytes(), LARGE, 7).iter().any(|piece| read(piece).is_err()), "{broken}");
    }
    // Lines that only look like it are of the document.
    let lines = "{\"resourceSpans\":[\n{\"resource\":{}},\n{\"resource\":{}}\n]}";
    assert_eq!(texts(lines).len(), 1);
    let long = format!("{}é\n{good}", "x".repeat(63));
    assert_eq!(texts(&long).iter().map(|(_, _, text)| text.as_str()).collect::<Vec<_>>(), [&"x".repeat(63), good]);
}

#[test]
fn a_place_in_a_piece_is_one_in_the_file() {
    let spans: Vec<_> = (0..9).map(|number| format!("{{\"name\":\"{number}\",\n \"kind\":{}}}", number % 6)).collect();
    let document = format!(
        "{{}}\n{{\"resourceSpans\":[{{}},\n{{\"resource\":{{}},\"scopeSpans\":[{{}},{{\"scope\":{{}},\"spans\":[{}]}}]}}]}}",
        spans.join(",\n").replace("5}", "\"five\"}")
    );
    for wanted in [1, 40, 60, 100, 1_000] {
        let sizes = Sizes { wanted, largest: 10_000 };
        let errors: Vec<_> = pieces(document.as_bytes(), sizes, 3)
            .iter()
            .filter_map(|piece| {
                let error = json::tests::read_document(&piece.text).err()?;
                Some((piece.path_in_file(&error.what), piece.place_of(error.line, error.column)))
            })
            .collect();
        let [(what, place)] = errors.as_slice() else { panic!("{wanted}: {errors:?}") };
        assert!(what.starts_with("/resourceSpans/1/scopeSpans/1/spans/5/kind: "), "{wanted}: {what}");
        assert_eq!((place.line, place.before), (14, 13), "{wanted}");
    }
}

#[test]
fn what_cannot_be_cut_is_left_out_alone() {
    let span = |name: &str| format!("{{\"name\":\"{name}\"}}");
    let (small, large) = (span("s"), span(&"x".repeat(500)));
    let names = |spans: &[&str], before: &str| {
        let document = format!(
            "{{\"resourceSpans\":[{{{before}\"scopeSpans\":[{{\"scope\":{{}},\"spans\":[{}]}}]}}]}}\n{{\"resourceSpans\":[{{\"scopeSpans\":[{{\"spans\":[{small}]}}]}}]}}",
            spans.join(",")
        );
        let mut names = String::new();
        for cut in cut(document.as_bytes(), Sizes { wanted: 100, largest: 300 }, 5) {
            match cut {
                Cut::TooLarge(place) => names += &format!("<{}>", place.line),
                Cut::Piece(piece) => {
                    let read = read(&piece)
                        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&piece.text)));
                    self::spans(read).iter().for_each(|(_, _, span)| names += &span.name);
                }
            }
        }
        names
    };
    let resource = "\"resource\":{},";
    assert_eq!(names(&[&small, &large, &small, &small], resource), "s<1>sss");
    assert_eq!(names(&[&large, &small], resource), "<1>ss");
    assert_eq!(names(&[&small, &large], resource), "s<1>s");
    assert_eq!(names(&[&large], resource), "<1>s");
    let of_a_large_resource = format!("\"resource\":{{\"attributes\":[{{\"key\":\"{}\"}}]}},", "k".repeat(400));
    assert_eq!(names(&[&small], &of_a_large_resource), "<1>s");
    let long = format!("{{\"a\":\"{}\"}}\n{{}}", "x".repeat(1_000));
    let cuts = cut(long.as_bytes(), Sizes { wanted: 100, largest: 300 }, 5);
    assert!(matches!(cuts.as_slice(), [Cut::TooLarge(_), Cut::Piece(piece)] if piece.text == b"{}"), "{cuts:?}");
}

#[test]
fn a_resource_that_comes_late_is_waited_for() {
    let spans = (0..20).map(|number| format!("{{\"name\":\"{number:02}\"}}")).collect::<Vec<_>>().join(",");
    let document = format!("{{\"resourceSpans\":[{{\"scopeSpans\":[{{\"spans\":[{spans}]}}],\"resource\":{{}}}}]}}");
    let cuts = pieces(document.as_bytes(), Sizes { wanted: 50, largest: 10_000 }, 3);
    assert_eq!(cuts.len(), 1, "as a request would be read");
    let cuts = pieces(document.as_bytes(), Sizes { wanted: 50, largest: 150 }, 3);
    let late = cuts.last().unwrap();
    let document = json::tests::read_document(&late.text).unwrap();
    assert_eq!((Piece::first_has(&document), late.part.has), ([true, false], [false, false]));
}

proptest! {
    #[test]
    fn all_spans_of_a_file_are_there(
        requests in vec(generated::request(), 1..4),
        between in select(vec!["", "\n", " \r\n", "\n\n\t"]),
        (listed, envelope, pretty) in any::<(bool, bool, bool)>(),
        (wanted, step) in (1..3_000_usize, 1..200_usize),
    ) {
        let documents: Vec<String> = requests
            .iter()
            .map(|request| {
                let mut document = serde_json::to_value(request).unwrap();
                if envelope {
                    document = serde_json::json!({ "result": document });
                }
                if pretty { serde_json::to_string_pretty(&document) } else { serde_json::to_string(&document) }.unwrap()
            })
            .collect();
        let file = if listed { format!("[{}]", documents.join(",\n")) } else { documents.join(between) };
        let found = pieces(file.as_bytes(), Sizes { wanted, largest: 10_000_000 }, step);
        let found: Vec<_> = found.iter().flat_map(|piece| spans(read(piece).unwrap())).collect();
        let all: Vec<_> = requests.into_iter().flat_map(|request: ExportTraceServiceRequest| spans(request.resource_spans)).collect();
        prop_assert_eq!(found, all);
    }

    #[test]
    fn no_bytes_make_it_panic(
        request in generated::request(),
        noise in vec((any::<prop::sample::Index>(), select(b"{}[]\",\n\\x".to_vec())), 0..5),
        (wanted, largest, step) in (1..500_usize, 1..800_usize, 1..100_usize),
    ) {
        let mut file = serde_json::to_vec(&request).unwrap();
        file.extend_from_slice(b"\n");
        file.extend(serde_json::to_vec(&request).unwrap());
        for (place, byte) in noise {
            let place = place.index(file.len());
            file[place] = byte;
        }
        for cut in cut(&file, Sizes { wanted, largest }, step) {
            if let Cut::Piece(piece) = cut {
                prop_assert!(piece.text.len() <= largest.max(wanted) + 2 * step + 200 || piece.part.repeated > 0);
                let _ = read(&piece);
            }
        }
    }
}
