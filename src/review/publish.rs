//! The review on a service: what stands there is read, what is missing is sent.

use std::time::Duration;

use super::changes::{Change, changes};
use super::posted::Posted;
use super::request::{Request, ReviewError, Sender};
use super::written::Review;

/// How often what stands there is read anew, when nobody knows whether something arrived.
const ATTEMPTS: u64 = 3;

/// A service on which pull requests are discussed.
pub trait Service {
    /// The review in the service's own Markdown.
    fn worded(&self, review: Review) -> Review {
        review
    }
    /// What stands on the pull request.
    ///
    /// # Errors
    /// When the service does not say.
    fn posted(&self, sender: &mut dyn Sender) -> Result<Posted, ReviewError>;
    /// The requests for changes on a pull request whose last commit is `head`, where all goes well.
    fn requests(&self, change: &Change, head: &str) -> Vec<Request>;
    /// Makes a change.
    ///
    /// # Errors
    /// When the service does not do it.
    fn make(&self, change: &Change, head: &str, sender: &mut dyn Sender) -> Result<Made, ReviewError>;
    /// The request that opens a pull request.
    fn opens(&self, stacked: &Stacked) -> Request;
    /// Opens it, or finds it open; where it is, if the service says so.
    ///
    /// # Errors
    /// When the service does not do it.
    fn open(&self, stacked: &Stacked, sender: &mut dyn Sender) -> Result<Option<String>, ReviewError> {
        let request = self.opens(stacked);
        let response = sender.send(&request)?;
        let is_open = || response.message().to_lowercase().contains("already exists");
        match response.status {
            200..300 => {
                let json = response.json();
                let url = json["html_url"].as_str().or(json["web_url"].as_str());
                Ok(url.map(str::to_owned))
            }
            409 | 422 if is_open() => Ok(None),
            _ => Err(ReviewError::of(&request, &response)),
        }
    }
}

/// A pull request of ours, onto the branch of the one that is reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stacked {
    /// The branch with the rewrite.
    pub branch: String,
    /// The branch that it is for.
    pub onto: String,
    /// Its title.
    pub title: String,
    /// What it says, in Markdown.
    pub body: String,
}

/// What came of a change.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// The new comments that have a place.
    pub placed: usize,
    /// What a person should know of it.
    pub note: Option<String>,
}

/// What was done.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// New comments at lines.
    pub commented: usize,
    /// Comments whose hazard is mended.
    pub resolved: usize,
    /// Whether the summary came or changed.
    pub summarized: bool,
    /// What a person should know, each once.
    pub notes: Vec<String>,
}

/// Makes the review of `head`, worded for the service, stand on the pull request.
///
/// # Errors
/// [`ReviewError`]: a part of it may stand there then; the next run completes it.
pub fn publish(
    service: &dyn Service,
    review: &Review,
    head: &str,
    sender: &mut dyn Sender,
) -> Result<Published, ReviewError> {
    let mut published = Published::default();
    let mut attempt = 0;
    'read: loop {
        attempt += 1;
        let posted = service.posted(sender)?;
        if posted.head != head {
            let message = format!("its last commit is {}", posted.head);
            return Err(ReviewError::HeadMoved { reviewed: head.to_owned(), message });
        }
        for change in changes(review, &posted) {
            let Made { placed, note } = match service.make(&change, head, sender) {
                Err(ReviewError::Unsure { .. }) if attempt < ATTEMPTS => {
                    sender.pause(Duration::from_secs(attempt));
                    continue 'read;
                }
                made => made?,
            };
            match &change {
                Change::Comment { .. } => published.commented += placed,
                Change::Resolve { .. } if note.is_none() => published.resolved += 1,
                Change::Summarize { .. } | Change::EditSummary { .. } => published.summarized = true,
                Change::Resolve { .. } | Change::Edit { .. } | Change::Reopen { .. } => {}
            }
            published.notes.extend(note.filter(|note| !published.notes.contains(note)));
        }
        return Ok(published);
    }
}
