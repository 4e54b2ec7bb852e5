//! Tables: `create_table` and its block, `create_join_table`, `drop_table`, `rename_table`.

use super::arguments::{hash_options, names as names_of, string};
use super::catalog;
use super::column::ColumnDefinition;
use super::comment;
use super::compatibility;
use super::constraint;
use super::context::{Context, Version};
use super::index;
use super::names::{cut, list, quoted, split, table};
use super::reference::Reference;
use super::sent::Sent;
use super::types;
use crate::framework::rails::value::{Arguments, BlockCall, Call, Value, Why};

/// The options of a table; those of its key follow.
const OPTIONS: &[&str] = &["temporary", "if_not_exists", "options", "as", "comment", "charset", "collation"];
const KEY_OPTIONS: &[&str] = &["limit", "default", "precision"];

/// A table as it is made.
struct TableDefinition<'a> {
    name: String,
    columns: Vec<ColumnDefinition>,
    primary_key: Vec<String>,
    indexes: Vec<Arguments>,
    foreign_keys: Vec<String>,
    checks: Vec<String>,
    exclusions: Vec<String>,
    uniques: Vec<String>,
    /// The version whose table it is: that of the brackets inside of their block.
    bracket: Version,
    context: Context<'a>,
}

impl<'a> TableDefinition<'a> {
    fn new(name: &str, context: &Context<'a>) -> Self {
        TableDefinition {
            name: name.to_owned(),
            columns: Vec::new(),
            primary_key: Vec::new(),
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            exclusions: Vec::new(),
            uniques: Vec::new(),
            bracket: context.rails,
            context: *context,
        }
    }

    /// The context of a call in its block.
    fn inside(&self) -> Context<'a> {
        Context { bracket: self.bracket, ..self.context }
    }

    fn column(&mut self, name: &str, ty: &str, mut options: Arguments) -> Result<(), Why> {
        compatibility::column_in_table(&mut options, &self.inside());
        let index = options.take("index").unwrap_or(Value::Nil);
        let column = ColumnDefinition::new(name, ty, options, self.bracket, &self.context)?;
        match self.columns.iter_mut().find(|own| own.name == name) {
            // The last one counts.
            Some(own) if self.bracket < Version(6, 0) && !self.context.runs_before(7, 0) => *own = column,
            Some(_) => return Err(format!("column {name} twice")),
            None => self.columns.push(column),
        }
        if index.is_true() {
            self.index(Value::Symbol(name.to_owned()), hash_options(&index)?)?;
        }
        Ok(())
    }

    fn index(&mut self, columns: Value, options: Arguments) -> Result<(), Why> {
        let mut index = options;
        index::name_in_bracket(&self.name, &mut index, &columns, &self.inside())?;
        index.positional = vec![string(&self.name), columns];
        self.indexes.push(index);
        Ok(())
    }

    fn foreign_key(&mut self, to: &str, options: &Arguments) -> Result<(), Why> {
        self.foreign_keys.push(constraint::foreign_key(&self.name, to, options, true, &self.context)?);
        Ok(())
    }

    fn references(&mut self, arguments: &Arguments) -> Result<(), Why> {
        let mut options = arguments.options();
        compatibility::reference_in_table(&mut options, &self.inside());
        for name in &arguments.positional {
            let name = name.name().ok_or_else(|| format!("a reference is {}", name.kind()))?;
            let reference = Reference::new(&self.name, name, &options, &self.context)?;
            let columns = reference.column_names();
            for (column, ty, options) in reference.columns {
                self.column(&column, &ty, options)?;
            }
            if let Some(options) = reference.index {
                self.index(columns, options)?;
            }
            if let Some((to, options)) = reference.foreign_key {
                self.foreign_key(&to, &options)?;
            }
        }
        Ok(())
    }

    fn primary_key(&mut self, name: &str, ty: &str, mut options: Arguments) -> Result<(), Why> {
        if ty == "uuid" && !options.has("default") {
            options.set("default", string("gen_random_uuid()"));
        }
        let ty = if ty == "primary_key" && self.bracket < Version(5, 1) { "integer" } else { ty };
        options.set("primary_key", Value::Boolean(true));
        self.column(name, ty, options)
    }

    /// A call in its block.
    fn call(&mut self, call: &BlockCall) -> Result<(), Why> {
        let arguments = &call.arguments;
        if let Some(unknown) = arguments.unknown() {
            return Err(unknown.to_owned());
        }
        let options = arguments.options();
        match call.method.as_str() {
            "column" => {
                arguments.at_most(2)?;
                self.column(arguments.name_at(0, "the column")?, arguments.name_at(1, "the type")?, options)
            }
            "references" | "belongs_to" => self.references(arguments),
            "timestamps" => {
                arguments.at_most(0)?;
                let mut options = options;
                compatibility::timestamps(&mut options, &self.inside());
                if *options.option("null") == Value::Nil {
                    options.set("null", Value::Boolean(false));
                }
                if !options.has("precision") {
                    options.set("precision", Value::Number("6".to_owned()));
                }
                self.column("created_at", "datetime", options.clone())?;
                self.column("updated_at", "datetime", options)
            }
            "index" => {
                arguments.at_most(1)?;
                self.index(arguments.positional.first().cloned().ok_or("no columns")?, options)
            }
            "foreign_key" => {
                arguments.at_most(1)?;
                self.foreign_key(arguments.name_at(0, "the other table")?, &options)
            }
            "check_constraint" => {
                self.checks.push(constraint::check(&self.name, arguments.name_at(0, "the expression")?, &options)?);
                Ok(())
            }
            "exclusion_constraint" if !self.context.runs_before(7, 1) => {
                let expression = arguments.name_at(0, "the expression")?;
                self.exclusions.push(constraint::exclusion(&self.name, expression, &options, &self.context)?);
                Ok(())
            }
            "unique_constraint" if !self.context.runs_before(7, 1) => {
                let columns = arguments.positional.first().unwrap_or(&Value::Nil);
                self.uniques.push(constraint::unique(&self.name, columns, &options, &self.context)?);
                Ok(())
            }
            "primary_key" => {
                arguments.at_most(2)?;
                let ty = arguments.positional.get(1).map_or(Ok("primary_key"), |_| arguments.name_at(1, "the type"))?;
                self.primary_key(arguments.name_at(0, "the column")?, ty, options)
            }
            "remove_column" => {
                let name = arguments.name_at(0, "the column")?;
                self.columns.retain(|own| own.name != name);
                Ok(())
            }
            method => {
                let ty = types::of_method(method, &self.context).ok_or_else(|| format!("t.{method}"))?;
                if arguments.positional.is_empty() {
                    return Err("no column".to_owned());
                }
                for name in &arguments.positional {
                    let name = name.name().ok_or_else(|| format!("a column is {}", name.kind()))?;
                    self.column(name, ty, options.clone())?;
                }
                Ok(())
            }
        }
    }

    fn sql(&self, arguments: &Arguments) -> Result<String, Why> {
        let mut sql = String::from("CREATE");
        if arguments.is_on("temporary") {
            sql += " TEMPORARY";
        }
        sql += " TABLE ";
        if arguments.is_on("if_not_exists") {
            sql += "IF NOT EXISTS ";
        }
        sql += &table(&self.name);
        let mut parts: Vec<String> =
            self.columns.iter().map(|column| column.sql(&self.context)).collect::<Result<_, _>>()?;
        if !self.primary_key.is_empty() {
            parts.push(format!("PRIMARY KEY ({})", list(&self.primary_key)));
        }
        for more in [&self.foreign_keys, &self.checks, &self.exclusions, &self.uniques] {
            parts.extend(more.iter().cloned());
        }
        sql += " ";
        if !parts.is_empty() {
            sql += &format!("({})", parts.join(", "));
        }
        if let Some(options) = arguments.text("options")? {
            sql += &format!(" {options}");
        }
        if let Some(query) = arguments.text("as")? {
            sql += &format!(" AS {query}");
        }
        Ok(sql.trim_end().to_owned())
    }
}

/// `create_table(table, …) { |t| … }`. `first` are references that stand before what the block makes.
pub(super) fn create(call: &Call, first: &[BlockCall], context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    let mut arguments = call.arguments.clone();
    arguments.at_most(1)?;
    let name = arguments.name_at(0, "the table")?.to_owned();
    let skips = arguments.take("_skip_validate_options").is_some() || context.runs_before(7, 1);
    let id = arguments.take("id").unwrap_or(Value::Symbol("primary_key".to_owned()));
    let key = arguments.take("primary_key").unwrap_or(Value::Nil);
    let force = arguments.take("force").unwrap_or(Value::Nil);
    if !skips {
        arguments.only(&[OPTIONS, KEY_OPTIONS].concat())?;
    }
    let mut definition = TableDefinition::new(&name, context);
    if id.is_true() && !arguments.is_on("as") {
        // The other options are those of the key.
        let mut options = arguments.without(OPTIONS).options();
        let mut ty = id.clone();
        if let Value::Hash(_) = id {
            let mut own = hash_options(&id)?;
            ty = own.take("type").unwrap_or(Value::Symbol("primary_key".to_owned()));
            for (name, value) in own.named {
                options.set(&name, value);
            }
        }
        if skips {
            options.set("_skip_validate_options", Value::Boolean(true));
        }
        let ty = match &ty {
            Value::Boolean(true) => "true",
            ty => ty.name().ok_or_else(|| format!("id is {}", ty.kind()))?,
        };
        match &key {
            Value::Array(_) => definition.primary_key = names_of(&key, "primary_key")?,
            Value::Nil => definition.primary_key("id", ty, options)?,
            key => {
                let key = key.name().ok_or_else(|| format!("primary_key is {}", key.kind()))?;
                definition.primary_key(key, ty, options)?;
            }
        }
    }
    for call in first {
        definition.call(call)?;
    }
    definition.bracket = context.bracket;
    for call in call.block.iter().flatten() {
        definition.call(call).map_err(|why| format!("{}: {why}", call.method))?;
    }
    let mut sent = Vec::new();
    if force.is_true() {
        let cascade = matches!(&force, Value::Symbol(force) if force == "cascade");
        sent.push(Sent::always(dropped(&[&name], true, cascade)));
    }
    sent.push(Sent::always(definition.sql(&arguments)?));
    for mut index in std::mem::take(&mut definition.indexes) {
        index.set("if_not_exists", arguments.option("if_not_exists").clone());
        sent.extend(index::add(&index, context)?);
    }
    if arguments.text("comment")?.is_some_and(|comment| !comment.trim().is_empty()) {
        sent.push(comment::table_comment(&name, arguments.option("comment"))?);
    }
    for own in &definition.columns {
        if own.options.text("comment")?.is_some_and(|comment| !comment.trim().is_empty()) {
            sent.push(comment::column_comment(&name, &own.name, own.options.option("comment"))?);
        }
    }
    Ok(sent)
}

/// `create_join_table(one, other, …) { |t| … }`.
pub(super) fn create_join(call: &Call, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    let mut arguments = call.arguments.clone();
    arguments.at_most(2)?;
    let name = join_name(&mut arguments)?;
    let mut options = hash_options(&arguments.take("column_options").unwrap_or(Value::Nil))?;
    for (option, value) in [("null", false), ("index", false)] {
        if !options.has(option) {
            options.set(option, Value::Boolean(value));
        }
    }
    let reference = |at: usize| -> Result<BlockCall, Why> {
        let table = arguments.name_at(at, "a table")?;
        let table = if context.runs_before(7, 1) { table.to_owned() } else { split(table).1 };
        let name = Value::Symbol(context.inflections.singular(&table));
        let arguments = Arguments { positional: vec![name], named: options.named.clone() };
        Ok(BlockCall { method: "references".to_owned(), arguments, span: call.span })
    };
    let first = [reference(0)?, reference(1)?];
    let mut arguments = Arguments { positional: vec![Value::Symbol(name)], named: arguments.named };
    arguments.set("id", Value::Boolean(false));
    create(&Call { arguments, ..call.clone() }, &first, context)
}

/// The name of a join table: that of both, with what they begin with alike only once.
fn join_name(arguments: &mut Arguments) -> Result<String, Why> {
    if let Some(name) = arguments.take("table_name").filter(|name| *name != Value::Nil) {
        return name.name().map(str::to_owned).ok_or_else(|| format!("table_name is {}", name.kind()));
    }
    let mut both = [arguments.name_at(0, "a table")?, arguments.name_at(1, "a table")?];
    both.sort_unstable();
    let [first, second] = both;
    // `/^(.*[._])(.+)\0\1(.+)/`
    let shared = first.char_indices().rev().filter(|(_, c)| matches!(c, '.' | '_')).map(|(at, _)| at + 1);
    let mut shared = shared.filter(|at| first.len() > *at);
    let at = shared.find(|at| second.len() > *at && second.starts_with(&first[..*at])).unwrap_or(0);
    Ok(format!("{first}_{}", &second[at..]))
}

/// `drop_join_table(one, other, …)`.
pub(super) fn drop_join(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    let mut arguments = arguments.clone();
    arguments.at_most(2)?;
    let name = join_name(&mut arguments)?;
    // Until 7.1 its options are not passed on.
    let named = if context.runs_before(7, 1) { Vec::new() } else { arguments.named };
    drop(&Arguments { positional: vec![Value::Symbol(name)], named }, context)
}

fn dropped(names: &[&str], if_exists: bool, cascade: bool) -> String {
    let names = names.iter().map(|name| table(name)).collect::<Vec<_>>().join(", ");
    let if_exists = if if_exists { "IF EXISTS " } else { "" };
    format!("DROP TABLE {if_exists}{names}{}", if cascade { " CASCADE" } else { "" })
}

/// `drop_table(table, …)`; several since 8.0.
pub(super) fn drop(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    if context.runs_before(8, 0) {
        arguments.at_most(1)?;
    }
    let names = names_of(&Value::Array(arguments.positional.clone()), "a table")?;
    if names.is_empty() {
        return Err("no table".to_owned());
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let cascade = matches!(arguments.option("force"), Value::Symbol(force) if force == "cascade");
    Ok(vec![Sent::always(dropped(&names, arguments.is_on("if_exists"), cascade))])
}

/// `rename_table(table, new)`: with the index of its key, the sequence of its key and the indexes that are named after it.
pub(super) fn rename(arguments: &Arguments, context: &Context<'_>) -> Result<Vec<Sent>, Why> {
    arguments.at_most(2)?;
    let (name, new) = (arguments.name_at(0, "the table")?, arguments.name_at(1, "the new name")?);
    let mut sent = vec![Sent::always(format!("ALTER TABLE {} RENAME TO {}", table(name), table(new)))];
    if let Some((key, sequence)) = catalog::key_and_sequence(name, context)? {
        let (old_key, new_key) = (short(name, "_pkey", context), short(new, "_pkey", context));
        sent.push(Sent::always(format!("ALTER INDEX {} RENAME TO {}", table(&old_key), table(&new_key))));
        let ending = format!("_{key}_seq");
        if sequence.is_some_and(|sequence| sequence == short(name, &ending, context)) {
            let schema = split(name).0.map(|schema| format!("{}.", quoted(&schema))).unwrap_or_default();
            let (old, new) = (short(name, &ending, context), short(new, &ending, context));
            sent.push(Sent::always(format!("ALTER TABLE {schema}{} RENAME TO {}", quoted(&old), table(&new))));
        }
    }
    let is_old = arguments.is_on("_uses_legacy_index_name");
    sent.extend(index::renamed_with_table(name, new, is_old, context)?);
    Ok(sent)
}

/// A name that begins with the table's; shortened since 7.1.
fn short(name: &str, ending: &str, context: &Context<'_>) -> String {
    match context.runs_before(7, 1) {
        true => format!("{name}{ending}"),
        false => format!("{}{ending}", cut(name, ending)),
    }
}
