//! The frame around the one message of a call: whether it is compressed (1 byte), its length (4 bytes, big endian), itself.

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue},
    response::Response,
};
use http_body_util::{BodyExt, Full};
use prost::Message;

use super::head;
use crate::ingest::Refusal;

pub const HEAD: usize = 5;

/// The message, and whether it is compressed.
pub fn message(mut body: Bytes) -> Result<(Bytes, bool), Refusal> {
    let invalid = |words: &str| Err(Refusal::Invalid(words.into()));
    let Some((head, rest)) = body.split_first_chunk::<HEAD>() else {
        return invalid("the call has no message");
    };
    let [compressed, length @ ..] = *head;
    if u32::from_be_bytes(length) as usize != rest.len() {
        return invalid("the call has another number of messages than one, or its message is cut off");
    }
    if compressed > 1 {
        return invalid("the call's message is neither compressed nor not");
    }
    Ok((body.split_off(HEAD), compressed == 1))
}

/// A message as the response to a call.
pub fn response(message: &impl Message) -> Response {
    let length = message.encoded_len();
    let mut bytes = Vec::with_capacity(HEAD + length);
    bytes.push(0);
    bytes.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(&message.encode_to_vec());
    let trailers = HeaderMap::from_iter([(super::status::STATUS, HeaderValue::from_static("0"))]);
    let body = Full::new(Bytes::from(bytes)).with_trailers(async move { Some(Ok(trailers)) });
    head().map(|_| Body::new(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_one_message() {
        let read = |bytes: &[u8]| message(Bytes::copy_from_slice(bytes)).ok().map(|(bytes, zip)| (bytes.to_vec(), zip));
        assert_eq!(read(b"\0\0\0\0\x02ab"), Some((b"ab".to_vec(), false)));
        assert_eq!(read(b"\x01\0\0\0\0"), Some((Vec::new(), true)));
        for wrong in
            [&b""[..], b"\0\0\0\0", b"\0\0\0\0\x02a", b"\0\0\0\0\x01ab", b"\x02\0\0\0\0", b"\0\0\0\0\0\0\0\0\0\0"]
        {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }
}
