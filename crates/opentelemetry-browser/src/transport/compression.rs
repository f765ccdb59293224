//! Shorter requests: a body in, its gzip form out, once for all attempts to send it.
//!
//! The runtime's own `CompressionStream` does it, which takes a turn of the event loop or more. A page that is hidden or left has
//! none to spare: there requests go as they are. The feature `sync-gzip` brings an encoder that does it at once, everywhere.

use super::BoxFuture;
#[cfg(feature = "compression")]
use crate::platform::compress;

/// How request bodies are compressed ([`Content-Encoding`](https://www.rfc-editor.org/rfc/rfc9110#name-content-encoding)).
///
/// The specification knows `gzip` and none
/// ([`OTEL_EXPORTER_OTLP_COMPRESSION`](https://opentelemetry.io/docs/specs/otel/protocol/exporter/#configuration-options)). OTLP
/// JSON shrinks to an eighth or less; a receiver of another origin must allow the header `content-encoding` then.
///
/// ```
/// use opentelemetry_browser::{Compression, SpanExporter};
///
/// let exporter = SpanExporter::builder().with_compression(Compression::Gzip).build()?;
/// # Ok::<(), opentelemetry_browser::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// Requests are sent as they are.
    #[default]
    None,
    /// By the runtime's `CompressionStream`. Where there is none (Safari before 16.4, Firefox before 113), requests are sent as
    /// they are, and [`Diagnostics`](crate::Diagnostics) say so once. What is handed over when the page is hidden or left
    /// cannot wait for it: it is sent as it is.
    ///
    /// With this crate's feature `sync-gzip`, an encoder that needs no waiting (miniz_oxide; 24 KB of WebAssembly, 11 KB with gzip)
    /// compresses everything: the 60 KiB that can outlive a page then carry several times the spans, and the main thread, on
    /// which browsers run a `CompressionStream` as well, has less than half of the work.
    #[cfg(feature = "compression")]
    Gzip,
}

/// Compresses a body; the outcome is `None` if that has failed. `None` at once if this runtime cannot.
pub(crate) type Compress = fn(&[u8]) -> Option<BoxFuture<Option<Vec<u8>>>>;

impl Compression {
    /// What does it. Whoever never asks for compression does not link it.
    pub(crate) fn compress(self) -> Option<Compress> {
        match self {
            Self::None => None,
            #[cfg(feature = "compression")]
            Self::Gzip => Some(|body| {
                if compress::is_possible_at_once()
                    && let Some(compressed) = compress::gzip_at_once(body)
                {
                    return Some(Box::pin(std::future::ready(Some(compressed))));
                }
                let compressing = compress::gzip(body)?;
                Some(Box::pin(async move { compressing.await.ok().flatten() }))
            }),
        }
    }
}

/// What gzip starts with, and JSON never does.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

pub(super) fn is_compressed(body: &[u8]) -> bool {
    body.starts_with(&MAGIC)
}
