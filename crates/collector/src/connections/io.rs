//! A connection as it is read and written: with an end for those that send nothing, or take nothing, and a word about those that
//! speak something else.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

use super::{Entry, tls::Stream};
use crate::terminal::{Kind, Terminal};

/// How long the header of a request may take.
pub const HEADER: Duration = Duration::from_secs(10);
/// How long a connection may be there without a request.
const QUIET: Duration = Duration::from_secs(120);
/// How HTTP/2 begins.
const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const TLS: &[u8] = &[0x16, 0x03];

#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    entry: Arc<Entry>,
    idle: Duration,
    /// Runs while the other side takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Runs while it sends nothing, or no whole header.
    waiting: Option<(Phase, Pin<Box<Sleep>>)>,
    /// The first bytes that it sends.
    begin: Vec<u8>,
    /// Up to which request it was when bytes came last, and whether some have come since.
    changes: u64,
    some: bool,
    senders: Option<Arc<Terminal>>,
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The next request, after so many.
    Request(u64),
    /// The rest of its header.
    Header(u64),
}

const NO_TLS: &str =
    "TLS is not spoken here: give the endpoint as http:// and not https:// in the program that sends spans";

impl Connection {
    pub fn new(stream: Stream, entry: Arc<Entry>, idle: Duration, senders: Option<Arc<Terminal>>) -> Self {
        let (begin, changes, some) = (Vec::new(), 0, false);
        Self { stream, entry, idle, stalled: None, waiting: None, begin, changes, some, senders }
    }

    /// None while a request is under way: who reads its body has the time.
    fn phase(&mut self) -> Option<Phase> {
        let activity = *self.entry.activity();
        if self.changes != activity.changes {
            (self.changes, self.some) = (activity.changes, false);
        }
        match activity.requests {
            // On HTTP/2 other things are said beside requests.
            0 if self.some && self.begin != HTTP2 => Some(Phase::Header(activity.changes)),
            0 => Some(Phase::Request(activity.changes)),
            _ => None,
        }
    }

    /// An error if nothing has come for too long.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(phase) = self.phase() else {
            self.waiting = None;
            return Poll::Pending;
        };
        if self.waiting.as_ref().is_none_or(|(before, _)| *before != phase) {
            let limit = if let Phase::Header(_) = phase { HEADER } else { QUIET };
            self.waiting = Some((phase, Box::pin(sleep(limit))));
        }
        if let Some((_, sleep)) = &mut self.waiting {
            ready!(sleep.as_mut().poll(cx));
        }
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn came(&mut self, bytes: &[u8]) {
        let is_known = self.begin.len() >= TLS.len();
        self.begin.extend(bytes.iter().take(HTTP2.len() - self.begin.len()));
        if !is_known && self.begin.starts_with(TLS) {
            self.senders.iter().for_each(|terminal| terminal.refused(Kind::Tls, || NO_TLS.to_owned()));
        }
        let _ = self.phase();
        self.some |= !bytes.is_empty();
    }

    /// An error if nothing has been taken for too long.
    fn waited<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let idle = self.idle;
        ready!(self.stalled.get_or_insert_with(|| Box::pin(sleep(idle))).as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        if Pin::new(&mut self.stream).poll_read(cx, buf)?.is_pending() {
            return self.wait(cx);
        }
        self.came(&buf.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.waited(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.waited(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
