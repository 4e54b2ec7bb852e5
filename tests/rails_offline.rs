//! The SQL that we give for each schema method is what the real Active Record sends, under each version in brackets, when it
//! migrates and when it rolls `change` back.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use safestep::framework::rails::operations::{Condition, Context, RAILS_OWN, Sent, Version, rollback, statements};
use safestep::framework::rails::value::{Arguments, BlockCall, Call, Receiver, Value};
use safestep::framework::text::Text;
use safestep::schema::Schema;
use safestep::source::ByteSpan;
use safestep::sql::{PieceKind, split};
use serde_json::Value as Json;

use bench::server::Server;
use bench::variable;

/// The versions in brackets.
const BRACKETS: [Version; 12] = [
    Version(4, 2),
    Version(5, 0),
    Version(5, 1),
    Version(5, 2),
    Version(6, 0),
    Version(6, 1),
    Version(7, 0),
    Version(7, 1),
    Version(7, 2),
    Version(8, 0),
    Version(8, 1),
    Version(8, 2),
];

#[test]
fn statements_are_what_active_record_sends_6() -> Result<()> {
    compare("SAFESTEP_TEST_RAILS_6")
}

#[test]
fn statements_are_what_active_record_sends_7() -> Result<()> {
    compare("SAFESTEP_TEST_RAILS_7")
}

#[test]
fn names_are_inflected_as_active_support_does() -> Result<()> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rails/inflections.rb");
    let mut ruby = Command::new(variable("SAFESTEP_TEST_RAILS_7")?);
    let mut child = ruby.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let words: Vec<String> = WORDS
        .split_whitespace()
        .flat_map(|word| [word.to_owned(), format!("user_{word}"), format!("{word}s"), format!("{word}es")])
        .collect();
    child.stdin.take().context("its input")?.write_all(words.join("\n").as_bytes())?;
    let output = String::from_utf8(child.wait_with_output()?.stdout)?;
    let mut different = Vec::new();
    for (word, line) in words.iter().zip(output.lines()) {
        let ours = format!("{} {}", RAILS_OWN.plural(word), RAILS_OWN.singular(word));
        if ours != line {
            different.push(format!("{word}: {ours} instead of {line}"));
        }
    }
    ensure!(output.lines().count() == words.len(), "{} lines for {} words", output.lines().count(), words.len());
    ensure!(different.is_empty(), "{}", different.join("\n"));
    Ok(())
}

/// Words for each rule, and words that fall between them.
const WORDS: &str = "user post category address status alias bus virus octopus octopi axis testis ox mouse mice louse quiz
    matrix vertex index indices box church class dish day toy key query soliloquy hive knife wife half shelf leaf wolf scarf
    analysis basis crisis diagnosis parenthesis prognosis synopsis thesis datum medium stadium data media criterion buffalo
    tomato potato hero photo shoe toe person people man men woman human child children sex move movie zombie news series
    species equipment information rice money fish sheep jeans police database process success access business tax fax
    batch search cache size house horse image page edge case phase purchase response license release lens gas atlas
    canvas campus menu taxi wave curve valve drive archive olive objective motive cookie brownie tie lie fly boy money
    bureau chief roof safe giraffe cliff staff proof belief dwarf turf serf loaf thief life self elf calf moose goose
    foot tooth die cactus focus radius bonus census genus corpus opus formula antenna larva alumna schema stigma
    phenomenon automaton appendix codex helix suffix prefix complex annex reflex quizz buzz waltz topaz";

#[derive(Default)]
struct Outcome {
    same: usize,
    errors: usize,
    opaque: BTreeMap<String, Vec<String>>,
    different: Vec<String>,
}

fn compare(ruby: &str) -> Result<()> {
    let ruby = variable(ruby)?;
    let mut outcome = Outcome::default();
    for bracket in BRACKETS {
        if !run(&ruby, bracket, "", "", &mut outcome)? {
            break;
        }
        if [Version(5, 0), Version(6, 1), Version(7, 0), Version(7, 2)].contains(&bracket) {
            run(&ruby, bracket, "pp_", "_ss", &mut outcome)?;
        }
    }
    println!("{} calls are the same, {} fail on both sides", outcome.same, outcome.errors);
    for (why, calls) in &outcome.opaque {
        println!("{} opaque: {why} ({})", calls.len(), calls[0]);
    }
    ensure!(outcome.different.is_empty(), "{} differ:\n{}", outcome.different.len(), outcome.different.join("\n"));
    ensure!(outcome.opaque.is_empty(), "calls that Active Record makes are opaque");
    ensure!(outcome.same > 1000, "only {} calls", outcome.same);
    Ok(())
}

/// The sample files.
fn samples() -> Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rails/methods");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.sort();
    if let Ok(only) = std::env::var("SAFESTEP_TEST_ONLY") {
        let stem = |file: &PathBuf| file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        files.retain(|file| only.split(',').any(|wanted| stem(file).as_deref() == Some(wanted)));
    }
    Ok(files)
}

/// Runs the samples under a version; `false` where this Active Record does not know it.
fn run(ruby: &str, bracket: Version, prefix: &str, suffix: &str, outcome: &mut Outcome) -> Result<bool> {
    let database = Server::of(15)?.create()?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rails/methods.rb");
    let mut command = Command::new(ruby);
    command.arg(script).args([&database.url, &bracket.to_string(), prefix, suffix]).args(samples()?);
    let output = command.output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    if told.contains("Unknown migration version") {
        return Ok(false);
    }
    ensure!(output.status.success(), "{told}");
    let mut rails = Version::NEWEST;
    let mut file = String::new();
    let mut schema = Schema::default();
    for line in String::from_utf8(output.stdout)?.lines() {
        let line: Json = serde_json::from_str(line)?;
        if let Some(version) = line["rails"].as_str() {
            rails = version.parse().ok().context("a version")?;
            continue;
        }
        if let Some(name) = line["file"].as_str() {
            name.rsplit('/').next().unwrap_or(name).clone_into(&mut file);
            schema = Schema::default();
            continue;
        }
        let method = line["method"].as_str().context("a method")?;
        let call = Call {
            method: method.to_owned(),
            receiver: Receiver::Migration,
            arguments: arguments(&line["arguments"]),
            block: line["block"].as_array().map(|calls| calls.iter().map(block_call).collect()),
            span: ByteSpan::new(0, 0),
        };
        let inflections = &RAILS_OWN;
        let context = Context { bracket, rails, prefix, suffix, datetime: "timestamp", inflections, schema: None };
        let place = format!("{file} [{bracket}] on {rails} {prefix} {method}{}", line["arguments"]);
        judge(&place, statements(&call, &Context { schema: Some(&schema), ..context }), &line["sent"], outcome);
        for sql in line["sent"].as_array().into_iter().flatten().filter_map(Json::as_str) {
            apply(sql, &mut schema);
        }
        let place = format!("{place}, rolled back");
        // What could not be done cannot be taken back.
        if !line["sent"].is_array() {
            continue;
        }
        judge(&place, rollback(&call, &Context { schema: Some(&schema), ..context }), &line["rolled_back"], outcome);
    }
    Ok(true)
}

fn judge(place: &str, ours: Result<Vec<Sent>, String>, theirs: &Json, outcome: &mut Outcome) {
    let sql = |theirs: &Json| -> Vec<String> {
        theirs.as_array().into_iter().flatten().filter_map(Json::as_str).map(spaced).collect()
    };
    let is_same = match (&ours, theirs) {
        (Err(why), Json::Array(sent)) if !sent.is_empty() => {
            outcome.opaque.entry(why.clone()).or_default().push(place.to_owned());
            return;
        }
        (Ok(ours), Json::Array(_)) => are_same(ours, &sql(theirs)),
        (Ok(ours), theirs) if theirs["refused"].is_array() => begins_as(ours, &sql(&theirs["refused"])),
        // What Active Record does not find, PostgreSQL would not find either.
        (Ok(_), theirs) if theirs["error"].as_str().is_some_and(|error| error.contains(" has no ")) => {
            outcome.errors += 1;
            return;
        }
        // What PostgreSQL refuses may as well be something that we do not understand.
        (Err(_), _) => {
            outcome.errors += 1;
            return;
        }
        _ => false,
    };
    match is_same {
        true => outcome.same += 1,
        false => outcome.different.push(format!("{place}\n  ours:   {ours:?}\n  theirs: {theirs}")),
    }
}

/// Every statement of theirs is one of ours in the same order; what of ours they do not send has a condition.
fn are_same(ours: &[Sent], theirs: &[String]) -> bool {
    let mut theirs = theirs.iter().peekable();
    for sent in ours {
        let is_it = theirs.peek().is_some_and(|next| is_it(sent, next));
        if is_it {
            theirs.next();
        } else if sent.condition == Condition::Always {
            return false;
        }
    }
    theirs.next().is_none()
}

/// The last of theirs failed.
fn begins_as(ours: &[Sent], theirs: &[String]) -> bool {
    (0..=ours.len()).any(|end| are_same(&ours[..end], theirs))
}

fn is_it(sent: &Sent, theirs: &str) -> bool {
    let ours = spaced(&sent.sql);
    // `create_enum` sends a block that looks first.
    ours == theirs || (theirs.starts_with("DO $$") && theirs.contains(&ours))
}

/// With single blanks, and without the schema that a sequence is found in.
fn spaced(sql: &str) -> String {
    let words = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    // 7.1 and 7.2 say when a foreign key is checked twice.
    let once = ["IMMEDIATE", "DEFERRED"].iter().fold(words, |words, when| {
        let clause = format!(" DEFERRABLE INITIALLY {when}");
        words.replace(&format!("{clause}{clause}"), &clause)
    });
    once.trim_end_matches(';').replace("\"public\".", "").replace(" )", ")").replace(" ,", ",")
}

fn apply(sql: &str, schema: &mut Schema) {
    let script = split(sql);
    for piece in script.pieces.iter().filter(|piece| piece.kind == PieceKind::Statement) {
        for located in script.read(piece, sql).operations {
            schema.apply(&located.operation);
        }
    }
}

fn block_call(call: &Json) -> BlockCall {
    BlockCall {
        method: call["method"].as_str().unwrap_or_default().to_owned(),
        arguments: arguments(&call["arguments"]),
        span: ByteSpan::new(0, 0),
    }
}

fn arguments(written: &Json) -> Arguments {
    let pair = |pair: &Json| (pair[0].as_str().unwrap_or_default().to_owned(), value(&pair[1]));
    Arguments {
        positional: written["positional"].as_array().into_iter().flatten().map(value).collect(),
        named: written["named"].as_array().into_iter().flatten().map(pair).collect(),
    }
}

fn value(written: &Json) -> Value {
    match written {
        Json::Null => Value::Nil,
        Json::Bool(on) => Value::Boolean(*on),
        Json::Array(values) => Value::Array(values.iter().map(value).collect()),
        Json::Object(object) => {
            let text = |key: &str| object.get(key).and_then(Json::as_str).map(str::to_owned);
            if let Some(text) = text("text") {
                Value::Text(Text::standing_for(text, ByteSpan::new(0, 0)))
            } else if let Some(name) = text("symbol") {
                Value::Symbol(name)
            } else if let Some(number) = text("number") {
                Value::Number(number)
            } else if let Some(pairs) = object.get("hash").and_then(Json::as_array) {
                Value::Hash(pairs.iter().map(|pair| (value(&pair[0]), value(&pair[1]))).collect())
            } else if let Some(returned) = object.get("proc") {
                Value::Proc(Box::new(value(returned)))
            } else {
                Value::Unknown(text("unknown").unwrap_or_default())
            }
        }
        other => Value::Unknown(other.to_string()),
    }
}
