//! Stands where a browser has `CompressionStream`, which takes a turn of the event loop, and the encoder of the feature
//! `sync-gzip`, which takes none. Tests choose which of them there are.

use std::cell::Cell;
use std::io::Write;
use std::time::Duration;

use flate2::write::GzEncoder;
use futures_channel::oneshot;

use super::super::sleep::sleep;

thread_local! {
    static HAS_STREAM: Cell<bool> = const { Cell::new(true) };
    static HAS_ENCODER: Cell<bool> = const { Cell::new(cfg!(feature = "sync-gzip")) };
}

/// Starts to compress; `None` if this runtime cannot. The outcome is `None` if it failed after all.
pub(crate) fn gzip(bytes: &[u8]) -> Option<oneshot::Receiver<Option<Vec<u8>>>> {
    if !HAS_STREAM.get() {
        return None;
    }
    let compressed = encode(bytes);
    let (sender, outcome) = oneshot::channel();
    super::spawn(async move {
        sleep(Duration::from_millis(1)).await;
        let _ = sender.send(compressed);
    });
    Some(outcome)
}

/// Whether there is an encoder that needs no waiting.
pub(crate) fn is_possible_at_once() -> bool {
    HAS_ENCODER.get()
}

/// Compresses now.
pub(crate) fn gzip_at_once(bytes: &[u8]) -> Option<Vec<u8>> {
    Some(super::super::gzip::gzip(bytes))
}

fn encode(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

/// Chooses what this thread's runtime has: `CompressionStream`, and an encoder.
#[cfg(test)]
pub(crate) fn provide(has_stream: bool, has_encoder: bool) {
    HAS_STREAM.set(has_stream);
    HAS_ENCODER.set(has_encoder);
}
