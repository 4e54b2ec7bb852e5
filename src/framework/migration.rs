//! A migration that is a file of SQL, read.

use camino::Utf8PathBuf;

use super::{Found, FrameworkError};
use crate::operation::{Fixed, Item, Operation, TransactionControl};
use crate::source::{ByteSpan, Directive, SourceFile, directives, directives_at_top};
use crate::sql::{PieceKind, read_statement, split};

/// A migration with its statements and operations.
#[derive(Debug)]
pub struct Migration {
    /// The name as the framework records it.
    pub name: String,
    /// The file.
    pub source: SourceFile,
    /// The statements, in order.
    pub statements: Vec<Statement>,
    /// White space and comments after the last statement.
    pub trailing: ByteSpan,
    /// The operations of all statements, in order.
    pub items: Vec<Item>,
    /// Where each item stands in the file.
    pub spans: Vec<ByteSpan>,
    /// Directives for the whole file.
    pub directives: Vec<Directive>,
}

/// One statement.
#[derive(Debug)]
pub struct Statement {
    /// White space and comments before it.
    pub leading: ByteSpan,
    /// The statement with its semicolon.
    pub span: ByteSpan,
    /// Its items, by index.
    pub items: std::ops::Range<usize>,
    /// It is a `DO` block.
    pub in_do: bool,
    /// Directives for it.
    pub directives: Vec<Directive>,
}

impl Migration {
    /// Reads a migration's file.
    ///
    /// # Errors
    /// When the file cannot be read as text, or something in it never ends.
    pub fn read(found: &Found) -> Result<Self, FrameworkError> {
        Self::from_source(found.name.clone(), SourceFile::read(&found.file)?)
    }

    /// Reads a migration from text that is already there.
    ///
    /// # Errors
    /// When something in it never ends.
    pub fn from_source(name: String, source: SourceFile) -> Result<Self, FrameworkError> {
        let script = split(&source.text);
        let mut migration = Migration {
            name,
            source,
            statements: Vec::new(),
            trailing: script.trailing,
            items: Vec::new(),
            spans: Vec::new(),
            directives: Vec::new(),
        };
        let (mut in_transaction, mut bounded) = (false, false);
        for piece in &script.pieces {
            if piece.kind == PieceKind::Unterminated {
                return Err(FrameworkError::Unterminated {
                    path: migration.source.path.clone(),
                    position: migration.source.position(piece.span.start),
                });
            }
            migration.push(piece.leading, piece.span, piece.kind, &mut in_transaction, &mut bounded);
        }
        let top = migration.statements.first().map_or(migration.trailing, |s| s.leading);
        migration.directives = directives_at_top(top.slice(&migration.source.text));
        Ok(migration)
    }

    fn push(
        &mut self,
        leading: ByteSpan,
        span: ByteSpan,
        kind: PieceKind,
        in_transaction: &mut bool,
        bounded: &mut bool,
    ) {
        let text = span.slice(&self.source.text);
        let first = self.items.len();
        let mut in_do = false;
        if kind == PieceKind::Statement {
            let reading = read_statement(text);
            in_do = reading.in_do;
            for located in reading.operations {
                follow(&located.operation, in_transaction, bounded);
                self.spans
                    .push(ByteSpan { start: span.start + located.span.start, end: span.start + located.span.end });
                let control = matches!(located.operation, Operation::Transaction(_));
                self.items.push(Item {
                    operation: located.operation,
                    statement: self.statements.len(),
                    fixed: if *in_transaction || control {
                        Some(Fixed::Transaction)
                    } else {
                        reading.has_logic.then_some(Fixed::Block)
                    },
                    bounds_lock_waits: reading.bounds_lock_waits || *bounded,
                });
            }
        } else {
            let what = if kind == PieceKind::Copy { "COPY … FROM stdin" } else { "psql command" };
            self.spans.push(span);
            self.items.push(Item {
                operation: Operation::Opaque { what: what.into() },
                statement: self.statements.len(),
                fixed: in_transaction.then_some(Fixed::Transaction),
                bounds_lock_waits: true,
            });
        }
        let directives = directives(leading.slice(&self.source.text));
        self.statements.push(Statement { leading, span, items: first..self.items.len(), in_do, directives });
    }

    /// True for the second and later files of a sequence that safestep wrote: what the first ones made is still as new
    /// as in the migration that they replace. The header says so: `-- Step 2 of 5 · …`.
    pub fn continues_a_sequence(&self) -> bool {
        let header = self.source.text.lines().next().and_then(|line| line.strip_prefix("-- Step "));
        let number = header.and_then(|h| h.split_once(" of ")).and_then(|(number, _)| number.parse::<u32>().ok());
        number.is_some_and(|number| number > 1)
    }

    /// The text of an item, as it stands in the file.
    pub fn slice(&self, item: usize) -> &str {
        self.spans[item].slice(&self.source.text)
    }

    /// The statement that an item stands in.
    pub fn statement_of(&self, item: usize) -> &Statement {
        &self.statements[self.items[item].statement]
    }

    /// The file.
    pub fn path(&self) -> &Utf8PathBuf {
        &self.source.path
    }
}

/// Keeps track of BEGIN … COMMIT and of a `lock_timeout` that the author set.
fn follow(operation: &Operation, in_transaction: &mut bool, bounded: &mut bool) {
    match operation {
        Operation::Transaction(TransactionControl::Begin) => *in_transaction = true,
        Operation::Transaction(TransactionControl::Commit) => *in_transaction = false,
        Operation::SetParameter { name, value, .. } if name == "lock_timeout" => {
            *bounded = value.trim_matches('\'') != "0"
        }
        _ => {}
    }
}
