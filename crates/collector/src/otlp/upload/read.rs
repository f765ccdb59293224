//! From pieces to spans on their way to the disk, by the receiver's reader, and what is said of pieces that are none.

use std::sync::Arc;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::{Message, bytes::Bytes};

use super::{
    BATCH,
    outcome::Outcome,
    piece::{Cut, Piece, Place},
};
use crate::{
    otlp::{
        MAX_BODY, MAX_MESSAGE,
        budget::Budget,
        intake::{self, Submitted},
        json::{self, Document},
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
    /// Whether somebody is to have what is taken.
    pub forwards: bool,
    pub outcome: Outcome,
}

impl Reader {
    /// Pieces that are no good are counted, and hold up none of the others. None if there are no spans.
    pub fn pieces(&mut self, cuts: Vec<Cut>) -> Option<Taken> {
        let shared = Budget::new(MAX_MESSAGE);
        let mut request = ExportTraceServiceRequest::default();
        for cut in cuts {
            // One that could not be cut may be what a request may be.
            let own = (cut.bytes() > BATCH).then(|| Budget::new(MAX_MESSAGE));
            match read(&cut, own.as_ref().unwrap_or(&shared)) {
                Ok(document) if !document.has_spans() => self.outcome.without_spans(document.other),
                Ok(document) => request.resource_spans.extend(document.request.resource_spans),
                Err((place, what)) => self.outcome.refuse(place, &what),
            }
        }
        self.spans(request)
    }

    pub fn spans(&mut self, request: ExportTraceServiceRequest) -> Option<Taken> {
        if request.resource_spans.is_empty() {
            return None;
        }
        let encoded = self.forwards.then(|| request.encode_to_vec().into());
        let submitted = intake::submit(request, &self.store, |span| self.outcome.see(span.trace_id));
        Some(Taken { submitted, request: encoded })
    }
}

fn read(cut: &Cut, budget: &Budget) -> Result<Document, (Place, String)> {
    let piece = match cut {
        Cut::Piece(piece) => piece,
        Cut::TooLarge(place) => {
            return Err((
                *place,
                format!("what begins here has more than {} MiB and no spans to cut it at", MAX_BODY >> 20),
            ));
        }
    };
    let document = json::read_document(&piece.text, budget).map_err(|error| {
        let what = if std::str::from_utf8(&piece.text).is_err() {
            "it is not UTF-8".to_owned()
        } else if json::is_json(&piece.text) {
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
    Ok(document)
}
