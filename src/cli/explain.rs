//! `safestep explain`.

use std::process::ExitCode;

use clap::Args;
use terminal_size::terminal_size;

use super::Failure;
use crate::output::text;
use crate::rewrite::{RULES, Rule, rule};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The rule, as it stands in brackets in a diagnostic; without one, all rules are listed
    rule: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let Some(id) = &arguments.rule else {
        let widest = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
        let name = |id: &str, rewritten: &str| format!("{id:widest$}  {rewritten:9}");
        let row = |rule: &Rule| (name(rule.id, rule.availability.word()), rule.summary().replace('`', ""));
        let head = (name("rule", "rewritten"), "what is dangerous".to_owned());
        let rows: Vec<(String, String)> = std::iter::once(head).chain(RULES.iter().map(row)).collect();
        let columns = terminal_size().map_or(100, |(width, _)| usize::from(width.0).clamp(60, 120));
        anstream::print!("{}", text::listing(&rows, columns));
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
