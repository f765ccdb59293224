//! One attempt to hand a request on, and what became of it: by OTLP/HTTP (`http`) or OTLP/gRPC (`grpc`).
//!
//! Both have the same connections underneath, with TLS or without.

mod grpc;
mod http;

use std::{error::Error, time::Duration};

use axum::body::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Builder, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use tokio::time::timeout;

use super::{Signal, Target, queue::Record, target::Protocol, tls};

/// How long a connection is kept that nothing goes through: shorter than servers do, so that none is found closed.
const IDLE: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub enum Outcome {
    /// With what the other side says about records that it did not take.
    Delivered(Option<String>),
    /// Sending it again would change nothing.
    Refused(String),
    /// Nothing will be taken from here.
    Stopped(String),
    /// May be sent again, not before the pause that the other side asks for.
    Failed { why: String, after: Option<Duration> },
}

#[derive(Debug)]
enum Client {
    Http(http::Client),
    Grpc(grpc::Client),
}

/// Sends to one target.
#[derive(Debug)]
pub struct Sender {
    target: Target,
    client: Client,
}

impl Sender {
    pub fn new(target: Target) -> Result<Self, String> {
        let tls = if target.tls { tls::client(&target.roots) } else { tls::none() }?;
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
        let client = match target.protocol {
            Protocol::Http => Client::Http(http::client(connector.enable_http1().build())),
            Protocol::Grpc => Client::Grpc(grpc::client(connector.enable_http2().build())),
        };
        Ok(Self { target, client })
    }

    pub async fn attempt(&self, signal: Signal, record: Record) -> Outcome {
        let Some(url) = self.target.urls[signal.index()].clone() else {
            return Outcome::Refused(format!("{} do not go there any more", signal.name()));
        };
        let exchange = async {
            match &self.client {
                Client::Http(client) => http::exchange(client, &self.target, url, record).await,
                Client::Grpc(client) => grpc::exchange(client, &self.target, url, record).await,
            }
        };
        let failed = |why: String| Outcome::Failed { why, after: None };
        match timeout(self.target.timeout, exchange).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => failed(self.target.quote(&words(error.as_ref()))),
            Err(_) => failed(format!("no answer within {} s", self.target.timeout.as_secs_f32())),
        }
    }
}

fn builder() -> Builder {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE);
    builder
}

type Connector = HttpsConnector<HttpConnector>;
type Exchanged = Result<Outcome, Box<dyn Error + Send + Sync>>;

/// The error with its causes, each once: the outermost alone is often "client error".
fn words(error: &(dyn Error + 'static)) -> String {
    let mut said = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !said.iter().any(|said| said.contains(&words)) {
            said.push(words);
        }
        cause = error.source();
    }
    format!("it cannot be reached: {}", said.join(": "))
}

/// The body as it is sent.
fn gzip(bytes: &Bytes) -> Result<Bytes, Box<dyn Error + Send + Sync>> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::with_capacity(bytes.len() / 4), flate2::Compression::fast());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.into())
}
