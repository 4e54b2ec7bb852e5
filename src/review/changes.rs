//! What has to change on a pull request so that the review stands there, and no word of it twice.

use super::comment::LineComment;
use super::marker::{Mark, unmarked};
use super::posted::{Posted, Thread};
use super::ticks;
use super::written::Review;

/// One change on the pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The summary comes.
    Summarize {
        /// Its text.
        body: String,
    },
    /// The summary says something else.
    EditSummary {
        /// The service's name for it.
        id: String,
        /// Its text.
        body: String,
    },
    /// New comments at lines, all at once.
    Comment {
        /// In the order of their files and lines.
        comments: Vec<LineComment>,
    },
    /// A comment at a line says something else.
    Edit {
        /// The comment.
        thread: Thread,
        /// Its text.
        body: String,
    },
    /// What a comment is about is mended.
    Resolve {
        /// The comment.
        thread: Thread,
    },
    /// What was mended is there again.
    Reopen {
        /// The comment.
        thread: Thread,
    },
}

/// The changes after which the review stands there; none where it does.
pub fn changes(review: &Review, posted: &Posted) -> Vec<Change> {
    let mut all = Vec::new();
    match &posted.summary {
        Some(summary) => {
            let body = ticks::kept(&review.summary, &summary.body);
            if !is_same(&body, &summary.body) {
                all.push(Change::EditSummary { id: summary.id.clone(), body });
            }
        }
        None if review.speaks => all.push(Change::Summarize { body: review.summary.clone() }),
        None => {}
    }
    let threads: Vec<(Mark, &Thread)> =
        posted.threads.iter().filter_map(|thread| Some((Mark::of(&thread.body)?, thread))).collect();
    let is_there =
        |mark: &Mark, thread: &Thread| review.hazards.contains(&(thread.path.clone(), mark.fingerprint.clone()));
    let mut open = threads.iter().filter(|(mark, thread)| !thread.resolved && is_there(mark, thread)).count();
    let (mut new, mut edits) = (Vec::new(), Vec::new());
    for comment in &review.comments {
        let is_its =
            |(mark, thread): &&(Mark, &Thread)| mark.fingerprint == comment.fingerprint && thread.path == comment.path;
        match threads.iter().find(is_its) {
            // Somebody has read it and wants no more of it.
            Some((mark, thread)) if thread.resolved && !mark.mended => {}
            Some((_, thread)) => {
                if !is_same(&thread.body, &comment.body) {
                    edits.push(Change::Edit { thread: (*thread).clone(), body: comment.body.clone() });
                }
                if thread.resolved {
                    edits.push(Change::Reopen { thread: (*thread).clone() });
                    open += 1;
                }
            }
            None if open < review.max_comments => {
                new.push(comment.clone());
                open += 1;
            }
            None => {}
        }
    }
    if !new.is_empty() {
        new.sort_by(|a, b| (&a.path, a.lines.end()).cmp(&(&b.path, b.lines.end())));
        all.push(Change::Comment { comments: new });
    }
    all.extend(edits);
    for (mark, thread) in threads.iter().filter(|(mark, thread)| !thread.resolved && !is_there(mark, thread)) {
        if !mark.mended {
            let said = unmarked(&thread.body).lines().next().unwrap_or_default();
            let body = Mark { mended: true, ..mark.clone() }.line() + "**Mended.** It said:\n\n" + said + "\n";
            all.push(Change::Edit { thread: (*thread).clone(), body });
        }
        all.push(Change::Resolve { thread: (*thread).clone() });
    }
    all
}

/// Services change the line ends of what they keep, and the space behind it.
fn is_same(one: &str, other: &str) -> bool {
    one.replace("\r\n", "\n").trim_end() == other.replace("\r\n", "\n").trim_end()
}

#[cfg(test)]
mod tests {
    use super::super::posted::Summary;
    use super::super::written::{Lines, Reviewed};
    use super::*;
    use crate::output::example;
    use crate::report::Report;

    const FILE: &str = "prisma/migrations/20261120105114_combo/migration.sql";

    fn review(report: &Report, max_comments: usize) -> Review {
        let lines = Lines::from([(FILE.to_owned(), vec![1..=12])]);
        Review::of(&Reviewed { report, lines: &lines, sentences: &[], max_comments })
    }

    /// The pull request after these changes, as a service would keep it.
    fn after(posted: &Posted, changes: &[Change]) -> Posted {
        let mut posted = posted.clone();
        for change in changes {
            let of =
                |posted: &mut Posted, thread: &Thread| posted.threads.iter().position(|t| t.id == thread.id).unwrap();
            match change.clone() {
                Change::Summarize { body } => {
                    let body = body.replace('\n', "\r\n").trim_end().to_owned();
                    assert_eq!(posted.summary.replace(Summary { id: "s".into(), body }), None);
                }
                Change::EditSummary { id, body } => posted.summary = Some(Summary { id, body }),
                Change::Comment { comments } => posted.threads.extend(comments.into_iter().map(|comment| Thread {
                    id: format!("t{}", comment.lines.end()),
                    comment: format!("c{}", comment.lines.end()),
                    path: comment.path,
                    body: comment.body.trim_end().to_owned(),
                    resolved: false,
                })),
                Change::Edit { thread, body } => {
                    let at = of(&mut posted, &thread);
                    posted.threads[at].body = body;
                }
                Change::Resolve { thread } | Change::Reopen { thread } => {
                    let at = of(&mut posted, &thread);
                    posted.threads[at].resolved = matches!(change, Change::Resolve { .. });
                }
            }
        }
        posted
    }

    #[test]
    fn nothing_is_said_twice() {
        let review = review(&example::combo(), 10);
        let first = changes(&review, &Posted::default());
        assert!(matches!(&first[..], [Change::Summarize { .. }, Change::Comment { comments }] if comments.len() == 4));
        assert_eq!(changes(&review, &after(&Posted::default(), &first)), []);
    }

    #[test]
    fn what_is_mended_is_resolved_and_what_comes_back_is_opened() {
        let naive = review(&example::combo(), 10);
        let posted = after(&Posted::default(), &changes(&naive, &Posted::default()));
        let mut report = example::combo();
        report.migrations[0].hazards.remove(1);
        let mended = review(&report, 10);
        let second = changes(&mended, &posted);
        let [Change::EditSummary { .. }, Change::Edit { body, .. }, Change::Resolve { thread }] = &second[..] else {
            panic!("{second:#?}")
        };
        assert_eq!(thread.id, "t6");
        assert!(body.starts_with(
            "<!-- safestep: 00000000000000000000000000000006 mended -->\n**Mended.** It said:\n\n**Danger:**"
        ));
        let posted = after(&posted, &second);
        assert_eq!(changes(&mended, &posted), []);
        let back = changes(&naive, &posted);
        assert!(
            matches!(&back[..], [Change::EditSummary { .. }, Change::Edit { .. }, Change::Reopen { .. }]),
            "{back:#?}"
        );
        assert_eq!(changes(&naive, &after(&posted, &back)), []);
    }

    #[test]
    fn what_a_person_resolved_stays_so() {
        let review = review(&example::combo(), 10);
        let mut posted = after(&Posted::default(), &changes(&review, &Posted::default()));
        posted.threads.iter_mut().for_each(|thread| thread.resolved = true);
        assert_eq!(changes(&review, &posted), []);
    }

    #[test]
    fn no_more_comments_than_wanted_and_the_worst_first() {
        let mut report = example::combo();
        report.migrations[0].hazards[0].severity = crate::report::Severity::Caution;
        let review = review(&report, 2);
        let first = changes(&review, &Posted::default());
        let [Change::Summarize { .. }, Change::Comment { comments }] = &first[..] else { panic!("{first:#?}") };
        let lines: Vec<usize> = comments.iter().map(|comment| *comment.lines.end()).collect();
        assert_eq!(lines, [6, 9]);
        assert_eq!(changes(&review, &after(&Posted::default(), &first)), []);
    }

    #[test]
    fn a_tick_is_kept() {
        let review = review(&example::combo(), 10);
        let mut posted = after(&Posted::default(), &changes(&review, &Posted::default()));
        let summary = posted.summary.as_mut().unwrap();
        summary.body = summary.body.replace("- [ ] before", "- [x] before");
        assert_eq!(changes(&review, &posted), []);
    }
}
