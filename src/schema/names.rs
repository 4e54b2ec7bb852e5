//! The names that PostgreSQL chooses when a statement gives none (`makeObjectName`, `ChooseRelationName` and
//! `ChooseConstraintName` in `src/backend/commands/indexcmds.c` and `catalog/pg_constraint.c`).

use crate::operation::{Ident, MAX_NAME_BYTES, clipped};

/// `name1_name2_label`, the two names shortened evenly (the longer one first) so that the whole fits 63 bytes.
pub fn object_name(name1: &str, name2: &str, label: &str) -> String {
    let overhead = [name2, label].iter().filter(|part| !part.is_empty()).map(|_| 1).sum::<usize>() + label.len();
    let available = MAX_NAME_BYTES.saturating_sub(overhead);
    let (mut one, mut two) = (name1.len(), name2.len());
    while one + two > available {
        if one > two { one -= 1 } else { two -= 1 }
    }
    let parts = [clipped(name1, one), clipped(name2, two), label];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}

/// The first of `name1_name2_label`, `…label1`, `…label2`, … that is not `taken`.
pub fn free_object_name(name1: &Ident, name2: &str, label: &str, taken: impl Fn(&Ident) -> bool) -> Ident {
    let mut pass = 0;
    loop {
        let numbered = if pass == 0 { label.to_owned() } else { format!("{label}{pass}") };
        let name = Ident::new(object_name(name1.as_str(), name2, &numbered)).styled_like(name1);
        if !taken(&name) {
            return name;
        }
        pass += 1;
    }
}

/// The column part of an index's or a foreign key's name: the columns joined by `_`, cut at 63 bytes.
pub fn column_part<'a>(columns: impl Iterator<Item = &'a str>) -> String {
    let mut joined = String::new();
    for column in columns {
        if !joined.is_empty() {
            joined.push('_');
        }
        joined.push_str(column);
        if joined.len() >= MAX_NAME_BYTES {
            break;
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_as_postgresql_cuts_them() {
        assert_eq!(object_name("t", "c", "key"), "t_c_key");
        assert_eq!(object_name("t", "", "pkey"), "t_pkey");
        // seen on a server: CREATE TABLE <50 × t> (<50 × c> int UNIQUE)
        assert_eq!(
            object_name(&"t".repeat(50), &"c".repeat(50), "key"),
            format!("{}_{}_key", "t".repeat(29), "c".repeat(29))
        );
    }

    #[test]
    fn a_taken_name_is_numbered() {
        let taken = Ident::new("t_c_check");
        assert_eq!(free_object_name(&Ident::new("t"), "c", "check", |n| *n == taken).as_str(), "t_c_check1");
    }
}
