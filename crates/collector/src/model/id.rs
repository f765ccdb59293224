//! Trace and span ids: bytes inside, lower-case hex outside.

use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $id:ident, $bytes:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $id([u8; $bytes]);

        impl $id {
            /// The id, if the length is right and it is not all zero, as W3C Trace Context demands.
            pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
                let bytes: [u8; $bytes] = bytes.try_into().ok()?;
                (bytes != [0; $bytes]).then_some(Self(bytes))
            }

            pub fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*};
}
ids! {
    /// 16 bytes.
    TraceId, 16;
    /// 8 bytes.
    SpanId, 8;
}

impl TraceId {
    /// None is before this one in order.
    pub const MIN: Self = Self([0; 16]);
    /// The last one in order.
    pub const MAX: Self = Self([0xff; 16]);

    /// Reads an id of a URL: up to 32 hex digits of any case. Leading zeros may be left out, as Jaeger takes it.
    pub fn parse(text: &str) -> Option<Self> {
        match text.len() {
            1..=32 => Self::from_bytes(&decode_hex(&format!("{text:0>32}"))?),
            _ => None,
        }
    }
}

/// The bytes of a hex string of any case; none if it is no such thing.
pub fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let mut bytes = Vec::with_capacity(pairs.len());
    for [high, low] in pairs {
        let [high, low] = [high, low].map(|digit| DIGITS[usize::from(*digit)]);
        if high | low == NO_DIGIT {
            return None;
        }
        bytes.push(high << 4 | low);
    }
    Some(bytes)
}

/// With any digit it is itself.
const NO_DIGIT: u8 = 0xff;
/// What each byte is as a hex digit.
const DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        digits[b"0123456789abcdef"[value] as usize] = value as u8;
        digits[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    digits
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_read_in_any_case_and_nothing_else_is() {
        assert_eq!(decode_hex("00fFAb"), Some(vec![0, 0xff, 0xab]));
        assert_eq!(decode_hex(""), Some(vec![]));
        for wrong in ["0", "0g", "+1", " 1", "é", "0x"] {
            assert_eq!(decode_hex(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn ids_have_one_length_and_are_not_zero() {
        assert!(SpanId::from_bytes(&[1; 8]).is_some());
        assert!(SpanId::from_bytes(&[0; 8]).is_none());
        assert!(SpanId::from_bytes(&[1; 7]).is_none());
        assert!(TraceId::from_bytes(&[0; 16]).is_none());
        assert!(TraceId::from_bytes(&[]).is_none());
    }

    #[test]
    fn trace_ids_of_urls() {
        let long = TraceId::parse("0AF7651916CD43DD8448EB211C80319C").unwrap();
        assert_eq!(long.to_string(), "0af7651916cd43dd8448eb211c80319c");
        let short = TraceId::parse("b7ad6b7169203331").unwrap();
        assert_eq!(short.to_string(), "0000000000000000b7ad6b7169203331");
        assert_eq!(TraceId::parse("A1").unwrap().to_string(), format!("{:032x}", 0xa1));
        for wrong in
            ["", "0", "xyz", "0af7651916cd43dd8448eb211c80319g", "00af7651916cd43dd8448eb211c80319c", "ééééééééé"]
        {
            assert_eq!(TraceId::parse(wrong), None, "{wrong}");
        }
        assert_eq!(TraceId::parse(&"0".repeat(32)), None);
    }
}
