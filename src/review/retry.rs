//! When a request is sent again.
//!
//! Sources: GitHub documentation, *Rate limits for the REST API*, "Exceeding the rate limit", and *Rate limits and query limits
//! for the GraphQL API*; GitLab documentation, *User and IP rate limits*, "Response headers".

use std::time::Duration;

use super::request::{Request, Response, ReviewError};

/// How often one request is sent at most.
const ATTEMPTS: u32 = 5;
/// The longest wait, in seconds: a job that waits costs its time.
const LONGEST_WAIT: u64 = 120;

/// What comes after an answer.
#[derive(Debug)]
pub enum Next {
    /// It is the answer.
    Take,
    /// The request is sent again after this time.
    Wait(Duration),
    /// There will be none.
    GiveUp(ReviewError),
}

/// What comes after this answer to the request's attempt of that number, the first being 0, at `now` (seconds since 1970).
pub fn next(request: &Request, response: &Response, attempt: u32, now: u64) -> Next {
    if is_limit(response) {
        let number = |name: &str| response.header(name).and_then(|value| value.trim().parse::<u64>().ok());
        let is_used_up = ["x-ratelimit-remaining", "ratelimit-remaining"].iter().any(|name| number(name) == Some(0));
        let reset = number("x-ratelimit-reset").or_else(|| number("ratelimit-reset")).filter(|_| is_used_up);
        let seconds = match (number("retry-after"), reset) {
            (Some(seconds), _) => seconds,
            (None, Some(reset)) => reset.saturating_sub(now) + 1,
            (None, None) => 60 << attempt.min(4),
        };
        return match seconds <= LONGEST_WAIT && attempt + 1 < ATTEMPTS {
            true => Next::Wait(Duration::from_secs(seconds)),
            false => Next::GiveUp(ReviewError::Limited { url: request.url.clone(), seconds }),
        };
    }
    match response.status {
        408 | 500 | 502..=504 => {
            after_silence(request, attempt, format!("{} ({})", response.message(), response.status))
        }
        _ => Next::Take,
    }
}

/// What comes when nobody knows what became of a request: one that is not to arrive twice is for the caller to decide.
pub fn after_silence(request: &Request, attempt: u32, message: String) -> Next {
    match request.repeatable && attempt + 1 < ATTEMPTS {
        true => Next::Wait(Duration::from_secs(1 << attempt.min(4))),
        false => Next::GiveUp(ReviewError::Unsure { url: request.url.clone(), message }),
    }
}

/// A plain 403 says that something may not be done, never mind when.
fn is_limit(response: &Response) -> bool {
    match response.status {
        429 => true,
        403 => {
            response.header("retry-after").is_some()
                || response.header("x-ratelimit-remaining") == Some("0")
                || response.message().to_lowercase().contains("rate limit")
        }
        200 => {
            let errors = response.body.contains("RATE_LIMIT").then(|| response.json()["errors"].clone());
            errors
                .is_some_and(|errors| errors.as_array().is_some_and(|e| e.iter().any(|e| e["type"] == "RATE_LIMITED")))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answered(status: u16, headers: &[(&str, &str)], body: &str, attempt: u32) -> String {
        let request = Request::get("u".into());
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        shown(next(&request, &Response { status, headers, body: body.into() }, attempt, 1_000))
    }

    fn shown(next: Next) -> String {
        match next {
            Next::Take => "take".into(),
            Next::Wait(time) => format!("{} s", time.as_secs()),
            Next::GiveUp(error) => error.to_string(),
        }
    }

    #[test]
    fn a_limit_is_waited_for_as_long_as_the_service_says() {
        let secondary = r#"{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}"#;
        assert_eq!(answered(429, &[("retry-after", "7")], "", 0), "7 s");
        assert_eq!(answered(403, &[("retry-after", "7")], secondary, 0), "7 s");
        assert_eq!(answered(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1030")], "{}", 0), "31 s");
        assert_eq!(
            answered(403, &[("x-ratelimit-remaining", "9"), ("x-ratelimit-reset", "1030")], secondary, 0),
            "60 s"
        );
        assert_eq!(answered(200, &[], r#"{"errors":[{"type":"RATE_LIMITED","message":"m"}]}"#, 0), "60 s");
        let later = "u: the service takes no more requests for 2601 seconds; run it again then";
        assert_eq!(answered(429, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "3600")], "", 0), later);
        assert_eq!(answered(429, &[("retry-after", "1")], "", 4), later.replace("2601", "1"));
    }

    #[test]
    fn what_may_not_be_is_not_tried_again() {
        let forbidden = r#"{"message":"Resource not accessible by integration","status":"403"}"#;
        assert_eq!(answered(403, &[("x-ratelimit-remaining", "4999")], forbidden, 0), "take");
        for status in [200, 201, 401, 404, 422] {
            assert_eq!(answered(status, &[], "{}", 0), "take");
        }
    }

    #[test]
    fn a_server_that_fails_is_asked_again_and_told_once() {
        assert_eq!([0, 1, 2, 3].map(|attempt| answered(502, &[], "", attempt)), ["1 s", "2 s", "4 s", "8 s"]);
        assert_eq!(answered(502, &[], "<html>Bad gateway</html>", 4), "u: <html>Bad gateway</html> (502)");
        let post = Request::post("u".into(), json!({}));
        let answer = Response { status: 503, ..Response::default() };
        assert_eq!(shown(next(&post, &answer, 0, 0)), "u: status 503 (503)");
        assert_eq!(shown(after_silence(&post, 0, "timeout".into())), "u: timeout");
    }
}
