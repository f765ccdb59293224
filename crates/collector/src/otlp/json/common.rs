//! The messages that all signals share: values, attributes, resource and scope.

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList, any_value::Value},
    resource::v1::Resource,
};
use serde::de::MapAccess;

use super::{
    Budget,
    message::{List, Message, Object, read},
    number::{Double, I64, U32},
    scalar::{Bool, Bytes, Text},
};

impl Message for AnyValue {
    const NAME: &'static str = "AnyValue";

    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        fields: &mut A,
        budget: &Budget,
    ) -> Result<bool, A::Error> {
        let value = match name {
            "stringValue" | "string_value" => fields.next_value_seed(Text)?.map(Value::StringValue),
            "boolValue" | "bool_value" => fields.next_value_seed(Bool)?.map(Value::BoolValue),
            "intValue" | "int_value" => fields.next_value_seed(I64)?.map(Value::IntValue),
            "doubleValue" | "double_value" => fields.next_value_seed(Double)?.map(Value::DoubleValue),
            "arrayValue" | "array_value" => {
                fields.next_value_seed(Object::<ArrayValue>::new(budget))?.map(Value::ArrayValue)
            }
            "kvlistValue" | "kvlist_value" => {
                fields.next_value_seed(Object::<KeyValueList>::new(budget))?.map(Value::KvlistValue)
            }
            "bytesValue" | "bytes_value" => fields.next_value_seed(Bytes)?.map(Value::BytesValue),
            _ => return Ok(false),
        };
        // A null leaves the value that another of the names may have set.
        if value.is_some() {
            self.value = value;
        }
        Ok(true)
    }
}

impl Message for ArrayValue {
    const NAME: &'static str = "ArrayValue";

    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        fields: &mut A,
        budget: &Budget,
    ) -> Result<bool, A::Error> {
        match name {
            "values" => self.values = read(fields, List::new(budget))?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Message for KeyValueList {
    const NAME: &'static str = "KeyValueList";

    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        fields: &mut A,
        budget: &Budget,
    ) -> Result<bool, A::Error> {
        match name {
            "values" => self.values = read(fields, List::new(budget))?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Message for KeyValue {
    const NAME: &'static str = "KeyValue";

    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        fields: &mut A,
        budget: &Budget,
    ) -> Result<bool, A::Error> {
        match name {
            "key" => self.key = read(fields, Text)?,
            "value" => self.value = fields.next_value_seed(Object::new(budget))?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Message for InstrumentationScope {
    const NAME: &'static str = "InstrumentationScope";

    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        fields: &mut A,
        budget: &Budget,
    ) -> Result<bool, A::Error> {
        match name {
            "name" => self.name = read(fields, Text)?,
            "version" => self.version = read(fields, Text)?,
            "attributes" => self.attributes = read(fields, List::new(budget))?,
            "droppedAttributesCount" | "dropped_attributes_count" => self.dropped_attributes_count = read(fields, U32)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Message for Resource {
    const NAME: &'static str = "Resource";

    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        fields: &mut A,
        budget: &Budget,
    ) -> Result<bool, A::Error> {
        match name {
            "attributes" => self.attributes = read(fields, List::new(budget))?,
            "droppedAttributesCount" | "dropped_attributes_count" => self.dropped_attributes_count = read(fields, U32)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}
