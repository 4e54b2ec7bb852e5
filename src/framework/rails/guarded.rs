//! Steps that share a file, which is begun again at its first one: each is a transaction of its own, or leaves none of its work
//! undone, and asks first whether it has something to do.

use std::collections::BTreeSet;

use super::code::{Code, Up, in_block, own_indent};
use super::file::{Lines, OWN_INDENT};
use super::helpers::{Helper, ONLY_IF, RETRY, WITHOUT_TIMEOUTS};
use super::writer::Writer;
use super::written::{MAX_LINE, heredoc, string};
use crate::framework::page::{Commands, Page, Written};
use crate::framework::plpgsql::swap_is_due;
use crate::framework::rerun::{Again, Asked};
use crate::operation::Operation;
use crate::plan::files::Part;
use crate::plan::{Unit, UnitKind};

/// It speaks of the next statement where it stands in a method, and of the file above its class.
const SETTLES: &str = "# safestep: ignore[";

impl Writer<'_> {
    /// The blocks of a file, each behind what is said of it.
    pub(super) fn guarded(&self, part: Part, commands: &dyn Commands, commented: &mut [bool]) -> Up {
        let (migration, sequence) = (self.of.migration, self.of.sequence);
        let units = sequence.blocks[part.from].start..sequence.blocks[part.to - 1].end;
        let again = Again::new(migration, &sequence.units[units]);
        let mut all = Up::default();
        for at in part.from..part.to {
            let page = Page {
                migration,
                sequence,
                settings: self.of.settings,
                at,
                commands,
                one_session: false,
                in_transaction: false,
                again: None,
            };
            // A quick block is one transaction here, whatever it holds.
            let page = Page { in_transaction: matches!(page.kind(), UnitKind::Free | UnitKind::Brief), ..page };
            let own = self.block_again(&page, &again, commented);
            if !all.code.lines.is_empty() {
                all.code.lines.push(String::new());
            }
            let header = page.header_without_undo(&own.sent);
            let (settles, header): (Vec<&str>, Vec<&str>) = header.lines().partition(|line| line.contains(SETTLES));
            all.code.lines.extend(header.into_iter().map(str::to_owned));
            all.settles.extend(settles.into_iter().map(|line| format!("{line}\n")));
            all.code.add(own.code);
            all.sent += &own.sent;
            all.has_words |= own.has_words;
        }
        all
    }

    /// The block of a file that waits. A database on which its migration ran as it was has nothing to do there.
    pub(super) fn wherever_it_runs(&self, page: &Page<'_>, commented: &mut [bool]) -> Up {
        let units = &page.sequence.units;
        let phase = page.units().first().map(|unit| unit.phase);
        let of_phase = |unit: &Unit| Some(unit.phase) == phase;
        let first = units.iter().position(of_phase).unwrap_or_default();
        let last = units.iter().rposition(of_phase).map_or(first, |last| last + 1);
        self.block_again(page, &Again::new(self.of.migration, &units[first..last]), commented)
    }

    fn block_again(&self, page: &Page<'_>, again: &Again<'_>, commented: &mut [bool]) -> Up {
        let kind = page.kind();
        if kind == UnitKind::Alone {
            return self.alone(page, commented);
        }
        let mut up = Up::default();
        let written = page.as_written_by_step(commented);
        let mut inside = Code::default();
        let mut swapped: Vec<usize> = Vec::new();
        for (at, one) in written.iter().enumerate() {
            if swapped.contains(&at) {
                continue;
            }
            up.sent += &one.text;
            // What is said of a statement stands before the block that it is in.
            let said = one.comments.lines().chain(one.text[..one.statement].lines());
            up.code.lines.extend(said.filter(|line| !line.is_empty()).map(str::to_owned));
            let beside = self.beside(&one.steps, one.in_words, 1);
            up.has_words |= one.in_words || !beside.is_empty();
            inside.lines.extend(beside);
            let with = (at + 1..written.len()).find_map(|with| Some((with, self.swap(one, &written[with])?)));
            match with {
                Some((with, condition)) => {
                    swapped.push(with);
                    up.sent += &written[with].text;
                    let comments = written[with].comments.lines().map(str::to_owned);
                    up.code.lines.extend(comments);
                    let both = [one, &written[with]].into_iter().flat_map(|one| self.unasked(one, 2)).collect();
                    inside.add(only_if(&condition, both, 1));
                }
                None => inside.add(self.asked(one, page, again)),
            }
        }
        up.code.add(match kind {
            UnitKind::Validate => self.without_timeouts_around(inside),
            _ => self.in_a_transaction(inside),
        });
        up
    }

    /// A statement under what keeps it from doing its work twice.
    fn asked(&self, one: &Written<'_>, page: &Page<'_>, again: &Again<'_>) -> Code {
        let asked: Vec<Asked> = one.steps.iter().map(|step| again.asked(step)).collect();
        let condition = match asked.as_slice() {
            [Asked::Itself(text)] => return Code { lines: self.execute(text, 1), ..Code::default() },
            several if several.iter().any(|asked| matches!(asked, Asked::Itself(_))) => {
                let sql = one.steps.iter().zip(&asked).map(|(step, asked)| self.in_sql(&page.slice(step), asked));
                let mut code = Code::default();
                sql.for_each(|each| code.add(each));
                return code;
            }
            several => several.iter().filter_map(|asked| match asked {
                Asked::If(condition) => Some(condition.clone()),
                Asked::Nothing | Asked::Itself(_) => None,
            }),
        };
        let mut conditions: Vec<String> = condition.collect();
        conditions.dedup();
        // All of it is done or nothing: where a part is missing it runs, and fails where somebody else made the rest.
        match conditions.is_empty() {
            true => Code { lines: self.unasked(one, 1), ..Code::default() },
            false => only_if(&conditions.join("\n  OR "), self.unasked(one, 2), 1),
        }
    }

    /// A step of a call of its author's that has more of them, as SQL.
    fn in_sql(&self, text: &str, asked: &Asked) -> Code {
        match asked {
            Asked::Nothing => Code { lines: self.execute(text, 1), ..Code::default() },
            Asked::If(condition) => only_if(condition, self.execute(text, 2), 1),
            Asked::Itself(text) => Code { lines: self.execute(text, 1), ..Code::default() },
        }
    }

    /// A statement as it is: its author's own call, a schema method, or SQL.
    fn unasked(&self, one: &Written<'_>, depth: usize) -> Lines {
        let text = &one.text[one.statement..];
        match one.steps.as_slice() {
            _ if one.in_words => self.words(&one.steps, text, depth),
            [step] => self.directly(&step.operation, text, depth),
            _ => self.execute(text, depth),
        }
    }

    /// An operation as a schema method, or as this SQL where there is none.
    pub(super) fn directly(&self, operation: &Operation, text: &str, depth: usize) -> Lines {
        let directive = self.dialect.of_rewrite(operation, self.of.sequence);
        directive.map_or_else(|| self.execute(text, depth), |call| self.call(&call, depth))
    }

    /// The condition under which a drop and what takes its place have something to do.
    fn swap(&self, drop: &Written<'_>, with: &Written<'_>) -> Option<String> {
        match (drop.steps.as_slice(), with.steps.as_slice()) {
            ([drop], [with]) => swap_is_due(&drop.operation, &with.operation),
            _ => None,
        }
    }

    /// What commits together, with attempts where a lock may be waited for.
    pub(super) fn in_a_transaction(&self, inside: Code) -> Code {
        let mut code = inside;
        let has_attempts = self.settings().lock_timeout.is_some();
        let method = if has_attempts { RETRY } else { "connection.transaction" };
        code.lines = in_block(method, code.lines);
        // Without attempts `only_if` tells a reader whose transaction it is.
        code.helpers.insert(if has_attempts { Helper::Retry } else { Helper::OnlyIf });
        code
    }

    fn without_timeouts_around(&self, inside: Code) -> Code {
        let mut code = inside;
        code.lines = in_block(WITHOUT_TIMEOUTS, code.lines);
        code.helpers.insert(Helper::WithoutTimeouts);
        code
    }
}

/// Lines, which are indented for the block already, where a condition holds; at that depth in the method.
pub(super) fn only_if(condition: &str, inside: Lines, depth: usize) -> Code {
    let indent = "  ".repeat(depth + 2);
    let line = format!("{ONLY_IF} {} do", in_a_line(condition));
    let is_plain = !condition.contains(|c: char| c.is_control() && c != '\n');
    let is_one_line = !condition.contains('\n') && indent.len() + line.chars().count() <= MAX_LINE;
    let mut lines = Lines::new();
    match is_one_line || !is_plain {
        true => lines.push(line),
        false => {
            let mut text = heredoc(condition, &indent).into_iter();
            lines.push(format!("{ONLY_IF} {} do", text.next().unwrap_or_default()));
            lines.extend(text.map(own_indent));
        }
    }
    lines.extend(inside.into_iter().map(|line| match line.starts_with(OWN_INDENT) || line.is_empty() {
        true => line,
        false => format!("  {line}"),
    }));
    lines.push("end".to_owned());
    Code { lines, helpers: BTreeSet::from([Helper::OnlyIf]) }
}

/// A condition as a string in one line, without signs before its quotes where that can be.
fn in_a_line(condition: &str) -> String {
    let has_values = condition.contains(['\\', '#']) || condition.contains(char::is_control);
    // Whoever does not know SQL's strings counts the parentheses.
    let mut open = 0;
    let is_closed = condition.chars().all(|c| {
        open += i32::from(c == '(') - i32::from(c == ')');
        open >= 0
    });
    match condition.contains('"') && condition.contains('\'') && !has_values && is_closed && open == 0 {
        true => format!("%({condition})"),
        false => string(condition),
    }
}
