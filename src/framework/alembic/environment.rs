//! `env.py`: what it says of transactions and of the ledger, and what in it keeps `autocommit_block()` from working.

use std::rc::Rc;

use super::python::{
    Argument, Expression, ExpressionKind, Header, Literal, Module, Part, PythonError, Statement, literal,
};
use super::scope::{Names, Scope};
use crate::source::ByteSpan;

/// What an `env.py` does, as far as its text tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// `transaction_per_migration=True`.
    pub transaction_per_migration: bool,
    /// `version_table=`, when the file says it.
    pub version_table: Option<String>,
    /// `version_table_schema=`, when the file says it.
    pub version_table_schema: Option<String>,
    /// It speaks of a naming convention, which may give constraints other names than PostgreSQL does.
    pub has_naming_convention: bool,
    /// What begins a transaction around the migrations: `autocommit_block()` fails there.
    pub outer_transactions: Vec<Finding>,
    /// What waits for an advisory lock that is held while the migrations run: a concurrent build waits for the snapshot of the
    /// runner that waits.
    pub advisory_locks: Vec<Finding>,
    /// What takes an advisory lock that the first `autocommit_block()` gives back.
    pub lost_locks: Vec<Finding>,
}

/// Something in an `env.py`, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub span: ByteSpan,
    /// What it does and what to write instead, as a sentence without its subject.
    pub what: String,
}

impl Environment {
    /// Reads the text of an `env.py`.
    ///
    /// # Errors
    /// When a string or a bracket in it never ends.
    pub fn read(file: &str) -> Result<Environment, PythonError> {
        let module = Module::read(file)?;
        let mut environment = Environment::default();
        let scope = Scope::of_module(file, &module, &Rc::default());
        let names = Names { file, scopes: std::slice::from_ref(&scope), depth: 0 };
        for statement in &module.body {
            statement.expressions(&mut |expression| environment.look_at(names, expression));
        }
        environment.transactions(file, &module.body, None);
        Ok(environment)
    }

    /// Whether `autocommit_block()` works in it.
    pub fn allows_autocommit(&self) -> bool {
        self.outer_transactions.is_empty()
    }

    fn look_at(&mut self, names: Names<'_, '_>, expression: &Expression) {
        let file = names.file;
        match &expression.kind {
            ExpressionKind::Call(function, arguments) => match function.dotted(file).as_deref() {
                Some("context.configure") => self.configure(names, arguments),
                Some("context.run_migrations") => {
                    if arguments.iter().any(|argument| is_named(file, argument, "engine_name")) {
                        let what = "runs the migrations of several databases in a transaction of its own for each, in which \
                                    autocommit_block() fails: an env.py for each database leaves it to Alembic";
                        self.outer_transactions.push(Finding { span: expression.span, what: what.to_owned() });
                    }
                }
                _ => {
                    self.has_naming_convention |=
                        arguments.iter().any(|argument| is_named(file, argument, "naming_convention"));
                }
            },
            ExpressionKind::Attribute(_, name) => self.has_naming_convention |= name.slice(file) == "naming_convention",
            ExpressionKind::Strings(literals) => {
                let text = text_of(file, literals).to_lowercase();
                let is_tried = text.contains("pg_try_advisory");
                if text.contains("pg_advisory_lock") && !is_tried {
                    let what = "lets a second runner wait in pg_advisory_lock with a snapshot that a concurrent index build \
                                waits for, so that both fail: ask pg_try_advisory_lock in a loop";
                    self.advisory_locks.push(Finding { span: expression.span, what: what.to_owned() });
                } else if text.contains("pg_advisory_xact_lock") {
                    let what = "takes an advisory lock that the first autocommit_block() gives back: two runners at once are \
                                not kept apart by it";
                    self.lost_locks.push(Finding { span: expression.span, what: what.to_owned() });
                }
            }
            _ => {}
        }
    }

    fn configure(&mut self, names: Names<'_, '_>, arguments: &[Argument]) {
        let file = names.file;
        for argument in arguments {
            let value = names.value(&argument.value).text().map(str::to_owned);
            match argument.name.map(|name| name.slice(file)) {
                Some("transaction_per_migration") => {
                    self.transaction_per_migration |= argument.value.span.slice(file) == "True";
                }
                Some("version_table") => self.version_table = value,
                Some("version_table_schema") => self.version_table_schema = value,
                _ => {}
            }
        }
    }

    /// Looks for transactions around the migrations. `connection`: the name of the connection that is open here.
    fn transactions(&mut self, file: &str, body: &[Statement], connection: Option<&str>) {
        let mut used: Option<ByteSpan> = None;
        for statement in body {
            if let (Some(span), true) = (used, calls(file, statement, |path| path == "context.configure")) {
                let what = "uses the connection before context.configure() and leaves a transaction open, in which \
                            autocommit_block() fails: call commit() on the connection behind it";
                self.outer_transactions.push(Finding { span, what: what.to_owned() });
                used = None;
            }
            if let (Some(connection), true) = (connection, statement.clauses().is_empty()) {
                let is = |path: &str, methods: &[&str]| {
                    path.strip_prefix(connection)
                        .and_then(|rest| rest.strip_prefix('.'))
                        .is_some_and(|m| methods.contains(&m))
                };
                if calls(file, statement, |path| is(path, &["commit", "rollback"])) {
                    used = None;
                } else if calls(file, statement, |path| is(path, &["execute", "scalar", "scalars", "exec_driver_sql"]))
                {
                    used = Some(statement.span);
                }
            }
            for clause in statement.clauses() {
                let mut inner = connection;
                match &clause.header {
                    Header::With(items) => {
                        for (value, name) in items {
                            let path = call_path(file, value).unwrap_or_default();
                            let begins = path.ends_with(".begin") || path.ends_with(".begin_nested");
                            let is_around = clause.body.iter().any(|statement| {
                                calls(file, statement, |path| {
                                    matches!(path, "context.configure" | "context.run_migrations")
                                })
                            });
                            if begins && is_around {
                                let what = format!(
                                    "begins a transaction around the migrations ({path}()), in which autocommit_block() fails: \
                                     {}",
                                    instead_of(&path)
                                );
                                self.outer_transactions.push(Finding { span: clause.head, what });
                            }
                            inner = name.as_ref().map(|name| name.span.slice(file)).or(inner);
                        }
                    }
                    Header::Function { parameters, .. } => {
                        // What a function is given as `connection` may be in a transaction, which only its caller shows.
                        let given = parameters.iter().map(|parameter| parameter.name.slice(file));
                        inner = given.into_iter().find(|name| name.contains("conn"));
                    }
                    _ => {}
                }
                self.transactions(file, &clause.body, inner);
            }
        }
    }
}

/// What to write in place of what begins a transaction.
fn instead_of(path: &str) -> &'static str {
    match path.split('.').next_back() {
        Some("begin") if !path.contains("conn") || path.contains("connectable") => {
            "write connect() for begin(), and leave the transaction to context.begin_transaction()"
        }
        _ => "leave the transaction to context.begin_transaction()",
    }
}

fn is_named(file: &str, argument: &Argument, name: &str) -> bool {
    argument.name.is_some_and(|own| own.slice(file) == name)
}

fn text_of(file: &str, literals: &[ByteSpan]) -> String {
    let mut text = String::new();
    for span in literals {
        if let Literal::Text(parts) = literal(file, *span) {
            for part in parts {
                match part {
                    Part::Text(part) => text += &part.value,
                    Part::Field(_) => text += "{}",
                }
            }
        }
    }
    text
}

/// The path of what an expression calls.
fn call_path(file: &str, expression: &Expression) -> Option<String> {
    match &expression.kind {
        ExpressionKind::Call(function, _) => match &function.kind {
            // `create_engine(…).begin()`
            ExpressionKind::Attribute(of, name) => {
                let of = of.dotted(file).unwrap_or_else(|| "engine".to_owned());
                Some(format!("{of}.{}", name.slice(file)))
            }
            _ => function.dotted(file),
        },
        _ => None,
    }
}

/// Whether a statement, or something in it, calls such a path.
fn calls(file: &str, statement: &Statement, is_meant: impl Fn(&str) -> bool) -> bool {
    let mut found = false;
    statement.expressions(&mut |expression| {
        found |= call_path(file, expression).is_some_and(|path| is_meant(&path));
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(body: &str) -> String {
        let body = body.replace('\n', "\n    ");
        format!("from alembic import context\n\nTABLE = 'runs'\n\ndef run_migrations_online():\n    {body}\n")
    }

    fn online(body: &str) -> Environment {
        Environment::read(&file(body)).unwrap()
    }

    const RUN: &str = "with context.begin_transaction():\n    context.run_migrations()";

    #[test]
    fn stock_files_have_nothing_in_the_way() {
        let stock = online(&format!(
            "with connectable.connect() as connection:\n    context.configure(connection=connection)\n    {}",
            RUN.replace('\n', "\n    ")
        ));
        assert_eq!(stock, Environment::default());
        assert!(stock.allows_autocommit());
        let committed = online(
            "with connectable.connect() as connection:\n    connection.execute(text('SET x = 1'))\n    connection.commit()\n    \
             context.configure(connection=connection, transaction_per_migration=True, version_table=TABLE, version_table_schema='app')",
        );
        assert!(committed.allows_autocommit() && committed.transaction_per_migration);
        assert_eq!(committed.version_table_schema.as_deref(), Some("app"));
        assert_eq!(committed.version_table.as_deref(), Some("runs"));
    }

    #[test]
    fn a_transaction_around_the_migrations_is_found() {
        for (body, line) in [
            (
                "with engine.begin() as connection:\n    context.configure(connection=connection)",
                "with engine.begin() as connection:",
            ),
            (
                "with engine.connect() as connection:\n    connection.execute(text('SET x = 1'))\n    context.configure(connection=connection)",
                "connection.execute(text('SET x = 1'))",
            ),
            ("with connection.begin():\n    context.run_migrations()", "with connection.begin():"),
        ] {
            let environment = online(body);
            let file = file(body);
            let found: Vec<&str> = environment.outer_transactions.iter().map(|found| found.span.slice(&file)).collect();
            assert_eq!(found, [line]);
            assert!(!environment.allows_autocommit());
        }
        assert!(!online("context.run_migrations(engine_name=name)").allows_autocommit());
    }

    #[test]
    fn advisory_locks_and_naming_conventions_are_found() {
        let locked = online("connection.execute(text('SELECT pg_advisory_lock(1)'))");
        assert_eq!((locked.advisory_locks.len(), locked.lost_locks.len()), (1, 0));
        let lost = online("connection.execute(text('SELECT pg_advisory_xact_lock(1)'))");
        assert_eq!((lost.advisory_locks.len(), lost.lost_locks.len()), (0, 1));
        assert!(online("connection.execute(text('SELECT pg_try_advisory_lock(1)'))").advisory_locks.is_empty());
        assert!(online("m = MetaData(naming_convention={'ix': 'x'})").has_naming_convention);
    }
}
