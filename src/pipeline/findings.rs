//! What the rules say about a migration, and the steps that come of it.

mod guards;
mod parting;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::session;
use crate::framework::migration::Migration;
use crate::operation::{ColumnOperation, DataOperation, Fixed, Item, Operation, SessionOperation};
use crate::plan::{
    Deferral, Duration, Owned, Phase, Refusal, Sequence, Step, Transaction, UnitKind, Uses, changes_answer,
};
use crate::postgres::{Effects, Work, effects, is_checked_beside};
use crate::project::{Config, Level};
use crate::rewrite::{
    Applicability, Held, Outcome, RULES, Rule, Scope, Settings, Severity, Site, Standing, failing_statement,
    lacks_lock_timeout,
};
use crate::schema::{Age, Schema, mentions, same};
use crate::source::DirectiveScope;

/// A hazard at an item.
#[derive(Clone)]
pub struct Finding {
    /// The rule that found it.
    pub rule: &'static Rule,
    /// The item, by index.
    pub item: usize,
    /// What it says.
    pub outcome: Outcome,
    /// What the operation does as it was written.
    pub work: Work,
}

/// Everything found in a migration.
#[derive(Clone)]
pub struct Findings {
    /// The hazards, in the source's order.
    pub findings: Vec<Finding>,
    /// The steps of the whole migration, those that pass through included, in the source's order; none where nothing is found.
    pub steps: Vec<Step>,
    /// Each operation as a step of its own, in the author's words; none where nothing is found.
    as_written: Vec<Step>,
    /// What there is to say of operations that another one's rewrite replaces, should that one stay as it is.
    standby: Vec<Finding>,
    /// What goes with something that waits for a deploy, each with the item that drops that.
    follows: Vec<(usize, usize)>,
}

impl Findings {
    /// True when a rule replaces or guards something, so that the migration is laid out anew.
    pub fn is_rewritten(&self) -> bool {
        self.findings.iter().any(|f| f.outcome.steps.is_some())
    }

    /// The same where the runner's files look for what a failed build left: then IF NOT EXISTS does no harm.
    pub fn with_leftovers_cleared(mut self) -> Findings {
        for finding in self.findings.iter_mut().filter(|f| f.rule.id == "concurrent-leftover") {
            let step = self.steps.iter().find(|step| step.item == finding.item);
            if let Some(step) = step.filter(|_| finding.outcome.steps.is_none()) {
                finding.outcome.hazard.applicability = Applicability::Safe;
                finding.outcome.hazard.help = "what a failed build left is dropped before it".into();
                finding.outcome.steps = Some(vec![step.clone()]);
            }
        }
        self
    }

    /// The same, after what was to get a lock timeout and retries and runs in its author's words instead: it commits with
    /// something that takes long.
    pub fn without_guards_in_as_written(mut self, sequence: &Sequence) -> Findings {
        let units = sequence.units.iter().filter(|unit| unit.kind == UnitKind::AsWritten);
        let as_written: BTreeSet<usize> = units.flat_map(|unit| &unit.steps).map(|step| step.item).collect();
        for finding in self.findings.iter_mut().filter(|finding| as_written.contains(&finding.item)) {
            let outcome = &mut finding.outcome;
            if std::mem::take(&mut outcome.guarded) {
                outcome.steps = None;
            } else if finding.rule.id == "missing-lock-timeout" {
                leave(outcome, "it commits with a statement that takes long; set a lock_timeout before it");
            }
        }
        self
    }

    /// The same, after what was dangerous under a lock alone: whether the sequence parts the two is seen only in its units.
    pub fn with_locks_of(mut self, sequence: &Sequence, because: &str) -> Findings {
        for finding in self.findings.iter_mut().filter(|finding| finding.outcome.held_by.is_some()) {
            let Some((step, is_under_lock)) = parting::find(sequence, finding.item) else { continue };
            match (finding.outcome.steps.is_some(), is_under_lock) {
                (true, true) => leave(&mut finding.outcome, because),
                (false, false) => parting::release(&mut finding.outcome, step),
                (true, false) | (false, true) => {}
            }
        }
        self
    }

    /// The same where nothing is rewritten, because of one statement.
    pub fn kept(&self, migration: &Migration, refusal: &Refusal) -> Findings {
        let place = migration.source.position(migration.spans[refusal.item].start);
        let words: Vec<&str> = migration.slice(refusal.item).split_whitespace().take(2).collect();
        let words = if words.is_empty() { "call".to_owned() } else { words.join(" ") };
        self.left(&format!("the {words} at {place} {}", refusal.why))
    }

    /// The same where these items stay as they are written, in one place with what stands between them, and why; `Err` where
    /// none of them has another form.
    pub fn left_in_place(mut self, items: &[usize], why: &str) -> Result<Findings, Findings> {
        let is_left = |finding: &Finding| {
            let own = |item: &usize| *item == finding.item || finding.outcome.claims.contains(item);
            finding.outcome.steps.is_some() && items.iter().any(own)
        };
        let left: Vec<usize> = (0..self.findings.len()).filter(|at| is_left(&self.findings[*at])).collect();
        if left.is_empty() {
            return Err(self);
        }
        for at in left {
            leave(&mut self.findings[at].outcome, why);
            let claims = self.findings[at].outcome.claims.clone();
            self.say_of(&claims, why);
        }
        self.settle_phases();
        self.assemble();
        Ok(self)
    }

    /// The same where these items, which pass through, share no transaction with others.
    pub fn apart(mut self, items: &BTreeSet<usize>) -> Findings {
        items.iter().for_each(|item| self.as_written[*item].transaction = Transaction::Own);
        self.assemble();
        self
    }

    /// Says what there is to say of operations that no other one's rewrite replaces any more.
    fn say_of(&mut self, items: &[usize], why: &str) {
        let (now, still): (Vec<Finding>, Vec<Finding>) =
            std::mem::take(&mut self.standby).into_iter().partition(|finding| items.contains(&finding.item));
        self.standby = still;
        self.findings.extend(now.into_iter().map(|mut finding| {
            leave(&mut finding.outcome, why);
            finding
        }));
        self.findings.sort_by_key(|finding| finding.item);
    }

    /// The steps in the source's order, and no others.
    pub fn in_the_sources_order(&mut self) {
        self.assemble();
    }

    /// The steps of all findings and of what passes through. Steps that replace several operations stand where the last of
    /// these stood, or the first; of several findings at one operation the first that has steps counts.
    fn assemble(&mut self) {
        let mut replaced = vec![false; self.as_written.len()];
        let mut at_item: Vec<Vec<Step>> = vec![Vec::new(); self.as_written.len()];
        for finding in &self.findings {
            let Some(steps) = &finding.outcome.steps else { continue };
            if std::mem::replace(&mut replaced[finding.item], true) {
                continue;
            }
            finding.outcome.claims.iter().for_each(|item| replaced[*item] = true);
            let all = finding.outcome.claims.iter().copied().chain([finding.item]);
            let place = match finding.outcome.standing {
                Standing::WhereItEnds => all.max(),
                Standing::WhereItBegins => all.min(),
            };
            at_item[place.unwrap_or(finding.item)].extend(steps.iter().cloned());
        }
        let own = |(at, steps): (usize, Vec<Step>)| {
            let as_written = (!replaced[at]).then(|| self.as_written[at].clone());
            as_written.into_iter().chain(steps).collect::<Vec<_>>()
        };
        self.steps = at_item.into_iter().enumerate().flat_map(own).collect();
    }

    /// The same where nothing is rewritten, and why.
    pub fn left(&self, why: &str) -> Findings {
        let keep = |finding: &Finding| {
            let mut outcome = finding.outcome.clone();
            leave(&mut outcome, why);
            Finding { rule: finding.rule, item: finding.item, outcome, work: finding.work.clone() }
        };
        let mut findings: Vec<Finding> = self.findings.iter().chain(&self.standby).map(keep).collect();
        findings.sort_by_key(|finding| finding.item);
        Findings { findings, steps: Vec::new(), as_written: Vec::new(), standby: Vec::new(), follows: Vec::new() }
    }

    /// The items with phases that wait, each with what is its own until then.
    pub fn waiting(&self) -> impl Iterator<Item = (usize, Vec<Owned>)> {
        let waits = self.findings.iter().filter(|finding| finding.outcome.steps.is_some());
        waits.filter_map(|finding| Some((finding.item, finding.outcome.deferral.as_ref()?.owns.clone())))
    }

    /// An item with those that its rewrite replaces as well.
    pub fn with_claims(&self, item: usize) -> Vec<usize> {
        let own = self.findings.iter().filter(|finding| finding.item == item);
        own.flat_map(|finding| std::iter::once(item).chain(finding.outcome.claims.iter().copied())).collect()
    }

    /// What the later phases of the whole migration wait for, where it has some.
    pub fn deferrals(&self) -> impl Iterator<Item = &Deferral> {
        let waits = self.findings.iter().filter(|finding| finding.outcome.steps.is_some());
        waits.filter_map(|finding| finding.outcome.deferral.as_ref())
    }

    /// What a reader should know of an item besides what its rule says.
    pub fn add_note(&mut self, item: usize, text: &str) {
        for finding in self.findings.iter_mut().filter(|finding| finding.item == item) {
            let before = finding.outcome.note.take().map(|before| format!("; {before}")).unwrap_or_default();
            finding.outcome.note = Some(format!("{text}{before}"));
        }
    }

    /// The items that these items are, or go with.
    pub fn leaders_of(&self, items: &[usize]) -> Vec<usize> {
        let of_item = |item: &usize| {
            let leaders: Vec<usize> = self.follows.iter().filter(|(at, _)| at == item).map(|(_, of)| *of).collect();
            if leaders.is_empty() { vec![*item] } else { leaders }
        };
        items.iter().flat_map(of_item).collect()
    }
}

/// What had another form stays as it is, and why.
fn leave(outcome: &mut Outcome, why: &str) {
    if outcome.steps.take().is_some() && !std::mem::take(&mut outcome.guarded) {
        outcome.hazard.applicability = Applicability::Manual;
        outcome.hazard.help = format!("left as it is: {why}");
        // what they say is of steps that are not there
        outcome.note = None;
        outcome.preflight = None;
        outcome.deferral = None;
    }
}

/// Asks every rule about every operation. `schema` follows the operations.
pub fn find(migration: &Migration, schema: &mut Schema, settings: &Settings, config: &Config) -> Findings {
    let before = schema.clone();
    let mut found = Findings {
        findings: Vec::new(),
        steps: Vec::new(),
        as_written: Vec::new(),
        standby: Vec::new(),
        follows: Vec::new(),
    };
    let texts: Vec<&str> = (0..migration.items.len()).map(|at| migration.slice(at)).collect();
    let mut claimed = vec![false; migration.items.len()];
    // What a hazard before it speaks of as well.
    let mut reported = vec![false; migration.items.len()];
    let mut held = HeldLocks::default();
    let mut unguarded = BTreeSet::new();
    let mut failing = Vec::new();
    let mut costs = Vec::new();
    for (at, item) in migration.items.iter().enumerate() {
        if failing_statement::does_nothing(item, schema, settings.postgres) {
            costs.push(Effects::none());
            continue;
        }
        let cost = cost(migration, at, schema, settings.postgres);
        let site = Site {
            items: &migration.items,
            at,
            claimed: &claimed,
            held: held.in_transaction_of(item),
            texts: &texts,
            schema,
            before: &before,
            settings,
            cost: &cost,
        };
        let outcomes = outcomes(migration, &site, reported[at], config);
        if claimed[at] {
            found.standby.extend(outcomes.into_iter().map(|(rule, outcome)| Finding {
                rule,
                item: at,
                outcome,
                work: cost.work.clone(),
            }));
        } else {
            if guards(migration, config, at) && lacks_lock_timeout(&site) {
                unguarded.insert(at);
            }
            let replaced = outcomes.iter().find(|(_, outcome)| outcome.steps.is_some());
            match replaced {
                Some((_, outcome)) => {
                    claimed[at] = true;
                    outcome.claims.iter().for_each(|claim| claimed[*claim] = true);
                    // What was said of those before it.
                    let (now, rest) = std::mem::take(&mut found.findings)
                        .into_iter()
                        .partition(|finding: &Finding| outcome.claims.contains(&finding.item));
                    found.standby.extend::<Vec<Finding>>(now);
                    found.findings = rest;
                }
                None => {
                    failing.extend(cost.fails_on_rows.then_some(at));
                    outcomes.iter().flat_map(|(_, outcome)| &outcome.claims).for_each(|also| reported[*also] = true);
                }
            }
            found.findings.extend(outcomes.into_iter().map(|(rule, outcome)| Finding {
                rule,
                item: at,
                outcome,
                work: cost.work.clone(),
            }));
        }
        held.take(item, at, &cost);
        costs.push(cost);
        schema.apply(&item.operation);
    }
    // Most migrations of a history end here: steps are for what is found.
    if found.findings.is_empty() {
        return found;
    }
    found.as_written = as_written(migration, before.clone(), &costs, settings);
    waiting::settle(&migration.items, &mut found, &before);
    found.assemble();
    guards::settle(migration, &mut found, &unguarded, failing.first().copied());
    found.assemble();
    let mut items = (0..migration.items.len()).filter(|_| found.is_rewritten());
    match items.find(|at| locks_for_what_is_behind(migration, *at)) {
        Some(at) => {
            let place = match migration.items[at].operation {
                Operation::Session(_) => guards::place(migration, at),
                _ => format!("the advisory lock at line {}", migration.source.position(migration.spans[at].start).line),
            };
            found.left(&format!("{place} is meant for all of its transaction"))
        }
        None => found,
    }
}

/// A lock that the author takes up to the end of the transaction is meant for all that stands behind it there.
fn locks_for_what_is_behind(migration: &Migration, at: usize) -> bool {
    let item = &migration.items[at];
    let mut behind = migration.items[at + 1..].iter();
    match item.operation {
        Operation::Session(SessionOperation::LockTable { .. }) => item.fixed.is_none(),
        Operation::Data(DataOperation::Select { .. }) => {
            migration.slice(at).contains("advisory_xact_lock")
                && behind.any(|other| other.shares_transaction_with(item))
        }
        _ => false,
    }
}

/// What an operation costs where it stands.
fn cost(migration: &Migration, at: usize, schema: &Schema, version: u32) -> Effects {
    let operation = &migration.items[at].operation;
    let cost = effects(operation, schema, version);
    let (Operation::Column(ColumnOperation::Add { table, .. }), Work::Constant) = (operation, &cost.work) else {
        return cost;
    };
    let statement = migration.statement_of(at);
    let items = statement.items.clone().filter(|_| !statement.in_do);
    let beside = items.map(|item| &migration.items[item].operation);
    let same_table = beside.filter(|other| other.table().is_some_and(|other| same(other, &table.name)));
    match !schema.is_new(&table.name) && is_checked_beside(operation, same_table) {
        true => Effects { work: Work::Scan(vec![table.name.clone()]), ..cost },
        false => cost,
    }
}

/// The strongest lock that each transaction of a migration holds so far. What LOCK TABLE holds is `lock-table`'s to say.
#[derive(Default)]
struct HeldLocks(BTreeMap<TransactionKey, Held>);

/// Its block, or else what is sent at once and the part of that.
type TransactionKey = (Option<usize>, usize, usize);

impl HeldLocks {
    /// Items of one key share a transaction: see [`Item::shares_transaction_with`].
    fn key(item: &Item) -> TransactionKey {
        match item.block {
            Some(block) => (Some(block), 0, 0),
            None => (None, item.chunk, item.part),
        }
    }

    fn in_transaction_of(&self, item: &Item) -> Option<&Held> {
        self.0.get(&Self::key(item))
    }

    fn take(&mut self, item: &Item, at: usize, cost: &Effects) {
        let strong = cost.locks.iter().filter(|(_, mode)| mode.blocks_writes()).max_by_key(|(_, mode)| *mode);
        let Some((relation, lock)) =
            strong.filter(|_| !matches!(item.operation, Operation::Session(SessionOperation::LockTable { .. })))
        else {
            return;
        };
        let stronger = self.in_transaction_of(item).is_none_or(|held| held.lock <= *lock);
        if stronger {
            self.0.insert(Self::key(item), Held { item: at, relation: relation.clone(), lock: *lock });
        }
    }
}

/// True when missing lock timeouts are looked for there.
fn guards(migration: &Migration, config: &Config, at: usize) -> bool {
    let rule = "missing-lock-timeout";
    config.level(rule) != Some(Level::Off) && !is_suppressed(migration, at, rule)
}

/// What is said of an operation: by the first rule that has something to say of it, and by those that look at its
/// transaction, unless the operation has another form by now.
fn outcomes(
    migration: &Migration,
    site: &Site<'_>,
    is_reported: bool,
    config: &Config,
) -> Vec<(&'static Rule, Outcome)> {
    let of = |scope| RULES.iter().filter(move |rule| rule.scope == scope);
    let first = first_outcome(of(Scope::Operation).filter(|_| !is_reported), migration, site, config);
    let replaced = first.as_ref().is_some_and(|(_, outcome)| outcome.steps.is_some());
    let also = of(Scope::Transaction).filter(|_| !replaced);
    let mut found: Vec<_> = first.into_iter().collect();
    found.extend(also.filter_map(|rule| first_outcome(std::iter::once(rule), migration, site, config)));
    found
}

/// The first rule that has something to say and is neither off nor suppressed there.
fn first_outcome(
    mut rules: impl Iterator<Item = &'static Rule>,
    migration: &Migration,
    site: &Site<'_>,
    config: &Config,
) -> Option<(&'static Rule, Outcome)> {
    let item = &site.items[site.at];
    let mut silenced = false;
    rules.find_map(|rule| {
        let mut outcome = rule.apply(site).filter(|_| !silenced)?;
        // A rule that is off or suppressed here has had its say: the operation stays, and no other rule takes over.
        let level = config.level(rule.id);
        silenced = level == Some(Level::Off) || is_suppressed(migration, site.at, rule.id);
        if silenced {
            return None;
        }
        match level {
            Some(Level::Warn) => outcome.hazard.severity = Severity::Caution,
            Some(Level::Error) => outcome.hazard.severity = Severity::Danger,
            Some(Level::Off) | None => {}
        }
        if asks_for_what_is_not_there(&outcome, site) {
            outcome.preflight = None;
            outcome.steps.iter_mut().flatten().for_each(|step| step.preflight = None);
        }
        // Asked before the migration it finds rows that are mended by then.
        if let Some(preflight) = &mut outcome.preflight {
            let changes = |at: &usize| changes_answer(&site.items[*at].operation, &preflight.query);
            if let Some(last) = (0..site.at).rev().find(changes) {
                preflight.condition += &format!(" once {} has run", guards::place(migration, last));
            }
        }
        let small = outcome.hazard.table.as_ref().is_some_and(|t| config.is_small(&t.unquoted()));
        let about_cost = matches!(outcome.hazard.applicability, Applicability::Safe | Applicability::Manual)
            && rule.id != "missing-lock-timeout";
        let across_set = !session::is_one(site.items, site.at, &outcome.claims);
        if let Some(steps) = &mut outcome.steps {
            session::assign_settings(steps, site.items);
        }
        let whole = session::takes_whole_transaction(site.items, site.at, &outcome.claims);
        match item.fixed.filter(|_| !whole).or(across_set.then_some(Fixed::Session)) {
            _ if small && about_cost => None,
            Some(why) if outcome.steps.is_some() => Some((rule, kept(outcome, why))),
            _ => Some((rule, outcome)),
        }
    })
}

/// A query that is to be asked before the migration names a column that the migration adds.
fn asks_for_what_is_not_there(outcome: &Outcome, site: &Site<'_>) -> bool {
    let Some(preflight) = &outcome.preflight else { return false };
    let table = outcome.hazard.table.as_ref().and_then(|table| site.schema.table(table));
    let mut new = table.into_iter().flat_map(|table| &table.columns).filter(|column| column.age == Age::New);
    new.any(|column| mentions(&preflight.query, column.name.as_str()))
}

/// What its author fixed is not moved: the hazard is reported and passes through.
fn kept(outcome: Outcome, why: Fixed) -> Outcome {
    let mut hazard = outcome.hazard;
    hazard.applicability = Applicability::Manual;
    hazard.help = match why {
        Fixed::Transaction => "left as it is: it stands between BEGIN and COMMIT; take it out of the transaction",
        Fixed::Block => "left as it is: its DO block has variables, conditions or loops; take it out of the block",
        Fixed::Unnamed => "left as it is: the metadata gives a name that only Python knows; give one in the call",
        Fixed::Program => "left as it is: the statements around it need one another; move it to a migration of its own",
        Fixed::Condition => "left as it is: only running the file tells whether it runs; write it without a condition or a loop",
        Fixed::Asked => "left as it is: it is done only if a condition holds; write it without the condition",
        Fixed::Session => {
            "left as it is: a SET before it decides what it does; say it in the statement itself, with the schema in its names"
        }
        Fixed::Names => "left as it is: the search_path does not tell in which schema its names are; say it in the names",
    }
    .into();
    Outcome::reported(hazard)
}

fn is_suppressed(migration: &Migration, item: usize, rule: &str) -> bool {
    let statement = migration.statement_of(item);
    statement.directives.iter().any(|d| d.covers(rule))
        || migration.directives.iter().any(|d| d.scope == DirectiveScope::File && d.covers(rule))
}

/// Each operation as a step of its own. `schema` is the catalog before the first one.
fn as_written(migration: &Migration, mut schema: Schema, costs: &[Effects], settings: &Settings) -> Vec<Step> {
    let texts: Vec<&str> = (0..migration.items.len()).map(|at| migration.slice(at)).collect();
    let claimed = vec![false; migration.items.len()];
    let mut steps = Vec::new();
    let before = schema.clone();
    for (at, (item, cost)) in migration.items.iter().zip(costs).enumerate() {
        let items = &migration.items;
        let (texts, schema_here) = (&texts, &schema);
        let site = Site {
            items,
            at,
            claimed: &claimed,
            held: None,
            texts,
            schema: schema_here,
            before: &before,
            settings,
            cost,
        };
        steps.push(passed_through(&site));
        schema.apply(&item.operation);
    }
    steps
}

/// The operation as a step of its own: what must not be moved or wrapped stays in the author's words.
fn passed_through(site: &Site<'_>) -> Step {
    let mut step = site.pass_through();
    let item = &site.items[site.at];
    let opaque = matches!(item.operation, Operation::Opaque { .. } | Operation::Data(DataOperation::Select { .. }));
    let changes_rows = matches!(
        item.operation,
        Operation::Data(DataOperation::Insert { .. } | DataOperation::Update { .. } | DataOperation::Delete { .. })
    );
    // where no step bounds its waits, the author's timeout is the only one, and nothing passes it
    let is_only_bound = !site.settings.bound_lock_waits
        && matches!(item.operation, Operation::Session(SessionOperation::SetParameter { .. }));
    if item.fixed.is_some() || is_only_bound {
        step.uses = Arc::new(Uses::everything());
    }
    if item.fixed.is_some() || opaque || changes_rows {
        step.duration = Duration::AsWritten;
        step.transaction = Transaction::Shared;
    }
    step.phase = Phase::Expand;
    session::assign_settings(std::slice::from_mut(&mut step), site.items);
    step
}
