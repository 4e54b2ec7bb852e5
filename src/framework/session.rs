//! What is in force where a statement of a migration stands.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::operation::{Operation, SessionOperation, Setting, TransactionControl};
use crate::plan::Runner;
use crate::sql::{Change, change};

/// A session as the statements so far leave it.
pub(super) struct Session {
    /// What is sent at once, by number.
    pub chunk: usize,
    /// The transaction block, by number.
    pub block: Option<usize>,
    blocks: usize,
    /// The author began a transaction.
    pub author_began: bool,
    /// The author set a `lock_timeout`.
    pub bounded: bool,
    /// A `DO` block asked for `indisvalid`.
    pub looks_for_leftovers: bool,
    /// What is sent at once is a transaction by itself, unless one is open.
    by_chunk: bool,
    /// The runner begins a transaction.
    is_in_transaction: bool,
    /// What `SET` has set.
    session: Arc<Vec<Setting>>,
    /// What `SET LOCAL` has set over it.
    local: Vec<Setting>,
    /// Parameters of a block that is a transaction by itself, or not.
    in_block: BTreeSet<String>,
    /// The parameters that decide something and cannot be said again.
    unclear: BTreeSet<String>,
}

impl Session {
    pub(super) fn new(runner: Runner) -> Self {
        Session {
            chunk: 0,
            block: runner.is_in_transaction().then_some(0),
            blocks: 0,
            author_began: false,
            bounded: false,
            looks_for_leftovers: false,
            by_chunk: runner.sends_pieces(),
            is_in_transaction: runner.is_in_transaction(),
            session: Arc::default(),
            local: Vec::new(),
            in_block: BTreeSet::new(),
            unclear: BTreeSet::new(),
        }
    }

    /// True when nobody can tell what the session is set to, or not say it again.
    pub(super) fn is_unclear(&self) -> bool {
        !self.unclear.is_empty()
    }

    /// What is sent now is outside the transaction that the runner has begun, or in one again.
    pub(super) fn is_outside(&mut self, is_outside: bool) {
        match (is_outside, self.block) {
            (true, Some(_)) => {
                self.block = None;
                self.local.clear();
            }
            (false, None) if self.is_in_transaction => {
                self.blocks += 1;
                self.block = Some(self.blocks);
            }
            _ => {}
        }
    }

    /// What it is set to, in the order in which that was said.
    pub(super) fn settings(&self) -> Arc<Vec<Setting>> {
        if self.local.is_empty() {
            return Arc::clone(&self.session);
        }
        let is_local = |name: &str| self.local.iter().any(|setting| setting.name == name);
        let outer = self.session.iter().filter(|setting| !is_local(&setting.name));
        Arc::new(outer.chain(&self.local).cloned().collect())
    }

    /// An operation of a statement, which may be a `DO` block, takes effect.
    pub(super) fn follow(&mut self, operation: &Operation, in_do: bool) {
        match operation {
            Operation::Session(SessionOperation::Transaction(TransactionControl::Begin)) => {
                self.author_began = true;
                self.blocks += 1;
                // A second BEGIN has no effect.
                self.block = self.block.or(Some(self.blocks));
            }
            Operation::Session(SessionOperation::Transaction(TransactionControl::Commit)) => {
                self.author_began = false;
                self.block = None;
                self.local.clear();
            }
            Operation::Session(SessionOperation::SetParameter { name, value, .. }) if name == "lock_timeout" => {
                self.bounded = value.trim_matches('\'') != "0";
            }
            _ => {
                if let Some(change) = change(operation) {
                    self.set(change, in_do);
                }
            }
        }
    }

    /// A statement that is no `SET` has set something.
    pub(super) fn is_set_somehow(&mut self) {
        self.unclear.insert("set_config".to_owned());
    }

    fn set(&mut self, change: Change, in_do: bool) {
        match change {
            Change::Set(setting) if setting.local => {
                // Whether it ends with its statement or with its file depends on the runner's version, and a transaction that
                // is the runner's own holds other migrations too.
                match in_do {
                    true => drop(self.in_block.insert(setting.name.clone())),
                    false if self.author_began => {}
                    false => drop(self.unclear.insert(setting.name.clone())),
                }
                self.local.retain(|other| other.name != setting.name);
                self.local.push(setting);
            }
            Change::Set(setting) => {
                self.forget(&setting.name);
                Arc::make_mut(&mut self.session).push(setting);
            }
            Change::Reset(name) => self.forget(&name),
            Change::ResetAll => {
                self.session = Arc::default();
                self.local.clear();
                self.unclear.clear();
            }
            Change::Unclear(name) => {
                self.forget(&name);
                self.unclear.insert(name);
            }
        }
    }

    fn forget(&mut self, name: &str) {
        self.unclear.remove(name);
        self.local.retain(|setting| setting.name != name);
        if self.session.iter().any(|setting| setting.name == name) {
            Arc::make_mut(&mut self.session).retain(|setting| setting.name != name);
        }
    }

    /// Behind a statement. What a block has set for its transaction is gone where the block was one by itself.
    pub(super) fn ends_statement(&mut self) {
        let in_block = std::mem::take(&mut self.in_block);
        if self.by_chunk && self.block.is_none() {
            self.local.retain(|setting| !in_block.contains(&setting.name));
        } else if !self.author_began {
            self.unclear.extend(in_block);
        }
    }
}
