//! A report as a review: which comments stand where, and what the summary says.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::comment::{LineComment, body};
use super::suggestion::Suggestion;
use crate::output::markdown::render_with;
use crate::report::{HazardReport, MigrationReport, Report, Severity};

/// A comment at more lines than this stands at the first one.
const MOST_LINES: usize = 30;

/// The lines of each file that the pull request's diff shows: only there may a comment stand.
pub type Lines = BTreeMap<String, Vec<RangeInclusive<usize>>>;

/// What a review is made of.
pub struct Reviewed<'a> {
    /// What was found in the migrations of the range; paths from the top of the repository.
    pub report: &'a Report,
    /// The lines that the diff shows.
    pub lines: &'a Lines,
    /// What else is to be said, one sentence each.
    pub sentences: &'a [String],
    /// The most comments that are open at once.
    pub max_comments: usize,
}

/// What is to stand on the pull request.
#[derive(Debug, Clone)]
pub struct Review {
    /// The comments that have a place, the worst first.
    pub comments: Vec<LineComment>,
    /// The most that are open at once.
    pub max_comments: usize,
    /// Every hazard that is there, by its file and fingerprint.
    pub hazards: BTreeSet<(String, String)>,
    /// The summary.
    pub summary: String,
    /// Whether the summary says anything that is worth a comment of its own.
    pub speaks: bool,
}

impl Review {
    /// Decides what is said where.
    pub fn of(reviewed: &Reviewed<'_>) -> Review {
        let mut comments: Vec<(Severity, LineComment)> = Vec::new();
        let mut hazards = BTreeSet::new();
        for migration in &reviewed.report.migrations {
            let shown = |file: &str| reviewed.lines.get(file).map(Vec::as_slice).unwrap_or_default();
            let mut suggestion = migration.files.first().and_then(|file| Suggestion::of(migration, shown(&file.path)));
            for hazard in &migration.hazards {
                hazards.insert((hazard.file.clone(), hazard.fingerprint.clone()));
                let fits = |file: &str| migration.files.first().is_some_and(|changed| changed.path == file);
                let suggestion = if hazard.rewritten && fits(&hazard.file) { suggestion.take() } else { None };
                comments.extend(comment(migration, hazard, suggestion.as_ref(), shown(&hazard.file)));
            }
        }
        comments.sort_by_key(|(severity, _)| *severity);
        let mut sentences = reviewed.sentences.to_vec();
        let with_a_comment = comments.len().min(reviewed.max_comments);
        if with_a_comment < hazards.len() && with_a_comment > 0 {
            sentences.push(format!("{with_a_comment} of the {} hazards have a comment at their line.", hazards.len()));
        }
        let opaque = reviewed.report.migrations.iter().any(|migration| !migration.opaque.is_empty());
        Review {
            comments: comments.into_iter().map(|(_, comment)| comment).collect(),
            max_comments: reviewed.max_comments,
            summary: render_with(reviewed.report, &sentences),
            speaks: !hazards.is_empty() || opaque || !reviewed.sentences.is_empty(),
            hazards,
        }
    }
}

/// The comment of a hazard, where the diff shows some of its lines.
fn comment(
    migration: &MigrationReport,
    hazard: &HazardReport,
    suggestion: Option<&Suggestion>,
    shown: &[RangeInclusive<usize>],
) -> Option<(Severity, LineComment)> {
    let lines = match suggestion {
        Some(suggestion) => suggestion.lines.clone(),
        None => {
            let common = |hunk: &RangeInclusive<usize>| {
                let (first, last) = (hazard.line.max(*hunk.start()), hazard.end_line.min(*hunk.end()));
                (first <= last).then_some(first..=last)
            };
            let lines = shown.iter().find_map(common)?;
            if lines.end() - lines.start() < MOST_LINES { lines } else { *lines.start()..=*lines.start() }
        }
    };
    let body = body(migration, hazard, suggestion);
    let (path, fingerprint) = (hazard.file.clone(), hazard.fingerprint.clone());
    let comment = LineComment { path, lines, fingerprint, body, suggests: suggestion.is_some() };
    Some((hazard.severity, comment))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::example;

    const FILE: &str = "prisma/migrations/20261120105114_combo/migration.sql";

    fn review(report: &Report, shown: &[RangeInclusive<usize>]) -> Review {
        let lines = Lines::from([(FILE.to_owned(), shown.to_vec())]);
        Review::of(&Reviewed { report, lines: &lines, sentences: &[], max_comments: 2 })
    }

    #[test]
    fn a_comment_at_a_line() {
        let mut report = example::combo();
        report.migrations[0].steps[2].from_line = 6;
        report.migrations[0].hazards[1].help = "CREATE INDEX CONCURRENTLY (file 3)".into();
        let review = review(&report, &[1..=12]);
        let places: Vec<_> = review.comments.iter().map(|comment| comment.lines.clone()).collect();
        assert_eq!(places, [3..=3, 6..=6, 9..=9, 12..=12]);
        insta::assert_snapshot!(review.comments[1].body, @r#"
        <!-- safestep: 00000000000000000000000000000006 -->
        **Danger:** every write to "Post" waits until the index is built · SHARE for the whole build

        **Rewritten:** CREATE INDEX CONCURRENTLY (file 3)

        <details>
        <summary>the file</summary>

        `20261120105114_combo_03_post_author_id_index/migration.sql`
        ```sql
        CREATE INDEX CONCURRENTLY "x" ON "Post"("authorId");
        ```

        </details>

        `safestep explain create-index` tells why.
        "#);
        assert!(
            review.summary.contains("\n- 2 of the 4 hazards have a comment at their line.\n"),
            "{}",
            review.summary
        );
    }

    #[test]
    fn lines_outside_the_diff_have_none() {
        let mut report = example::combo();
        report.migrations[0].hazards[0].end_line = 5;
        let review = review(&report, &[5..=6, 12..=40]);
        let places: Vec<_> = review.comments.iter().map(|comment| comment.lines.clone()).collect();
        assert_eq!(places, [5..=5, 6..=6, 12..=12]);
        assert_eq!(review.hazards.len(), 4);
    }

    #[test]
    fn a_fix_in_the_file_is_a_suggestion_once() {
        let mut report = example::combo();
        let migration = &mut report.migrations[0];
        let after = example::COMBO_SQL.replace("CREATE INDEX", "CREATE INDEX CONCURRENTLY");
        migration.files = vec![example::modified(FILE, example::COMBO_SQL, &after)];
        let review = review(&report, &[1..=12]);
        assert_eq!(review.comments[0].lines, 6..=6);
        let suggestion = "\nThe rewrite of this file:\n\n```suggestion\nCREATE INDEX CONCURRENTLY \"Post_authorId_idx\" ON \"Post\"(\"authorId\");\n```\n";
        assert!(review.comments[0].body.contains(suggestion), "{}", review.comments[0].body);
        assert!(review.comments[1..].iter().all(|comment| !comment.body.contains("suggestion")));
    }

    #[test]
    fn nothing_dangerous_is_worth_no_comment() {
        let report = example::report(vec![example::migration("db/1.sql")]);
        let review = review(&report, &[1..=12]);
        assert!(!review.speaks && review.comments.is_empty());
    }
}
