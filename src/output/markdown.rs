//! The report as one comment on a pull request: what is dangerous, what happens to it, what to do when, the diff folded.

use super::patch;
use super::summary::{Counts, migration_files, needs_input, plural};
use super::text::{Style, tree};
use crate::report::{HazardReport, MigrationReport, Report};
use crate::source::{visible, visible_lines};

/// The first line of every comment, by which a later run finds the one to update.
pub const MARKER: &str = "<!-- safestep -->";

/// GitHub refuses a comment of more than 65,536 characters; the diff gets what the rest can spare.
const DIFF_BYTES: usize = 40_000;
/// Likewise for the rows of the table.
const ROWS: usize = 50;
/// Columns of the tree; GitHub scrolls wider ones.
const TREE_WIDTH: usize = 120;

/// The whole comment, starting with [`MARKER`] and ending in a newline.
pub fn render(report: &Report) -> String {
    let counts = Counts::of(report);
    let mut out = format!("{MARKER}\n### safestep: {}\n", headline(&counts));
    let sections = [table(report), files(report), checklist(report), remarks(report), diff(report)];
    for section in sections.iter().filter(|section| !section.is_empty()) {
        out.push('\n');
        out += section;
    }
    out
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
                0 => (code(&migration.name), migration_files(migration).to_string()),
                _ => (String::new(), String::new()),
            };
            rows.push(format!("| {name} | {} | {} | {files} |\n", danger(hazard), outcome(hazard)));
        }
    }
    if rows.is_empty() {
        return String::new();
    }
    let mut out = String::from("| migration | danger | what happens to it | files |\n|---|---|---|--:|\n");
    out.extend(rows.iter().take(ROWS).map(String::as_str));
    if rows.len() > ROWS {
        out += &format!("\n… and {}: `safestep check` lists them.\n", plural(rows.len() - ROWS, "more hazard"));
    }
    out
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
    if trees.is_empty() { String::new() } else { fenced("diff", &trees) }
}

/// What must be true before something runs: preflights, then deploy gates.
fn checklist(report: &Report) -> String {
    let mut boxes = String::new();
    for migration in &report.migrations {
        for preflight in &migration.preflights {
            let query = code(&preflight.query);
            boxes += &format!("- [ ] before it runs: {}: {query}\n", plain(&preflight.condition));
        }
        for phase in &migration.phases {
            let files = plural(phase.files, "file");
            boxes += &match phase.gate.as_str() {
                "" => format!("- [ ] now: {} ({files})\n", code(&phase.phase)),
                gate => {
                    let gate = gate.strip_prefix("after ").unwrap_or(gate);
                    format!("- [ ] after {}: {} ({files})\n", plain(gate), code(&phase.phase))
                }
            };
        }
    }
    if boxes.is_empty() { boxes } else { format!("**In this order**\n\n{boxes}") }
}

/// What is left as it is, and notes.
fn remarks(report: &Report) -> String {
    let mut out = String::new();
    for migration in &report.migrations {
        for statement in &migration.opaque {
            let place = code(&format!("{}:{}:{}", statement.file, statement.line, statement.column));
            let what = plain(&statement.what);
            out += &format!(
                "- {what} at {place} is left as it is: safestep does not read it and promises nothing about it.\n"
            );
        }
        out.extend(migration.notes.iter().map(|note| format!("- {}\n", plain(note))));
    }
    out
}

/// The diff of all files, folded; whole files are left out where GitHub would refuse the comment.
fn diff(report: &Report) -> String {
    let mut shown = String::new();
    let mut left_out = 0;
    for file in report.migrations.iter().flat_map(|MigrationReport { files, .. }| files) {
        let patch = patch::file(file);
        if shown.len() + patch.len() > DIFF_BYTES {
            left_out += 1;
        } else {
            shown += &patch;
        }
    }
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

/// A fenced block; the fence is longer than any run of backticks in the text.
pub(super) fn fenced(language: &str, text: &str) -> String {
    let fence = "`".repeat((longest_backticks(text) + 1).max(3));
    let newline = if text.ends_with('\n') { "" } else { "\n" };
    let text = text.replace("\r\n", "\n");
    format!("{fence}{language}\n{}{newline}{fence}\n", visible_lines(&text))
}

/// Inline code in one line that also stands in a table.
pub(super) fn code(text: &str) -> String {
    let text = one_line(text).replace('|', "\\|");
    if text.is_empty() {
        return text;
    }
    let ticks = "`".repeat(longest_backticks(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// Text in one line without any meaning to Markdown or GitHub: no emphasis, no links, no HTML, no mentions.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for character in one_line(text).chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => out.extend(['\\', character]),
            // A zero-width space keeps `@name` and `#123` from notifying people and linking issues.
            '@' | '#' => out.extend([character, '\u{200b}']),
            character => out.push(character),
        }
    }
    out
}

fn one_line(text: &str) -> String {
    visible(&text.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned()
}

fn longest_backticks(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::example;

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
        assert_eq!(plain("a|b <img> @you #1 `x`\n*y*"), "a\\|b &lt;img&gt; @\u{200b}you #\u{200b}1 \\`x\\` \\*y\\*");
        assert_eq!(code("a\u{202e}b\u{1b}"), "`a\\u{202e}b\\u{1b}`");
        assert_eq!(plain("a\u{2028}b"), "a b");
        assert_eq!(code("a|b"), "`a\\|b`");
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
    }
}
