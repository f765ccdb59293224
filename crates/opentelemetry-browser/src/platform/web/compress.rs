//! [Compression Streams](https://compression.spec.whatwg.org/): gzip by the runtime, besides the event loop.

use futures_channel::oneshot;
use js_sys::{ArrayBuffer, Promise, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    type CompressionStream;
    // Throws where there is no such thing.
    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<CompressionStream, JsValue>;
    #[wasm_bindgen(method, getter)]
    fn readable(this: &CompressionStream) -> JsValue;
    #[wasm_bindgen(method, getter)]
    fn writable(this: &CompressionStream) -> Writable;

    type Writable;
    #[wasm_bindgen(method, js_name = getWriter)]
    fn writer(this: &Writable) -> Writer;

    type Writer;
    #[wasm_bindgen(method)]
    fn write(this: &Writer, chunk: &Uint8Array) -> Promise;
    #[wasm_bindgen(method)]
    fn close(this: &Writer) -> Promise;

    // Reads a stream to its end in one call.
    #[wasm_bindgen(js_name = Response)]
    type Reader;
    #[wasm_bindgen(constructor, catch, js_class = "Response")]
    fn new(stream: &JsValue) -> Result<Reader, JsValue>;
    #[wasm_bindgen(method, js_name = arrayBuffer)]
    fn array_buffer(this: &Reader) -> Promise;
}

/// Starts to compress; `None` if this runtime cannot. The outcome is `None` if it failed after all.
pub(crate) fn gzip(bytes: &[u8]) -> Option<oneshot::Receiver<Option<Vec<u8>>>> {
    let stream = CompressionStream::new("gzip").ok()?;
    let reader = Reader::new(&stream.readable()).ok()?;
    let writer = stream.writable().writer();
    let written = writer.write(&Uint8Array::from(bytes));
    let closed = writer.close();
    let (sender, outcome) = oneshot::channel();
    super::task::spawn(async move {
        let buffer = JsFuture::from(reader.array_buffer()).await;
        // Awaited so that a failure of theirs is not reported as one that nobody handles.
        let is_complete = JsFuture::from(written).await.is_ok() && JsFuture::from(closed).await.is_ok();
        let buffer = buffer.ok().filter(|_| is_complete).and_then(|buffer| buffer.dyn_into::<ArrayBuffer>().ok());
        let _ = sender.send(buffer.map(|buffer| Uint8Array::new(&buffer).to_vec()));
    });
    Some(outcome)
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
