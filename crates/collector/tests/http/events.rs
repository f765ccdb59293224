//! A client of server-sent events.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::Value;

use crate::client::authority;

#[derive(Debug, PartialEq)]
pub struct Event {
    pub id: String,
    pub name: String,
    pub data: Value,
}

/// An open stream. Drop closes it.
pub struct Events(BufReader<TcpStream>);

impl Events {
    pub fn open(base: &str, path: &str, headers: &[(&str, &str)]) -> Self {
        let mut connection = TcpStream::connect(authority(base)).expect("a connection");
        connection.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        // By version 1.0 the stream comes as it is, not in chunks.
        let mut head = format!("GET {path} HTTP/1.0\r\nhost: {}\r\n", authority(base));
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        connection.write_all((head + "\r\n").as_bytes()).unwrap();
        let mut events = Self(BufReader::new(connection));
        let head: Vec<String> = std::iter::from_fn(|| events.line()).take_while(|line| !line.is_empty()).collect();
        assert!(head[0].ends_with("200 OK"), "{head:?}");
        assert!(head.iter().any(|line| line == "content-type: text/event-stream"), "{head:?}");
        // At once, and not with the first change: some browsers take the stream for open only then.
        assert_eq!([events.line(), events.line()], [Some(": follows".to_owned()), Some(String::new())]);
        events
    }

    /// The next event, when it comes; none at the end.
    pub fn next(&mut self) -> Option<Event> {
        let mut event = Event { id: String::new(), name: String::new(), data: Value::Null };
        while let Some(line) = self.line() {
            match line.split_once(": ") {
                Some(("id", id)) => event.id = id.to_owned(),
                Some(("event", name)) => event.name = name.to_owned(),
                Some(("data", data)) => event.data = serde_json::from_str(data).expect("data in JSON"),
                _ if line.is_empty() && !event.name.is_empty() => return Some(event),
                _ => {}
            }
        }
        None
    }

    /// What comes until the end.
    pub fn rest(mut self) -> String {
        let mut rest = String::new();
        self.0.read_to_string(&mut rest).expect("an end");
        rest
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.0.read_line(&mut line).expect("an event or the end");
        (read > 0).then(|| line.trim_end().to_owned())
    }
}
