//! From the bytes of a body to the message. An error says what is wrong, where, and what may have been meant.

use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
};
use prost::{Message as _, bytes::Bytes};

use super::{
    MAX_BODY, MAX_MESSAGE, Refusal, Signal,
    budget::Held,
    inflate::inflate,
    json,
    media::{Encoding, Format},
    records,
    traces::Traces,
    verdict::Heard,
    weight::Weight,
};

/// How gzip begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// How protobuf begins: the first field, which has a length. In JSON it is an empty line.
const RESOURCES: u8 = 0x0a;

/// A request of one signal.
#[derive(Debug)]
pub enum Message {
    Traces(Traces),
    Logs(ExportLogsServiceRequest),
    Metrics(ExportMetricsServiceRequest),
}

impl Message {
    /// The same as protobuf, to be handed on.
    pub fn encoded(&self) -> Bytes {
        match self {
            Self::Traces(traces) => traces.encoded(),
            Self::Logs(request) => request.encode_to_vec().into(),
            Self::Metrics(request) => request.encode_to_vec().into(),
        }
    }
}

/// Reads a body; what it takes in memory is added to what is held.
pub fn decode(
    body: Bytes,
    format: Format,
    encoding: Encoding,
    signal: Signal,
    held: &mut Held,
) -> Result<(Message, Heard), Refusal> {
    match encoding {
        Encoding::Identity => read(body, format, signal, held),
        _ => read(inflate(&body, encoding, MAX_BODY, held)?.into(), format, signal, held),
    }
}

/// Reads a body that is not compressed.
pub fn read(body: Bytes, format: Format, signal: Signal, held: &mut Held) -> Result<(Message, Heard), Refusal> {
    let weight = Weight::within(MAX_MESSAGE, held.share());
    let read = read_weighed(&body, format, signal, &weight);
    let (why, share) = weight.end();
    share.into_iter().for_each(|share| held.merge(share));
    match why {
        Some(refusal) => Err(refusal),
        None => read,
    }
}

fn read_weighed(body: &Bytes, format: Format, signal: Signal, weight: &Weight) -> Result<(Message, Heard), Refusal> {
    let invalid = |error: String| Refusal::Invalid(format!("{error}{}", hint(body, format)));
    let in_json = |error: json::ReadError| invalid(error.to_string());
    let in_protobuf = |refusal| match refusal {
        Refusal::Invalid(error) => invalid(error),
        other => other,
    };
    Ok(match (format, signal) {
        (Format::Json, Signal::Traces) => {
            let (request, heard) = json::read(body, signal, weight).map_err(in_json)?;
            (Message::Traces(Traces::Read(request)), heard)
        }
        (Format::Json, Signal::Logs) => {
            let (request, heard) = json::read(body, signal, weight).map_err(in_json)?;
            (Message::Logs(request), heard)
        }
        (Format::Json, Signal::Metrics) => {
            let (request, heard) = json::read(body, signal, weight).map_err(in_json)?;
            (Message::Metrics(request), heard)
        }
        (Format::Protobuf, Signal::Traces) => {
            super::wire::walk(body, &mut super::wire::Whole).map_err(in_protobuf)?;
            (Message::Traces(Traces::Wire(body.clone())), Heard::default())
        }
        (Format::Protobuf, Signal::Logs) => {
            let (request, heard) = records::read(body, weight).map_err(in_protobuf)?;
            (Message::Logs(request), heard)
        }
        (Format::Protobuf, Signal::Metrics) => {
            let (request, heard) = records::read(body, weight).map_err(in_protobuf)?;
            (Message::Metrics(request), heard)
        }
    })
}

fn hint(body: &[u8], format: Format) -> &'static str {
    let looks_like_json = body.trim_ascii_start().starts_with(b"{");
    match format {
        _ if body.starts_with(&GZIP) => " (it looks like gzip: send the header Content-Encoding: gzip)",
        Format::Protobuf if looks_like_json => " (it looks like JSON: send the header Content-Type: application/json)",
        Format::Json if body.first() == Some(&RESOURCES) && !looks_like_json => {
            " (it looks like protobuf: send the header Content-Type: application/x-protobuf)"
        }
        _ => "",
    }
}
