//! A revision: its place in the graph, and its two functions.

use std::rc::Rc;

use super::effects::{Effect, EffectKind, effects, may_return};
use super::graph::Node;
use super::python::{Clause, Expression, ExpressionKind, Header, Module, Statement, StatementKind};
use super::scope::{Names, Project, Scope};
use super::value::Value;
use crate::framework::FrameworkError;
use crate::operation::Operation;
use crate::source::{ByteSpan, SourceFile};
use crate::sql::{PieceKind, split};

/// A revision file, read.
#[derive(Debug, Clone)]
pub struct Revision {
    /// The file.
    pub source: SourceFile,
    /// `revision`.
    pub id: String,
    /// `down_revision`: none for the first one, several for a merge.
    pub down_revisions: Vec<String>,
    /// `branch_labels`.
    pub branch_labels: Vec<String>,
    /// `depends_on`: ids, or labels.
    pub depends_on: Vec<String>,
    /// Where the values of these variables stand.
    pub values: Vec<(&'static str, ByteSpan)>,
    /// The string at the top of the file, with its quotes.
    pub docstring: Option<ByteSpan>,
    /// The imports at the top level.
    pub imports: Vec<ByteSpan>,
    /// All comments.
    pub comments: Vec<ByteSpan>,
    /// `upgrade()`.
    pub upgrade: Option<Function>,
    /// `downgrade()`.
    pub downgrade: Option<Function>,
}

/// A function of a revision.
#[derive(Debug, Clone)]
pub struct Function {
    /// From `def` to the end of its last statement.
    pub span: ByteSpan,
    /// From `def` to its colon.
    pub head: ByteSpan,
    /// The white space before its statements.
    pub indent: ByteSpan,
    /// Its statements, its docstring included.
    pub body: Vec<BodyStatement>,
    /// White space and comments behind the last statement that still belong to it.
    pub trailing: ByteSpan,
    /// What it does to the database, in order.
    pub effects: Vec<Effect>,
}

/// A statement of a function's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyStatement {
    /// White space and comments between it and the one before it.
    pub leading: ByteSpan,
    /// From its first token to its last.
    pub span: ByteSpan,
    /// The rest of its last line: a comment behind it, and the line's end.
    pub behind: ByteSpan,
    /// What it does to the database, by index.
    pub effects: std::ops::Range<usize>,
    /// The function's own names that it uses.
    pub uses: Vec<String>,
    /// The names that it gives a value.
    pub binds: Vec<String>,
    /// It may end the function.
    pub may_return: bool,
}

/// An operation of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOperation {
    /// What it does.
    pub operation: Operation,
    /// Where it stands in the file: in a string of SQL, or the call of a directive.
    pub span: ByteSpan,
    /// The effect that it is part of, by index.
    pub effect: usize,
}

const VARIABLES: [&str; 4] = ["revision", "down_revision", "branch_labels", "depends_on"];

impl Revision {
    /// Reads a revision file by itself: what it imports from its project is not known.
    ///
    /// # Errors
    /// As [`Revision::read_in`].
    pub fn read(source: SourceFile) -> Result<Revision, FrameworkError> {
        Revision::read_in(source, &Rc::default())
    }

    /// Reads a revision file of a project.
    ///
    /// # Errors
    /// When something in it never ends, and when it does not say which revision it is.
    pub fn read_in(source: SourceFile, project: &Rc<Project>) -> Result<Revision, FrameworkError> {
        let file = source.text.as_str();
        let module = module(&source)?;
        let scope = Scope::of_module(file, &module, project);
        let Identity { id, down_revisions, branch_labels, depends_on, values } = identity(&source, &module, &scope)?;
        let docstring = module.body.first().filter(|first| is_string(first)).map(|first| first.span);
        let imports = module.body.iter().filter(|statement| matches!(statement.kind, StatementKind::Import(_)));
        let imports = imports.map(|statement| statement.span).collect();
        let function = |name| function(file, &module, &scope, name);
        let (upgrade, downgrade) = (function("upgrade"), function("downgrade"));
        drop(scope); // it borrows the file
        let comments = module.comments;
        Ok(Revision {
            id,
            down_revisions,
            branch_labels,
            depends_on,
            values,
            docstring,
            imports,
            comments,
            upgrade,
            downgrade,
            source,
        })
    }

    /// The first line of its docstring, which Alembic shows.
    pub fn message(&self) -> &str {
        let text = self.docstring.map_or("", |span| span.slice(&self.source.text));
        text.trim_start_matches(['r', 'R', 'u', 'U'])
            .trim_matches(['"', '\''])
            .trim()
            .lines()
            .next()
            .filter(|line| !line.starts_with("Revision ID:"))
            .unwrap_or_default()
    }
}

impl From<&Revision> for Node {
    fn from(revision: &Revision) -> Self {
        Node {
            id: revision.id.clone(),
            file: revision.source.path.clone(),
            down_revisions: revision.down_revisions.clone(),
            depends_on: revision.depends_on.clone(),
            branch_labels: revision.branch_labels.clone(),
        }
    }
}

/// What a file says of its place in the graph.
struct Identity {
    id: String,
    down_revisions: Vec<String>,
    branch_labels: Vec<String>,
    depends_on: Vec<String>,
    values: Vec<(&'static str, ByteSpan)>,
}

impl Node {
    /// Reads what a revision file says of its place in the graph, and nothing else.
    ///
    /// # Errors
    /// As [`Revision::read`].
    pub fn read(source: &SourceFile) -> Result<Node, FrameworkError> {
        // What looks like a function may stand in a string.
        let head = SourceFile::new(source.path.clone(), head(&source.text));
        Node::of(&head).or_else(|_| Node::of(source))
    }

    fn of(source: &SourceFile) -> Result<Node, FrameworkError> {
        let module = module(source)?;
        let scope = Scope::of_module(&source.text, &module, &Rc::default());
        let Identity { id, down_revisions, branch_labels, depends_on, .. } = identity(source, &module, &scope)?;
        Ok(Node { id, file: source.path.clone(), down_revisions, depends_on, branch_labels })
    }
}

/// The part of a file before its functions, where they do not stand before what it says of itself.
fn head(file: &str) -> &str {
    let is_function = |line: &&str| ["def ", "async def ", "class ", "@"].iter().any(|word| line.starts_with(word));
    let before: usize = file.split_inclusive('\n').take_while(|line| !is_function(line)).map(str::len).sum();
    let says = |line: &str| VARIABLES.iter().any(|variable| line.starts_with(variable));
    match file[before..].lines().any(says) {
        true => file,
        false => &file[..before],
    }
}

fn unusable(source: &SourceFile, at: usize, why: String) -> FrameworkError {
    FrameworkError::Unusable { path: format!("{}:{}", source.path, source.position(at)).into(), why }
}

fn module(source: &SourceFile) -> Result<Module, FrameworkError> {
    Module::read(&source.text).map_err(|error| unusable(source, error.at, error.what.to_owned()))
}

fn identity(source: &SourceFile, module: &Module, scope: &Scope<'_>) -> Result<Identity, FrameworkError> {
    let file = source.text.as_str();
    let unusable = |at: usize, why: String| unusable(source, at, why);
    let names = Names { file, scopes: std::slice::from_ref(scope), depth: 0 };
    let mut values = Vec::new();
    let mut lists: [Vec<String>; 4] = Default::default();
    for statement in &module.body {
        let StatementKind::Assign { targets, value: Some(value), .. } = &statement.kind else { continue };
        let given = || targets.iter().flat_map(|target| each(target, value));
        for (variable, list) in VARIABLES.iter().zip(&mut lists) {
            let Some((_, value)) = given().find(|(target, _)| target.is_name(file, variable)) else { continue };
            *list = ids(&names.value(value)).ok_or_else(|| {
                unusable(value.span.start, format!("{variable} is computed; write its value as a string"))
            })?;
            values.push((*variable, value.span));
        }
    }
    let [mut ids, down_revisions, branch_labels, depends_on] = lists;
    let has = |variable: &str| values.iter().any(|(name, _)| *name == variable);
    let (Some(id), None) = (ids.pop(), ids.pop()) else {
        return Err(unusable(0, "sets no revision: give it its id, or move the file out of the folder".to_owned()));
    };
    if !has("down_revision") {
        let why = "sets no down_revision: name the revision that it follows, or None for the first one";
        return Err(unusable(0, why.to_owned()));
    }
    Ok(Identity { id, down_revisions, branch_labels, depends_on, values })
}

/// What an assignment gives a value: `a, b = 1, 2` gives two.
fn each<'e>(target: &'e Expression, value: &'e Expression) -> Vec<(&'e Expression, &'e Expression)> {
    use ExpressionKind::{List, Tuple};
    match (&target.kind, &value.kind) {
        (Tuple(targets) | List(targets), Tuple(values) | List(values)) if targets.len() == values.len() => {
            targets.iter().zip(values).flat_map(|(target, value)| each(target, value)).collect()
        }
        _ => vec![(target, value)],
    }
}

/// The ids that a value names; `None` for what is neither text nor a list of texts.
fn ids(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::None => Some(Vec::new()),
        Value::Text(text) => Some(vec![text.value.clone()]),
        Value::List(values) => values.iter().map(|value| value.text().map(str::to_owned)).collect(),
        _ => None,
    }
}

fn is_string(statement: &Statement) -> bool {
    let StatementKind::Expression(expression) = &statement.kind else { return false };
    matches!(expression.kind, ExpressionKind::Strings(_))
}

fn function(file: &str, module: &Module, scope: &Scope<'_>, name: &str) -> Option<Function> {
    // A name that is defined twice is what it was defined as last.
    let (at, statement, clause) =
        module.body.iter().enumerate().rev().find_map(|(at, statement)| match statement.clauses() {
            [clause @ Clause { header: Header::Function { name: own, .. }, .. }] if own.slice(file) == name => {
                Some((at, statement, clause))
            }
            _ => None,
        })?;
    let effects = effects(file, scope, clause);
    let next = module.body.get(at + 1).map_or(file.len(), |next| next.span.start);
    let mut body = body(file, clause);
    let mut from = 0;
    for (index, statement) in body.iter_mut().enumerate() {
        let count = effects[from..].iter().take_while(|effect| effect.statement == index).count();
        statement.effects = from..from + count;
        from += count;
    }
    let first = clause.body.first().map_or(clause.head.end, |first| first.span.start);
    let line = file[..first].rfind('\n').map_or(0, |at| at + 1).max(clause.head.end);
    let end = body.last().map_or(clause.head.end, |last| last.behind.end);
    let trailing = trailing(file, ByteSpan::new(end, next.max(end)));
    Some(Function {
        span: statement.span,
        head: clause.head,
        indent: ByteSpan::new(line.min(first), first),
        body,
        trailing,
        effects,
    })
}

/// Indented comments behind the last statement belong to the function, as `# ### end Alembic commands ###` does.
fn trailing(file: &str, behind: ByteSpan) -> ByteSpan {
    let mut end = behind.start;
    let mut at = behind.start;
    for line in behind.slice(file).split_inclusive('\n') {
        at += line.len();
        match line.trim_start() {
            "" => {}
            text if text.starts_with('#') && text.len() < line.len() => end = at,
            _ => break,
        }
    }
    ByteSpan::new(behind.start, end)
}

fn body(file: &str, clause: &Clause) -> Vec<BodyStatement> {
    let mut end = clause.head.end + rest_of_line(&file[clause.head.end..]);
    let mut own: Vec<String> = Vec::new();
    if let Header::Function { parameters, .. } = &clause.header {
        own.extend(parameters.iter().map(|parameter| parameter.name.slice(file).to_owned()));
    }
    let mut body = Vec::new();
    for statement in &clause.body {
        let rest = rest_of_line(&file[statement.span.end..]);
        let behind = ByteSpan::new(statement.span.end, statement.span.end + rest);
        let binds = statement.binds(file);
        let mut uses = Vec::new();
        statement.expressions(&mut |expression| {
            for name in names(file, expression) {
                if own.iter().any(|own| own == name) && !uses.iter().any(|used| used == name) {
                    uses.push(name.to_owned());
                }
            }
        });
        own.extend(binds.iter().cloned());
        let leading = ByteSpan::new(end.min(statement.span.start), statement.span.start);
        let (span, may_return) = (statement.span, may_return(file, statement));
        body.push(BodyStatement { leading, span, behind, effects: 0..0, uses, binds, may_return });
        end = behind.end;
    }
    body
}

/// The names that an expression by itself may use: also those in the fields of an f-string, and in what is not understood.
pub(super) fn names<'a>(file: &'a str, expression: &Expression) -> Vec<&'a str> {
    let text = expression.span.slice(file);
    match expression.kind {
        ExpressionKind::Name => vec![text],
        ExpressionKind::Strings(_) if !has_fields(text) => Vec::new(),
        ExpressionKind::Strings(_) | ExpressionKind::Other(_) => words(text).collect(),
        _ => Vec::new(),
    }
}

/// True when one of the strings may be an f-string.
fn has_fields(strings: &str) -> bool {
    let is_prefix = |at: usize| {
        let prefix = strings[..at].rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        prefix.len() <= 2 && prefix.contains(['f', 'F'])
    };
    strings.match_indices(['"', '\'']).any(|(at, _)| is_prefix(at))
}

pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
}

/// The length of the rest of a line, with its end: none where a statement stands in it.
fn rest_of_line(rest: &str) -> usize {
    let line = rest.find('\n').map_or(rest.len(), |at| at + 1);
    let is_last = rest[..line].trim_start().starts_with('#') || rest[..line].trim().is_empty();
    if is_last { line } else { 0 }
}

impl Function {
    /// What the function's SQL does: every statement that is sent, read, in order; what is not understood is opaque.
    pub fn operations(&self) -> Vec<ReadOperation> {
        let mut operations = Vec::new();
        for (effect, of) in self.effects.iter().enumerate() {
            let sent = match &of.kind {
                EffectKind::Sql(sent) => sent,
                EffectKind::Opaque(why) | EffectKind::Unsure(why, _) => {
                    let operation = Operation::Opaque { what: why.clone(), is_program: true };
                    operations.push(ReadOperation { operation, span: of.span, effect });
                    continue;
                }
            };
            for sent in sent {
                let text = &sent.sql.value;
                let script = split(text);
                for piece in &script.pieces {
                    let place = |span: ByteSpan| sent.sql.place(span);
                    if piece.kind != PieceKind::Statement {
                        let operation = Operation::Opaque { what: "text that is no SQL".into(), is_program: true };
                        operations.push(ReadOperation { operation, span: place(piece.span), effect });
                        continue;
                    }
                    for located in script.read(piece, text).operations {
                        let from = piece.span.start;
                        let span = place(ByteSpan::new(from + located.span.start, from + located.span.end));
                        operations.push(ReadOperation { operation: located.operation, span, effect });
                    }
                }
            }
        }
        operations
    }
}
