//! From the bytes of a body to the message. An error says what is wrong, where, and what may have been meant.

use std::{collections::HashMap, mem};

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
    verdict::{Heard, short},
    weight::Weight,
};
use crate::{model::members, store::logs::SentLogs};

/// How gzip begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// How protobuf begins: the first field, which has a length. In JSON it is an empty line.
const RESOURCES: u8 = 0x0a;

/// A request of one signal.
#[derive(Debug)]
pub enum Message {
    Traces(Traces),
    /// With its bytes, if they were protobuf and all of it is taken.
    Logs(SentLogs, Option<Bytes>),
    Metrics(ExportMetricsServiceRequest, Option<Bytes>),
}

impl Message {
    /// Whether nothing was read. Of protobuf that is not known before its spans are looked at.
    fn is_empty(&self) -> bool {
        match self {
            Self::Traces(Traces::Read(request)) => request.resource_spans.is_empty(),
            Self::Traces(Traces::Wire(_)) => false,
            Self::Logs(sent, _) => sent.request.resource_logs.is_empty(),
            Self::Metrics(request, _) => request.resource_metrics.is_empty(),
        }
    }

    /// The same as protobuf, to be handed on.
    pub fn encoded(&self) -> Bytes {
        match self {
            Self::Traces(traces) => traces.encoded(),
            Self::Logs(_, Some(bytes)) | Self::Metrics(_, Some(bytes)) => bytes.clone(),
            Self::Logs(sent, None) => sent.request.encode_to_vec().into(),
            Self::Metrics(request, None) => request.encode_to_vec().into(),
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
    let whole = |heard: &Heard| heard.is_whole().then(|| body.clone());
    let (message, mut heard) = match (format, signal) {
        (Format::Json, Signal::Traces) => {
            let (request, heard) = json::read(body, signal, weight).map_err(in_json)?;
            (Message::Traces(Traces::Read(request)), heard)
        }
        (Format::Json, Signal::Logs) => {
            let (request, mut heard) = json::read::<ExportLogsServiceRequest>(body, signal, weight).map_err(in_json)?;
            let mut sent = SentLogs::from(request);
            for (place, text) in &mem::take(&mut heard.members) {
                // Why there is no room is asked for at the end.
                if !weight.take(sent.add_members(place, text)) {
                    break;
                }
            }
            (Message::Logs(sent, None), heard)
        }
        (Format::Json, Signal::Metrics) => {
            let (request, mut heard) = json::read(body, signal, weight).map_err(in_json)?;
            // Of metrics only the newest points are kept, and these members not: their sender is told.
            not_kept(mem::take(&mut heard.members)).into_iter().for_each(|words| heard.note(words));
            (Message::Metrics(request, None), heard)
        }
        (Format::Protobuf, Signal::Traces) => {
            super::wire::walk(body, &mut super::wire::Whole).map_err(in_protobuf)?;
            (Message::Traces(Traces::Wire(body.clone())), Heard::default())
        }
        (Format::Protobuf, Signal::Logs) => {
            let (request, originals, heard) = records::read(body, weight).map_err(in_protobuf)?;
            (Message::Logs(SentLogs { request, originals }, whole(&heard)), heard)
        }
        (Format::Protobuf, Signal::Metrics) => {
            let (request, _, heard) = records::read(body, weight).map_err(in_protobuf)?;
            (Message::Metrics(request, whole(&heard)), heard)
        }
    };
    if format == Format::Json && message.is_empty() && heard.is_whole() {
        json::nothing_known(body, signal).into_iter().for_each(|words| heard.note(words));
    }
    Ok((message, heard))
}

/// The names of a few of these members, those of the first metric that has any.
fn not_kept(members: HashMap<Vec<usize>, String>) -> Option<String> {
    let (_, text) = members.into_iter().min()?;
    let names: Vec<_> = members::names(&text).iter().take(4).map(|name| format!("{:?}", short(name))).collect();
    Some(format!("of metrics, members that OTLP has no name for are not kept: {}", names.join(", ")))
}

fn hint(body: &[u8], format: Format) -> &'static str {
    let looks_like_json = body.trim_ascii_start().starts_with(b"{");
    match format {
        Format::Json if body.trim_ascii().is_empty() => " (the body is empty)",
        Format::Json if json::is_utf_16(body) => " (it looks like UTF-16: send UTF-8)",
        _ if body.starts_with(&GZIP) => " (it looks like gzip: send the header Content-Encoding: gzip)",
        Format::Protobuf if looks_like_json => " (it looks like JSON: send the header Content-Type: application/json)",
        Format::Json if body.first() == Some(&RESOURCES) && !looks_like_json => {
            " (it looks like protobuf: send the header Content-Type: application/x-protobuf)"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::Index};

    use super::*;
    use crate::{
        Bounds,
        ingest::{budget::Budget, json::tests::generated},
        store::tests::logs,
    };

    /// What is read, or in which words it is refused; it does not matter which.
    fn read_any(body: Vec<u8>) {
        let budget = Budget::new(Bounds::default());
        for format in [Format::Json, Format::Protobuf] {
            for signal in [Signal::Traces, Signal::Logs, Signal::Metrics] {
                let mut held = budget.enter().unwrap();
                let read = read(body.clone().into(), format, signal, &mut held);
                if let Ok((Message::Traces(traces), mut heard)) = read {
                    let _ = traces.each(&mut heard, &mut |_, _, _| Ok(()));
                }
            }
        }
    }

    /// A record with members that are not known is kept as bytes beside the message.
    #[test]
    fn what_is_kept_beside_a_message_takes_room_too() {
        let held = |member: &str| {
            let budget = Budget::new(Bounds::default());
            let mut held = budget.enter().unwrap();
            let text = "x".repeat(2 << 20);
            let record = format!(r#"{{"body":{{"stringValue":"{text}"}}{member}}}"#);
            let body = format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{record}]}}]}}]}}"#);
            read(body.into(), Format::Json, Signal::Logs, &mut held).unwrap();
            budget.bytes().0
        };
        // Room is taken in steps, so not all of it shows.
        assert!(held(r#","x":1"#) >= held("") + (1 << 20));
    }

    #[test]
    fn members_of_metrics_that_are_not_known_are_named() {
        let budget = Budget::new(Bounds::default());
        let told = |member: &str| {
            let point = format!(r#"{{"asInt":"1"{member}}}"#);
            let metric = format!(r#"{{"name":"m","gauge":{{"dataPoints":[{point}]}}}}"#);
            let body = format!(r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{metric}]}}]}}]}}"#);
            let mut held = budget.enter().unwrap();
            let (message, heard) = read(body.into(), Format::Json, Signal::Metrics, &mut held).unwrap();
            assert!(matches!(message, Message::Metrics(..)));
            heard.verdict(Signal::Metrics, 1, None).message
        };
        assert_eq!(told(""), "");
        assert!(told(r#","newest":{"a":1},"x":2"#).ends_with(r#"are not kept: "newest", "x""#));
    }

    proptest! {
        #[test]
        fn no_bytes_make_a_reader_panic(body in vec(any::<u8>(), 0..300)) {
            read_any(body);
        }

        #[test]
        fn no_change_of_what_is_valid_makes_a_reader_panic(
            traces in generated::request(),
            logs in logs::request(),
            changes in vec((any::<Index>(), any::<u8>()), 1..4),
            cut in any::<Index>(),
        ) {
            let json = [serde_json::to_vec(&traces).unwrap(), serde_json::to_vec(&logs).unwrap()];
            for mut body in json.into_iter().chain([traces.encode_to_vec(), logs.encode_to_vec()]) {
                if body.is_empty() {
                    continue;
                }
                for (at, byte) in &changes {
                    let at = at.index(body.len());
                    body[at] = *byte;
                }
                read_any(body.clone());
                body.truncate(cut.index(body.len()));
                read_any(body);
            }
        }
    }
}
