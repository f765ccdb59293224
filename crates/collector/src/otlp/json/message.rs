//! Objects and lists: walks a JSON object into a message and a JSON array into a list of messages.
//!
//! What all messages have in common is here: `null` is the same as an absent value, unknown fields are skipped, of a field
//! that occurs twice the last one counts, and an error carries the path to where it happened.

use std::{borrow::Cow, fmt, marker::PhantomData, mem::size_of};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Budget, DEPTH};

/// A message type of OTLP.
pub trait Message: Default {
    /// What an error calls the message.
    const NAME: &'static str;
    /// How many levels deeper it is than what holds it.
    const LEVELS: usize = 1;

    /// Reads the value of the field called `name` from `fields`. False, and nothing read: the message has no such field.
    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        fields: &mut A,
        budget: &Budget,
    ) -> Result<bool, A::Error>;
}

/// Reads the next value, where null stands for the default.
pub fn read<'de, A, S, T>(fields: &mut A, seed: S) -> Result<T, A::Error>
where
    A: MapAccess<'de>,
    S: DeserializeSeed<'de, Value = Option<T>>,
    T: Default,
{
    Ok(fields.next_value_seed(seed)?.unwrap_or_default())
}

/// A message; none for null.
pub struct Object<'b, M>(&'b Budget, PhantomData<M>);

impl<'b, M> Object<'b, M> {
    pub const fn new(budget: &'b Budget) -> Self {
        Self(budget, PhantomData)
    }
}

impl<'de, M: Message> DeserializeSeed<'de> for Object<'_, M> {
    type Value = Option<M>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, M: Message> Visitor<'de> for Object<'_, M> {
    type Value = Option<M>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "an object ({})", M::NAME)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
        let mut message = M::default();
        let too_deep =
            || A::Error::custom(format_args!("recursion limit: messages are nested more than {DEPTH} levels deep"));
        let _level = self.0.deeper(M::LEVELS).ok_or_else(too_deep)?;
        while let Some(name) = fields.next_key_seed(Name)? {
            match message.read_field(&name, &mut fields, self.0) {
                Ok(true) => {}
                Ok(false) => drop(fields.next_value::<IgnoredAny>()?),
                Err(error) => return Err(within(&name, error)),
            }
        }
        Ok(Some(message))
    }
}

/// A list of messages; none for null. A null within it is an empty message. Each takes its size from the budget.
pub struct List<'b, M>(&'b Budget, PhantomData<M>);

impl<'b, M> List<'b, M> {
    pub const fn new(budget: &'b Budget) -> Self {
        Self(budget, PhantomData)
    }
}

impl<'de, M: Message> DeserializeSeed<'de> for List<'_, M> {
    type Value = Option<Vec<M>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, M: Message> Visitor<'de> for List<'_, M> {
    type Value = Option<Vec<M>>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "an array of {} objects", M::NAME)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        loop {
            match elements.next_element_seed(Object::<M>::new(self.0)) {
                Ok(Some(_)) if !self.0.take(size_of::<M>()) => {
                    return Err(A::Error::custom("more messages than there is memory for"));
                }
                Ok(Some(element)) => list.push(element.unwrap_or_default()),
                Ok(None) => return Ok(Some(list)),
                Err(error) => return Err(within(&list.len().to_string(), error)),
            }
        }
    }
}

/// The name of a field, borrowed unless it has escapes.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

/// Puts one more step before the path of an error: `/spans/3/name: ...`. serde_json finds line and column in the text again.
fn within<E: Error>(step: &str, error: E) -> E {
    let text = error.to_string();
    let colon = if text.starts_with('/') { "" } else { ": " };
    E::custom(format_args!("/{step}{colon}{text}"))
}
