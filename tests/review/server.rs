//! A server with the state of one pull request: it keeps what is posted, and fails where a test asks for that. What it
//! understands and says is a service's dialect.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

use anyhow::{Context, Result};
use serde_json::Value;

/// The token of the account that reviews.
pub const TOKEN: &str = "ghs_s3cretOfTheTests";

pub type Headers = BTreeMap<String, String>;

/// How a service speaks.
pub struct Dialect {
    /// Answers a request: method, path, body.
    pub api: fn(&mut State, &str, &str, &Value) -> (u16, Value),
    /// Why a request with such headers is refused.
    pub refuses: fn(&Headers) -> Option<(u16, Value)>,
    /// What a request is about, for the transcript; only what reads is `" read"`.
    pub about: fn(&str, &Value) -> String,
}

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
pub struct State {
    dialect: Dialect,
    pub head: String,
    /// Where the branch of the pull request is, once something is pushed there.
    pub remote: Option<PathBuf>,
    /// The branches for which a pull request is open, each with the one that it is onto.
    pub opened: Vec<(String, String)>,
    /// The diff of each file; a file that is too large for the service has none.
    pub patches: BTreeMap<String, Option<String>>,
    pub comments: Vec<Comment>,
    pub faults: VecDeque<Fault>,
    /// The token may resolve conversations.
    pub may_resolve: bool,
    /// A line for each request.
    pub transcript: Vec<String>,
    /// Each request that makes or changes something: method, path, body.
    pub written: Vec<(String, String, Value)>,
    /// How many entries a page of a list has.
    pub page: usize,
    next_id: u64,
}

/// The running server.
pub struct Server {
    pub address: String,
    state: Arc<Mutex<State>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub fn start(dialect: Dialect) -> Result<Server> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = format!("http://{}", listener.local_addr()?);
        let state = Arc::new(Mutex::new(State {
            dialect,
            head: String::new(),
            remote: None,
            opened: Vec::new(),
            patches: BTreeMap::new(),
            comments: Vec::new(),
            faults: VecDeque::new(),
            may_resolve: true,
            transcript: Vec::new(),
            written: Vec::new(),
            page: 100,
            next_id: 1,
        }));
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
        Ok(Server { address, state, thread: Some(thread) })
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// What was asked since the last call, a line for each request.
    pub fn transcript(&self) -> String {
        std::mem::take(&mut self.state().transcript).join("\n")
    }
}

impl Drop for Server {
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
    fn answer(&mut self, method: &str, path: &str, headers: &Headers, body: &Value) -> Answer {
        let request = format!("{method} {path}");
        let fault = self.faults.iter().position(|fault| request.starts_with(fault.at));
        let fault = fault.and_then(|at| self.faults.remove(at));
        let api = self.dialect.api;
        let (status, more, answer) = match &fault {
            Some(fault) => {
                if fault.done {
                    api(self, method, path, body);
                }
                (fault.status, fault.headers.to_vec(), fault.body.to_owned())
            }
            None => {
                let (status, answer) = (self.dialect.refuses)(headers).unwrap_or_else(|| api(self, method, path, body));
                (status, Vec::new(), answer.to_string())
            }
        };
        let about = (self.dialect.about)(method, body);
        self.transcript.push(format!("{request}{about}: {status}"));
        if method != "GET" && about != " read" {
            self.written.push((method.to_owned(), path.to_owned(), body.clone()));
        }
        (status, more, answer)
    }

    /// Keeps a comment at a line of a file, or in the conversation.
    /// The last commit of the pull request.
    pub fn head(&self) -> String {
        let Some(remote) = &self.remote else { return self.head.clone() };
        let output = Command::new("git").args(["rev-parse", "refs/heads/topic"]).current_dir(remote).output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
    }

    /// Opens a pull request; false where there is one.
    pub fn open(&mut self, branch: Option<&str>, onto: Option<&str>) -> bool {
        let pair = (branch.unwrap_or_default().to_owned(), onto.unwrap_or_default().to_owned());
        let is_new = !self.opened.contains(&pair);
        self.opened.extend(is_new.then_some(pair));
        is_new
    }

    pub fn keep(&mut self, body: &Value, path: Option<&str>, line: u64) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        let body = body.as_str().unwrap_or_default().trim_end().to_owned();
        self.comments.push(Comment { id, ours: true, body, path: path.map(str::to_owned), line, resolved: false });
        id
    }
}

/// The lines on the right side of a diff's hunks.
pub fn hunks(patch: &str) -> Vec<RangeInclusive<u64>> {
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
