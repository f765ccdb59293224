//! Members of a JSON document that OTLP has no name for yet: kept beside the message, and told again where version 3 tells it.
//!
//! In protobuf what is not known has a number, and stays in the bytes as they came. In JSON it has a name only. So it is kept as the
//! text of a list, `[[path, name, value], …]`, in a field that no message of OTLP has, behind the message's own.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde_json::Value;

use super::fields::{Field, Fields, append_field};

/// The last number that a field may have: none that OTLP will come to.
pub const FIELD: u32 = (1 << 29) - 1;

/// Appends the text to the bytes of a message.
pub fn append(text: &str, bytes: &mut Vec<u8>) {
    append_field(FIELD, text.as_bytes(), bytes);
}

/// The text that was appended to these bytes of a message; none if there is none.
pub fn find(bytes: &[u8]) -> Option<&str> {
    list(bytes, FIELD).next().and_then(|text| std::str::from_utf8(text).ok())
}

/// The message without such a text: only what came as JSON has one.
pub fn without(bytes: &[u8]) -> Cow<'_, [u8]> {
    if list(bytes, FIELD).next().is_none() {
        return Cow::Borrowed(bytes);
    }
    fields(bytes).filter(|one| one.number != FIELD).flat_map(|one| one.whole).copied().collect()
}

/// As far as the message is whole.
fn fields(bytes: &[u8]) -> impl Iterator<Item = Field<'_>> {
    Fields(bytes).map_while(Result::ok)
}

/// The messages in this field of a message.
pub fn list(bytes: &[u8], field: u32) -> impl Iterator<Item = &[u8]> {
    fields(bytes).filter(move |one| one.number == field).filter_map(|one| one.content)
}

/// The names in such a text.
pub fn names(text: &str) -> Vec<String> {
    let members = serde_json::from_str::<Vec<(IgnoredAny, String, IgnoredAny)>>(text);
    members.into_iter().flatten().map(|(_, name, _)| name).collect()
}

/// Puts the members back to where they were, and changes nothing else: what is not there has none.
pub fn merge(text: Option<&str>, message: &mut Value) {
    let members = text.and_then(|text| serde_json::from_str::<Vec<(Vec<Value>, String, Value)>>(text).ok());
    for (path, name, value) in members.into_iter().flatten() {
        let place = path.iter().try_fold(&mut *message, |place, step| match (place, step) {
            (Value::Object(members), Value::String(name)) => members.get_mut(name),
            (Value::Array(elements), Value::Number(number)) => {
                elements.get_mut(usize::try_from(number.as_u64()?).ok()?)
            }
            _ => None,
        });
        if let Some(Value::Object(members)) = place {
            members.entry(name).or_insert(value);
        }
    }
}

/// The name that JSON has for a field of a .proto file: `trace_id` is `traceId`.
pub fn camel_case(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut name, part| {
        let mut rest = part.chars();
        name.extend(rest.next().map(|letter| letter.to_ascii_uppercase()));
        name + rest.as_str()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_spellings_are_one() {
        assert_eq!(camel_case("query.start_time_min"), "query.startTimeMin");
        assert_eq!(camel_case("query.startTimeMin"), "query.startTimeMin");
        assert_eq!(camel_case("_é__x_"), "éX");
    }

    #[test]
    fn a_message_has_its_text_and_is_rid_of_it() {
        let message = b"\x0a\x02ab\x10\x05";
        let mut bytes = message.to_vec();
        append("[]", &mut bytes);
        assert_eq!((find(message), find(&bytes)), (None, Some("[]")));
        assert_eq!((&*without(message), &*without(&bytes)), (&message[..], &message[..]));
        assert_eq!((find(b"\xff"), find(&bytes[..bytes.len() - 1])), (None, None));
    }

    #[test]
    fn members_come_back_where_they_were_and_change_nothing_else() {
        let mut message = json!({ "name": "a", "events": [{}, { "name": "e" }] });
        let text =
            r#"[[[],"b",{"c":[1]}],[["events",1],"d",null],[["events",2],"e",1],[["links"],"f",1],[[],"name","z"]]"#;
        merge(Some(text), &mut message);
        assert_eq!(message, json!({ "name": "a", "b": { "c": [1] }, "events": [{}, { "name": "e", "d": null }] }));
        for no_text in [None, Some("x"), Some("[1]"), Some("[[[true],\"a\",1]]")] {
            let before = message.clone();
            merge(no_text, &mut message);
            assert_eq!(message, before);
        }
    }
}
