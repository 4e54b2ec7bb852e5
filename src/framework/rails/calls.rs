//! TEMPORARY: until the reading comes.
use super::operations::{Condition, Context, Version, inverse, statements};
use super::ruby::{Argument, Expression, ExpressionKind as K, Part, Program, QuotedKind};
use super::value::{Arguments, BlockCall, Call as SchemaCall, Receiver, Value};
use crate::framework::FrameworkError;
use crate::framework::header::Undo;
use crate::framework::migration::{Call, Migration, Sending};
use crate::framework::text::Text;
use crate::operation::Operation;
use crate::source::{ByteSpan, SourceFile};
use crate::sql::{Located, Reading, read_statement};

pub(super) fn read(name: &str, source: SourceFile) -> Result<Migration, FrameworkError> {
    let text = source.text.clone();
    let program = Program::read(&text);
    let mut calls = Vec::new();
    let mut title = name.to_owned();
    let mut downgrade = None;
    if let super::names::Named::Migration(file) = super::names::Named::of(source.path.file_name().unwrap_or_default()) {
        let words = file.words;
        title =
            words.rsplit_once("_step_").filter(|(_, n)| n.parse::<u32>().is_ok()).map_or(words, |(w, _)| w).to_owned();
    }
    let class = program.statements.iter().find_map(|e| match &e.kind {
        K::Class(c) if c.superclass.as_ref().is_some_and(|s| s.span.slice(&text).contains("Migration")) => Some(c),
        _ => None,
    });
    if let Some(class) = class {
        let sup = class.superclass.as_ref().unwrap().span.slice(&text);
        let bracket: Version = sup.split(['[', ']']).nth(1).and_then(|v| v.parse().ok()).unwrap_or(Version(4, 2));
        let context = Context::of(bracket, Version(7, 2));
        let outside = class.body.statements.iter().any(|s| s.span.slice(&text).starts_with("disable_ddl"));
        let method = |name: &str| {
            class.body.statements.iter().find_map(|s| match &s.kind {
                K::Method(m) if m.name.slice(&text) == name => Some((s.span, m)),
                _ => None,
            })
        };
        let reader = Reader { text: &text, context, outside };
        if let Some((_, m)) = method("change").or(method("up")) {
            let mut end = m.head.end;
            for s in &m.body.statements {
                let from = calls.len();
                reader.statement(s, &mut calls, false);
                let span = s.extent();
                if let Some(first) = calls.get_mut(from) {
                    let line = text[end..].find('\n').map_or(end, |a| end + a + 1).min(s.span.start);
                    first.leading = Some(ByteSpan::new(line, s.span.start));
                }
                if calls.len() > from + 1 {
                    for c in &mut calls[from + 1..] {
                        c.leading = Some(ByteSpan::new(c.span.start, c.span.start));
                    }
                }
                end = span.end;
            }
        }
        if method("change").is_none()
            && let Some((_, m)) = method("down")
        {
            let mut down = Vec::new();
            m.body.statements.iter().for_each(|s| reader.statement(s, &mut down, false));
            let sends: Vec<Sending> = down.into_iter().flat_map(|c| c.sends).collect();
            downgrade = match sends.iter().any(|s| s.sql.is_empty()) {
                true => Some(Undo::Impossible),
                false => (!sends.is_empty()).then(|| Undo::By(sends.into_iter().map(|s| s.sql).collect())),
            };
        } else if let Some((_, m)) = method("change") {
            let mut all = Vec::new();
            let mut ok = true;
            for s in m.body.statements.iter().rev() {
                match reader.call(s).and_then(|c| inverse(&c, &context).ok()) {
                    Some(calls) => {
                        for c in calls {
                            match statements(&c, &context) {
                                Ok(s) => all.extend(s.into_iter().map(|s| s.sql)),
                                Err(_) => ok = false,
                            }
                        }
                    }
                    None => ok = false,
                }
            }
            downgrade = if ok && !all.is_empty() {
                Some(Undo::By(all))
            } else if ok {
                None
            } else {
                Some(Undo::Impossible)
            };
        }
    }
    let mut migration = Migration::of_calls(name.to_owned(), source, super::SIGN, super::RAILS.runner, calls);
    migration.title = title;
    migration.downgrade = downgrade;
    Ok(migration)
}

struct Reader<'a> {
    text: &'a str,
    context: Context<'a>,
    outside: bool,
}

impl Reader<'_> {
    fn statement(&self, s: &Expression, calls: &mut Vec<Call>, bounded: bool) {
        let span = s.extent();
        if let K::Call(call) = &s.kind {
            let name = call.name.slice(self.text);
            if call.receiver.is_none()
                && matches!(name, "retry_on_lock_timeout" | "without_timeouts" | "safety_assured")
                && let Some(block) = &call.block
            {
                for s in &block.body.statements {
                    self.statement(s, calls, bounded || name.starts_with("retry"));
                }
                return;
            }
            let on_connection = call.receiver.as_ref().is_none_or(|r| r.span.slice(self.text) == "connection");
            if name == "execute"
                && on_connection
                && let Some(Argument::Value(v)) = call.arguments.first()
                && let Value::Text(t) = self.value(v)
            {
                let sends = crate::sql::split(&t.value)
                    .pieces
                    .iter()
                    .map(|p| {
                        self.sending(
                            &(p.span.slice(&t.value).trim_end().trim_end_matches(';').to_owned() + ";"),
                            span,
                            bounded,
                        )
                    })
                    .collect();
                calls.push(Call { leading: None, span, behind: None, sends });
                return;
            }
            if name == "drop_invalid_index"
                && let Some(Argument::Value(v)) = call.arguments.first()
                && let Value::Text(t) = self.value(v)
            {
                let i = &t.value;
                let sql = format!(
                    "DO $check$ BEGIN IF EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('{i}') AND NOT indisvalid) THEN DROP INDEX {i}; END IF; END $check$;"
                );
                calls.push(Call { leading: None, span, behind: None, sends: vec![self.sending(&sql, span, true)] });
                return;
            }
            if let Some(c) = self.call(s) {
                if let Ok(sent) = statements(&c, &self.context) {
                    let sends = sent
                        .iter()
                        .map(|s| {
                            let _ = Condition::Always;
                            self.sending(&format!("{};", s.sql), span, bounded)
                        })
                        .collect();
                    calls.push(Call { leading: None, span, behind: None, sends });
                    return;
                }
            }
        }
        calls.push(Call { leading: None, span, behind: None, sends: vec![self.unknown(span)] });
    }

    fn call(&self, s: &Expression) -> Option<SchemaCall> {
        let K::Call(call) = &s.kind else { return None };
        let receiver = match &call.receiver {
            None => Receiver::Migration,
            Some(r) if r.span.slice(self.text) == "connection" => Receiver::Connection,
            _ => return None,
        };
        let block = match &call.block {
            None => None,
            Some(b) => Some(
                b.body
                    .statements
                    .iter()
                    .map(|s| match &s.kind {
                        K::Call(c) => Some(BlockCall {
                            method: c.name.slice(self.text).to_owned(),
                            arguments: self.arguments(&c.arguments),
                            span: s.span,
                        }),
                        _ => None,
                    })
                    .collect::<Option<Vec<_>>>()?,
            ),
        };
        Some(SchemaCall {
            method: call.name.slice(self.text).to_owned(),
            receiver,
            arguments: self.arguments(&call.arguments),
            block,
            span: s.span,
        })
    }

    fn sending(&self, sql: &str, span: ByteSpan, bounded: bool) -> Sending {
        let mut reading = read_statement(sql);
        reading.bounds_lock_waits |= bounded;
        let spans = vec![span; reading.operations.len()];
        Sending { sql: sql.to_owned(), reading, spans, is_outside: self.outside }
    }

    fn unknown(&self, span: ByteSpan) -> Sending {
        let operation = Operation::Opaque { what: "Ruby".into(), is_program: true };
        let operations = vec![Located { operation, span: ByteSpan::new(0, 0) }];
        Sending { sql: String::new(), reading: Reading::plain(operations), spans: vec![span], is_outside: self.outside }
    }

    fn arguments(&self, all: &[Argument]) -> Arguments {
        let mut out = Arguments::default();
        for a in all {
            match a {
                Argument::Value(v) => match self.value(v) {
                    Value::Hash(h) if h.iter().all(|(k, _)| k.name().is_some()) => {
                        out.named.extend(h.into_iter().map(|(k, v)| (k.name().unwrap().to_owned(), v)))
                    }
                    v => out.positional.push(v),
                },
                Argument::Pair(p) => {
                    let k = p
                        .key
                        .as_ref()
                        .map(|k| self.value(k))
                        .and_then(|k| k.name().map(str::to_owned))
                        .unwrap_or_default();
                    out.named.push((k, p.value.as_ref().map_or(Value::Nil, |v| self.value(v))));
                }
            }
        }
        out
    }

    fn value(&self, e: &Expression) -> Value {
        match &e.kind {
            K::Quoted(q) => {
                let mut t = Text::default();
                for p in &q.parts {
                    match p {
                        Part::Text(x) => t.append(x),
                        Part::Field(..) => return Value::Unknown("interpolation".into()),
                    }
                }
                if q.kind == QuotedKind::Symbol { Value::Symbol(t.value) } else { Value::Text(t) }
            }
            K::Number => Value::Number(e.span.slice(self.text).replace('_', "")),
            K::Keyword => match e.span.slice(self.text) {
                "true" => Value::Boolean(true),
                "false" => Value::Boolean(false),
                "nil" => Value::Nil,
                w => Value::Unknown(w.into()),
            },
            K::Array(v) => Value::Array(v.iter().map(|v| self.value(v)).collect()),
            K::Hash(p) => Value::Hash(
                p.iter()
                    .map(|p| {
                        (
                            p.key.as_ref().map_or(Value::Nil, |k| self.value(k)),
                            p.value.as_ref().map_or(Value::Nil, |k| self.value(k)),
                        )
                    })
                    .collect(),
            ),
            K::Lambda(b) => b.body.statements.first().map_or(Value::Nil, |s| Value::Proc(Box::new(self.value(s)))),
            _ => Value::Unknown(e.span.slice(self.text).to_owned()),
        }
    }
}
