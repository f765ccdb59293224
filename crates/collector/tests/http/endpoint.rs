//! Another OTLP endpoint: notes what it is sent, and answers what it is told. Drop ends it.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::fixture::any_port;

#[derive(Debug, PartialEq)]
pub struct Received {
    pub target: String,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Status line, headers and body.
    Text(String),
    /// The connection is closed.
    Nothing,
    /// The connection is kept open, until [`Endpoint::release`], and then answered with 200.
    Later,
}

pub fn status(status: &str, header: &str, body: &str) -> Answer {
    let length = body.len();
    Answer::Text(format!("HTTP/1.1 {status}\r\n{header}content-length: {length}\r\nconnection: close\r\n\r\n{body}"))
}

/// With TLS or without.
trait Duplex: Read + Write + Send {}

impl<T: Read + Write + Send> Duplex for T {}

type Connection = Box<dyn Duplex>;

pub struct Endpoint {
    pub address: SocketAddr,
    received: mpsc::Receiver<Received>,
    held: Arc<Mutex<Vec<Connection>>>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<TcpListener>>,
}

impl Endpoint {
    /// Gives these answers one after the other, then the last one for ever.
    pub fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::accepting(bound(), answers, |connection| Box::new(connection))
    }

    /// Another one in its place. The port is held all the while: another test could have it else.
    pub fn replaced(mut self, answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = self.end().expect("one that has not ended");
        Self::accepting(listener, answers, |connection| Box::new(connection))
    }

    /// The same by TLS.
    pub fn start_tls(answers: impl IntoIterator<Item = Answer>, config: Arc<ServerConfig>) -> Self {
        Self::accepting(bound(), answers, move |connection| {
            let session = ServerConnection::new(Arc::clone(&config)).expect("a session of TLS");
            Box::new(StreamOwned::new(session, connection))
        })
    }

    fn accepting(
        listener: TcpListener,
        answers: impl IntoIterator<Item = Answer>,
        accept: impl Fn(TcpStream) -> Connection + Send + 'static,
    ) -> Self {
        let address = listener.local_addr().unwrap();
        let mut answers: VecDeque<Answer> = answers.into_iter().collect();
        let (sender, received) = mpsc::channel();
        let (held, ended) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (holding, is_ended) = (Arc::clone(&held), Arc::clone(&ended));
        let thread = thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                if is_ended.load(Ordering::SeqCst) {
                    break;
                }
                let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
                let mut connection = accept(connection);
                let Some(request) = read(&mut connection) else { continue };
                let _ = sender.send(request);
                match answer {
                    Some(Answer::Text(text)) => {
                        let _ = connection.write_all(text.as_bytes()).and_then(|()| connection.flush());
                    }
                    Some(Answer::Later) => holding.lock().unwrap().push(connection),
                    Some(Answer::Nothing) | None => {}
                }
            }
            listener
        });
        Self { address, received, held, ended, thread: Some(thread) }
    }

    fn end(&mut self) -> Option<TcpListener> {
        self.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        self.thread.take()?.join().ok()
    }

    pub fn ok() -> Answer {
        status("200 OK", "", "{}")
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next request that comes.
    pub fn next(&self) -> Received {
        self.received.recv_timeout(Duration::from_secs(60)).expect("a request")
    }

    pub fn received_no_more(&self) -> bool {
        self.received.try_recv().is_err()
    }

    pub fn release(&self) {
        let Answer::Text(ok) = Self::ok() else { unreachable!() };
        for mut connection in self.held.lock().unwrap().drain(..) {
            let _ = connection.write_all(ok.as_bytes()).and_then(|()| connection.flush());
        }
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        drop(self.end());
    }
}

fn bound() -> TcpListener {
    TcpListener::bind(any_port()).unwrap()
}

fn read(connection: &mut Connection) -> Option<Received> {
    let mut reader = BufReader::new(connection);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let target = lines.first()?.split(' ').nth(1)?.to_owned();
    let headers = lines.iter().filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    let mut received = Received { target, headers, body: Vec::new() };
    received.body.resize(received.header("content-length")?.parse().ok()?, 0);
    reader.read_exact(&mut received.body).ok()?;
    Some(received)
}
