//! Makes a case that fails smaller, as long as it fails in the same way.

use super::case::Case;

/// So many attempts are enough for what these cases hold.
const ATTEMPTS: usize = 150;

/// The smallest case that still fails.
pub fn shrunk(case: &Case, fails: &mut dyn FnMut(&Case) -> bool) -> Case {
    let mut smallest = case.clone();
    let mut attempts = 0;
    let mut smaller = true;
    while smaller && attempts < ATTEMPTS {
        smaller = false;
        let mut at = 0;
        while let Some(candidate) = without(&smallest, at) {
            attempts += 1;
            match attempts <= ATTEMPTS && fails(&candidate) {
                true => (smallest, smaller) = (candidate, true),
                false => at += 1,
            }
        }
    }
    smallest
}

/// The case without its n-th part: a statement, or a clause of one, the last ones first.
fn without(case: &Case, at: usize) -> Option<Case> {
    let mut left = at;
    let mut found = None;
    for list in [&case.migration, &case.rows, &case.before] {
        for statement in (0..list.len()).rev() {
            let mut ways = vec![None];
            ways.extend(lesser(&list[statement]).into_iter().map(Some));
            if found.is_none() && left < ways.len() {
                found = Some((list.as_ptr(), statement, ways.swap_remove(left)));
            } else if found.is_none() {
                left -= ways.len();
            }
        }
    }
    let (of, statement, way) = found?;
    let mut smaller = case.clone();
    let list = match of {
        of if of == case.migration.as_ptr() => &mut smaller.migration,
        of if of == case.rows.as_ptr() => &mut smaller.rows,
        _ => &mut smaller.before,
    };
    match way {
        Some(lesser) => list[statement] = lesser,
        None => drop(list.remove(statement)),
    }
    Some(smaller)
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
