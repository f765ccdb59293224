use opentelemetry::{
    Context, KeyValue, global,
    trace::{TraceContextExt, Tracer},
};

const CHILDREN: [&str; 3] = ["GetInfo", "GetDetail", "GetScores"];

/// The work that is measured: trees of GetUser with its three children.
pub fn record(trees: u32) {
    let tracer = global::tracer("bench");
    for _ in 0..trees {
        tracer.in_span("GetUser", |cx| {
            set_attributes(&cx);
            for name in CHILDREN {
                tracer.in_span(name, |cx| set_attributes(&cx));
            }
        });
    }
}

fn set_attributes(cx: &Context) {
    let span = cx.span();
    span.set_attribute(KeyValue::new("user.id", 100));
    span.set_attribute(KeyValue::new("user.found", true));
}
