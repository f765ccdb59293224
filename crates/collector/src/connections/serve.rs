//! Accepts connections, and has each answered by a router, in HTTP/1.1 or HTTP/2 as it begins.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    http::{Request, Response},
};
use hyper::{body::Frame, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    net::{TcpListener, TcpStream},
    pin,
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tower_service::Service;

use super::{
    Connections, Peer, Place, Sending, UnderWay,
    io::{Connection, HEADER},
    tls::Stream,
};
use crate::terminal::{Kind, Terminal};

/// What a connection holds of a request's header, and at once of its body.
const BUFFER: usize = 64 << 10;
/// How many requests one connection of HTTP/2 may have under way.
const STREAMS: u32 = 32;
/// How much of them may have come and not been read.
const WINDOW: u32 = 256 << 10;
/// How often the other end of a quiet connection of HTTP/2 is asked whether it is there.
const ASK: Duration = Duration::from_secs(30);
/// How long it waits when nothing can be accepted.
const PAUSE: Duration = Duration::from_millis(50);

/// A listener, and what answers those who come to it.
pub struct Listening {
    pub listener: TcpListener,
    pub router: Router,
    pub connections: Arc<Connections>,
    /// How long the other side may take nothing of an answer.
    pub idle: Duration,
    /// Where it is said that a sender speaks something else; none where no senders come.
    pub senders: Option<Arc<Terminal>>,
    /// How TLS is spoken, if it is.
    pub tls: Option<TlsAcceptor>,
}

/// Serves until it is to stop, and then until what is under way has ended.
pub async fn serve(listening: Listening, mut stop: watch::Receiver<bool>) {
    let mut running = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listening.listener.accept() => accepted,
            Some(_) = running.join_next() => continue,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Who finds no place is cut off: all others are being answered.
                if let Some(place) = listening.connections.enter() {
                    running.spawn(connection(stream, peer, place, &listening, stop.clone()));
                }
            }
            Err(error) if is_of_connection(&error) => {}
            Err(_) => {
                // Most likely there are no descriptors.
                listening.connections.let_one_go();
                sleep(PAUSE).await;
            }
        }
    }
    drop(listening);
    while running.join_next().await.is_some() {}
}

/// The connection that was to be accepted is gone already.
fn is_of_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    place: Place,
    listening: &Listening,
    mut stop: watch::Receiver<bool>,
) -> impl Future<Output = ()> + use<> {
    // Answers are complete or in large pieces: nothing to wait for.
    let _ = stream.set_nodelay(true);
    let entry = Arc::clone(&place.entry);
    let (idle, senders, tls) = (listening.idle, listening.senders.clone(), listening.tls.clone());
    let router = listening.router.clone();
    async move {
        let stream = match tls {
            None => Stream::Plain(stream),
            Some(tls) => match timeout(HEADER, tls.accept(stream)).await {
                Ok(Ok(stream)) => Stream::Tls(Box::new(stream)),
                Ok(Err(error)) => {
                    let words = || format!("a connection: TLS is spoken here ({error}); give the endpoint as https://");
                    senders.iter().for_each(|terminal| terminal.refused(Kind::Tls, words));
                    return;
                }
                Err(_) => return,
            },
        };
        let io = TokioIo::new(Connection::new(stream, Arc::clone(&entry), idle, senders));
        let service =
            service_fn(|request: Request<hyper::body::Incoming>| answer(router.clone(), &place, peer, request));
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http1().max_buf_size(BUFFER);
        builder
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(ASK)
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(BUFFER as u32)
            // A request of some size comes in fewer pieces.
            .max_frame_size(BUFFER as u32)
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW);
        let serving = builder.serve_connection(io, service);
        pin!(serving);
        let mut is_stopping = false;
        loop {
            tokio::select! {
                _ = serving.as_mut() => break,
                () = entry.close.notified() => break,
                _ = stop.wait_for(|stop| *stop), if !is_stopping => {
                    is_stopping = true;
                    serving.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

/// The request is under way until its answer has been sent.
fn answer(
    mut router: Router,
    place: &Place,
    peer: SocketAddr,
    request: Request<hyper::body::Incoming>,
) -> impl Future<Output = Result<Response<Answered>, Infallible>> + use<> {
    let sending = Sending(Arc::new(UnderWay::new(place)));
    let mut request = request.map(Body::new);
    if request.body().is_end_stream() {
        sending.received();
    }
    request.extensions_mut().insert(sending.clone());
    request.extensions_mut().insert(Peer(peer));
    let answering = router.call(request);
    async move {
        let response = answering.await?;
        sending.received();
        Ok(response.map(|body| Answered { body, _sending: sending }))
    }
}

/// The body of an answer, as long as its request is under way.
struct Answered {
    body: Body,
    _sending: Sending,
}

impl HttpBody for Answered {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        HttpBody::size_hint(&self.body)
    }
}
