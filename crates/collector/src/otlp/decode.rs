//! From the bytes of a body to the message. An error says what is wrong, where, and what may have been meant.

use std::borrow::Cow;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;

use super::{
    MAX_BODY, MAX_MESSAGE,
    budget::Budget,
    gate::Slot,
    inflate, json,
    media::{Encoding, Format},
    protobuf,
    response::Failure,
};

/// How gzip begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// How protobuf begins: the first field, which has a length. In JSON it is an empty line.
const RESOURCE_SPANS: u8 = 0x0a;

pub fn decode(
    body: &[u8],
    format: Format,
    encoding: Encoding,
    slot: &mut Slot,
) -> Result<ExportTraceServiceRequest, Failure> {
    let body = match encoding {
        Encoding::Identity => Cow::Borrowed(body),
        Encoding::Gzip => Cow::Owned(inflate::gunzip(body, MAX_BODY, slot)?),
    };
    read(&body, format)
}

/// Reads a body that is not compressed.
pub fn read(body: &[u8], format: Format) -> Result<ExportTraceServiceRequest, Failure> {
    let budget = Budget::new(MAX_MESSAGE);
    let read = match format {
        Format::Json => json::read_traces(body, &budget).map_err(|error| error.to_string()),
        // Nesting is bounded: prost refuses more than 100 levels. Its errors name the fields that lead to the place.
        Format::Protobuf => protobuf::read_traces(body, &budget).map_err(|error| error.to_string()),
    };
    if budget.is_exhausted() {
        let limit = MAX_MESSAGE >> 20;
        let message = format!("what is in the body takes more than {limit} MiB of memory; send smaller batches");
        return Err(Failure::PayloadTooLarge(message));
    }
    read.map_err(|error| Failure::BadRequest(format!("{error}{}", hint(body, format))))
}

fn hint(body: &[u8], format: Format) -> &'static str {
    let looks_like_json = body.trim_ascii_start().starts_with(b"{");
    match format {
        _ if body.starts_with(&GZIP) => " (it looks like gzip: send the header Content-Encoding: gzip)",
        Format::Protobuf if looks_like_json => " (it looks like JSON: send the header Content-Type: application/json)",
        Format::Json if body.first() == Some(&RESOURCE_SPANS) && !looks_like_json => {
            " (it looks like protobuf: send the header Content-Type: application/x-protobuf)"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
    use proptest::prelude::*;
    use prost::Message;

    use super::*;
    use crate::{Bounds, otlp::gate::Gate};

    fn plain(body: &[u8], format: Format) -> Result<ExportTraceServiceRequest, String> {
        let mut slot = Gate::new(Bounds::default()).enter().unwrap();
        decode(body, format, Encoding::Identity, &mut slot).map_err(|failure| match failure {
            Failure::BadRequest(message) => message,
            other => panic!("{other:?}"),
        })
    }

    fn request(name: &str) -> ExportTraceServiceRequest {
        let spans = vec![Span { name: name.into(), ..Default::default() }];
        let scope_spans = vec![ScopeSpans { spans, ..Default::default() }];
        ExportTraceServiceRequest { resource_spans: vec![ResourceSpans { scope_spans, ..Default::default() }] }
    }

    #[test]
    fn protobuf_and_the_words_for_what_is_none() {
        let bytes = request("root").encode_to_vec();
        assert_eq!(plain(&bytes, Format::Protobuf).unwrap(), request("root"));
        assert_eq!(plain(b"", Format::Protobuf).unwrap(), ExportTraceServiceRequest::default());
        let mut not_utf8 = bytes.clone();
        *not_utf8.last_mut().unwrap() = 0xff;
        let message = plain(&not_utf8, Format::Protobuf).unwrap_err();
        for word in ["UTF-8", "Span.name", "ScopeSpans.spans", "ResourceSpans.scope_spans"] {
            assert!(message.contains(word), "{message}");
        }
    }

    #[test]
    fn mistaken_headers_are_guessed() {
        let protobuf = request("root").encode_to_vec();
        let cases: [(&[u8], Format, &str); 4] = [
            (br#" {"resourceSpans":[]}"#, Format::Protobuf, "Content-Type: application/json"),
            (&protobuf, Format::Json, "Content-Type: application/x-protobuf"),
            (&[0x1f, 0x8b, 8, 0], Format::Json, "Content-Encoding: gzip"),
            (&[0x1f, 0x8b, 8, 0], Format::Protobuf, "Content-Encoding: gzip"),
        ];
        for (body, format, hint) in cases {
            let message = plain(body, format).unwrap_err();
            assert!(message.contains(hint), "{message}");
        }
        assert!(!plain(b"\n{", Format::Json).unwrap_err().contains("looks like"));
    }

    #[test]
    fn deep_protobuf_is_an_error() {
        // A value that is a list with one value, and so on: each level is a field 5 with a field 1 inside.
        let mut value = Vec::new();
        for _ in 0..200 {
            for tag in [0x0a, 0x2a] {
                let mut outer = vec![tag];
                prost::encoding::encode_varint(value.len() as u64, &mut outer);
                outer.append(&mut value);
                value = outer;
            }
        }
        // KeyValue.value, Span.attributes, ScopeSpans.spans, ResourceSpans.scope_spans, the request's resource_spans.
        for tag in [0x12, 0x4a, 0x12, 0x12, 0x0a] {
            let mut outer = vec![tag];
            prost::encoding::encode_varint(value.len() as u64, &mut outer);
            outer.append(&mut value);
            value = outer;
        }
        let message = plain(&value, Format::Protobuf).unwrap_err();
        assert!(message.contains("recursion limit"), "{message}");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(name in any::<String>(), place in any::<prop::sample::Index>(), byte in any::<u8>(), noise in any::<Vec<u8>>()) {
            let mut bytes = request(&name).encode_to_vec();
            let place = place.index(bytes.len());
            bytes[place] = byte;
            for body in [&bytes[..], &bytes[..place], &noise[..]] {
                let _ = plain(body, Format::Protobuf);
                let _ = plain(body, Format::Json);
            }
        }
    }
}
