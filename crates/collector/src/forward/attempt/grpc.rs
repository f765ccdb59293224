//! By OTLP/gRPC: one call of `Export` for each request. Its message is sent as the bytes that it is kept in.

use axum::{body::Bytes, http::Uri};
use hyper_util::client::legacy;
use prost::bytes::{Buf, BufMut};
use tonic::{
    Code, Status,
    body::Body,
    client::Grpc,
    codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder},
    metadata::MetadataMap,
};
use tonic_types::StatusExt;

use super::{
    super::{Target, answer, queue::Record, route},
    Connector, Exchanged, Outcome,
};

pub type Client = legacy::Client<Connector, Body>;

pub fn client(connector: Connector) -> Client {
    super::builder().http2_only(true).build(connector)
}

pub async fn exchange(client: &Client, target: &Target, url: Uri, record: Record) -> Exchanged {
    let path = url.path_and_query().cloned().ok_or("the URL has no path")?;
    let mut parts = url.into_parts();
    parts.path_and_query = Some(axum::http::uri::PathAndQuery::from_static("/"));
    let mut grpc = Grpc::with_origin(client.clone(), Uri::from_parts(parts)?).max_encoding_message_size(usize::MAX);
    if target.gzip {
        grpc = grpc.send_compressed(CompressionEncoding::Gzip);
    }
    let mut headers = target.headers.clone();
    headers.insert(route::HEADER, record.route.parse()?);
    let mut request = tonic::Request::new(record.body);
    *request.metadata_mut() = MetadataMap::from_headers(headers);
    grpc.ready().await?;
    Ok(match grpc.unary(request, path, Bare).await {
        Ok(response) => Outcome::Delivered(answer::remark(response.into_inner()).map(|remark| target.quote(&remark))),
        Err(status) => judge(target, &status),
    })
}

/// As the specification of OTLP/gRPC tells which failures may be tried again.
fn judge(target: &Target, status: &Status) -> Outcome {
    let after = status.get_details_retry_info().and_then(|info| info.retry_delay);
    let words = target.quote(status.message());
    let mut why = format!("it answered {:?}", status.code());
    if !words.is_empty() {
        why = format!("{why}: {words}");
    }
    if let Some(error) = std::error::Error::source(status) {
        why = target.quote(&super::words(error));
    }
    match status.code() {
        Code::Unauthenticated | Code::PermissionDenied => Outcome::Stopped(why),
        Code::ResourceExhausted if after.is_none() => Outcome::Refused(why),
        Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unavailable
        | Code::DataLoss
        | Code::ResourceExhausted => Outcome::Failed { why, after },
        // Made here of a connection that broke.
        Code::Unknown if std::error::Error::source(status).is_some() => Outcome::Failed { why, after },
        _ => Outcome::Refused(why),
    }
}

/// Messages as bytes, both ways.
#[derive(Debug, Clone, Copy)]
struct Bare;

impl Codec for Bare {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Bare {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put(message);
        Ok(())
    }
}

impl Decoder for Bare {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}
