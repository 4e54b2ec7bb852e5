//! A second column of another type: it comes beside the first one, is kept in step and filled, gets all that hangs on the first, and
//! takes its name in one transaction.

use super::add_column_default::{add_bare, without};
use super::drop_index::{definition, drop_concurrently};
use super::leaving::{deferrable, drop_key, no_view_reads};
use super::sync_trigger::SyncTrigger;
use super::{Site, StepBuilder, add_check, add_foreign_key, dotted, leaving, set_not_null};
use crate::operation::{
    Asked, Assertion, ColumnDefinition, ColumnOperation, ConstraintKind, ConstraintOperation, CreateIndex,
    DataOperation, Ident, IndexOperation, Operation, SqlFragment, TableRef, TypeName,
};
use crate::plan::{Check, Deferral, Gate, Owned, Phase, Step, Undo, snake_case};
use crate::schema::{Column, ConstraintState, Index, Schema, mentions, same};

/// A column that gets another type.
pub(super) struct Shadow<'a> {
    site: &'a Site<'a>,
    table: &'a TableRef,
    old: &'a Column,
    ty: &'a TypeName,
    /// The second column's name until it takes the first one's.
    new: Ident,
    /// The first one's name from then on.
    gone: Ident,
    /// A value of the new type can be one that the old one cannot hold.
    widens: bool,
    /// The catalog in which the column is called `new`: what hangs on it, in the words for that.
    renamed: Schema,
}

impl<'a> Shadow<'a> {
    /// The column, or why it cannot be swapped.
    pub fn of(site: &'a Site<'a>, table: &'a TableRef, column: &'a Ident, ty: &'a TypeName) -> Result<Self, String> {
        let old = deferrable(site, table, column, false)?;
        let widens = widens(&old.ty, ty).ok_or("code that knows the old type may not work with the new one")?;
        let another = |operation: &Operation| match operation {
            Operation::Column(ColumnOperation::SetType { table: other, column: own, .. }) => {
                same(&other.name, &table.name) && own != column
            }
            _ => false,
        };
        if site.items.iter().any(|item| another(&item.operation)) {
            return Err(format!("other columns of {} change their types as well: one at a time", table.name));
        }
        if old.generated.is_some() || old.sequence.is_some() {
            return Err("its values are generated".into());
        }
        if old.collated {
            return Err("it has a collation of its own".into());
        }
        if let Some(dependent) = site.schema.dependents(&table.name, column).first() {
            return Err(format!("{} names it", dependent.what));
        }
        let state = site.schema.table(&table.name);
        let computed = |other: &&Column| other.generated.as_ref().is_some_and(|from| reads(from, column));
        if let Some(other) = state.into_iter().flat_map(|state| &state.columns).find(computed) {
            return Err(format!("{} is computed from it", other.name));
        }
        let excludes = |state: &&ConstraintState| matches!(state.constraint.kind, ConstraintKind::Exclude(_));
        let constraints = state.into_iter().flat_map(|state| &state.constraints);
        if let Some(exclusion) = constraints.into_iter().find(excludes) {
            return Err(format!("the constraint {} cannot be made again while rows change", exclusion.name));
        }
        let (new, gone) = (column.with_suffix("_new"), column.with_suffix("_old"));
        if let Some(taken) = [&new, &gone].into_iter().find(|name| site.schema.column(&table.name, name).is_some()) {
            return Err(format!("{taken} is there already"));
        }
        let mut renamed = site.schema.clone();
        let (of, to) = (table.clone(), new.clone());
        renamed.apply(&Operation::Column(ColumnOperation::Rename { table: of, column: column.clone(), to }));
        Ok(Shadow { site, table, old, ty, new, gone, widens, renamed })
    }

    /// The steps: all up to the swap at once, the end of the old column later.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps = self.site.steps();
        self.fill(&mut steps);
        self.again(&mut steps);
        steps.step(
            Operation::Data(DataOperation::Assertion(self.agree())),
            self.slug(&format!("{}_agrees", snake_case(&self.new))),
            format!("a value of {} that is not in {} would be lost", self.old.name, self.new),
            Undo::Nothing,
        );
        self.swap(&mut steps);
        self.tidy(&mut steps);
        self.end(&mut steps);
        steps.done()
    }

    /// What its end waits for.
    pub fn deferral(&self) -> Deferral {
        let (table, column) = (&self.table.name, &self.old.name);
        let (name, gone) = (dotted(table, column), dotted(table, &self.gone));
        let swapped = Check {
            condition: format!("{name} is {}", self.ty),
            query: format!(
                "SELECT a.attname FROM pg_attribute a WHERE a.atttypid <> {}::regtype AND {}",
                crate::sql::literal(&self.ty.to_string()),
                leaving::is_column(table, column)
            ),
        };
        Deferral {
            gate: Gate {
                deploy: format!("the code works with {name} as {}, and nobody goes back to {}", self.ty, self.old.ty),
                checks: vec![swapped, no_view_reads(self.site, table, &self.gone)],
                undo: format!("the undo of the swap gives {name} its old type; {gone} has what was written meanwhile"),
            },
            owns: vec![Owned::Column { table: table.clone(), column: self.gone.clone(), becomes: None }],
        }
    }

    /// The second column, kept in step and filled.
    fn fill(&self, steps: &mut StepBuilder) {
        let Shadow { table, old, new, .. } = self;
        add_bare(steps, table, &without(&self.definition()), false);
        if let Some(default) = &old.default {
            let (table, column, default) = ((*table).clone(), new.clone(), default.clone());
            let set = Operation::Column(ColumnOperation::SetDefault { table, column, default });
            let slug = self.slug(&format!("{}_default", snake_case(new)));
            steps.step(set, slug, "new rows get the default from here on", Undo::Nothing);
            steps.with_the_one_before();
        }
        self.forth().create(steps);
        steps.backfill_as_before(
            self.site.schema,
            (&table.name, new),
            SqlFragment::new(&old.name.to_string()),
            SqlFragment::new(&self.differ()),
            self.slug(&format!("fill_{}", snake_case(new))),
            "existing rows get the value, a few at a time",
        );
        if old.not_null {
            set_not_null::prove(steps, table, new, self.site.settings.postgres);
        }
    }

    /// Checks, indexes and foreign keys again, on the second column.
    fn again(&self, steps: &mut StepBuilder) {
        for state in self.constraints() {
            let Some(again) = self.renamed.constraint(&self.table.name, &state.name) else { continue };
            let name = self.other_name(&state.name);
            match &again.constraint.kind {
                ConstraintKind::Check { expression } => {
                    add_check::add_and_validate(steps, self.table, &again.constraint, name, expression);
                }
                ConstraintKind::ForeignKey(key) => {
                    add_foreign_key::add_and_validate(steps, self.table, &again.constraint, name, key);
                }
                _ => {}
            }
        }
        for index in self.indexes() {
            let Some(again) = self.renamed.index(&index.name) else { continue };
            let name = self.other_name(&index.name.name);
            let build = CreateIndex { name: Some(name.clone()), ..definition(again) };
            let undo = drop_concurrently(&index.name.sibling(name.clone()));
            steps.step(
                Operation::Index(IndexOperation::Create(build)),
                format!("build_{}", snake_case(&name)),
                "builds the index while reads and writes go on",
                Undo::By(vec![undo]),
            );
        }
    }

    /// Both columns and all that hangs on them change names in one transaction.
    fn swap(&self, steps: &mut StepBuilder) {
        let Shadow { table, old, new, gone, .. } = self;
        let first = steps.count();
        let slug = self.slug(&format!("swap_{}", snake_case(&old.name)));
        let column = |operation: ColumnOperation| Operation::Column(operation);
        let rename = |from: &Ident, to: &Ident| {
            let (table, column, to) = ((*table).clone(), from.clone(), to.clone());
            Operation::Column(ColumnOperation::Rename { table, column, to })
        };
        let why = "from here on the new column has the name";
        self.forth().give_way(steps, &slug);
        if old.default.is_some() {
            let drop = column(ColumnOperation::DropDefault { table: (*table).clone(), column: old.name.clone() });
            self.one(steps, drop, &slug, "the new column has its own");
        }
        if old.not_null {
            let drop = column(ColumnOperation::DropNotNull { table: (*table).clone(), column: old.name.clone() });
            self.one(steps, drop, &slug, "the new column is NOT NULL in its place");
        }
        self.one(steps, rename(&old.name, gone), &slug, why);
        self.one(steps, rename(new, &old.name), &slug, why);
        for state in self.constraints() {
            let other = self.other_name(&state.name);
            let (table, name) = ((*table).clone(), state.name.clone());
            let drop =
                ConstraintOperation::Drop { table: table.clone(), name: name.clone(), if_exists: true, cascade: false };
            let renamed = |name: Ident, to: Ident| ConstraintOperation::Rename { table: table.clone(), name, to };
            let operations = match &state.constraint.kind {
                ConstraintKind::Check { .. } => vec![drop, renamed(other, name)],
                ConstraintKind::ForeignKey(_) => {
                    vec![renamed(name.clone(), self.third_name(&name)), renamed(other, name)]
                }
                ConstraintKind::Unique { nulls_not_distinct, index_parameters, .. } => {
                    let kind = ConstraintKind::Unique {
                        columns: Vec::new(),
                        nulls_not_distinct: *nulls_not_distinct,
                        index_parameters: index_parameters.clone(),
                        using_index: Some(other),
                    };
                    let constraint =
                        crate::operation::Constraint { name: Some(name), kind, ..state.constraint.clone() };
                    vec![drop, ConstraintOperation::Add { table, constraint }]
                }
                _ => Vec::new(),
            };
            operations.into_iter().for_each(|operation| self.one(steps, Operation::Constraint(operation), &slug, why));
        }
        for index in self.indexes().filter(|index| index.constraint.is_none()) {
            let renamed = |from: Ident, to: Ident| {
                Operation::Index(IndexOperation::Rename { index: index.name.sibling(from), to, if_exists: false })
            };
            let name = index.name.name.clone();
            self.one(steps, renamed(name.clone(), self.third_name(&name)), &slug, why);
            self.one(steps, renamed(self.other_name(&name), name), &slug, why);
        }
        self.back().create(steps);
        steps.one_transaction(first);
    }

    /// What hung on the old column and nobody needs any more goes.
    fn tidy(&self, steps: &mut StepBuilder) {
        for index in self.indexes().filter(|index| index.constraint.is_none()) {
            let name = index.name.sibling(self.third_name(&index.name.name));
            let again =
                steps.schema().index(&name).map(|index| Operation::Index(IndexOperation::Create(definition(index))));
            let undo = again.map_or(Undo::Nothing, |again| Undo::By(vec![again]));
            let why = "it is on the old column";
            steps.step(drop_concurrently(&name), format!("drop_index_{}", snake_case(&name.name)), why, undo);
        }
        for state in self.constraints() {
            let name = self.third_name(&state.name);
            let Some(old) = steps.schema().constraint(&self.table.name, &name).cloned() else { continue };
            let slug = format!("{}_drop_{}", snake_case(&self.table.name.name), snake_case(&name));
            drop_key(steps, self.table.clone(), &old, slug, "it is on the old column".into());
        }
    }

    /// The old column goes, and with it the way back.
    fn end(&self, steps: &mut StepBuilder) {
        let first = steps.count();
        steps.after_a_deploy();
        let slug = self.slug(&format!("drop_{}", snake_case(&self.gone)));
        self.back().remove(steps, &slug);
        let (table, column) = (self.table.clone(), self.gone.clone());
        let drop = Operation::Column(ColumnOperation::Drop { table, column, if_exists: false, cascade: false });
        steps.step(drop, slug, "nobody goes back to it any more", Undo::Impossible("what it removes is gone".into()));
        steps.part_of_the_last(first).wait_from(first, Phase::Contract).settles(leaving::SETTLES);
    }

    fn one(&self, steps: &mut StepBuilder, operation: Operation, slug: &str, why: &str) {
        let undo = super::undo::undo_of(&operation, steps.schema());
        steps.step(operation, slug.to_owned(), why, undo);
    }

    fn forth(&self) -> SyncTrigger {
        SyncTrigger::one_way(self.table, &self.old.name, &self.new, false)
    }

    fn back(&self) -> SyncTrigger {
        SyncTrigger::one_way(self.table, &self.old.name, &self.gone, self.widens)
    }

    fn definition(&self) -> ColumnDefinition {
        ColumnDefinition {
            name: self.new.clone(),
            ty: self.ty.clone(),
            storage: None,
            compression: None,
            collation: None,
            not_null: self.old.not_null,
            default: self.old.default.clone(),
            generated: None,
            constraints: Vec::new(),
        }
    }

    fn differ(&self) -> String {
        format!("{} IS DISTINCT FROM {}", self.new, self.old.name)
    }

    fn agree(&self) -> Assertion {
        let table = &self.table.name;
        let (name, new) = (dotted(table, &self.old.name), dotted(table, &self.new));
        Assertion {
            query: SqlFragment::new(&format!("SELECT 1 FROM {table} WHERE {}", self.differ())),
            condition: format!("{name} and {new} must agree in every row before they change places"),
            asked: Asked::ByItself,
        }
    }

    /// The constraints that have the column.
    fn constraints(&self) -> impl Iterator<Item = &'a ConstraintState> {
        let column = &self.old.name;
        let all = self.site.schema.table(&self.table.name).into_iter().flat_map(|state| &state.constraints);
        all.filter(move |state| match &state.constraint.kind {
            ConstraintKind::Check { expression } => mentions(expression.as_str(), column.as_str()),
            ConstraintKind::Unique { columns, .. } => columns.contains(column),
            ConstraintKind::ForeignKey(key) => key.columns.contains(column),
            ConstraintKind::PrimaryKey { .. } | ConstraintKind::NotNull { .. } | ConstraintKind::Exclude(_) => false,
        })
    }

    /// The indexes that have the column, those behind constraints included.
    fn indexes(&self) -> impl Iterator<Item = &'a Index> {
        let column = &self.old.name;
        self.site.schema.indexes_of(&self.table.name).filter(move |index| index.uses_column(column))
    }

    /// What something is called before the swap.
    fn other_name(&self, name: &Ident) -> Ident {
        name.with_suffix("_new")
    }

    /// What it is called behind the swap.
    fn third_name(&self, name: &Ident) -> Ident {
        name.with_suffix("_old")
    }

    fn slug(&self, words: &str) -> String {
        format!("{}_{words}", snake_case(&self.table.name.name))
    }
}

/// What is computed names the column.
fn reads(from: &crate::operation::Generated, column: &Ident) -> bool {
    use crate::operation::Generated::{Identity, Stored, Virtual};
    match from {
        Stored(expression) | Virtual(expression) => mentions(expression.as_str(), column.as_str()),
        Identity(_) => false,
    }
}

/// Whether the same code works with both types, and every old value is one of the new type. `Some(true)`: and not the other way
/// round.
fn widens(from: &TypeName, to: &TypeName) -> Option<bool> {
    if from.is_array() || to.is_array() {
        return None;
    }
    match (from.canonical(), to.canonical()) {
        ("int2", "int4" | "int8") | ("int4", "int8") | ("float4", "float8") => Some(true),
        ("numeric", "numeric") => match (from.modifiers(), to.modifiers()) {
            ([digits, scale], [more, to_scale]) => {
                (to_scale >= scale && more - to_scale >= digits - scale).then_some(true)
            }
            _ => None,
        },
        _ => None,
    }
}
