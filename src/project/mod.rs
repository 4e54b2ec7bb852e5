//! Where we are: the project's settings and which of its migrations are new.
//!
//! - [`Config`] is `safestep.toml`, the nearest one above the working directory; [`Config::schema`] describes it to editors.
//! - [`Baseline`] has the hazards that were there when the project began to look.
//! - [`WorkTree`] asks git which files already exist on the base branch; those are history and are only read;
//!   and what a [`Range`] of commits changes.
//!
//! Nothing here knows what a migration looks like.

mod baseline;
mod config;
mod described;
mod git;
mod push;
mod range;
mod rates;
mod sections;
mod setting;
mod sizes;

pub use baseline::{Baseline, BaselineError};
pub use config::{CONFIG_FILE, Config, ConfigError, Phases};
pub use git::{Commit, GitError, WorkTree};
pub use push::Texts;
pub use range::{Changed, LeftOut, Range, lines_of_hunk};
pub use rates::RatesConfig;
pub use sections::{BackfillConfig, Layout, Nulls, ReviewConfig, TablesConfig, Triggers, VerifyConfig};
pub use setting::{Level, Millis};
pub use sizes::with_row_counts;
