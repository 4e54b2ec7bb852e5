//! Operations as schema methods, as far as the Active Record that runs them has one that sends the very same statement.

use sha2::{Digest, Sha256};

use super::gems::{Gem, Gems};
use super::insurance::sends_otherwise;
use super::operations::Version;
use super::written::{MAX_LINE, columns, string, symbol, table};
use crate::operation::{
    ColumnDefinition, ColumnOperation, ConstraintKind, ConstraintOperation, CreateIndex, Deferrability, ForeignKey,
    Ident, IndexColumn, IndexKey, IndexOperation, MatchType, Operation, QualifiedName, ReferentialAction, SortOrder,
    TableOperation, TypeName,
};
use crate::plan::{Sequence, Step};
use crate::sql::render::index_column;

/// What decides how a statement reads.
#[derive(Debug, Clone)]
pub(super) struct Dialect {
    /// The version in brackets behind `ActiveRecord::Migration`: what the methods mean.
    pub bracket: Version,
    /// The oldest Active Record that can run it: which methods there are.
    pub rails: Version,
    /// `table_name_prefix`, which every schema method puts before the names of tables.
    pub prefix: String,
    /// `table_name_suffix`.
    pub suffix: String,
    /// The gems that see what the methods are called with.
    pub gems: Gems,
}

/// A call of a schema method: its name and its arguments.
pub(super) type Directive = (&'static str, Vec<String>);

/// A call in lines that stand at that depth: arguments below each other where they do not fit into one.
pub(super) fn lines((method, arguments): &Directive, indent: usize) -> Vec<String> {
    let line = format!("{method} {}", arguments.join(", "));
    if indent + line.chars().count() <= MAX_LINE || arguments.iter().any(|argument| argument.contains('\n')) {
        return vec![line];
    }
    let mut lines = Vec::new();
    let mut open = format!("{method} {}", arguments[0]);
    let behind = " ".repeat(method.len() + 1);
    for argument in &arguments[1..] {
        // The table and what of it stand beside each other.
        match lines.is_empty()
            && !argument.contains(": ")
            && indent + open.chars().count() + argument.chars().count() < MAX_LINE
        {
            true => open += &format!(", {argument}"),
            false => {
                lines.push(std::mem::replace(&mut open, format!("{behind}{argument}")) + ",");
            }
        }
    }
    lines.push(open);
    lines
}

impl Dialect {
    /// The call that does what an operation does and no more; `sequence` tells what a constraint is that is only named.
    pub(super) fn directive(&self, operation: &Operation, sequence: &Sequence) -> Option<Directive> {
        match operation {
            Operation::Column(operation) => self.column(operation),
            Operation::Constraint(operation) => self.constraint(operation, sequence),
            Operation::Index(IndexOperation::Create(index)) => self.add_index(index),
            Operation::Table(TableOperation::Drop { names, if_exists: false, cascade: false }) => {
                match names.as_slice() {
                    [name] => Some(("drop_table", vec![self.table(name)?])),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The same of what a rewrite makes: it says IF EXISTS for runners that run a step again, which Rails does not.
    pub(super) fn of_rewrite(&self, operation: &Operation, sequence: &Sequence) -> Option<Directive> {
        let mut operation = operation.clone();
        match &mut operation {
            Operation::Column(ColumnOperation::Drop { if_exists, .. })
            | Operation::Constraint(ConstraintOperation::Drop { if_exists, .. })
            | Operation::Table(TableOperation::Drop { if_exists, .. }) => *if_exists = false,
            _ => {}
        }
        self.directive(&operation, sequence)
    }

    /// `remove_index :posts, name: "…"` for an index of that table.
    pub(super) fn remove_index(
        &self,
        of: &QualifiedName,
        index: &QualifiedName,
        concurrently: bool,
    ) -> Option<Directive> {
        // Before 6.1 it looks for the index first, and stops where it is not there.
        if self.rails < Version(6, 1) || (index.schema.is_some() && index.schema != of.schema) {
            return None;
        }
        if !concurrently && sends_otherwise(&self.gems) {
            return None;
        }
        let (method, table) = match concurrently && self.bounds_builds() {
            true => ("connection.remove_index", table(of)?),
            false => ("remove_index", self.table(of)?),
        };
        let mut arguments = vec![table, format!("name: {}", string(index.name.as_str()))];
        if concurrently {
            arguments.push("algorithm: :concurrently".to_owned());
        }
        arguments.push("if_exists: true".to_owned());
        Some((method, arguments))
    }

    /// online_migrations gives each call on the migration outside of a transaction a `lock_timeout`, which a build under way
    /// does not survive: it waits for every transaction that is older. A call on the connection gets none.
    fn bounds_builds(&self) -> bool {
        self.gems.has(Gem::OnlineMigrations)
    }

    /// A table as the first argument of a method, which puts the prefix and the suffix around it.
    pub(super) fn table(&self, name: &QualifiedName) -> Option<String> {
        if self.prefix.is_empty() && self.suffix.is_empty() {
            return table(name);
        }
        let inside = name.name.as_str().strip_prefix(&self.prefix)?.strip_suffix(&self.suffix)?;
        (name.schema.is_none() && !inside.is_empty())
            .then(|| table(&QualifiedName { schema: None, name: Ident::new(inside) }))?
    }

    fn column(&self, operation: &ColumnOperation) -> Option<Directive> {
        use ColumnOperation::*;
        let own = operation.table();
        if own.only || own.if_exists {
            return None;
        }
        let of = self.table(&own.name)?;
        let name = |column: &Ident| symbol(column.as_str());
        Some(match operation {
            Add { column, if_not_exists: false, .. } => ("add_column", [vec![of], self.added(column)?].concat()),
            Drop { column, if_exists: false, cascade: false, .. } => ("remove_column", vec![of, name(column)]),
            // They would prove it first, under this lock.
            SetNotNull { .. } if sends_otherwise(&self.gems) => return None,
            SetNotNull { column, .. } => ("change_column_null", vec![of, name(column), "false".into()]),
            DropNotNull { column, .. } => ("change_column_null", vec![of, name(column), "true".into()]),
            SetDefault { column, default, .. } => {
                ("change_column_default", vec![of, name(column), value(default.as_str())])
            }
            DropDefault { column, .. } => ("change_column_default", vec![of, name(column), "nil".into()]),
            Add { .. } | Drop { .. } | Rename { .. } | SetType { .. } | SetAttribute { .. } => return None,
        })
    }

    /// What stands behind the table of `add_column`.
    fn added(&self, column: &ColumnDefinition) -> Option<Vec<String>> {
        let is_more = column.storage.is_some()
            || column.compression.is_some()
            || column.collation.is_some()
            || column.generated.is_some()
            || !column.constraints.is_empty();
        if is_more {
            return None;
        }
        let mut arguments = vec![symbol(column.name.as_str())];
        arguments.extend(self.of_type(&column.ty));
        arguments.extend(column.default.as_ref().map(|default| format!("default: {}", value(&default.to_string()))));
        arguments.extend(column.not_null.then(|| "null: false".to_owned()));
        Some(arguments)
    }

    /// A type with its options. What no symbol stands for goes to the server as it is written.
    fn of_type(&self, ty: &TypeName) -> Vec<String> {
        let modifiers = ty.modifiers();
        let plain = |symbol: &str| modifiers.is_empty().then(|| vec![symbol.to_owned()]);
        let with = |symbol: &str, options: &[&str]| {
            let fits = modifiers.len() <= options.len();
            let options = options.iter().zip(modifiers).map(|(option, value)| format!("{option}: {value}"));
            fits.then(|| std::iter::once(symbol.to_owned()).chain(options).collect())
        };
        let found = match ty.canonical() {
            "varchar" => with(":string", &["limit"]),
            "numeric" if modifiers.len() != 1 => with(":decimal", &["precision", "scale"]),
            "text" => plain(":text"),
            "int4" => plain(":integer"),
            "int8" => plain(":bigint"),
            "bool" => plain(":boolean"),
            "date" => plain(":date"),
            "json" => plain(":json"),
            "jsonb" => plain(":jsonb"),
            "uuid" => plain(":uuid"),
            "bytea" => plain(":binary"),
            // Before 7.0 `datetime` has no precision of its own.
            "timestamp" if modifiers == [6] && self.bracket >= Version(7, 0) => Some(vec![":datetime".to_owned()]),
            _ => None,
        };
        found.unwrap_or_else(|| vec![string(ty.text())])
    }

    fn constraint(&self, operation: &ConstraintOperation, sequence: &Sequence) -> Option<Directive> {
        let own = operation.table();
        if own.only || own.if_exists {
            return None;
        }
        let of = self.table(&own.name)?;
        let (has_checks, has_unique) = (self.rails >= Version(6, 1), self.rails >= Version(7, 1));
        let named = |name: &Ident| format!("name: {}", string(name.as_str()));
        match operation {
            ConstraintOperation::Add { constraint, .. } => {
                let is_more = constraint.no_inherit || constraint.enforcement != Default::default();
                if is_more {
                    return None;
                }
                // They would validate it apart, in this transaction.
                if !constraint.not_valid && sends_otherwise(&self.gems) && !is_of_index(&constraint.kind) {
                    return None;
                }
                let is_deferrable = constraint.deferrability != Deferrability::NotDeferrable;
                let name = constraint.name.as_ref()?;
                let mut directive = match &constraint.kind {
                    ConstraintKind::Check { expression } if has_checks && !is_deferrable => {
                        ("add_check_constraint", vec![of, string(expression.as_str()), named(name)])
                    }
                    ConstraintKind::ForeignKey(key) if !is_deferrable => {
                        ("add_foreign_key", self.foreign_key(of, &own.name, name, key)?)
                    }
                    ConstraintKind::Unique { using_index: Some(index), .. } if has_unique && !is_deferrable => {
                        let using = format!("using_index: {}", string(index.as_str()));
                        ("add_unique_constraint", vec![of, using, named(name)])
                    }
                    _ => return None,
                };
                directive.1.extend(constraint.not_valid.then(|| "validate: false".to_owned()));
                Some(directive)
            }
            ConstraintOperation::Validate { name, .. } => match kind_of(name, &own.name, sequence)? {
                ConstraintKind::ForeignKey(_) => Some(("validate_foreign_key", vec![of, named(name)])),
                ConstraintKind::Check { .. } if has_checks => {
                    Some(("validate_check_constraint", vec![of, named(name)]))
                }
                _ => None,
            },
            ConstraintOperation::Drop { name, if_exists: false, cascade: false, .. } => {
                match kind_of(name, &own.name, sequence)? {
                    ConstraintKind::ForeignKey(_) => Some(("remove_foreign_key", vec![of, named(name)])),
                    ConstraintKind::Check { .. } if has_checks => {
                        let mut arguments = vec![of, named(name)];
                        // It may have been done, and its file's row not written.
                        let may_be_gone = self.gems.has(Gem::SafePgMigrations) && self.rails >= Version(7, 1);
                        arguments.extend(may_be_gone.then(|| "if_exists: true".to_owned()));
                        Some(("remove_check_constraint", arguments))
                    }
                    ConstraintKind::Unique { .. } if has_unique => {
                        Some(("remove_unique_constraint", vec![of, named(name)]))
                    }
                    _ => None,
                }
            }
            ConstraintOperation::Drop { .. }
            | ConstraintOperation::Rename { .. }
            | ConstraintOperation::Alter { .. } => None,
        }
    }

    fn foreign_key(&self, of: String, from: &QualifiedName, name: &Ident, key: &ForeignKey) -> Option<Vec<String>> {
        let ([column], [referenced]) = (key.columns.as_slice(), key.referenced.as_slice()) else { return None };
        if self.rails < Version(5, 2) || key.actions.matching != MatchType::Simple {
            return None;
        }
        let mut arguments = vec![of, self.table(&key.references)?, format!("column: {}", symbol(column.as_str()))];
        if referenced.as_str() != "id" {
            arguments.push(format!("primary_key: {}", symbol(referenced.as_str())));
        }
        if name.as_str() != implicit_foreign_key(from, column) {
            arguments.push(format!("name: {}", string(name.as_str())));
        }
        for (option, action) in [("on_delete", &key.actions.on_delete), ("on_update", &key.actions.on_update)] {
            match action {
                ReferentialAction::NoAction => {}
                ReferentialAction::Restrict => arguments.push(format!("{option}: :restrict")),
                ReferentialAction::Cascade => arguments.push(format!("{option}: :cascade")),
                ReferentialAction::SetNull(columns) if columns.is_empty() => {
                    arguments.push(format!("{option}: :nullify"))
                }
                ReferentialAction::SetNull(_) | ReferentialAction::SetDefault(_) => return None,
            }
        }
        Some(arguments)
    }

    fn add_index(&self, index: &CreateIndex) -> Option<Directive> {
        let name = index.name.as_ref()?;
        let is_newer = !index.parameters.include.is_empty() || index.nulls_not_distinct;
        let is_more = index.only || !index.parameters.with.is_empty() || index.parameters.tablespace.is_some();
        if is_more || (is_newer && self.rails < Version(7, 1)) || (index.if_not_exists && self.rails < Version(6, 1)) {
            return None;
        }
        if !index.concurrently && sends_otherwise(&self.gems) {
            return None;
        }
        let (method, table) = match index.concurrently && self.bounds_builds() {
            true => ("connection.add_index", table(&index.table)?),
            false => ("add_index", self.table(&index.table)?),
        };
        let mut arguments = vec![table];
        let keys: Option<Vec<&Ident>> = index.columns.iter().map(|column| simple(column)).collect();
        let implicit = match &keys {
            Some(keys) => {
                arguments.push(columns(keys));
                implicit_index(&index.table, keys)
            }
            // What is no name goes to the server as it is written.
            None => {
                let all: Vec<String> = index.columns.iter().map(index_column).collect();
                arguments.push(string(&all.join(", ")));
                None
            }
        };
        if implicit.as_deref() != Some(name.as_str()) {
            arguments.push(format!("name: {}", string(name.as_str())));
        }
        arguments.extend(index.unique.then(|| "unique: true".to_owned()));
        if keys.is_some() {
            let is_descending = |column: &&IndexColumn| column.order == SortOrder::Descending;
            let of =
                |column: &IndexColumn, says: String| Some(format!("{} {says}", key_of_hash(simple(column)?.as_str())));
            let orders: Option<Vec<String>> =
                index.columns.iter().filter(is_descending).map(|column| of(column, ":desc".into())).collect();
            let classes: Option<Vec<String>> = index
                .columns
                .iter()
                .filter_map(|column| Some((column, column.operator_class.as_ref()?)))
                .map(|(column, class)| of(column, symbol(&class.name.to_string())))
                .collect();
            let hash = |name: &str, pairs: Vec<String>| {
                (!pairs.is_empty()).then(|| format!("{name}: {{ {} }}", pairs.join(", ")))
            };
            arguments.extend(hash("order", orders?));
            arguments.extend(hash("opclass", classes?));
        }
        arguments.extend((!index.is_btree()).then(|| format!("using: {}", symbol(index.method.as_str()))));
        arguments.extend(index.predicate.as_ref().map(|predicate| format!("where: {}", string(predicate.as_str()))));
        if !index.parameters.include.is_empty() {
            let all: Vec<&Ident> = index.parameters.include.iter().collect();
            arguments.push(format!("include: {}", columns(&all)));
        }
        arguments.extend(index.nulls_not_distinct.then(|| "nulls_not_distinct: true".to_owned()));
        arguments.extend(index.concurrently.then(|| "algorithm: :concurrently".to_owned()));
        arguments.extend(index.if_not_exists.then(|| "if_not_exists: true".to_owned()));
        Some((method, arguments))
    }
}

/// It takes an index.
fn is_of_index(kind: &ConstraintKind) -> bool {
    matches!(kind, ConstraintKind::Unique { using_index: Some(_), .. })
}

/// A column that needs no more than options of `add_index`.
fn simple(column: &IndexColumn) -> Option<&Ident> {
    let IndexKey::Column(name) = &column.key else { return None };
    let class = column.operator_class.as_ref();
    let is_simple = column.collation.is_none()
        && column.nulls == column.order.nulls()
        && class.is_none_or(|class| class.parameters.is_none() && class.name.schema.is_none());
    is_simple.then_some(name)
}

fn key_of_hash(name: &str) -> String {
    let symbol = symbol(name);
    format!("{}:", symbol.trim_start_matches(':'))
}

/// The kind of a constraint that some step of the sequence makes.
fn kind_of<'s>(name: &Ident, table: &QualifiedName, sequence: &'s Sequence) -> Option<&'s ConstraintKind> {
    let steps = || sequence.units.iter().flat_map(|unit| &unit.steps);
    let made = |step: &'s Step| match &step.operation {
        Operation::Constraint(ConstraintOperation::Add { table: own, constraint })
            if constraint.name.as_ref() == Some(name) && own.name.name == table.name =>
        {
            Some(&constraint.kind)
        }
        _ => None,
    };
    steps().find_map(made)
}

/// The name that Active Record gives an index (`index_name`); `None` where it makes another one of a long name.
fn implicit_index(table: &QualifiedName, columns: &[&Ident]) -> Option<String> {
    let columns: Vec<&str> = columns.iter().map(|column| column.as_str()).collect();
    let name = format!("index_{}_on_{}", table.name.as_str(), columns.join("_and_"));
    (name.len() <= 62 && table.schema.is_none()).then_some(name)
}

/// The name that Active Record gives a foreign key (`foreign_key_name`).
fn implicit_foreign_key(table: &QualifiedName, column: &Ident) -> String {
    let table = table.unquoted();
    let hash = Sha256::digest(format!("{table}_{}_fk", column.as_str()));
    let hash: String = hash.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    format!("fk_rails_{hash}")
}

/// A default: as Ruby's own value where PostgreSQL gets the same of it, else as the SQL that it is.
fn value(sql: &str) -> String {
    let inside = sql.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    let is_number = |text: &str| !text.is_empty() && text.len() < 15 && text.chars().all(|c| c.is_ascii_digit());
    match (sql, inside) {
        ("TRUE" | "true", _) => "true".into(),
        ("FALSE" | "false", _) => "false".into(),
        (number, _) if is_number(number) && !(number.len() > 1 && number.starts_with('0')) => number.into(),
        _ => format!("-> {{ {} }}", string(sql)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::read_statement;

    fn shown(sql: &str, rails: Version) -> Vec<String> {
        let dialect =
            Dialect { bracket: rails, rails, prefix: String::new(), suffix: String::new(), gems: Gems::default() };
        let operations = read_statement(sql).operations;
        let call = |operation| dialect.directive(operation, &Sequence::default());
        let calls = operations.iter().map(|located| call(&located.operation));
        calls.map(|call| call.map_or_else(|| "SQL".to_owned(), |call| lines(&call, 4).join("\n"))).collect()
    }

    #[test]
    fn operations_are_calls() {
        for (sql, expected) in [
            (
                "CREATE INDEX CONCURRENTLY IF NOT EXISTS \"index_users_on_a_and_b\" ON \"users\" (\"a\", \"b\" DESC)",
                "add_index :users, %i[a b], order: { b: :desc }, algorithm: :concurrently, if_not_exists: true",
            ),
            (
                "CREATE UNIQUE INDEX \"i\" ON users USING gin (a gin_trgm_ops) WHERE (a > 'x')",
                "add_index :users, :a, name: \"i\", unique: true, opclass: { a: :gin_trgm_ops }, using: :gin, where: \"(a > 'x')\"",
            ),
            ("CREATE INDEX i ON users (lower(name), b)", "add_index :users, \"lower(name), b\", name: \"i\""),
            ("CREATE INDEX i ON users (a) WITH (fillfactor = 70)", "SQL"),
            ("CREATE INDEX i ON users (a) INCLUDE (b)", "add_index :users, :a, name: \"i\", include: :b"),
            (
                "ALTER TABLE posts ADD CONSTRAINT fk_rails_5b5ddfd518 FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE NOT VALID",
                "add_foreign_key :posts, :users, column: :user_id, on_delete: :cascade, validate: false",
            ),
            (
                "ALTER TABLE \"audit\".\"Posts\" ADD CONSTRAINT c CHECK (n > 0) NOT VALID",
                "add_check_constraint \"audit.Posts\", \"n > 0\", name: \"c\", validate: false",
            ),
            (
                "ALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX u",
                "add_unique_constraint :t, using_index: \"u\", name: \"u\"",
            ),
            ("DROP TABLE t", "drop_table :t"),
            (
                "ALTER TABLE t ADD COLUMN \"a\" character varying(20) DEFAULT 'x' NOT NULL",
                "add_column :t, :a, :string, limit: 20, default: -> { \"'x'\" }, null: false",
            ),
            ("ALTER TABLE t ADD COLUMN a timestamp(6)", "add_column :t, :a, :datetime"),
            ("ALTER TABLE t ADD COLUMN a citext[] DEFAULT 0", "add_column :t, :a, \"citext[]\", default: 0"),
            (
                "ALTER TABLE t ALTER COLUMN a SET DEFAULT gen_random_uuid()",
                "change_column_default :t, :a, -> { \"gen_random_uuid()\" }",
            ),
            ("ALTER TABLE t ALTER COLUMN a DROP NOT NULL", "change_column_null :t, :a, true"),
            ("ALTER TABLE t DROP COLUMN a CASCADE", "SQL"),
        ] {
            assert_eq!(shown(sql, Version(7, 2)), [expected], "{sql}");
        }
    }

    #[test]
    fn an_older_rails_has_fewer_methods() {
        let check = "ALTER TABLE t ADD CONSTRAINT c CHECK (n > 0) NOT VALID";
        assert_eq!(shown(check, Version(6, 0)), ["SQL"]);
        assert_eq!(shown("CREATE INDEX i ON users (a) INCLUDE (b)", Version(7, 0)), ["SQL"]);
        assert_eq!(
            shown("ALTER TABLE t ADD COLUMN a timestamp(6)", Version(6, 1)),
            ["add_column :t, :a, \"timestamp(6)\""]
        );
    }
}
