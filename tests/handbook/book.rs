//! The folder that mdBook builds: the pages that people wrote, with what is generated in its places.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use safestep::rewrite::RULES;

use super::{locks, rules, settings};

/// A page of the book.
pub struct Page {
    /// Its path in `src/`, with `/`.
    pub path: String,
    /// Its file.
    pub file: PathBuf,
    /// What it says.
    pub text: String,
}

/// Where the pages are that people wrote.
pub fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/book/src")
}

/// Every page in a folder `src/`, by path.
pub fn pages(folder: &Path) -> Result<Vec<Page>> {
    let (mut pages, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(place) = folders.pop() {
        for entry in std::fs::read_dir(&place).with_context(|| place.display().to_string())? {
            let file = entry?.path();
            if file.is_dir() {
                folders.push(file);
            } else if file.extension().is_some_and(|extension| extension == "md") {
                let path = file.strip_prefix(folder)?.to_str().context("a name in UTF-8")?.replace('\\', "/");
                pages.push(Page { path, text: std::fs::read_to_string(&file)?, file });
            }
        }
    }
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(pages)
}

/// Puts the book together in a folder.
pub fn assemble(folder: &Path) -> Result<()> {
    let root = source().join("..");
    write(&folder.join("book.toml"), &std::fs::read_to_string(root.join("book.toml"))?)?;
    write(&folder.join("wide.css"), &std::fs::read_to_string(root.join("wide.css"))?)?;
    for page in pages(&source())? {
        let text = match page.path.as_str() {
            "rules.md" => filled(&page, "the list of rules", &rules::list())?,
            "locks.md" => filled(&page, "the measured statements", &locks::tables()?)?,
            "settings.md" => filled(&page, "every setting", &settings::table()?)?,
            "SUMMARY.md" => with_rules(&page.text)?,
            _ => page.text,
        };
        // The pictures are those of the README, which a page of the repository finds above the book.
        write(&folder.join("src").join(&page.path), &text.replace("](../../", "]("))?;
    }
    std::fs::copy(root.join("../example.svg"), folder.join("src/example.svg"))?;
    std::fs::copy(root.join("../traffic.svg"), folder.join("src/traffic.svg"))?;
    for (rule, page) in RULES.iter().zip(rules::pages()?) {
        write(&folder.join("src/rules").join(format!("{}.md", rule.id)), &page)?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::create_dir_all(path.parent().context("a folder")?)?;
    std::fs::write(path, text).with_context(|| path.display().to_string())
}

/// The page with what is generated in the place that says so.
fn filled(page: &Page, what: &str, generated: &str) -> Result<String> {
    let place = format!("<!-- generated: {what} -->\n");
    ensure!(page.text.matches(&place).count() == 1, "{} has no place {place}", page.path);
    Ok(page.text.replace(&place, generated))
}

/// The table of contents with the rules under their page.
fn with_rules(summary: &str) -> Result<String> {
    let line = "- [Rules](rules.md)\n";
    ensure!(summary.contains(line), "SUMMARY.md has no line {line}");
    let mut ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    ids.sort_unstable();
    let rules: String = ids.iter().map(|id| format!("  - [{id}](rules/{id}.md)\n")).collect();
    Ok(summary.replace(line, &format!("{line}{rules}")))
}
