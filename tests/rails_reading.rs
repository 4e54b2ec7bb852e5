//! Migrations are read as Ruby's own parser reads them: the same calls, with the same arguments, in the same order.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use safestep::framework::header::Undo;
use safestep::framework::rails::RAILS;
use safestep::framework::rails::ruby::{
    Argument, Call, Expression, ExpressionKind, Pair, Part, Program, Quoted, QuotedKind,
};
use safestep::operation::Operation;
use safestep::schema::Schema;
use safestep::source::{ByteSpan, SourceFile};
use safestep::sql::split;
use serde_json::Value as Json;

use bench::rails::{RAILS_6, RAILS_7, Rails};
use bench::server::Server;

/// All Ruby files of the samples, or of the folders in `SAFESTEP_TEST_MIGRATIONS`.
fn files() -> Result<Vec<PathBuf>> {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    let folders: Vec<PathBuf> = match std::env::var_os("SAFESTEP_TEST_MIGRATIONS") {
        Some(folders) => std::env::split_paths(&folders).collect(),
        None => vec![samples.join("rails-reading"), samples.join("rails")],
    };
    let mut files = Vec::new();
    for folder in &folders {
        ruby_files(folder, &mut files)?;
    }
    files.sort();
    ensure!(files.len() > 5, "only {} files in {folders:?}", files.len());
    Ok(files)
}

fn ruby_files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        match path.is_dir() {
            true => ruby_files(&path, found)?,
            false if path.extension().is_some_and(|extension| extension == "rb") => found.push(path),
            false => {}
        }
    }
    Ok(())
}

/// Runs a Ruby script with the names of files, one a line; returns what it prints.
fn ruby(script: &str, files: &[PathBuf]) -> Result<String> {
    let mut child = Command::new(bench::variable(RAILS_6.ruby)?)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(script))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("running Ruby")?;
    let names: Vec<_> = files.iter().map(|file| file.to_string_lossy()).collect();
    child.stdin.take().context("Ruby's standard input")?.write_all(names.join("\n").as_bytes())?;
    let ran = child.wait_with_output()?;
    ensure!(ran.status.success(), "{script}: {}", ran.status);
    Ok(String::from_utf8(ran.stdout)?)
}

#[test]
fn calls_are_what_ruby_reads() -> Result<()> {
    let files = files()?;
    let expected = ruby("tests/rails/calls.rb", &files)?;
    let (mut same, mut different) = (0, Vec::new());
    for (file, expected) in files.iter().zip(expected.trim_start_matches("file ").split("\nfile ")) {
        let text = std::fs::read_to_string(file)?;
        if expected.contains("\nerror ") {
            println!("{} is no Ruby", file.display());
            continue;
        }
        let got = ours(&file.to_string_lossy(), &text)?;
        let differs = got.lines().zip(expected.lines()).find(|(got, expected)| got != expected);
        match differs {
            None if got.lines().count() == expected.lines().count() => same += expected.matches("\ncall ").count(),
            _ => different.push(format!("{}: {differs:?}", file.display())),
        }
    }
    println!("{} files, {same} calls", files.len());
    ensure!(different.is_empty(), "{} files differ:\n{}", different.len(), different.join("\n"));
    Ok(())
}

struct Calls<'a> {
    file: &'a str,
    /// Where a call begins and ends, and what is said of it.
    calls: Vec<(ByteSpan, String)>,
}

fn ours(name: &str, file: &str) -> Result<String> {
    let program = Program::read(file);
    for statement in &program.statements {
        statement.walk(&mut |part| {
            if part.kind == ExpressionKind::Unread {
                println!(
                    "unread {name} {:?} {:?}",
                    part.span,
                    part.span.slice(file).chars().take(100).collect::<String>()
                );
            }
        });
    }
    let mut calls = Calls { file, calls: Vec::new() };
    program.statements.iter().for_each(|statement| calls.visit(statement));
    let mut all = calls.calls;
    let method = |text: &str| text.split(['\n', ' ']).next().unwrap_or_default().to_owned();
    all.sort_by_key(|(span, text)| (span.start, std::cmp::Reverse(span.end), method(text)));
    let mut out = format!("{name}\n");
    for (span, text) in all {
        write!(out, "call {} {} {text}", span.start, span.end)?;
    }
    Ok(out)
}

impl<'a> Calls<'a> {
    fn visit(&mut self, expression: &'a Expression) {
        match &expression.kind {
            ExpressionKind::Call(call) => self.call(expression.span, call),
            // No variable has such a name.
            ExpressionKind::Name if expression.span.slice(self.file).ends_with(['?', '!']) => {
                self.calls.push((expression.span, format!("{}\n", expression.span.slice(self.file))));
            }
            // `a.b = c` is no call of `b`.
            ExpressionKind::Assign(targets, _, value) => {
                for target in targets {
                    match &target.kind {
                        ExpressionKind::Call(call) => call.receiver.iter().for_each(|receiver| self.visit(receiver)),
                        _ => self.visit(target),
                    }
                }
                self.visit(value);
                return;
            }
            _ => {}
        }
        expression.children(&mut |child| self.visit(child));
    }

    fn call(&mut self, span: ByteSpan, call: &Call) {
        let name = match call.name.slice(self.file) {
            "" => "call",
            name => name,
        };
        if !name.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            return;
        }
        let mut text = name.to_owned();
        if call.block.is_some() {
            text += " with a block";
        }
        text.push('\n');
        for argument in &call.arguments {
            let (how, value) = match argument {
                Argument::Value(Expression { kind: ExpressionKind::Splat(sign, value), .. }) => (
                    sign.slice(self.file).to_owned(),
                    value.as_ref().map_or("nil".to_owned(), |value| self.text(value)),
                ),
                Argument::Value(value) => match &value.kind {
                    // Ruby's parser does not tell whether there were braces.
                    ExpressionKind::Hash(pairs) if !pairs.is_empty() => {
                        for pair in pairs {
                            let (key, value) = self.pair(pair);
                            text += &format!("argument {key} {value}\n");
                        }
                        continue;
                    }
                    _ => ("-".to_owned(), self.text(value)),
                },
                Argument::Pair(pair) => self.pair(pair),
            };
            text += &format!("argument {how} {value}\n");
        }
        self.calls.push((span, text));
    }

    fn pair(&self, pair: &Pair) -> (String, String) {
        let key = pair.key.as_ref().map_or("**".to_owned(), |key| self.text(key));
        let value = match (&pair.value, &pair.key) {
            (Some(value), _) => self.text(value),
            (None, Some(key)) => format!("name {}", key.span.slice(self.file)),
            (None, None) => "nil".to_owned(),
        };
        (key, value)
    }

    fn text(&self, value: &Expression) -> String {
        let list = |values: &[Expression]| values.iter().map(|value| self.text(value)).collect::<Vec<_>>().join(", ");
        let own = value.span.slice(self.file);
        match &value.kind {
            ExpressionKind::Name if own.ends_with(['?', '!']) => format!("call {own}"),
            ExpressionKind::Name => format!("name {own}"),
            ExpressionKind::Constant | ExpressionKind::Scoped(..) => {
                value.constant(self.file).unwrap_or_else(|| own.to_owned())
            }
            ExpressionKind::Variable => "variable".to_owned(),
            ExpressionKind::Keyword if own.starts_with("__") => "keyword".to_owned(),
            ExpressionKind::Keyword => own.to_owned(),
            ExpressionKind::Number => number(own),
            ExpressionKind::Unary(sign, of) if sign.slice(self.file) == "-" && of.kind == ExpressionKind::Number => {
                match number(of.span.slice(self.file)).as_str() {
                    "number" => "number".to_owned(),
                    digits => format!("-{digits}"),
                }
            }
            ExpressionKind::Quoted(quoted) => quoted_text(quoted),
            ExpressionKind::Array(values) if values.iter().any(is_splat) => "-".to_owned(),
            ExpressionKind::Array(values) => format!("[{}]", list(values)),
            ExpressionKind::Hash(pairs) => {
                let pair = |pair| {
                    let (key, value) = self.pair(pair);
                    format!("{key} => {value}")
                };
                format!("{{{}}}", pairs.iter().map(pair).collect::<Vec<_>>().join(", "))
            }
            ExpressionKind::Call(call) => match call.name.slice(self.file) {
                "super" | "yield" => "-".to_owned(),
                name => format!("call {}", if name.is_empty() { "call" } else { name }),
            },
            ExpressionKind::Lambda(_) => "lambda".to_owned(),
            ExpressionKind::Binary(_, operator, _) if operator.slice(self.file).starts_with("..") => "range".to_owned(),
            ExpressionKind::HalfRange(..) => "range".to_owned(),
            ExpressionKind::Parentheses(inner) => match &inner[..] {
                [one] => self.text(one),
                _ => "-".to_owned(),
            },
            _ => "-".to_owned(),
        }
    }
}

fn is_splat(value: &Expression) -> bool {
    matches!(value.kind, ExpressionKind::Splat(..))
}

fn number(text: &str) -> String {
    let digits = text.replace('_', "");
    match digits.parse::<u64>() {
        Ok(_) if digits.starts_with('0') && digits.len() > 1 => {
            u64::from_str_radix(&digits, 8).map_or("number".to_owned(), |value| value.to_string())
        }
        Ok(value) => value.to_string(),
        Err(_) => "number".to_owned(),
    }
}

fn quoted_text(quoted: &Quoted) -> String {
    let mut text = String::new();
    let mut has_fields = false;
    for part in &quoted.parts {
        match part {
            Part::Text(part) => text += &part.value,
            // Ruby's parser puts a string into a string itself.
            Part::Field(_, statements) => match &statements[..] {
                [Expression { kind: ExpressionKind::Quoted(inner), .. }] if quoted_text(inner).starts_with('"') => {
                    inner.parts.iter().for_each(|part| {
                        if let Part::Text(part) = part {
                            text += &part.value
                        }
                    });
                }
                _ => has_fields = true,
            },
        }
    }
    match quoted.kind {
        QuotedKind::String if has_fields => "string".to_owned(),
        QuotedKind::String => json(&text),
        QuotedKind::Symbol if has_fields => "symbol".to_owned(),
        QuotedKind::Symbol => format!(":{}", json(&text)),
        QuotedKind::Regex => "regex".to_owned(),
        QuotedKind::Command => "-".to_owned(),
    }
}

/// What a migration does, and what takes it back, is what the real Active Record sends when it runs it.
#[test]
fn migrations_send_what_active_record_sends_6() -> Result<()> {
    compare(RAILS_6)
}

#[test]
fn migrations_send_what_active_record_sends_7() -> Result<()> {
    compare(RAILS_7)
}

fn compare(rails: Rails) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/rails-reading/run");
    let mut files = Vec::new();
    ruby_files(&folder, &mut files)?;
    files.sort();
    let database = Server::of(15)?.create()?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rails/migrations.rb");
    let mut command = Command::new(bench::variable(rails.ruby)?);
    let ran = command.arg(script).arg(&database.url).args(&files).output().context("running Ruby")?;
    ensure!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let (mut same, mut different) = (0, Vec::new());
    let mut migrations = BTreeMap::new();
    let mut schema = Schema::default();
    for file in &files {
        let source = SourceFile::new(file.to_string_lossy().into_owned(), std::fs::read_to_string(file)?);
        migrations.insert(file.clone(), RAILS.meet(RAILS.folder.read("1", source)?, &mut schema));
        schema.begin_migration();
    }
    for line in String::from_utf8(ran.stdout)?.lines() {
        let line: Json = serde_json::from_str(line)?;
        let file = line["file"].as_str().context("no file")?;
        let migration = migrations.get(Path::new(file)).context("another file")?;
        let (way, ours): (&str, Vec<String>) = match (&line["up"], &migration.downgrade) {
            (Json::Array(_), _) => {
                ("up", migration.statements.iter().map(|one| migration.sql(one).to_owned()).collect())
            }
            (_, Some(Undo::By(statements))) => ("down", statements.clone()),
            (_, other) => ("down", vec![format!("{other:?}")]),
        };
        let theirs = line[way].as_array().context("nothing was sent")?;
        let theirs: Vec<&str> = theirs.iter().filter_map(Json::as_str).collect();
        let (ours, theirs) = (spaced(&ours.join(";")), spaced(&theirs.join(";")));
        match ours == theirs {
            true => same += ours.len(),
            false => different.push(format!("{file} {way}\n  {}\n  {}", ours.join("\n  "), theirs.join("\n  "))),
        }
    }
    println!("{same} statements are the same");
    ensure!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
    ensure!(same > 40, "only {same} statements");
    Ok(())
}

/// The statements of a script, with one blank wherever there are some.
fn spaced(script: &str) -> Vec<String> {
    let pieces = split(script).pieces;
    let words = |span: ByteSpan| span.slice(script).split_whitespace().collect::<Vec<_>>().join(" ");
    // Active Record 7.1 and later are not sparing with blanks, and name the schema of a sequence.
    let statement = |span: ByteSpan| words(span).replace(" )", ")").replace("\"public\".", "");
    let statements = pieces.iter().map(|piece| statement(piece.span).trim_end_matches([';', ' ']).to_owned());
    statements.filter(|statement| !statement.is_empty()).collect()
}

/// What is left to Ruby, and why; and what is known of statements under conditions.
#[test]
fn what_needs_more_than_reading_is_left_with_its_reason() -> Result<()> {
    let read = |name: &str| -> Result<Vec<String>> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/rails-reading/read").join(name);
        let source = SourceFile::new(name, std::fs::read_to_string(file)?);
        let migration = RAILS.folder.read("1", source)?;
        let told = migration.statements.iter().map(|statement| {
            let item = migration.items.get(statement.items.start);
            let line = migration.source.position(statement.span.start).line;
            let marks = if statement.directives.is_empty() { "" } else { " (suppressed)" };
            match item.map(|item| (&item.operation, item.fixed)) {
                Some((Operation::Opaque { what, .. }, _)) => format!("{line}: left: {what}{marks}"),
                Some((_, fixed)) => {
                    let fixed = if fixed.is_some() { " (fixed)" } else { "" };
                    format!("{line}: {}{fixed}{marks}", migration.sql(statement))
                }
                None => format!("{line}: nothing"),
            }
        });
        Ok(told.collect())
    };
    let conditions = [
        "3: DO $check$ BEGIN ALTER TABLE \"users\" ADD \"nickname\" character varying; EXCEPTION WHEN duplicate_object OR \
         duplicate_table OR duplicate_column THEN NULL; END $check$; (fixed)",
        "4: left: the catalog that it meets is not known",
        "7: CREATE TABLE IF NOT EXISTS \"orders\" (\"id\" bigserial primary key, \"number\" character varying); (fixed)",
        "10: ALTER TABLE \"users\" ADD \"born_on\" date;",
        "15: ALTER TABLE \"users\" ADD \"week\" integer;",
        "21: left: a condition on table_exists?",
    ];
    assert_eq!(read("conditions.rb")?, conditions);
    let beyond = [
        "8: CREATE INDEX \"index_users_on_email\" ON \"users\" (\"email\");",
        "9: left: a call of find_each of User",
        "10: left: a call of each of User.where",
        "14: left: User.column_names",
        "15: ALTER TABLE \"users\" DROP COLUMN \"name\"; (suppressed)",
        "15: DROP VIEW old_users; (suppressed)",
        "19: left: rescue",
        "24: left: while",
    ];
    assert_eq!(read("beyond.rb")?, beyond);
    Ok(())
}

/// Every byte of a file is in a statement, in a comment, behind `__END__`, or between them; and so is every part of a statement.
#[test]
fn nothing_is_lost() -> Result<()> {
    for file in files()? {
        let text = std::fs::read_to_string(&file)?;
        let program = Program::read(&text);
        let mut spans: Vec<ByteSpan> = program.statements.iter().map(Expression::extent).collect();
        spans.extend(program.comments.iter().chain(&program.data));
        spans.sort();
        let mut at = 0;
        for span in spans {
            let between = text[at.min(span.start)..span.start].trim_matches(['\u{FEFF}', ';']);
            ensure!(between.trim().is_empty(), "{}: lost: {between:?}", file.display());
            at = at.max(span.end);
        }
        ensure!(text[at..].trim().is_empty(), "{}: lost: {:?}", file.display(), &text[at..]);
        for statement in &program.statements {
            inside(statement).with_context(|| file.display().to_string())?;
        }
    }
    Ok(())
}

fn inside(expression: &Expression) -> Result<()> {
    let mut parts = Vec::new();
    expression.children(&mut |part| parts.push(part));
    let extent = expression.extent();
    for part in parts {
        let is_inside = extent.start <= part.span.start && part.extent().end <= extent.end;
        ensure!(is_inside, "{:?} is not in {:?}", part.span, expression.span);
        inside(part)?;
    }
    Ok(())
}

/// No text is too much for the reading.
#[test]
fn no_text_makes_it_fail() {
    let deep = |begin: &str, end: &str| begin.repeat(3_000) + &end.repeat(3_000);
    let texts = [
        deep("(", ")"),
        deep("[", ""),
        deep("{ a: ", "}"),
        deep("if a\n", "end\n"),
        deep("\"#{", "}\""),
        deep("-> { ", "}"),
        "a.b".repeat(3_000),
        "1 + ".repeat(3_000),
        "a = ".repeat(3_000),
        "!".repeat(3_000),
        "<<~A\n".repeat(3_000),
        "x ? ".repeat(3_000),
        "%w[".to_owned(),
        "?".to_owned(),
        "\\".to_owned(),
        "\"\\".to_owned(),
        "<<~'".to_owned(),
        "é = \"ü#{ö}\" # \u{1F600}\r\n:é?".to_owned(),
    ];
    for text in &texts {
        let program = Program::read(text);
        assert!(!program.statements.is_empty() || program.error.is_some(), "{:.20}", text);
    }
    // Every beginning of a file, which may cut a string, a block or a heredoc.
    let text = include_str!("samples/rails-reading/read/ruby.rb");
    for end in (0..text.len()).step_by(3).filter(|end| text.is_char_boundary(*end)) {
        let _ = Program::read(&text[..end]);
        let _ = Program::read(&text[end..]);
    }
}

/// How much of what migrations call is understood; the most frequent reasons where it is not.
#[test]
fn nearly_all_calls_are_understood() -> Result<()> {
    let (mut all, mut migrations, mut reasons) = (0, 0, BTreeMap::<String, usize>::new());
    let (mut folder, mut schema) = (PathBuf::new(), Schema::default());
    let mut examples = BTreeMap::<String, String>::new();
    for file in files()? {
        let source = SourceFile::new(file.to_string_lossy().into_owned(), std::fs::read_to_string(&file)?);
        if !source.text.contains("Migration") {
            continue;
        }
        migrations += 1;
        let calls = directives(&source.text);
        if file.parent() != Some(&folder) {
            (folder, schema) = (file.parent().unwrap_or(&file).to_owned(), Schema::default());
            if is_sample_without_history(&folder)? {
                let source = SourceFile::new("create_tables.rb", include_str!("rails/create_tables.rb"));
                RAILS.meet(RAILS.folder.read("0", source)?, &mut schema);
                schema.begin_migration();
            }
        }
        let migration = RAILS.meet(RAILS.folder.read("1", source)?, &mut schema);
        schema.begin_migration();
        // The statements of a call stand for the same place.
        for statement in migration.statements.iter().enumerate().filter(|(at, of)| of.call.start == *at) {
            let span = statement.1.span;
            let count = calls.iter().filter(|call| span.start <= call.start && call.end <= span.end).count();
            all += count;
            let of_call = &migration.statements[statement.1.call.clone()];
            let opaque = of_call.iter().find(|statement| statement.sql.as_deref() == Some(""));
            let why = opaque.and_then(|opaque| match &migration.items.get(opaque.items.start)?.operation {
                Operation::Opaque { what, .. } => Some(what.clone()),
                _ => Some("several statements".to_owned()),
            });
            if let Some(why) = why.filter(|_| count > 0) {
                examples.entry(why.clone()).or_insert_with(|| migration.source.path.to_string());
                *reasons.entry(why).or_default() += count;
            }
        }
    }
    let opaque: usize = reasons.values().sum();
    println!("{migrations} migrations, {all} calls, {opaque} of them opaque");
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (why, count) in reasons.iter().take(60) {
        println!("{count:5} {why} ({})", examples[why]);
    }
    ensure!(all > 40 && opaque * 20 <= all, "{opaque} of {all} calls are opaque");
    Ok(())
}

/// A sample that brings no files before its own comes after the tables of all samples.
fn is_sample_without_history(folder: &Path) -> Result<bool> {
    let is_sample = folder.parent().is_some_and(|samples| samples.ends_with("tests/samples/rails"));
    let mut migrations = 0;
    for entry in std::fs::read_dir(folder)? {
        migrations += usize::from(entry?.file_name().to_string_lossy().starts_with("20"));
    }
    Ok(is_sample && migrations == 1)
}

/// The calls of schema methods, on the migration, a connection or a table, and of `execute`.
fn directives(file: &str) -> Vec<ByteSpan> {
    const BEGINS: [&str; 8] = ["add_", "remove_", "create_", "drop_", "change_", "rename_", "validate_", "enable_"];
    let mut calls = Vec::new();
    for statement in &Program::read(file).statements {
        statement.walk(&mut |part| {
            let ExpressionKind::Call(call) = &part.kind else { return };
            let name = call.name.slice(file);
            let is_on_table = call.receiver.as_ref().is_some_and(|of| of.span.slice(file) == "t");
            let is_directive = match &call.receiver {
                None => name == "execute" || BEGINS.iter().any(|begin| name.starts_with(begin)),
                Some(_) => is_on_table || name == "execute",
            };
            if is_directive {
                calls.push(part.span);
            }
        });
    }
    calls
}

/// As Ruby writes it.
fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
