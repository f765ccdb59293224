//! Reads a request body, up to a limit and as far as there is room.
//!
//! A sender that is answered and cut off in the middle of its body sees a broken connection and not the answer. So what is
//! too much is read on and thrown away, within reason, before it is refused.

use std::time::{Duration, Instant};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, Request, header},
};
use http_body_util::BodyExt;
use tokio::time::timeout;

use crate::{
    connections::Sending,
    ingest::{Refusal, budget::Held},
};

/// How much is read and thrown away for the sake of the answer, in multiples of the limit.
const DISCARDED: usize = 8;

/// So many bytes at least are to come in each [`WINDOW`]: 8 KiB a second.
const LEAST: usize = 80 << 10;
const WINDOW: Duration = Duration::from_secs(10);
/// Who has sent too little for this part of the longest pause gives way to others: 500 ms.
const SLOW: u32 = 60;
/// How long one waits for the room that a slower one gives up, and how often another one has to give up its own.
const PATIENCE: Duration = Duration::from_millis(600);
const OTHERS: usize = 5;
/// Who sends less than this at a time is not held up by waiting for room.
const PIECE: usize = 1 << 10;

/// The body and the room that it takes. A request that was not admitted is read to its end and then refused.
pub async fn read(
    request: Request<Body>,
    limit: usize,
    idle: Duration,
    admitted: Result<Held, Refusal>,
) -> Result<(Bytes, Held), Refusal> {
    let too_large = || Refusal::TooLarge(format!("the body is larger than {} MiB; send smaller batches", limit >> 20));
    let (parts, mut body) = request.into_parts();
    let sending = parts.extensions.get::<Sending>();
    let declared = declared_length(&parts.headers).unwrap_or_default();
    let is_too_large = usize::try_from(declared).map_or(true, |length| length > limit);
    let mut reading = match admitted {
        Ok(_) if is_too_large => Err(too_large()),
        // What is declared is not held yet.
        admitted => admitted.map(|held| Reading { held, bytes: Vec::new() }),
    };
    let (mut total, mut pace) = (0_usize, Pace::new());
    loop {
        // Who asks first ("Expect: 100-continue") is told before it sends anything.
        if reading.is_err() && total == 0 && parts.headers.contains_key(header::EXPECT) {
            break;
        }
        let Some(data) = next(&mut body, idle).await? else { break };
        pace.came(data.len())?;
        sending.into_iter().for_each(|sending| sending.came(data.len()));
        total = total.saturating_add(data.len());
        if total > limit {
            reading = reading.and_then(|_| Err(too_large()));
        }
        if total > limit.saturating_mul(DISCARDED) {
            break;
        }
        if let Ok(known) = &mut reading
            && let Err(refusal) = known.push(&data, sending, idle / SLOW).await
        {
            reading = Err(refusal);
        }
    }
    sending.into_iter().for_each(Sending::received);
    reading.map(|Reading { mut held, bytes }| {
        held.received();
        (bytes.into(), held)
    })
}

/// Who sends too slowly, for a whole body, is given up.
struct Pace {
    since: Instant,
    bytes: usize,
}

impl Pace {
    fn new() -> Self {
        Self { since: Instant::now(), bytes: 0 }
    }

    fn came(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.bytes += bytes;
        if self.since.elapsed() < WINDOW {
            return Ok(());
        }
        let enough = self.bytes >= LEAST;
        *self = Self::new();
        if enough { Ok(()) } else { Err(Refusal::Slow("the body came too slowly; send the request again".into())) }
    }
}

/// What comes next of a body; none at its end.
pub async fn next(body: &mut Body, idle: Duration) -> Result<Option<Bytes>, Refusal> {
    loop {
        let frame = match timeout(idle, body.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(None) => return Ok(None),
            Ok(Some(Err(_))) => return Err(Refusal::Invalid("the body broke off before its end".into())),
            Err(_) => return Err(Refusal::Slow("the body paused for too long; send the request again".into())),
        };
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
}

/// Reads what is left of a body that is refused and throws it away, for the sake of the answer.
pub async fn discard(body: &mut Body, limit: usize, idle: Duration) {
    let mut total = 0_usize;
    while total <= limit.saturating_mul(DISCARDED)
        && let Ok(Some(data)) = next(body, idle).await
    {
        total += data.len();
    }
}

struct Reading {
    held: Held,
    bytes: Vec<u8>,
}

impl Reading {
    /// Where there is no room, who sends slowly gives way to who does not.
    async fn push(&mut self, data: &[u8], sending: Option<&Sending>, slow: Duration) -> Result<(), Refusal> {
        if let Err(refusal) = self.held.receive(data.len()) {
            // Whether somebody is slow may have to show.
            let sending = sending.filter(|sending| sending.let_slowest_go(slow) || slow < PATIENCE).ok_or(refusal)?;
            self.wait(data.len(), sending, slow).await?;
        }
        self.bytes.extend_from_slice(data);
        Ok(())
    }

    async fn wait(&mut self, more: usize, sending: &Sending, slow: Duration) -> Result<(), Refusal> {
        let _waiting = (more >= PIECE).then(|| sending.wait(slow));
        for _ in 0..OTHERS {
            if self.held.hold(self.bytes.len() + more, PATIENCE).await.is_ok() {
                return Ok(());
            }
            sending.let_slowest_go(slow);
        }
        Err(Refusal::Overloaded)
    }
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
