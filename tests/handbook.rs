//! The handbook (`docs/book/`): its pages are put together with those of the rules, every link leads somewhere, and what its
//! examples print is what safestep prints. `scripts/handbook` builds it.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

mod handbook {
    pub mod book;
    pub mod console;
    pub mod links;
    pub mod locks;
    pub mod rules;
    pub mod settings;
}

use std::path::Path;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use handbook::book::{self, Page};
use handbook::{console, links};

/// With `SAFESTEP_HANDBOOK` the book is left in that folder, for `mdbook build`.
#[test]
fn the_handbook_is_whole() -> Result<()> {
    let temporary = TempDir::with_prefix("safestep-handbook-")?;
    let wanted = std::env::var_os("SAFESTEP_HANDBOOK");
    let folder = wanted.as_deref().map_or(temporary.path(), Path::new);
    book::assemble(folder)?;
    let pages = book::pages(&folder.join("src"))?;
    ensure!(pages.len() > 55, "only {} pages", pages.len());
    links::must_lead_somewhere(&pages)?;
    links::must_be_listed(&pages)?;
    let unfilled: Vec<&str> =
        pages.iter().filter(|page| page.text.contains("<!-- generated")).map(|page| page.path.as_str()).collect();
    ensure!(unfilled.is_empty(), "something is missing in {unfilled:?}");
    the_rules_show_what_becomes_of_them(&pages)
}

/// It rewrites when somebody has said what rows get, which no sample does.
const NEED_A_VALUE: [&str; 2] = ["add-required-column", "split-column"];

/// A rule that rewrites shows that in a framework; many of them in all four.
fn the_rules_show_what_becomes_of_them(pages: &[Page]) -> Result<()> {
    let mut in_all = 0;
    for rule in safestep::rewrite::RULES {
        let path = format!("rules/{}.md", rule.id);
        let page = pages.iter().find(|page| page.path == path).with_context(|| path.clone())?;
        ensure!(page.text.starts_with(&format!("# {}\n", rule.id)), "{path} begins otherwise");
        let becomes = page.text.matches("\nbecomes\n").count();
        let needs_none = rule.availability.word() == "never" || NEED_A_VALUE.contains(&rule.id);
        ensure!(needs_none || becomes > 0, "{path} shows no rewrite");
        // What waits for a deploy is in no sample's folder, and what only a value makes dangerous neither.
        let shown = becomes > 0
            || page.text.contains("stays as it is")
            || ["reserved-object", "split-column"].contains(&rule.id);
        ensure!(shown, "{path} shows no example");
        in_all += usize::from(becomes == 4);
    }
    ensure!(in_all >= 8, "only {in_all} rules show all frameworks");
    Ok(())
}

#[test]
fn what_the_examples_print_is_what_is_printed() -> Result<()> {
    let mut commands = 0;
    for page in book::pages(&book::source())? {
        commands += console::check(&page)?;
    }
    ensure!(commands >= 8, "only {commands} commands were run");
    Ok(())
}

/// README.md and the handbook speak of the same: what the README links to is there.
#[test]
fn the_readme_leads_to_the_handbook() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md"))?;
    for target in links::targets(&readme).filter(|target| !target.contains("://") && !target.starts_with('#')) {
        let path = target.split('#').next().unwrap_or_default();
        ensure!(root.join(path).exists(), "README.md: {target} leads nowhere");
    }
    Ok(())
}
