//! What is asked of every reader of bytes from outside: each function takes any bytes, and panics where a promise is broken.
//!
//! In: the bytes that a fuzzer comes up with (`fuzz/`, by `cargo fuzz`), or, in the tests, those of `fuzz/seeds` with changes that are the
//! same on every run. Compiled for these two alone.

use std::{
    cell::LazyCell,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, LazyLock},
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderValue, Request, Response, StatusCode, Uri, header},
};
use http_body_util::BodyExt;
use tokio::{runtime, sync::watch};
use tower_service::Service;

use crate::{
    Bounds, Limits, cli, forward, guard,
    ingest::{
        Ingest, Keepers, MAX_BODY, Signal,
        budget::Budget,
        decode::{self, Message},
        media::{Encoding, Format},
        verdict::Heard,
    },
    keep::Stores,
    model::{Outline, Span, Tags},
    query::{self, Answers},
    receive::{
        admission::{Admission, Keys},
        grpc, http,
    },
    store::{Store, blocks::Memory, logs::Logs},
    terminal::Terminal,
};

/// What is asked of bytes; it panics where a promise is broken.
pub type Question = fn(&[u8]);

/// What is asked of each kind of bytes, by name: the names of `fuzz/fuzz_targets` and of the folders of `fuzz/seeds`.
pub const TARGETS: [(&str, Question); 8] = [
    ("otlp_json", otlp_json),
    ("otlp_protobuf", otlp_protobuf),
    ("compressed", compressed),
    ("grpc", grpc_call),
    ("query", question),
    ("upload", upload),
    ("blocks", blocks),
    ("settings", settings),
];

/// A request in JSON. What is taken of it is read in protobuf, too, and is the same there.
pub fn otlp_json(bytes: &[u8]) {
    for signal in Signal::ALL {
        if let Some((message, mut heard)) = read(bytes, Format::Json, signal) {
            let encoded = message.encoded();
            let (again, _) = read(&encoded, Format::Protobuf, signal).expect("what was read in JSON is protobuf");
            assert_eq!(again.encoded(), encoded, "read in JSON, and then in protobuf");
            each(message, &mut heard);
        }
    }
}

/// A request in protobuf.
pub fn otlp_protobuf(bytes: &[u8]) {
    for signal in Signal::ALL {
        if let Some((message, mut heard)) = read(bytes, Format::Protobuf, signal) {
            each(message, &mut heard);
        }
    }
}

fn read(bytes: &[u8], format: Format, signal: Signal) -> Option<(Message, Heard)> {
    let mut held = Budget::new(Bounds::default()).enter().ok()?;
    decode::read(Bytes::copy_from_slice(bytes), format, signal, &mut held).ok()
}

/// Spans are read when it is their turn.
fn each(message: Message, heard: &mut Heard) {
    if let Message::Traces(traces) = message {
        let _ = traces.each(heard, &mut |span, origin, encoded| {
            let kept = Span::decode(encoded, origin).expect("a span is kept as protobuf");
            assert!(span.is_same(&Outline::of(&kept, &mut Tags::default())), "{span:?}: {kept:?}");
            Ok(())
        });
    }
}

/// A body in each encoding, which inflates to no more than the cap.
pub fn compressed(bytes: &[u8]) {
    for encoding in [Encoding::Gzip, Encoding::Deflate, Encoding::Zstd, Encoding::Snappy] {
        let mut held = Budget::new(Bounds { bytes: MAX_BODY / 16, ..Bounds::default() }).enter().expect("a place");
        let body = Bytes::copy_from_slice(bytes);
        let _ = decode::decode(body, Format::Protobuf, encoding, Signal::Traces, &mut held);
    }
}

/// A call of gRPC, with its frame.
pub fn grpc_call(bytes: &[u8]) {
    let world = World::new();
    for signal in Signal::ALL {
        for encoding in ["identity", "gzip", "zstd"] {
            let request = Request::post(signal.method())
                .header(header::CONTENT_TYPE, "application/grpc")
                .header("grpc-encoding", encoding)
                .body(Body::from(bytes.to_vec()));
            let response = world.ask(&world.grpc, request.expect("a request"));
            assert_eq!(response.0, StatusCode::OK, "gRPC says what is wrong in its own status");
            // 13 is an error of the program.
            assert_ne!(response.1.as_deref(), Some("13"), "the call failed");
        }
    }
}

/// A path with its query, from its first slash on.
pub fn question(bytes: &[u8]) {
    thread_local! {
        static FILLED: LazyCell<World> = const { LazyCell::new(World::filled) };
    }
    let text: String = bytes.iter().map(|byte| escaped(*byte)).collect();
    let path = format!("/{}", text.trim_start_matches('/'));
    // A stream of events has no end.
    if path.contains("/live") {
        return;
    }
    if let Ok(uri) = path.parse::<Uri>() {
        FILLED.with(|world| {
            let request = Request::get(uri).body(Body::empty()).expect("a request");
            let (status, ..) = world.ask(&world.viewer, request);
            assert!(!status.is_server_error(), "{path}: {status}");
        });
    }
}

/// A request's line is of visible ASCII; all else reaches the readers escaped.
fn escaped(byte: u8) -> String {
    if byte.is_ascii_graphic() && byte != b'#' { char::from(byte).to_string() } else { format!("%{byte:02x}") }
}

/// A file that is uploaded, and one that is only looked at.
pub fn upload(bytes: &[u8]) {
    let world = World::new();
    for path in ["/api/upload", "/api/transform"] {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
        let (status, ..) = world.ask(&world.viewer, request.body(Body::from(bytes.to_vec())).expect("a request"));
        assert!(!status.is_server_error(), "{path}: {status}");
    }
}

/// What lies in the files: blocks of spans and of log records, and requests that wait to be handed on. A damaged one is refused, or what
/// can be read of it is shown.
pub fn blocks(bytes: &[u8]) {
    let _ = forward::Record::read(bytes);
    let of_bytes = || Box::new(Memory::of([bytes.to_vec(), bytes.to_vec()]));
    let limits = Limits::default();
    let traces = Store::of_blocks(limits, of_bytes()).or_else(|_| Store::in_memory(limits)).expect("a store");
    let logs = Logs::of_blocks(limits, of_bytes()).or_else(|_| Logs::in_memory(limits)).expect("a store");
    let world = World::of(Stores::new(traces, logs));
    for path in
        ["/api/list", "/api/logs", "/api/services", "/api/dependencies?endTs=9999999999999&lookback=9999999999999"]
    {
        let (status, _, body) = world.ask(&world.viewer, Request::get(path).body(Body::empty()).expect("a request"));
        let told = body.windows(14).any(|words| words == b"cannot be read");
        assert!(!status.is_server_error() || told, "{path}: {status} {}", String::from_utf8_lossy(&body));
    }
    for id in world.stores.traces.search(&crate::store::Filter::default(), 3) {
        let _ = world.ask(&world.viewer, Request::get(format!("/api/traces/{id}")).body(Body::empty()).expect("one"));
    }
    world.stores.close();
}

/// What is written on the command line, in a file of settings, or in a header by which a browser says where it is.
pub fn settings(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = cli::settings(&text);
    let _ = forward::Target::new(&text, &[text.to_string()]);
    let _ = guard::parse_origin(&text);
    let _ = guard::hosts::parse(&text);
    if let Ok(value) = HeaderValue::from_bytes(bytes) {
        let request = Request::builder().header(header::HOST, &value).body(()).expect("a request");
        let here = guard::hosts::Hosts::of(Ipv4Addr::LOCALHOST.into(), &[]);
        if let Ok(host) = here.check(&request) {
            let name = host.host().trim_end_matches('.').to_ascii_lowercase();
            let is_here = name == "localhost"
                || name.ends_with(".localhost")
                || name.parse::<IpAddr>().is_ok()
                || name.starts_with('[');
            assert!(is_here, "{host} is let in");
        }
    }
}

/// The routers of a collector, on stores in memory, without ports.
struct World {
    stores: Stores,
    grpc: Router,
    viewer: Router,
    otlp: Router,
    _stop: watch::Sender<bool>,
}

static RUNTIME: LazyLock<runtime::Runtime> =
    LazyLock::new(|| runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime"));

impl World {
    fn new() -> Self {
        let limits = Limits::default();
        let (traces, logs) = (Store::in_memory(limits), Logs::in_memory(limits));
        Self::of(Stores::new(traces.expect("a store"), logs.expect("a store")))
    }

    fn of(stores: Stores) -> Self {
        let _entered = RUNTIME.enter();
        let bounds = Bounds::default();
        let terminal = Arc::<Terminal>::default();
        let keepers = Keepers {
            logs: Some(Arc::new(Arc::clone(&stores.logs))),
            metrics: Some(Arc::new(Arc::clone(&stores.metrics))),
        };
        let ingest = Arc::new(Ingest::new(Arc::clone(&stores.traces), keepers, None, bounds, Arc::clone(&terminal)));
        let admission = Arc::new(Admission::new(Keys::default(), None, bounds.idle, terminal));
        let answers = Arc::new(Answers::new(bounds, ingest.budget.clone()));
        let (stop, stopped) = watch::channel(false);
        let calls = grpc::Calls { ingest: Arc::clone(&ingest), http: String::new() };
        let viewer = query::router(stores.clone(), Arc::clone(&answers), stopped)
            .merge(query::transform(Arc::clone(&ingest), answers))
            .merge(http::upload(Arc::clone(&ingest), Arc::clone(&admission)));
        let otlp = http::router(ingest, None, admission);
        Self { stores, grpc: grpc::router(Arc::new(calls)), viewer, otlp, _stop: stop }
    }

    /// With a record of each signal in it.
    fn filled() -> Self {
        let world = Self::new();
        for (signal, body) in [
            (Signal::Traces, include_str!("../../../fuzz/seeds/otlp_json/traces.json")),
            (Signal::Logs, include_str!("../../../fuzz/seeds/otlp_json/logs.json")),
            (Signal::Metrics, include_str!("../../../fuzz/seeds/otlp_json/metrics.json")),
        ] {
            let request = Request::post(signal.path()).header(header::CONTENT_TYPE, "application/json");
            let (status, ..) = world.ask(&world.otlp, request.body(Body::from(body)).expect("a request"));
            assert_eq!(status, StatusCode::OK, "{signal:?}");
        }
        world
    }

    /// The status, that of gRPC, and the body.
    fn ask(&self, router: &Router, request: Request<Body>) -> (StatusCode, Option<String>, Bytes) {
        let mut router = router.clone();
        RUNTIME.block_on(async move {
            let response: Response<Body> = router.call(request).await.unwrap_or_else(|never| match never {});
            let (head, body) = response.into_parts();
            // One that is cut off says that it could not be written to its end.
            let whole = body.collect().await.ok();
            let trailer = whole.as_ref().and_then(|whole| whole.trailers()).unwrap_or(&head.headers).get("grpc-status");
            let status = trailer.and_then(|status| status.to_str().ok()).map(str::to_owned);
            (head.status, status, whole.map(|whole| whole.to_bytes()).unwrap_or_default())
        })
    }
}

#[cfg(test)]
#[path = "../../../fuzz/mutate.rs"]
mod mutate;

#[cfg(test)]
mod tests {
    use super::mutate::ask_all;
    use super::*;

    /// Panics of other threads are seen by what they leave: an answer that is an error of the program.
    #[test]
    fn whatever_comes_is_read_or_refused() {
        ask_all(&TARGETS, 100);
    }
}
