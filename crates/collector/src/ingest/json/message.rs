//! Objects and lists: walks a JSON object into a message and a JSON array into a list of messages.
//!
//! What all messages have in common is here: `null` is the same as an absent value, unknown fields are kept as text where
//! they are of a record, of a field that occurs twice the last one counts, and an error carries the path to where it happened.

use std::{borrow::Cow, fmt, marker::PhantomData, mem::size_of};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use serde_json::value::RawValue;

pub use super::role::Role;
use super::{DEPTH, Reading, beside::Mark, lenient};

/// A message type of OTLP.
pub trait Message: Default {
    /// What an error calls the message.
    const NAME: &'static str;
    /// How many levels deeper it is than what holds it.
    const LEVELS: usize = 1;
    /// What is left out when a field of it cannot be read.
    const ROLE: Role = Role::Part;

    /// Reads the value of the field called `name` from `fields`. False, and nothing read: the message has no such field.
    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        fields: &mut A,
        reading: &Reading,
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
pub struct Object<'b, M>(&'b Reading<'b>, PhantomData<M>);

impl<'b, M> Object<'b, M> {
    pub const fn new(reading: &'b Reading<'b>) -> Self {
        Self(reading, PhantomData)
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

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Self::Value, A::Error> {
        let mut message = M::default();
        let too_deep =
            || A::Error::custom(format_args!("recursion limit: messages are nested more than {DEPTH} levels deep"));
        let _level = self.0.deeper(M::LEVELS).ok_or_else(too_deep)?;
        let begins = self.0.beside().enter(M::ROLE);
        if M::ROLE == Role::Shared && self.0.is_lenient() {
            lenient::shared(&mut message, fields, self.0)?;
        } else {
            self::fields(&mut message, fields, self.0, begins)?;
        }
        self.0.beside().leave(M::ROLE, begins);
        Ok(Some(message))
    }
}

/// Reads the fields of a message, and keeps or skips what it has beside them.
pub fn fields<'de, M: Message, A: MapAccess<'de>>(
    message: &mut M,
    mut fields: A,
    reading: &Reading<'_>,
    begins: Mark,
) -> Result<(), A::Error> {
    while let Some(name) = fields.next_key_seed(Name)? {
        let before = reading.beside().mark();
        match message.read_field(&name, &mut fields, reading) {
            Ok(true) => {
                let looked_through = reading.beside().in_field(&name, begins, before);
                // The time counts as memory does, so that fields without end behind many members have one.
                if !reading.take(looked_through) {
                    return Err(A::Error::custom(NO_MEMORY));
                }
            }
            Ok(false) if !reading.beside().keeps() => drop(fields.next_value::<IgnoredAny>()?),
            Ok(false) => {
                if !reading.keep(&name, fields.next_value::<&'de RawValue>()?.get()) {
                    return Err(A::Error::custom(NO_MEMORY));
                }
            }
            Err(error) => return Err(within(&name, error)),
        }
    }
    Ok(())
}

/// A list of messages; none for null. A null within it is an empty message. Each takes its size from the reading.
pub struct List<'b, M>(&'b Reading<'b>, PhantomData<M>);

impl<'b, M> List<'b, M> {
    pub const fn new(reading: &'b Reading<'b>) -> Self {
        Self(reading, PhantomData)
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
        if self.0.isolates(M::ROLE) {
            return lenient::list(&mut list, elements, self.0).map(|()| Some(list));
        }
        loop {
            let before = self.0.beside().mark();
            match elements.next_element_seed(Object::<M>::new(self.0)) {
                Ok(Some(_)) if !self.0.take(size_of::<M>()) => return Err(A::Error::custom(NO_MEMORY)),
                Ok(Some(element)) => {
                    self.0.beside().in_element(list.len(), before);
                    list.push(element.unwrap_or_default());
                }
                Ok(None) => return Ok(Some(list)),
                Err(error) => return Err(within(&list.len().to_string(), error)),
            }
        }
    }
}

pub const NO_MEMORY: &str = "more messages than there is memory for";

/// The name of a field, borrowed unless it has escapes.
pub struct Name;

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
pub fn within<E: Error>(step: &str, error: E) -> E {
    let text = error.to_string();
    let colon = if text.starts_with('/') { "" } else { ": " };
    E::custom(format_args!("/{step}{colon}{text}"))
}

/// Reads a message by its fields: each with its names, in both spellings, and what reads its value.
///
/// Three groups: plain fields, where null is the default; optional ones, where it is none; and the alternatives of a `oneof`, where
/// null leaves what another of them has set. A last arm may say what is done with other names.
macro_rules! message {
    (
        $type:ident as $name:literal, $role:ident, |$reading:ident| {
            $($($plain:literal)|+ => $field:ident: $seed:expr;)*
            $(? $($optional:literal)|+ => $option:ident: $option_seed:expr;)*
            $(| $($alternative:literal)|+ => $oneof:ident: $oneof_seed:expr, $variant:path;)*
            $(else $other:ident => $passed:expr;)?
        }
    ) => {
        impl Message for $type {
            const NAME: &'static str = $name;
            const ROLE: Role = Role::$role;

            #[allow(unused_variables, reason = "some messages have nothing nested, or no fields of a kind")]
            fn read_field<'de, A: MapAccess<'de>>(
                &mut self,
                name: &str,
                fields: &mut A,
                $reading: &Reading,
            ) -> Result<bool, A::Error> {
                match name {
                    $($($plain)|+ => self.$field = read(fields, $seed)?,)*
                    $($($optional)|+ => self.$option = fields.next_value_seed($option_seed)?,)*
                    $($($alternative)|+ => if let Some(value) = fields.next_value_seed($oneof_seed)? {
                        self.$oneof = Some($variant(value));
                    },)*
                    $($other => return Ok($passed),)?
                    #[allow(unreachable_patterns, reason = "the arm before may take all")]
                    _ => return Ok(false),
                }
                Ok(true)
            }
        }
    };
}
pub(super) use message;
