//! Plurals and singulars of names (`active_support/inflections.rb`, which has not changed since 4.2).

use crate::framework::rails::ruby::{Argument, Call, Expression, ExpressionKind, Part, Program, QuotedKind};

/// What a project adds to the rules that Rails comes with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inflections {
    /// `inflect.irregular`, `inflect.plural` and `inflect.singular`, in order.
    own: Vec<OwnRule>,
    /// `inflect.uncountable "word"`.
    uncountable: Vec<String>,
}

/// A rule of a project's.
#[derive(Debug, Clone, PartialEq, Eq)]
enum OwnRule {
    /// `"singular", "plural"`.
    Irregular(String, String),
    /// `/ending$/, "what comes instead"`, in plurals.
    Plural(String, String),
    /// The same in singulars.
    Singular(String, String),
}

/// Which of the two is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Number {
    Plural,
    Singular,
}

/// A rule: how a word ends (`^`: the whole of it; `[^…]`: one letter that is none of these), how many letters go, what comes.
type Rule = (&'static str, usize, &'static str);

/// In the order in which they are tried: those that were given last come first.
const PLURAL: &[Rule] = &[
    ("quiz", 0, "zes"),
    ("^oxen", 0, ""),
    ("^ox", 0, "en"),
    ("^mice", 0, ""),
    ("^lice", 0, ""),
    ("^mouse", 4, "ice"),
    ("^louse", 4, "ice"),
    ("matrix", 2, "ices"),
    ("matrex", 2, "ices"),
    ("vertix", 2, "ices"),
    ("vertex", 2, "ices"),
    ("indix", 2, "ices"),
    ("index", 2, "ices"),
    ("x", 0, "es"),
    ("ch", 0, "es"),
    ("ss", 0, "es"),
    ("sh", 0, "es"),
    ("[^aeiouy]y", 1, "ies"),
    ("quy", 1, "ies"),
    ("hive", 0, "s"),
    ("[^f]fe", 2, "ves"),
    ("lf", 1, "ves"),
    ("rf", 1, "ves"),
    ("sis", 3, "ses"),
    ("ta", 0, ""),
    ("ia", 0, ""),
    ("tum", 2, "a"),
    ("ium", 2, "a"),
    ("buffalo", 0, "es"),
    ("tomato", 0, "es"),
    ("bus", 1, "ses"),
    ("alias", 0, "es"),
    ("status", 0, "es"),
    ("octopi", 0, ""),
    ("viri", 0, ""),
    ("octopus", 2, "i"),
    ("virus", 2, "i"),
    ("^axis", 2, "es"),
    ("^testis", 2, "es"),
    ("s", 0, ""),
    ("", 0, "s"),
];

const SINGULAR: &[Rule] = &[
    ("databases", 1, ""),
    ("quizzes", 3, ""),
    ("matrices", 4, "ix"),
    ("vertices", 4, "ex"),
    ("indices", 4, "ex"),
    ("^oxen", 2, ""),
    ("aliases", 2, ""),
    ("statuses", 2, ""),
    ("alias", 0, ""),
    ("status", 0, ""),
    ("octopus", 0, ""),
    ("virus", 0, ""),
    ("octopi", 1, "us"),
    ("viri", 1, "us"),
    ("^axis", 0, ""),
    ("^axes", 2, "is"),
    ("crisis", 0, ""),
    ("crises", 2, "is"),
    ("testis", 0, ""),
    ("testes", 2, "is"),
    ("shoes", 1, ""),
    ("oes", 2, ""),
    ("buses", 2, ""),
    ("bus", 0, ""),
    ("^mice", 3, "ouse"),
    ("^lice", 3, "ouse"),
    ("xes", 2, ""),
    ("ches", 2, ""),
    ("sses", 2, ""),
    ("shes", 2, ""),
    ("movies", 1, ""),
    ("series", 0, ""),
    ("[^aeiouy]ies", 3, "y"),
    ("quies", 3, "y"),
    ("lves", 3, "f"),
    ("rves", 3, "f"),
    ("tives", 1, ""),
    ("hives", 1, ""),
    ("[^f]ves", 3, "fe"),
    ("analysis", 0, ""),
    ("analyses", 2, "is"),
    ("basis", 0, ""),
    ("bases", 2, "is"),
    ("diagnosis", 0, ""),
    ("diagnoses", 2, "is"),
    ("parenthesis", 0, ""),
    ("parentheses", 2, "is"),
    ("prognosis", 0, ""),
    ("prognoses", 2, "is"),
    ("synopsis", 0, ""),
    ("synopses", 2, "is"),
    ("thesis", 0, ""),
    ("theses", 2, "is"),
    ("ta", 1, "um"),
    ("ia", 1, "um"),
    ("news", 0, ""),
    ("ss", 0, ""),
    ("s", 1, ""),
];

const IRREGULAR: &[(&str, &str)] = &[
    ("person", "people"),
    ("man", "men"),
    ("child", "children"),
    ("sex", "sexes"),
    ("move", "moves"),
    ("zombie", "zombies"),
];

const UNCOUNTABLE: &[&str] =
    &["equipment", "information", "rice", "money", "species", "series", "fish", "sheep", "jeans", "police"];

/// Nothing but what Rails comes with.
pub static RAILS_OWN: Inflections = Inflections { own: Vec::new(), uncountable: Vec::new() };

impl Inflections {
    /// Reads what `ActiveSupport::Inflector.inflections` is given in a file. A pattern is read that is the end of a word.
    pub fn read(&mut self, text: &str) {
        for statement in &Program::read(text).statements {
            statement.walk(&mut |expression| {
                if let ExpressionKind::Call(call) = &expression.kind {
                    self.add(text, call);
                }
            });
        }
    }

    fn add(&mut self, text: &str, call: &Call) {
        let values: Vec<&Expression> = call
            .arguments
            .iter()
            .filter_map(|argument| match argument {
                Argument::Value(value) => Some(value),
                Argument::Pair(_) => None,
            })
            .collect();
        let both = || match values[..] {
            [first, second] => Some((word(text, first)?, word(text, second)?)),
            _ => None,
        };
        match call.name.slice(text) {
            "irregular" => self.own.extend(both().map(|(one, many)| OwnRule::Irregular(one, many))),
            "plural" => self.own.extend(both().map(|(ending, new)| OwnRule::Plural(ending, new))),
            "singular" => self.own.extend(both().map(|(ending, new)| OwnRule::Singular(ending, new))),
            "uncountable" => {
                for value in values {
                    match &value.kind {
                        ExpressionKind::Array(words) => {
                            self.uncountable.extend(words.iter().filter_map(|value| word(text, value)));
                        }
                        _ => self.uncountable.extend(word(text, value)),
                    }
                }
            }
            _ => {}
        }
    }

    /// The plural of a name.
    pub fn plural(&self, word: &str) -> String {
        self.inflected(word, PLURAL, Number::Plural)
    }

    /// The singular of a name.
    pub fn singular(&self, word: &str) -> String {
        self.inflected(word, SINGULAR, Number::Singular)
    }

    fn inflected(&self, word: &str, rules: &[Rule], number: Number) -> String {
        let lower = word.to_ascii_lowercase();
        let last = lower.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        let own = self.uncountable.iter().map(String::as_str);
        if own.chain(UNCOUNTABLE.iter().copied()).any(|uncountable| last == uncountable.to_ascii_lowercase()) {
            return word.to_owned();
        }
        // What was said last is tried first.
        let own = self.own.iter().rev().find_map(|rule| match (rule, number) {
            (OwnRule::Irregular(one, many), _) => irregular(word, &lower, (one, many), number),
            (OwnRule::Plural(ending, new), Number::Plural) | (OwnRule::Singular(ending, new), Number::Singular) => {
                word.strip_suffix(ending.as_str()).map(|kept| format!("{kept}{new}"))
            }
            _ => None,
        });
        let known = || IRREGULAR.iter().rev().find_map(|pair| irregular(word, &lower, *pair, number));
        let by_rule = || {
            let (_, cut, new) = rules.iter().find(|(ending, ..)| ends(&lower, ending))?;
            Some(format!("{}{new}", &word[..word.len() - cut]))
        };
        own.or_else(known).or_else(by_rule).unwrap_or_else(|| word.to_owned())
    }
}

/// A word of which both numbers are known.
fn irregular(word: &str, lower: &str, pair: (&str, &str), number: Number) -> Option<String> {
    let to = if number == Number::Plural { pair.1 } else { pair.0 };
    let form = [pair.1, pair.0].into_iter().find(|form| lower.ends_with(&form.to_ascii_lowercase()))?;
    let kept = word.len() - form.len();
    // Where both begin alike, the letter stays as it is written.
    let begin_alike = pair.0.chars().next() == pair.1.chars().next();
    let first = word[kept..].chars().next().filter(|_| begin_alike);
    let rest = if first.is_some() { &to[to.chars().next().map_or(0, char::len_utf8)..] } else { to };
    Some(format!("{}{}{rest}", &word[..kept], first.map(String::from).unwrap_or_default()))
}

/// A string, or a pattern that is the end of a word: `/chassis$/`, `/chassis\z/`.
fn word(text: &str, value: &Expression) -> Option<String> {
    let ExpressionKind::Quoted(quoted) = &value.kind else { return None };
    let [Part::Text(inside)] = &quoted.parts[..] else { return None };
    let is_plain =
        |word: &str| !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '\''));
    match quoted.kind {
        QuotedKind::String | QuotedKind::Symbol => is_plain(&inside.value).then(|| inside.value.clone()),
        QuotedKind::Regex => {
            let whole = value.span.slice(text);
            let ending = whole.trim_start_matches('/').trim_end_matches(['i', '/']);
            let ending = ending.strip_suffix('$').or_else(|| ending.strip_suffix("\\z"))?;
            is_plain(ending).then(|| ending.to_owned())
        }
        QuotedKind::Command => None,
    }
}

/// Whether a word ends as a rule says.
fn ends(word: &str, ending: &str) -> bool {
    if let Some(whole) = ending.strip_prefix('^') {
        return word == whole;
    }
    let Some((none_of, rest)) = ending.strip_prefix("[^").and_then(|class| class.split_once(']')) else {
        return word.ends_with(ending);
    };
    word.strip_suffix(rest).and_then(|before| before.chars().last()).is_some_and(|letter| !none_of.contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_inflected_as_rails_does() {
        for (one, many) in [
            ("user", "users"),
            ("category", "categories"),
            ("user_address", "user_addresses"),
            ("status", "statuses"),
            ("person", "people"),
            ("sales_person", "sales_people"),
            ("news_item", "news_items"),
            ("analysis", "analyses"),
            ("index", "indices"),
            ("box", "boxes"),
            ("toy", "toys"),
            ("medium", "media"),
            ("leaf", "leafs"),
            ("half", "halves"),
            ("knife", "knives"),
            ("child", "children"),
            ("equipment", "equipment"),
            ("bus", "buses"),
            ("database", "databases"),
            ("drive", "drives"),
        ] {
            assert_eq!(RAILS_OWN.plural(one), many);
            let singular = RAILS_OWN.singular(many);
            // A knife has two: `drives` ends as `knives` does.
            assert!(singular == one || (many == "drives" && singular == "drife"), "{many} became {singular}");
        }
        let mut own = Inflections::default();
        own.read(
            "ActiveSupport::Inflector.inflections(:en) do |inflect|
  # inflect.uncountable 'users'
  inflect.irregular 'cactus', 'cacti'
  inflect.uncountable %w( metadata )
  inflect.acronym 'API'
  inflect.singular(/chassis$/, 'chassis')
end",
        );
        assert_eq!(own.plural("green_cactus"), "green_cacti");
        assert_eq!(own.singular("metadata"), "metadata");
        assert_eq!(own.singular("pc_chassis"), "pc_chassis");
        assert_eq!(own.plural("user"), "users");
    }
}
