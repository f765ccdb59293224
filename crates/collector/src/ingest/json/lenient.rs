//! Reads what records share, and lists of records, so that a field that cannot be read costs no more than its record.
//!
//! JSON that is none is none as a whole. Everything else is found out record by record: each is taken as the text that it is, and
//! read by itself. A document is read so only after it could not be read at once.

use std::fmt;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{
    ReadError, Reading,
    beside::Mark,
    message::{Message, NO_MEMORY, Name, Object, Role},
};

/// Reads the elements that can be read, and says of the others why they can't.
pub fn list<'de, M: Message, A: SeqAccess<'de>>(
    list: &mut Vec<M>,
    mut elements: A,
    reading: &Reading<'_>,
) -> Result<(), A::Error> {
    while let Some(text) = elements.next_element::<&'de RawValue>()? {
        let before = reading.beside().mark();
        match read(text.get(), Object::<M>::new(reading)) {
            Ok(message) if reading.take(size_of::<M>()) => {
                reading.beside().in_element(list.len(), before);
                list.push(message.unwrap_or_default());
            }
            Ok(_) => return Err(A::Error::custom(NO_MEMORY)),
            Err(why) => {
                reading.back_to(before);
                match M::ROLE {
                    Role::Record => reading.reject(&name_of(text.get(), "name"), &why),
                    _ => reading.left_out(&format!("attribute {:?}", name_of(text.get(), "key")), &why),
                }
            }
        }
    }
    Ok(())
}

/// Reads the fields that can be read.
pub fn shared<'de, M: Message, A: MapAccess<'de>>(
    message: &mut M,
    mut fields: A,
    reading: &Reading<'_>,
) -> Result<(), A::Error> {
    while let Some(name) = fields.next_key_seed(Name)? {
        let value = fields.next_value::<&'de RawValue>()?.get();
        let name = serde_json::to_string(&*name).map_err(A::Error::custom)?;
        let alone = format!("{{{name}:{value}}}");
        let before = reading.beside().mark();
        if let Err(why) = reading.sharing(|| read(&alone, Field(&mut *message, reading, before))) {
            reading.back_to(before);
            reading.left_out(&format!("a field of {}", M::NAME), &why);
        }
    }
    Ok(())
}

/// The value, or what is wrong with it in words.
fn read<'t, S: DeserializeSeed<'t>>(text: &'t str, seed: S) -> Result<S::Value, String> {
    let mut document = serde_json::Deserializer::from_str(text);
    document.disable_recursion_limit();
    seed.deserialize(&mut document).map_err(|error| ReadError::from(error).what)
}

/// The one field of an object, read into a message.
struct Field<'m, 'r, M>(&'m mut M, &'r Reading<'r>, Mark);

impl<'de, M: Message> DeserializeSeed<'de> for Field<'_, '_, M> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, M: Message> Visitor<'de> for Field<'_, '_, M> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "an object ({})", M::NAME)
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<(), A::Error> {
        super::message::fields(self.0, fields, self.1, self.2)
    }
}

/// The text of this member of an object; empty if it has none.
fn name_of(text: &str, member: &str) -> String {
    read(text, Member(member)).unwrap_or_default()
}

struct Member<'n>(&'n str);

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = String;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<String, A::Error> {
        let mut found = String::new();
        while let Some(name) = fields.next_key_seed(Name)? {
            if *name == *self.0 {
                let value = fields.next_value::<&'de RawValue>()?;
                found = serde_json::from_str(value.get()).unwrap_or_default();
            } else {
                fields.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}
