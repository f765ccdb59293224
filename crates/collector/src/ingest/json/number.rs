//! Numbers as the protobuf JSON mapping writes them: plain or quoted, exponent notation in both, and names for enums.
//! Each reads as none for null.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Unexpected, Visitor};

/// What can stand for a number in JSON. An `f64` is only exact up to 2^53, so integers are kept apart from it.
enum Literal<'a> {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(&'a str),
}

impl Literal<'_> {
    /// As an integer, if it is one and fits 65 bits: enough for every integer type here.
    fn integer(&self) -> Option<i128> {
        match *self {
            Self::Unsigned(value) => Some(value.into()),
            Self::Signed(value) => Some(value.into()),
            Self::Float(value) => whole(value),
            Self::Text(text) => match text.parse::<i128>() {
                // Rust takes a leading plus sign, JSON numbers don't have one.
                Ok(value) if !text.starts_with('+') => Some(value),
                _ => decimal(text).and_then(whole),
            },
        }
    }

    fn double(&self) -> Option<f64> {
        match *self {
            Self::Unsigned(value) => Some(value as f64),
            Self::Signed(value) => Some(value as f64),
            Self::Float(value) => Some(value),
            Self::Text("NaN") => Some(f64::NAN),
            Self::Text("Infinity") => Some(f64::INFINITY),
            Self::Text("-Infinity") => Some(f64::NEG_INFINITY),
            Self::Text(text) => decimal(text),
        }
    }

    fn unexpected(&self) -> Unexpected<'_> {
        match *self {
            Self::Unsigned(value) => Unexpected::Unsigned(value),
            Self::Signed(value) => Unexpected::Signed(value),
            Self::Float(value) => Unexpected::Float(value),
            // A whole megabyte does not belong into an error.
            Self::Text(text) if text.len() > 64 => Unexpected::Other("long string"),
            Self::Text(text) => Unexpected::Str(text),
        }
    }
}

/// The value of a finite decimal literal; the words that Rust also parses ("inf", "nan") are none in JSON.
fn decimal(text: &str) -> Option<f64> {
    let starts = text.strip_prefix('-').unwrap_or(text).starts_with(|first: char| first.is_ascii_digit());
    text.parse().ok().filter(|value: &f64| starts && value.is_finite())
}

fn whole(value: f64) -> Option<i128> {
    (value.fract() == 0.0 && value.abs() <= 2f64.powi(64)).then_some(value as i128)
}

/// A number type of OTLP.
trait Number: Sized {
    const EXPECTED: &'static str;
    fn from_literal(literal: &Literal<'_>) -> Option<Self>;
}

macro_rules! integers {
    ($($number:ty => $expected:literal),*) => {$(
        impl Number for $number {
            const EXPECTED: &'static str = $expected;

            fn from_literal(literal: &Literal<'_>) -> Option<Self> {
                literal.integer().and_then(|value| value.try_into().ok())
            }
        }
    )*};
}
integers! {
    u32 => "an integer from 0 to 2^32-1, plain or quoted",
    u64 => "an integer from 0 to 2^64-1, quoted or plain",
    i32 => "an integer of 32 bits, plain or quoted",
    i64 => "an integer of 64 bits, quoted or plain"
}

impl Number for f64 {
    const EXPECTED: &'static str = "a number, plain or quoted, \"NaN\", \"Infinity\" or \"-Infinity\"";

    fn from_literal(literal: &Literal<'_>) -> Option<Self> {
        literal.double()
    }
}

/// The name of an enum's value: its number, or none when there is no such name.
pub type NumberOfName = fn(&str) -> Option<i32>;

/// An enum by number or by name. Numbers that are not known stay as they are, as in protobuf.
pub struct Enum(pub NumberOfName);

#[derive(Clone, Copy)]
pub struct U32;
#[derive(Clone, Copy)]
pub struct U64;
#[derive(Clone, Copy)]
pub struct I32;
#[derive(Clone, Copy)]
pub struct I64;
#[derive(Clone, Copy)]
pub struct Double;

/// A list of numbers, each read by this; none for null. A null within it is 0.
pub struct Numbers<S>(pub S);

macro_rules! seeds {
    ($($seed:ident => $number:ty),*) => {$(
        impl<'de> DeserializeSeed<'de> for $seed {
            type Value = Option<$number>;

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
                deserializer.deserialize_any(Read(<$number>::from_literal, <$number>::EXPECTED))
            }
        }
    )*};
}
seeds!(U32 => u32, U64 => u64, I32 => i32, I64 => i64, Double => f64);

impl<'de, S, N> DeserializeSeed<'de> for Numbers<S>
where
    S: DeserializeSeed<'de, Value = Option<N>> + Copy,
    N: Default,
{
    type Value = Option<Vec<N>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, S, N> Visitor<'de> for Numbers<S>
where
    S: DeserializeSeed<'de, Value = Option<N>> + Copy,
    N: Default,
{
    type Value = Option<Vec<N>>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an array of numbers")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(number) = elements.next_element_seed(self.0)? {
            list.push(number.unwrap_or_default());
        }
        Ok(Some(list))
    }
}

impl<'de> DeserializeSeed<'de> for Enum {
    type Value = Option<i32>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let by_number_or_name = |literal: &Literal<'_>| match *literal {
            Literal::Text(name) => self.0(name).or_else(|| i32::from_literal(literal)),
            _ => i32::from_literal(literal),
        };
        deserializer
            .deserialize_any(Read(by_number_or_name, "the number of an enum value, or its name as in the .proto file"))
    }
}

/// Visits a literal with the function that knows the type, and the words for what it accepts.
struct Read<F>(F, &'static str);

impl<F: FnOnce(&Literal<'_>) -> Option<T>, T> Read<F> {
    fn read<E: Error>(self, literal: &Literal<'_>) -> Result<Option<T>, E> {
        let expected = self.1;
        match (self.0)(literal) {
            None => Err(E::invalid_value(literal.unexpected(), &expected)),
            value => Ok(value),
        }
    }
}

impl<F: FnOnce(&Literal<'_>) -> Option<T>, T> Visitor<'_> for Read<F> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.1)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        self.read(&Literal::Unsigned(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        self.read(&Literal::Signed(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        self.read(&Literal::Float(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        self.read(&Literal::Text(value))
    }
}
