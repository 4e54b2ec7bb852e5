//! What is called on the table of a `change_table` block, as the calls on the connection that it makes.

use super::arguments::{hash_options, string};
use super::compatibility;
use super::context::Context;
use super::index;
use super::types;
use crate::framework::rails::value::{Arguments, BlockCall, Call, Receiver, Value, Why};

/// A call in the block of a table.
pub(super) struct TableCall<'c> {
    /// The table's name.
    pub table: &'c str,
    /// The call.
    pub call: &'c BlockCall,
    /// Who runs it.
    pub context: &'c Context<'c>,
}

impl TableCall<'_> {
    /// The calls on the connection that it makes.
    ///
    /// # Errors
    /// What it cannot be called with, or that it is no method of a table.
    pub(super) fn on_connection(&self) -> Result<Vec<Call>, Why> {
        let (method, options) = (self.call.method.as_str(), self.call.arguments.options());
        if let Some(why) = self.refused(&options) {
            return Err(why.to_owned());
        }
        if let Some(own) = same_on_connection(method, self.context) {
            return self.one(own, options);
        }
        match method {
            "column" => match self.positional() {
                [column, ty] => self.add_column(column, ty, options),
                _ => Err("a column and a type".to_owned()),
            },
            "index" | "timestamps" | "change" | "remove_foreign_key" => self.with_other_options(options),
            "references" | "belongs_to" | "remove_references" | "remove_belongs_to" => Ok(self.references(options)),
            "remove_column" | "remove_columns" => Err("no method of a table".to_owned()),
            "primary_key" => self.primary_key(options),
            _ => self.columns_of_type(&options),
        }
    }

    fn positional(&self) -> &[Value] {
        &self.call.arguments.positional
    }

    /// A call with the table before what it is called with.
    fn command(&self, method: &str, positional: &[Value], options: Arguments) -> Call {
        let positional = std::iter::once(string(self.table)).chain(positional.iter().cloned()).collect();
        let arguments = Arguments { positional, named: options.named };
        let span = self.call.span;
        Call { method: method.to_owned(), receiver: Receiver::Connection, arguments, block: None, span }
    }

    fn one(&self, method: &str, options: Arguments) -> Result<Vec<Call>, Why> {
        Ok(vec![self.command(method, self.positional(), options)])
    }

    /// Options that the method of a table does not take, or does not pass on as what they are, in the Rails that runs.
    fn refused(&self, options: &Arguments) -> Option<&'static str> {
        let (method, context) = (self.call.method.as_str(), self.context);
        let takes_conditions = matches!(
            method,
            "check_constraint"
                | "remove_check_constraint"
                | "change_default"
                | "change_null"
                | "rename"
                | "remove_timestamps"
        );
        if !context.is_before(7, 1) && !takes_conditions && (options.has("if_exists") || options.has("if_not_exists")) {
            return Some("option if_exists or if_not_exists");
        }
        // Some did not pass them on when they were new.
        let lost_options = match method {
            "check_constraint" | "remove_check_constraint" => context.runs_before(7, 0),
            method if method.ends_with("_constraint") => context.runs_before(8, 0),
            _ => false,
        };
        (lost_options && !options.named.is_empty()).then_some("options that are not passed on")
    }

    /// A method whose options mean something else under older versions, or get more.
    fn with_other_options(&self, mut options: Arguments) -> Result<Vec<Call>, Why> {
        match self.call.method.as_str() {
            "index" => {
                let columns = self.positional().first().ok_or("no columns")?;
                index::name_in_bracket(self.table, &mut options, columns, self.context)?;
                self.one("add_index", options)
            }
            "timestamps" => {
                compatibility::timestamps(&mut options, self.context);
                self.one("add_timestamps", options)
            }
            "change" => {
                compatibility::column_in_table(&mut options, self.context);
                self.one("change_column", options)
            }
            method => {
                if self.context.is_before(8, 1) {
                    options.set("_skip_column_match", Value::Boolean(true));
                }
                self.one(method, options)
            }
        }
    }

    /// A call for each of the names.
    fn references(&self, mut options: Arguments) -> Vec<Call> {
        let method = match self.call.method.starts_with("remove_") {
            true => "remove_reference",
            false => {
                compatibility::reference_in_table(&mut options, self.context);
                "add_reference"
            }
        };
        let of = |name: &Value| self.command(method, std::slice::from_ref(name), options.clone());
        self.positional().iter().map(of).collect()
    }

    fn add_column(&self, column: &Value, ty: &Value, mut options: Arguments) -> Result<Vec<Call>, Why> {
        compatibility::column_in_table(&mut options, self.context);
        let index = options.take("index").unwrap_or(Value::Nil);
        let mut commands = vec![self.command("add_column", &[column.clone(), ty.clone()], options)];
        if index.is_true() {
            let mut options = hash_options(&index)?;
            index::name_in_bracket(self.table, &mut options, column, self.context)?;
            commands.push(self.command("add_index", std::slice::from_ref(column), options));
        }
        Ok(commands)
    }

    fn primary_key(&self, mut options: Arguments) -> Result<Vec<Call>, Why> {
        let column = self.positional().first().ok_or("no column")?;
        let ty = self.positional().get(1).cloned().unwrap_or(Value::Symbol("primary_key".to_owned()));
        if ty.name() == Some("uuid") && !options.has("default") {
            options.set("default", string("gen_random_uuid()"));
        }
        let is_old = self.context.is_before(5, 1) && ty.name() == Some("primary_key");
        let ty = if is_old { Value::Symbol("integer".to_owned()) } else { ty };
        options.set("primary_key", Value::Boolean(true));
        self.add_column(column, &ty, options)
    }

    /// `t.string :a, :b`
    fn columns_of_type(&self, options: &Arguments) -> Result<Vec<Call>, Why> {
        let ty = types::of_method(&self.call.method, self.context).ok_or("no method of a table")?;
        let ty = Value::Symbol(ty.to_owned());
        if self.positional().is_empty() {
            return Err("no column".to_owned());
        }
        let mut commands = Vec::new();
        for column in self.positional() {
            commands.extend(self.add_column(column, &ty, options.clone())?);
        }
        Ok(commands)
    }
}

/// The method of the connection that takes the same.
fn same_on_connection(method: &str, context: &Context<'_>) -> Option<&'static str> {
    Some(match method {
        "rename_index" => "rename_index",
        "change_default" => "change_column_default",
        "change_null" => "change_column_null",
        "remove" => "remove_columns",
        "remove_index" => "remove_index",
        "remove_timestamps" => "remove_timestamps",
        "rename" => "rename_column",
        "foreign_key" => "add_foreign_key",
        "check_constraint" => "add_check_constraint",
        "remove_check_constraint" => "remove_check_constraint",
        "exclusion_constraint" if !context.runs_before(7, 1) => "add_exclusion_constraint",
        "unique_constraint" if !context.runs_before(7, 1) => "add_unique_constraint",
        "remove_exclusion_constraint" if !context.runs_before(7, 1) => "remove_exclusion_constraint",
        "remove_unique_constraint" if !context.runs_before(7, 1) => "remove_unique_constraint",
        "validate_constraint" if !context.runs_before(7, 2) => "validate_constraint",
        "validate_check_constraint" if !context.runs_before(7, 2) => "validate_check_constraint",
        _ => return None,
    })
}
