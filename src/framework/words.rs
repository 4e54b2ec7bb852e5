//! A few words for the name of a file.

use crate::operation::{
    ObjectKind, ObjectOperation, Operation, QualifiedName, SessionOperation, TableOperation, clipped,
};
use crate::plan::{Step, Unit};

/// The longest name of a file, where what it is called after leaves room for words.
const MAX_NAME: usize = 79;

/// A few words for the name of a file that begins with these units and has `used` characters already.
pub fn slug(units: &[Unit], used: usize) -> String {
    let steps: Vec<&Step> = units.first().into_iter().flat_map(|unit| &unit.steps).collect();
    let first = recreation(&steps).or_else(|| first_deed(units)).unwrap_or_else(|| "step".to_owned());
    let several = units.len() > 1 || (steps.len() > 1 && steps.iter().all(|step| step.is_validation()));
    let more = if several { "_and_more" } else { "" };
    format!("{}{more}", whole_words(&first, MAX_NAME.saturating_sub(used + more.len()).max(FEW_WORDS)))
}

/// What is done first. BEGIN, SET and what nobody reads are said for what stands behind them.
fn first_deed(units: &[Unit]) -> Option<String> {
    let is_deed = |step: &&Step| {
        !matches!(
            step.operation,
            Operation::Session(SessionOperation::Transaction(_) | SessionOperation::SetParameter { .. })
                | Operation::Opaque { .. }
        )
    };
    let steps = || units.iter().flat_map(|unit| &unit.steps);
    let found = steps().find(is_deed).or_else(|| steps().next());
    found.map(|step| step.slug.clone())
}

/// What is done by steps of which the first drops something that a later one makes again: that it is made again, or what is done
/// meanwhile.
fn recreation(steps: &[&Step]) -> Option<String> {
    let dropped = |step: &Step| match &step.operation {
        Operation::Object(ObjectOperation::Drop { kind, names, .. }) => {
            names.iter().map(|n| (*kind, n.clone())).collect()
        }
        Operation::Table(TableOperation::Drop { names, .. }) => {
            names.iter().map(|name| (ObjectKind::Table, name.clone())).collect()
        }
        _ => Vec::new(),
    };
    let makes = |step: &Step, kind: ObjectKind, dropped: &QualifiedName| match &step.operation {
        Operation::Object(ObjectOperation::Create { kind: made, name: Some(name), .. }) => {
            *made == kind && name == dropped
        }
        Operation::Table(TableOperation::Create(create)) => kind == ObjectKind::Table && create.name == *dropped,
        _ => false,
    };
    let gone: Vec<_> = steps.iter().flat_map(|step| dropped(step)).collect();
    let is_made_again = |step: &&&Step| gone.iter().any(|(kind, name)| makes(step, *kind, name));
    let first = dropped(steps.first()?);
    let again = steps.iter().find(|step| first.iter().any(|(kind, name)| makes(step, *kind, name)))?;
    let is_meanwhile = |step: &&&Step| {
        let is_said_of_it = matches!(
            step.operation,
            Operation::Object(ObjectOperation::Grant { .. } | ObjectOperation::Comment { .. })
        );
        dropped(step).is_empty() && !is_made_again(step) && !is_said_of_it
    };
    let meanwhile = steps.iter().find(is_meanwhile).map(|step| step.slug.clone());
    meanwhile.or_else(|| again.slug.strip_prefix("create_").map(|words| format!("recreate_{words}")))
}

/// So much of the words is there whatever stands before them.
const FEW_WORDS: usize = 20;

/// As many of the words as have room; a part of the first one where it has none.
fn whole_words(words: &str, room: usize) -> &str {
    if words.len() <= room {
        return words;
    }
    let part = clipped(words, room);
    let ends = words[part.len()..].starts_with('_');
    if ends { part } else { part.rsplit_once('_').map_or(part, |(whole, _)| whole) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_not_cut() {
        for (words, room, expected) in [
            ("user_add_age", 20, "user_add_age"),
            ("user_add_age", 11, "user_add"),
            ("user_add_age", 8, "user_add"),
            ("user_add_age", 3, "use"),
        ] {
            assert_eq!(whole_words(words, room), expected);
        }
    }
}
