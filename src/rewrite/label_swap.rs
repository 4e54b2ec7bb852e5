//! How the columns of an enum that loses labels change over.
//!
//! Both types are there for a while, under two names; each column gets a second one, of the second type (`shadow`). When no code
//! writes the labels that go, and no row has them, columns and types change names in one transaction.

use super::new_labels::NewLabels;
use super::shadow::Shadow;
use super::undo::undo_of;
use super::{Site, StepBuilder, add_check, dotted, leaving, listed, set_not_null};
use crate::operation::{
    Asked, Assertion, ColumnOperation, Constraint, ConstraintKind, ConstraintOperation, DataOperation, EnumPosition,
    Ident, Operation, SqlFragment, TableRef, TypeName, TypeOperation,
};
use crate::plan::{Check, Deferral, Gate, Owned, Phase, Step, Undo, snake_case};
use crate::schema::names::free_object_name;
use crate::schema::{Schema, mentions, same};
use crate::sql::literal;

impl<'a> NewLabels<'a> {
    /// Its columns as they change over; `site` has the catalog before it.
    ///
    /// # Errors
    /// Why one of them cannot.
    pub fn shadows<'s>(&'s self, site: &'s Site<'s>) -> Result<Vec<Shadow<'s>>, String>
    where
        'a: 's,
    {
        let ty = TypeName::new(&self.second().to_string());
        let one = |(table, column, _): &(&'s TableRef, &'s Ident, usize)| {
            Shadow::of_labels(site, (*table, *column), ty.clone(), self.labels)
        };
        self.columns.iter().map(one).collect()
    }

    /// The steps: both types beside each other now, one in the other's place after the deploy.
    pub fn steps(&self, site: &Site<'_>, shadows: &[Shadow<'_>]) -> Vec<Step> {
        let after = self.after(site);
        let mut steps = site.steps();
        steps.from(self.made);
        self.make(&mut steps);
        for (table, column, item) in &self.columns {
            self.change_default(steps.from(*item), (table, column), &after);
        }
        for (shadow, (.., item)) in shadows.iter().zip(&self.columns) {
            shadow.fill(steps.from(*item));
        }
        for (shadow, (.., item)) in shadows.iter().zip(&self.columns) {
            shadow.again(steps.from(*item));
        }
        steps.from(site.at);
        let first = steps.count();
        steps.after_a_deploy();
        self.prove(&mut steps, site, shadows);
        self.swap(&mut steps, shadows, &after);
        self.end(&mut steps, shadows);
        let types = [self.name.clone(), self.second(), self.first()];
        let instead = Operation::Type(TypeOperation::Drop { names: types.into(), if_exists: false, cascade: false });
        steps.wait_as_one(first, &[instead]).wait_from(first, Phase::Contract).done()
    }

    /// The second type, and in the first one the labels that come.
    fn make(&self, steps: &mut StepBuilder) {
        let words = snake_case(&self.name.name);
        for label in self.labels.iter().filter(|label| !self.before.contains(label)) {
            let add = TypeOperation::AddValue {
                name: self.name.clone(),
                value: label.clone(),
                if_not_exists: true,
                position: EnumPosition::Last,
            };
            let slug = format!("{words}_add_{}", snake_case(&Ident::new(label.trim_matches('\''))));
            let undo = Undo::Impossible("a label cannot be removed".into());
            steps.step(Operation::Type(add), slug, "code that knows it may write it from here on", undo).alone();
        }
        let create = TypeOperation::CreateEnum { name: self.second(), labels: self.labels.to_vec() };
        self.one(steps, Operation::Type(create), &format!("{words}_new"), "the labels that it is to have");
    }

    /// A new default is one at once.
    fn change_default(&self, steps: &mut StepBuilder, (table, column): (&TableRef, &Ident), after: &Schema) {
        let of = |schema: &Schema| schema.column(&table.name, column).and_then(|known| known.default.clone());
        let (before, after) = (of(steps.schema()), of(after));
        if before == after {
            return;
        }
        let (table, column) = (table.clone(), column.clone());
        let slug = format!("{}_{}_default", snake_case(&table.name.name), snake_case(&column));
        let change = match after {
            Some(default) => ColumnOperation::SetDefault { table, column, default },
            None => ColumnOperation::DropDefault { table, column },
        };
        self.one(steps, Operation::Column(change), &slug, "as the migration says");
    }

    /// Nothing is lost by what comes next: refused where something would be.
    fn prove(&self, steps: &mut StepBuilder, site: &Site<'_>, shadows: &[Shadow<'_>]) {
        let words = snake_case(&self.name.name);
        let alone = self.nothing_else(shadows);
        let ask = |query: &str, condition: String| {
            let query = SqlFragment::new(query);
            Operation::Data(DataOperation::Assertion(Assertion { query, condition, asked: Asked::ByItself }))
        };
        let why = "it would keep the type, or go on with the column that goes";
        steps.step(ask(&alone.query, alone.condition), format!("{words}_is_alone"), why, Undo::Nothing);
        for (shadow, (table, column, _)) in shadows.iter().zip(&self.columns) {
            let query = format!("SELECT 1 FROM {} WHERE {}", table.name, shadow.differ());
            let condition = format!(
                "no row may have {} in {}, and {} must have what it has in every row, before the two change places",
                either(&self.gone()),
                dotted(&table.name, column),
                dotted(&table.name, &shadow.new)
            );
            let slug = format!("{}_{}_agrees", snake_case(&table.name.name), snake_case(&shadow.new));
            steps.step(ask(&query, condition), slug, "a value that is not in both would be lost", Undo::Nothing);
        }
        for (shadow, (table, column, _)) in shadows.iter().zip(&self.columns) {
            let is_required = site.schema.column(&table.name, column).is_some_and(|known| known.not_null);
            match is_required {
                true => set_not_null::prove(steps, table, &shadow.new, site.settings.postgres),
                false => {
                    let expression = SqlFragment::new(&format!("{column} IS NULL OR {} IS NOT NULL", shadow.new));
                    let kind = ConstraintKind::Check { expression: expression.clone() };
                    let name = filled_name(steps.schema(), table, &shadow.new);
                    add_check::add_and_validate(steps, table, &Constraint::new(None, kind), name, &expression);
                }
            }
        }
    }

    /// Columns and types change names in one transaction.
    fn swap(&self, steps: &mut StepBuilder, shadows: &[Shadow<'_>], after: &Schema) {
        let first = steps.count();
        let slug = format!("{}_swap", snake_case(&self.name.name));
        for (shadow, (table, ..)) in shadows.iter().zip(&self.columns) {
            shadow.give_way(steps, &slug);
            if self.columns.iter().any(|(other, ..)| !same(&other.name, &table.name)) {
                steps.settles("several-tables");
            }
            let filled = self.filled(steps.schema(), table, &shadow.new);
            shadow.change_names(steps, &slug);
            if let Some(name) = filled {
                let drop = ConstraintOperation::Drop { table: (*table).clone(), name, if_exists: true, cascade: false };
                self.one(steps, Operation::Constraint(drop), &slug, "it has done its work");
            }
        }
        for (name, to) in [(self.name.clone(), self.first()), (self.second(), self.name.clone())] {
            let rename = TypeOperation::Rename { name, to: to.name };
            self.one(steps, Operation::Type(rename), &slug, "from here on the new type has the name");
            steps.settles("rename-type");
        }
        for (table, column, _) in &self.columns {
            if let Some(default) = after.column(&table.name, column).and_then(|known| known.default.clone()) {
                let (table, column) = ((*table).clone(), (*column).clone());
                let set = Operation::Column(ColumnOperation::SetDefault { table, column, default });
                self.one(steps, set, &slug, "as before");
            }
        }
        steps.one_transaction(first);
    }

    /// The first columns go, and then their type.
    fn end(&self, steps: &mut StepBuilder, shadows: &[Shadow<'_>]) {
        for shadow in shadows {
            shadow.tidy(steps);
            shadow.drop(steps);
        }
        let drop = TypeOperation::Drop { names: vec![self.first()], if_exists: false, cascade: false };
        let slug = format!("drop_type_{}", snake_case(&self.first().name));
        self.one(steps, Operation::Type(drop), &slug, "nothing is of that type any more");
        steps.settles("drop-type");
    }

    fn one(&self, steps: &mut StepBuilder, operation: Operation, slug: &str, why: &str) {
        let undo = undo_of(&operation, steps.schema());
        steps.step(operation, slug.to_owned(), why, undo);
    }

    /// The check that a second column has a value, where its step added one.
    fn filled(&self, schema: &Schema, table: &TableRef, new: &Ident) -> Option<Ident> {
        let is_it = |name: &Ident| name.as_str().contains("_filled");
        let state = schema.table(&table.name)?;
        let mut own = state.constraints.iter().filter(|state| match &state.constraint.kind {
            ConstraintKind::Check { expression } => mentions(expression.as_str(), new.as_str()) && is_it(&state.name),
            _ => false,
        });
        own.next().map(|state| state.name.clone())
    }

    /// What the change waits for.
    pub fn deferral(&self, shadows: &[Shadow<'_>]) -> Deferral {
        let gone = self.gone();
        let of_rows = shadows.iter().zip(&self.columns).flat_map(|(shadow, (table, column, _))| {
            let name = dotted(&table.name, column);
            let labels = gone.iter().map(|label| label.as_str()).collect::<Vec<_>>().join(", ");
            [
                Check {
                    condition: format!("no row has {} in {name}", either(&gone)),
                    query: format!("SELECT 1 FROM {} WHERE {column}::text IN ({labels}) LIMIT 1", table.name),
                },
                Check {
                    condition: format!("{} has the same in every row", dotted(&table.name, &shadow.new)),
                    query: format!("SELECT 1 FROM {} WHERE {} LIMIT 1", table.name, shadow.differ()),
                },
            ]
        });
        let mut alone = self.nothing_else(shadows);
        alone.query = alone.query.split_whitespace().collect::<Vec<_>>().join(" ");
        let checks = of_rows.chain([alone]).collect();
        let text = |label: &&String| label.trim_matches('\'').replace("''", "'");
        let labels =
            Owned::Labels { name: self.name.clone(), labels: gone.iter().map(text).collect(), second: self.second() };
        let shadows = shadows.iter().zip(&self.columns).map(|(shadow, (table, column, _))| Owned::Shadow {
            table: table.name.clone(),
            column: shadow.new.clone(),
            of: (*column).clone(),
        });
        Deferral {
            gate: Gate {
                deploy: format!("no running code writes {} to {}", either(&gone), listed(&self.places())),
                checks,
                undo: format!("deploy code that writes {} again: {} still has it", either(&gone), self.name),
            },
            owns: std::iter::once(labels).chain(shadows).collect(),
        }
    }

    /// Nothing but the columns is of the type, and nothing hangs on them that the history does not show: a function, a domain or a
    /// view would keep the type, or go on with the column that goes.
    fn nothing_else(&self, shadows: &[Shadow<'_>]) -> Check {
        let columns = self.columns.iter().map(|(table, column, _)| leaving::is_column(&table.name, column));
        let columns: Vec<String> = columns.collect();
        let any = |known: Vec<String>| known.into_iter().map(|one| format!(" OR {one}")).collect::<String>();
        let indexes = any(shadows.iter().flat_map(Shadow::known_indexes).collect());
        let constraints = any(shadows.iter().flat_map(Shadow::known_constraints).collect());
        let their = if self.columns.len() == 1 { "its" } else { "their" };
        Check {
            condition: format!(
                "nothing but {}, {their} defaults and {their} indexes in the migrations may use {} or the column",
                listed(&self.places()),
                self.name
            ),
            query: format!(
                "WITH own AS (SELECT a.attrelid, a.attnum FROM pg_attribute a WHERE {})
    SELECT pg_describe_object(d.classid, d.objid, d.objsubid) FROM pg_depend d
    WHERE d.deptype <> 'i'
      AND (d.refclassid = 'pg_type'::regclass AND d.refobjid IN (SELECT t.oid FROM pg_type t WHERE to_regtype({}) IN (t.oid, t.typelem))
        OR d.refclassid = 'pg_class'::regclass AND (d.refobjid, d.refobjsubid) IN (SELECT * FROM own))
      AND NOT (d.classid = 'pg_class'::regclass AND ((d.objid, d.objsubid) IN (SELECT * FROM own){indexes}))
      AND NOT (d.classid = 'pg_attrdef'::regclass
        AND d.objid IN (SELECT f.oid FROM pg_attrdef f JOIN own ON f.adrelid = own.attrelid AND f.adnum = own.attnum))
      AND NOT (d.classid = 'pg_constraint'::regclass
        AND d.objid IN (SELECT c.oid FROM pg_constraint c WHERE c.contype = 'n'{constraints}))",
                columns.join(" OR "),
                literal(&self.name.to_string())
            ),
        }
    }

    fn places(&self) -> Vec<String> {
        self.columns.iter().map(|(table, column, _)| dotted(&table.name, column)).collect()
    }
}

/// `'a', 'b' or 'c'`.
fn either(labels: &[&String]) -> String {
    listed(labels).replace(" and ", " or ")
}

fn filled_name(schema: &Schema, table: &TableRef, new: &Ident) -> Ident {
    let taken = |name: &Ident| schema.is_taken(&table.name, name);
    free_object_name(&table.name.name, new.as_str(), "filled", taken).styled_like(new)
}
