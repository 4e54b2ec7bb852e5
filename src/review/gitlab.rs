//! Merge requests on GitLab.
//!
//! Sources: GitLab REST API documentation, *Discussions* ("Create a new thread in the merge request diff", "Resolve a merge
//! request thread"), *Notes*, *Merge requests*; *Suggest changes* for how a suggestion names its lines.

use serde_json::{Value, json};

use super::changes::Change;
use super::comment::LineComment;
use super::marker::Mark;
use super::posted::{Posted, Summary, Thread};
use super::publish::{Made, Service, Stacked};
use super::request::{Method, Request, Response, ReviewError, Sender, succeed};
use super::written::Review;
use crate::output::markdown::MARKER;

/// More pages than this are not read.
const PAGES: usize = 50;

/// A merge request.
#[derive(Debug, Clone)]
pub struct GitLab {
    /// Where the API is: `https://gitlab.com/api/v4`.
    pub api: String,
    /// The project's number or its path, fit for a URL.
    pub project: String,
    /// The merge request's number in the project.
    pub number: String,
    /// Where the merge request left its target, as far as is known without asking.
    pub base: String,
    /// What says who reviews: `user`, or `job` where the token is a job's.
    pub viewer: &'static str,
}

/// The commits by which GitLab knows a diff.
struct DiffRefs {
    base: String,
    start: String,
    head: String,
}

impl GitLab {
    fn url(&self, rest: &str) -> String {
        format!("{}/projects/{}/merge_requests/{}{rest}", self.api, self.project, self.number)
    }

    fn merge_request(&self, sender: &mut dyn Sender) -> Result<Value, ReviewError> {
        Ok(succeed(sender, &Request::get(self.url("")))?.json())
    }

    /// The number of the account that reviews: what others write is not ours.
    fn account(&self, sender: &mut dyn Sender) -> Result<u64, ReviewError> {
        let request = Request::get(format!("{}/{}", self.api, self.viewer));
        let json = succeed(sender, &request)?.json();
        let id = json["user"]["id"].as_u64().or(json["id"].as_u64().filter(|_| json["user"].is_null()));
        id.ok_or_else(|| ReviewError::Unexpected { url: request.url, message: "no account".to_owned() })
    }

    /// GitLab puts a comment at one line; of several it is the last.
    fn discussion(&self, comment: &LineComment, refs: &DiffRefs) -> Request {
        let position = json!({
            "position_type": "text",
            "base_sha": refs.base, "start_sha": refs.start, "head_sha": refs.head,
            "old_path": comment.path, "new_path": comment.path, "new_line": comment.lines.end(),
        });
        Request::post(self.url("/discussions"), json!({ "body": comment.body, "position": position }))
    }

    /// Posts comments at lines, one by one; a line that the diff does not add has no place of its own.
    fn comment(&self, comments: &[LineComment], sender: &mut dyn Sender) -> Result<Made, ReviewError> {
        let json = self.merge_request(sender)?;
        let of = |name: &str| text(&json["diff_refs"][name]);
        let refs = DiffRefs { base: of("base_sha"), start: of("start_sha"), head: of("head_sha") };
        let mut without = 0;
        for comment in comments {
            let request = self.discussion(comment, &refs);
            let response = sender.send(&request)?;
            match response.status {
                200..300 => {}
                400 if response.message().contains("line_code") => without += 1,
                _ => return Err(refused(&request, &response)),
            }
        }
        let lines = if without == 1 { "hazard stands at a line" } else { "hazards stand at lines" };
        let note = format!("{without} {lines} that GitLab takes no comment at: only the summary has them");
        Ok(Made { placed: comments.len() - without, note: (without > 0).then_some(note) })
    }
}

impl Service for GitLab {
    fn worded(&self, mut review: Review) -> Review {
        for comment in review.comments.iter_mut().filter(|comment| comment.suggests) {
            let above = comment.lines.end() - comment.lines.start();
            comment.body = with_lines(&comment.body, above);
        }
        review
    }

    fn posted(&self, sender: &mut dyn Sender) -> Result<Posted, ReviewError> {
        let merge_request = self.merge_request(sender)?;
        let account = self.account(sender)?;
        let mut posted = Posted { head: text(&merge_request["sha"]), ..Posted::default() };
        for page in 1..=PAGES {
            let request = Request::get(self.url(&format!("/discussions?per_page=100&page={page}")));
            let discussions = succeed(sender, &request)?.json();
            let discussions = discussions.as_array().map(Vec::as_slice).unwrap_or_default();
            for discussion in discussions {
                let Some(note) = discussion["notes"].get(0).filter(|note| note["author"]["id"] == account) else {
                    continue;
                };
                let (body, id) = (text(&note["body"]), note["id"].as_u64().unwrap_or_default().to_string());
                if Mark::of(&body).is_some() {
                    posted.threads.push(Thread {
                        id: text(&discussion["id"]),
                        comment: id,
                        path: text(&note["position"]["new_path"]),
                        body,
                        resolved: note["resolved"] == true,
                    });
                } else if body.starts_with(MARKER) && posted.summary.is_none() {
                    posted.summary = Some(Summary { id, body });
                }
            }
            if discussions.len() < 100 {
                break;
            }
        }
        Ok(posted)
    }

    fn requests(&self, change: &Change, head: &str) -> Vec<Request> {
        let put = |rest: String, body: Value| vec![Request::ask(Method::Put, self.url(&rest), body)];
        match change {
            Change::Summarize { body } => vec![Request::post(self.url("/notes"), json!({ "body": body }))],
            Change::EditSummary { id, body } => put(format!("/notes/{id}"), json!({ "body": body })),
            Change::Comment { comments } => {
                let (base, head) = (self.base.clone(), head.to_owned());
                let refs = DiffRefs { start: base.clone(), base, head };
                comments.iter().map(|comment| self.discussion(comment, &refs)).collect()
            }
            Change::Edit { thread, body } => {
                put(format!("/discussions/{}/notes/{}", thread.id, thread.comment), json!({ "body": body }))
            }
            Change::Resolve { thread } => put(format!("/discussions/{}", thread.id), json!({ "resolved": true })),
            Change::Reopen { thread } => put(format!("/discussions/{}", thread.id), json!({ "resolved": false })),
        }
    }

    fn make(&self, change: &Change, head: &str, sender: &mut dyn Sender) -> Result<Made, ReviewError> {
        if let Change::Comment { comments } = change {
            return self.comment(comments, sender);
        }
        for request in self.requests(change, head) {
            let response = sender.send(&request)?;
            if !(200..300).contains(&response.status) {
                return Err(refused(&request, &response));
            }
        }
        Ok(Made::default())
    }

    fn opens(&self, stacked: &Stacked) -> Request {
        let Stacked { branch, onto, title, body } = stacked;
        let url = format!("{}/projects/{}/merge_requests", self.api, self.project);
        let fields = json!({ "source_branch": branch, "target_branch": onto, "title": title, "description": body });
        Request::post(url, fields)
    }
}

/// GitLab answers a job's token that may not write with 401, and one of a guest with 403 or 404.
fn refused(request: &Request, response: &Response) -> ReviewError {
    match response.status {
        401 | 404 => {
            ReviewError::ReadOnly { url: request.url.clone(), status: response.status, message: response.message() }
        }
        _ => ReviewError::of(request, response),
    }
}

/// A comment whose suggestion says how many lines above its own it replaces.
fn with_lines(body: &str, above: usize) -> String {
    let mut is_marked = false;
    let line = |line: &str| match line.trim_start_matches('`') {
        "suggestion\n" if line.starts_with("```") && !is_marked => {
            is_marked = true;
            format!("{}:-{above}+0\n", line.trim_end())
        }
        _ => line.to_owned(),
    };
    body.split_inclusive('\n').map(line).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::with_lines;

    #[test]
    fn a_suggestion_names_its_lines() {
        assert_eq!(
            with_lines("x\n\n````suggestion\na\n```suggestion\n````\n", 3),
            "x\n\n````suggestion:-3+0\na\n```suggestion\n````\n"
        );
    }
}
