//! Connections as they are accepted: with an end for those that are not read, and a word about those that do not speak HTTP/1.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::serve::Listener;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    time::{Sleep, sleep},
};

use crate::terminal::{Kind, Terminal};

/// Gives a connection up when nothing of what is sent has been taken for so long.
#[derive(Debug)]
pub struct Patient {
    pub listener: TcpListener,
    pub idle: Duration,
    /// Where it is said that a sender of spans speaks something else; none where no senders come.
    pub senders: Option<Arc<Terminal>>,
}

impl Listener for Patient {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, from) = Listener::accept(&mut self.listener).await;
        // Answers are complete or in large pieces: nothing to wait for.
        let _ = stream.set_nodelay(true);
        let sender = self.senders.clone().map(|terminal| Sender { terminal, begin: Vec::new() });
        (Connection { stream, idle: self.idle, stalled: None, sender }, from)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    idle: Duration,
    /// Runs while the other side takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Until it is known what it speaks.
    sender: Option<Sender>,
}

#[derive(Debug)]
struct Sender {
    terminal: Arc<Terminal>,
    /// The first bytes that it sends.
    begin: Vec<u8>,
}

impl Sender {
    /// True once it is known what this one speaks.
    fn looked_at(&mut self, bytes: &[u8]) -> bool {
        const HTTP2: &[u8] = b"PRI ";
        const TLS: &[u8] = &[0x16, 0x03];
        self.begin.extend(bytes.iter().take(HTTP2.len() - self.begin.len()));
        if self.begin.starts_with(HTTP2) {
            self.terminal.refused(Kind::Grpc, || GRPC.to_owned());
        } else if self.begin.starts_with(TLS) {
            self.terminal.refused(Kind::Tls, || NO_TLS.to_owned());
        }
        self.begin.len() == HTTP2.len()
    }
}

const GRPC: &str = "gRPC is not spoken here, only OTLP/HTTP: set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf in the program \
    that sends spans";

const NO_TLS: &str =
    "TLS is not spoken here: give the endpoint as http:// and not https:// in the program that sends spans";

impl Connection {
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
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        if self.sender.as_mut().is_some_and(|sender| sender.looked_at(&buf.filled()[before..])) {
            self.sender = None;
        }
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
