//! A client that sends exactly what it is told, so that hostile paths and hosts can be tried too.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn header_names(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(|(name, _)| name.as_str())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body in UTF-8")
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

/// Sends a request to the server at `base` (`http://host:port`), with the right Host unless the headers have one.
pub fn send(base: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
    let authority = authority(base);
    let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    if !headers.iter().any(|(name, _)| *name == "host") {
        head += &format!("host: {authority}\r\n");
    }
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    raw(base, &[head.as_bytes(), b"\r\n", body])
}

/// Sends these bytes and reads the answer until the server closes the connection.
pub fn raw(base: &str, parts: &[&[u8]]) -> Response {
    let mut connection = TcpStream::connect(authority(base)).expect("a connection");
    connection.set_read_timeout(Some(Duration::from_secs(300))).unwrap();
    // In one piece: a server that refuses the beginning may close before there is more.
    connection.write_all(&parts.concat()).expect("to send");
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).expect("an answer");
    parse(&answer)
}

pub fn get(base: &str, path: &str) -> Response {
    send(base, "GET", path, &[], b"")
}

pub fn authority(base: &str) -> &str {
    base.strip_prefix("http://").expect("an http URL").trim_end_matches('/')
}

pub fn parse(answer: &[u8]) -> Response {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("the end of the header");
    let head = std::str::from_utf8(&answer[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let mut response = Response { status: status.expect("a status"), headers, body: answer[end + 4..].to_vec() };
    if response.header("transfer-encoding") == Some("chunked") {
        response.body = unchunked(&response.body);
        assert!(response.body.len() > 8 << 20, "answers of ordinary size have a length");
    } else if let Some(length) = response.header("content-length").filter(|_| !response.body.is_empty()) {
        assert_eq!(length, response.body.len().to_string(), "all of it");
    }
    response
}

/// Panics if the answer broke off.
fn unchunked(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line = chunks.windows(2).position(|window| window == b"\r\n").expect("the length of a chunk");
        let length = usize::from_str_radix(std::str::from_utf8(&chunks[..line]).unwrap(), 16).unwrap();
        if length == 0 {
            return body;
        }
        chunks = &chunks[line + 2..];
        body.extend_from_slice(&chunks[..length]);
        chunks = &chunks[length + 2..];
    }
}
