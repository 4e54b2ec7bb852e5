//! YAML files that somebody else wrote: a block is added at their end where it can be seen to belong there.

use camino::Utf8Path;

use super::{Offer, modified};

/// `.pre-commit-config.yaml` with one more of its `repos`, which is a list in block style at the end of the file.
pub(super) fn with_hook(path: &Utf8Path, text: &str, hook: &str) -> Offer {
    if text.contains("id: safestep") {
        return Offer::IsThere(path.to_owned());
    }
    let last_key = text.lines().rfind(|line| is_key(line));
    let entry = text.lines().find(|line| line.trim_start().starts_with("- repo:"));
    match (last_key, entry) {
        (Some(key), Some(entry)) if key.trim_end() == "repos:" => {
            let indent = &entry[..entry.len() - entry.trim_start().len()];
            modified(path, text, with_line_end(text) + &indented(hook, indent))
        }
        _ => Offer::ByHand(path.to_owned(), hook.to_owned()),
    }
}

/// `.gitlab-ci.yml` with one more job: a key of its own.
pub(super) fn with_job(path: &Utf8Path, text: &str, job: &str) -> Offer {
    if text.lines().any(|line| line.starts_with("safestep:")) {
        return Offer::IsThere(path.to_owned());
    }
    // A document in flow style, or several of them, has no end where a key could stand.
    let is_block =
        text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')).enumerate().all(|(at, line)| {
            line.starts_with([' ', '\t', '-']) && !line.starts_with("---")
                || is_key(line)
                || at == 0 && line.trim_end() == "---"
        });
    match is_block {
        true => modified(path, text, with_line_end(text) + job),
        false => Offer::ByHand(path.to_owned(), job.trim_start().to_owned()),
    }
}

/// A key of the document itself.
fn is_key(line: &str) -> bool {
    let is_plain = line.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '"' | '\''));
    is_plain && line.contains(':')
}

fn with_line_end(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}

/// The lines, each behind `indent`.
pub(super) fn indented(text: &str, indent: &str) -> String {
    text.lines().map(|line| format!("{indent}{line}\n")).collect()
}

/// A scalar in single quotes: nothing in it means anything but two of them.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::Action;

    fn content(offer: Offer) -> Option<String> {
        match offer {
            Offer::Changes(changes) => match changes.into_iter().next()?.action {
                Action::Modify { content, .. } => Some(content),
                Action::Create { .. } | Action::Delete { .. } => None,
            },
            Offer::IsThere(_) | Offer::ByHand(..) | Offer::NotAsked => None,
        }
    }

    #[test]
    fn a_hook_comes_behind_the_others() {
        let path = Utf8Path::new("c.yaml");
        let with = |text: &str| content(with_hook(path, text, "- repo: local\n  hooks: []\n"));
        assert_eq!(
            with("repos:\n  - repo: a\n    rev: b").as_deref(),
            Some("repos:\n  - repo: a\n    rev: b\n  - repo: local\n    hooks: []\n")
        );
        assert_eq!(with("repos:\n- repo: a\n").as_deref(), Some("repos:\n- repo: a\n- repo: local\n  hooks: []\n"));
        for by_hand in
            ["repos: [{repo: a}]\n", "repos:\n- repo: a\nfail_fast: true\n", "", "repos:\n- repo: a\n  id: safestep\n"]
        {
            assert_eq!(with(by_hand), None, "{by_hand}");
        }
    }

    #[test]
    fn a_job_comes_behind_the_others() {
        let path = Utf8Path::new("c.yml");
        let with = |text: &str| content(with_job(path, text, "\nsafestep:\n  stage: .pre\n"));
        let text = "# CI\nstages: [a]\n\n.base: &base\n  image: x\n\"a job\":\n  <<: *base\n  script:\n  - x\n";
        assert_eq!(with(text), Some(format!("{text}\nsafestep:\n  stage: .pre\n")));
        for by_hand in ["{a: 1}\n", "a: 1\n---\nb: 1\n", "safestep:\n  x: y\n"] {
            assert_eq!(with(by_hand), None, "{by_hand}");
        }
    }
}
