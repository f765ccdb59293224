//! Leaves that are no numbers: strings, booleans, bytes (base64) and ids (hex). Each reads as none for null.

use std::{borrow::Cow, fmt};

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Unexpected, Visitor};

use super::Reading;
use crate::ingest::references;

/// The text in UTF-8: what is none in it becomes U+FFFD.
pub fn mended(text: &[u8]) -> Cow<'_, str> {
    // Whether there is anything to be mended is told far faster than it is mended, and nearly nobody sends such a thing.
    std::str::from_utf8(text).map_or_else(|_| String::from_utf8_lossy(text), Cow::Borrowed)
}

/// What a hex id reads as when it is none: too short for any id, so that the span is refused later and not its whole batch.
const MALFORMED_ID: [u8; 1] = [0];

/// With or without padding, and whatever the unused bits at the end are.
const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, CONFIG);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, CONFIG);

/// A string. Half of a surrogate pair, which JavaScript strings may contain and JSON can escape, becomes U+FFFD.
pub struct Text;

/// A list of them; a null within it is an empty one.
pub struct Texts;

pub struct Bool;

/// Base64, standard or URL-safe.
pub struct Bytes;

/// An id in hex of any case; see [`MALFORMED_ID`].
pub struct HexId;

/// The id of another record's trace or span, in hex of any case. One that is none is left out.
pub struct Reference<'r> {
    name: &'static str,
    /// In bytes.
    length: usize,
    /// Where that is told, if it is.
    told: Option<&'r Reading<'r>>,
}

impl<'r> Reference<'r> {
    pub const fn trace(told: Option<&'r Reading<'r>>) -> Self {
        Self { name: "traceId", length: references::TRACE, told }
    }

    pub const fn span(told: Option<&'r Reading<'r>>) -> Self {
        Self { name: "spanId", length: references::SPAN, told }
    }
}

macro_rules! seeds {
    ($($seed:ident -> $value:ty),*) => {$(
        impl<'de> DeserializeSeed<'de> for $seed {
            type Value = Option<$value>;

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
                deserializer.deserialize_option(self)
            }
        }
    )*};
}
seeds!(Text -> String, Bool -> bool, Bytes -> Vec<u8>, HexId -> Vec<u8>);

impl<'de> DeserializeSeed<'de> for Reference<'_> {
    type Value = Option<Vec<u8>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let Self { name, length, told } = self;
        let id = HexId.deserialize(deserializer)?;
        if id.as_ref().is_none_or(|id| references::is_one(id, length)) {
            return Ok(id);
        }
        if let Some(reading) = told {
            reading.left_out(&format!("a {name}"), &format!("it must be {} hex digits, or empty", 2 * length));
        }
        Ok(None)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        // As bytes: as a string, serde_json refuses escaped surrogates that have no partner.
        deserializer.deserialize_bytes(self)
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.to_owned()))
    }

    fn visit_borrowed_bytes<E: Error>(self, text: &'de [u8]) -> Result<Self::Value, E> {
        // As it stands in the document, without escapes. Reading as bytes, serde_json lets through what JSON does not.
        if text.iter().any(|byte| *byte < 0x20) {
            return Err(E::custom("control characters in a string must be escaped"));
        }
        self.visit_bytes(text)
    }

    fn visit_bytes<E>(self, text: &[u8]) -> Result<Self::Value, E> {
        Ok(Some(mended(text).into_owned()))
    }
}

impl<'de> DeserializeSeed<'de> for Texts {
    type Value = Option<Vec<String>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Texts {
    type Value = Option<Vec<String>>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an array of strings")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(text) = elements.next_element_seed(Text)? {
            list.push(text.unwrap_or_default());
        }
        Ok(Some(list))
    }
}

impl<'de> Visitor<'de> for Bool {
    type Value = Option<bool>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("true or false")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_bool(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value))
    }
}

impl<'de> Visitor<'de> for Bytes {
    type Value = Option<Vec<u8>>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a base64 string")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let engine = if text.contains(['-', '_']) { URL_SAFE } else { STANDARD };
        match engine.decode(text) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(_) => Err(E::invalid_value(Unexpected::Other("string that is no base64"), &self)),
        }
    }
}

impl<'de> Visitor<'de> for HexId {
    type Value = Option<Vec<u8>>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an id as a hex string")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(crate::model::decode_hex(text).unwrap_or_else(|| MALFORMED_ID.to_vec())))
    }
}
