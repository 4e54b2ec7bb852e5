//! The tree of files that go, come and change, with what each file works on and how long it takes.

use super::columns::{harmless, width};
use super::style::{Role, Style};
use crate::output::tree::{Entry, folders};
use crate::report::{FileAction, MigrationReport};

const GAP: &str = "   ";

/// One line of the tree before it is laid out in columns.
struct Row {
    /// `None` for a step in a file.
    action: Option<FileAction>,
    mark: char,
    /// The name, and the same without what it shares with the migration that it replaces.
    name: String,
    short: String,
    tables: String,
    duration: String,
}

/// How much of the rows is shown.
#[derive(Clone, Copy)]
struct Layout {
    short: bool,
    tables: bool,
    durations: bool,
}

/// From the most to the least that a row can show; the first that fits the width is taken.
const LAYOUTS: [Layout; 5] = [
    Layout { short: false, tables: true, durations: true },
    Layout { short: true, tables: true, durations: true },
    Layout { short: false, tables: false, durations: true },
    Layout { short: true, tables: false, durations: true },
    Layout { short: false, tables: false, durations: false },
];

/// The tree of one migration, each line ending in a newline; empty when nothing changes.
pub(in crate::output) fn render(migration: &MigrationReport, style: Style, limit: usize) -> String {
    let folders: Vec<(&str, Vec<Row>)> = folders(migration)
        .iter()
        .map(|folder| (folder.path, folder.entries.iter().flat_map(|entry| rows(entry, migration, style)).collect()))
        .collect();
    let rows: Vec<&Row> = folders.iter().flat_map(|(_, rows)| rows).collect();
    let layout = LAYOUTS
        .into_iter()
        .find(|&layout| columns(&rows, layout).iter().sum::<usize>() + 2 <= limit)
        .unwrap_or(LAYOUTS[LAYOUTS.len() - 1]);
    let columns = columns(&rows, layout);

    let mut out = String::new();
    for (path, rows) in &folders {
        if !path.is_empty() {
            out += &format!("  {}\n", style.paint(Role::Path, &harmless(path, style)));
        }
        for row in rows {
            out += &line(row, layout, columns, style);
        }
    }
    out
}

/// A file; below it the steps in it, where it holds several.
fn rows(entry: &Entry, migration: &MigrationReport, style: Style) -> Vec<Row> {
    let mut rows = vec![row(entry, migration, style)];
    let digits = entry.parts.len().to_string().len();
    for part in &entry.parts {
        let name = harmless(&format!("  {:>digits$} {}", part.number, part.name), style).into_owned();
        rows.push(Row {
            action: None,
            mark: ' ',
            short: name.clone(),
            name,
            tables: harmless(&part.tables.join(" "), style).into_owned(),
            duration: harmless(&part.durations.join(", "), style).into_owned(),
        });
    }
    if let [file, _, ..] = rows.as_mut_slice() {
        file.tables.clear();
        file.duration.clear();
    }
    rows
}

fn row(entry: &Entry, migration: &MigrationReport, style: Style) -> Row {
    let short = match entry.name.strip_prefix(&migration.name) {
        Some(rest) if entry.action == FileAction::Create && rest.starts_with('_') => {
            format!("{}{rest}", style.ellipsis())
        }
        _ => entry.name.to_owned(),
    };
    Row {
        action: Some(entry.action),
        mark: entry.mark(),
        name: harmless(entry.name, style).into_owned(),
        short: harmless(&short, style).into_owned(),
        tables: harmless(&entry.tables.join(" "), style).into_owned(),
        duration: harmless(&entry.durations.join(", "), style).into_owned(),
    }
}

fn name(row: &Row, layout: Layout) -> &str {
    if layout.short { &row.short } else { &row.name }
}

/// The columns that names, tables and durations take with the gaps before them.
fn columns(rows: &[&Row], layout: Layout) -> [usize; 3] {
    let widest = |text: &dyn Fn(&Row) -> usize| rows.iter().map(|row| text(row)).max().unwrap_or(0);
    let with_gap = |width: usize| if width == 0 { 0 } else { width + GAP.len() };
    [
        widest(&|row| width(name(row, layout))),
        if layout.tables { with_gap(widest(&|row| width(&row.tables))) } else { 0 },
        if layout.durations { with_gap(widest(&|row| width(&row.duration))) } else { 0 },
    ]
}

fn line(row: &Row, layout: Layout, [names, tables, durations]: [usize; 3], style: Style) -> String {
    let role = row.action.map(|action| match action {
        FileAction::Create => Role::Safe,
        FileAction::Delete => Role::Danger,
        FileAction::Modify => Role::Caution,
    });
    let name = name(row, layout);
    let lead = format!("{} {name}", row.mark);
    let mut out = role.map_or_else(|| lead.clone(), |role| style.paint(role, &lead));
    let mut pending = names - width(name);
    let mut cell = |text: &str, column: usize, role: Option<Role>| {
        if column == 0 {
            return;
        }
        if !text.is_empty() {
            out.push_str(&" ".repeat(pending + GAP.len()));
            out.push_str(&role.map_or_else(|| text.to_owned(), |role| style.paint(role, text)));
            pending = 0;
        } else {
            pending += GAP.len();
        }
        pending += column - GAP.len() - width(text);
    };
    cell(&row.tables, tables, None);
    cell(&row.duration, durations, Some(Role::Dim));
    out + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::example;

    fn shown(width: usize) -> String {
        render(&example::combo().migrations[0], Style::new(false, true), width)
    }

    #[test]
    fn columns_are_aligned() {
        assert_eq!(
            shown(100),
            "  prisma/migrations/
- 20261120105114_combo/
+ 20261120105114_combo_01_user_add_age/           \"User\"   instant
+ 20261120105114_combo_02_user_validate_name/     \"User\"   scans, blocks nothing
+ 20261120105114_combo_03_post_author_id_index/   \"Post\"   builds, blocks nothing
"
        );
    }

    #[test]
    fn names_are_shortened_before_columns_go() {
        assert_eq!(
            shown(70),
            "  prisma/migrations/
- 20261120105114_combo/
+ …_01_user_add_age/           \"User\"   instant
+ …_02_user_validate_name/     \"User\"   scans, blocks nothing
+ …_03_post_author_id_index/   \"Post\"   builds, blocks nothing
"
        );
        assert_eq!(
            shown(20),
            "  prisma/migrations/
- 20261120105114_combo/
+ 20261120105114_combo_01_user_add_age/
+ 20261120105114_combo_02_user_validate_name/
+ 20261120105114_combo_03_post_author_id_index/
"
        );
    }
}
