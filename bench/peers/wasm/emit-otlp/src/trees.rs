use emit::runtime::AmbientRuntime;

/// The work that is measured: trees of GetUser with its three children.
pub fn record(rt: &AmbientRuntime, trees: u32) {
    for _ in 0..trees {
        get_user(rt);
    }
}

/// The attributes are pushed to the span that has started, and are not of the ambient context: that would hand them on to
/// the children.
macro_rules! set_attributes {
    ($span:ident) => {
        $span.push_props(emit::props! {
            #[emit::key("user.id")]
            user_id: 100,
            #[emit::key("user.found")]
            user_found: true,
        })
    };
}

#[emit::span(rt, guard: span, kind: emit::span::SpanKind::Internal, "GetUser")]
fn get_user(rt: &AmbientRuntime) {
    let _span = set_attributes!(span);
    get_info(rt);
    get_detail(rt);
    get_scores(rt);
}

#[emit::span(rt, guard: span, kind: emit::span::SpanKind::Internal, "GetInfo")]
fn get_info(rt: &AmbientRuntime) {
    let _span = set_attributes!(span);
}

#[emit::span(rt, guard: span, kind: emit::span::SpanKind::Internal, "GetDetail")]
fn get_detail(rt: &AmbientRuntime) {
    let _span = set_attributes!(span);
}

#[emit::span(rt, guard: span, kind: emit::span::SpanKind::Internal, "GetScores")]
fn get_scores(rt: &AmbientRuntime) {
    let _span = set_attributes!(span);
}
