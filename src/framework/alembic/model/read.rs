//! Model classes and tables, as far as they are written out in the files of a project.

use std::rc::Rc;

use camino::Utf8Path;

use super::super::python::{
    Argument, Clause, Expression, ExpressionKind, Header, Module, Star, Statement, StatementKind,
};
use super::super::scope::{Names, Scope};
use super::super::value::Value;
use crate::source::{ByteSpan, SourceFile};

/// What describes a table, or a part of one: a class, or a call of `Table`.
#[derive(Debug)]
pub(super) struct Described<'a> {
    pub file: &'a File,
    /// Where it begins.
    pub at: usize,
    /// The class.
    pub class: Option<String>,
    /// The classes that it is made from, each with its full path.
    pub bases: Vec<String>,
    pub name: Name,
    pub schema: Option<String>,
    pub columns: Vec<Column>,
    /// What cannot be read, and where.
    pub unread: Vec<(usize, &'static str)>,
}

/// What says which table it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// Its name.
    Said(String),
    /// Something that is computed.
    Computed,
    /// Its class, or another one.
    Nothing {
        /// It is a table of its own, whose name comes of the class.
        is_table: bool,
    },
}

/// A column.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// Its name in the database.
    pub name: String,
    /// Where it stands.
    pub at: usize,
    /// How it gets its name.
    pub named: Named,
}

/// How a column gets its name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// By a string there.
    By(ByteSpan),
    /// By the attribute; the arguments of its call begin there.
    Attribute(usize),
    /// By the attribute, whose annotation ends there and says all.
    Annotation(usize),
    /// In a way that is not followed.
    Otherwise,
}

/// A file that may have models in it.
#[derive(Debug)]
pub(super) struct File {
    pub source: SourceFile,
    /// `None` where it cannot be read.
    module: Option<Module>,
}

impl File {
    /// The files of a project without its revisions, which describe tables as well.
    pub fn of(files: &[(camino::Utf8PathBuf, String)]) -> Vec<File> {
        let is_model = |text: &str| !text.lines().any(|line| line.starts_with("down_revision"));
        let models = files.iter().filter(|(_, text)| is_model(text));
        models
            .map(|(path, text)| File {
                source: SourceFile::new(path.clone(), text.clone()),
                module: Module::read(text).ok(),
            })
            .collect()
    }

    pub fn path(&self) -> &Utf8Path {
        &self.source.path
    }

    /// It cannot be read at all.
    pub fn is_unread(&self) -> bool {
        self.module.is_none()
    }

    /// What it describes.
    pub fn described(&self) -> Vec<Described<'_>> {
        let Some(module) = &self.module else { return Vec::new() };
        let text = self.source.text.as_str();
        let scope = Scope::of_module(text, module, &Rc::default());
        let reader = Reader { file: self, names: Names { file: text, scopes: std::slice::from_ref(&scope), depth: 0 } };
        let mut found = Vec::new();
        module.body.iter().for_each(|statement| reader.statement(statement, &mut found));
        found
    }
}

struct Reader<'s, 'a> {
    file: &'a File,
    names: Names<'s, 'a>,
}

/// What makes a column.
const COLUMN: [&str; 2] = ["Column", "mapped_column"];
/// What is an attribute of a class and no column.
const NO_COLUMN: [&str; 8] = [
    "relationship",
    "dynamic_loader",
    "synonym",
    "association_proxy",
    "composite",
    "column_property",
    "hybrid_property",
    "aliased",
];

impl<'a> Reader<'_, 'a> {
    fn text(&self) -> &'a str {
        self.file.source.text.as_str()
    }

    fn statement(&self, statement: &'a Statement, found: &mut Vec<Described<'a>>) {
        let clauses = statement.clauses();
        if let [clause @ Clause { header: Header::Class(name, bases), .. }] = clauses {
            found.push(self.class(clause, *name, bases));
        } else if clauses.is_empty() {
            statement.expressions(&mut |expression| found.extend(self.table(expression)));
            self.attribute_of_class(statement, found);
        }
        for inner in clauses.iter().flat_map(|clause| &clause.body) {
            self.statement(inner, found);
        }
    }

    fn nothing(&self, at: usize) -> Described<'a> {
        Described {
            file: self.file,
            at,
            class: None,
            bases: Vec::new(),
            name: Name::Nothing { is_table: false },
            schema: None,
            columns: Vec::new(),
            unread: Vec::new(),
        }
    }

    fn class(&self, clause: &'a Clause, name: ByteSpan, bases: &'a [Argument]) -> Described<'a> {
        let text = self.text();
        let mut class = self.nothing(name.start);
        class.class = Some(name.slice(text).to_owned());
        class.bases = bases.iter().filter(|base| base.name.is_none()).map(|base| self.base(&base.value)).collect();
        let is_sqlmodel = bases.iter().any(|base| base.name.is_some_and(|name| name.slice(text) == "table"));
        let (mut is_mapped, mut is_abstract) = (is_sqlmodel, false);
        for statement in &clause.body {
            match &statement.kind {
                StatementKind::Assign { targets, annotation, value } => {
                    for target in targets.iter().filter(|target| target.kind == ExpressionKind::Name) {
                        let attribute = target.span.slice(text);
                        match (attribute, value) {
                            ("__tablename__", Some(value)) => class.name = self.name(value),
                            ("__abstract__", Some(value)) => is_abstract = value.span.slice(text) == "True",
                            ("__table_args__", Some(value)) => class.schema = self.schema(value),
                            ("__table__", _) => class.name = Name::Nothing { is_table: false },
                            (dunder, _) if dunder.starts_with("__") => {}
                            _ => {
                                is_mapped |= self.is_mapped(annotation.as_ref(), value.as_ref());
                                let at = target.span.start;
                                self.attribute(&mut class, (attribute, at), annotation.as_ref(), value.as_ref());
                            }
                        }
                    }
                }
                _ => self.method(&mut class, statement),
            }
        }
        if class.name == (Name::Nothing { is_table: false }) {
            class.name = Name::Nothing { is_table: is_mapped && !is_abstract };
        }
        class
    }

    /// A method that gives the class a column or its name.
    fn method(&self, class: &mut Described<'a>, statement: &'a Statement) {
        let text = self.text();
        let [Clause { header: Header::Function { name, .. }, decorators, .. }] = statement.clauses() else {
            if !statement.clauses().is_empty() && self.has_columns(statement) {
                class.unread.push((statement.span.start, "columns under a condition"));
            }
            return;
        };
        let is_declared = |decorator: &Expression| decorator.span.slice(text).contains("declared_attr");
        // in the annotated form its name stands behind a dot: `@declared_attr.directive`
        if !decorators.iter().any(is_declared) && !self.is_declared_before(statement) {
            return;
        }
        match name.slice(text) {
            "__tablename__" if class.name == (Name::Nothing { is_table: false }) => class.name = Name::Computed,
            name if name.starts_with("__") => {}
            attribute => {
                let at = name.start;
                class.columns.push(Column { name: attribute.to_owned(), at, named: Named::Otherwise });
                statement.expressions(&mut |expression| class.columns.extend(self.named_column(expression)));
            }
        }
    }

    /// The line before it is such a decorator, which reads as a statement of its own.
    fn is_declared_before(&self, statement: &Statement) -> bool {
        let before = self.text()[..statement.span.start].trim_end();
        before
            .rsplit('\n')
            .next()
            .is_some_and(|line| line.trim_start().starts_with("@declared_attr") || line.contains(".declared_attr"))
    }

    fn has_columns(&self, statement: &Statement) -> bool {
        let mut has = false;
        statement.expressions(&mut |expression| has |= self.is_call_of(expression, &COLUMN));
        has
    }

    /// `Class.column = Column(…)`.
    fn attribute_of_class(&self, statement: &'a Statement, found: &mut Vec<Described<'a>>) {
        let StatementKind::Assign { targets, value: Some(value), .. } = &statement.kind else { return };
        for target in targets {
            let ExpressionKind::Attribute(of, name) = &target.kind else { continue };
            if of.kind == ExpressionKind::Name && self.is_mapped(None, Some(value)) {
                let mut class = self.nothing(target.span.start);
                class.class = Some(of.span.slice(self.text()).to_owned());
                self.attribute(&mut class, (name.slice(self.text()), name.start), None, Some(value));
                found.push(class);
            }
        }
    }

    /// It says that the class is one with a table.
    fn is_mapped(&self, annotation: Option<&Expression>, value: Option<&'a Expression>) -> bool {
        let is_mapped = |annotation: &Expression| annotation.span.slice(self.text()).contains("Mapped[");
        annotation.is_some_and(is_mapped) || value.is_some_and(|value| self.call_in(value, &COLUMN).is_some())
    }

    fn attribute(
        &self,
        class: &mut Described<'a>,
        (attribute, at): (&str, usize),
        annotation: Option<&'a Expression>,
        value: Option<&'a Expression>,
    ) {
        let own = |named| Column { name: attribute.to_owned(), at, named };
        let Some(value) = value else {
            let named = annotation.map_or(Named::Otherwise, |annotation| Named::Annotation(annotation.span.end));
            class.columns.push(own(named));
            return;
        };
        if let Some(call) = self.call_in(value, &COLUMN) {
            let column = self.named_column(call);
            let ExpressionKind::Call(function, arguments) = &call.kind else { return };
            if arguments.iter().any(|argument| argument.star != Star::None) {
                class.unread.push((at, "a column with computed arguments"));
            }
            class.columns.push(column.unwrap_or_else(|| own(Named::Attribute(self.arguments_of(function)))));
        } else if self.call_in(value, &NO_COLUMN).is_none() {
            // A helper may make a column, under any name that stands there.
            let mut names = vec![own(Named::Otherwise)];
            value.walk(&mut |part| {
                if let Some(name) = self.string(part) {
                    names.push(Column { name, at: part.span.start, named: Named::Otherwise });
                }
            });
            class.columns.extend(names);
        }
    }

    /// Where the arguments of a call begin.
    fn arguments_of(&self, function: &Expression) -> usize {
        let end = function.span.end;
        self.text()[end..].find('(').map_or(end, |at| end + at + 1)
    }

    /// The column that a call says the name of.
    fn named_column(&self, call: &Expression) -> Option<Column> {
        let ExpressionKind::Call(_, arguments) = &call.kind else { return None };
        if !self.is_call_of(call, &COLUMN) {
            return None;
        }
        let is_name = |argument: &&Argument| {
            argument.name.is_some_and(|name| matches!(name.slice(self.text()), "name" | "__name_pos"))
        };
        let first = arguments.first().filter(|first| first.name.is_none() && first.star == Star::None);
        let value = arguments.iter().find(is_name).or(first).map(|argument| &argument.value)?;
        let name = self.string(value)?;
        Some(Column { name, at: value.span.start, named: Named::By(value.span) })
    }

    /// `Table("name", metadata, …)`.
    fn table(&self, call: &'a Expression) -> Option<Described<'a>> {
        let ExpressionKind::Call(_, arguments) = &call.kind else { return None };
        let mut by_place = arguments.iter().filter(|argument| argument.name.is_none());
        let (Some(name), Some(_), true) = (by_place.next(), by_place.next(), self.is_call_of(call, &["Table"])) else {
            return None;
        };
        let mut table = self.nothing(call.span.start);
        table.name = self.name(&name.value);
        for argument in arguments {
            match argument.name.map(|name| name.slice(self.text())) {
                Some("schema") => table.schema = self.string(&argument.value),
                Some(word) if word.starts_with("autoload") => {
                    table.unread.push((call.span.start, "columns as the database has them"))
                }
                Some(_) => {}
                None if argument.star != Star::None => {
                    table.unread.push((argument.value.span.start, "columns that are computed"))
                }
                None => {}
            }
        }
        call.walk(&mut |part| match self.named_column(part) {
            Some(column) => table.columns.push(column),
            None if self.is_call_of(part, &COLUMN) => {
                table.unread.push((part.span.start, "a column whose name is computed"))
            }
            None => {}
        });
        Some(table)
    }

    fn name(&self, value: &'a Expression) -> Name {
        match self.string(value).or_else(|| self.names.value(value).text().map(str::to_owned)) {
            Some(name) => Name::Said(name),
            None => Name::Computed,
        }
    }

    /// `{"schema": "name"}`, which may be the last of several arguments.
    fn schema(&self, value: &Expression) -> Option<String> {
        let mut found = None;
        value.walk(&mut |part| {
            if let ExpressionKind::Dict(pairs) = &part.kind {
                let of = |key: &Option<Expression>| key.as_ref().and_then(|key| self.string(key));
                let schema = pairs.iter().find(|(key, _)| of(key).as_deref() == Some("schema"));
                found = schema.and_then(|(_, value)| self.string(value));
            }
        });
        found
    }

    fn string(&self, expression: &Expression) -> Option<String> {
        let ExpressionKind::Strings(_) = expression.kind else { return None };
        match self.names.value(expression) {
            Value::Text(text) => Some(text.value),
            _ => None,
        }
    }

    /// The full path of a base class.
    fn base(&self, base: &'a Expression) -> String {
        let base = match &base.kind {
            ExpressionKind::Subscript(of, _) => of,
            _ => base,
        };
        match self.names.value(base) {
            Value::Imported(path) => path,
            _ => base.span.slice(self.text()).to_owned(),
        }
    }

    fn is_call_of(&self, expression: &Expression, names: &[&str]) -> bool {
        let ExpressionKind::Call(function, _) = &expression.kind else { return false };
        let path = function.span.slice(self.text());
        names.contains(&path.rsplit('.').next().unwrap_or_default().trim())
    }

    /// The first call of one of these in an expression.
    fn call_in(&self, expression: &'a Expression, names: &[&str]) -> Option<&'a Expression> {
        let mut found = None;
        expression.walk(&mut |part| {
            if found.is_none() && self.is_call_of(part, names) {
                found = Some(part);
            }
        });
        found
    }
}
