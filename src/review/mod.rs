//! What is said on a pull request: a comment at the line of each hazard and one summary, and the requests after which exactly
//! that stands there.
//!
//! ```text
//!  report, lines that the diff shows ─► review ┐
//!  what stands there already ─────────► posted ┴─► changes ─► requests
//! ```
//!
//! Nothing here knows the network: who calls gives a [`Sender`]. What a service says comes from outside, and so does every
//! name and file of the pull request.

mod changes;
mod comment;
mod github;
mod gitlab;
mod marker;
mod posted;
mod publish;
mod request;
mod retry;
mod suggestion;
mod ticks;
mod written;

pub use changes::{Change, changes};
pub use comment::LineComment;
pub use github::GitHub;
pub use gitlab::GitLab;
pub use posted::{Posted, Summary, Thread};
pub use publish::{Made, Published, Service, Stacked, publish};
pub use request::{Method, Request, Response, ReviewError, Sender};
pub use retry::{Next, after_silence, next};
pub use suggestion::Suggestion;
pub use written::{Lines, Review, Reviewed};
