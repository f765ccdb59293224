//! Where requests go to and what all of them have in common: URL, headers, compression, the transport.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::FutureExt;

use super::compression::{Compression, is_compressed};
use super::retry::RetryPolicy;
use super::unload::{Budgeted, Deferred};
use super::{Request, Response, Transport, TransportError};
use crate::diagnostics::{Cause, Counters, LastError};
use crate::encode::signal::Signal;
use crate::platform::compress;

/// A receiver, and the way to it.
pub(crate) struct Sender {
    /// What requests carry.
    pub(crate) signal: &'static Signal,
    pub(crate) url: Arc<str>,
    pub(crate) headers: Arc<[(String, String)]>,
    pub(crate) compressed_headers: Arc<[(String, String)]>,
    pub(crate) compression: Compression,
    /// Whether it was said that there is no way to compress.
    pub(crate) is_compression_missed: AtomicBool,
    pub(crate) timeout: Duration,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) retry: RetryPolicy,
    pub(crate) counters: Arc<Counters>,
}

impl Sender {
    pub(crate) fn request(&self, body: Arc<Vec<u8>>, keepalive: bool, timeout: Duration) -> Request {
        let headers = self.headers_of(&body).clone();
        Request { url: self.url.clone(), headers, body, keepalive, timeout }
    }

    fn headers_of(&self, body: &[u8]) -> &Arc<[(String, String)]> {
        if is_compressed(body) { &self.compressed_headers } else { &self.headers }
    }

    /// Makes one attempt, which has started when this returns. The first value is whether it outlives the page.
    pub(crate) fn start(
        &self,
        body: Arc<Vec<u8>>,
        keepalive: bool,
        timeout: Duration,
    ) -> (bool, impl Future<Output = Result<Response, TransportError>> + Send + use<>) {
        // Spans that a transport starts would be exported in their turn, for ever.
        let context = Context::new().with_telemetry_suppressed();
        let _suppressed = context.clone().attach();
        let (outlives_page, answer) = Budgeted::start(&*self.transport, self.request(body, keepalive, timeout));
        (outlives_page, answer.with_context(context))
    }

    /// Asks whether the receiver takes requests, by one without records.
    pub(crate) fn ask(&self) -> impl Future<Output = bool> + Send + use<> {
        let mut body = b"{\"".to_vec();
        body.extend_from_slice(self.signal.resources.as_bytes());
        body.extend_from_slice(b"\":[]}");
        let asking = self.start(Arc::new(body), true, self.timeout).1;
        async move { asking.await.is_ok_and(|response| (200..300).contains(&response.status)) }
    }

    /// Leaves a request to the browser, to be sent when the page is gone.
    pub(crate) fn defer(&self, body: &[u8]) -> Option<Deferred> {
        Deferred::new(&self.url, self.headers_of(body), body)
    }

    /// Whether bodies are compressed, if there is a way.
    pub(crate) fn compresses(&self) -> bool {
        self.compression != Compression::None && !self.is_compression_missed.load(Ordering::Relaxed)
    }

    /// Whether bodies can be compressed without waiting.
    pub(crate) fn compresses_at_once(&self) -> bool {
        self.compression != Compression::None && compress::is_possible_at_once()
    }

    /// Starts to compress a body; `None` if there is nothing to do, or no way. The future has `None` if it failed.
    pub(crate) fn compress(&self, body: &[u8]) -> Option<impl Future<Output = Option<Vec<u8>>> + Send + use<>> {
        if !cfg!(feature = "compression") || self.compression == Compression::None || is_compressed(body) {
            return None;
        }
        let at_once = if self.compresses_at_once() { compress::gzip_at_once(body) } else { None };
        let compressing = if at_once.is_some() { None } else { compress::gzip(body) };
        if at_once.is_none() && compressing.is_none() {
            if !self.is_compression_missed.swap(true, Ordering::Relaxed) {
                let message = "this runtime has no CompressionStream: requests are sent uncompressed";
                self.counters.failed(LastError::new(message, Cause::NoCompression));
            }
            return None;
        }
        Some(async move {
            match compressing {
                Some(compressing) => compressing.await.ok().flatten(),
                None => at_once,
            }
        })
    }
}
