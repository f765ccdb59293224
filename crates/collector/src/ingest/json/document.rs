//! What a document of a file is: a request, or another program's envelope around what a request has.
//!
//! Taken are `{"resourceSpans":[…]}`, the same in `result` (the answers of Jaeger's API of version 3) or in `trace` (Grafana
//! Tempo's of version 2), and as `batches` (Tempo's of version 1, and what Grafana exports). What is known and not taken is told
//! by its name.

use std::fmt;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use serde::de::{IgnoredAny, MapAccess};

use super::{
    Reading,
    message::{List, Message, Object, read},
};

#[derive(Debug, Default)]
pub struct Document {
    pub request: ExportTraceServiceRequest,
    /// What it is when it has no spans.
    pub other: Other,
}

/// A document without spans.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Other {
    #[default]
    Unknown,
    MetricsOrLogs,
    JaegerV1,
}

impl fmt::Display for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => r#"it has no spans in it; OTLP JSON begins with {"resourceSpans":["#,
            Self::MetricsOrLogs => "it has metrics or logs in it, not spans",
            Self::JaegerV1 => {
                "it is JSON of version 1 of Jaeger's API; only OTLP JSON is taken, which /api/v3/traces of the same Jaeger gives"
            }
        })
    }
}

impl Message for Document {
    const NAME: &'static str = "TracesData";

    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        fields: &mut A,
        reading: &Reading,
    ) -> Result<bool, A::Error> {
        match name {
            "result" | "trace" => {
                let inner = fields.next_value_seed(Object::<Enveloped>::new(reading))?;
                self.request.resource_spans.extend(inner.into_iter().flat_map(|inner| inner.0.resource_spans));
            }
            "batches" => self.request.resource_spans = read(fields, List::new(reading))?,
            "data" => self.skip(Other::JaegerV1, fields)?,
            "resourceMetrics" | "resource_metrics" | "resourceLogs" | "resource_logs" => {
                self.skip(Other::MetricsOrLogs, fields)?;
            }
            _ => return self.request.read_field(name, fields, reading),
        }
        Ok(true)
    }
}

impl Document {
    pub fn has_spans(&self) -> bool {
        let mut scopes = self.request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
        scopes.any(|scope| !scope.spans.is_empty())
    }

    fn skip<'de, A: MapAccess<'de>>(&mut self, other: Other, fields: &mut A) -> Result<(), A::Error> {
        self.other = self.other.max(other);
        fields.next_value::<IgnoredAny>().map(drop)
    }
}

/// A request that is a level deeper in JSON than it is as a message.
#[derive(Default)]
struct Enveloped(ExportTraceServiceRequest);

impl Message for Enveloped {
    const NAME: &'static str = ExportTraceServiceRequest::NAME;
    const LEVELS: usize = 0;

    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        fields: &mut A,
        reading: &Reading,
    ) -> Result<bool, A::Error> {
        self.0.read_field(name, fields, reading)
    }
}
