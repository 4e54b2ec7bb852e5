//! What the rules say about a migration, and the steps that come of it.

mod guards;
mod parting;

use std::collections::{BTreeMap, BTreeSet};

use crate::framework::Refusal;
use crate::framework::migration::Migration;
use crate::operation::{Fixed, Item, Operation, QualifiedName};
use crate::plan::{Duration, Phase, Step, Transaction, Uses};
use crate::postgres::Effects;
use crate::project::{Config, Level};
use crate::rewrite::{Applicability, Held, Outcome, RULES, Rule, Scope, Settings, Severity, Site, lacks_lock_timeout};
use crate::schema::Schema;
use crate::source::DirectiveScope;

/// A hazard at an item.
pub struct Finding {
    /// The rule that found it.
    pub rule: &'static Rule,
    /// The item, by index.
    pub item: usize,
    /// What it says.
    pub outcome: Outcome,
}

/// Everything found in a migration.
pub struct Findings {
    /// The hazards, in the source's order.
    pub findings: Vec<Finding>,
    /// The steps of the whole migration, those that pass through included, in the source's order.
    pub steps: Vec<Step>,
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

    /// The same where nothing is rewritten, because of one statement.
    pub fn kept(&self, migration: &Migration, refusal: &Refusal) -> Findings {
        let place = migration.source.position(migration.spans[refusal.item].start);
        let words: Vec<&str> = migration.slice(refusal.item).split_whitespace().take(2).collect();
        self.left(&format!("the {} at {place} {}", words.join(" "), refusal.why))
    }

    /// The same where nothing is rewritten, and why.
    pub fn left(&self, why: &str) -> Findings {
        let why = format!("left as it is: {why}");
        let keep = |finding: &Finding| {
            let mut outcome = finding.outcome.clone();
            if outcome.steps.take().is_some() && !std::mem::take(&mut outcome.guarded) {
                outcome.hazard.applicability = Applicability::Manual;
                outcome.hazard.help.clone_from(&why);
            }
            Finding { rule: finding.rule, item: finding.item, outcome }
        };
        Findings { findings: self.findings.iter().map(keep).collect(), steps: Vec::new() }
    }
}

/// Asks every rule about every operation. `schema` follows the operations.
pub fn find(migration: &Migration, schema: &mut Schema, settings: &Settings, config: &Config) -> Findings {
    let mut found = Findings { findings: Vec::new(), steps: Vec::new() };
    let texts: Vec<&str> = (0..migration.items.len()).map(|at| migration.slice(at)).collect();
    let mut claimed = vec![false; migration.items.len()];
    // What a hazard before it tells of.
    let mut told = vec![false; migration.items.len()];
    let mut held = HeldLocks::default();
    let mut unguarded = BTreeSet::new();
    let mut failing = Vec::new();
    // Steps that replace several operations stand where the last of these stood.
    let mut later: Vec<Vec<Step>> = vec![Vec::new(); migration.items.len()];
    for at in 0..migration.items.len() {
        let mut claims = Vec::new();
        let item = &migration.items[at];
        let site = Site {
            items: &migration.items,
            at,
            claimed: &claimed,
            held: held.in_transaction_of(item),
            texts: &texts,
            schema,
            settings,
        };
        let cost = site.effects();
        if !claimed[at] {
            let outcomes = outcomes(migration, &site, told[at], config);
            match outcomes.iter().find_map(|(_, outcome)| outcome.steps.as_ref().map(|steps| (outcome, steps))) {
                Some((outcome, steps)) => {
                    claims.clone_from(&outcome.claims);
                    claims.push(at);
                    later[claims.iter().copied().fold(at, usize::max)].extend(steps.iter().cloned());
                }
                None => {
                    failing.extend(cost.fails_on_rows.then_some(at));
                    found.steps.push(passed_through(&site));
                    outcomes.iter().flat_map(|(_, outcome)| &outcome.claims).for_each(|also| told[*also] = true);
                }
            }
            if guards(migration, config, at) && lacks_lock_timeout(&site) {
                unguarded.insert(at);
            }
            found.findings.extend(outcomes.into_iter().map(|(rule, outcome)| Finding { rule, item: at, outcome }));
        }
        claims.into_iter().for_each(|claim| claimed[claim] = true);
        found.steps.append(&mut later[at]);
        held.take(item, at, cost);
        schema.apply(&migration.items[at].operation);
    }
    guards::settle(migration, &mut found, &unguarded, failing.first().copied());
    // A lock that the author takes is meant for all that stands behind it.
    let is_lock = |item: &Item| item.fixed.is_none() && matches!(item.operation, Operation::LockTable { .. });
    match migration.items.iter().position(is_lock).filter(|_| found.is_rewritten()) {
        Some(at) => {
            let line = migration.source.position(migration.spans[at].start).line;
            found.left(&format!("the LOCK TABLE at line {line} is meant for all of its transaction"))
        }
        None => found,
    }
}

/// The strongest lock that each transaction of a migration holds so far. What LOCK TABLE holds is `lock-table`'s to say.
#[derive(Default)]
struct HeldLocks(BTreeMap<(Option<usize>, usize), Held>);

impl HeldLocks {
    /// Items of one key share a transaction: see [`Item::shares_transaction_with`].
    fn key(item: &Item) -> (Option<usize>, usize) {
        (item.block, if item.block.is_some() { 0 } else { item.chunk })
    }

    fn in_transaction_of(&self, item: &Item) -> Option<&Held> {
        self.0.get(&Self::key(item))
    }

    fn take(&mut self, item: &Item, at: usize, cost: Effects) {
        let strong = cost.locks.into_iter().filter(|(_, mode)| mode.blocks_writes()).max_by_key(|(_, mode)| *mode);
        let Some((relation, lock)) = strong.filter(|_| !matches!(item.operation, Operation::LockTable { .. })) else {
            return;
        };
        let stronger = self.in_transaction_of(item).is_none_or(|held| held.lock <= lock);
        if stronger {
            self.0.insert(Self::key(item), Held { item: at, relation, lock });
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
fn outcomes(migration: &Migration, site: &Site<'_>, told: bool, config: &Config) -> Vec<(&'static Rule, Outcome)> {
    let of = |scope| RULES.iter().filter(move |rule| rule.scope == scope);
    let first = first_outcome(of(Scope::Operation).filter(|_| !told), migration, site, config);
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
        let mut outcome = (rule.apply)(site).filter(|_| !silenced)?;
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
        let small = outcome.hazard.table.as_ref().is_some_and(|t| is_small(t, config));
        let about_cost = matches!(outcome.hazard.applicability, Applicability::Safe | Applicability::Manual)
            && rule.id != "missing-lock-timeout";
        match item.fixed {
            _ if small && about_cost => None,
            Some(why) if outcome.steps.is_some() => Some((rule, kept(outcome, why))),
            _ => Some((rule, outcome)),
        }
    })
}

/// What its author fixed is not moved: the hazard is reported and passes through.
fn kept(outcome: Outcome, why: Fixed) -> Outcome {
    let mut hazard = outcome.hazard;
    hazard.applicability = Applicability::Manual;
    hazard.help = match why {
        Fixed::Transaction => "left as it is: it stands between BEGIN and COMMIT; take it out of the transaction",
        Fixed::Block => "left as it is: its DO block has variables, conditions or loops; take it out of the block",
    }
    .into();
    Outcome::reported(hazard)
}

fn is_small(table: &QualifiedName, config: &Config) -> bool {
    let full = table.schema.as_ref().map(|s| format!("{}.{}", s.as_str(), table.name.as_str()));
    config.is_small(full.as_deref().unwrap_or(table.name.as_str()))
}

fn is_suppressed(migration: &Migration, item: usize, rule: &str) -> bool {
    let statement = migration.statement_of(item);
    statement.directives.iter().any(|d| d.covers(rule))
        || migration.directives.iter().any(|d| d.scope == DirectiveScope::File && d.covers(rule))
}

/// The operation as a step of its own: what must not be moved or wrapped stays in the author's words.
fn passed_through(site: &Site<'_>) -> Step {
    let mut step = site.pass_through();
    let item = &site.items[site.at];
    let opaque = matches!(item.operation, Operation::Opaque { .. } | Operation::Select { .. });
    let changes_rows =
        matches!(item.operation, Operation::Insert { .. } | Operation::Update { .. } | Operation::Delete { .. });
    if item.fixed.is_some() {
        step.uses = Uses::everything();
    }
    if item.fixed.is_some() || opaque || changes_rows {
        step.duration = Duration::AsWritten;
        step.transaction = Transaction::Shared;
    }
    step.phase = Phase::Expand;
    step
}
