//! GitLab's REST API as it is documented, for the merge request 7 of the project 42.

use serde_json::{Value, json};

use super::server::{Comment, Dialect, Headers, State, TOKEN};

/// GitLab.
pub const GITLAB: Dialect = Dialect { api, refuses, about };

/// The account that reviews, and another one.
const ACCOUNTS: [u64; 2] = [5, 6];

fn refuses(headers: &Headers) -> Option<(u16, Value)> {
    let has = |name: &str| headers.get(name).is_some_and(|token| token == TOKEN);
    // A job's token is no account's: it may ask for its own job, and read.
    (!has("private-token") && !has("job-token")).then(|| (401, json!({ "message": "401 Unauthorized" })))
}

fn about(method: &str, body: &Value) -> String {
    match (method, &body["position"]["new_line"], &body["resolved"]) {
        ("POST", Value::Number(line), _) => format!(" at {line}"),
        (_, _, Value::Bool(resolved)) => format!(" resolved={resolved}"),
        _ => String::new(),
    }
}

fn api(state: &mut State, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').skip(2).collect();
    let rest = match &parts[..] {
        ["user"] => return (200, json!({ "id": ACCOUNTS[0], "username": "bot" })),
        ["job"] => {
            state.may_resolve = false; // the token is a job's: it writes nothing
            return (200, json!({ "id": 900, "user": { "id": ACCOUNTS[0] } }));
        }
        ["projects", "42", "merge_requests"] => {
            return match state.open(body["source_branch"].as_str(), body["target_branch"].as_str()) {
                true => (201, json!({ "iid": 8, "web_url": "https://gitlab.com/o/r/-/merge_requests/8" })),
                false => (
                    409,
                    json!({ "message": ["Another open merge request already exists for this source branch: !8"] }),
                ),
            };
        }
        ["projects", "42", "merge_requests", "7", rest @ ..] => rest,
        _ => return (404, json!({ "message": "404 Project Not Found" })),
    };
    if method != "GET" && !state.may_resolve {
        return (401, json!({ "message": "401 Unauthorized" }));
    }
    match (method, rest) {
        ("GET", []) => {
            let refs = json!({ "base_sha": "b".repeat(40), "start_sha": "a".repeat(40), "head_sha": state.head() });
            (200, json!({ "iid": 7, "sha": state.head(), "diff_refs": refs }))
        }
        ("GET", ["discussions"]) => {
            let page: usize = query.split('&').find_map(|word| word.strip_prefix("page=")?.parse().ok()).unwrap_or(1);
            (200, state.comments.iter().skip((page - 1) * 100).take(100).map(discussion).collect())
        }
        ("POST", ["notes"]) => (201, json!({ "id": state.keep(&body["body"], None, 0) })),
        ("POST", ["discussions"]) => thread(state, body),
        ("PUT", ["notes", id] | ["discussions", _, "notes", id]) => {
            match state.comments.iter_mut().find(|comment| comment.ours && comment.id.to_string() == **id) {
                Some(comment) => {
                    comment.body = body["body"].as_str().unwrap_or_default().to_owned();
                    (200, json!({ "id": comment.id }))
                }
                None => (404, json!({ "message": "404 Not found" })),
            }
        }
        ("PUT", ["discussions", id]) => match state.comments.iter_mut().find(|comment| name(comment) == **id) {
            Some(comment) => {
                comment.resolved = body["resolved"] == true;
                (200, json!({ "id": id }))
            }
            None => (404, json!({ "message": "404 Discussion Not Found" })),
        },
        _ => (404, json!({ "error": "404 Not Found" })),
    }
}

/// A thread at a line that the diff adds: any other needs to be told by its old line, too.
fn thread(state: &mut State, body: &Value) -> (u16, Value) {
    let position = &body["position"];
    let path = position["new_path"].as_str().unwrap_or_default();
    let line = position["new_line"].as_u64().unwrap_or(0);
    let patch = state.patches.get(path).and_then(Option::as_deref).unwrap_or_default();
    let is_added = added(patch).contains(&line);
    let are_known = position["head_sha"] == state.head().as_str() && position["start_sha"] == "a".repeat(40);
    if !is_added || !are_known || position["position_type"] != "text" || position["old_path"] != path {
        let message = "400 Bad request - Note {:line_code=>[\"can't be blank\", \"must be a valid line code\"]}";
        return (400, json!({ "message": message }));
    }
    let id = state.keep(&body["body"], Some(path), line);
    (201, json!({ "id": format!("d{id}") }))
}

fn added(patch: &str) -> Vec<u64> {
    let (mut at, mut added) = (0, Vec::new());
    for line in patch.lines() {
        if let Some(place) = line.strip_prefix("@@ ") {
            let new = place.split_whitespace().nth(1).unwrap_or_default().trim_start_matches('+');
            at = new.split(',').next().and_then(|first| first.parse().ok()).unwrap_or(0);
        } else if at > 0 && line.starts_with(['+', ' ']) {
            added.extend(line.starts_with('+').then_some(at));
            at += 1;
        }
    }
    added
}

fn name(comment: &Comment) -> String {
    format!("d{}", comment.id)
}

fn discussion(comment: &Comment) -> Value {
    let author = ACCOUNTS[usize::from(!comment.ours)];
    let mut note = json!({ "id": comment.id, "body": comment.body, "author": { "id": author }, "system": false });
    if let Some(path) = &comment.path {
        note["position"] = json!({ "new_path": path, "new_line": comment.line });
        note["resolved"] = json!(comment.resolved);
    }
    json!({ "id": name(comment), "individual_note": comment.path.is_none(), "notes": [note] })
}
