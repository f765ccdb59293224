//! The messages that all signals share: values, attributes, resource and scope.

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList, any_value::Value},
    resource::v1::Resource,
};
use serde::de::MapAccess;

use super::{
    Reading,
    message::{List, Message, Object, Role, message, read},
    number::{Double, I64, U32},
    scalar::{Bool, Bytes, Text, Texts},
};

message!(AnyValue as "AnyValue", Part, |reading| {
    | "stringValue" | "string_value" => value: Text, Value::StringValue;
    | "boolValue" | "bool_value" => value: Bool, Value::BoolValue;
    | "intValue" | "int_value" => value: I64, Value::IntValue;
    | "doubleValue" | "double_value" => value: Double, Value::DoubleValue;
    | "arrayValue" | "array_value" => value: Object::<ArrayValue>::new(reading), Value::ArrayValue;
    | "kvlistValue" | "kvlist_value" => value: Object::<KeyValueList>::new(reading), Value::KvlistValue;
    | "bytesValue" | "bytes_value" => value: Bytes, Value::BytesValue;
});

message!(ArrayValue as "ArrayValue", Part, |reading| {
    "values" => values: List::new(reading);
});

message!(KeyValueList as "KeyValueList", Part, |reading| {
    "values" => values: List::new(reading);
});

message!(KeyValue as "KeyValue", Attribute, |reading| {
    "key" => key: Text;
    ? "value" => value: Object::new(reading);
});

message!(InstrumentationScope as "InstrumentationScope", Shared, |reading| {
    "name" => name: Text;
    "version" => version: Text;
    "attributes" => attributes: List::new(reading);
    "droppedAttributesCount" | "dropped_attributes_count" => dropped_attributes_count: U32;
});

message!(Resource as "Resource", Shared, |reading| {
    "attributes" => attributes: List::new(reading);
    "droppedAttributesCount" | "dropped_attributes_count" => dropped_attributes_count: U32;
    "entityRefs" | "entity_refs" => entity_refs: List::new(reading);
});

message!(EntityRef as "EntityRef", Part, |reading| {
    "schemaUrl" | "schema_url" => schema_url: Text;
    "type" => r#type: Text;
    "idKeys" | "id_keys" => id_keys: Texts;
    "descriptionKeys" | "description_keys" => description_keys: Texts;
});
