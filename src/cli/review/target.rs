//! Which pull request it is, from flags or from what a CI service sets.
//!
//! Source: GitHub documentation, *Store information in variables*, "Default environment variables", and *Webhook events and
//! payloads*, `pull_request`.

use camino::Utf8Path;
use clap::Args;
use serde_json::Value;

use super::super::Failure;
use super::http::Token;
use crate::review::{GitHub, Service};
use crate::source::read_text;

#[derive(Debug, Args)]
pub(super) struct TargetArguments {
    /// The repository, as OWNER/NAME [default: the one that the CI service names]
    #[arg(long, value_name = "OWNER/NAME")]
    repository: Option<String>,
    /// The number of the pull request [default: the one that the CI service names]
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,
}

/// A pull request on a service.
pub(super) struct Target {
    /// For messages: `owner/name#7`.
    pub name: String,
    /// Where the API is.
    pub api: String,
    /// The service.
    pub service: Box<dyn Service>,
    /// The commits that the service names: the branch that the pull request goes to, and its last one.
    pub range: Option<(String, String)>,
    token: Option<Token>,
    /// What is missing to send anything.
    missing: Option<&'static str>,
}

/// Reads an environment variable that is set to something.
type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Target {
    /// The pull request that flags and environment name.
    ///
    /// # Errors
    /// When they name what cannot be one.
    pub fn of(arguments: &TargetArguments, environment: Environment<'_>) -> Result<Target, Failure> {
        let event = environment("GITHUB_EVENT_PATH").and_then(|path| read_text(Utf8Path::new(&path)));
        let event: Value = event.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let pull = &event["pull_request"];
        let sha = |end: &str| pull[end]["sha"].as_str().map(str::to_owned);
        let range = sha("base").zip(sha("head"));
        let repository = arguments.repository.clone().or_else(|| environment("GITHUB_REPOSITORY"));
        let reference = environment("GITHUB_REF");
        let of_reference = reference.as_deref().and_then(|name| name.strip_prefix("refs/pull/")?.split('/').next());
        let number = arguments.number.clone();
        let number =
            number.or_else(|| pull["number"].as_u64().or(event["issue"]["number"].as_u64()).map(|n| n.to_string()));
        let number = number.or_else(|| of_reference.map(str::to_owned));
        if let Some(wrong) =
            number.as_deref().filter(|number| number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()))
        {
            return Err(Failure::Usage(format!("--number {wrong}: expected the number of a pull request")));
        }
        if let Some(wrong) = repository.as_deref().filter(|name| !is_repository(name)) {
            return Err(Failure::Usage(format!("--repository {wrong}: expected OWNER/NAME")));
        }
        let missing = match (&repository, &number) {
            (None, _) => Some("--repository OWNER/NAME"),
            (_, None) => Some("--number NUMBER"),
            _ => None,
        };
        let api = environment("GITHUB_API_URL").unwrap_or_else(|| "https://api.github.com".to_owned());
        let api = api.trim_end_matches('/').to_owned();
        let graphql = environment("GITHUB_GRAPHQL_URL").unwrap_or_else(|| match api.strip_suffix("/v3") {
            Some(enterprise) => format!("{enterprise}/graphql"),
            None => format!("{api}/graphql"),
        });
        if host(&graphql) != host(&api) {
            return Err(Failure::Usage(format!(
                "GITHUB_GRAPHQL_URL {graphql}: another host than GITHUB_API_URL {api}"
            )));
        }
        let repository = repository.unwrap_or_else(|| "{owner}/{name}".to_owned());
        let number = number.unwrap_or_else(|| "{number}".to_owned());
        Ok(Target {
            name: format!("{repository}#{number}"),
            api: api.clone(),
            service: Box::new(GitHub { api, graphql, repository, number }),
            range,
            token: environment("GITHUB_TOKEN").map(|token| Token::of(&token)),
            missing,
        })
    }

    /// The pull request with the token to write to it.
    ///
    /// # Errors
    /// When something is missing, which is named.
    pub fn ready(self) -> Result<(Target, Token), Failure> {
        let add = |what: &str| Failure::Usage(format!("{what} is missing; --dry-run prints the requests without it"));
        if let Some(what) = self.missing {
            return Err(add(what));
        }
        let token = self.token.clone().ok_or_else(|| add("GITHUB_TOKEN in the environment"))?;
        Ok((self, token))
    }

    /// What goes with every request.
    pub fn headers(&self, token: &Token) -> Vec<(&'static str, String)> {
        vec![
            ("authorization", token.header("Bearer ")),
            ("accept", "application/vnd.github+json".to_owned()),
            ("x-github-api-version", "2022-11-28".to_owned()),
        ]
    }
}

fn is_repository(name: &str) -> bool {
    let is_name = |part: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        !part.is_empty() && part != "." && part != ".." && part.bytes().all(plain)
    };
    name.split_once('/').is_some_and(|(owner, name)| is_name(owner) && is_name(name))
}

/// Scheme, host and port of a URL.
fn host(url: &str) -> String {
    url.split('/').take(3).collect::<Vec<_>>().join("/")
}
