//! What a request says about its body, and so how its answer is written: JSON or protobuf, compressed or not.

use axum::http::{HeaderMap, HeaderName, header};

use super::response::{Failure, Unsupported};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Json,
    Protobuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Identity,
    Gzip,
}

impl Format {
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Protobuf => "application/x-protobuf",
        }
    }

    /// By the content type, whatever its case and parameters.
    pub fn of(headers: &HeaderMap) -> Result<Self, Failure> {
        let content_type = text(headers, header::CONTENT_TYPE);
        let media_type = content_type.and_then(|value| value.split(';').next()).map_or("", str::trim);
        let named = |format: &Self| media_type.eq_ignore_ascii_case(format.media_type());
        [Self::Json, Self::Protobuf].into_iter().find(named).ok_or_else(|| {
            if media_type.to_ascii_lowercase().starts_with("application/grpc") {
                return Failure::Unsupported(Unsupported::Grpc, GRPC.to_owned());
            }
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
    pub fn of_answer(headers: &HeaderMap) -> Self {
        Self::of(headers).unwrap_or(Self::Json)
    }
}

impl Encoding {
    pub fn of(headers: &HeaderMap) -> Result<Self, Failure> {
        match text(headers, header::CONTENT_ENCODING) {
            None | Some("") => Ok(Self::Identity),
            Some(name) if name.eq_ignore_ascii_case("identity") => Ok(Self::Identity),
            // HTTP wants the old name to be taken for the same.
            Some(name) if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => Ok(Self::Gzip),
            Some(name) => Err(Failure::Unsupported(
                Unsupported::ContentEncoding,
                format!(
                    "content encoding {name:?} is not supported; send the body with gzip or uncompressed \
                     (OTEL_EXPORTER_OTLP_COMPRESSION=gzip or none)"
                ),
            )),
        }
    }
}

/// What is said to gRPC clients, as far as they get to say something.
pub const GRPC: &str = "gRPC is not spoken here, only OTLP/HTTP: set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf in the program \
    that sends spans";

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("(not ASCII)").trim())
}
