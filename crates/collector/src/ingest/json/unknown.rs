//! A request of which nothing is read, though it has members.
//!
//! OTLP has receivers pass over what they do not know: whoever misspells a name, or sends another format, would not find out.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::{BYTE_ORDER_MARK, message::Name};
use crate::{
    ingest::{Signal, verdict::short},
    model::members::camel_case,
};

/// How many of its members are named.
const TOLD: usize = 4;

/// What is said of it; none if it has no members, or one that is known.
pub fn nothing_known(text: &[u8], signal: Signal) -> Option<String> {
    let field = match signal {
        Signal::Traces => "resourceSpans",
        Signal::Logs => "resourceLogs",
        Signal::Metrics => "resourceMetrics",
    };
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let names = serde_json::Deserializer::from_slice(text).deserialize_map(Unknown(field)).ok()?;
    if names.is_empty() {
        return None;
    }
    let names = names.join(", ");
    Some(format!("nothing is read of it: a request of {} has {field:?}, this one has {names}", signal.name()))
}

/// The first names of an object's members; none if this one is among them.
struct Unknown(&'static str);

impl<'de> Visitor<'de> for Unknown {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let (mut names, mut is_known) = (Vec::new(), false);
        while let Some(name) = members.next_key_seed(Name)? {
            is_known |= camel_case(&name) == self.0;
            if names.len() < TOLD {
                names.push(format!("{:?}", short(&name)));
            }
            members.next_value::<IgnoredAny>()?;
        }
        Ok(if is_known { Vec::new() } else { names })
    }
}
