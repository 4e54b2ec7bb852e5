//! The kinds of values that `safestep.toml` holds, as JSON schemas, by which editors complete and check it. What a kind refuses in
//! `setting.rs`, its schema here refuses, too.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::setting::Millis;

impl JsonSchema for Millis {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A duration as PostgreSQL takes it: a whole number and ms, s, min or h.",
            "type": "string",
            "pattern": "^[0-9]+\\s*(ms|s|min|h)$",
            "examples": ["100ms", "2s", "1min"],
        })
    }
}

pub(super) fn duration_or_off(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "pattern": "^(off|0*[1-9][0-9]*\\s*(ms|s|min|h))$",
        "examples": ["100ms", "2s", "off"],
    })
}

pub(super) fn row_counts(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object", "additionalProperties": { "type": "integer", "minimum": 0 } })
}

pub(super) fn by_column(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "propertyNames": { "pattern": "^[^.]+(\\.[^.]+){1,2}$" },
        "additionalProperties": { "type": "string", "pattern": "\\S" },
    })
}

pub(super) fn by_column_or_table(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "propertyNames": { "pattern": "^[^.]+(\\.[^.]+){0,2}$" },
        "additionalProperties": { "type": "string", "pattern": "\\S" },
    })
}

pub(super) fn command(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "pattern": "\\{(revision|version)\\}",
        "examples": ["bin/migrate {revision}", "bin/migrate {version}"],
    })
}
