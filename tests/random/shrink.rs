//! Makes a case that fails smaller, as long as it fails in the same way.

use super::case::{Case, Part};

/// So many attempts are enough for what these cases hold.
const ATTEMPTS: usize = 80;

/// The smallest case that still fails, or a small one.
pub fn shrunk(case: &Case, fails: &mut dyn FnMut(&Case) -> bool) -> Case {
    let mut smallest = case.clone();
    let mut left = ATTEMPTS;
    let mut tries = |candidate: &Case| {
        left = left.saturating_sub(1);
        left > 0 && fails(candidate)
    };
    let without_rows = Case { rows: Vec::new(), ..smallest.clone() };
    if tries(&without_rows) {
        smallest = without_rows;
    }
    // many statements at once, then few, then one
    let statements = smallest.migration.len().max(smallest.before.len());
    for many in [statements / 2, statements / 4, 1] {
        for part in [Part::Migration, Part::Before, Part::Rows] {
            let mut end = smallest.of_part(part).len();
            while many > 0 && end > 0 {
                let mut candidate = smallest.clone();
                candidate.part_mut(part).drain(end.saturating_sub(many)..end);
                end = end.saturating_sub(many);
                if tries(&candidate) {
                    smallest = candidate;
                }
            }
        }
    }
    let mut at = 0;
    while let Some(candidate) = without(&smallest, at) {
        match tries(&candidate) {
            true => smallest = candidate,
            false => at += 1,
        }
    }
    smallest
}

/// The case without the n-th clause of all its statements, the last ones first.
fn without(case: &Case, at: usize) -> Option<Case> {
    let mut left = at;
    for part in [Part::Migration, Part::Before, Part::Rows] {
        for (number, statement) in case.of_part(part).iter().enumerate().rev() {
            let ways = lesser(statement);
            if left >= ways.len() {
                left -= ways.len();
                continue;
            }
            let mut smaller = case.clone();
            smaller.part_mut(part)[number].clone_from(&ways[left]);
            return Some(smaller);
        }
    }
    None
}

/// The statement without each of its clauses: the generator begins each on a line of its own.
fn lesser(statement: &str) -> Vec<String> {
    for separator in [";\n", ",\n  "] {
        let parts: Vec<&str> = statement.split(separator).collect();
        if parts.len() == 1 || statement.starts_with("DO ") || statement.contains("$$") {
            continue;
        }
        let (head, first) = head(parts[0]);
        let last = parts.len() - 1;
        let (tail_of, tail) =
            parts[last].split_once("\n)").map_or((parts[last], String::new()), |(of, tail)| (of, format!("\n){tail}")));
        let all: Vec<&str> = std::iter::once(first).chain(parts[1..last].iter().copied()).chain([tail_of]).collect();
        let one_less = |gone: usize| {
            let kept: Vec<&str> = all.iter().enumerate().filter(|(at, _)| *at != gone).map(|(_, part)| *part).collect();
            format!("{head}{}{tail}", kept.join(separator))
        };
        return (0..all.len()).map(one_less).collect();
    }
    Vec::new()
}

/// What stands before the first clause: of CREATE TABLE up to its bracket, of ALTER TABLE with the table's name.
fn head(first: &str) -> (&str, &str) {
    if let Some(at) = first.find("(\n  ") {
        return first.split_at(at + 4);
    }
    let at = first.strip_prefix("ALTER TABLE ").map_or(0, |rest| {
        let skipped: usize =
            ["IF EXISTS ", "ONLY "].iter().filter(|word| rest.contains(*word)).map(|word| word.len()).sum();
        let name = rest[skipped..].find(' ').map_or(0, |at| at + 1);
        "ALTER TABLE ".len() + skipped + name
    });
    first.split_at(at)
}
