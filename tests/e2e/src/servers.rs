//! Our collector, and a plain static file server.

use crate::programs;
use axum::Router;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::map_response;
use axum::response::Response;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tower_http::services::ServeDir;

/// Our collector, with the addresses that it printed. Drop ends it.
pub struct Collector {
    pub page: String,
    pub otlp: String,
    /// Where it takes OTLP/gRPC, as an SDK is told.
    pub grpc: String,
    pub viewer: String,
    process: Child,
}

impl Collector {
    /// On free ports.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With further arguments.
    pub async fn with(arguments: &[String]) -> Self {
        Self::start_on(["127.0.0.1:0"; 3], &programs::page_dir(), arguments).await
    }

    /// With another page.
    pub async fn serving(page_dir: &Path) -> Self {
        Self::serving_with(page_dir, &[]).await
    }

    /// With another page, and further arguments.
    pub async fn serving_with(page_dir: &Path, arguments: &[String]) -> Self {
        Self::start_on(["127.0.0.1:0"; 3], page_dir, arguments).await
    }

    /// With the same addresses as one that was ended.
    pub async fn start_again(ended: &Self) -> Self {
        let addresses = [&ended.page, &ended.otlp, &ended.viewer];
        let ports = addresses.map(|url| url.rsplit_once(':').expect("an address has a port").1);
        let [page, otlp, query] = ports.map(|port| format!("127.0.0.1:{port}"));
        Self::start_on([&page, &otlp, &query], &programs::page_dir(), &[]).await
    }

    async fn start_on([page_addr, otlp_addr, query_addr]: [&str; 3], page_dir: &Path, arguments: &[String]) -> Self {
        let program = programs::collector();
        let mut process = Command::new(&program)
            .arg("--page-dir")
            .arg(page_dir)
            .arg("--memory")
            .args(["--page-addr", page_addr, "--otlp-addr", otlp_addr, "--query-addr", query_addr])
            .args(["--grpc-addr", "127.0.0.1:0"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be started: {error}", program.display()));
        let [page, otlp, grpc, viewer] = addresses(&mut process).await;
        Self { page, otlp, grpc, viewer, process }
    }

    /// Ends it at once, as a crash would.
    pub async fn kill(&mut self) {
        self.process.kill().await.expect("the collector can be ended");
    }
}

/// The addresses that a collector prints: of the page, of the receivers by HTTP and by gRPC, and of the viewer.
pub async fn addresses(process: &mut Child) -> [String; 4] {
    let stdout = process.stdout.take().expect("stdout is piped");
    let mut lines = BufReader::new(stdout).lines();
    let (mut page, mut otlp, mut grpc, mut viewer) = (None, None, None, None);
    while [&page, &otlp, &grpc, &viewer].iter().any(|address| address.is_none()) {
        let line = lines.next_line().await.expect("the collector's output can be read");
        let line = line.expect("the collector prints four addresses before it ends");
        let mut words = line.split_whitespace();
        let (word, url) = (words.next(), words.next());
        let place = match word {
            Some("page") => &mut page,
            Some("OTLP") => &mut otlp,
            Some("gRPC") => &mut grpc,
            Some("viewer") => &mut viewer,
            _ => continue,
        };
        *place = url.map(|url| url.trim_end_matches("/v1/traces").trim_end_matches('/').to_owned());
    }
    // Whatever else it prints must not block it.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let known = |address: Option<String>| address.expect("each address is a URL");
    [page, otlp, grpc, viewer].map(known)
}

/// A static file server without any special header. Drop ends it.
pub struct StaticServer {
    pub url: String,
    task: JoinHandle<()>,
}

impl StaticServer {
    /// Serves the page's folder, with another folder in place of pkg/.
    pub async fn start(page_dir: &Path, pkg: &Path) -> Self {
        Self::of_folders(page_dir, &[("/pkg", pkg.to_owned())]).await
    }

    /// Serves a folder, with others at these paths of it.
    pub async fn of_folders(folder: &Path, others: &[(&str, PathBuf)]) -> Self {
        let files =
            others.iter().fold(Router::new(), |files, (path, folder)| files.nest_service(path, ServeDir::new(folder)));
        Self::serve(files.fallback_service(ServeDir::new(folder))).await
    }

    /// Serves a folder as it is.
    pub async fn of(folder: &Path) -> Self {
        Self::serve(Router::new().fallback_service(ServeDir::new(folder))).await
    }

    /// Serves the page's folder with further headers; a file that has a compressed one beside it (`.br`), as that.
    pub async fn with_headers(page_dir: &Path, headers: &'static [(&str, &str)]) -> Self {
        let protect = async move |mut response: Response| {
            let named = |(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
            response.headers_mut().extend(headers.iter().copied().map(named));
            response
        };
        let files = ServeDir::new(page_dir).precompressed_br();
        Self::serve(Router::new().fallback_service(files).layer(map_response(protect))).await
    }

    /// Serves the page's folder at an address that shells take for a pattern.
    pub async fn with_brackets(page_dir: &Path) -> Self {
        let listener = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await.expect("loopback has a free port");
        Self::serve_on(listener, "[::1]", Router::new().fallback_service(ServeDir::new(page_dir)))
    }

    async fn serve(files: Router) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has a free port");
        Self::serve_on(listener, "localhost", files)
    }

    fn serve_on(listener: TcpListener, host: &str, files: Router) -> Self {
        let port = listener.local_addr().expect("a listener has an address").port();
        let serve = async move { axum::serve(listener, files).await.expect("the file server runs") };
        Self { url: format!("http://{host}:{port}"), task: tokio::spawn(serve) }
    }
}

impl Drop for StaticServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
