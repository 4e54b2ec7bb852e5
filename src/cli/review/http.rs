//! Requests over HTTP. The token goes to the host that was named and nowhere else, and is in nothing that is printed.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::crypto::ring;
use ureq::config::RedirectAuthHeaders;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, http};

use crate::review::{Next, Request, Response, ReviewError, Sender, after_silence, next};
use crate::source::visible;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: u64 = 32 << 20;
/// A wait that is worth a word, in seconds.
const LONG_WAIT: u64 = 5;

/// What a service knows its caller by. It is never printed.
#[derive(Clone)]
pub(super) struct Token(String);

impl Token {
    /// The token in an environment variable, without the line break that a shell may have put behind it.
    pub fn of(value: &str) -> Token {
        Token(value.trim().to_owned())
    }

    /// A header that has it.
    pub fn header(&self, before: &str) -> String {
        format!("{before}{}", self.0)
    }

    fn hidden_in(&self, text: &str) -> String {
        if self.0.is_empty() { text.to_owned() } else { text.replace(&self.0, "***") }
    }
}

/// What goes with every request, by its name.
pub(super) type Headers = Vec<(&'static str, String)>;

/// A connection to one service.
pub(super) struct Client {
    agent: Agent,
    headers: Headers,
    token: Token,
    quiet: bool,
}

impl Client {
    /// A client of the service at `api`.
    ///
    /// # Errors
    /// When the token would go over the network in clear text.
    pub fn new(api: &str, headers: Headers, token: Token, quiet: bool) -> Result<Client, String> {
        let uri: http::Uri = api.parse().map_err(|_| format!("{api}: not the URL of an API"))?;
        let is_here = uri.host().is_some_and(|host| {
            let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
            host == "localhost" || address.is_some_and(|address| address.is_loopback())
        });
        let is_secure = uri.scheme_str() == Some("https");
        let stays_here = is_here && uri.scheme_str() == Some("http");
        if !is_secure && !stays_here {
            return Err(format!("{api}: a token is sent over https only"));
        }
        let mut roots = Vec::new();
        if is_secure {
            let native = rustls_native_certs::load_native_certs().certs;
            roots.extend(native.iter().map(|certificate| Certificate::from_der(certificate).to_owned()));
        }
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&roots))
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .https_only(is_secure)
            .redirect_auth_headers(RedirectAuthHeaders::SameHost)
            .timeout_global(Some(TIMEOUT))
            .user_agent(concat!("safestep/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls);
        Ok(Client { agent: config.build().into(), headers, token, quiet })
    }

    fn once(&self, request: &Request) -> Result<Response, ureq::Error> {
        let mut made = http::Request::builder().method(request.method.name()).uri(&request.url);
        for (name, value) in &self.headers {
            made = made.header(*name, value);
        }
        let body = request.body.as_ref().map(ToString::to_string);
        let mut answer = match body {
            Some(body) => self.agent.run(made.header("content-type", "application/json").body(body)?)?,
            None => self.agent.run(made.body(())?)?,
        };
        let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        };
        let headers = answer.headers().iter().filter_map(header).collect();
        let body = answer.body_mut().with_config().limit(LONGEST_ANSWER).read_to_vec()?;
        let body = self.token.hidden_in(&String::from_utf8_lossy(&body));
        Ok(Response { status: answer.status().as_u16(), headers, body })
    }
}

impl Sender for Client {
    fn send(&mut self, request: &Request) -> Result<Response, ReviewError> {
        for attempt in 0.. {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
            let answered = self.once(request).map_err(|error| self.token.hidden_in(&error.to_string()));
            let next = match &answered {
                Ok(response) => next(request, response, attempt, now),
                Err(message) => after_silence(request, attempt, message.clone()),
            };
            match (next, answered) {
                (Next::Wait(time), _) => self.pause(time),
                (Next::GiveUp(error), _) => return Err(error),
                (Next::Take, Ok(response)) => return Ok(response),
                (Next::Take, Err(message)) => return Err(ReviewError::Unsure { url: request.url.clone(), message }),
            }
        }
        Err(ReviewError::Limited { url: request.url.clone(), seconds: 0 })
    }

    fn pause(&mut self, time: Duration) {
        if time.as_secs() >= LONG_WAIT && !self.quiet {
            anstream::eprintln!(
                "note: {} seconds until the service takes more requests",
                visible(&time.as_secs().to_string())
            );
        }
        std::thread::sleep(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_over_https_or_stays_on_this_machine() {
        let client = |api: &str| Client::new(api, Vec::new(), Token::of("secret"), true).map(|_| ());
        for api in ["https://api.github.com", "http://127.0.0.1:80", "http://localhost:1/api", "http://[::1]:2"] {
            assert_eq!(client(api), Ok(()), "{api}");
        }
        for api in ["http://example.org", "ftp://localhost", "http://127.0.0.1.example.org", "api.github.com", ""] {
            assert!(client(api).is_err(), "{api}");
        }
    }

    #[test]
    fn a_token_is_in_no_message() {
        assert_eq!(Token::of(" s3cret\n").hidden_in("bad s3cret!"), "bad ***!");
        assert_eq!(Token::of("").hidden_in("text"), "text");
    }
}
