//! `CREATE TABLE`, `CREATE INDEX`, columns and constraints.

use super::cursor::{Cursor, Tokens};
use crate::operation::{
    ColumnDefinition, Constraint, ConstraintKind, CreateIndex, CreateTable, ForeignKey, Generated, Ident, IndexColumn,
    Operation, Persistence, SqlFragment,
};

/// After `CREATE [UNIQUE] INDEX`.
pub(super) fn create_index(c: &mut Cursor<'_>, unique: bool) -> Option<Operation> {
    let concurrently = c.eat("CONCURRENTLY");
    let if_not_exists = c.eat("IF NOT EXISTS");
    let name = if c.at("ON") { None } else { Some(c.ident()?) };
    c.need("ON")?;
    let only = c.eat("ONLY");
    let start = c.position();
    let table = c.name()?;
    if c.eat("USING") {
        c.ident()?;
    }
    let columns = c.parenthesised()?.comma_parts().into_iter().map(index_column).collect::<Option<Vec<_>>>()?;
    let include = if c.eat("INCLUDE") { c.columns()? } else { Vec::new() };
    c.skip_until(0, |c| c.at("WHERE"));
    let mut predicate = None;
    if c.eat("WHERE") {
        predicate = Some(c.rest());
    }
    let definition = c.fragment_from(start);
    Some(Operation::CreateIndex(CreateIndex {
        name,
        table,
        unique,
        concurrently,
        if_not_exists,
        only,
        columns,
        include,
        predicate,
        definition,
    }))
}

/// The expression of an index element, without what comes behind it: collation, operator class, order.
pub fn leading_expression(element: &SqlFragment) -> Option<SqlFragment> {
    let tokens = Tokens::of(element.as_str())?;
    let mut c = tokens.cursor();
    let start = c.position();
    if !c.at_symbol("(") {
        c.name()?;
    }
    c.parenthesised()?;
    Some(c.fragment_from(start))
}

/// The elements of the index that an EXCLUDE constraint is kept by; `None` for one with a condition.
pub fn excluded(definition: &SqlFragment) -> Option<Vec<IndexColumn>> {
    let tokens = Tokens::of(definition.as_str())?;
    let mut c = tokens.cursor();
    c.need("EXCLUDE")?;
    if c.eat("USING") {
        c.ident()?;
    }
    let parts = c.parenthesised()?.comma_parts();
    let element = |mut part: Cursor<'_>| {
        let text = part.skip_until(1, |c| c.at("WITH")).slice(definition.as_str());
        let own = Tokens::of(text)?;
        index_column(own.cursor())
    };
    let elements = parts.into_iter().map(element).collect::<Option<Vec<_>>>()?;
    c.is_done().then_some(elements)
}

fn index_column(mut c: Cursor<'_>) -> Option<IndexColumn> {
    let text = SqlFragment::new(c.whole_span().slice(c.text));
    let column = c.ident().filter(|_| !c.at_symbol("(") && !c.at_symbol("."));
    (!text.as_str().is_empty()).then_some(IndexColumn { column, text })
}

/// After `CREATE [TEMPORARY | UNLOGGED] TABLE`.
pub(super) fn create_table(c: &mut Cursor<'_>, persistence: Persistence) -> Option<Operation> {
    let if_not_exists = c.eat("IF NOT EXISTS");
    let name = c.name()?;
    let mut table = CreateTable {
        name,
        if_not_exists,
        persistence,
        columns: Vec::new(),
        constraints: Vec::new(),
        like: Vec::new(),
        inherits: Vec::new(),
        partition_of: None,
        bounds: None,
        partitioned: false,
        as_query: false,
    };
    if c.eat("PARTITION OF") {
        table.partition_of = Some(c.name()?);
    }
    if c.at_symbol("(") {
        let inside = c.parenthesised()?;
        if !inside.is_done() {
            for element in inside.comma_parts() {
                table_element(element, &mut table)?;
            }
        }
    }
    let after_columns = c.position();
    c.skip_until(0, |c| c.at("INHERITS") || c.at("PARTITION BY") || c.at("AS"));
    table.bounds = table.partition_of.as_ref().map(|_| c.fragment_from(after_columns));
    if c.eat("INHERITS") {
        table.inherits = c.parenthesised()?.names()?;
        c.skip_until(0, |c| c.at("PARTITION BY"));
    }
    table.partitioned = c.eat("PARTITION BY");
    table.as_query = c.at("AS");
    c.rest();
    Some(Operation::CreateTable(table))
}

fn table_element(mut c: Cursor<'_>, table: &mut CreateTable) -> Option<()> {
    if c.eat("LIKE") {
        table.like.push(c.name()?);
        c.rest();
    } else if starts_constraint(&c) {
        table.constraints.push(table_constraint(&mut c)?);
    } else if table.partition_of.is_some() {
        c.rest(); // column options of a partition
    } else if table_as_column_list(&c) {
        c.rest();
    } else {
        table.columns.push(column_definition(&mut c)?);
    }
    c.is_done().then_some(())
}

/// `CREATE TABLE t (a, b) AS …` has names without types.
fn table_as_column_list(c: &Cursor<'_>) -> bool {
    let mut c = c.clone();
    c.ident().is_some() && c.is_done()
}

pub(super) fn starts_constraint(c: &Cursor<'_>) -> bool {
    // EXCLUDE is no reserved word, so a column may be called that; the others of these begin with one.
    let one_of = ["CONSTRAINT", "PRIMARY KEY", "FOREIGN KEY", "EXCLUDE USING", "NOT NULL"];
    let mut after = c.clone();
    one_of.iter().any(|words| c.at(words))
        || (c.at("EXCLUDE") && c.skip(1).at_symbol("("))
        || (after.eat("CHECK") && after.at_symbol("("))
        || (c.clone().eat("UNIQUE") && {
            after.eat("UNIQUE");
            after.at_symbol("(") || after.at("USING INDEX") || after.at("NULLS")
        })
}

/// `[CONSTRAINT name] CHECK … | UNIQUE … | PRIMARY KEY … | FOREIGN KEY … | EXCLUDE … | NOT NULL c`, to the end.
pub(super) fn table_constraint(c: &mut Cursor<'_>) -> Option<Constraint> {
    let name = if c.eat("CONSTRAINT") { Some(c.ident()?) } else { None };
    let kind = if c.eat("CHECK") {
        ConstraintKind::Check { expression: inside(c)? }
    } else if c.eat("UNIQUE") {
        let nulls_not_distinct = c.eat("NULLS NOT DISTINCT");
        let _ = c.eat("NULLS DISTINCT");
        let (columns, index_options, using_index) = key_columns(c)?;
        ConstraintKind::Unique { columns, nulls_not_distinct, index_options, using_index }
    } else if c.eat("PRIMARY KEY") {
        let (columns, index_options, using_index) = key_columns(c)?;
        ConstraintKind::PrimaryKey { columns, index_options, using_index }
    } else if c.eat("FOREIGN KEY") {
        let columns = c.columns()?;
        ConstraintKind::ForeignKey(references(c, columns)?)
    } else if c.at("EXCLUDE") {
        let start = c.position();
        c.skip_until(1, at_constraint_end);
        ConstraintKind::Exclude { definition: c.fragment_from(start) }
    } else {
        c.need("NOT NULL")?;
        ConstraintKind::NotNull { column: c.ident()? }
    };
    let (options, not_valid) = constraint_options(c);
    c.is_done().then_some(Constraint { name, kind, not_valid, options })
}

fn inside(c: &mut Cursor<'_>) -> Option<SqlFragment> {
    let inside = c.parenthesised()?;
    Some(SqlFragment::new(inside.whole_span().slice(c.text)))
}

fn at_constraint_end(c: &Cursor<'_>) -> bool {
    ["DEFERRABLE", "INITIALLY", "NOT DEFERRABLE", "NOT VALID", "NO INHERIT", "NOT ENFORCED", "ENFORCED"]
        .iter()
        .any(|w| c.at(w))
}

/// `(columns) INCLUDE (…) WITH (…) USING INDEX TABLESPACE x` or `USING INDEX name`.
fn key_columns(c: &mut Cursor<'_>) -> Option<(Vec<Ident>, SqlFragment, Option<Ident>)> {
    if c.eat("USING INDEX") {
        return Some((Vec::new(), SqlFragment::new(""), Some(c.ident()?)));
    }
    let columns = c.columns()?;
    let start = c.position();
    c.skip_until(0, at_constraint_end);
    Some((columns, c.fragment_from(start), None))
}

/// `REFERENCES table [(columns)] [MATCH …] [ON …]`.
fn references(c: &mut Cursor<'_>, columns: Vec<Ident>) -> Option<ForeignKey> {
    c.need("REFERENCES")?;
    let table = c.name()?;
    let referenced = if c.at_symbol("(") { c.columns()? } else { Vec::new() };
    let start = c.position();
    loop {
        if c.eat("MATCH") {
            c.ident()?;
        } else if c.eat("ON DELETE") || c.eat("ON UPDATE") {
            if c.eat("SET NULL") || c.eat("SET DEFAULT") {
                if c.at_symbol("(") {
                    c.parenthesised()?;
                }
            } else if !(c.eat("NO ACTION") || c.eat("RESTRICT") || c.eat("CASCADE")) {
                return None;
            }
        } else {
            return Some(ForeignKey { columns, references: table, referenced, actions: c.fragment_from(start) });
        }
    }
}

/// `DEFERRABLE INITIALLY DEFERRED NO INHERIT NOT ENFORCED NOT VALID` in any order; `NOT VALID` comes back apart.
fn constraint_options(c: &mut Cursor<'_>) -> (SqlFragment, bool) {
    let (mut options, mut not_valid) = (Vec::new(), false);
    loop {
        if c.eat("NOT VALID") {
            not_valid = true;
        } else if let Some(option) = c.eat_one(&[
            "DEFERRABLE",
            "NOT DEFERRABLE",
            "INITIALLY DEFERRED",
            "INITIALLY IMMEDIATE",
            "NO INHERIT",
            "NOT ENFORCED",
            "ENFORCED",
        ]) {
            options.push(option);
        } else {
            return (SqlFragment::new(&options.join(" ")), not_valid);
        }
    }
}

/// `name type constraints…`, to the end.
pub(super) fn column_definition(c: &mut Cursor<'_>) -> Option<ColumnDefinition> {
    let name = c.ident()?;
    let ty = c.type_name()?;
    let mut column = ColumnDefinition {
        name,
        ty,
        options: SqlFragment::new(""),
        not_null: false,
        default: None,
        generated: None,
        constraints: Vec::new(),
    };
    let mut options: Vec<SqlFragment> = Vec::new();
    while !c.is_done() {
        let start = c.position();
        if c.eat("COLLATE") {
            c.name()?;
            options.push(c.fragment_from(start));
        } else if c.eat("STORAGE") || c.eat("COMPRESSION") {
            c.ident()?;
            options.push(c.fragment_from(start));
        } else {
            column_constraint(c, &mut column)?;
        }
    }
    column.options = SqlFragment::new(&options.iter().map(SqlFragment::as_str).collect::<Vec<_>>().join(" "));
    Some(column)
}

fn column_constraint(c: &mut Cursor<'_>, column: &mut ColumnDefinition) -> Option<()> {
    let name = if c.eat("CONSTRAINT") { Some(c.ident()?) } else { None };
    let me = vec![column.name.clone()];
    let kind = if c.eat("NOT NULL") {
        column.not_null = true;
        c.eat("NO INHERIT");
        return Some(());
    } else if c.eat("NULL") {
        return Some(());
    } else if c.eat("DEFAULT") {
        let start = c.position();
        c.skip_until(1, at_column_constraint);
        column.default = Some(c.fragment_from(start));
        return Some(());
    } else if c.at("GENERATED") {
        column.generated = Some(generated(c)?);
        return Some(());
    } else if c.eat("UNIQUE") {
        let nulls_not_distinct = c.eat("NULLS NOT DISTINCT");
        c.eat("NULLS DISTINCT");
        ConstraintKind::Unique { columns: me, nulls_not_distinct, index_options: index_options(c)?, using_index: None }
    } else if c.eat("PRIMARY KEY") {
        ConstraintKind::PrimaryKey { columns: me, index_options: index_options(c)?, using_index: None }
    } else if c.eat("CHECK") {
        ConstraintKind::Check { expression: inside(c)? }
    } else if c.at("REFERENCES") {
        ConstraintKind::ForeignKey(references(c, me)?)
    } else {
        return None;
    };
    let (options, not_valid) = constraint_options(c);
    column.constraints.push(Constraint { name, kind, not_valid, options });
    Some(())
}

fn index_options(c: &mut Cursor<'_>) -> Option<SqlFragment> {
    let start = c.position();
    if c.eat("WITH") {
        c.parenthesised()?;
    }
    if c.eat("USING INDEX TABLESPACE") {
        c.ident()?;
    }
    Some(c.fragment_from(start))
}

fn generated(c: &mut Cursor<'_>) -> Option<Generated> {
    let start = c.position();
    c.need("GENERATED")?;
    let _ = c.eat("ALWAYS") || c.eat("BY DEFAULT");
    c.need("AS")?;
    if c.eat("IDENTITY") {
        if c.at_symbol("(") {
            c.parenthesised()?;
        }
        return Some(Generated::Identity(c.fragment_from(start)));
    }
    let expression = inside(c)?;
    if c.eat("STORED") {
        return Some(Generated::Stored(expression));
    }
    c.eat("VIRTUAL");
    Some(Generated::Virtual(expression))
}

/// The words that end a `DEFAULT` expression.
fn at_column_constraint(c: &Cursor<'_>) -> bool {
    [
        "CONSTRAINT",
        "NOT NULL",
        "NULL",
        "UNIQUE",
        "PRIMARY KEY",
        "REFERENCES",
        "CHECK",
        "COLLATE",
        "GENERATED",
        "DEFAULT",
        "STORAGE",
        "COMPRESSION",
    ]
    .iter()
    .any(|w| c.at(w))
        || at_constraint_end(c)
}

#[cfg(test)]
mod tests {
    use crate::operation::Operation;
    use crate::sql::read_statement;

    /// The columns and the number of constraints of a `CREATE TABLE`.
    fn table(text: &str) -> (Vec<String>, usize) {
        match read_statement(text).operations.remove(0).operation {
            Operation::CreateTable(table) => {
                (table.columns.iter().map(|column| column.name.to_string()).collect(), table.constraints.len())
            }
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_word_that_is_not_reserved_may_be_a_column() {
        let words = "exclude period include storage compression generated no valid enforced key type value partition \
                     inherits cascade restrict set if add at start restart without over only_ virtual stored always";
        for word in words.split(' ') {
            assert_eq!(table(&format!("CREATE TABLE t ({word} int, a int)")), (vec![word.into(), "a".into()], 0));
            for add in ["ADD", "ADD COLUMN"] {
                let text = format!("ALTER TABLE t {add} {word} int NOT NULL");
                let operation = &read_statement(&text).operations[0].operation;
                let Operation::AddColumn { column, .. } = operation else { panic!("{text}: {operation:?}") };
                assert_eq!((column.name.as_str(), column.not_null), (word, true), "{text}");
            }
        }
    }

    #[test]
    fn a_reserved_word_is_a_column_in_quotes_only() {
        for word in ["check", "unique", "primary", "foreign", "constraint", "like", "exclude", "not"] {
            assert_eq!(table(&format!("CREATE TABLE t (\"{word}\" int)")), (vec![format!("\"{word}\"")], 0));
        }
        let constraints = "CHECK (a > 0), UNIQUE (a), PRIMARY KEY (a), FOREIGN KEY (a) REFERENCES t, EXCLUDE (a WITH =), \
                           CONSTRAINT c EXCLUDE USING gist (a WITH &&), EXCLUDE USING gist (a WITH =)";
        assert_eq!(table(&format!("CREATE TABLE t (a int, {constraints}, LIKE b)")), (vec!["a".into()], 7));
    }

    #[test]
    fn names_are_spelled_in_several_ways() {
        let columns =
            "Ä int, U&\"d\\0061t\" int, U&\"!0041!!\" UESCAPE '!' text DEFAULT U&'!0041' UESCAPE '!', \"ä  b\" int";
        let names = ["Ä", "\"dat\"", "\"A!\"", "\"ä  b\""].map(str::to_owned).to_vec();
        assert_eq!(table(&format!("CREATE TABLE t ({columns})")), (names, 0));
        let wrong = &read_statement("ALTER TABLE U&\"\\zzzz\" ADD a int").operations[0].operation;
        assert!(matches!(wrong, Operation::Opaque { .. }), "{wrong:?}");
    }
}
