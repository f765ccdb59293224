//! Where requests go to and what all of them have in common: URL, headers, compression, the transport.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::attempt::Attempts;
use super::compression::{Compress, is_compressed};
use super::provider::{Late, Turn};
use super::retry::RetryPolicy;
use super::unload::Deferred;
use super::{BoxFuture, Request, Response, TransportError, unload};
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
    pub(crate) compress: Option<Compress>,
    /// Whether it was said that there is no way to compress.
    pub(crate) is_compression_missed: AtomicBool,
    pub(crate) timeout: Duration,
    pub(crate) attempts: Attempts,
    /// What gives the headers, if an app's provider does.
    pub(crate) provided: Option<Arc<dyn Late>>,
    /// Whether requests may outlive the page.
    pub(crate) keepalive: bool,
    pub(crate) retry: RetryPolicy,
    pub(crate) counters: Arc<Counters>,
}

impl Sender {
    /// The way of another signal to the same receiver, with counts of its own.
    pub(crate) fn beside(&self, signal: &'static Signal, url: Arc<str>) -> Self {
        let counters = Arc::<Counters>::default();
        Self {
            signal,
            url,
            headers: self.headers.clone(),
            compressed_headers: self.compressed_headers.clone(),
            compress: self.compress,
            is_compression_missed: AtomicBool::new(false),
            timeout: self.timeout,
            attempts: self.attempts.counting(counters.clone()),
            provided: self.provided.clone(),
            keepalive: self.keepalive,
            retry: self.retry.clone(),
            counters,
        }
    }

    pub(crate) fn request(&self, body: Arc<Vec<u8>>, keepalive: bool, timeout: Duration) -> Request {
        let headers = self.headers_of(&body).clone();
        Request { url: self.url.clone(), headers, body, keepalive: keepalive && self.keepalive, timeout }
    }

    fn headers_of(&self, body: &[u8]) -> &Arc<[(String, String)]> {
        if is_compressed(body) { &self.compressed_headers } else { &self.headers }
    }

    /// Makes one attempt. The first value is whether the browser goes on with it when the page is left.
    pub(crate) fn start(
        &self,
        body: Arc<Vec<u8>>,
        keepalive: bool,
        timeout: Duration,
    ) -> (bool, BoxFuture<Result<Response, TransportError>>) {
        self.attempts.start(self.request(body, keepalive, timeout))
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
        let headers = self.headers_of(body);
        match &self.provided {
            Some(provided) => Deferred::new(&self.url, &provided.known(headers)?, body),
            None => Deferred::new(&self.url, headers, body),
        }
    }

    /// How long the body of a further request may be that a hidden page sends, or, if `is_left`, one that is gone.
    pub(crate) fn room(&self, is_left: bool) -> usize {
        match (self.keepalive, is_left) {
            (_, true) if !self.has_headers() => 0,
            (true, _) => unload::available(),
            // Such requests end with the page. A hidden one may live on for hours.
            (false, true) => 0,
            (false, false) => unload::MAX_BYTES,
        }
    }

    /// Whether a request could go now, without waiting for a provider of headers.
    pub(crate) fn has_headers(&self) -> bool {
        self.provided.as_ref().is_none_or(|provided| provided.is_known())
    }

    /// The page is hidden or left, or seen again.
    pub(crate) fn turn(&self, page: Turn) {
        self.provided.iter().for_each(|provided| provided.turn(page));
    }

    /// Whether requests are compressed.
    pub(crate) fn compresses(&self) -> bool {
        self.compress.is_some() && !self.is_compression_missed.load(Ordering::Relaxed)
    }

    /// Whether they are without a turn of the event loop.
    pub(crate) fn compresses_at_once(&self) -> bool {
        self.compress.is_some() && compress::is_possible_at_once()
    }

    /// Starts to compress a body that is not yet; `None` if it is to be sent as it is. The outcome is `None` if that has failed.
    pub(crate) fn compress(&self, body: &[u8]) -> Option<BoxFuture<Option<Vec<u8>>>> {
        let compress = self.compress.filter(|_| cfg!(feature = "compression") && !is_compressed(body))?;
        let compressing = compress(body);
        if compressing.is_none() && !self.is_compression_missed.swap(true, Ordering::Relaxed) {
            let message = "this runtime has no CompressionStream: requests are sent uncompressed";
            self.counters.failed(LastError::new(message, Cause::NoCompression));
        }
        compressing
    }
}
