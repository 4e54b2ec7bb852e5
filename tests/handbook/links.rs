//! Links in Markdown: where they lead.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, ensure};

use super::book::Page;

/// Where the links of a text lead, those in code left out.
pub fn targets(text: &str) -> impl Iterator<Item = &str> {
    let mut fence: Option<usize> = None;
    let lines = text.lines().filter(move |line| {
        let ticks = line.trim_start().len() - line.trim_start().trim_start_matches('`').len();
        match fence {
            Some(open) if ticks >= open && line.trim_start().trim_start_matches('`').is_empty() => fence = None,
            None if ticks >= 3 => fence = Some(ticks),
            None => return true,
            Some(_) => {}
        }
        false
    });
    lines.flat_map(|line| {
        // In every second part between backticks there is code.
        let plain = line.split('`').step_by(2);
        plain.flat_map(|part| part.split("](").skip(1)).filter_map(|rest| rest.split(')').next())
    })
}

/// The anchors of a page's headings, as mdBook names them.
fn anchors(page: &Page) -> BTreeSet<String> {
    let headings = page.text.lines().filter(|line| line.starts_with('#'));
    let slug = |heading: &str| -> String {
        let kept = heading.trim_start_matches(['#', ' ']).to_lowercase();
        let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(slug).collect()
}

/// Every link leads to a page, a heading or a file of the book.
pub fn must_lead_somewhere(pages: &[Page]) -> Result<()> {
    let mut links = 0;
    for page in pages {
        for target in targets(&page.text).filter(|target| !target.contains("://")) {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = page.file.parent().unwrap_or(Path::new("")).join(path);
            let to = match path {
                "" => Some(page),
                _ => pages.iter().find(|other| same(&other.file, &file)),
            };
            ensure!(to.is_some() || file.is_file(), "{}: {target} leads nowhere", page.path);
            let there = anchor.is_empty() || to.is_some_and(|to| anchors(to).contains(anchor));
            ensure!(there, "{}: {target}: there is no such heading", page.path);
            links += 1;
        }
    }
    ensure!(links > 100, "only {links} links were found");
    Ok(())
}

fn same(a: &Path, b: &Path) -> bool {
    a.canonicalize().ok().zip(b.canonicalize().ok()).is_some_and(|(a, b)| a == b)
}

/// Every page is in the table of contents once.
pub fn must_be_listed(pages: &[Page]) -> Result<()> {
    let summary = pages.iter().find(|page| page.path == "SUMMARY.md");
    let listed: Vec<&str> = summary.map(|page| targets(&page.text).collect()).unwrap_or_default();
    for page in pages.iter().filter(|page| page.path != "SUMMARY.md") {
        let count = listed.iter().filter(|path| **path == page.path).count();
        ensure!(count == 1, "{} is in the table of contents {count} times", page.path);
    }
    Ok(())
}
