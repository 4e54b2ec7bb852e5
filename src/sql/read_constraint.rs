//! Constraints, of tables and of columns, and what `ALTER CONSTRAINT` and `ALTER DOMAIN` say of them.

use super::cursor::Cursor;
use super::read_index::{exclusion, index_parameters};
use crate::operation::{
    Constraint, ConstraintAlteration, ConstraintKind, Deferrability, DomainAction, DomainConstraint, Enforcement,
    ForeignKey, Ident, IndexParameters, MatchType, ReferentialAction, ReferentialActions, Spelled,
};

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
        ConstraintKind::Check { expression: c.inside()? }
    } else if c.eat("UNIQUE") {
        let nulls_not_distinct = nulls_not_distinct(c);
        let (columns, index_parameters, using_index) = key_columns(c)?;
        ConstraintKind::Unique { columns, nulls_not_distinct, index_parameters, using_index }
    } else if c.eat("PRIMARY KEY") {
        let (columns, index_parameters, using_index) = key_columns(c)?;
        ConstraintKind::PrimaryKey { columns, index_parameters, using_index }
    } else if c.eat("FOREIGN KEY") {
        let columns = c.columns()?;
        ConstraintKind::ForeignKey(references(c, columns)?)
    } else if c.at("EXCLUDE") {
        let start = c.position();
        let exclusion = exclusion(c)?;
        ConstraintKind::Exclude(Spelled::as_written(exclusion, c.fragment_from(start)))
    } else {
        c.need("NOT NULL")?;
        ConstraintKind::NotNull { column: c.ident()? }
    };
    let constraint = with_attributes(c, Constraint::new(name, kind));
    c.is_done().then_some(constraint)
}

/// A constraint that stands beside the column of that name; `None` for what is none.
pub(super) fn inline_constraint(c: &mut Cursor<'_>, name: Option<Ident>, column: &Ident) -> Option<Constraint> {
    let columns = vec![column.clone()];
    let kind = if c.eat("UNIQUE") {
        let nulls_not_distinct = nulls_not_distinct(c);
        let index_parameters = index_parameters(c)?;
        ConstraintKind::Unique { columns, nulls_not_distinct, index_parameters, using_index: None }
    } else if c.eat("PRIMARY KEY") {
        ConstraintKind::PrimaryKey { columns, index_parameters: index_parameters(c)?, using_index: None }
    } else if c.eat("CHECK") {
        ConstraintKind::Check { expression: c.inside()? }
    } else if c.at("REFERENCES") {
        ConstraintKind::ForeignKey(references(c, columns)?)
    } else {
        return None;
    };
    Some(with_attributes(c, Constraint::new(name, kind)))
}

fn nulls_not_distinct(c: &mut Cursor<'_>) -> bool {
    let found = c.eat("NULLS NOT DISTINCT");
    c.eat("NULLS DISTINCT");
    found
}

/// At the words behind a constraint's definition.
pub(super) fn at_constraint_end(c: &Cursor<'_>) -> bool {
    ["DEFERRABLE", "INITIALLY", "NOT DEFERRABLE", "NOT VALID", "NO INHERIT", "NOT ENFORCED", "ENFORCED"]
        .iter()
        .any(|w| c.at(w))
}

/// `(columns) …` or `USING INDEX name`.
fn key_columns(c: &mut Cursor<'_>) -> Option<(Vec<Ident>, IndexParameters, Option<Ident>)> {
    if c.eat("USING INDEX") {
        return Some((Vec::new(), IndexParameters::default(), Some(c.ident()?)));
    }
    Some((c.columns()?, index_parameters(c)?, None))
}

/// `REFERENCES table [(columns)] [MATCH …] [ON …]`.
fn references(c: &mut Cursor<'_>, columns: Vec<Ident>) -> Option<ForeignKey> {
    c.need("REFERENCES")?;
    let references = c.name()?;
    let referenced = if c.at_symbol("(") { c.columns()? } else { Vec::new() };
    let start = c.position();
    let mut actions = ReferentialActions::default();
    loop {
        if c.eat("MATCH") {
            actions.matching = match c.eat_one(&["SIMPLE", "FULL", "PARTIAL"])? {
                "FULL" => MatchType::Full,
                "PARTIAL" => MatchType::Partial,
                _ => MatchType::Simple,
            };
        } else if c.eat("ON DELETE") {
            actions.on_delete = referential_action(c)?;
        } else if c.eat("ON UPDATE") {
            actions.on_update = referential_action(c)?;
        } else {
            let actions = Spelled::as_written(actions, c.fragment_from(start));
            return Some(ForeignKey { columns, references, referenced, actions });
        }
    }
}

fn referential_action(c: &mut Cursor<'_>) -> Option<ReferentialAction> {
    let word = c.eat_one(&["NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"])?;
    let columns = |c: &mut Cursor<'_>| if c.at_symbol("(") { c.columns() } else { Some(Vec::new()) };
    Some(match word {
        "RESTRICT" => ReferentialAction::Restrict,
        "CASCADE" => ReferentialAction::Cascade,
        "SET NULL" => ReferentialAction::SetNull(columns(c)?),
        "SET DEFAULT" => ReferentialAction::SetDefault(columns(c)?),
        _ => ReferentialAction::NoAction,
    })
}

/// The words behind a constraint's definition, in any order; `None` where nothing is said.
#[derive(Default)]
struct Attributes {
    deferrable: Option<bool>,
    initially_deferred: Option<bool>,
    enforcement: Option<Enforcement>,
    inherit: Option<bool>,
    not_valid: bool,
}

impl Attributes {
    fn read(c: &mut Cursor<'_>) -> Self {
        let mut found = Attributes::default();
        loop {
            match c.eat_one(&[
                "NOT VALID",
                "DEFERRABLE",
                "NOT DEFERRABLE",
                "INITIALLY DEFERRED",
                "INITIALLY IMMEDIATE",
                "NO INHERIT",
                "NOT ENFORCED",
                "ENFORCED",
            ]) {
                Some("NOT VALID") => found.not_valid = true,
                Some("DEFERRABLE") => found.deferrable = Some(true),
                Some("NOT DEFERRABLE") => found.deferrable = Some(false),
                Some("INITIALLY DEFERRED") => found.initially_deferred = Some(true),
                Some("INITIALLY IMMEDIATE") => found.initially_deferred = Some(false),
                Some("NO INHERIT") => found.inherit = Some(false),
                Some("NOT ENFORCED") => found.enforcement = Some(Enforcement::NotEnforced),
                Some(_) => found.enforcement = Some(Enforcement::Enforced),
                None => return found,
            }
        }
    }

    /// What is deferred at first is deferrable (`processCASbits`).
    fn deferrability(&self) -> Option<Deferrability> {
        match (self.deferrable, self.initially_deferred) {
            (_, Some(true)) => Some(Deferrability::InitiallyDeferred),
            (Some(true), _) => Some(Deferrability::InitiallyImmediate),
            (Some(false), _) | (None, Some(false)) => Some(Deferrability::NotDeferrable),
            (None, None) => None,
        }
    }
}

fn with_attributes(c: &mut Cursor<'_>, constraint: Constraint) -> Constraint {
    let attributes = Attributes::read(c);
    Constraint {
        deferrability: attributes.deferrability().unwrap_or_default(),
        enforcement: attributes.enforcement.unwrap_or_default(),
        no_inherit: attributes.inherit == Some(false),
        not_valid: attributes.not_valid,
        ..constraint
    }
}

/// After `ALTER CONSTRAINT name`.
pub(super) fn constraint_alteration(c: &mut Cursor<'_>) -> ConstraintAlteration {
    let inherits = c.eat("INHERIT");
    let attributes = Attributes::read(c);
    ConstraintAlteration {
        deferrability: attributes.deferrability(),
        enforcement: attributes.enforcement,
        inherit: attributes.inherit.or(inherits.then_some(true)),
    }
}

/// After `ALTER DOMAIN name`.
pub(super) fn domain_action(c: &mut Cursor<'_>) -> Option<DomainAction> {
    if c.eat("SET DEFAULT") {
        return Some(DomainAction::SetDefault(c.rest()));
    }
    if c.eat("DROP CONSTRAINT") {
        let if_exists = c.eat("IF EXISTS");
        return Some(DomainAction::DropConstraint { name: c.ident()?, if_exists, cascade: c.cascade() });
    }
    if c.eat("RENAME CONSTRAINT") {
        let name = c.ident()?;
        c.need("TO")?;
        return Some(DomainAction::RenameConstraint { name, to: c.ident()? });
    }
    if c.eat("ADD") {
        return Some(DomainAction::AddConstraint(domain_constraint(c)?));
    }
    let bare = [
        ("DROP DEFAULT", DomainAction::DropDefault),
        ("SET NOT NULL", DomainAction::SetNotNull),
        ("DROP NOT NULL", DomainAction::DropNotNull),
    ];
    if let Some((_, action)) = bare.into_iter().find(|(words, _)| c.eat(words)) {
        return Some(action);
    }
    if c.eat("OWNER TO") {
        return Some(DomainAction::Owner(c.rest()));
    }
    match c.eat_one(&["VALIDATE CONSTRAINT", "RENAME TO", "SET SCHEMA"])? {
        "VALIDATE CONSTRAINT" => Some(DomainAction::ValidateConstraint(c.ident()?)),
        "RENAME TO" => Some(DomainAction::Rename(c.ident()?)),
        _ => Some(DomainAction::SetSchema(c.ident()?)),
    }
}

fn domain_constraint(c: &mut Cursor<'_>) -> Option<DomainConstraint> {
    let name = if c.eat("CONSTRAINT") { Some(c.ident()?) } else { None };
    let check = match c.eat("NOT NULL") {
        true => None,
        false => {
            c.need("CHECK")?;
            Some(c.inside()?)
        }
    };
    Some(DomainConstraint { name, check, not_valid: Attributes::read(c).not_valid })
}

#[cfg(test)]
mod tests {
    use crate::operation::{
        ConstraintAlteration, ConstraintOperation, Deferrability, DomainAction, Enforcement, Operation, TypeOperation,
    };
    use crate::sql::{read_statement, render};

    fn operation(text: &str) -> Operation {
        read_statement(text).operations.remove(0).operation
    }

    #[test]
    fn a_constraint_is_known_by_any_spelling() {
        for (text, plain) in [
            ("foreign key (a) references u on update cascade", "FOREIGN KEY (a) REFERENCES u ON UPDATE CASCADE"),
            (
                "FOREIGN KEY (a) REFERENCES u (b) ON UPDATE NO ACTION ON DELETE SET NULL (a) MATCH FULL",
                "FOREIGN KEY (a) REFERENCES u(b) MATCH FULL ON DELETE SET NULL (a)",
            ),
            ("UNIQUE (a) INITIALLY DEFERRED", "UNIQUE (a) DEFERRABLE INITIALLY DEFERRED"),
            ("UNIQUE (a) DEFERRABLE INITIALLY IMMEDIATE", "UNIQUE (a) DEFERRABLE"),
            (
                "UNIQUE NULLS NOT DISTINCT (a,b) WITH (fillfactor=7)",
                "UNIQUE NULLS NOT DISTINCT (a, b) WITH (fillfactor = 7)",
            ),
            (
                "exclude using gist (r with &&, (lower(s)) text_ops WITH OPERATOR(pg_catalog.=)) where (a>0) deferrable",
                "EXCLUDE USING gist (r WITH &&, (lower(s)) text_ops WITH OPERATOR(pg_catalog.=)) WHERE (a>0) DEFERRABLE",
            ),
            (
                "EXCLUDE (a WITH =) INCLUDE (b) USING INDEX TABLESPACE s",
                "EXCLUDE (a WITH =) INCLUDE (b) USING INDEX TABLESPACE s",
            ),
            ("CHECK (a > 0) NOT VALID NO INHERIT ENFORCED", "CHECK (a > 0) NO INHERIT NOT VALID"),
            ("CHECK (a > 0) NOT ENFORCED", "CHECK (a > 0) NOT ENFORCED"),
        ] {
            let (found, same) = (operation(&add(text)), operation(&add(plain)));
            assert_eq!(found, same, "{text}");
            assert_eq!(render::statement(&same), Some(add(plain)));
        }
        assert_ne!(operation(&add("UNIQUE (a)")), operation(&add("UNIQUE (a) DEFERRABLE")));
    }

    fn add(constraint: &str) -> String {
        format!("ALTER TABLE t ADD CONSTRAINT c {constraint}")
    }

    #[test]
    fn what_is_altered() {
        let deferred = ConstraintAlteration {
            deferrability: Some(Deferrability::InitiallyDeferred),
            ..ConstraintAlteration::default()
        };
        let unenforced =
            ConstraintAlteration { enforcement: Some(Enforcement::NotEnforced), ..ConstraintAlteration::default() };
        let inherited = ConstraintAlteration { inherit: Some(true), ..ConstraintAlteration::default() };
        for (text, expected) in
            [("DEFERRABLE INITIALLY DEFERRED", deferred), ("NOT ENFORCED", unenforced), ("INHERIT", inherited)]
        {
            let Operation::Constraint(ConstraintOperation::Alter { alteration, .. }) =
                operation(&format!("ALTER TABLE t ALTER CONSTRAINT c {text}"))
            else {
                panic!("{text}");
            };
            assert_eq!(alteration, expected, "{text}");
        }
    }

    #[test]
    fn what_a_domain_does_to_rows() {
        for (text, constrains, checks_rows) in [
            ("SET DEFAULT 'a'", false, false),
            ("SET NOT NULL", true, true),
            ("ADD CONSTRAINT c CHECK (VALUE > 0)", true, true),
            ("ADD CHECK (VALUE > 0) NOT VALID", true, false),
            ("VALIDATE CONSTRAINT c", false, true),
            ("DROP CONSTRAINT IF EXISTS c CASCADE", false, false),
            ("RENAME TO e", false, false),
        ] {
            let Operation::Type(TypeOperation::AlterDomain { action, .. }) =
                operation(&format!("ALTER DOMAIN d {text}"))
            else {
                panic!("{text}");
            };
            assert_eq!((action.constrains(), action.checks_rows()), (constrains, checks_rows), "{text}");
        }
        let renamed = DomainAction::Rename(crate::operation::Ident::new("e"));
        assert!(matches!(
            operation("ALTER DOMAIN d RENAME TO e"),
            Operation::Type(TypeOperation::AlterDomain { action, .. })
                if action == renamed
        ));
    }
}
