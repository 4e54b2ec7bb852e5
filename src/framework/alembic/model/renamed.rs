//! The line of a model that would call a column by its new name and leave the database as it is.

use camino::Utf8PathBuf;

use super::super::written::literal;
use super::read::{Column, Described, File, Named};
use super::usage::describing;
use crate::framework::deferral::Texts;
use crate::operation::{Ident, QualifiedName};

/// A line of a file, and what would stand there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub path: Utf8PathBuf,
    pub number: usize,
    pub before: String,
    pub after: String,
}

/// The one line that describes the column `to` of a table, with the name of `column` for the database; `None` where there is not
/// exactly one that is sure.
pub(super) fn line(files: &Texts, table: &QualifiedName, column: &Ident, to: &Ident) -> Option<Line> {
    let files = File::of(files);
    let all: Vec<Described<'_>> = files.iter().flat_map(File::described).collect();
    let found = describing(&all, table);
    let own = |one: &&Described<'_>| one.class.clone();
    let columns: Vec<(&Described<'_>, &Column)> = found
        .iter()
        .flat_map(|one| one.columns.iter().filter(|own| own.name == to.as_str()).map(move |own| (*one, own)))
        .collect();
    let [(one, Column { at, named, .. })] = columns.as_slice() else { return None };
    let text = one.file.source.text.as_str();
    let from = text[..*at].rfind('\n').map_or(0, |at| at + 1);
    let to_end = text[*at..].find('\n').map_or(text.len(), |end| at + end);
    let quote = match [&text[from..to_end], text].map(|text| (text.matches('\'').count(), text.matches('"').count())) {
        [(0, 0), (single, double)] | [(single, double), _] if single > double => '\'',
        _ => '"',
    };
    let name = literal(column.as_str(), quote);
    let is_table = own(one).is_none();
    let (start, end, new) = match named {
        // the code goes on to say the new name
        Named::By(span) if is_table => {
            let closes = text[from..to_end].trim_end().trim_end_matches(',').ends_with(')');
            let call = text[from..to_end].trim_end().trim_end_matches(',').trim_end().len() + from;
            if !closes || text[from..to_end].contains("key=") {
                return None;
            }
            let rest = &text[span.end..call - 1];
            (span.start, call - 1, format!("{name}{rest}, key={}", literal(to.as_str(), quote)))
        }
        Named::By(span) => (span.start, span.end, name),
        Named::Attribute(arguments) if *arguments <= to_end => {
            let has_more = !text[*arguments..].trim_start().starts_with(')');
            (*arguments, *arguments, if has_more { format!("{name}, ") } else { name })
        }
        Named::Annotation(end) if text[*at..*end].contains("Mapped[") => {
            (*end, *end, format!(" = mapped_column({name})"))
        }
        Named::Attribute(_) | Named::Annotation(_) | Named::Otherwise => return None,
    };
    (start >= from && end <= to_end).then(|| Line {
        path: one.file.path().to_owned(),
        number: one.file.source.position(*at).line,
        before: text[from..to_end].trim().to_owned(),
        after: format!("{}{new}{}", &text[from..start], &text[end..to_end]).trim().to_owned(),
    })
}
