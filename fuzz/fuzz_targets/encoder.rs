//! What the encoder writes, upstream's reader reads as what upstream's own transform makes of the same spans.
#![no_main]

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;

/// A resource is a hash map; the order of its attributes means nothing.
fn in_order(mut request: ExportTraceServiceRequest) -> ExportTraceServiceRequest {
    for resource in request.resource_spans.iter_mut().filter_map(|spans| spans.resource.as_mut()) {
        resource.attributes.sort_by(|left, right| left.key.cmp(&right.key));
    }
    // Nor does that of scopes, which upstream groups by a hash map as well.
    for spans in &mut request.resource_spans {
        spans.scope_spans.sort_by_key(|scope| format!("{scope:?}"));
    }
    request
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (spans, resource, body) = opentelemetry_browser::fuzzing::encoded(bytes);
    let read: ExportTraceServiceRequest = serde_json::from_slice(&body).expect("upstream reads it");
    let resource = ResourceAttributesWithSchema::from(&resource);
    let made = ExportTraceServiceRequest { resource_spans: group_spans_by_resource_and_scope(spans, &resource) };
    assert_eq!(in_order(read), in_order(made));
});
