//! Puts it together: which ports are listened on, what is served there, what the page is told, and how it ends.

use std::{
    future::pending,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use axum::{Router, middleware};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, timeout_at},
};

use crate::{
    AllowedOrigin, Bounds,
    addresses::{Addresses, Otlp},
    connections::{Connections, Listening, Tls, serve},
    forward::{self, Counts, Forward, Workers},
    guard::{self, Guard, Origins, Serves, hosts::Hosts},
    ingest::{Ingest, Keepers},
    keep::{self, Keep, StartError, Stores},
    page::{self, Page, Places},
    ports::{self, BindError, Bound, Reach},
    query::{self, Answers},
    receive::{
        admission::{self, Admission, Keys, Rate},
        grpc, http,
    },
    status,
    store::Limits,
    terminal::Terminal,
    viewer::{self, Viewer},
};

/// Below which path the viewer is on the page's port.
const VIEWER_PATH: &str = "/viewer";
/// Where the traces are when another program receives them: most likely Jaeger, and this is its port.
const JAEGER_UI: u16 = 16686;

/// The addresses that somebody has named.
#[derive(Debug, Clone, Copy, Default)]
pub struct Named {
    pub page: bool,
    pub otlp: bool,
    pub query: bool,
    pub grpc: bool,
}

#[derive(Debug, Clone)]
pub struct Config {
    pub page_addr: SocketAddr,
    pub otlp_addr: SocketAddr,
    pub query_addr: SocketAddr,
    /// Where OTLP/gRPC is taken.
    pub grpc_addr: SocketAddr,
    /// The directory of the page.
    pub page_dir: PathBuf,
    /// Where the page asks for users over HTTP, if it is told.
    pub users_url: Option<String>,
    /// Where traces are kept.
    pub keep: Keep,
    /// How many of them.
    pub limits: Limits,
    /// Whose pages may send spans, beside the page that is served.
    pub allow_origins: Vec<AllowedOrigin>,
    /// What this machine may be called, beside localhost and its addresses.
    pub allow_hosts: Vec<String>,
    /// How much is under way at once.
    pub bounds: Bounds,
    /// To whom requests are handed on.
    pub forward: Vec<Forward>,
    /// Which addresses were asked for: what is taken of these is an error, and no reason to look for another.
    pub named: Named,
    /// Whose requests are taken: of those who have one of these keys, if there are any.
    pub keys: Keys,
    /// How TLS is spoken where records are received, if it is.
    pub tls: Option<Tls>,
    /// How fast each sender may send.
    pub rate: Option<Rate>,
    /// What is to be said at the start.
    pub notes: Vec<String>,
}

/// A running collector. Dropping it ends it at once.
#[derive(Debug)]
pub struct Running {
    pub addresses: Addresses,
    stop: watch::Sender<bool>,
    servers: JoinSet<()>,
    workers: Option<Workers>,
    stores: Option<Stores>,
}

impl Running {
    /// Ends when nothing that comes can be kept any more, and tells why. Then it is to be stopped.
    pub async fn lost(&self) -> String {
        match &self.stores {
            Some(stores) => stores.lost().await.0,
            None => pending().await,
        }
    }

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
        if let Some(stores) = self.stores {
            let _ = tokio::task::spawn_blocking(move || stores.close()).await;
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
    let otlp = bind("--otlp-addr", config.otlp_addr, config.named.otlp).await?;
    let page = bind("--page-addr", config.page_addr, config.named.page).await?;
    let (mut query, mut grpc) = (None, None);
    if otlp.is_some() {
        query = bind("--query-addr", config.query_addr, config.named.query).await?;
        grpc = bind("--grpc-addr", config.grpc_addr, config.named.grpc).await?;
    }

    let mut notes = config.notes;
    let page = or_next(page, "the page", config.page_addr, &mut notes).await?;
    let mut servers = Servers::new(config.bounds, config.allow_hosts);
    let (places, page_viewer, otlp_address);
    let users_url = config.users_url;
    let (mut forward, mut workers, mut otlp_reach) = (Vec::new(), None, None);
    let (mut kept, mut traces, mut grpc_url) = (None, None, None);
    match otlp {
        Some(mut otlp) => {
            otlp.tls = config.tls;
            let query = or_next(query, "the viewer", config.query_addr, &mut notes).await?;
            let (stores, place) = keep::open(config.keep, config.limits, &mut notes).await?;
            (kept, traces) = (Some(stores.clone()), Some(place));
            places = Places {
                otlp: otlp.reach(),
                takes_logs: true,
                viewer: query.reach(),
                viewer_name: "Collector",
                users_url,
            };
            otlp_address = Otlp::Receiving(otlp.url());
            notes.extend(otlp.public("spans are taken from the whole network"));
            notes.extend(query.public("traces are shown to the whole network"));
            let mut forwarder = None;
            if !config.forward.is_empty() {
                forward = config.forward.iter().map(|forward| forward.target.shown.clone()).collect();
                let started = forward::start(config.forward, stores.directory.as_deref())?;
                (forwarder, workers) = (Some(started.0), Some(started.1));
            }
            let terminal = Arc::clone(&servers.terminal);
            let keepers = Keepers {
                logs: Some(Arc::new(Arc::clone(&stores.logs))),
                metrics: Some(Arc::new(Arc::clone(&stores.metrics))),
            };
            let ingest = Arc::new(Ingest::new(Arc::clone(&stores.traces), keepers, forwarder, config.bounds, terminal));
            let answers = Arc::new(Answers::new(config.bounds, ingest.budget.clone()));
            let stop = servers.stop.clone();
            let viewer = |base| Viewer {
                stores: stores.clone(),
                base,
                page: page.reach(),
                otlp: otlp.reach(),
                answers: Arc::clone(&answers),
                stop: stop.subscribe(),
            };
            let terminal = Arc::clone(&servers.terminal);
            let admission = Arc::new(Admission::new(config.keys, config.rate, config.bounds.idle, terminal));
            let upload = || {
                let transform = query::transform(Arc::clone(&ingest), Arc::clone(&answers));
                http::upload(Arc::clone(&ingest), Arc::clone(&admission)).merge(transform)
            };
            servers.status = status::router(Some((Arc::clone(&ingest), stores.clone())));
            page_viewer = viewer::below(viewer(VIEWER_PATH), upload());
            let viewer = viewer::router(viewer(""), upload());
            let (own, of_page) = (Origins::own(&query), Origins::of_page(&page, config.allow_origins));
            otlp_reach = Some(otlp.reach());
            servers.add(query, pages(otlp_reach.clone()), own, viewer);
            match grpc {
                Some(mut grpc) => {
                    grpc.tls.clone_from(&otlp.tls);
                    grpc_url = Some(grpc.url());
                    notes.extend(grpc.public("what comes by gRPC is taken from the whole network"));
                    let calls = grpc::Calls { ingest: Arc::clone(&ingest), http: otlp.url() };
                    let origins = Origins::own(&grpc);
                    let admitted = middleware::from_fn_with_state(Arc::clone(&admission), admission::layer);
                    let router = grpc::router(Arc::new(calls)).layer(admitted);
                    servers.add(grpc, Serves::Spans(grpc::forbidden), origins, router);
                }
                None => {
                    let taken = config.grpc_addr.port();
                    notes.push(format!(
                        "port {taken} is taken by another program: nothing is taken by gRPC; choose another --grpc-addr"
                    ));
                }
            }
            let router = http::router(ingest, grpc_url.clone(), admission);
            servers.add(otlp, Serves::Spans(http::forbidden), of_page, router);
        }
        None => {
            let address = config.otlp_addr;
            let local = address.ip().is_loopback() || address.ip().is_unspecified();
            let host = if local { "localhost".into() } else { ports::host_of(address.ip()) };
            // Where that program listens is not known.
            let reach = |host, port| Reach { host, port, addresses: vec![Ipv4Addr::UNSPECIFIED.into()], tls: false };
            let viewer = reach("localhost".into(), JAEGER_UI);
            places = Places {
                otlp: reach(host, address.port()),
                takes_logs: false,
                viewer,
                viewer_name: "Jaeger UI",
                users_url,
            };
            page_viewer = viewer::elsewhere(VIEWER_PATH, places.viewer_name, places.viewer.clone());
            otlp_address = Otlp::Taken(address);
            if !config.forward.is_empty() {
                notes.push("nothing is received here, so nothing is forwarded: choose another --otlp-addr".into());
            }
        }
    }
    let shown = if kept.is_some() { "the page and the traces at /viewer are" } else { "the page is" };
    notes.extend(page.public(&format!("{shown} shown to the whole network")));
    if let Some(what) = page::missing(&config.page_dir).await {
        notes.push(format!("there is {what} in {}: {}", config.page_dir.display(), page::BUILD_IT));
    }
    let viewer = places.viewer.url();
    let (page_url, grpc) = (page.url(), grpc_url);
    let addresses = Addresses { page: page_url, otlp: otlp_address, viewer, grpc, forward, traces, notes };
    let files = page::router(Arc::new(Page { directory: config.page_dir, places }));
    let own = Origins::own(&page);
    servers.add(page, pages(otlp_reach), own, page_viewer.merge(files));
    Ok(Running { addresses, stop: servers.stop, servers: servers.running, workers, stores: kept })
}

/// The listener; none if another program has the address, and nobody has named it.
async fn bind(flag: &'static str, address: SocketAddr, is_named: bool) -> Result<Option<Bound>, StartError> {
    match ports::bind(address).await? {
        None if is_named => Err(StartError::Taken { flag, address }),
        bound => Ok(bound),
    }
}

/// Where pages are shown; `otlp` is where spans are taken, if that is this collector.
fn pages(otlp: Option<Reach>) -> Serves {
    Serves::Pages { otlp, refused: http::forbidden }
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

struct Servers {
    bounds: Bounds,
    allow_hosts: Vec<String>,
    /// Of those who send, and of those who look.
    connections: [Arc<Connections>; 2],
    terminal: Arc<Terminal>,
    /// What every port has beside its own.
    status: Router,
    stop: watch::Sender<bool>,
    running: JoinSet<()>,
}

impl Servers {
    fn new(bounds: Bounds, allow_hosts: Vec<String>) -> Self {
        let (terminal, stop) = (Arc::default(), watch::Sender::default());
        let (connections, status) = (Connections::shares(), status::router(None));
        Self { bounds, allow_hosts, connections, terminal, status, stop, running: JoinSet::new() }
    }

    fn add(&mut self, bound: Bound, serves: Serves, origins: Origins, router: Router) {
        let hosts = Hosts::of(bound.address.ip(), &self.allow_hosts);
        let senders = matches!(serves, Serves::Spans(_)).then(|| Arc::clone(&self.terminal));
        let guard = Arc::new(Guard { hosts, origins, serves, terminal: Arc::clone(&self.terminal) });
        let router = router.merge(self.status.clone()).layer(middleware::from_fn_with_state(guard, guard::layer));
        let [of_senders, of_readers] = &self.connections;
        let connections = if senders.is_some() { of_senders } else { of_readers };
        for listener in bound.listeners {
            let listening = Listening {
                listener,
                router: router.clone(),
                connections: Arc::clone(connections),
                idle: self.bounds.idle,
                senders: senders.clone(),
                tls: bound.tls.as_ref().map(Tls::acceptor),
            };
            self.running.spawn(serve(listening, self.stop.subscribe()));
        }
    }
}
