//! What others see between two steps: the sequence commits where the naive migration does not.
//!
//! After each step, and before each transaction of one that commits by itself, the committed catalog is read in another session. What protects, serves or is granted before the naive
//! migration and after it must be there in between; row security is never on without the policies that it has afterwards;
//! names that change together change together; and no reader sees fewer rows than both before and after.

mod gate;
mod moment;
mod names;

use std::collections::{BTreeMap, BTreeSet};

use postgres::Client;

use super::VerifyError;
pub use gate::can_be_stopped;
pub use moment::Moment;
use moment::{Fact, Kind, Reader};
use names::Renames;

/// What has to be there all the time while a migration becomes another catalog step by step.
pub struct Between {
    /// What is there before and after.
    kept: Vec<Fact>,
    after: Moment,
    /// Tables with row security before: what others see of them is not new.
    secured_before: BTreeSet<String>,
    renames: Renames,
    /// The fewest rows that a reader may see of a relation.
    fewest: BTreeMap<(Reader, String), i64>,
    /// What was reported already, and what the naive migration shows as well.
    reported: BTreeSet<String>,
}

impl Between {
    /// What a migration owes: both moments are of one database, before and after it ran there.
    pub fn of(before: &Moment, after: Moment) -> Between {
        let kept = before.facts.iter().filter(|fact| after.holds(fact)).cloned().collect();
        let fewest = before.rows.iter().filter_map(|(key, rows)| Some((key.clone(), *after.rows.get(key)?.min(rows))));
        Between {
            kept,
            secured_before: before.of_kind(Kind::RowSecurity).map(|fact| fact.relation.clone()).collect(),
            renames: Renames::of(before, &after),
            fewest: fewest.collect(),
            reported: BTreeSet::new(),
            after,
        }
    }

    /// A moment that the naive migration shows too, because it is not one transaction: what is missing there may be.
    pub fn allow(&mut self, shown: &Moment) {
        let missing = self.missing(shown);
        self.reported.extend(missing);
    }

    /// What is missing now and was not when this was asked before, in words.
    ///
    /// # Errors
    /// [`VerifyError::Sql`] when the server goes away.
    pub fn gaps(&mut self, client: &mut Client, ledgers: &[&str]) -> Result<Vec<String>, VerifyError> {
        let mut missing = self.missing(&Moment::read(client, ledgers)?);
        missing.retain(|gap| self.reported.insert(gap.clone()));
        Ok(missing)
    }

    fn missing(&self, now: &Moment) -> Vec<String> {
        let gone: Vec<&Fact> = self.kept.iter().filter(|fact| !now.holds(fact)).collect();
        // What hangs on something that is gone need not be reported.
        let first = gone.iter().filter(|fact| !gone.iter().any(|other| fact.hangs_on(other)));
        let mut gaps: Vec<String> =
            first.map(|fact| format!("{fact} is not there, as it is before and after the migration")).collect();
        for secured in now.of_kind(Kind::RowSecurity) {
            let table = &secured.relation;
            let policies = self.after.of_kind(Kind::Policy).filter(|policy| policy.relation == *table);
            let missing: Vec<String> =
                policies.filter(|policy| !now.holds(policy)).map(|policy| policy.detail.clone()).collect();
            if !self.secured_before.contains(table) && !missing.is_empty() {
                gaps.push(format!("row security of {table} is on without its policy {}", missing.join(", ")));
            }
        }
        gaps.extend(self.renames.torn(now));
        for ((reader, relation), fewest) in &self.fewest {
            let is_there = now.relations().any(|there| there == relation);
            match now.rows.get(&(*reader, relation.clone())) {
                Some(rows) if rows < fewest => {
                    gaps.push(format!("{reader} sees fewer rows of {relation} than before and after the migration"));
                }
                None if is_there => gaps.push(format!("{reader} cannot read {relation}")),
                _ => {}
            }
        }
        gaps
    }
}

#[cfg(test)]
mod tests {
    use super::Between;
    use super::moment::{Fact, Kind, Moment, Reader};

    fn moment(facts: &[(Kind, &str, &str, &[&str])]) -> Moment {
        let fact = |(kind, relation, detail, parts): &(Kind, &str, &str, &[&str])| {
            let parts = parts.iter().map(|&part| part.to_owned()).collect();
            Fact { kind: *kind, relation: (*relation).to_owned(), detail: (*detail).to_owned(), parts }
        };
        Moment { facts: facts.iter().map(fact).collect(), ..Moment::default() }
    }

    fn missing(before: &Moment, now: &Moment, after: Moment) -> Vec<String> {
        Between::of(before, after).missing(now)
    }

    const TABLE: (Kind, &str, &str, &[&str]) = (Kind::Relation, "t", "table", &[]);

    #[test]
    fn a_rule_that_is_stricter_protects_as_well() {
        let wide = (Kind::Unique, "t", "", &["a", "b"][..]);
        let narrow = (Kind::Unique, "t", "", &["a"][..]);
        let partial = (Kind::Unique, "t", "(a > 0)", &["a"][..]);
        let both = [TABLE, wide];
        assert!(missing(&moment(&both), &moment(&[TABLE, narrow]), moment(&both)).is_empty());
        assert_eq!(
            missing(&moment(&both), &moment(&[TABLE, partial]), moment(&both)),
            ["unique (a, b) of t is not there, as it is before and after the migration"]
        );
    }

    #[test]
    fn an_exclusion_that_is_replaced_is_never_missing() {
        let one = |parts: &'static [&'static str]| (Kind::Exclusion, "t", "", parts);
        let (before, after) = (moment(&[TABLE, one(&["r"])]), moment(&[TABLE, one(&["a", "r"])]));
        assert_eq!(
            missing(&before, &moment(&[TABLE]), after),
            ["EXCLUDE (r) of t is not there, as it is before and after the migration"]
        );
        let other = moment(&[TABLE, one(&["a"])]);
        assert!(missing(&before, &moment(&[TABLE]), other).is_empty());
    }

    #[test]
    fn row_security_comes_with_its_policies() {
        let (on, policy) = ((Kind::RowSecurity, "t", "", &[][..]), (Kind::Policy, "t", "p", &[][..]));
        let after = || moment(&[TABLE, on, policy]);
        let bare = missing(&moment(&[TABLE]), &moment(&[TABLE, on]), after());
        assert_eq!(bare, ["row security of t is on without its policy p"]);
        assert!(missing(&moment(&[TABLE]), &moment(&[TABLE, policy]), after()).is_empty());
    }

    #[test]
    fn fewer_rows_than_on_both_sides_are_a_gap() {
        let with_rows = |rows| {
            let mut moment = moment(&[TABLE]);
            moment.rows.insert((Reader::Plain, "t".to_owned()), rows);
            moment
        };
        assert_eq!(missing(&with_rows(5), &with_rows(2), with_rows(3)).len(), 1);
        assert!(missing(&with_rows(5), &with_rows(3), with_rows(3)).is_empty());
        assert!(missing(&with_rows(0), &with_rows(2), with_rows(3)).is_empty());
    }

    #[test]
    fn names_change_together() {
        let named = |table: &str, column: &str| {
            let mut moment = moment(&[(Kind::Relation, table, "table", &[])]);
            moment.names.insert((1, 0), (table.to_owned(), String::new()));
            moment.names.insert((1, 1), (table.to_owned(), column.to_owned()));
            moment
        };
        let torn = missing(&named("t", "a"), &named("u", "a"), named("u", "b"));
        assert_eq!(
            torn,
            ["t is called u already, and t.a is not called b yet: neither the old nor the new code can work"]
        );
        assert!(missing(&named("t", "a"), &named("t", "a"), named("u", "b")).is_empty());
    }
}
