//! Which pull request it is, from flags or from what a CI service sets.
//!
//! Sources: GitHub documentation, *Store information in variables*, "Default environment variables", and *Webhook events and
//! payloads*, `pull_request`; GitLab documentation, *Predefined CI/CD variables reference*, "Predefined variables for merge
//! request pipelines".

use camino::Utf8Path;
use clap::{Args, ValueEnum};
use serde_json::Value;

use super::super::Failure;
use super::http::{Headers, Token};
use crate::review::{GitHub, GitLab, Service};
use crate::source::read_text;

#[derive(Debug, Args)]
pub(super) struct TargetArguments {
    /// Where the pull request is [default: github, in a job of GitLab's gitlab]
    #[arg(long, value_enum, value_name = "SERVICE")]
    service: Option<Name>,
    /// The repository, as OWNER/NAME [default: the one that the CI service names]
    #[arg(long, value_name = "OWNER/NAME")]
    repository: Option<String>,
    /// The number of the pull request [default: the one that the CI service names]
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    Github,
    Gitlab,
}

/// A pull request on a service.
pub(super) struct Target {
    /// For messages: `owner/name#7`.
    pub name: String,
    /// Where the API is.
    pub api: String,
    /// The service.
    pub service: Box<dyn Service>,
    /// The branch of the pull request, where the CI service names it.
    pub branch: Option<String>,
    /// That branch is in another repository.
    pub is_fork: bool,
    /// The commits that the CI service names: the branch that the pull request goes to, and its last one.
    pub range: Option<(String, String)>,
    /// The header that has the token, with what stands before it there.
    token: Option<(&'static str, &'static str, Token)>,
    /// What goes with every request besides.
    headers: &'static [(&'static str, &'static str)],
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
        match arguments.service {
            Some(Name::Gitlab) => gitlab(arguments, environment),
            None if environment("GITLAB_CI").is_some() => gitlab(arguments, environment),
            Some(Name::Github) | None => github(arguments, environment),
        }
    }

    /// The pull request with what goes with every request, and the token in it.
    ///
    /// # Errors
    /// When something is missing, which is named.
    pub fn ready(&self) -> Result<(Headers, Token), Failure> {
        if let Some(what) = self.missing {
            let message = format!("{what} is missing; --dry-run prints the requests without it");
            return Err(Failure::Usage(message));
        }
        let (header, before, token) = self.token.clone().unwrap_or(("authorization", "", Token::of("")));
        let mut headers = vec![(header, token.header(before))];
        headers.extend(self.headers.iter().map(|(name, value)| (*name, (*value).to_owned())));
        Ok((headers, token))
    }
}

fn github(arguments: &TargetArguments, environment: Environment<'_>) -> Result<Target, Failure> {
    let event = environment("GITHUB_EVENT_PATH").and_then(|path| read_text(Utf8Path::new(&path)));
    let event: Value = event.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let pull = &event["pull_request"];
    let sha = |end: &str| pull[end]["sha"].as_str().map(str::to_owned);
    let reference = environment("GITHUB_REF");
    let of_reference = reference.as_deref().and_then(|name| name.strip_prefix("refs/pull/")?.split('/').next());
    let of_event = pull["number"].as_u64().or(event["issue"]["number"].as_u64()).map(|number| number.to_string());
    let number = number(arguments, of_event.or_else(|| of_reference.map(str::to_owned)))?;
    let repository = arguments.repository.clone().or_else(|| environment("GITHUB_REPOSITORY"));
    let is_pair = |name: &&String| is_path(name) && name.split('/').count() == 2;
    if let Some(wrong) = repository.as_ref().filter(|name| !is_pair(name)) {
        return Err(Failure::Usage(format!("--repository {wrong}: expected OWNER/NAME")));
    }
    let api = environment("GITHUB_API_URL").unwrap_or_else(|| "https://api.github.com".to_owned());
    let api = api.trim_end_matches('/').to_owned();
    let graphql = environment("GITHUB_GRAPHQL_URL").unwrap_or_else(|| match api.strip_suffix("/v3") {
        Some(enterprise) => format!("{enterprise}/graphql"),
        None => format!("{api}/graphql"),
    });
    if host(&graphql) != host(&api) {
        return Err(Failure::Usage(format!("GITHUB_GRAPHQL_URL {graphql}: another host than GITHUB_API_URL {api}")));
    }
    let token = environment("GITHUB_TOKEN").map(|token| ("authorization", "Bearer ", Token::of(&token)));
    let missing = missing(&repository, &number, token.is_some(), "GITHUB_TOKEN in the environment");
    let repository = repository.unwrap_or_else(|| "{owner}/{name}".to_owned());
    let number = number.unwrap_or_else(|| "{number}".to_owned());
    let fork = pull["head"]["repo"]["full_name"].as_str();
    Ok(Target {
        name: format!("{repository}#{number}"),
        branch: pull["head"]["ref"].as_str().map(str::to_owned).or_else(|| environment("GITHUB_HEAD_REF")),
        is_fork: fork.is_some_and(|name| name != repository),
        api: api.clone(),
        service: Box::new(GitHub { api, graphql, repository, number }),
        range: sha("base").zip(sha("head")),
        token,
        headers: &[("accept", "application/vnd.github+json"), ("x-github-api-version", "2022-11-28")],
        missing,
    })
}

fn gitlab(arguments: &TargetArguments, environment: Environment<'_>) -> Result<Target, Failure> {
    let number = number(arguments, environment("CI_MERGE_REQUEST_IID"))?;
    let named = ["CI_MERGE_REQUEST_PROJECT_ID", "CI_PROJECT_ID"];
    let project = arguments.repository.clone().or_else(|| named.iter().find_map(|name| environment(name)));
    if let Some(wrong) = project.as_ref().filter(|name| !is_path(name)) {
        return Err(Failure::Usage(format!("--repository {wrong}: expected GROUP/NAME or the project's number")));
    }
    let base = environment("CI_MERGE_REQUEST_DIFF_BASE_SHA");
    // A pipeline for the merged result runs on a commit that is not the merge request's own.
    let head = environment("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA").or_else(|| environment("CI_COMMIT_SHA"));
    let own = environment("GITLAB_TOKEN").map(|token| ("private-token", "", Token::of(&token)));
    let of_job = || environment("CI_JOB_TOKEN").map(|token| ("job-token", "", Token::of(&token)));
    let viewer = if own.is_some() { "user" } else { "job" };
    let token = own.or_else(of_job);
    let missing = missing(&project, &number, token.is_some(), "GITLAB_TOKEN in the environment");
    let api = environment("CI_API_V4_URL").unwrap_or_else(|| "https://gitlab.com/api/v4".to_owned());
    let api = api.trim_end_matches('/').to_owned();
    let (project, number) =
        (project.unwrap_or_else(|| "{id}".to_owned()), number.unwrap_or_else(|| "{iid}".to_owned()));
    let source = environment("CI_MERGE_REQUEST_SOURCE_PROJECT_ID");
    Ok(Target {
        name: format!("{project}!{number}"),
        branch: environment("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"),
        is_fork: source.zip(environment("CI_MERGE_REQUEST_PROJECT_ID")).is_some_and(|(one, other)| one != other),
        api: api.clone(),
        service: Box::new(GitLab {
            api,
            project: project.replace('/', "%2F"),
            number,
            base: base.clone().unwrap_or_else(|| "{base_sha}".to_owned()),
            viewer,
        }),
        range: base.zip(head),
        token,
        headers: &[("accept", "application/json")],
        missing,
    })
}

fn number(arguments: &TargetArguments, known: Option<String>) -> Result<Option<String>, Failure> {
    let number = arguments.number.clone().or(known);
    let is_number = |number: &str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    match number.as_deref().filter(|number| !is_number(number)) {
        Some(wrong) => Err(Failure::Usage(format!("--number {wrong}: expected the number of a pull request"))),
        None => Ok(number),
    }
}

fn missing(
    repository: &Option<String>,
    number: &Option<String>,
    has_token: bool,
    token: &'static str,
) -> Option<&'static str> {
    match (repository, number, has_token) {
        (None, ..) => Some("--repository"),
        (_, None, _) => Some("--number"),
        (.., false) => Some(token),
        _ => None,
    }
}

/// Names that mean nothing else in a URL, with `/` between.
fn is_path(name: &str) -> bool {
    name.split('/').all(|part| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        !part.is_empty() && part != "." && part != ".." && part.bytes().all(plain)
    })
}

/// Scheme, host and port of a URL.
fn host(url: &str) -> String {
    url.split('/').take(3).collect::<Vec<_>>().join("/")
}
