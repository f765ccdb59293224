//! The program: opens the database, prints its address, serves until it is told to end, and sends the last spans.

use std::{error::Error, io::Write, net::SocketAddr, process::ExitCode};

use clap::Parser;
use inprocess::export::{exporter, finish, provider, traces_endpoint};
use opentelemetry::global;
use opentelemetry_browser::propagation::W3cPropagator;
use tokio::net::TcpListener;
use users_service::{Database, HEADER_TIMEOUT, Origins, Telling, cli::Cli, router};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match serve(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody may be reading; then the exit code has to do.
            let _ = writeln!(std::io::stderr(), "users-service: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The exporter's client blocks, and must be made and ended outside of the runtime.
fn serve(cli: Cli) -> Result<(), Box<dyn Error>> {
    let endpoint = traces_endpoint();
    let provider = provider(Telling::new(exporter(&endpoint)?, endpoint), "users-service");
    global::set_tracer_provider(provider.clone());
    // The page's own: upstream's takes shortened ids for a parent, and cuts baggage at its second `=`.
    global::set_text_map_propagator(W3cPropagator::new());
    let served = tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(cli));
    // What cannot be sent is lost: a service that ends has nowhere to keep it.
    if let Err(error) = finish(&provider) {
        let _ = writeln!(std::io::stderr(), "users-service: the last spans were not delivered: {error}");
    }
    served
}

async fn run(cli: Cli) -> Result<(), Box<dyn Error>> {
    let database = match &cli.database {
        Some(path) => Database::open(path)?,
        None => Database::temporary()?,
    };
    let end = end(&cli)?;
    let (listener, address) = listen(cli.addr, cli.or_any_port).await?;
    let app = router(database, Origins::new(cli.allow_origin, cli.allow_host));
    let mut stdout = std::io::stdout();
    let _ = writeln!(stdout, "users   {}/api/users/100", url(address)).and_then(|()| stdout.flush());
    users_service::serve(listener, app, HEADER_TIMEOUT, end).await;
    Ok(())
}

async fn listen(wanted: SocketAddr, or_any: bool) -> Result<(TcpListener, SocketAddr), String> {
    let mut bound = TcpListener::bind(wanted).await;
    if or_any && bound.is_err() {
        bound = TcpListener::bind((wanted.ip(), 0)).await;
    }
    let listening = bound.and_then(|listener| Ok((listener.local_addr()?, listener)));
    let (address, listener) =
        listening.map_err(|error| format!("cannot listen on {wanted}: {error}; --addr names another address"))?;
    Ok((listener, address))
}

/// As the page calls it.
fn url(address: SocketAddr) -> String {
    match address.ip() {
        ip if ip.is_unspecified() => format!("http://localhost:{}", address.port()),
        _ => format!("http://{address}"),
    }
}

#[cfg(unix)]
fn end(cli: &Cli) -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    use std::os::unix::process::parent_id;
    use tokio::signal::unix::{SignalKind, signal};
    /// How often it is looked whether the parent still lives.
    const LOOK: std::time::Duration = std::time::Duration::from_millis(250);
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let parent = cli.with_parent.then(parent_id);
    let orphaned = async move {
        match parent {
            Some(parent) => {
                while parent_id() == parent {
                    tokio::time::sleep(LOOK).await
                }
            }
            None => std::future::pending().await,
        }
    };
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = orphaned => {}
        }
    })
}

#[cfg(not(unix))]
fn end(_: &Cli) -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
