//! What a request's headers say about its body, and so how its answer is written.

use std::borrow::Cow;

use axum::http::{HeaderMap, HeaderName, header};

use super::response::{Failure, Unsupported};
use crate::ingest::media::{Encoding, Format};

/// By the content type, whatever its case and parameters.
pub fn format(headers: &HeaderMap) -> Result<Format, Failure> {
    let content_type = text(headers, header::CONTENT_TYPE);
    let named = content_type.as_deref().and_then(|value| value.split(';').next()).map_or("", str::trim);
    let is_named = |format: &Format| named.eq_ignore_ascii_case(format.media_type());
    [Format::Json, Format::Protobuf].into_iter().find(is_named).ok_or_else(|| {
        let what = content_type.map_or("no content type".to_owned(), |value| format!("content type {value:?}"));
        Failure::Unsupported(
            Unsupported::ContentType,
            format!(
                "{what} is not supported; send application/json or application/x-protobuf \
                 (OTEL_EXPORTER_OTLP_PROTOCOL=http/json or http/protobuf)"
            ),
        )
    })
}

/// What an answer is written in: as the request was, or JSON where that cannot be known.
pub fn format_of_answer(headers: &HeaderMap) -> Format {
    format(headers).unwrap_or(Format::Json)
}

pub fn encoding(headers: &HeaderMap) -> Result<Encoding, Failure> {
    let name = text(headers, header::CONTENT_ENCODING).unwrap_or_default();
    Encoding::named(&name).ok_or_else(|| {
        Failure::Unsupported(
            Unsupported::ContentEncoding,
            format!(
                "content encoding {name:?} is not supported; send the body with gzip, deflate, zstd, snappy or uncompressed \
                 (OTEL_EXPORTER_OTLP_COMPRESSION=gzip or none)"
            ),
        )
    })
}

/// One that is repeated is a list, as HTTP has it.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<Cow<'_, str>> {
    let mut values = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("(not ASCII)").trim());
    let first = values.next()?;
    Some(values.fold(Cow::Borrowed(first), |all, value| format!("{all}, {value}").into()))
}
