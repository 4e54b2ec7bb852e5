//! What an operation uses: what it reads, what it makes, and what falls or is freed with it.

use super::resource::{Resource, Uses};
use super::step::Step;
use crate::operation::{
    ColumnDefinition, Constraint, ConstraintKind, CreateTable, ForeignKey, Generated, Ident, IndexColumn, ObjectKind,
    Operation, QualifiedName, SqlFragment, TableAttribute,
};
use crate::postgres::{calls_users_function, proving_check};
use crate::schema::{Index, Key, Schema, key, mentions};
use crate::sql::changes_rows_within;

/// An INSERT of more bytes is rows.
const LONG: usize = 100_000;

/// What an operation uses. `schema` is the catalog before it, `text` the statement as it is written, where it is.
pub fn uses(operation: &Operation, text: &str, schema: &Schema) -> Uses {
    let mut uses = Uses::default();
    match operation {
        Operation::CreateTable(create) => creates_table(&mut uses, create, text, schema),
        Operation::DropTable { names, .. } => names.iter().for_each(|name| drops_table(&mut uses, name, schema)),
        Operation::RenameTable { table, to } => {
            uses.alone(table, schema);
            for name in [table.name.clone(), table.sibling(to.clone())] {
                uses.write(Resource::Relation(key(&name)));
                uses.write(Resource::Type(key(&name)));
            }
        }
        Operation::CreateEnum { name, .. }
        | Operation::AddEnumValue { name, .. }
        | Operation::CreateDomain { name, .. } => uses.write(Resource::Type(key(name))),
        Operation::CreateIndex(index) => {
            let columns: Vec<Ident> = index.columns.iter().filter_map(|c| c.column.clone()).collect();
            uses.reads_columns(&index.table, &columns, schema);
            uses.reads_columns(&index.table, &index.include, schema);
            let expressions = index.columns.iter().filter(|c| c.column.is_none()).map(|c| c.text.as_str());
            for text in expressions.chain(index.predicate.as_ref().map(|p| p.as_str())) {
                reads_expression(&mut uses, &index.table, text, schema);
            }
            if in_tree(&index.table, schema) {
                uses.alone(&index.table, schema);
            }
            uses.builds = leading(&index.table, &index.columns);
            uses.unique_on = index.unique.then(|| (key(&index.table), columns));
            let name = index.name.clone().unwrap_or_else(|| schema.index_name(index));
            uses.write(Resource::Relation(key(&index.table.sibling(name))));
        }
        Operation::DropIndex { names, .. } => names.iter().for_each(|name| drops_index(&mut uses, name, schema)),
        // It decides how long the statements behind it may take, and not what they do.
        Operation::SetParameter { name, local: false, .. } if is_timeout(name) => {}
        Operation::RenameIndex { index, to, .. } => {
            uses_index(&mut uses, index, schema);
            uses.write(Resource::Relation(key(&index.sibling(to.clone()))));
            if let Some((table, name)) = schema.index(index).and_then(|i| Some((&i.table, i.constraint.as_ref()?))) {
                let root = uses.table(table, schema);
                uses.write(Resource::Constraint(root.clone(), name.clone()));
                uses.write(Resource::Constraint(root, to.clone()));
            }
        }
        Operation::AlterIndex { index, .. } => uses_index(&mut uses, index, schema),
        Operation::AttachIndex { index, partition } => {
            for name in [index, partition] {
                uses_index(&mut uses, name, schema);
                if let Some(table) = schema.index(name).map(|i| i.table.clone()) {
                    uses.alone(&table, schema);
                }
            }
        }
        Operation::CreateObject { kind, name: Some(name), on, definition, .. } => {
            creates_object(&mut uses, *kind, name, on.as_ref(), definition.as_str(), schema)
        }
        // What used it went before it, and what takes its name waits for it.
        Operation::DropType { names, cascade: false, .. } => {
            uses.last = true;
            names.iter().for_each(|name| uses.write(Resource::Type(key(name))));
        }
        Operation::DropObject { kind, names, on, cascade: false, .. } => {
            names.iter().for_each(|name| drops_object(&mut uses, *kind, name, on.as_ref(), schema))
        }
        Operation::Comment { .. } => comments(&mut uses, text, schema),
        Operation::Grant { kind, names, .. } => grants(&mut uses, *kind, names, text, schema),
        // The rows that it brings along name no other table; they may be many.
        Operation::Insert { table, from_query: false } if text.len() > LONG => {
            uses.rows(table, schema);
            uses.barrier |= may_do_anything(table, "", schema);
        }
        Operation::Insert { table, .. } | Operation::Update { table, .. } | Operation::Delete { table, .. } => {
            uses.rows(table, schema);
            uses.reads_rows_of_statement(text, schema);
            uses.barrier |= text.is_empty() || changes_rows_within(text) || may_do_anything(table, text, schema);
        }
        Operation::Truncate { tables, .. } => tables.iter().for_each(|table| {
            uses.rows(table, schema);
            uses.barrier |= may_do_anything(table, "", schema);
        }),
        Operation::Analyze { tables } if !tables.is_empty() => {
            tables.iter().for_each(|table| drop(uses.alone(table, schema)));
        }
        other => on_columns(other, schema, &mut uses),
    }
    uses
}

/// An expression of an index or a check reads the columns that it names.
fn reads_expression(uses: &mut Uses, table: &QualifiedName, text: &str, schema: &Schema) {
    let known = schema.table(table).filter(|t| t.columns_known);
    let names = known.into_iter().flat_map(|t| &t.columns).map(|c| &c.name);
    let columns: Vec<Ident> = names.filter(|name| mentions(text, name.as_str())).cloned().collect();
    uses.reads_columns(table, &columns, schema);
    uses.reads_types_of_text(text, schema);
    if known.is_none() {
        let root = uses.table(table, schema);
        uses.write(Resource::Structure(root));
    }
}

fn in_tree(table: &QualifiedName, schema: &Schema) -> bool {
    schema.table(table).is_some_and(|t| !t.parents.is_empty()) || !schema.children(table).is_empty()
}

/// The column that an index leads with.
fn leading(table: &QualifiedName, columns: &[IndexColumn]) -> Option<(Key, Ident)> {
    Some((key(table), columns.first()?.column.clone()?))
}

/// `lock_timeout`, `statement_timeout` and their like.
pub(super) fn is_timeout(parameter: &str) -> bool {
    parameter.ends_with("_timeout")
}

/// A new table takes its own name, as a relation and a type, and those of its keys' indexes and its sequences.
fn creates_table(uses: &mut Uses, create: &CreateTable, text: &str, schema: &Schema) {
    let own = key(&create.name);
    uses.write(Resource::Relation(own.clone()));
    uses.write(Resource::Type(own));
    for source in create.like.iter().chain(&create.inherits).chain(&create.partition_of) {
        uses.alone(source, schema);
    }
    create.partition_of.iter().for_each(|parent| names_keys_after_who_points_at(uses, parent, schema));
    if create.as_query {
        uses.reads_rows_of_text(text, schema);
        uses.barrier |= text.is_empty() || calls_users_function(text, schema);
    }
    create.columns.iter().for_each(|column| reads_definition(uses, column, schema));
    let mut after = schema.clone();
    after.apply(&Operation::CreateTable(create.clone()));
    made_with(uses, &create.name, &after);
    let inline = create.columns.iter().flat_map(|c| &c.constraints);
    for constraint in create.constraints.iter().chain(inline) {
        if let ConstraintKind::ForeignKey(fk) = &constraint.kind {
            stands_on(uses, fk, schema);
        }
    }
}

/// A column's type, and what its value is computed with.
fn reads_definition(uses: &mut Uses, column: &ColumnDefinition, schema: &Schema) {
    uses.reads_type(&column.ty);
    let default = column.default.as_ref().map(SqlFragment::as_str);
    let generated = match &column.generated {
        Some(Generated::Stored(text) | Generated::Virtual(text)) => Some(text.as_str()),
        _ => None,
    };
    default.into_iter().chain(generated).for_each(|text| uses.reads_default(text, schema));
}

/// A foreign key that points at a partitioned table has one for each partition, named after its own table.
fn names_keys_after_who_points_at(uses: &mut Uses, parent: &QualifiedName, schema: &Schema) {
    for (other, _) in schema.referencing(parent) {
        uses.alone(&other.name, schema);
    }
}

/// The names that come or go with a table: its indexes and the sequences of its columns.
fn made_with(uses: &mut Uses, table: &QualifiedName, schema: &Schema) {
    for index in schema.indexes_of(table) {
        uses.write(Resource::Relation(key(&index.name)));
    }
    for sequence in schema.table(table).into_iter().flat_map(|t| &t.columns).filter_map(|c| c.sequence.as_ref()) {
        uses.write(Resource::Relation(key(&table.sibling(sequence.clone()))));
    }
}

/// With a table go its partitions, indexes and sequences, and the foreign keys that point at it.
fn drops_table(uses: &mut Uses, table: &QualifiedName, schema: &Schema) {
    let children = schema.children(table).into_iter().map(|t| t.name.clone());
    for name in std::iter::once(table.clone()).chain(children) {
        let root = uses.alone(&name, schema);
        uses.write(Resource::Relation(root));
        uses.write(Resource::Type(key(&name)));
        made_with(uses, &name, schema);
        for (other, state) in schema.referencing(&name) {
            let root = uses.table(&other.name, schema);
            uses.write(Resource::Constraint(root, state.name.clone()));
        }
        // Its own foreign keys lock what they point at, and make room there for changes of its keys.
        for parent in schema.referenced_by(&name) {
            let root = uses.table(&parent, schema);
            uses.read(Resource::Keys(root));
        }
        for view in schema.views_of(&name) {
            uses.write(Resource::Relation(key(&view.name)));
        }
    }
}

fn drops_index(uses: &mut Uses, name: &QualifiedName, schema: &Schema) {
    uses_index(uses, name, schema);
    let Some(index) = schema.index(name) else { return };
    let texts = index.columns.iter().map(|c| c.text.as_str());
    for text in texts.chain(index.predicate.as_ref().map(|predicate| predicate.as_str())) {
        stands_on_columns(uses, &index.table, text, schema);
    }
    uses.drops = leading(&index.table, &index.columns);
    if index.unique {
        let columns: Option<Vec<Ident>> = index.columns.iter().map(|c| c.column.clone()).collect();
        uses.unique_until = columns.map(|columns| (key(&index.table), columns));
        let root = uses.table(&index.table, schema);
        uses.write(Resource::Keys(root));
    }
}

fn uses_index(uses: &mut Uses, name: &QualifiedName, schema: &Schema) {
    uses.write(Resource::Relation(key(name)));
    if let Some(table) = schema.index(name).map(|index| index.table.clone()) {
        if in_tree(&table, schema) {
            uses.alone(&table, schema)
        } else {
            uses.table(&table, schema)
        };
    }
}

fn creates_object(
    uses: &mut Uses,
    kind: ObjectKind,
    name: &QualifiedName,
    on: Option<&QualifiedName>,
    definition: &str,
    schema: &Schema,
) {
    match (kind, on) {
        (ObjectKind::View, _) => {
            uses.reads_text(definition, schema);
            uses.write(Resource::Relation(key(name)));
            uses.write(Resource::Type(key(name)));
        }
        (ObjectKind::MaterializedView, _) => {
            uses.reads_rows_of_text(definition, schema);
            uses.write(Resource::Relation(key(name)));
            uses.write(Resource::Type(key(name)));
        }
        (ObjectKind::Trigger | ObjectKind::Policy, Some(table)) => {
            uses.reads_text(definition, schema);
            on_table(uses, kind, table, schema);
        }
        (ObjectKind::Sequence, _) => uses.write(Resource::Relation(key(name))),
        (ObjectKind::Type, _) => {
            uses.write(Resource::Relation(key(name)));
            uses.write(Resource::Type(key(name)));
        }
        _ => uses.barrier = true,
    }
}

/// A trigger or a policy of a table comes or goes.
fn on_table(uses: &mut Uses, kind: ObjectKind, table: &QualifiedName, schema: &Schema) {
    let root = uses.table(table, schema);
    uses.write(Resource::Structure(root.clone()));
    uses.write(if kind == ObjectKind::Policy { Resource::Policies(root) } else { Resource::Triggers(root) });
}

fn drops_object(uses: &mut Uses, kind: ObjectKind, name: &QualifiedName, on: Option<&QualifiedName>, schema: &Schema) {
    match (kind, on) {
        (ObjectKind::View | ObjectKind::MaterializedView, _) => match schema.definition_of(name) {
            Some(definition) => {
                uses.reads_text(definition.as_str(), schema);
                uses.write(Resource::Relation(key(name)));
                uses.write(Resource::Type(key(name)));
                made_with(uses, name, schema);
            }
            None => uses.barrier = true,
        },
        (ObjectKind::Trigger | ObjectKind::Policy, Some(table)) => on_table(uses, kind, table, schema),
        (ObjectKind::Sequence, _) => {
            uses.write(Resource::Relation(key(name)));
            for table in schema.counting_with(&name.name) {
                uses.alone(&table.name, schema);
            }
        }
        // What used it went before it, and what makes it again is a barrier.
        (ObjectKind::Function, None) => uses.last = true,
        _ => uses.barrier = true,
    }
}

/// A comment needs what it speaks of; of other things than tables and columns it is not known.
fn comments(uses: &mut Uses, text: &str, schema: &Schema) {
    let mut words = text.split_whitespace().skip(2).map(str::to_ascii_uppercase);
    match words.next().as_deref() {
        Some("TABLE" | "COLUMN") => uses.reads_text(text, schema),
        _ => uses.barrier = true,
    }
}

/// Privileges need what is named; what makes functions and schemas is a barrier.
fn grants(uses: &mut Uses, kind: ObjectKind, names: &[QualifiedName], text: &str, schema: &Schema) {
    match kind {
        ObjectKind::Table => uses.reads_text(text, schema),
        ObjectKind::Sequence => names.iter().for_each(|name| uses.read(Resource::Relation(key(name)))),
        ObjectKind::Type => names.iter().for_each(|name| uses.read(Resource::Type(key(name)))),
        ObjectKind::Function | ObjectKind::Schema => {}
        _ => uses.barrier = true,
    }
    uses.write(Resource::Privileges);
}

/// A data statement fires triggers, and may call functions of the user's.
fn may_do_anything(table: &QualifiedName, text: &str, schema: &Schema) -> bool {
    schema.table(table).is_none()
        || schema.attached_to(table).any(|d| d.what.starts_with("trigger") || d.what.starts_with("rule"))
        || calls_users_function(text, schema)
}

/// A foreign key stands on the keys of the table that it points at.
fn stands_on(uses: &mut Uses, fk: &ForeignKey, schema: &Schema) {
    let root = uses.table(&fk.references, schema);
    uses.read(Resource::Keys(root));
    uses.reads_columns(&fk.references, &fk.referenced, schema);
    uses.points_at.push((key(&fk.references), fk.referenced.clone()));
}

fn adds_constraint(uses: &mut Uses, table: &QualifiedName, constraint: &Constraint, schema: &Schema) {
    let root = uses.table(table, schema);
    uses.write(Resource::Constraint(root.clone(), schema.constraint_name(table, constraint)));
    match &constraint.kind {
        ConstraintKind::ForeignKey(fk) => {
            uses.reads_columns(table, &fk.columns, schema);
            stands_on(uses, fk, schema);
            if in_tree(table, schema) {
                uses.alone(table, schema);
            }
        }
        ConstraintKind::Unique { columns, using_index, .. }
        | ConstraintKind::PrimaryKey { columns, using_index, .. } => {
            uses.reads_columns(table, columns, schema);
            uses.unique_on = Some((key(table), columns.clone()));
            uses.write(Resource::Keys(root.clone()));
            uses.write(Resource::Relation(key(&table.sibling(schema.constraint_name(table, constraint)))));
            if let Some(index) = using_index {
                uses.write(Resource::Relation(key(&table.sibling(index.clone()))));
            }
            if let ConstraintKind::PrimaryKey { .. } = constraint.kind {
                for column in columns {
                    uses.write(Resource::Nullability(root.clone(), column.clone()));
                }
            }
            if in_tree(table, schema) {
                uses.alone(table, schema);
            }
        }
        ConstraintKind::Check { expression } => match crate::sql::expression::parse(expression).map(|e| e.columns()) {
            Some(columns) => uses.reads_columns(table, &columns.into_iter().collect::<Vec<_>>(), schema),
            None => reads_expression(uses, table, expression.as_str(), schema),
        },
        ConstraintKind::NotNull { column } => uses.reads_columns(table, std::slice::from_ref(column), schema),
        ConstraintKind::Exclude { .. } => uses.barrier = true,
    }
}

/// With a constraint go its index and, where it is a key, the foreign keys that stand on it.
fn drops_constraint(uses: &mut Uses, table: &QualifiedName, name: &Ident, schema: &Schema) {
    let root = uses.table(table, schema);
    uses.write(Resource::Constraint(root.clone(), name.clone()));
    let Some(state) = schema.constraint(table, name) else {
        uses.barrier = true;
        return;
    };
    match &state.constraint.kind {
        ConstraintKind::ForeignKey(fk) => {
            uses.reads_columns(table, &fk.columns, schema);
            let root = uses.table(&fk.references, schema);
            uses.read(Resource::Keys(root));
            uses.reads_columns(&fk.references, &fk.referenced, schema);
        }
        ConstraintKind::Unique { columns, .. } | ConstraintKind::PrimaryKey { columns, .. } => {
            uses.drops = columns.first().map(|column| (key(table), column.clone()));
            uses.unique_until = Some((key(table), columns.clone()));
            uses.reads_columns(table, columns, schema);
            uses.write(Resource::Keys(root));
            uses.write(Resource::Relation(key(&table.sibling(name.clone()))));
            for (other, state) in schema.referencing(table) {
                let root = uses.table(&other.name, schema);
                uses.write(Resource::Constraint(root, state.name.clone()));
            }
        }
        ConstraintKind::Exclude { definition } => {
            stands_on_columns(uses, table, definition.as_str(), schema);
            uses.write(Resource::Relation(key(&table.sibling(name.clone()))));
        }
        ConstraintKind::Check { expression } => stands_on_columns(uses, table, expression.as_str(), schema),
        ConstraintKind::NotNull { .. } => {}
    }
}

/// An index or a check goes before its columns become something that it does not work with.
fn stands_on_columns(uses: &mut Uses, table: &QualifiedName, text: &str, schema: &Schema) {
    let root = uses.table(table, schema);
    let known = schema.table(table).into_iter().flat_map(|t| &t.columns).map(|c| &c.name);
    for column in known.filter(|name| mentions(text, name.as_str())) {
        uses.read(Resource::TypeOf(root.clone(), column.clone()));
    }
}

/// With a column go the constraints and indexes that read it, its sequence, and the foreign keys that point at it.
fn drops_column(uses: &mut Uses, table: &QualifiedName, column: &Ident, schema: &Schema) {
    uses.writes_column(table, column, schema);
    let root = uses.table(table, schema);
    if is_in_a_key(table, column, schema) {
        uses.write(Resource::Keys(root.clone()));
    }
    let mut after = schema.clone();
    after.apply(&Operation::DropColumn {
        table: table.clone().into(),
        column: column.clone(),
        if_exists: true,
        cascade: true,
    });
    let children = schema.children(table).into_iter().map(|t| t.name.clone());
    let pointing = schema.referencing(table).into_iter().map(|(t, _)| t.name.clone());
    for name in std::iter::once(table.clone()).chain(children).chain(pointing) {
        let own = uses.table(&name, schema);
        let constraints = schema.table(&name).into_iter().flat_map(|t| &t.constraints);
        for state in constraints.filter(|c| after.constraint(&name, &c.name).is_none()) {
            uses.write(Resource::Constraint(own.clone(), state.name.clone()));
        }
        for index in schema.indexes_of(&name).filter(|index| after.index(&index.name).is_none()) {
            uses.write(Resource::Relation(key(&index.name)));
        }
    }
    if let Some(sequence) = schema.column(table, column).and_then(|c| c.sequence.as_ref()) {
        uses.write(Resource::Relation(key(&table.sibling(sequence.clone()))));
    }
    for dependent in schema.dependents(table, column) {
        match &dependent.on {
            Some(_) => {
                uses.write(Resource::Policies(root.clone()));
                uses.write(Resource::Triggers(root.clone()));
            }
            None => uses.write(Resource::Relation(key(&dependent.name))),
        }
    }
    if is_no_matter_of_rows(table, column, schema, &after) {
        uses.is_no_matter_of_rows();
    }
}

/// Who changes rows without naming the column does the same before it goes and after: no rule looks at its values, and no
/// new row has to bring one.
fn is_no_matter_of_rows(table: &QualifiedName, column: &Ident, schema: &Schema, after: &Schema) -> bool {
    let (Some(state), Some(whole)) = (schema.column(table, column), schema.table(table)) else { return false };
    let has_value = state.default.is_some() || state.sequence.is_some() || state.generated.is_some();
    let is_computed = matches!(state.generated, Some(Generated::Stored(_) | Generated::Virtual(_)));
    let rules = |name: &QualifiedName| {
        schema.table(name).into_iter().flat_map(|t| &t.constraints).any(|c| after.constraint(name, &c.name).is_none())
    };
    let pointing = schema.referencing(table).into_iter().map(|(t, _)| &t.name);
    let simple =
        |index: &Index| !index.unique && index.predicate.is_none() && index.columns.iter().all(|c| c.column.is_some());
    let mut indexes = schema.indexes_of(table).filter(|index| after.index(&index.name).is_none());
    let goes_alone = after.table(table).is_some_and(|t| t.columns.iter().count() + 1 == whole.columns.iter().count());
    whole.columns_known
        && goes_alone
        && !in_tree(table, schema)
        && (!state.not_null || has_value)
        && !is_computed
        && !std::iter::once(table).chain(pointing).any(rules)
        && indexes.all(simple)
        && schema.dependents(table, column).is_empty()
}

/// A foreign key may stand on the column.
fn is_in_a_key(table: &QualifiedName, column: &Ident, schema: &Schema) -> bool {
    let known = schema.table(table).is_some_and(|t| t.columns_known);
    let mut unique = schema.indexes_of(table).filter(|index| index.unique);
    !known || unique.any(|index| index.columns.iter().any(|c| c.column.as_ref() == Some(column)))
}

fn on_columns(operation: &Operation, schema: &Schema, uses: &mut Uses) {
    use Resource::{Column, Constraint, Data, Default, Nullability};
    let Some(table) = operation.table().cloned() else {
        uses.barrier = true;
        return;
    };
    match operation {
        Operation::AddColumn { column, .. } => {
            uses.writes_column(&table, &column.name, schema);
            reads_definition(uses, column, schema);
            column.constraints.iter().for_each(|c| adds_constraint(uses, &table, c, schema));
            if column.is_serial() || column.is_identity() {
                let mut after = schema.clone();
                after.apply(operation);
                let sequence = after.column(&table, &column.name).and_then(|c| c.sequence.clone());
                let names = sequence.into_iter().map(|name| key(&table.sibling(name)));
                names.for_each(|name| uses.write(Resource::Relation(name)));
            }
        }
        Operation::SetDefault { column, .. } | Operation::DropDefault { column, .. } => {
            let root = uses.table(&table, schema);
            uses.write(Default(root.clone(), column.clone()));
            uses.read(Column(root, column.clone()));
            if let Operation::SetDefault { default, .. } = operation {
                uses.reads_default(default.as_str(), schema);
            }
            if let Some(state) = schema.column(&table, column) {
                uses.reads_type(&state.ty);
            }
        }
        Operation::SetNotNull { column, .. } | Operation::DropNotNull { column, .. } => {
            let root = uses.table(&table, schema);
            uses.write(Nullability(root.clone(), column.clone()));
            uses.read(Column(root.clone(), column.clone()));
            uses.read(Data(root.clone(), column.clone()));
            // What proves it must be proved itself.
            if let Some(check) = proving_check(schema, &table, column) {
                uses.read(Constraint(root, check.name.clone()));
            }
        }
        Operation::Backfill(backfill) => {
            let root = uses.table(&table, schema);
            uses.write(Data(root.clone(), backfill.column.clone()));
            uses.read(Column(root.clone(), backfill.column.clone()));
            uses.read(Default(root.clone(), backfill.column.clone()));
            uses.read(Resource::Triggers(root));
            uses.reads_columns(&table, &backfill.key, schema);
        }
        Operation::AddConstraint { constraint, .. } => adds_constraint(uses, &table, constraint, schema),
        Operation::ValidateConstraint { name, .. } | Operation::AlterConstraint { name, .. } => {
            let root = uses.table(&table, schema);
            uses.write(Constraint(root, name.clone()));
        }
        Operation::DropConstraint { name, .. } => drops_constraint(uses, &table, name, schema),
        Operation::RenameConstraint { name, to, .. } => {
            let root = uses.table(&table, schema);
            for name in [name, to] {
                uses.write(Constraint(root.clone(), name.clone()));
                uses.write(Resource::Relation(key(&table.sibling(name.clone()))));
            }
        }
        Operation::DropColumn { column, .. } => drops_column(uses, &table, column, schema),
        Operation::SetType { column, ty, using, .. } => {
            let root = uses.restructures(&table, schema);
            uses.write(Resource::TypeOf(root, column.clone()));
            uses.writes_column(&table, column, schema);
            uses.reads_type(ty);
            if let Some(using) = using {
                uses.reads_types_of_text(using.as_str(), schema);
            }
            if let Some(state) = schema.column(&table, column) {
                uses.reads_type(&state.ty);
            }
            drops_column_without_names(uses, &table, column, schema);
        }
        Operation::SetColumnAttribute { column, .. } => {
            let root = uses.restructures(&table, schema);
            uses.write(Column(root.clone(), column.clone()));
            uses.write(Default(root, column.clone()));
        }
        Operation::RenameColumn { .. } => {
            let root = uses.alone(&table, schema);
            uses.write(Resource::Structure(root));
        }
        Operation::SetTableAttribute { attribute, .. } => match attribute {
            TableAttribute::RowSecurity(_) => {
                let root = uses.table(&table, schema);
                uses.write(Resource::Policies(root));
            }
            TableAttribute::Inherit(parent) | TableAttribute::NoInherit(parent) => {
                uses.alone(&table, schema);
                uses.alone(parent, schema);
            }
            _ => drop(uses.alone(&table, schema)),
        },
        Operation::AttachPartition { partition, .. } | Operation::DetachPartition { partition, .. } => {
            uses.alone(&table, schema);
            uses.alone(partition, schema);
            names_keys_after_who_points_at(uses, &table, schema);
        }
        // Data and everything else: in place, nothing passes.
        Operation::CreateTable(_)
        | Operation::DropTable { .. }
        | Operation::RenameTable { .. }
        | Operation::SetSchema { .. }
        | Operation::CreateIndex(_)
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::AlterIndex { .. }
        | Operation::AttachIndex { .. }
        | Operation::Reindex { .. }
        | Operation::CreateEnum { .. }
        | Operation::AddEnumValue { .. }
        | Operation::RenameEnumValue { .. }
        | Operation::RenameType { .. }
        | Operation::DropType { .. }
        | Operation::CreateDomain { .. }
        | Operation::AlterDomain { .. }
        | Operation::CreateObject { .. }
        | Operation::AlterObject { .. }
        | Operation::DropObject { .. }
        | Operation::RefreshMaterializedView { .. }
        | Operation::Comment { .. }
        | Operation::Grant { .. }
        | Operation::Insert { .. }
        | Operation::Update { .. }
        | Operation::Delete { .. }
        | Operation::Truncate { .. }
        | Operation::Select { .. }
        | Operation::SetParameter { .. }
        | Operation::Transaction(_)
        | Operation::LockTable { .. }
        | Operation::Vacuum { .. }
        | Operation::Analyze { .. }
        | Operation::Cluster { .. }
        | Operation::Opaque { .. } => uses.barrier = true,
    }
}

/// A change of type makes indexes and constraints of the column anew: they must be what they are in the source's order.
fn drops_column_without_names(uses: &mut Uses, table: &QualifiedName, column: &Ident, schema: &Schema) {
    let mut dropped = Uses::default();
    drops_column(&mut dropped, table, column, schema);
    uses.writes.extend(dropped.writes);
}

/// True when `index` is a build that a foreign key should wait for: it leads with the key's own columns.
pub(super) fn serves_foreign_key(index: &Step, key: &Step) -> bool {
    let (Operation::CreateIndex(index), Operation::AddConstraint { table, constraint }) =
        (&index.operation, &key.operation)
    else {
        return false;
    };
    let ConstraintKind::ForeignKey(key) = &constraint.kind else { return false };
    let leading: Vec<_> = index.columns.iter().take(key.columns.len()).map(|c| c.column.as_ref()).collect();
    crate::schema::same(&index.table, table)
        && index.predicate.is_none()
        && leading.len() == key.columns.len()
        && key.columns.iter().all(|c| leading.contains(&Some(c)))
}
