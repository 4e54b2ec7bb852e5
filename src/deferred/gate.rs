//! Whether a deploy is out, as far as the files that are deployed tell.

use super::Sequence;
use crate::framework::deferral::{Deferral, Texts, Usage};

/// What is deployed: the base branch, as far as it can be read.
pub enum Deployed {
    /// The files with the model, as they are there.
    Model(Texts),
    /// It cannot be read, and why.
    Unknown(String),
}

/// What is known of something that must be true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It is so.
    Holds(String),
    /// It is not.
    Fails(String),
    /// Nobody can tell, and why.
    Unknown(String),
}

impl Deployed {
    /// Whether the model that is deployed still uses what belongs to a sequence.
    pub fn findings(&self, sequence: &Sequence, deferral: &dyn Deferral) -> Vec<Finding> {
        match self {
            Deployed::Unknown(why) => vec![Finding::Unknown(why.clone())],
            Deployed::Model(files) => {
                let model = deferral.model(files.clone());
                let finding = |owned| match model.usage(&owned, &sequence.migration) {
                    Usage::Used(place) => {
                        let place = place.map(|place| format!(" ({place})")).unwrap_or_default();
                        Finding::Fails(format!("the model on the base branch uses {owned}{place}"))
                    }
                    Usage::Unused => Finding::Holds(format!("the model on the base branch does not use {owned}")),
                    Usage::Unknown(why) => Finding::Unknown(why),
                };
                sequence.owns().into_iter().map(finding).collect()
            }
        }
    }
}
