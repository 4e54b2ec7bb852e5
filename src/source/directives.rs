//! Comments that tell safestep to leave something alone.
//!
//! | comment | meaning |
//! |---|---|
//! | `-- safestep: ignore[create-index] small table` | these rules, next statement, with the reason |
//! | `-- safestep: ignore reason` | every rule, next statement |
//! | `-- safestep: ignore-file[create-index] reason` | these rules, whole file |
//! | `-- squawk-ignore ban-drop-column -- reason` | squawk's own marker, next statement |
//! | `-- squawk-ignore-file` | squawk's own marker, whole file |
//!
//! Every form also works behind `#` and in `/* … */`. At the top of a file, a `safestep: ignore` that an empty line
//! parts from the code speaks for the file: see [`directives_at_top`].

/// One suppression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// What is suppressed.
    pub rules: RuleSelection,
    /// How far it reaches.
    pub scope: DirectiveScope,
    /// Whose marker it is.
    pub origin: DirectiveOrigin,
    /// What the author wrote behind it; empty when nothing.
    pub reason: String,
}

impl Directive {
    /// Whether the rule with this id is suppressed.
    pub fn covers(&self, rule: &str) -> bool {
        match &self.rules {
            RuleSelection::All => true,
            RuleSelection::These(ids) => ids.iter().any(|id| id == rule),
        }
    }
}

/// Which rules a directive suppresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleSelection {
    /// Every rule.
    All,
    /// The rules with these ids, as written; squawk's names are already translated.
    These(Vec<String>),
}

/// How far a directive reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectiveScope {
    /// The statement after the comment.
    Statement,
    /// The whole file.
    File,
}

/// Whose marker a directive is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectiveOrigin {
    /// `safestep: ignore`.
    Safestep,
    /// `squawk-ignore`.
    Squawk,
    /// What a linter that runs inside of the migrations knows: a block around what its author has looked at.
    Gem,
}

/// squawk's rules and the rules here that warn of the same thing. squawk's rules of taste (`prefer-text-field`, …)
/// have no counterpart. Names: <https://squawkhq.com/docs/rules>.
const SQUAWK_RULES: [(&str, &[&str]); 15] = [
    ("adding-field-with-default", &["add-column-default"]),
    ("adding-foreign-key-constraint", &["add-foreign-key"]),
    ("adding-not-nullable-field", &["set-not-null", "add-required-column"]),
    ("adding-required-field", &["add-required-column"]),
    ("adding-serial-primary-key-field", &["add-primary-key"]),
    ("ban-drop-column", &["drop-column"]),
    ("ban-drop-table", &["drop-table"]),
    ("changing-column-type", &["change-column-type"]),
    ("constraint-missing-not-valid", &["add-check", "add-foreign-key"]),
    ("disallowed-unique-constraint", &["add-unique"]),
    ("renaming-column", &["rename-column"]),
    ("renaming-table", &["rename-table"]),
    ("require-concurrent-index-creation", &["create-index"]),
    ("require-concurrent-index-deletion", &["drop-index"]),
    ("require-timeout-settings", &["missing-lock-timeout"]),
];

/// The directives in the white space and comments before a statement, in order. What is not a comment is skipped.
/// A squawk directive that names only rules without a counterpart here yields nothing.
pub fn directives(comment_text: &str) -> Vec<Directive> {
    comments(comment_text).iter().filter_map(|comment| directive(comment.body)).collect()
}

/// Like [`directives`], for the white space and comments at the very top of a file: there, `safestep: ignore` speaks
/// for the whole file when an empty line or the end of the file follows somewhere before the first statement.
pub fn directives_at_top(comment_text: &str) -> Vec<Directive> {
    comments(comment_text)
        .iter()
        .filter_map(|comment| {
            let mut found = directive(comment.body)?;
            if found.origin == DirectiveOrigin::Safestep && holds_empty_line(&comment_text[comment.end..]) {
                found.scope = DirectiveScope::File;
            }
            Some(found)
        })
        .collect()
}

/// Whether an empty line is among the lines behind a comment; the rest of the comment's own line is not one.
fn holds_empty_line(behind: &str) -> bool {
    let mut lines = behind.split('\n').skip(1).peekable();
    while let Some(line) = lines.next() {
        // The piece behind the last line end is the start of the statement's line.
        if line.trim().is_empty() && lines.peek().is_some() {
            return true;
        }
    }
    false
}

fn directive(body: &str) -> Option<Directive> {
    safestep_directive(body).or_else(|| squawk_directive(body))
}

fn safestep_directive(body: &str) -> Option<Directive> {
    let rest = body.strip_prefix("safestep:")?.trim_start();
    let (rest, scope) = keyword(rest, "ignore-file", "ignore")?;
    let (rules, reason) = match rest.strip_prefix('[') {
        // An unclosed bracket names nothing for certain; suppressing everything would be a guess.
        Some(list) => list.split_once(']')?,
        None => ("", rest),
    };
    let reason = reason.trim_start_matches([':', '-', ' ', '\t']).trim();
    let rules = match rest.starts_with('[') {
        true => RuleSelection::These(names(rules).map(str::to_owned).collect()),
        false => RuleSelection::All,
    };
    Some(Directive { rules, scope, origin: DirectiveOrigin::Safestep, reason: reason.to_owned() })
}

fn squawk_directive(body: &str) -> Option<Directive> {
    let (rest, scope) = keyword(body, "squawk-ignore-file", "squawk-ignore")?;
    let (list, reason) = rest.split_once("--").unwrap_or((rest, ""));
    let rules = if list.trim().is_empty() {
        RuleSelection::All
    } else {
        let ours: Vec<String> = names(list).flat_map(counterparts).collect();
        if ours.is_empty() {
            return None;
        }
        RuleSelection::These(ours)
    };
    Some(Directive { rules, scope, origin: DirectiveOrigin::Squawk, reason: reason.trim().to_owned() })
}

/// What follows the keyword for the file or for the statement; a longer word that only starts like it is none.
fn keyword<'a>(text: &'a str, for_file: &str, for_statement: &str) -> Option<(&'a str, DirectiveScope)> {
    let (rest, scope) = match text.strip_prefix(for_file) {
        Some(rest) => (rest, DirectiveScope::File),
        None => (text.strip_prefix(for_statement)?, DirectiveScope::Statement),
    };
    let ends = rest.chars().next().is_none_or(|next| next.is_whitespace() || next == '[' || next == ':');
    ends.then_some((rest, scope))
}

fn names(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty())
}

fn counterparts(squawk: &str) -> Vec<String> {
    SQUAWK_RULES
        .iter()
        .filter(|(name, _)| *name == squawk)
        .flat_map(|(_, ours)| ours.iter().map(|rule| (*rule).to_owned()))
        .collect()
}

/// One line of a comment without its markers.
struct CommentLine<'a> {
    body: &'a str,
    /// Offset after the comment (after the whole block for a line of a block).
    end: usize,
}

/// Every line of every comment. `/* … */` nests, as in PostgreSQL.
fn comments(text: &str) -> Vec<CommentLine<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        let rest = &text[at..];
        if rest.starts_with("--") || rest.starts_with('#') {
            let line = rest.split('\n').next().unwrap_or(rest);
            at += line.len();
            let body = line.trim_start_matches(['-', '#']).trim();
            found.push(CommentLine { body, end: at });
        } else if rest.starts_with("/*") {
            let block = &rest[..block_length(rest)];
            at += block.len();
            let inner = block.strip_suffix("*/").unwrap_or(block);
            for line in inner.lines() {
                let body = line.trim().trim_start_matches(['/', '*']).trim();
                found.push(CommentLine { body, end: at });
            }
        } else {
            at += next.len_utf8();
        }
    }
    found
}

/// Length in bytes of the block comment at the start of `text`; an unclosed one reaches to the end.
fn block_length(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth = depth.saturating_sub(1);
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += next.len_utf8();
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `statement safestep [rules] reason` per directive.
    fn shown(found: Vec<Directive>) -> Vec<String> {
        found
            .into_iter()
            .map(|directive| {
                let rules = match directive.rules {
                    RuleSelection::All => "all".to_owned(),
                    RuleSelection::These(rules) => format!("[{}]", rules.join(" ")),
                };
                let text = format!("{:?} {:?} {rules} {}", directive.scope, directive.origin, directive.reason);
                text.trim_end().to_owned()
            })
            .collect()
    }

    #[track_caller]
    fn reads(text: &str, expected: &[&str]) {
        assert_eq!(shown(directives(text)), expected, "{text}");
    }

    #[test]
    fn safestep_markers() {
        reads(
            "-- safestep: ignore[create-index, drop-index] tiny table\n",
            &["Statement Safestep [create-index drop-index] tiny table"],
        );
        reads("-- safestep: ignore maintenance window", &["Statement Safestep all maintenance window"]);
        reads("--safestep:ignore", &["Statement Safestep all"]);
        reads("# safestep: ignore[add-column]: new\r\n", &["Statement Safestep [add-column] new"]);
        reads("/* safestep: ignore-file[drop-table] -- over */", &["File Safestep [drop-table] over"]);
    }

    #[test]
    fn squawk_markers_name_our_rules() {
        reads(
            "-- squawk-ignore ban-drop-column, adding-not-nullable-field -- agreed",
            &["Statement Squawk [drop-column set-not-null add-required-column] agreed"],
        );
        reads("-- squawk-ignore", &["Statement Squawk all"]);
        reads("/* squawk-ignore-file */", &["File Squawk all"]);
        reads("-- squawk-ignore-file renaming-table", &["File Squawk [rename-table]"]);
        reads("-- squawk-ignore prefer-text-field", &[]);
    }

    #[test]
    fn markers_are_found_among_other_comments() {
        reads(
            "\n-- AlterTable\n/*\n * why\n * safestep: ignore[a] b\n */ -- safestep: ignore[c] d\n",
            &["Statement Safestep [a] b", "Statement Safestep [c] d"],
        );
        reads("/* outer /* inner */ squawk-ignore-like */ -- safestep: ignore[é] ü", &["Statement Safestep [é] ü"]);
    }

    #[test]
    fn what_only_looks_like_a_marker_is_none() {
        reads("-- see safestep: ignore", &[]);
        reads("-- safestep: ignored", &[]);
        reads("-- safestep: ignore[create-index", &[]);
        reads("-- squawk-ignores", &[]);
        reads("safestep: ignore", &[]);
        reads("/*", &[]);
    }

    #[test]
    fn an_empty_list_suppresses_nothing() {
        let found = directives("-- safestep: ignore[]");
        assert!(!found[0].covers("create-index"));
        assert!(directives("-- safestep: ignore")[0].covers("create-index"));
    }

    #[test]
    fn at_the_top_an_empty_line_makes_it_speak_for_the_file() {
        let scope = |text| directives_at_top(text)[0].scope;
        assert_eq!(scope("-- safestep: ignore[a] b\n\n-- AlterTable\n"), DirectiveScope::File);
        assert_eq!(scope("-- safestep: ignore[a] b\r\n\r\n"), DirectiveScope::File);
        assert_eq!(scope("-- AlterTable\n\n-- safestep: ignore[a] b\n"), DirectiveScope::Statement);
        assert_eq!(scope("-- squawk-ignore renaming-table\n\n"), DirectiveScope::Statement);
    }
}
