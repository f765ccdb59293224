//! What is in a file, whatever its name says: JSON or protobuf, as it is or compressed with gzip.

use std::io::Write;

use flate2::write::MultiGzDecoder;

use crate::ingest::{
    MAX_BODY, Refusal,
    json::{self, BYTE_ORDER_MARK},
};

/// The largest file, as it comes and inflated. Its time is bounded by this; its memory is by what is held of it at once.
const MAX_FILE: u64 = 4 << 30;

/// How many bytes are inflated at once: gzip stands for a thousand times as many at most.
const STEP: usize = 1 << 10;

/// How files begin that are something else, and what is to be done about them.
const OTHERS: [([u8; 2], &str); 2] =
    [(*b"PK", "a zip archive: unpack it"), ([0x28, 0xb5], "compressed with zstd: unpack it, or compress it with gzip")];
const UTF_16: &str = "UTF-16: save it as UTF-8 (a > of Windows PowerShell writes UTF-16)";

#[derive(Debug)]
pub struct Inflate {
    state: State,
    came: u64,
    inflated: u64,
}

#[derive(Debug)]
enum State {
    /// The beginning, which tells.
    Unknown(Vec<u8>),
    Plain,
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
}

impl Inflate {
    pub const fn new() -> Self {
        Self { state: State::Unknown(Vec::new()), came: 0, inflated: 0 }
    }

    /// In which steps it takes bytes, so that what comes out is bounded.
    pub const fn step(&self) -> usize {
        match self.state {
            State::Gzip(_) | State::Unknown(_) => STEP,
            State::Plain => STEP * STEP,
        }
    }

    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
        self.came += bytes.len() as u64;
        let plain = match &mut self.state {
            State::Unknown(beginning) => {
                beginning.extend_from_slice(bytes);
                let beginning = match beginning.as_slice() {
                    [] | [_] => return Ok(Vec::new()),
                    _ => std::mem::take(beginning),
                };
                let other = OTHERS.iter().find(|(begin, _)| beginning.starts_with(begin)).map(|(_, what)| *what);
                if let Some(what) = other.or_else(|| json::is_utf_16(&beginning).then_some(UTF_16)) {
                    return Err(Refusal::Invalid(format!("it is {what}")));
                }
                self.state = match beginning.as_slice() {
                    [0x1f, 0x8b, ..] => State::Gzip(Box::new(MultiGzDecoder::new(Vec::new()))),
                    _ => State::Plain,
                };
                return self.push(&beginning);
            }
            State::Plain => bytes.to_vec(),
            State::Gzip(decoder) => {
                decoder.write_all(bytes).map_err(|error| damaged(self.inflated, &error))?;
                std::mem::take(decoder.get_mut())
            }
        };
        self.count(plain)
    }

    pub fn finish(mut self) -> Result<Vec<u8>, Refusal> {
        let rest = match &mut self.state {
            State::Unknown(beginning) => std::mem::take(beginning),
            State::Plain => Vec::new(),
            State::Gzip(decoder) => {
                decoder.try_finish().map_err(|error| damaged(self.inflated, &error))?;
                std::mem::take(decoder.get_mut())
            }
        };
        self.count(rest)
    }

    fn count(&mut self, plain: Vec<u8>) -> Result<Vec<u8>, Refusal> {
        self.inflated += plain.len() as u64;
        if self.inflated.max(self.came) > MAX_FILE {
            let message = format!("it is larger than {} GiB; split it", MAX_FILE >> 30);
            return Err(Refusal::TooLarge(message));
        }
        Ok(plain)
    }
}

fn damaged(at: u64, error: &std::io::Error) -> Refusal {
    Refusal::Invalid(format!("its gzip is damaged or incomplete, {at} bytes in: {error}"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Json,
    Protobuf,
}

impl Kind {
    /// By how a file begins; none if that is not enough to know.
    ///
    /// A line feed begins both: it is the first field of protobuf, and then come a length and the number of another field, which
    /// may look like a bracket and more blanks, but never like a name as well.
    pub fn of(beginning: &[u8]) -> Option<Self> {
        let first = beginning.first()?;
        if *first != b'\n' {
            return Some(Self::Json);
        }
        let is_blank = |byte: &&u8| matches!(**byte, b' ' | b'\t' | b'\r' | b'\n' | b'[');
        let mut rest = beginning.iter().skip_while(is_blank);
        let mut next = || rest.next();
        let after_mark = match next()? {
            byte if *byte == BYTE_ORDER_MARK[0] => return Some(Self::Json),
            b'{' => rest.find(|byte| !is_blank(byte))?,
            _ => return Some(Self::Protobuf),
        };
        match after_mark {
            b'}' => Some(Self::Json),
            b'"' if *rest.next()? >= b' ' => Some(Self::Json),
            _ => Some(Self::Protobuf),
        }
    }
}

/// A protobuf message, which is read as a whole.
pub fn too_large_a_message() -> Refusal {
    Refusal::TooLarge(format!("protobuf is read as one message, of at most {} MiB", MAX_BODY >> 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_something_else_is_told_what() {
        let utf_16 = |order: fn(u16) -> [u8; 2]| "{}".encode_utf16().flat_map(order).collect::<Vec<_>>();
        for (file, words) in [
            ([&[0xff, 0xfe][..], &utf_16(u16::to_le_bytes)].concat(), "save it as UTF-8"),
            ([&[0xfe, 0xff][..], &utf_16(u16::to_be_bytes)].concat(), "save it as UTF-8"),
            (utf_16(u16::to_le_bytes), "save it as UTF-8"),
            (utf_16(u16::to_be_bytes), "save it as UTF-8"),
            (b"PK\x03\x04".to_vec(), "zip archive"),
            (vec![0x28, 0xb5, 0x2f, 0xfd], "zstd"),
        ] {
            let Err(Refusal::Invalid(said)) = Inflate::new().push(&file) else { panic!("{file:?}") };
            assert!(said.contains(words), "{said}");
        }
    }

    #[test]
    fn json_and_protobuf_are_told_apart() {
        for json in ["{", "[", "x", "\u{feff}{", "\n{\"a\"", "\n \r\n\t{ \"a", "\n[{\"a", "\n{}", "\n\u{feff}", " \n{"]
        {
            assert_eq!(Kind::of(json.as_bytes()), Some(Kind::Json), "{json:?}");
        }
        for protobuf in
            [&[0x0a, 5, 0x0a][..], b"\n{\n\"\n ", b"\n{\ny", b"\n{\x12", b"\n[\n{\n\"\n", b"\n\x09\x12", b"\n\0"]
        {
            assert_eq!(Kind::of(protobuf), Some(Kind::Protobuf), "{protobuf:?}");
        }
        for unknown in ["", "\n", "\n  \n", "\n{", "\n[", "\n{ \""] {
            assert_eq!(Kind::of(unknown.as_bytes()), None, "{unknown:?}");
        }
    }
}
