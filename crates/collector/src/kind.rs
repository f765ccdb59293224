//! The kinds of refusals: what the terminal says once a minute, and what `/metrics` counts.

/// Why a request was refused, as far as it matters for what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It came by a name that is not this machine's.
    Host,
    /// A page sent spans whose origin is not allowed.
    Origin,
    /// A page of another site asked for the viewer or the page.
    ForeignPage,
    Grpc,
    /// OTLP/HTTP came to where gRPC is taken.
    Http,
    Tls,
    Logs,
    Metrics,
    Path,
    ContentType,
    ContentEncoding,
    /// The body was not what its headers say.
    Body,
    TooLarge,
    TooMany,
    /// Records of a request that was taken were not.
    Records,
    /// It came back by way of `--forward`.
    Loop,
    /// What waits to be forwarded has reached its bound.
    QueueFull,
    /// It has no key of `--api-key`.
    Key,
    /// It came sooner than `--rate` allows.
    Rate,
    /// It did not come to its end in time.
    Slow,
    /// It could not be kept.
    Unavailable,
    Internal,
}

impl Kind {
    pub const ALL: [Self; 22] = [
        Self::Host,
        Self::Origin,
        Self::ForeignPage,
        Self::Grpc,
        Self::Http,
        Self::Tls,
        Self::Logs,
        Self::Metrics,
        Self::Path,
        Self::ContentType,
        Self::ContentEncoding,
        Self::Body,
        Self::TooLarge,
        Self::TooMany,
        Self::Records,
        Self::Loop,
        Self::QueueFull,
        Self::Key,
        Self::Rate,
        Self::Slow,
        Self::Unavailable,
        Self::Internal,
    ];

    /// What it is called as a reason.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Origin => "origin",
            Self::ForeignPage => "foreign_page",
            Self::Grpc => "grpc",
            Self::Http => "http",
            Self::Tls => "tls",
            Self::Logs => "logs",
            Self::Metrics => "metrics",
            Self::Path => "path",
            Self::ContentType => "content_type",
            Self::ContentEncoding => "content_encoding",
            Self::Body => "body",
            Self::TooLarge => "too_large",
            Self::TooMany => "too_many",
            Self::Records => "records",
            Self::Loop => "loop",
            Self::QueueFull => "queue_full",
            Self::Key => "key",
            Self::Rate => "rate",
            Self::Slow => "slow",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }
}
