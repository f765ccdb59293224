//! The messages of traces: the request, its spans, their events and links.

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    trace::v1::{
        ResourceSpans, ScopeSpans, Span, Status,
        span::{Event, Link, SpanKind},
        status::StatusCode,
    },
};
use serde::de::MapAccess;

use super::{
    Budget,
    message::{List, Message, Object, read},
    number::{Enum, U32, U64},
    scalar::{HexId, Text},
};

impl Message for ExportTraceServiceRequest {
    const NAME: &'static str = "ExportTraceServiceRequest";

    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        fields: &mut A,
        budget: &Budget,
    ) -> Result<bool, A::Error> {
        match name {
            "resourceSpans" | "resource_spans" => self.resource_spans = read(fields, List::new(budget))?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Message for ResourceSpans {
    const NAME: &'static str = "ResourceSpans";

    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        fields: &mut A,
        budget: &Budget,
    ) -> Result<bool, A::Error> {
        match name {
            "resource" => self.resource = fields.next_value_seed(Object::new(budget))?,
            "scopeSpans" | "scope_spans" => self.scope_spans = read(fields, List::new(budget))?,
            "schemaUrl" | "schema_url" => self.schema_url = read(fields, Text)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Message for ScopeSpans {
    const NAME: &'static str = "ScopeSpans";

    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        fields: &mut A,
        budget: &Budget,
    ) -> Result<bool, A::Error> {
        match name {
            "scope" => self.scope = fields.next_value_seed(Object::new(budget))?,
            "spans" => self.spans = read(fields, List::new(budget))?,
            "schemaUrl" | "schema_url" => self.schema_url = read(fields, Text)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Message for Span {
    const NAME: &'static str = "Span";

    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        fields: &mut A,
        budget: &Budget,
    ) -> Result<bool, A::Error> {
        match name {
            "traceId" | "trace_id" => self.trace_id = read(fields, HexId)?,
            "spanId" | "span_id" => self.span_id = read(fields, HexId)?,
            "traceState" | "trace_state" => self.trace_state = read(fields, Text)?,
            "parentSpanId" | "parent_span_id" => self.parent_span_id = read(fields, HexId)?,
            "flags" => self.flags = read(fields, U32)?,
            "name" => self.name = read(fields, Text)?,
            "kind" => self.kind = read(fields, Enum(|name| SpanKind::from_str_name(name).map(i32::from)))?,
            "startTimeUnixNano" | "start_time_unix_nano" => self.start_time_unix_nano = read(fields, U64)?,
            "endTimeUnixNano" | "end_time_unix_nano" => self.end_time_unix_nano = read(fields, U64)?,
            "attributes" => self.attributes = read(fields, List::new(budget))?,
            "droppedAttributesCount" | "dropped_attributes_count" => self.dropped_attributes_count = read(fields, U32)?,
            "events" => self.events = read(fields, List::new(budget))?,
            "droppedEventsCount" | "dropped_events_count" => self.dropped_events_count = read(fields, U32)?,
            "links" => self.links = read(fields, List::new(budget))?,
            "droppedLinksCount" | "dropped_links_count" => self.dropped_links_count = read(fields, U32)?,
            "status" => self.status = fields.next_value_seed(Object::new(budget))?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Message for Event {
    const NAME: &'static str = "Event";

    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        fields: &mut A,
        budget: &Budget,
    ) -> Result<bool, A::Error> {
        match name {
            "timeUnixNano" | "time_unix_nano" => self.time_unix_nano = read(fields, U64)?,
            "name" => self.name = read(fields, Text)?,
            "attributes" => self.attributes = read(fields, List::new(budget))?,
            "droppedAttributesCount" | "dropped_attributes_count" => self.dropped_attributes_count = read(fields, U32)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Message for Link {
    const NAME: &'static str = "Link";

    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        fields: &mut A,
        budget: &Budget,
    ) -> Result<bool, A::Error> {
        match name {
            "traceId" | "trace_id" => self.trace_id = read(fields, HexId)?,
            "spanId" | "span_id" => self.span_id = read(fields, HexId)?,
            "traceState" | "trace_state" => self.trace_state = read(fields, Text)?,
            "attributes" => self.attributes = read(fields, List::new(budget))?,
            "droppedAttributesCount" | "dropped_attributes_count" => self.dropped_attributes_count = read(fields, U32)?,
            "flags" => self.flags = read(fields, U32)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Message for Status {
    const NAME: &'static str = "Status";

    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        fields: &mut A,
        _budget: &Budget,
    ) -> Result<bool, A::Error> {
        match name {
            "message" => self.message = read(fields, Text)?,
            "code" => self.code = read(fields, Enum(|name| StatusCode::from_str_name(name).map(i32::from)))?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}
