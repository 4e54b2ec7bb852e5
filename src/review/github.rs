//! Pull requests on GitHub.
//!
//! Sources: GitHub REST API documentation, *Pull requests*, *Pull request reviews*, *Pull request review comments*, *Issue
//! comments*; its GraphQL reference for `PullRequest.reviewThreads` and `resolveReviewThread`, which REST does not have.

use serde_json::{Value, json};

use super::changes::Change;
use super::comment::LineComment;
use super::marker::Mark;
use super::posted::{Posted, Summary, Thread};
use super::publish::{Made, Service, Stacked};
use super::request::{Method, Request, Response, ReviewError, Sender, succeed};
use crate::output::markdown::MARKER;
use crate::project::lines_of_hunk;

/// More pages than this of anything are not read.
const PAGES: usize = 50;

/// What stands on a pull request. `viewerDidAuthor` tells ours from those that somebody else begins with our first line.
const POSTED: &str = "query($owner: String!, $name: String!, $number: Int!, $threads: String, $comments: String) { \
    repository(owner: $owner, name: $name) { pullRequest(number: $number) { headRefOid \
    reviewThreads(first: 100, after: $threads) { pageInfo { hasNextPage endCursor } nodes { id isResolved path \
    comments(first: 1) { nodes { databaseId body viewerDidAuthor } } } } \
    comments(first: 100, after: $comments) { pageInfo { hasNextPage endCursor } nodes { databaseId body viewerDidAuthor } } \
    } } }";
const RESOLVE: &str =
    "mutation($thread: ID!) { resolveReviewThread(input: { threadId: $thread }) { thread { isResolved } } }";
const REOPEN: &str =
    "mutation($thread: ID!) { unresolveReviewThread(input: { threadId: $thread }) { thread { isResolved } } }";

/// A pull request.
#[derive(Debug, Clone)]
pub struct GitHub {
    /// Where the REST API is: `https://api.github.com`.
    pub api: String,
    /// Where GraphQL is: `https://api.github.com/graphql`.
    pub graphql: String,
    /// `owner/name`.
    pub repository: String,
    /// The pull request's number.
    pub number: String,
}

impl GitHub {
    fn url(&self, rest: &str) -> String {
        format!("{}/repos/{}/{rest}", self.api, self.repository)
    }

    fn ask(&self, query: &str, variables: Value) -> Request {
        Request::ask(Method::Post, self.graphql.clone(), json!({ "query": query, "variables": variables }))
    }

    fn settle(&self, mutation: &str, thread: &Thread) -> Request {
        self.ask(mutation, json!({ "thread": thread.id }))
    }

    /// Posts comments at lines; where the service's diff shows fewer lines than git's, those that it shows.
    fn comment(&self, comments: &[LineComment], head: &str, sender: &mut dyn Sender) -> Result<Made, ReviewError> {
        let request = self.review(comments, head);
        let response = sender.send(&request)?;
        if (200..300).contains(&response.status) {
            return Ok(Made { placed: comments.len(), note: None });
        }
        let message = response.message();
        if response.status != 422 {
            return Err(ReviewError::of(&request, &response));
        }
        if message.to_lowercase().contains("commit") {
            return Err(ReviewError::HeadMoved { reviewed: head.to_owned(), message });
        }
        let shown = self.lines_shown(sender)?;
        let has_a_place = |comment: &&LineComment| {
            let mut hunks = shown.iter().filter(|(path, _)| *path == comment.path).map(|(_, lines)| lines);
            hunks.any(|lines| lines.contains(comment.lines.start()) && lines.contains(comment.lines.end()))
        };
        let placed: Vec<LineComment> = comments.iter().filter(has_a_place).cloned().collect();
        let made = |placed: usize| {
            let count = comments.len() - placed;
            let verb = if count == 1 { "hazard stands at a line" } else { "hazards stand at lines" };
            let note =
                format!("{count} {verb} that GitHub does not show in its diff ({message}): only the summary has them");
            Made { placed, note: Some(note) }
        };
        if placed.is_empty() || placed.len() == comments.len() {
            return Ok(made(0));
        }
        let response = sender.send(&self.review(&placed, head))?;
        match response.status {
            200..300 => Ok(made(placed.len())),
            422 => Ok(made(0)),
            _ => Err(ReviewError::of(&request, &response)),
        }
    }

    fn review(&self, comments: &[LineComment], head: &str) -> Request {
        let place = |comment: &LineComment| {
            let (first, last) = (comment.lines.start(), comment.lines.end());
            let mut place = json!({ "path": comment.path, "line": last, "side": "RIGHT", "body": comment.body });
            if first < last {
                place["start_line"] = json!(first);
                place["start_side"] = json!("RIGHT");
            }
            place
        };
        let body = match comments.len() {
            1 => "safestep: 1 hazard, at its line.".to_owned(),
            count => format!("safestep: {count} hazards, each at its line."),
        };
        let comments: Vec<Value> = comments.iter().map(place).collect();
        let url = self.url(&format!("pulls/{}/reviews", self.number));
        Request::post(url, json!({ "commit_id": head, "event": "COMMENT", "body": body, "comments": comments }))
    }

    /// The lines of each file that GitHub's own diff shows; a file whose diff is too large for it has none.
    fn lines_shown(
        &self,
        sender: &mut dyn Sender,
    ) -> Result<Vec<(String, std::ops::RangeInclusive<usize>)>, ReviewError> {
        let mut shown = Vec::new();
        for page in 1..=PAGES {
            let url = self.url(&format!("pulls/{}/files?per_page=100&page={page}", self.number));
            let files = succeed(sender, &Request::get(url))?.json();
            let files = files.as_array().map(Vec::as_slice).unwrap_or_default();
            for file in files {
                let (path, patch) = (text(&file["filename"]), text(&file["patch"]));
                shown.extend(patch.lines().filter_map(lines_of_hunk).map(|lines| (path.clone(), lines)));
            }
            if files.len() < 100 {
                break;
            }
        }
        Ok(shown)
    }
}

impl Service for GitHub {
    fn posted(&self, sender: &mut dyn Sender) -> Result<Posted, ReviewError> {
        let (owner, name) = self.repository.split_once('/').unwrap_or(("", &self.repository));
        let number: Option<u64> = self.number.parse().ok();
        let (mut threads, mut comments) = (Page::First, Page::First);
        let mut posted = Posted::default();
        for _ in 0..PAGES {
            let variables = json!({
                "owner": owner, "name": name, "number": number,
                "threads": threads.cursor(), "comments": comments.cursor(),
            });
            let request = self.ask(POSTED, variables);
            let response = succeed(sender, &request)?;
            let json = response.json();
            let pull = &json["data"]["repository"]["pullRequest"];
            if pull["headRefOid"].as_str().is_none() {
                return Err(refused(&request, &response));
            }
            posted.head = text(&pull["headRefOid"]);
            if !threads.is_last() {
                posted.threads.extend(nodes(&pull["reviewThreads"]).iter().filter_map(thread));
            }
            if !comments.is_last() && posted.summary.is_none() {
                posted.summary = nodes(&pull["comments"]).iter().find_map(summary);
            }
            threads = threads.after(&pull["reviewThreads"]["pageInfo"]);
            comments = comments.after(&pull["comments"]["pageInfo"]);
            if threads.is_last() && comments.is_last() {
                break;
            }
        }
        Ok(posted)
    }

    fn requests(&self, change: &Change, head: &str) -> Vec<Request> {
        match change {
            Change::Summarize { body } => {
                vec![Request::post(self.url(&format!("issues/{}/comments", self.number)), json!({ "body": body }))]
            }
            Change::EditSummary { id, body } => {
                let url = self.url(&format!("issues/comments/{id}"));
                vec![Request::ask(Method::Patch, url, json!({ "body": body }))]
            }
            Change::Comment { comments } => vec![self.review(comments, head)],
            Change::Edit { thread, body } => {
                let url = self.url(&format!("pulls/comments/{}", thread.comment));
                vec![Request::ask(Method::Patch, url, json!({ "body": body }))]
            }
            Change::Resolve { thread } => vec![self.settle(RESOLVE, thread)],
            Change::Reopen { thread } => vec![self.settle(REOPEN, thread)],
        }
    }

    fn make(&self, change: &Change, head: &str, sender: &mut dyn Sender) -> Result<Made, ReviewError> {
        if let Change::Comment { comments } = change {
            return self.comment(comments, head, sender);
        }
        let is_settled = matches!(change, Change::Resolve { .. } | Change::Reopen { .. });
        for request in self.requests(change, head) {
            let response = succeed(sender, &request)?;
            match response.json()["errors"].as_array() {
                // A token that may write to pull requests may not resolve without a right to the contents.
                Some(errors) if is_settled && !errors.is_empty() => {
                    let note = format!(
                        "a comment is marked as mended and not resolved: {} (`contents: write` lets the token do it)",
                        response.message()
                    );
                    return Ok(Made { placed: 0, note: Some(note) });
                }
                _ => {}
            }
        }
        Ok(Made::default())
    }

    fn opens(&self, stacked: &Stacked) -> Request {
        let Stacked { branch, onto, title, body } = stacked;
        Request::post(self.url("pulls"), json!({ "title": title, "head": branch, "base": onto, "body": body }))
    }
}

/// How far a list was read.
enum Page {
    First,
    After(String),
    Last,
}

impl Page {
    fn cursor(&self) -> Option<&str> {
        match self {
            Page::After(cursor) => Some(cursor),
            Page::First | Page::Last => None,
        }
    }

    fn is_last(&self) -> bool {
        matches!(self, Page::Last)
    }

    fn after(&self, info: &Value) -> Page {
        match info["endCursor"].as_str() {
            Some(cursor) if !self.is_last() && info["hasNextPage"] == true => Page::After(cursor.to_owned()),
            _ => Page::Last,
        }
    }
}

fn nodes(list: &Value) -> &[Value] {
    list["nodes"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A thread that we began.
fn thread(node: &Value) -> Option<Thread> {
    let comment = nodes(&node["comments"]).first().filter(|comment| comment["viewerDidAuthor"] == true)?;
    let body = text(&comment["body"]);
    Mark::of(&body)?;
    Some(Thread {
        id: text(&node["id"]),
        comment: comment["databaseId"].as_u64()?.to_string(),
        path: text(&node["path"]),
        body,
        resolved: node["isResolved"] == true,
    })
}

/// A summary that we wrote.
fn summary(comment: &Value) -> Option<Summary> {
    let body = text(&comment["body"]);
    let is_ours = comment["viewerDidAuthor"] == true && body.starts_with(MARKER);
    is_ours.then_some(Summary { id: comment["databaseId"].as_u64()?.to_string(), body })
}

/// Why there is no such pull request, in GraphQL's words.
fn refused(request: &Request, response: &Response) -> ReviewError {
    let message = match response.json()["errors"].as_array() {
        Some(_) => response.message(),
        None => "no such pull request".to_owned(),
    };
    ReviewError::Unexpected { url: request.url.clone(), message }
}
