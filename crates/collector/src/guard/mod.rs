//! Stands in front of every router, and refuses what web pages have no business to ask of this machine.
//!
//! In: a request. Out: the same to the router, or 403 with words. Three questions, which browsers answer and pages cannot: by
//! which name was this machine called (`hosts`), of which origin is the page that asks (`origins`, and for the receiver `cors`),
//! and was it a page elsewhere that caused the request at all (`fetch_metadata`: most requests that a page can cause name no
//! origin). Programs answer only the first.

mod allowed_origin;
mod cors;
mod fetch_metadata;
pub mod hosts;
mod origins;

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    ports::Reach,
    terminal::{Kind, Terminal, one_line},
};
pub use allowed_origin::{AllowedOrigin, parse as parse_origin};
use fetch_metadata::Site;
use hosts::{Hosts, Unnamed};
pub use origins::Origins;

/// What one listener admits.
#[derive(Debug)]
pub struct Guard {
    pub hosts: Hosts,
    pub origins: Origins,
    pub serves: Serves,
    pub terminal: Arc<Terminal>,
}

/// How much of a path is repeated.
const PATH: usize = 100;

/// Who is meant to come to a listener.
#[derive(Debug)]
pub enum Serves {
    /// People, whose browsers show the pages from here: those pages ask for the rest. Spans go to `otlp`, if this collector takes
    /// them, and one whose spans come here is told so.
    Pages { otlp: Option<Reach>, refused: Refusal },
    /// Programs, and pages from elsewhere through CORS.
    Spans(Refusal),
}

/// A refusal with these words, as an exporter that sent these headers reads it.
pub type Refusal = fn(&HeaderMap, String) -> Response;

pub async fn layer(State(guard): State<Arc<Guard>>, mut request: Request<Body>, next: Next) -> Response {
    let host = match guard.hosts.check(&request) {
        Ok(host) => host,
        Err(unnamed) => return guard.unnamed(request.headers(), unnamed),
    };
    match guard.serves {
        Serves::Spans(refused) => cors::answer(&guard, refused, &host, request, next).await,
        Serves::Pages { .. } => match guard.foreign(&request, &host) {
            Some(refused) => refused,
            None => {
                request.extensions_mut().insert(Host(host));
                next.run(request).await
            }
        },
    }
}

/// What the request calls this machine: addresses that are told to its page call it so too.
#[derive(Debug, Clone)]
pub struct Host(pub Authority);

impl Guard {
    fn unnamed(&self, headers: &HeaderMap, unnamed: Unnamed) -> Response {
        let host = match unnamed {
            Unnamed::NoHost => return (StatusCode::BAD_REQUEST, "the request has no Host header\n").into_response(),
            Unnamed::Refused(host) => host,
        };
        let name = host.parse::<Authority>().map_or("NAME".to_owned(), |authority| authority.host().to_owned());
        let message = format!(
            "this server does not answer to the host {host:?}: call it localhost or by its address; if that is a name of this \
             machine, start it with --allow-host {name} (others are refused, so that no web page can reach it through a name of \
             its own)"
        );
        self.terminal.refused(Kind::Host, || message.clone());
        match self.serves {
            Serves::Pages { .. } => plain(message),
            Serves::Spans(refused) => refused(headers, message),
        }
    }

    /// The refusal of what another site's page asks of the page's or the viewer's port. A link from there may be followed, but
    /// only to what is made for people: an answer of the API costs work and shows them nothing.
    fn foreign(&self, request: &Request<Body>, host: &Authority) -> Option<Response> {
        let origin = request.headers().get(header::ORIGIN);
        let is_foreign = match fetch_metadata::site(request.headers()) {
            Site::Own => false,
            Site::Foreign => true,
            // What is left to older browsers, and where this machine is called by another name than localhost.
            Site::Untold => origin.is_some_and(|origin| !self.origins.allow(origin, host)),
        };
        let path = request.uri().path();
        if !is_foreign || fetch_metadata::is_visit(request) && is_page(path) {
            return None;
        }
        if let Serves::Pages { otlp: Some(otlp), refused } = &self.serves
            && path.ends_with("/v1/traces")
        {
            let message = format!("this is the viewer; spans go to {}/v1/traces", otlp.from(host));
            self.terminal.refused(Kind::ForeignPage, || message.clone());
            let mut response = refused(request.headers(), message);
            // It does nothing, so the page may read what is to be done.
            if let Some(origin) = origin.filter(|_| request.method() == Method::GET) {
                cors::let_read(&mut response, origin.clone());
            }
            return Some(response);
        }
        let whose = origin.and_then(|origin| origin.to_str().ok()).map_or("another site".to_owned(), str::to_owned);
        let shown = one_line(path, PATH);
        let message = format!(
            "pages of {whose} may not ask for {shown}: only programs and this collector's own pages may (so that no site \
             that is visited on this machine makes it work or reads its traces); open the address in a tab of its own"
        );
        self.terminal.refused(Kind::ForeignPage, || message.clone());
        Some(plain(message))
    }
}

/// Everything but the query API and the upload, which are below these two wherever the viewer is.
fn is_page(path: &str) -> bool {
    !path.split('/').any(|part| part == "api" || part == "v1")
}

/// No page can look at it, as at nothing else that is made for people.
fn plain(message: String) -> Response {
    let own = HeaderValue::from_static("same-origin");
    let headers = [(header::HeaderName::from_static("cross-origin-resource-policy"), own)];
    (StatusCode::FORBIDDEN, headers, format!("{message}\n")).into_response()
}
