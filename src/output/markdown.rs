//! The report as one comment on a pull request: what is dangerous, what happens to it, what to do when, the diff folded.

use std::collections::HashSet;

use super::patch;
use super::summary::{Counts, migration_files, needs_input, plural};
use super::text::{Style, tree};
use super::timeline;
use crate::report::{FileReport, HazardReport, MigrationReport, Report};
use crate::source::{visible, visible_lines};

/// The first line of every comment, by which a later run finds the one to update.
pub const MARKER: &str = "<!-- safestep -->";

/// The longest comment, in bytes: GitHub refuses more than 65,536 characters.
pub const LONGEST: usize = 62_000;
/// What the diff may take of it, where the rest can spare that.
const DIFF_BYTES: usize = 40_000;
/// What the table may take.
const TABLE_BYTES: usize = 24_000;
/// What each other section may take.
const SECTION_BYTES: usize = 8_000;
/// The rows of the table.
const ROWS: usize = 50;
/// What a name or a sentence may take, in characters.
const SENTENCE: usize = 1_000;
/// Columns of the tree; GitHub scrolls wider ones.
const TREE_WIDTH: usize = 120;

/// The whole comment, starting with [`MARKER`] and ending in a newline.
pub fn render(report: &Report) -> String {
    render_with(report, &[])
}

/// The same, with more sentences about the whole. It is never longer than [`LONGEST`].
pub fn render_with(report: &Report, sentences: &[String]) -> String {
    let counts = Counts::of(report);
    let mut out = format!("{MARKER}\n### safestep: {}\n", headline(&counts));
    let sections = [table(report), files(report), who_waits(report), checklist(report), remarks(report, sentences)];
    for section in sections.iter().filter(|section| !section.is_empty()) {
        out.push('\n');
        out += section;
    }
    match diff(report, LONGEST.saturating_sub(out.len() + 500).min(DIFF_BYTES)) {
        diff if diff.is_empty() => out,
        diff => out + "\n" + &diff,
    }
}

/// As many of the texts as fit into so many bytes, and how many do not.
fn within(bytes: usize, texts: impl IntoIterator<Item = String>) -> (String, usize) {
    let (mut out, mut left_out) = (String::new(), 0);
    for text in texts {
        match left_out == 0 && out.len() + text.len() <= bytes {
            true => out += &text,
            false => left_out += 1,
        }
    }
    (out, left_out)
}

fn headline(counts: &Counts) -> String {
    match counts.hazards() {
        0 => counts.nothing_found("migration"),
        _ => format!("{}, {}", counts.found_in("migration"), counts.disposition()),
    }
}

/// A row for each hazard; the migration and its number of files stand in its first.
fn table(report: &Report) -> String {
    let mut rows = Vec::new();
    for migration in &report.migrations {
        for (index, hazard) in migration.hazards.iter().enumerate() {
            let (name, files) = match index {
                0 => (code(migration.title()), migration_files(migration).to_string()),
                _ => (String::new(), String::new()),
            };
            let cells = [name, danger(hazard), outcome(hazard), files].map(|text| cell(&text));
            rows.push(format!("| {} |\n", cells.join(" | ")));
        }
    }
    if rows.is_empty() {
        return String::new();
    }
    let out = String::from("| migration | danger | what happens to it | files |\n|---|---|---|--:|\n");
    let too_many = rows.len().saturating_sub(ROWS);
    rows.truncate(ROWS);
    let (rows, too_long) = within(TABLE_BYTES, rows);
    match too_many + too_long {
        0 => out + &rows,
        more => out + &rows + &format!("\n… and {}: `safestep check` lists them.\n", plural(more, "more hazard")),
    }
}

fn danger(hazard: &HazardReport) -> String {
    format!("{} line {}: {}", code(&hazard.rule), hazard.line, plain(&hazard.message))
}

fn outcome(hazard: &HazardReport) -> String {
    let state = if needs_input(hazard) { "**needs input:** " } else { "" };
    let help = if needs_input(hazard) { code(&hazard.help) } else { plain(&hazard.help) };
    match help.as_str() {
        "" if hazard.rewritten => "rewritten".to_owned(),
        help => format!("{state}{help}"),
    }
}

/// The tree of files, coloured by GitHub as a diff.
fn files(report: &Report) -> String {
    let trees: String = report.migrations.iter().map(|migration| tree(migration, Style::PLAIN, TREE_WIDTH)).collect();
    let (trees, left_out) = within(SECTION_BYTES, trees.split_inclusive('\n').map(str::to_owned));
    let more = if left_out > 0 { format!("  … {}\n", plural(left_out, "more line")) } else { String::new() };
    if trees.is_empty() { String::new() } else { fenced("diff", &(trees + &more)) }
}

/// The locks of each rewritten migration in time, folded: the tables above say the same in words.
fn who_waits(report: &Report) -> String {
    let mut blocks = Vec::new();
    for migration in &report.migrations {
        let lines = timeline::lines(migration);
        let title =
            if report.migrations.len() > 1 { format!("{}\n\n", code(migration.title())) } else { String::new() };
        if !lines.is_empty() {
            blocks.push(format!("{title}{}\n", fenced("text", &lines)));
        }
    }
    match within(SECTION_BYTES, blocks).0 {
        shown if shown.is_empty() => shown,
        shown => format!(
            "<details>\n<summary>who waits, before and after ({})</summary>\n\n{}\n\n</details>\n",
            timeline::LEGEND,
            shown.trim_end()
        ),
    }
}

/// What must be true before something runs: preflights, then deploy gates.
fn checklist(report: &Report) -> String {
    let mut boxes = Vec::new();
    for migration in &report.migrations {
        for preflight in &migration.preflights {
            let query = code(&preflight.query);
            boxes.push(format!("- [ ] before it runs: {}: {query}\n", plain(&preflight.condition)));
        }
        for phase in &migration.phases {
            let files = plural(phase.files, "file");
            boxes.push(match phase.gate.as_str() {
                "" => format!("- [ ] now: {} ({files})\n", code(&phase.phase)),
                gate => {
                    let gate = gate.strip_prefix("after ").unwrap_or(gate);
                    format!("- [ ] after {}: {} ({files})\n", plain(gate), code(&phase.phase))
                }
            });
        }
    }
    let (boxes, left_out) = within(SECTION_BYTES, boxes);
    match (boxes.as_str(), left_out) {
        ("", _) => boxes,
        (_, 0) => format!("**In this order**\n\n{boxes}"),
        (_, more) => {
            format!("**In this order**\n\n{boxes}\n… and {}: `safestep rewrite` lists them.\n", plural(more, "more"))
        }
    }
}

/// What is left as it is, and notes.
fn remarks(report: &Report, sentences: &[String]) -> String {
    let mut out: Vec<String> = sentences.iter().map(|sentence| format!("- {}\n", plain(sentence))).collect();
    for migration in &report.migrations {
        for statement in &migration.opaque {
            let place = code(&format!("{}:{}:{}", statement.file, statement.line, statement.column));
            let what = plain(&statement.what);
            out.push(format!(
                "- {what} at {place} is left as it is: safestep does not read it and promises nothing about it.\n"
            ));
        }
        out.extend(migration.notes.iter().map(|note| format!("- {}\n", plain(note))));
    }
    let mut said = HashSet::new();
    out.retain(|sentence| said.insert(sentence.clone()));
    let shown = match within(SECTION_BYTES, out) {
        (shown, 0) => shown,
        (shown, more) => shown + &format!("- … and {}: `safestep check` says them.\n", plural(more, "more note")),
    };
    // Under a title of its own, or it would go on with the list of what is to be done.
    if shown.is_empty() { shown } else { format!("**Good to know**\n\n{shown}") }
}

/// The diff of all files, folded; whole files are left out where GitHub would refuse the comment.
fn diff(report: &Report, bytes: usize) -> String {
    let files = report.migrations.iter().flat_map(|MigrationReport { files, .. }| files);
    let (shown, left_out) = patches(files, bytes);
    if shown.is_empty() && left_out == 0 {
        return String::new();
    }
    let rest = match left_out {
        0 => String::new(),
        count => {
            let (files, verb) = (plural(count, "file"), if count == 1 { "is" } else { "are" });
            format!("\n{files} {verb} too long for a comment: `safestep rewrite` shows all.\n")
        }
    };
    let fence = if shown.is_empty() { String::new() } else { fenced("diff", &shown) };
    format!("<details>\n<summary>the whole diff</summary>\n\n{fence}{rest}\n</details>\n")
}

/// The diffs of files, as many as fit into so many bytes as they will be shown, and how many do not.
fn patches<'a>(files: impl IntoIterator<Item = &'a FileReport>, bytes: usize) -> (String, usize) {
    let (mut shown, mut left_out) = (String::new(), 0);
    for file in files {
        let patch = patch::file(file).replace("\r\n", "\n");
        match visible_lines(&patch) {
            patch if shown.len() + patch.len() <= bytes => shown += &patch,
            _ => left_out += 1,
        }
    }
    (shown, left_out)
}

/// A fenced block; the fence is longer than any run of backticks in the text.
pub fn fenced(language: &str, text: &str) -> String {
    let fence = "`".repeat((longest_backticks(text) + 1).max(3));
    let newline = if text.ends_with('\n') { "" } else { "\n" };
    let text = text.replace("\r\n", "\n");
    format!("{fence}{language}\n{}{newline}{fence}\n", visible_lines(&text))
}

/// Inline code in one line.
pub fn code(text: &str) -> String {
    let text = one_line(text);
    if text.is_empty() {
        return text;
    }
    let ticks = "`".repeat(longest_backticks(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// Text in one line without any meaning to Markdown or GitHub: no emphasis, no links, no HTML, no mentions. What stands in it
/// between backticks is inline code.
pub fn plain(text: &str) -> String {
    let text = one_line(text);
    let parts: Vec<&str> = text.split('`').collect();
    let is_paired = parts.len() % 2 == 1 && parts.iter().skip(1).step_by(2).all(|part| !part.trim().is_empty());
    match is_paired {
        true => {
            let part = |(at, part): (usize, &&str)| if at % 2 == 1 { code(part) } else { without_meaning(part) };
            parts.iter().enumerate().map(part).collect()
        }
        false => without_meaning(&text),
    }
}

/// Markdown as the cell of a table: a bar ends it, in code as well.
pub(super) fn cell(markdown: &str) -> String {
    let mut out = String::new();
    for character in markdown.chars() {
        if character == '|' && !out.ends_with('\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

fn without_meaning(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => out.extend(['\\', character]),
            // `https://` and `www.` would become links.
            ':' | '.' if is_link(&out, character) => out.extend([character, '\u{200b}']),
            // A zero-width space keeps `@name` and `#123` from notifying people and linking issues.
            '@' | '#' => out.extend([character, '\u{200b}']),
            character => out.push(character),
        }
    }
    out
}

/// Whether GitHub could begin a link at what stands before a colon or a dot.
fn is_link(before: &str, character: char) -> bool {
    let ends_in = |word: &str| {
        before.get(before.len().saturating_sub(word.len())..).is_some_and(|end| end.eq_ignore_ascii_case(word))
    };
    match character {
        ':' => ["http", "https", "ftp", "mailto", "xmpp"].iter().any(|scheme| ends_in(scheme)),
        _ => ends_in("www"),
    }
}

fn one_line(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(SENTENCE) {
        Some((end, _)) => visible(&words[..end]).into_owned() + "…",
        None => visible(&words).into_owned(),
    }
}

fn longest_backticks(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::example;
    use crate::report::PreflightReport;

    #[test]
    fn a_comment() {
        insta::assert_snapshot!(render(&example::combo()), @r#"
    <!-- safestep -->
    ### safestep: 4 dangers in 1 migration, all rewritten

    | migration | danger | what happens to it | files |
    |---|---|---|--:|
    | `20261120105114_combo` | `set-not-null` line 3: every read and write of "User" waits while all its rows are checked | rewritten: check NOT VALID, validate, set, drop the check (files 1, 2) | 3 |
    |  | `create-index` line 6: every write to "Post" waits until the index is built | rewritten: CREATE INDEX CONCURRENTLY (file 3) |  |
    |  | `create-unique-index` line 9: every write to "User" waits until the index is built | rewritten |  |
    |  | `add-foreign-key` line 12: every write to "Post" and "User" waits | rewritten |  |

    ```diff
      prisma/migrations/
    - 20261120105114_combo/
    + 20261120105114_combo_01_user_add_age/           "User"   instant
    + 20261120105114_combo_02_user_validate_name/     "User"   scans, blocks nothing
    + 20261120105114_combo_03_post_author_id_index/   "Post"   builds, blocks nothing
    ```

    <details>
    <summary>who waits, before and after (█ others wait, ▏ for a moment, ░ nobody waits)</summary>

    ```text
    as written, until it commits
      line 3   "User"   ████████   ACCESS EXCLUSIVE for one full scan
      line 6   "Post"   ████████   SHARE for the whole build
    in steps
      step 1   "User"   ▏          instant (ACCESS EXCLUSIVE)
      step 2   "User"   ░░░░░░░░   scans, blocks nothing
      step 3   "Post"   ░░░░░░░░   builds, blocks nothing
    ```

    </details>

    **In this order**

    - [ ] before it runs: "User"."name" must hold no NULL: `SELECT "id" FROM "User" WHERE "name" IS NULL;`

    <details>
    <summary>the whole diff</summary>

    ```diff
    diff --git a/prisma/migrations/20261120105114_combo/migration.sql b/prisma/migrations/20261120105114_combo/migration.sql
    deleted file mode 100644
    --- a/prisma/migrations/20261120105114_combo/migration.sql
    +++ /dev/null
    @@ -1,12 +0,0 @@
    --- AlterTable
    -ALTER TABLE "User" ADD COLUMN     "age" INTEGER NOT NULL DEFAULT 0,
    -ALTER COLUMN "name" SET NOT NULL;
    -
    --- CreateIndex
    -CREATE INDEX "Post_authorId_idx" ON "Post"("authorId");
    -
    --- CreateIndex
    -CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
    -
    --- AddForeignKey
    -ALTER TABLE "Post" ADD CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User"("id");
    diff --git a/prisma/migrations/20261120105114_combo_01_user_add_age/migration.sql b/prisma/migrations/20261120105114_combo_01_user_add_age/migration.sql
    new file mode 100644
    --- /dev/null
    +++ b/prisma/migrations/20261120105114_combo_01_user_add_age/migration.sql
    @@ -0,0 +1 @@
    +ALTER TABLE "User" ADD COLUMN "age" INTEGER NOT NULL DEFAULT 0;
    diff --git a/prisma/migrations/20261120105114_combo_02_user_validate_name/migration.sql b/prisma/migrations/20261120105114_combo_02_user_validate_name/migration.sql
    new file mode 100644
    --- /dev/null
    +++ b/prisma/migrations/20261120105114_combo_02_user_validate_name/migration.sql
    @@ -0,0 +1 @@
    +ALTER TABLE "User" VALIDATE CONSTRAINT "User_name_not_null";
    diff --git a/prisma/migrations/20261120105114_combo_03_post_author_id_index/migration.sql b/prisma/migrations/20261120105114_combo_03_post_author_id_index/migration.sql
    new file mode 100644
    --- /dev/null
    +++ b/prisma/migrations/20261120105114_combo_03_post_author_id_index/migration.sql
    @@ -0,0 +1 @@
    +CREATE INDEX CONCURRENTLY "x" ON "Post"("authorId");
    ```

    </details>
    "#);
    }

    #[test]
    fn gates_are_a_checklist() {
        insta::assert_snapshot!(checklist(&example::phased()), @r#"
    **In this order**

    - [ ] now: `expand` (3 files)
    - [ ] after the deploy of code that writes "displayName": `migrate` (1 file)
    - [ ] after no running code reads "user\_name": `contract` (1 file)
    "#);
    }

    #[test]
    fn nothing_dangerous_is_a_headline() {
        let report = example::report(vec![example::migration("db/1.sql")]);
        assert_eq!(render(&report), "<!-- safestep -->\n### safestep: 1 migration, nothing dangerous\n");
    }

    #[test]
    fn what_is_read_means_nothing_to_markdown() {
        assert_eq!(plain("a|b <img> @you #1 `x`\n*y*"), "a\\|b &lt;img&gt; @\u{200b}you #\u{200b}1 `x` \\*y\\*");
        assert_eq!(plain("see https://x.y, WWW.z"), "see https:\u{200b}//x.y, WWW.\u{200b}z");
        assert_eq!(code("a\u{202e}b\u{1b}"), "`a\\u{202e}b\\u{1b}`");
        assert_eq!(plain("a\u{2028}b"), "a b");
        assert_eq!(plain("`a` b` <i>"), "\\`a\\` b\\` &lt;i&gt;");
        assert_eq!(plain("`@a|b` ``"), "\\`@\u{200b}a\\|b\\` \\`\\`");
        assert_eq!(
            [code("a||b"), cell(&code("a||b")), cell(&plain("a|b `c|d`"))],
            ["`a||b`", "`a\\|\\|b`", "a\\|b `c\\|d`"]
        );
        assert_eq!(code("`a`"), "`` `a` ``");
        assert_eq!(fenced("diff", "+````\n"), "`````diff\n+````\n`````\n");
    }

    #[test]
    fn a_comment_stays_under_the_limit() {
        let mut report = example::combo();
        let migration = &mut report.migrations[0];
        migration.hazards = vec![migration.hazards[0].clone(); 1_000];
        migration.files.push(example::created("big.json", &"{}\n".repeat(30_000)));
        let comment = render(&report);
        assert!(comment.len() < 65_536, "{}", comment.len());
        assert!(comment.contains("\n1 file is too long for a comment"), "{comment}");

        let migration = &mut report.migrations[0];
        let long = "&".repeat(90_000);
        migration.hazards.iter_mut().for_each(|hazard| hazard.message = long.clone());
        migration.preflights = vec![PreflightReport { query: long.clone(), ..migration.preflights[0].clone() }; 900];
        migration.notes = vec![long.clone(); 900];
        migration.files =
            (0..900).map(|at| example::created(&format!("{at}/migration.sql"), &"\u{7}".repeat(900))).collect();
        let comment = render_with(&report, &vec![long; 900]);
        assert!(comment.len() <= LONGEST, "{}", comment.len());
        assert_eq!(comment.matches("```").count() % 2, 0);
        assert!(comment.contains("more hazards: `safestep check`") && comment.ends_with("</details>\n"), "{comment}");
    }
}
