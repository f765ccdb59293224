//! Accepts connections, and has each answered by a router. A client that is slow with its header holds a connection for a bounded time.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

/// How long a client may take for the header of a request, and be silent between two: axum's own server has no such bound.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest header of a request, in bytes: four times what baggage may have. Some of it stands in the request's span, and 512 of those
/// have to fit into what a receiver takes.
const MAX_HEADER: usize = 32 * 1024;
/// How many connections there may be. Further ones wait to be accepted.
const MOST_CONNECTIONS: usize = 1_024;
/// How long requests that are under way may take to end.
const GRACE: Duration = Duration::from_secs(2);
/// How long it waits when nothing can be accepted.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until `end` is ready, and then, for a while, what is under way.
pub async fn serve(listener: TcpListener, app: Router, header_timeout: Duration, end: impl Future<Output = ()>) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(header_timeout).max_buf_size(MAX_HEADER);
    let (graceful, places) = (GracefulShutdown::new(), Arc::new(Semaphore::new(MOST_CONNECTIONS)));
    let accept = async || {
        loop {
            let Ok(place) = places.clone().acquire_owned().await else { return };
            let Ok((stream, _)) = listener.accept().await else {
                // Most likely there are no descriptors.
                sleep(PAUSE).await;
                continue;
            };
            let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(app.clone()));
            let connection = graceful.watch(connection);
            tokio::spawn(async move {
                // Who breaks a connection off is told nothing.
                let _ = connection.await;
                drop(place);
            });
        }
    };
    tokio::select! {
        () = accept() => {}
        () = end => {}
    }
    drop(listener);
    // A connection that is kept open is no reason to stay.
    let _ = timeout(GRACE, graceful.shutdown()).await;
}
