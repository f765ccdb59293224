//! Puts it together: which ports are listened on, what is served there, what the page is told, and how it ends.

use std::{fmt, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::{Router, middleware, serve::ListenerExt};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, timeout_at},
};

use crate::{
    forward::{self, Counts, Forward, Workers},
    host::{self, Hosts},
    keep::{self, Keep, StartError},
    otlp::{self, Bounds, Receiver, cors::Origins, origin::AllowedOrigin},
    page::{self, Meta, Page},
    ports::{self, BindError, Bound},
    store::{Limits, Store},
    viewer::{self, Viewer},
};

/// Below which path the viewer is on the page's port.
const VIEWER_PATH: &str = "/viewer";
/// Where the traces are when another program receives them: most likely Jaeger, and this is its port.
const JAEGER_UI: &str = "http://localhost:16686";

#[derive(Debug, Clone)]
pub struct Config {
    pub page_addr: SocketAddr,
    pub otlp_addr: SocketAddr,
    pub query_addr: SocketAddr,
    /// The directory of the page.
    pub page_dir: PathBuf,
    /// Where traces are kept.
    pub keep: Keep,
    /// How many of them.
    pub limits: Limits,
    /// Whose pages may send spans, beside the page that is served.
    pub allow_origins: Vec<AllowedOrigin>,
    /// How much is received at once.
    pub bounds: Bounds,
    /// To whom requests are handed on.
    pub forward: Option<Forward>,
}

/// Where everything is. Its text is what the program prints: per line a word, spaces and a URL or words.
#[derive(Debug, Clone)]
pub struct Addresses {
    pub page: String,
    pub otlp: Otlp,
    pub viewer: String,
    /// Where requests are handed on to.
    pub forward: Option<String>,
    /// Where traces are kept; nothing if they are another program's.
    pub traces: Option<String>,
    /// What is not as wanted.
    pub notes: Vec<String>,
}

#[derive(Debug, Clone)]
pub enum Otlp {
    /// Spans are taken at this URL.
    Receiving(String),
    /// Another program has the address, and receives them.
    Taken(SocketAddr),
}

impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "page    {}/", self.page)?;
        match &self.otlp {
            Otlp::Receiving(url) => writeln!(f, "OTLP    {url}/v1/traces")?,
            Otlp::Taken(address) => writeln!(
                f,
                "OTLP    port {} is taken by another program (a Jaeger?): that one receives the page's spans, not this collector",
                address.port()
            )?,
        }
        writeln!(f, "viewer  {}/", self.viewer)?;
        if let Some(forward) = &self.forward {
            writeln!(f, "forward {forward}")?;
        }
        if let Some(traces) = &self.traces {
            writeln!(f, "traces  {traces}")?;
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "note    {note}"))
    }
}

/// A running collector. Dropping it ends it at once.
#[derive(Debug)]
pub struct Running {
    pub addresses: Addresses,
    stop: watch::Sender<bool>,
    servers: JoinSet<()>,
    workers: Option<Workers>,
    store: Option<Arc<Store>>,
}

impl Running {
    /// Takes no more connections, and gives the requests that are under way, in and out, so much time.
    pub async fn stop(mut self, limit: Duration) {
        let deadline = Instant::now() + limit;
        self.stop.send_replace(true);
        let all_ended = async { while self.servers.join_next().await.is_some() {} };
        // Whoever has not ended by then is cut off.
        let _ = timeout_at(deadline, all_ended).await;
        self.servers.shutdown().await;
        if let Some(workers) = self.workers {
            workers.stop(deadline).await;
        }
        if let Some(store) = self.store {
            let _ = tokio::task::spawn_blocking(move || store.close()).await;
        }
    }

    /// What was forwarded so far; nothing if nothing is.
    pub fn forwarded(&self) -> Counts {
        self.workers.as_ref().map(Workers::counts).unwrap_or_default()
    }
}

/// Starts listening and serving.
pub async fn start(config: Config) -> Result<Running, StartError> {
    // First everything on its own port, so that what has to move takes nobody's place.
    let otlp = ports::bind(config.otlp_addr).await?;
    let page = ports::bind(config.page_addr).await?;
    let query = if otlp.is_some() { ports::bind(config.query_addr).await? } else { None };

    let mut notes = Vec::new();
    let page = or_next(page, "the page", config.page_addr, &mut notes).await?;
    let mut servers = Servers::default();
    let (viewer_url, meta, page_viewer, otlp_address);
    let (mut forward, mut workers) = (None, None);
    let (mut kept, mut traces) = (None, None);
    match otlp {
        Some(otlp) => {
            let query = or_next(query, "the viewer", config.query_addr, &mut notes).await?;
            let (opened, place) = keep::open(config.keep, config.limits, &mut notes).await?;
            let store = Arc::new(opened);
            (kept, traces) = (Some(Arc::clone(&store)), Some(place));
            let viewer = |base| Viewer {
                store: Arc::clone(&store),
                base,
                page_url: format!("{}/", page.url()),
                otlp_url: format!("{}/v1/traces", otlp.url()),
                stop: servers.stop.subscribe(),
            };
            meta = Meta { otlp_endpoint: otlp.url(), viewer_url: query.url(), viewer_name: "Collector".into() };
            viewer_url = query.url();
            otlp_address = Otlp::Receiving(otlp.url());
            if !otlp.address.ip().is_loopback() {
                notes.push(format!("spans are taken from the whole network, at {}", otlp.address));
            }
            let forwarder = config.forward.map(|config| {
                forward = Some(config.target.shown.clone());
                let (forwarder, running) = forward::start(config);
                workers = Some(running);
                forwarder
            });
            let receiver = Arc::new(Receiver::new(Arc::clone(&store), forwarder, config.bounds));
            let otlp_url = format!("{}/v1/traces", otlp.url());
            let upload =
                |of: &Bound| otlp::upload(Arc::clone(&receiver), Origins::of_viewer(of.origins(), otlp_url.clone()));
            page_viewer = viewer::below(viewer(VIEWER_PATH), upload(&page));
            let viewer = viewer::router(viewer(""), upload(&query));
            servers.add(query, viewer);
            let origins = Origins::new(page.origins(), config.allow_origins);
            servers.add(otlp, otlp::router(receiver, origins));
        }
        None => {
            let host = if config.otlp_addr.ip().is_loopback() || config.otlp_addr.ip().is_unspecified() {
                "localhost".into()
            } else {
                ports::host_of(config.otlp_addr.ip())
            };
            meta = Meta {
                otlp_endpoint: format!("http://{host}:{}", config.otlp_addr.port()),
                viewer_url: JAEGER_UI.into(),
                viewer_name: "Jaeger UI".into(),
            };
            page_viewer = viewer::elsewhere(VIEWER_PATH, meta.viewer_name.clone(), meta.viewer_url.clone());
            viewer_url = JAEGER_UI.into();
            otlp_address = Otlp::Taken(config.otlp_addr);
            if config.forward.is_some() {
                notes.push("nothing is received here, so nothing is forwarded: choose another --otlp-addr".into());
            }
        }
    }
    if let Some(what) = page::missing(&config.page_dir).await {
        notes.push(format!("there is {what} in {}: {}", config.page_dir.display(), page::BUILD_IT));
    }
    let addresses = Addresses { page: page.url(), otlp: otlp_address, viewer: viewer_url, forward, traces, notes };
    let files = page::router(Arc::new(Page { directory: config.page_dir, meta }));
    servers.add(page, page_viewer.merge(files));
    Ok(Running { addresses, stop: servers.stop, servers: servers.running, workers, store: kept })
}

/// The listener, or one on the next free port and a note that says so.
async fn or_next(
    bound: Option<Bound>,
    what: &str,
    wanted: SocketAddr,
    notes: &mut Vec<String>,
) -> Result<Bound, BindError> {
    if let Some(bound) = bound {
        return Ok(bound);
    }
    let bound = ports::bind_next(wanted).await?;
    let (taken, port) = (wanted.port(), bound.address.port());
    notes.push(format!("port {taken} is taken by another program: {what} is on port {port}"));
    Ok(bound)
}

#[derive(Default)]
struct Servers {
    stop: watch::Sender<bool>,
    running: JoinSet<()>,
}

impl Servers {
    fn add(&mut self, bound: Bound, router: Router) {
        let hosts = Hosts::of(bound.address.ip());
        let router = router.layer(middleware::from_fn_with_state(hosts, host::guard));
        for listener in bound.listeners {
            let mut stop = self.stop.subscribe();
            // Answers are small and complete: nothing to wait for.
            let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
            let server = axum::serve(listener, router.clone()).with_graceful_shutdown(async move {
                let _ = stop.wait_for(|stop| *stop).await;
            });
            self.running.spawn(async move {
                let _ = server.await;
            });
        }
    }
}
