//! A server that answers as GitHub's REST and GraphQL APIs are documented to, for one pull request: it keeps what is posted,
//! checks what is sent as GitHub does, and fails where a test asks for that.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// The token of the account that reviews.
pub const TOKEN: &str = "ghs_s3cretOfTheTests";

/// A comment: at a line where it has a path, else in the conversation.
#[derive(Debug, Clone)]
pub struct Comment {
    pub id: u64,
    pub ours: bool,
    pub body: String,
    pub path: Option<String>,
    pub line: u64,
    pub resolved: bool,
}

/// How a request goes wrong.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Begins with this: `POST /repos/o/r/pulls/7/reviews`.
    pub at: &'static str,
    pub status: u16,
    pub headers: &'static [(&'static str, &'static str)],
    pub body: &'static str,
    /// What was asked for happens all the same.
    pub done: bool,
}

/// What the server knows.
#[derive(Default)]
pub struct State {
    pub head: String,
    /// The diff of each file; a file that is too large for GitHub has none.
    pub patches: BTreeMap<String, Option<String>>,
    pub comments: Vec<Comment>,
    pub faults: VecDeque<Fault>,
    /// The token may resolve conversations.
    pub may_resolve: bool,
    /// A line for each request.
    pub transcript: Vec<String>,
    /// Each request that makes or changes something: method, path, body.
    pub written: Vec<(String, String, Value)>,
    /// How many nodes a page of GraphQL has.
    pub page: usize,
    next_id: u64,
}

/// The running server.
pub struct GitHub {
    pub address: String,
    state: Arc<Mutex<State>>,
    thread: Option<JoinHandle<()>>,
}

impl GitHub {
    pub fn start() -> Result<GitHub> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = format!("http://{}", listener.local_addr()?);
        let state = State { may_resolve: true, page: 100, next_id: 1, ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                match serve(stream, &shared) {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => lock(&shared).transcript.push(format!("not a request: {error}")),
                }
            }
        });
        Ok(GitHub { address, state, thread: Some(thread) })
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// What was asked since the last call, a line for each request.
    pub fn transcript(&self) -> String {
        std::mem::take(&mut self.state().transcript).join("\n")
    }
}

impl Drop for GitHub {
    fn drop(&mut self) {
        if let Ok(mut stream) = TcpStream::connect(self.address.trim_start_matches("http://")) {
            drop(stream.write_all(b"QUIT / HTTP/1.1\r\n\r\n"));
        }
        drop(self.thread.take().map(JoinHandle::join));
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Answers one request; false when it was the last.
fn serve(stream: TcpStream, state: &Mutex<State>) -> Result<bool> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let (method, path) =
        first.split_once(' ').and_then(|(m, rest)| Some((m, rest.split_once(' ')?.0))).context("no request")?;
    let (method, path) = (method.to_owned(), path.to_owned());
    if method == "QUIT" {
        return Ok(false);
    }
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length: usize = headers.get("content-length").map_or(Ok(0), |length| length.parse())?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body: Value = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body)? };
    let (status, more, answer) = lock(state).answer(&method, &path, &headers, &body);
    let more: String = more.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n{more}\r\n{answer}",
        answer.len()
    )?;
    Ok(true)
}

type Answer = (u16, Vec<(&'static str, &'static str)>, String);

impl State {
    fn answer(&mut self, method: &str, path: &str, headers: &BTreeMap<String, String>, body: &Value) -> Answer {
        let request = format!("{method} {path}");
        let fault =
            self.faults.iter().position(|fault| request.starts_with(fault.at)).and_then(|at| self.faults.remove(at));
        let (status, more, answer) = match &fault {
            Some(fault) => {
                if fault.done {
                    self.api(method, path, body);
                }
                (fault.status, fault.headers.to_vec(), fault.body.to_owned())
            }
            None if headers.get("authorization").map(String::as_str) != Some(&format!("Bearer {TOKEN}")) => {
                (401, Vec::new(), error("Bad credentials", 401, &json!(null)).to_string())
            }
            None if headers.get("x-github-api-version").is_none() || headers.get("user-agent").is_none() => {
                (400, Vec::new(), error("Request forbidden by administrative rules", 400, &json!(null)).to_string())
            }
            None => {
                let (status, answer) = self.api(method, path, body);
                (status, Vec::new(), answer.to_string())
            }
        };
        let what = match body["query"].as_str() {
            Some(query) if query.starts_with("query") => " read".to_owned(),
            Some(query) if query.contains("unresolve") => " reopen".to_owned(),
            Some(_) => " resolve".to_owned(),
            None => body["comments"].as_array().map_or_else(String::new, |comments| {
                let lines: Vec<String> = comments.iter().map(lines).collect();
                format!(" at {}", lines.join(" "))
            }),
        };
        self.transcript.push(format!("{request}{what}: {status}"));
        if method != "GET" && !what.starts_with(" read") {
            self.written.push((method.to_owned(), path.to_owned(), body.clone()));
        }
        (status, more, answer)
    }

    fn api(&mut self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match (method, &parts[..]) {
            ("POST", ["graphql"]) => (200, self.graphql(body)),
            ("POST", ["repos", "o", "r", "issues", "7", "comments"]) => match too_long(&body["body"]) {
                true => (
                    422,
                    error(
                        "Validation Failed",
                        422,
                        &json!([{ "resource": "IssueComment", "code": "custom", "field": "body", "message": "body is too long (maximum is 65536 characters)" }]),
                    ),
                ),
                false => {
                    let id = self.keep(body, None);
                    (
                        201,
                        json!({ "id": id, "body": body["body"], "html_url": format!("https://github.com/o/r/pull/7#issuecomment-{id}") }),
                    )
                }
            },
            ("PATCH", ["repos", "o", "r", "issues" | "pulls", "comments", id]) => {
                match self.comments.iter_mut().find(|comment| comment.ours && comment.id.to_string() == **id) {
                    Some(comment) => {
                        comment.body = body["body"].as_str().unwrap_or_default().to_owned();
                        (200, json!({ "id": comment.id }))
                    }
                    None => (404, error("Not Found", 404, &json!(null))),
                }
            }
            ("POST", ["repos", "o", "r", "pulls", "7", "reviews"]) => self.review(body),
            ("GET", ["repos", "o", "r", "pulls", "7", "files"]) => {
                let page: usize =
                    query.split('&').find_map(|word| word.strip_prefix("page=")?.parse().ok()).unwrap_or(1);
                let files = self.patches.iter().skip((page - 1) * 100).take(100);
                let file = |(name, patch): (&String, &Option<String>)| match patch {
                    Some(patch) => json!({ "filename": name, "status": "added", "patch": patch }),
                    None => json!({ "filename": name, "status": "added" }),
                };
                (200, files.map(file).collect())
            }
            _ => (404, error("Not Found", 404, &json!(null))),
        }
    }

    /// A review is kept whole or not at all.
    fn review(&mut self, body: &Value) -> (u16, Value) {
        if body["commit_id"] != self.head.as_str() {
            let errors = json!(["commit_id is not part of the pull request"]);
            return (422, error("Unprocessable Entity", 422, &errors));
        }
        if body["event"] != "COMMENT" || body["body"].as_str().is_none_or(str::is_empty) {
            return (422, error("Unprocessable Entity", 422, &json!(["Body can't be blank"])));
        }
        let comments = body["comments"].as_array().cloned().unwrap_or_default();
        for comment in &comments {
            let path = comment["path"].as_str().unwrap_or_default();
            let Some(patch) = self.patches.get(path) else {
                return (422, error("Unprocessable Entity", 422, &json!(["Path could not be resolved"])));
            };
            let hunks = hunks(patch.as_deref().unwrap_or_default());
            let line = |name: &str| comment[name].as_u64().unwrap_or(0);
            let first = if comment["start_line"].is_null() { line("line") } else { line("start_line") };
            let is_shown = hunks.iter().any(|hunk| hunk.contains(&first) && hunk.contains(&line("line")));
            if !is_shown || comment["side"] != "RIGHT" || first > line("line") || too_long(&comment["body"]) {
                return (422, error("Unprocessable Entity", 422, &json!(["Line could not be resolved"])));
            }
        }
        for comment in &comments {
            self.keep(comment, comment["path"].as_str());
        }
        (200, json!({ "id": 80, "state": "COMMENTED", "commit_id": self.head }))
    }

    fn keep(&mut self, body: &Value, path: Option<&str>) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        let text = body["body"].as_str().unwrap_or_default();
        self.comments.push(Comment {
            id,
            ours: true,
            body: text.trim_end().to_owned(),
            path: path.map(str::to_owned),
            line: body["line"].as_u64().unwrap_or(0),
            resolved: false,
        });
        id
    }

    fn graphql(&mut self, body: &Value) -> Value {
        let query = body["query"].as_str().unwrap_or_default();
        let variables = &body["variables"];
        if query.starts_with("mutation") {
            let field =
                if query.contains("unresolveReviewThread") { "unresolveReviewThread" } else { "resolveReviewThread" };
            if !self.may_resolve {
                let errors = json!([{ "type": "FORBIDDEN", "path": [field], "message": "Resource not accessible by integration" }]);
                return json!({ "data": { field: null }, "errors": errors });
            }
            let thread = variables["thread"].as_str().unwrap_or_default();
            let is_it = |comment: &&mut Comment| format!("PRRT_{}", comment.id) == thread;
            let Some(comment) = self.comments.iter_mut().find(is_it) else {
                return json!({ "data": { field: null }, "errors": [{ "type": "NOT_FOUND", "message": "no such thread" }] });
            };
            comment.resolved = field == "resolveReviewThread";
            return json!({ "data": { field: { "thread": { "isResolved": comment.resolved } } } });
        }
        if variables["owner"] != "o" || variables["name"] != "r" || variables["number"] != 7 {
            let message = "Could not resolve to a Repository with the name 'x/y'.";
            return json!({ "data": { "repository": null }, "errors": [{ "type": "NOT_FOUND", "path": ["repository"], "message": message }] });
        }
        let page = |nodes: Vec<Value>, after: &Value| {
            let from: usize = after.as_str().and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
            let to = (from + self.page).min(nodes.len());
            let info = json!({ "hasNextPage": to < nodes.len(), "endCursor": to.to_string() });
            json!({ "nodes": nodes[from.min(to)..to], "pageInfo": info })
        };
        let of = |comment: &Comment| json!({ "databaseId": comment.id, "body": comment.body, "viewerDidAuthor": comment.ours });
        let threads = self.comments.iter().filter(|comment| comment.path.is_some()).map(|comment| {
            json!({ "id": format!("PRRT_{}", comment.id), "isResolved": comment.resolved, "path": comment.path,
                "comments": { "nodes": [of(comment)] } })
        });
        let comments = self.comments.iter().filter(|comment| comment.path.is_none()).map(of);
        let pull = json!({
            "headRefOid": self.head,
            "reviewThreads": page(threads.collect(), &variables["threads"]),
            "comments": page(comments.collect(), &variables["comments"]),
        });
        json!({ "data": { "repository": { "pullRequest": pull } } })
    }
}

/// An error as GitHub words it.
fn error(message: &str, status: u16, errors: &Value) -> Value {
    let mut error = json!({ "message": message, "documentation_url": "https://docs.github.com/rest", "status": status.to_string() });
    if !errors.is_null() {
        error["errors"] = errors.clone();
    }
    error
}

fn too_long(body: &Value) -> bool {
    body.as_str().is_none_or(|body| body.chars().count() > 65_536)
}

fn lines(comment: &Value) -> String {
    match comment["start_line"].as_u64() {
        Some(first) => format!("{first}-{}", comment["line"]),
        None => comment["line"].to_string(),
    }
}

/// The lines on the right side of a diff's hunks.
fn hunks(patch: &str) -> Vec<RangeInclusive<u64>> {
    let mut hunks: Vec<RangeInclusive<u64>> = Vec::new();
    let mut at = 0;
    for line in patch.lines() {
        if let Some(place) = line.strip_prefix("@@ ") {
            let new = place.split_whitespace().nth(1).unwrap_or_default().trim_start_matches('+');
            at = new.split(',').next().and_then(|first| first.parse().ok()).unwrap_or(0);
            hunks.push(at..=at);
        } else if line.starts_with(['+', ' '])
            && let Some(hunk) = hunks.last_mut()
        {
            *hunk = *hunk.start()..=at;
            at += 1;
        }
    }
    hunks
}
