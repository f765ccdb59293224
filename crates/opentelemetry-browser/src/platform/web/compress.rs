//! [Compression Streams](https://compression.spec.whatwg.org/): gzip by the runtime, besides the event loop.

use futures_channel::oneshot;
use js_sys::{ArrayBuffer, Promise, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::value::{NOTHING, call, get};

#[wasm_bindgen]
extern "C" {
    type CompressionStream;
    // Throws where there is no such thing.
    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<CompressionStream, JsValue>;

    // Reads a stream to its end in one call.
    #[wasm_bindgen(js_name = Response)]
    type Reader;
    #[wasm_bindgen(constructor, catch, js_class = "Response")]
    fn new(stream: &JsValue) -> Result<Reader, JsValue>;
}

/// Starts to compress; `None` if this runtime cannot. The outcome is `None` if it failed after all.
pub(crate) fn gzip(bytes: &[u8]) -> Option<oneshot::Receiver<Option<Vec<u8>>>> {
    let stream = CompressionStream::new("gzip").ok()?;
    let reader = Reader::new(&get(&stream, "readable")).ok()?;
    let writer = call(&get(&stream, "writable"), "getWriter", [NOTHING; 2]).ok()?;
    let written = promise(&writer, "write", &Uint8Array::from(bytes))?;
    let closed = promise(&writer, "close", NOTHING)?;
    let read = promise(&reader, "arrayBuffer", NOTHING)?;
    let (sender, outcome) = oneshot::channel();
    super::task::spawn(async move {
        let buffer = JsFuture::from(read).await;
        // Awaited so that a failure of theirs is not reported as one that nobody handles.
        let is_complete = JsFuture::from(written).await.is_ok() && JsFuture::from(closed).await.is_ok();
        let buffer = buffer.ok().filter(|_| is_complete).and_then(|buffer| buffer.dyn_into::<ArrayBuffer>().ok());
        let _ = sender.send(buffer.map(|buffer| Uint8Array::new(&buffer).to_vec()));
    });
    Some(outcome)
}

/// What a method with one argument gives, if it does not throw.
fn promise(object: &JsValue, name: &str, argument: &JsValue) -> Option<Promise> {
    call(object, name, [argument, NOTHING]).ok().map(|given| Promise::resolve(&given))
}

/// Whether there is an encoder that needs no waiting.
pub(crate) fn is_possible_at_once() -> bool {
    cfg!(feature = "sync-gzip")
}

/// Compresses now.
#[cfg(feature = "sync-gzip")]
pub(crate) fn gzip_at_once(bytes: &[u8]) -> Option<Vec<u8>> {
    Some(super::super::gzip::gzip(bytes))
}

#[cfg(not(feature = "sync-gzip"))]
pub(crate) fn gzip_at_once(_bytes: &[u8]) -> Option<Vec<u8>> {
    None
}
