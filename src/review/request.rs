//! What is sent to a service and what comes back.

use std::time::Duration;

use serde_json::Value;

use crate::source::visible;

/// How a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes something new, or asks GraphQL.
    Post,
    /// Changes a part of something.
    Patch,
    /// Changes something.
    Put,
}

impl Method {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Patch => "PATCH",
            Method::Put => "PUT",
        }
    }
}

/// One request; the token is not in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// How.
    pub method: Method,
    /// Where.
    pub url: String,
    /// What, as JSON.
    pub body: Option<Value>,
    /// Twice is as good as once: it may be sent again when nobody knows whether it arrived.
    pub repeatable: bool,
}

impl Request {
    /// Reads something.
    pub fn get(url: String) -> Request {
        Request { method: Method::Get, url, body: None, repeatable: true }
    }

    /// Makes something new.
    pub fn post(url: String, body: Value) -> Request {
        Request { method: Method::Post, url, body: Some(body), repeatable: false }
    }

    /// Asks, or makes so what may be so already.
    pub fn ask(method: Method, url: String, body: Value) -> Request {
        Request { method, url, body: Some(body), repeatable: true }
    }
}

/// What a service answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Response {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `null` where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// What went wrong, in the service's words and in one line, shortened.
    pub fn message(&self) -> String {
        let json = self.json();
        let text = |value: &Value| match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            Value::Object(fields) => match fields.get("message") {
                Some(Value::String(message)) => Some(message.clone()),
                _ => Some(value.to_string()),
            },
            other => Some(other.to_string()),
        };
        let mut parts: Vec<String> = ["message", "error"].iter().filter_map(|name| text(&json[*name])).collect();
        parts.extend(json["errors"].as_array().into_iter().flatten().filter_map(text));
        let message = if parts.is_empty() { self.body.clone() } else { parts.join("; ") };
        let message = visible(message.trim()).chars().take(500).collect::<String>();
        if message.is_empty() { format!("status {}", self.status) } else { message }
    }
}

/// Why a review does not stand on the pull request.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// The token may read and not write.
    #[error("{url}: {message} ({status}): the token may not write here")]
    ReadOnly {
        /// Where.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The service's words.
        message: String,
    },
    /// The pull request is at another commit by now.
    #[error(
        "the pull request was pushed to meanwhile: {message}; nothing is said about {reviewed}, the run for the newer push speaks"
    )]
    HeadMoved {
        /// What was reviewed.
        reviewed: String,
        /// What is there instead.
        message: String,
    },
    /// The service takes no more requests for a while.
    #[error("{url}: the service takes no more requests for {seconds} seconds; run it again then")]
    Limited {
        /// Where.
        url: String,
        /// How long.
        seconds: u64,
    },
    /// It may have arrived or not.
    #[error("{url}: {message}")]
    Unsure {
        /// Where.
        url: String,
        /// What happened.
        message: String,
    },
    /// The service does not do it.
    #[error("{method} {url}: {message} ({status})")]
    Refused {
        /// How.
        method: &'static str,
        /// Where.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The service's words.
        message: String,
    },
    /// The service answers something else than it documents.
    #[error("{url}: not what was expected: {message}")]
    Unexpected {
        /// Where.
        url: String,
        /// What is missing.
        message: String,
    },
}

impl ReviewError {
    /// What a response means that did not succeed.
    pub fn of(request: &Request, response: &Response) -> ReviewError {
        let (url, status, message) = (request.url.clone(), response.status, response.message());
        match status {
            403 => ReviewError::ReadOnly { url, status, message },
            _ => ReviewError::Refused { method: request.method.name(), url, status, message },
        }
    }
}

/// Who sends requests: sends again what failed for the moment, waits where the service asks for that, within bounds.
pub trait Sender {
    /// Sends a request and returns the answer, whatever its status.
    ///
    /// # Errors
    /// [`ReviewError::Limited`] and [`ReviewError::Unsure`].
    fn send(&mut self, request: &Request) -> Result<Response, ReviewError>;
    /// Waits.
    fn pause(&mut self, time: Duration);
}

/// Sends what has to succeed.
pub(super) fn succeed(sender: &mut dyn Sender, request: &Request) -> Result<Response, ReviewError> {
    let response = sender.send(request)?;
    if (200..300).contains(&response.status) { Ok(response) } else { Err(ReviewError::of(request, &response)) }
}
