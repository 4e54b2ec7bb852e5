//! Statements, by their indentation.

use super::parser::Parser;
use super::statement::{Clause, Header, Imported, Parameter, Statement, StatementKind};
use super::tokens::{Line, PythonError, Token, TokenKind, lines};
use super::{Expression, ExpressionKind};
use crate::source::ByteSpan;

/// Blocks nested deeper than this are not read. (Python itself allows a hundred.)
const MAX_DEPTH: usize = 100;

/// A Python file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Its statements.
    pub body: Vec<Statement>,
    /// All comments, in order, each from `#` to the end of its line.
    pub comments: Vec<ByteSpan>,
}

impl Module {
    /// Reads a file.
    ///
    /// # Errors
    /// When a string or a bracket never ends. What else is not understood is [`StatementKind::Unread`].
    pub fn read(file: &str) -> Result<Module, PythonError> {
        let cut = lines(file)?;
        let mut reader = Reader { file, tokens: &cut.tokens, lines: &cut.lines, at: 0, depth: 0 };
        let mut body = Vec::new();
        while reader.at < reader.lines.len() {
            // A file that begins with blanks, and one whose indentation fits nothing, are read as well as they can be.
            let indent = reader.lines[reader.at].indent;
            body.extend(reader.block(indent));
        }
        Ok(Module { body, comments: cut.comments })
    }
}

/// Reads an expression that stands at `span` in a file, such as the field of an f-string.
pub fn expression_at(file: &str, span: ByteSpan) -> Option<Expression> {
    let cut = lines(span.slice(file)).ok()?;
    let at = |token: &Token| Token {
        span: ByteSpan::new(token.span.start + span.start, token.span.end + span.start),
        ..*token
    };
    let tokens: Vec<Token> = cut.tokens.iter().map(at).collect();
    let mut parser = Parser::new(file, &tokens);
    parser.expression().filter(|_| parser.is_done())
}

struct Reader<'a> {
    file: &'a str,
    tokens: &'a [Token],
    lines: &'a [Line],
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn tokens_of(&self, line: &Line) -> &'a [Token] {
        &self.tokens[line.tokens.clone()]
    }

    fn word_of(&self, line: usize) -> Option<&'a str> {
        let line = self.lines.get(line)?;
        self.tokens_of(line).first().map(|token| token.span.slice(self.file))
    }

    /// The statements from here on that are indented at least so far.
    fn block(&mut self, indent: usize) -> Vec<Statement> {
        let mut statements = Vec::new();
        while let Some(line) = self.lines.get(self.at).filter(|line| line.indent >= indent) {
            let indent = line.indent;
            self.statement(indent, &mut statements);
        }
        statements
    }

    fn statement(&mut self, indent: usize, statements: &mut Vec<Statement>) {
        let tokens = self.tokens_of(&self.lines[self.at]);
        let Some(first) = tokens.first() else {
            self.at += 1;
            return;
        };
        if colon_of_clause(self.file, tokens).is_none() {
            self.at += 1;
            statements.extend(simple_statements(self.file, tokens));
            return;
        }
        if self.depth == MAX_DEPTH {
            let end = self.skip_block(indent);
            statements.push(Statement { span: ByteSpan::new(first.span.start, end), kind: StatementKind::Unread });
            return;
        }
        let mut clauses = Vec::new();
        let mut end = first.span.end;
        loop {
            let clause = self.clause(indent);
            end = clause.body.last().map_or(clause.head.end, |last| last.span.end).max(end);
            clauses.push(clause);
            let goes_on = self.lines.get(self.at).is_some_and(|line| line.indent == indent)
                && matches!(self.word_of(self.at), Some("elif" | "else" | "except" | "finally"))
                && colon_of_clause(self.file, self.tokens_of(&self.lines[self.at])).is_some();
            if !goes_on {
                break;
            }
        }
        // A decorator belongs to what it decorates.
        let mut start = first.span.start;
        while let Some(decorator) = statements.pop_if(|before| is_decorator(self.file, before)) {
            start = decorator.span.start;
            if let StatementKind::Word(_, values) = decorator.kind {
                clauses[0].decorators.splice(..0, values);
            }
        }
        let span = ByteSpan::new(start, end);
        statements.push(Statement { span, kind: StatementKind::Compound(clauses) });
    }

    /// Skips a line and what is indented below it; returns where that ends.
    fn skip_block(&mut self, indent: usize) -> usize {
        self.at += 1;
        while self.lines.get(self.at).is_some_and(|line| line.indent > indent) {
            self.at += 1;
        }
        self.lines[self.at - 1].tokens.clone().next_back().map_or(0, |last| self.tokens[last].span.end)
    }

    fn clause(&mut self, indent: usize) -> Clause {
        let tokens = self.tokens_of(&self.lines[self.at]);
        let colon = colon_of_clause(self.file, tokens).unwrap_or(tokens.len() - 1);
        self.at += 1;
        let head = ByteSpan::new(tokens[0].span.start, tokens[colon].span.end);
        let header = header(self.file, &tokens[..colon]);
        let body = if colon + 1 < tokens.len() {
            simple_statements(self.file, &tokens[colon + 1..])
        } else {
            self.depth += 1;
            let inner = self.lines.get(self.at).map(|line| line.indent).filter(|inner| *inner > indent);
            let body = inner.map(|_| self.block(indent + 1)).unwrap_or_default();
            self.depth -= 1;
            body
        };
        Clause { decorators: Vec::new(), head, header, body }
    }
}

fn is_decorator(file: &str, statement: &Statement) -> bool {
    matches!(&statement.kind, StatementKind::Word(word, _) if word.slice(file) == "@")
}

/// The colon that ends the head of a clause, by index.
fn colon_of_clause(file: &str, tokens: &[Token]) -> Option<usize> {
    let words: Vec<&str> = tokens.iter().take(2).map(|token| token.span.slice(file)).collect();
    let begins = match words[..] {
        ["with" | "for" | "if" | "elif" | "else" | "while" | "try" | "except" | "finally" | "def" | "class", ..]
        | ["async", "def" | "with" | "for"] => true,
        // Names in other places: `match = 1`.
        ["match" | "case", second] => {
            tokens.last().is_some_and(|last| last.span.slice(file) == ":")
                && !matches!(second, "=" | "." | ":" | "," | ")" | "]" | "+=" | "|=")
        }
        _ => false,
    };
    if !begins {
        return None;
    }
    let (mut depth, mut lambdas) = (0usize, 0usize);
    tokens.iter().position(|token| {
        match token.span.slice(file) {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            "lambda" if depth == 0 => lambdas += 1,
            ":" if depth == 0 && lambdas > 0 => lambdas -= 1,
            ":" if depth == 0 => return true,
            _ => {}
        }
        false
    })
}

fn header(file: &str, tokens: &[Token]) -> Header {
    let mut parser = Parser::new(file, tokens);
    parser.eat("async");
    let Some(word) = parser.next().map(|token| token.span) else {
        return Header::Other;
    };
    let read = match word.slice(file) {
        "with" => with_items(&mut parser).map(Header::With),
        "for" => for_header(&mut parser),
        "if" | "elif" | "while" => parser.expression().map(|test| Header::Test(word, test)),
        "else" | "try" | "finally" => Some(Header::Plain(word)),
        "def" => function(&mut parser),
        "class" => class(&mut parser),
        _ => None,
    };
    read.filter(|_| parser.is_done()).unwrap_or(Header::Other)
}

fn for_header(parser: &mut Parser<'_>) -> Option<Header> {
    let target = parser.targets()?;
    if !parser.eat("in") {
        return None;
    }
    Some(Header::For(target, parser.expressions()?))
}

fn with_items(parser: &mut Parser<'_>) -> Option<Vec<(Expression, Option<Expression>)>> {
    let mut items = Vec::new();
    loop {
        let value = parser.expression()?;
        let name = if parser.eat("as") { Some(parser.expression()?) } else { None };
        items.push((value, name));
        if !parser.eat(",") {
            return Some(items);
        }
    }
}

fn class(parser: &mut Parser<'_>) -> Option<Header> {
    let name = parser.name()?;
    let bases = if parser.eat("(") { parser.arguments()? } else { Vec::new() };
    Some(Header::Class(name, bases))
}

fn function(parser: &mut Parser<'_>) -> Option<Header> {
    let name = parser.name()?;
    let mut parameters = Vec::new();
    if !parser.eat("(") {
        return None;
    }
    while !parser.eat(")") {
        while parser.eat("*") || parser.eat("**") || parser.eat("/") {}
        if parser.eat(",") {
            continue;
        }
        if parser.eat(")") {
            break;
        }
        let name = parser.name()?;
        if parser.eat(":") {
            parser.expression()?;
        }
        let default = if parser.eat("=") { Some(parser.expression()?) } else { None };
        parameters.push(Parameter { name, default });
        if !parser.eat(",") && parser.peek() != ")" {
            return None;
        }
    }
    if parser.eat("->") {
        parser.expression()?;
    }
    Some(Header::Function { name, parameters })
}

/// The statements of a line, which semicolons part.
fn simple_statements(file: &str, tokens: &[Token]) -> Vec<Statement> {
    let mut depth = 0usize;
    let parts = tokens.split(|token| {
        match token.span.slice(file) {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.kind == TokenKind::Operator && token.span.slice(file) == ";"
    });
    let statement = |tokens: &[Token]| {
        let (first, last) = (tokens.first()?, tokens.last()?);
        let span = ByteSpan::new(first.span.start, last.span.end);
        Some(Statement { span, kind: simple_statement(file, tokens).unwrap_or(StatementKind::Unread) })
    };
    parts.filter_map(statement).collect()
}

fn simple_statement(file: &str, tokens: &[Token]) -> Option<StatementKind> {
    let mut parser = Parser::new(file, tokens);
    let kind = match parser.peek() {
        "import" | "from" => import(file, &mut parser)?,
        "pass" if tokens.len() == 1 => {
            parser.next();
            StatementKind::Pass
        }
        "return" | "raise" | "assert" | "del" | "break" | "continue" | "global" | "nonlocal" | "@" => {
            let word = parser.next()?.span;
            let mut values = Vec::new();
            while !parser.is_done() {
                values.push(parser.expressions()?);
                parser.eat("from");
            }
            StatementKind::Word(word, values)
        }
        _ => assignment(&mut parser)?,
    };
    parser.is_done().then_some(kind)
}

fn assignment(parser: &mut Parser<'_>) -> Option<StatementKind> {
    let first = parser.expressions()?;
    if parser.eat(":") {
        let annotation = Some(parser.expression()?);
        let value = if parser.eat("=") { Some(parser.expressions()?) } else { None };
        return Some(StatementKind::Assign { targets: vec![first], annotation, value });
    }
    if parser.peek() == "=" {
        let mut targets = vec![first];
        while parser.eat("=") {
            targets.push(parser.expressions()?);
        }
        let value = targets.pop();
        return Some(StatementKind::Assign { targets, annotation: None, value });
    }
    let operator = parser.peek();
    if operator.len() >= 2 && operator.ends_with('=') && !matches!(operator, "==" | "!=" | "<=" | ">=" | ":=") {
        parser.next();
        return Some(StatementKind::Augment { target: first, value: parser.expressions()? });
    }
    Some(StatementKind::Expression(first))
}

fn import(file: &str, parser: &mut Parser<'_>) -> Option<StatementKind> {
    let is_from = parser.next()?.span.slice(file) == "from";
    let mut imported = Vec::new();
    if !is_from {
        loop {
            let path = path(file, parser)?;
            let first = path.split('.').next().unwrap_or_default().to_owned();
            match parser.eat("as") {
                true => imported.push(Imported { name: parser.name()?.slice(file).to_owned(), path }),
                // `import a.b` brings `a`.
                false => imported.push(Imported { name: first.clone(), path: first }),
            }
            if !parser.eat(",") {
                return Some(StatementKind::Import(imported));
            }
        }
    }
    let mut module = String::new();
    while matches!(parser.peek(), "." | "...") {
        module += parser.next()?.span.slice(file);
    }
    if parser.peek() != "import" {
        module += &path(file, parser)?;
    }
    if !parser.eat("import") {
        return None;
    }
    let is_parenthesized = parser.eat("(");
    loop {
        if is_parenthesized && parser.eat(")") {
            break;
        }
        if parser.eat("*") {
            imported.push(Imported { path: format!("{module}.*"), name: "*".to_owned() });
        } else {
            let own = parser.name()?.slice(file).to_owned();
            let name = if parser.eat("as") { parser.name()?.slice(file).to_owned() } else { own.clone() };
            imported.push(Imported { path: format!("{module}.{own}"), name });
        }
        if !parser.eat(",") {
            if is_parenthesized && !parser.eat(")") {
                return None;
            }
            break;
        }
    }
    Some(StatementKind::Import(imported))
}

fn path(file: &str, parser: &mut Parser<'_>) -> Option<String> {
    let mut path = parser.name()?.slice(file).to_owned();
    while parser.eat(".") {
        path += ".";
        path += parser.name()?.slice(file);
    }
    Some(path)
}

impl Expression {
    /// Whether it is this name.
    pub fn is_name(&self, file: &str, name: &str) -> bool {
        self.kind == ExpressionKind::Name && self.span.slice(file) == name
    }
}
