//! Versions 5 to 7: tables that hold their columns, keys and indexes.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Actions, Column, Index, check, create_enum, create_table, foreign_key, primary_key, qualified, unique};
use crate::operation::{Constraint, Operation};
use crate::schema::names::object_name;

/// The values of a JSON object in the order of the file, which is that of the columns and of an enum's labels.
pub(super) struct Ordered<T>(Vec<T>);

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Ordered(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Values<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Values<T> {
            type Value = Ordered<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut values = Vec::new();
                while let Some((_, value)) = map.next_entry::<serde::de::IgnoredAny, T>()? {
                    values.push(value);
                }
                Ok(Ordered(values))
            }
        }
        deserializer.deserialize_map(Values(PhantomData))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Table {
    name: String,
    schema: Option<String>,
    columns: Ordered<Column>,
    #[serde(default)]
    indexes: Ordered<Index>,
    #[serde(default)]
    foreign_keys: Ordered<Reference>,
    #[serde(default)]
    composite_primary_keys: Ordered<Key>,
    #[serde(default)]
    unique_constraints: Ordered<Key>,
    #[serde(default)]
    check_constraints: Ordered<Check>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    name: String,
    table_to: String,
    schema_to: Option<String>,
    columns_from: Vec<String>,
    columns_to: Vec<String>,
    #[serde(flatten)]
    on: Actions,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Key {
    name: String,
    columns: Vec<String>,
    #[serde(default)]
    nulls_not_distinct: bool,
}

#[derive(Deserialize)]
struct Check {
    name: String,
    value: String,
}

#[derive(Deserialize)]
pub(super) struct Enum {
    name: String,
    schema: Option<String>,
    values: Labels,
}

/// A list; up to version 6 an object that has each label twice.
#[derive(Deserialize)]
#[serde(untagged)]
enum Labels {
    List(Vec<String>),
    Object(Ordered<String>),
}

impl Labels {
    fn list(&self) -> &[String] {
        match self {
            Labels::List(labels) | Labels::Object(Ordered(labels)) => labels,
        }
    }
}

/// The statements that make it all.
pub(super) fn operations(tables: Ordered<Table>, enums: Ordered<Enum>) -> Vec<Operation> {
    let Ordered(enums) = enums;
    let mut operations: Vec<Operation> =
        enums.iter().map(|e| create_enum(e.schema.as_deref(), &e.name, e.values.list())).collect();
    for table in tables.0 {
        let name = qualified(table.schema.as_deref(), &table.name);
        let constraints = table.constraints();
        let is_enum = |name: &str| enums.iter().any(|e| e.name == name);
        let indexes: Vec<Operation> = table.indexes.0.iter().map(|index| index.create(&name)).collect();
        let columns = table.columns.0.into_iter().map(|column| column.definition(is_enum)).collect();
        operations.push(create_table(name, columns, constraints));
        operations.extend(indexes);
    }
    operations
}

impl Table {
    fn constraints(&self) -> Vec<Constraint> {
        let inline: Vec<String> = self.columns.0.iter().filter(|c| c.primary_key).map(|c| c.name.clone()).collect();
        let inline = (!inline.is_empty()).then(|| primary_key(&object_name(&self.name, "", "pkey"), &inline));
        let composite = self.composite_primary_keys.0.iter().map(|k| primary_key(&k.name, &k.columns));
        let uniques = self.unique_constraints.0.iter().map(|k| unique(&k.name, &k.columns, k.nulls_not_distinct));
        let checks = self.check_constraints.0.iter().map(|c| check(&c.name, &c.value));
        let references = self.foreign_keys.0.iter().map(|fk| {
            // Where no schema is given the table is in `public`, whatever the schema of this one.
            let to = qualified(fk.schema_to.as_deref(), &fk.table_to);
            foreign_key(&fk.name, &fk.columns_from, to, &fk.columns_to, &fk.on)
        });
        inline.into_iter().chain(composite).chain(uniques).chain(checks).chain(references).collect()
    }
}
