//! From pieces to spans on their way to the disk, by the receiver's reader, and what is said of pieces that are none.

use std::sync::Arc;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::bytes::Bytes;

use super::{
    BATCH,
    outcome::Outcome,
    piece::{Cut, Piece, Place},
};
use crate::{
    ingest::{
        MAX_BODY, MAX_MESSAGE, Refusal, Signal,
        budget::Held,
        json::{self, Document},
        traces::{self, Submitted, Traces},
        verdict::Heard,
        weight::Weight,
    },
    store::Store,
};

/// The spans of some pieces.
#[derive(Debug)]
pub struct Taken {
    pub submitted: Submitted,
    /// The same as a request, if somebody is to have it.
    pub request: Option<Bytes>,
}

#[derive(Debug)]
pub struct Reader {
    pub store: Arc<Store>,
    /// What the message and its spans take.
    pub room: Held,
    /// Whether somebody is to have what is taken.
    pub forwards: bool,
    pub outcome: Outcome,
}

impl Reader {
    /// Pieces that are no good are counted, and hold up none of the others. None if there are no spans.
    pub fn pieces(&mut self, cuts: Vec<Cut>) -> Result<Option<Taken>, Refusal> {
        let shared = Weight::new(MAX_MESSAGE);
        let mut heard = Heard::default();
        let mut request = ExportTraceServiceRequest::default();
        for cut in cuts {
            // One that could not be cut may be what a request may be.
            let own = (cut.bytes() > BATCH).then(|| Weight::within(MAX_MESSAGE, self.room.share()));
            match read(&cut, own.as_ref().unwrap_or(&shared)) {
                Ok((document, said)) => {
                    let has_something = document.has_spans() || said.rejected.records > 0;
                    if has_something {
                        heard.absorb_from(request.resource_spans.len(), said);
                        request.resource_spans.extend(document.request.resource_spans);
                    } else {
                        // What it has beside would be of the resource that comes next.
                        heard.absorb(said);
                        self.outcome.without_spans(document.other);
                    }
                }
                Err((place, what)) => self.outcome.refuse(place, &what),
            }
        }
        if request.resource_spans.is_empty() && heard.rejected.records == 0 {
            return Ok(None);
        }
        self.spans(Traces::Read(request), heard)
    }

    pub fn spans(&mut self, traces: Traces, heard: Heard) -> Result<Option<Taken>, Refusal> {
        let encoded = self.forwards.then(|| traces.encoded());
        let Self { store, room, outcome, .. } = self;
        let submitted = traces::submit(traces, heard, store, room, |span| outcome.see(span.trace_id))?;
        let request = encoded.map(|encoded| submitted.handed_on(encoded)).transpose()?;
        Ok(Some(Taken { submitted, request }))
    }
}

fn read(cut: &Cut, weight: &Weight) -> Result<(Document, Heard), (Place, String)> {
    let piece = match cut {
        Cut::Piece(piece) => piece,
        Cut::TooLarge(place) => {
            return Err((
                *place,
                format!("what begins here has more than {} MiB and no spans to cut it at", MAX_BODY >> 20),
            ));
        }
    };
    let (document, heard) = json::read::<Document>(&piece.text, Signal::Traces, weight).map_err(|error| {
        let what = if json::is_json(&piece.text) {
            piece.path_in_file(&error.what)
        } else {
            format!("it is no JSON: {}", piece.path_in_file(&error.what))
        };
        (piece.place_of(error.line, error.column), what)
    })?;
    let late = piece.part.repeated > 0
        && Piece::first_has(&document).iter().zip(piece.part.has).any(|(has, had)| *has && !had);
    if late {
        let what = "the resource or scope of these spans stands behind spans that were taken without it: it is to stand before";
        return Err((piece.part.place, what.into()));
    }
    Ok((document, heard))
}
