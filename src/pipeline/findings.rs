//! What the rules say about a migration, and the steps that come of it.

use crate::framework::Refusal;
use crate::framework::migration::Migration;
use crate::operation::{Fixed, Operation, QualifiedName};
use crate::plan::{Duration, Phase, Step, Transaction, Uses, uses};
use crate::project::{Config, Level};
use crate::rewrite::{Applicability, Outcome, RULES, Rule, Settings, Severity, Site};
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
    /// Each operation as a step of its own, in the author's words.
    as_written: Vec<Step>,
}

impl Findings {
    /// True when a rule replaces something, so that the migration is laid out anew.
    pub fn is_rewritten(&self) -> bool {
        self.findings.iter().any(|f| f.outcome.steps.is_some())
    }

    /// The same where nothing is rewritten, because of one statement.
    pub fn kept(&self, migration: &Migration, refusal: &Refusal) -> Findings {
        let place = migration.source.position(migration.spans[refusal.item].start);
        let words: Vec<&str> = migration.slice(refusal.item).split_whitespace().take(2).collect();
        self.left(&format!("the {} at {place} {}", words.join(" "), refusal.why))
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
            let outcome = &mut self.findings[at].outcome;
            outcome.steps = None;
            outcome.claims.clear();
            outcome.hazard.applicability = Applicability::Manual;
            outcome.hazard.help = format!("left as it is: {why}");
        }
        self.assemble();
        Ok(self)
    }

    /// The same where nothing is rewritten, and why.
    pub fn left(&self, why: &str) -> Findings {
        let why = format!("left as it is: {why}");
        let keep = |finding: &Finding| {
            let mut outcome = finding.outcome.clone();
            if outcome.steps.take().is_some() {
                outcome.hazard.applicability = Applicability::Manual;
                outcome.hazard.help.clone_from(&why);
            }
            Finding { rule: finding.rule, item: finding.item, outcome }
        };
        Findings { findings: self.findings.iter().map(keep).collect(), steps: Vec::new(), as_written: Vec::new() }
    }

    /// The steps of all findings and of what passes through. Steps that replace several operations stand where the last of
    /// these stood.
    fn assemble(&mut self) {
        let mut replaced = vec![false; self.as_written.len()];
        let mut at_item: Vec<Vec<Step>> = vec![Vec::new(); self.as_written.len()];
        for finding in &self.findings {
            let Some(steps) = &finding.outcome.steps else { continue };
            let items = std::iter::once(&finding.item).chain(&finding.outcome.claims);
            items.clone().for_each(|item| replaced[*item] = true);
            let last = items.copied().fold(finding.item, usize::max);
            at_item[last].extend(steps.iter().cloned());
        }
        let own = |(at, steps): (usize, Vec<Step>)| {
            let as_written = (!replaced[at]).then(|| self.as_written[at].clone());
            as_written.into_iter().chain(steps).collect::<Vec<_>>()
        };
        self.steps = at_item.into_iter().enumerate().flat_map(own).collect();
    }
}

/// Asks every rule about every operation. `schema` follows the operations.
pub fn find(migration: &Migration, schema: &mut Schema, settings: &Settings, config: &Config) -> Findings {
    let mut found = Findings { findings: Vec::new(), steps: Vec::new(), as_written: Vec::new() };
    let mut claimed = vec![false; migration.items.len()];
    for at in 0..migration.items.len() {
        let site = Site { items: &migration.items, at, claimed: &claimed, schema, settings };
        let as_written = passed_through(migration, &site);
        if !claimed[at] {
            let outcome = first_outcome(migration, &site, config);
            if let Some((_, outcome)) = outcome.as_ref().filter(|(_, outcome)| outcome.steps.is_some()) {
                claimed[at] = true;
                outcome.claims.iter().for_each(|claim| claimed[*claim] = true);
            }
            found.findings.extend(outcome.map(|(rule, outcome)| Finding { rule, item: at, outcome }));
        }
        found.as_written.push(as_written);
        schema.apply(&migration.items[at].operation);
    }
    drop_needless_guards(migration, &mut found);
    found.assemble();
    found
}

/// The first rule that has something to say and is neither off nor suppressed there.
fn first_outcome(migration: &Migration, site: &Site<'_>, config: &Config) -> Option<(&'static Rule, Outcome)> {
    let item = &site.items[site.at];
    let mut silenced = false;
    RULES.iter().find_map(|rule| {
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
fn passed_through(migration: &Migration, site: &Site<'_>) -> Step {
    let mut step = site.pass_through();
    let item = &site.items[site.at];
    step.uses = uses(&item.operation, migration.slice(site.at), site.schema);
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

/// When nothing else is rewritten and the author bounds lock waits in the file, or only one migration-wide guard is
/// missing, one finding says it for the whole file.
fn drop_needless_guards(migration: &Migration, found: &mut Findings) {
    let is_guard = |f: &Finding| f.rule.id == "missing-lock-timeout";
    let rewritten = found.findings.iter().any(|f| !is_guard(f) && f.outcome.steps.is_some());
    let reported_only = found.findings.iter().any(|f| !is_guard(f) && f.outcome.steps.is_none());
    // Statements that cannot be moved make a guard in place impossible: a DO beside them would change what they share.
    let stuck =
        migration.items.iter().any(|i| matches!(i.operation, Operation::Opaque { .. } | Operation::Transaction(_)));
    if !rewritten && (reported_only || stuck) {
        found.findings.retain(|f| !is_guard(f));
    }
    let mut seen = rewritten;
    found.findings.retain(|f| !is_guard(f) || !std::mem::replace(&mut seen, true));
}
