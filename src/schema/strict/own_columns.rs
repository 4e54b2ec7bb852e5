//! The columns that a table has or would have, as the constraints and expressions on it see them.

use super::*;
use crate::operation::{ColumnDefinition, CreateTable, SqlFragment, TypeName};
use crate::schema::same;
use crate::sql::expression;

type TypeOf<'a> = Box<dyn Fn(&Ident) -> Option<&'a TypeName> + 'a>;

/// They.
pub(super) struct OwnColumns<'a> {
    pub table: &'a QualifiedName,
    /// No other column is there.
    all_known: bool,
    /// The columns of its primary key.
    pub primary: &'a [Ident],
    type_of: TypeOf<'a>,
}

impl Schema {
    /// Of a table that is there.
    pub(super) fn own_columns<'a>(&'a self, table: &'a QualifiedName) -> OwnColumns<'a> {
        let state = self.table(table);
        let is_table = state.is_some_and(|t| matches!(t.kind, RelationKind::Table | RelationKind::Partitioned));
        OwnColumns {
            table,
            all_known: is_table && state.is_some_and(|t| t.columns_known),
            primary: state.and_then(Table::primary_key).unwrap_or_default(),
            type_of: Box::new(move |name| state.and_then(|t| t.columns.get(name)).map(|column| &column.ty)),
        }
    }

    /// The same with a column that comes.
    pub(super) fn own_columns_and<'a>(
        &'a self,
        table: &'a QualifiedName,
        column: &'a ColumnDefinition,
    ) -> OwnColumns<'a> {
        let own = self.own_columns(table);
        let before = own.type_of;
        let type_of = move |name: &Ident| if *name == column.name { Some(&column.ty) } else { before(name) };
        OwnColumns { type_of: Box::new(type_of), ..own }
    }

    /// Of a table that is made.
    pub(super) fn own_columns_of_new<'a>(&'a self, create: &'a CreateTable, primary: &'a [Ident]) -> OwnColumns<'a> {
        let known = |name: &QualifiedName| self.table(name).is_some_and(|table| table.columns_known);
        let defined = |name: &Ident| create.columns.iter().find(|column| column.name == *name).map(|column| &column.ty);
        let of_source = |name: &Ident| create.sources().find_map(|source| self.column(source, name)).map(|c| &c.ty);
        OwnColumns {
            table: &create.name,
            all_known: !create.as_query && create.sources().all(known),
            primary,
            type_of: Box::new(move |name| defined(name).or_else(|| of_source(name))),
        }
    }
}

impl<'a> OwnColumns<'a> {
    /// The type of a column, where it is known.
    pub(super) fn type_of(&self, column: &Ident) -> Option<&'a TypeName> {
        (self.type_of)(column)
    }

    /// All of these columns are there.
    pub(super) fn has(&self, columns: &[Ident]) -> Applies {
        match columns.iter().find(|column| self.lacks(column)) {
            Some(column) => {
                refused(UNDEFINED_COLUMN, format!("column {column} of relation {} does not exist", self.table))
            }
            None => Ok(()),
        }
    }

    fn lacks(&self, column: &Ident) -> bool {
        self.all_known && self.type_of(column).is_none()
    }

    /// A word that stands where a column could.
    pub(super) fn is_no_column(&self, name: &Ident) -> bool {
        !name.is_quoted() && NO_COLUMNS.contains(&name.as_str())
    }

    /// The columns that an expression reads are there.
    pub(super) fn has_what_is_read_by(&self, expression: &SqlFragment) -> Applies {
        // Behind a value in parentheses stands a field of it.
        if !self.all_known || expression.as_str().contains(").") {
            return Ok(());
        }
        let columns = expression::parse(expression).map(|read| read.columns()).unwrap_or_default();
        let lacks = |name: &Ident| !self.is_no_column(name) && *name != self.table.name && self.lacks(name);
        match columns.into_iter().find(lacks) {
            Some(name) => refused(UNDEFINED_COLUMN, format!("column {name} does not exist")),
            None => Ok(()),
        }
    }

    /// The foreign key points at the table itself.
    pub(super) fn is_referenced_by(&self, fk: &crate::operation::ForeignKey) -> bool {
        same(&fk.references, self.table)
    }
}

/// Words that stand where a column could: a table's own system columns, and what is called without parentheses.
const NO_COLUMNS: &[&str] = &[
    "cmax",
    "cmin",
    "ctid",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "localtime",
    "localtimestamp",
    "session_user",
    "system_user",
    "tableoid",
    "user",
    "value",
    "xmax",
    "xmin",
];
