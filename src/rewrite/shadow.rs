//! A second column of another type: it comes beside the first one, is kept in step and filled, gets all that hangs on the first, and
//! takes its name in one transaction.
//!
//! One that holds every value of the first takes the name at once (`steps`); one of an enum with fewer labels takes it when its values
//! are proved, in the transaction in which the enum takes its name (`new_labels`).

use super::add_column_default::{add_bare, without};
use super::drop_index::{definition, drop_concurrently};
use super::leaving::{deferrable, drop_key, no_view_reads};
use super::sync_trigger::SyncTrigger;
use super::{Hazard, Site, StepBuilder, add_check, add_foreign_key, dotted, filling, leaving, set_not_null};
use crate::operation::{
    Asked, Assertion, ColumnDefinition, ColumnOperation, ConstraintKind, ConstraintOperation, CreateIndex,
    DataOperation, Ident, IndexKey, IndexOperation, Operation, SqlFragment, TableRef, TypeName,
};
use crate::plan::{Check, Deferral, Gate, Owned, Phase, Step, Undo, snake_case};
use crate::schema::{Column, ConstraintState, Index, Schema, mentions, same};
use crate::sql::literal;

/// A column that gets another type.
pub(super) struct Shadow<'a> {
    site: &'a Site<'a>,
    table: &'a TableRef,
    old: &'a Column,
    ty: TypeName,
    /// The second column's name until it takes the first one's.
    pub new: Ident,
    /// The first one's name from then on.
    gone: Ident,
    values: Values<'a>,
    /// The catalog in which the column is called `new`: what hangs on it, in the words for that.
    renamed: Schema,
}

/// Which values of the one type are some of the other.
enum Values<'a> {
    /// All are; and where `narrows_back`, not the other way round.
    All { narrows_back: bool },
    /// These labels of an enum, as literals; and all the other way round.
    Labels(&'a [String]),
}

impl<'a> Shadow<'a> {
    /// A column that gets a wider type, or why it cannot be swapped.
    pub fn widening(
        site: &'a Site<'a>,
        table: &'a TableRef,
        column: &'a Ident,
        ty: &'a TypeName,
    ) -> Result<Self, String> {
        let old = deferrable(site, table, column, false)?;
        let narrows_back = widens(&old.ty, ty).ok_or("code that knows the old type may not work with the new one")?;
        let another = |operation: &Operation| match operation {
            Operation::Column(ColumnOperation::SetType { table: other, column: own, .. }) => {
                same(&other.name, &table.name) && own != column
            }
            _ => false,
        };
        if site.items.iter().any(|item| another(&item.operation)) {
            return Err(format!("other columns of {} change their types as well: one at a time", table.name));
        }
        Shadow::of(site, (table, old), ty.clone(), Values::All { narrows_back })
    }

    /// A column of an enum that gets another one, which has these labels of it, or why it cannot be swapped.
    pub fn of_labels(
        site: &'a Site<'a>,
        (table, column): (&'a TableRef, &'a Ident),
        ty: TypeName,
        labels: &'a [String],
    ) -> Result<Self, String> {
        let old = deferrable(site, table, column, false)?;
        let shadow = Shadow::of(site, (table, old), ty, Values::Labels(labels))?;
        if let Some(state) = shadow.constraints().find(|s| !matches!(s.constraint.kind, ConstraintKind::Unique { .. }))
        {
            return Err(format!("the constraint {} ties it to its type", state.name));
        }
        let names_it = |text: &SqlFragment| mentions(text.as_str(), column.as_str());
        let is_tied = |index: &&Index| {
            index.predicate.as_ref().is_some_and(names_it)
                || index.columns.iter().any(|key| matches!(&key.key, IndexKey::Expression(text) if names_it(text)))
        };
        if let Some(index) = shadow.indexes().find(is_tied) {
            return Err(format!("the index {} computes with its type", index.name));
        }
        Ok(shadow)
    }

    fn of(
        site: &'a Site<'a>,
        (table, old): (&'a TableRef, &'a Column),
        ty: TypeName,
        values: Values<'a>,
    ) -> Result<Self, String> {
        let column = &old.name;
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
        Ok(Shadow { site, table, old, ty, new, gone, values, renamed })
    }

    /// Why its rows are not filled in batches, if they are not; `naive` says what the operation does as it is written.
    pub fn filling_refused(&self, naive: &Hazard) -> Option<Hazard> {
        filling::refused(self.site, &self.table.name, &self.old.name, naive)
    }

    /// What to know of it: the catalog knows neither comments nor the privileges of single columns, and the swap brings no statistics.
    pub fn note(&self) -> String {
        let (table, column) = (&self.table.name, &self.old.name);
        let own = format!(
            "a comment or privileges that {} has of its own do not go over to the new column; ANALYZE {table} before the swap gives it statistics",
            dotted(table, column),
        );
        std::iter::once(own).chain(filling::note(self.site, table, column)).collect::<Vec<_>>().join("; ")
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
                literal(&self.ty.to_string()),
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

    /// The second column, kept in step and filled. One that has all values has a default and NOT NULL as well.
    pub fn fill(&self, steps: &mut StepBuilder) {
        let Shadow { table, old, new, .. } = self;
        let has_all = matches!(self.values, Values::All { .. });
        add_bare(steps, table, &without(&self.definition()), false);
        if let Some(default) = old.default.as_ref().filter(|_| has_all) {
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
            SqlFragment::new(&self.value(&old.name.to_string())),
            SqlFragment::new(&format!("{new} IS DISTINCT FROM {}", self.value(&old.name.to_string()))),
            self.slug(&format!("fill_{}", snake_case(new))),
            "existing rows get the value, a few at a time",
        );
        if old.not_null && has_all {
            set_not_null::prove(steps, table, new, self.site.settings.postgres);
        }
    }

    /// Checks, indexes and foreign keys again, on the second column.
    pub fn again(&self, steps: &mut StepBuilder) {
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
        let first = steps.count();
        let slug = self.slug(&format!("swap_{}", snake_case(&self.old.name)));
        self.forth().give_way(steps, &slug);
        self.change_names(steps, &slug);
        self.back().create(steps);
        steps.one_transaction(first);
    }

    /// The trigger goes: what follows in the transaction makes it useless.
    pub fn give_way(&self, steps: &mut StepBuilder, slug: &str) {
        self.forth().give_way(steps, slug);
    }

    /// Both columns and all that hangs on them change names.
    pub fn change_names(&self, steps: &mut StepBuilder, slug: &str) {
        let Shadow { table, old, new, gone, .. } = self;
        let column = |operation: ColumnOperation| Operation::Column(operation);
        let rename = |from: &Ident, to: &Ident| {
            let (table, column, to) = ((*table).clone(), from.clone(), to.clone());
            Operation::Column(ColumnOperation::Rename { table, column, to })
        };
        let why = "from here on the new column has the name";
        if old.default.is_some() {
            let drop = column(ColumnOperation::DropDefault { table: (*table).clone(), column: old.name.clone() });
            self.one(steps, drop, slug, "the new column has its own");
        }
        if old.not_null {
            let drop = column(ColumnOperation::DropNotNull { table: (*table).clone(), column: old.name.clone() });
            self.one(steps, drop, slug, "the new column is NOT NULL in its place");
        }
        for rename in [rename(&old.name, gone), rename(new, &old.name)] {
            self.one(steps, rename, slug, why);
            if matches!(self.values, Values::Labels(_)) {
                steps.settles("rename-column");
            }
        }
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
            operations.into_iter().for_each(|operation| self.one(steps, Operation::Constraint(operation), slug, why));
        }
        for index in self.indexes().filter(|index| index.constraint.is_none()) {
            let renamed = |from: Ident, to: Ident| {
                Operation::Index(IndexOperation::Rename { index: index.name.sibling(from), to, if_exists: false })
            };
            let name = index.name.name.clone();
            self.one(steps, renamed(name.clone(), self.third_name(&name)), slug, why);
            self.one(steps, renamed(self.other_name(&name), name), slug, why);
        }
    }

    /// What hung on the old column and nobody needs any more goes.
    pub fn tidy(&self, steps: &mut StepBuilder) {
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
        self.drop(steps);
        steps.part_of_the_last(first).wait_from(first, Phase::Contract);
    }

    /// The old column goes.
    pub fn drop(&self, steps: &mut StepBuilder) {
        let slug = self.slug(&format!("drop_{}", snake_case(&self.gone)));
        let (table, column) = (self.table.clone(), self.gone.clone());
        let drop = Operation::Column(ColumnOperation::Drop { table, column, if_exists: false, cascade: false });
        steps.step(drop, slug, "nobody goes back to it any more", Undo::Impossible("what it removes is gone".into()));
        steps.settles(leaving::SETTLES);
    }

    fn one(&self, steps: &mut StepBuilder, operation: Operation, slug: &str, why: &str) {
        let undo = super::undo::undo_of(&operation, steps.schema());
        steps.step(operation, slug.to_owned(), why, undo);
    }

    fn forth(&self) -> SyncTrigger {
        match self.values {
            Values::All { .. } => SyncTrigger::one_way(self.table, &self.old.name, &self.new, false),
            Values::Labels(_) => {
                SyncTrigger::by_label(self.table, &self.old.name, &self.new, &|value| self.value(value))
            }
        }
    }

    fn back(&self) -> SyncTrigger {
        let narrows = matches!(self.values, Values::All { narrows_back: true });
        SyncTrigger::one_way(self.table, &self.old.name, &self.gone, narrows)
    }

    /// What the second column has where the first one has that value.
    fn value(&self, of: &str) -> String {
        match self.values {
            Values::All { .. } => of.to_owned(),
            Values::Labels(labels) => {
                format!("CASE WHEN {of}::text IN ({}) THEN {of}::text::{} END", labels.join(", "), self.ty)
            }
        }
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

    /// A row in which the two do not have the same value.
    pub fn differ(&self) -> String {
        let as_text = if matches!(self.values, Values::All { .. }) { "" } else { "::text" };
        format!("{}{as_text} IS DISTINCT FROM {}{as_text}", self.new, self.old.name)
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

    /// The indexes of the column that the history shows: what is so of a row of `pg_depend` d that is one of them.
    pub fn known_indexes(&self) -> Vec<String> {
        self.indexes().map(|index| format!("d.objid = to_regclass({})", literal(&index.name.to_string()))).collect()
    }

    /// The constraints: what is so of a row of `pg_constraint` c that is one of them.
    pub fn known_constraints(&self) -> Vec<String> {
        let table = literal(&self.table.name.to_string());
        let is_it = |state: &ConstraintState| {
            format!("c.conrelid = to_regclass({table}) AND c.conname = {}", literal(state.name.as_str()))
        };
        self.constraints().map(is_it).collect()
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
