//! The classes in a file of models, as far as they say which table is theirs.

use crate::framework::rails::ruby::{Argument, Call, Class, Expression, ExpressionKind, Part, Program};

/// A class that may be a model, or a module around some.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ModelClass {
    /// The file, by index.
    pub file: usize,
    /// Its line, from 1 on.
    pub line: usize,
    /// Its name with those of what is around it: `Blog::Post`.
    pub name: String,
    /// What it comes from, as it is written; empty for a module and for a class that comes from nothing.
    pub superclass: String,
    /// `self.table_name`, where it is a plain string.
    pub table: Option<String>,
    /// `def self.table_name_prefix`, where it is a plain string.
    pub prefix: Option<String>,
    /// It has no table of its own.
    pub is_abstract: bool,
    /// The columns that it ignores.
    pub ignored: Vec<String>,
    /// What it ignores is set, whatever the class ignores that it comes from.
    pub ignores_no_more: bool,
    /// The line of something that is said of ignored columns and cannot be read.
    pub unread: Option<usize>,
    /// The tables that `has_and_belongs_to_many` joins it with, each with the name of the join table where one is given.
    pub joined: Vec<(String, Option<String>)>,
}

/// The classes in a file.
pub(super) fn classes(file: usize, text: &str) -> Vec<ModelClass> {
    let mut found = Vec::new();
    let program = Program::read(text);
    program.statements.iter().for_each(|statement| Reader { file, text }.find(statement, "", &mut found));
    found
}

struct Reader<'t> {
    file: usize,
    text: &'t str,
}

impl Reader<'_> {
    fn find(&self, expression: &Expression, around: &str, found: &mut Vec<ModelClass>) {
        let ExpressionKind::Class(class) = &expression.kind else { return };
        if class.name.kind == ExpressionKind::Keyword {
            return; // class << self
        }
        let own = class.name.span.slice(self.text).trim_start_matches("::");
        let name = if around.is_empty() { own.to_owned() } else { format!("{around}::{own}") };
        found.push(self.class(expression, class, &name));
        class.body.statements.iter().for_each(|member| self.find(member, &name, found));
    }

    fn class(&self, expression: &Expression, class: &Class, name: &str) -> ModelClass {
        let superclass = class.superclass.as_ref().map(|superclass| superclass.span.slice(self.text).to_owned());
        let mut model = ModelClass {
            file: self.file,
            line: self.line(expression),
            name: name.to_owned(),
            superclass: superclass.unwrap_or_default(),
            ..ModelClass::default()
        };
        for member in &class.body.statements {
            match &member.kind {
                ExpressionKind::Class(_) => {}
                ExpressionKind::Assign(targets, operator, value) if self.is_known(targets) => {
                    self.assigned(&targets[0], operator.slice(self.text), value, &mut model);
                }
                ExpressionKind::Name if member.span.slice(self.text) == "primary_abstract_class" => {
                    model.is_abstract = true;
                }
                ExpressionKind::Call(call) if call.name.slice(self.text) == "has_and_belongs_to_many" => {
                    model.joined.extend(self.joined(call));
                }
                ExpressionKind::Method(method) if method.name.slice(self.text) == "table_name_prefix" => {
                    model.prefix = match method.body.statements.as_slice() {
                        [only] => self.word(only),
                        _ => None,
                    };
                }
                _ if member.span.slice(self.text).contains("ignored_columns") => model.unread = Some(self.line(member)),
                _ => {}
            }
        }
        model
    }

    fn line(&self, expression: &Expression) -> usize {
        self.text[..expression.span.start].matches('\n').count() + 1
    }

    fn is_known(&self, targets: &[Expression]) -> bool {
        let [target] = targets else { return false };
        ["table_name", "ignored_columns", "abstract_class"].iter().any(|name| self.is_own(target, name))
    }

    /// `self.name`.
    fn is_own(&self, target: &Expression, name: &str) -> bool {
        let text: String = target.span.slice(self.text).split_whitespace().collect();
        text.strip_prefix("self.") == Some(name)
    }

    fn assigned(&self, target: &Expression, operator: &str, value: &Expression, model: &mut ModelClass) {
        if self.is_own(target, "table_name") {
            model.table = self.word(value);
            return;
        }
        if self.is_own(target, "abstract_class") {
            model.is_abstract = value.span.slice(self.text) == "true";
            return;
        }
        let words = self.words(value);
        match (operator, &words) {
            ("=", Some(_)) => {
                model.ignored.clear();
                model.ignores_no_more = true;
                model.unread = None;
            }
            ("+=" | "|=", Some(_)) => {}
            _ => model.unread = Some(self.line(target)),
        }
        model.ignored.extend(words.unwrap_or_default());
    }

    /// The words of an array, also one that is frozen.
    fn words(&self, value: &Expression) -> Option<Vec<String>> {
        match &value.kind {
            ExpressionKind::Array(parts) => parts.iter().map(|part| self.word(part)).collect(),
            ExpressionKind::Parentheses(parts) => match parts.as_slice() {
                [only] => self.words(only),
                _ => None,
            },
            ExpressionKind::Call(call) if call.name.slice(self.text) == "freeze" && call.arguments.is_empty() => {
                self.words(call.receiver.as_ref()?)
            }
            _ => None,
        }
    }

    /// A plain string or symbol.
    fn word(&self, value: &Expression) -> Option<String> {
        let ExpressionKind::Quoted(quoted) = &value.kind else { return None };
        let parts = quoted.parts.iter().map(|part| match part {
            Part::Text(text) => Some(text.value.as_str()),
            Part::Field(..) => None,
        });
        parts.collect()
    }

    fn joined(&self, call: &Call) -> Option<(String, Option<String>)> {
        let Some(Argument::Value(first)) = call.arguments.first() else { return None };
        let named = call.arguments.iter().find_map(|argument| match argument {
            Argument::Pair(pair) => {
                let key = pair.key.as_ref()?.span.slice(self.text);
                self.word(pair.value.as_ref().filter(|_| key.trim_matches(':') == "join_table")?)
            }
            Argument::Value(_) => None,
        });
        Some((self.word(first)?, named))
    }
}
