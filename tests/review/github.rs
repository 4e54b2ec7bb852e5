//! GitHub's REST and GraphQL APIs as they are documented, for the pull request 7 of `o/r`: what is sent is checked as GitHub
//! does, and errors have its bodies.

use serde_json::{Value, json};

use super::server::{Comment, Dialect, Headers, State, TOKEN, hunks};

/// GitHub.
pub const GITHUB: Dialect = Dialect { api, refuses, about };

fn refuses(headers: &Headers) -> Option<(u16, Value)> {
    if headers.get("authorization").map(String::as_str) != Some(&format!("Bearer {TOKEN}")) {
        return Some((401, error("Bad credentials", 401, &json!(null))));
    }
    let is_whole = headers.contains_key("x-github-api-version") && headers.contains_key("user-agent");
    (!is_whole).then(|| (400, error("Request forbidden by administrative rules", 400, &json!(null))))
}

fn about(_: &str, body: &Value) -> String {
    match body["query"].as_str() {
        Some(query) if query.starts_with("query") => " read".to_owned(),
        Some(query) if query.contains("unresolve") => " reopen".to_owned(),
        Some(_) => " resolve".to_owned(),
        None => body["comments"].as_array().map_or_else(String::new, |comments| {
            let lines: Vec<String> = comments.iter().map(lines).collect();
            format!(" at {}", lines.join(" "))
        }),
    }
}

fn api(state: &mut State, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (method, &parts[..]) {
        ("POST", ["graphql"]) => (200, graphql(state, body)),
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
                let id = state.keep(&body["body"], None, 0);
                (
                    201,
                    json!({ "id": id, "body": body["body"], "html_url": format!("https://github.com/o/r/pull/7#issuecomment-{id}") }),
                )
            }
        },
        ("PATCH", ["repos", "o", "r", "issues" | "pulls", "comments", id]) => {
            match state.comments.iter_mut().find(|comment| comment.ours && comment.id.to_string() == **id) {
                Some(comment) => {
                    comment.body = body["body"].as_str().unwrap_or_default().to_owned();
                    (200, json!({ "id": comment.id }))
                }
                None => (404, error("Not Found", 404, &json!(null))),
            }
        }
        ("POST", ["repos", "o", "r", "pulls"]) => match state.open(body["head"].as_str(), body["base"].as_str()) {
            true => (201, json!({ "number": 8, "html_url": "https://github.com/o/r/pull/8" })),
            false => {
                let exists = json!([{ "resource": "PullRequest", "code": "custom", "message": "A pull request already exists for o:safestep/topic." }]);
                (422, error("Validation Failed", 422, &exists))
            }
        },
        ("POST", ["repos", "o", "r", "pulls", "7", "reviews"]) => review(state, body),
        ("GET", ["repos", "o", "r", "pulls", "7", "files"]) => {
            let page: usize = query.split('&').find_map(|word| word.strip_prefix("page=")?.parse().ok()).unwrap_or(1);
            let files = state.patches.iter().skip((page - 1) * 100).take(100);
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
fn review(state: &mut State, body: &Value) -> (u16, Value) {
    if body["commit_id"] != state.head().as_str() {
        let errors = json!(["commit_id is not part of the pull request"]);
        return (422, error("Unprocessable Entity", 422, &errors));
    }
    if body["event"] != "COMMENT" || body["body"].as_str().is_none_or(str::is_empty) {
        return (422, error("Unprocessable Entity", 422, &json!(["Body can't be blank"])));
    }
    let comments = body["comments"].as_array().cloned().unwrap_or_default();
    for comment in &comments {
        let path = comment["path"].as_str().unwrap_or_default();
        let Some(patch) = state.patches.get(path) else {
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
        state.keep(&comment["body"], comment["path"].as_str(), comment["line"].as_u64().unwrap_or(0));
    }
    (200, json!({ "id": 80, "state": "COMMENTED", "commit_id": state.head() }))
}

fn graphql(state: &mut State, body: &Value) -> Value {
    let query = body["query"].as_str().unwrap_or_default();
    let variables = &body["variables"];
    if query.starts_with("mutation") {
        let field =
            if query.contains("unresolveReviewThread") { "unresolveReviewThread" } else { "resolveReviewThread" };
        if !state.may_resolve {
            let errors =
                json!([{ "type": "FORBIDDEN", "path": [field], "message": "Resource not accessible by integration" }]);
            return json!({ "data": { field: null }, "errors": errors });
        }
        let thread = variables["thread"].as_str().unwrap_or_default();
        let is_it = |comment: &&mut Comment| format!("PRRT_{}", comment.id) == thread;
        let Some(comment) = state.comments.iter_mut().find(is_it) else {
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
        let to = (from + state.page).min(nodes.len());
        let info = json!({ "hasNextPage": to < nodes.len(), "endCursor": to.to_string() });
        json!({ "nodes": nodes[from.min(to)..to], "pageInfo": info })
    };
    let of =
        |comment: &Comment| json!({ "databaseId": comment.id, "body": comment.body, "viewerDidAuthor": comment.ours });
    let threads = state.comments.iter().filter(|comment| comment.path.is_some()).map(|comment| {
        json!({ "id": format!("PRRT_{}", comment.id), "isResolved": comment.resolved, "path": comment.path,
            "comments": { "nodes": [of(comment)] } })
    });
    let comments = state.comments.iter().filter(|comment| comment.path.is_none()).map(of);
    let pull = json!({
        "headRefOid": state.head(),
        "reviewThreads": page(threads.collect(), &variables["threads"]),
        "comments": page(comments.collect(), &variables["comments"]),
    });
    json!({ "data": { "repository": { "pullRequest": pull } } })
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
