//! A sequence as Prisma's folders: one block a folder, one statement a file.

use camino::{Utf8Path, Utf8PathBuf};

use super::super::header::shell_word;
use super::super::migration::Migration;
use super::super::page::{Commands, Page, Told, can_be_in_a_block, slug, validation};
use super::super::plpgsql::{batches_under, by_itself, each, in_words as in_words_in_block, once};
use super::super::rerun::Again;
use super::super::{LaidOut, LayoutSettings, with_line_ends_of};
use super::FILE;
use crate::operation::clipped;
use crate::plan::{Sequence, Step, Unit, UnitKind};
use crate::sql::render;

/// The longest folder name in bytes: the ledger's column and most file systems.
const MAX_NAME: usize = 255;

pub(super) fn lay_out(migration: &Migration, sequence: &Sequence, settings: &LayoutSettings) -> Vec<LaidOut> {
    let folder = migration.path().parent().and_then(Utf8Path::parent).map(Utf8Path::to_owned).unwrap_or_default();
    let mut names = names(&migration.name, sequence);
    if let Some(first) = names.first_mut().filter(|_| others_stand_beside(migration.path())) {
        first.clone_from(&migration.name);
    }
    let mut told = vec![false; migration.statements.len()];
    let last = sequence.blocks.len().saturating_sub(1);
    let mut files = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let commands = MigrateResolve(name);
        let page =
            Page { migration, sequence, settings, at, commands: &commands, one_session: false, in_transaction: false };
        let body = body(&page, &mut told);
        let mut content = page.header(&body) + &body;
        if at == last {
            let trailing = migration.comments_at_the_end();
            if !trailing.is_empty() {
                content.push_str(&format!("\n{trailing}\n"));
            }
        }
        files.push(LaidOut {
            path: path(&folder, name),
            content: with_line_ends_of(&migration.source.text, content),
            block: at,
        });
    }
    files
}

/// True when the migration's folder holds more than the migration, such as a `down.sql`: then the folder stays, as the
/// first of the sequence, because Prisma refuses a folder without a `migration.sql`.
fn others_stand_beside(file: &Utf8Path) -> bool {
    let entries = file.parent().and_then(|folder| folder.read_dir_utf8().ok());
    entries.into_iter().flatten().flatten().any(|entry| entry.file_name() != FILE)
}

fn path(folder: &Utf8Path, name: &str) -> Utf8PathBuf {
    folder.join(name).join(FILE)
}

/// A single block keeps the migration's name; several get `_NN_slug`, padded, so that every order of names is the same.
fn names(name: &str, sequence: &Sequence) -> Vec<String> {
    let count = sequence.blocks.len();
    if count == 1 {
        return vec![name.to_owned()];
    }
    let width = count.to_string().len().max(2);
    (0..count)
        .map(|at| {
            let slug = slug(sequence.block(at), name.chars().count() + width + 2);
            let suffix = format!("_{:0width$}_{slug}", at + 1);
            clipped(name, MAX_NAME.saturating_sub(suffix.len())).to_owned() + &suffix
        })
        .collect()
}

fn body(page: &Page<'_>, told: &mut [bool]) -> String {
    let left_out = page.comments_on_what_is_left_out(told);
    let statements = match page.kind() {
        UnitKind::Free | UnitKind::AsWritten => return left_out + &in_words(page, told),
        // A file that failed runs again, and what it committed before with it.
        UnitKind::Brief if page.units().len() > 1 => {
            let again = Again { migration: page.migration, units: page.units() };
            return left_out + &page.block(|unit| again.brief(unit), None, told);
        }
        UnitKind::Brief => return left_out + &page.block(|unit| brief(page, unit), None, told),
        UnitKind::Validate if page.units().len() > 1 => {
            return left_out + &page.block(|unit| vec![validation(&unit.steps.iter().collect::<Vec<_>>())], None, told);
        }
        UnitKind::Validate => {
            let statement = validation(&page.steps().collect::<Vec<_>>());
            match page.set_for_block(false) {
                set if set.is_empty() => statement,
                set => by_itself(&format!("{set}{}", statement.trim_end())),
            }
        }
        UnitKind::Alone => match page.backfills().as_slice() {
            [] => {
                let step = &page.units()[0].steps[0];
                render::statement(&step.operation).unwrap_or_else(|| page.slice(step)) + ";\n"
            }
            fills => batches_under(&page.set_for_block(false), fills, page.settings),
        },
    };
    left_out + &page.comments(told) + &statements
}

/// The statements of a brief unit; where steps need a setting, each by itself behind what it needs.
fn brief(page: &Page<'_>, unit: &Unit) -> Vec<String> {
    let operations: Vec<_> = unit.steps.iter().map(|s| (&s.operation, page.slice(s))).collect();
    let mut session = Told::default();
    let set = unit.steps.iter().map(|step| {
        let set = page.set_before(step, in_words_in_block(&step.operation), &mut session);
        session.follow(&step.operation);
        set
    });
    let set: Vec<String> = set.collect();
    match set.iter().all(String::is_empty) {
        true => once(&operations),
        false => set.into_iter().zip(each(&operations)).map(|(set, statement)| set + &statement).collect(),
    }
}

/// Statements as their author wrote them; in a block where they need a setting that must not outlast the file.
fn in_words(page: &Page<'_>, told: &mut [bool]) -> String {
    let statements = page.as_written(told).concat();
    let set = page.set_for_block(true);
    if set.is_empty() {
        return statements;
    }
    let fits = |step: &Step| {
        let is_select = page.migration.slice(step.from).to_ascii_uppercase().starts_with("SELECT");
        !is_select && can_be_in_a_block(page.migration, step)
    };
    match page.steps().all(fits) {
        true => by_itself(&format!("{set}{}", statements.trim_end())),
        false => set.replace("SET LOCAL ", "SET ") + &statements,
    }
}

/// How to go on with Prisma after the migration of that name failed.
struct MigrateResolve<'a>(&'a str);

impl Commands for MigrateResolve<'_> {
    fn again(&self) -> String {
        format!("prisma migrate resolve --rolled-back {}, then prisma migrate deploy", shell_word(self.0))
    }

    fn after_failed_build(&self) -> &'static str {
        ""
    }

    fn commands_after_failed_build(&self, index: &str) -> Vec<String> {
        let drop = shell_word(&format!("DROP INDEX CONCURRENTLY IF EXISTS {index};"));
        vec![
            format!("  1. prisma db execute --stdin <<< {drop}"),
            format!("  2. prisma migrate resolve --rolled-back {}", shell_word(self.0)),
            "  3. prisma migrate deploy".to_owned(),
        ]
    }

    fn alone(&self) -> &'static str {
        "; keep it alone in this file"
    }
}
