//! Files of traces, which the viewer uploads: `POST /api/upload` with the bytes of a file, whatever their content type.
//!
//! In: OTLP JSON, in one document or in many, or one message of OTLP protobuf; as it is or compressed with gzip. Out: `{spans,
//! traces, traceIds, rejected: {spans, message}, refused: {parts, message}}` once all of it is durable that is any good, or a
//! `google.rpc.Status` if it could not be read to its end. It is read as it comes, by the receiver's reader: what that takes is
//! taken here. A file may be far larger than what is held of it, for which there is room among the requests that are received.
//!
//! A file's way: `content` (inflated; JSON or protobuf), `cut` and `large` (pieces), `read` (spans), `outcome`.

mod content;
mod cut;
mod large;
mod outcome;
mod piece;
mod read;
#[cfg(test)]
mod tests;

use std::{mem, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, Request, StatusCode, header},
    response::Response,
};

use super::response::{failure, json_response};
use crate::{
    ingest::{
        Ingest, MAX_BODY, Refusal, Signal,
        budget::Held,
        decode::{self, Message},
        media::Format,
    },
    receive::body,
};
use content::{Inflate, Kind};
use cut::Cutter;
use large::Sizes;
use outcome::Outcome;
use piece::Cut;
use read::{Reader, Taken};

/// So much is read and written to the disk at once: its spans take less memory than a request may, whatever they are.
const BATCH: usize = 2 << 20;
const SIZES: Sizes = Sizes { wanted: BATCH, largest: MAX_BODY };
/// In which steps the text is looked at.
const STEP: usize = 64 << 10;

pub async fn file(State(ingest): State<Arc<Ingest>>, request: Request<Body>) -> Response {
    let expects = request.headers().contains_key(header::EXPECT);
    let admitted = ingest.admit(request.headers());
    let mut body = request.into_body();
    let (room, route) = match admitted {
        Ok(admitted) => admitted,
        Err(refused) => {
            // Who asks first is told before it sends anything.
            if !expects {
                body::discard(&mut body, MAX_BODY, ingest.bounds.idle).await;
            }
            return failure(Format::Json, refused);
        }
    };
    let mut upload = Upload {
        idle: ingest.bounds.idle,
        ingest: &ingest,
        room,
        route,
        text: Text::Unknown(Vec::new()),
        cuts: Vec::new(),
        outcome: Outcome::default(),
    };
    let read = upload.read(&mut body).await;
    let Upload { outcome, .. } = upload;
    match read {
        Ok(()) => json_response(StatusCode::OK, &outcome.answer()),
        Err(error) => {
            body::discard(&mut body, MAX_BODY, ingest.bounds.idle).await;
            failure(Format::Json, outcome.failed(error))
        }
    }
}

/// A file that comes.
struct Upload<'r> {
    ingest: &'r Ingest,
    idle: Duration,
    room: Held,
    /// How it is handed on, if it is.
    route: Option<HeaderValue>,
    text: Text,
    /// What was cut and not read yet.
    cuts: Vec<Cut>,
    outcome: Outcome,
}

/// The inflated text, as far as it is held.
enum Text {
    Unknown(Vec<u8>),
    Json(Box<Cutter>),
    Protobuf(Vec<u8>),
}

impl Upload<'_> {
    async fn read(&mut self, body: &mut Body) -> Result<(), Refusal> {
        let mut inflate = Inflate::new();
        while let Some(bytes) = body::next(body, self.idle).await? {
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let (next, later) = rest.split_at(rest.len().min(inflate.step()));
                self.inflated(inflate.push(next)?).await?;
                rest = later;
            }
        }
        self.inflated(inflate.finish()?).await?;
        match mem::replace(&mut self.text, Text::Unknown(Vec::new())) {
            Text::Protobuf(message) => self.take_message(message).await,
            Text::Json(cutter) => self.take_last(*cutter).await,
            // Blanks, or the beginning of something.
            Text::Unknown(beginning) => {
                let cutter = self.cutter(&beginning);
                self.take_last(cutter).await
            }
        }
    }

    async fn inflated(&mut self, text: Vec<u8>) -> Result<(), Refusal> {
        for text in text.chunks(STEP) {
            self.room.hold(self.held() + text.len(), self.idle).await?;
            match &mut self.text {
                Text::Json(cutter) => cutter.push(text, &mut self.cuts),
                Text::Protobuf(message) if message.len() + text.len() > MAX_BODY => {
                    return Err(content::too_large_a_message());
                }
                Text::Protobuf(message) => message.extend_from_slice(text),
                Text::Unknown(beginning) => {
                    beginning.extend_from_slice(text);
                    // So many blanks are not of protobuf.
                    let kind = Kind::of(beginning).or_else(|| (beginning.len() > STEP).then_some(Kind::Json));
                    let beginning = if kind.is_some() { mem::take(beginning) } else { Vec::new() };
                    match kind {
                        Some(Kind::Protobuf) => self.text = Text::Protobuf(beginning),
                        Some(Kind::Json) => self.text = Text::Json(Box::new(self.cutter(&beginning))),
                        None => {}
                    }
                }
            }
            if self.waiting() >= BATCH {
                self.take_cuts().await?;
            }
        }
        Ok(())
    }

    fn cutter(&mut self, beginning: &[u8]) -> Cutter {
        let mut cutter = Cutter::new(SIZES);
        cutter.push(beginning, &mut self.cuts);
        cutter
    }

    /// How many bytes were cut and are not read yet.
    fn waiting(&self) -> usize {
        self.cuts.iter().map(Cut::bytes).sum()
    }

    fn held(&self) -> usize {
        let text = match &self.text {
            Text::Unknown(text) | Text::Protobuf(text) => text.len(),
            Text::Json(cutter) => cutter.held(),
        };
        text + self.waiting()
    }

    async fn take_last(&mut self, cutter: Cutter) -> Result<(), Refusal> {
        cutter.finish(&mut self.cuts);
        self.take_cuts().await
    }

    async fn take_cuts(&mut self) -> Result<(), Refusal> {
        let cuts = mem::take(&mut self.cuts);
        self.take(move |reader| reader.pieces(cuts)).await?;
        self.room.hold(self.held(), self.idle).await
    }

    async fn take_message(&mut self, message: Vec<u8>) -> Result<(), Refusal> {
        self.take(move |reader| {
            let (message, heard) = decode::read(message.into(), Format::Protobuf, Signal::Traces, &mut reader.room)?;
            match message {
                Message::Traces(traces) => reader.spans(traces, heard),
                Message::Logs(..) | Message::Metrics(..) => Ok(None),
            }
        })
        .await
    }

    /// Reads on a thread that may take its time, and waits until the spans are durable.
    async fn take(
        &mut self,
        read: impl FnOnce(&mut Reader) -> Result<Option<Taken>, Refusal> + Send + 'static,
    ) -> Result<(), Refusal> {
        let mut reader = Reader {
            store: Arc::clone(&self.ingest.store),
            room: self.room.share(),
            forwards: self.route.is_some(),
            outcome: mem::take(&mut self.outcome),
        };
        let work = move || (read(&mut reader), reader.outcome, reader.room);
        // Its room is taken until the spans are durable.
        let (taken, outcome, _room) = tokio::task::spawn_blocking(work).await.map_err(|_| Refusal::Internal)?;
        self.outcome = outcome;
        if let Some(Taken { submitted, request }) = taken? {
            self.outcome.add(submitted.verdict().await?);
            if let Some(forwarder) = &self.ingest.forwarder
                && let Some((route, body)) = self.route.clone().zip(request)
            {
                let room = forwarder.reserve(Signal::Traces, body.len()).map_err(Refusal::QueueFull)?;
                room.put(&route, body).await.map_err(Refusal::Unavailable)?;
            }
        }
        Ok(())
    }
}
