//! `safestep explain`.

use std::process::ExitCode;

use clap::Args;

use super::Failure;
use crate::rewrite::{RULES, rule};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The rule, as it stands in brackets in a diagnostic; without one, all rules are listed
    rule: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let Some(id) = &arguments.rule else {
        let width = RULES.iter().map(|r| r.id.len()).max().unwrap_or(0);
        for rule in RULES {
            let page = rule.page();
            let first = page.lines().skip(1).find(|line| !line.is_empty()).unwrap_or_default();
            anstream::println!("{:width$}  {}", rule.id, first.replace('`', ""));
        }
        return Ok(ExitCode::SUCCESS);
    };
    let Some(rule) = rule(id) else {
        let near: Vec<&str> =
            RULES.iter().map(|r| r.id).filter(|known| known.split('-').any(|w| id.contains(w))).take(5).collect();
        let hint = if near.is_empty() {
            "`safestep explain` lists all rules".to_owned()
        } else {
            format!("perhaps {}", near.join(", "))
        };
        return Err(Failure::Usage(format!("no rule is called {id}: {hint}")));
    };
    anstream::println!("{}", rule.page());
    Ok(ExitCode::SUCCESS)
}
