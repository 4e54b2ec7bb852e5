//! What stands on the pull request already, as far as an earlier run wrote it.

/// What an earlier run wrote there. Who else writes the same first line is not believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Posted {
    /// The pull request's last commit, as the service knows it; empty where nothing was asked.
    pub head: String,
    /// The summary.
    pub summary: Option<Summary>,
    /// The comments at lines.
    pub threads: Vec<Thread>,
}

/// The summary that stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The service's name for it.
    pub id: String,
    /// Its text.
    pub body: String,
}

/// A comment at a line, with what was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// The service's name for the conversation.
    pub id: String,
    /// And for our comment, which begins it.
    pub comment: String,
    /// The file.
    pub path: String,
    /// Our comment's text.
    pub body: String,
    /// Somebody said that it is settled.
    pub resolved: bool,
}
