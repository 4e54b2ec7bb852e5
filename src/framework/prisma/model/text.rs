//! Blocks, fields and attributes of a `schema.prisma`, as slices with their lines.

use std::ops::Range;

use crate::operation::QualifiedName;

/// A `model`, `view` or `enum` of a file.
pub(super) struct Block<'a> {
    /// `model`, `enum`, …
    kind: &'a str,
    /// Its name.
    pub name: &'a str,
    /// From the line that opens it to the one that closes it.
    pub lines: Range<usize>,
    /// Its fields.
    pub fields: Vec<Field<'a>>,
    /// Its `@@` attributes.
    pub attributes: Vec<Attribute<'a>>,
    all: Vec<&'a str>,
}

/// A field of a model.
pub(super) struct Field<'a> {
    /// Its lines, from the beginning of its first line on.
    pub text: &'a str,
    pub lines: Range<usize>,
    pub name: &'a str,
    /// Its type with `?` or `[]`.
    ty: &'a str,
    /// What stands behind the type, without a comment.
    attributes: &'a str,
}

/// A label of an enum.
pub(super) struct Label<'a> {
    /// Its line in the file.
    pub line: usize,
    /// The line's text.
    pub text: &'a str,
    /// As the database has it.
    pub label: &'a str,
}

/// An attribute of a block.
pub(super) struct Attribute<'a> {
    pub lines: Range<usize>,
    text: &'a str,
}

/// The blocks of a file.
pub(super) fn blocks(text: &str) -> Vec<Block<'_>> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let starts: Vec<usize> = lines
        .iter()
        .scan(0, |at, line| {
            let start = *at;
            *at += line.len();
            Some(start)
        })
        .collect();
    let mut found: Vec<Block<'_>> = Vec::new();
    let mut open: Option<Block<'_>> = None;
    let (mut at, mut in_comment) = (0, false);
    while at < lines.len() {
        let line = lines[at].trim();
        let first = at;
        at += 1;
        if in_comment || line.starts_with("/*") {
            in_comment = !line.contains("*/");
            continue;
        }
        let code = without_comment(line);
        match &mut open {
            None => {
                open = opened(code).map(|(kind, name)| Block {
                    kind,
                    name,
                    lines: first..first + 1,
                    fields: Vec::new(),
                    attributes: Vec::new(),
                    all: lines.clone(),
                })
            }
            Some(_) if code.starts_with('}') => {
                found.extend(open.take().map(|block| Block { lines: block.lines.start..at, ..block }))
            }
            Some(block) => {
                while at < lines.len() && depth(lines[first..at].iter().map(|line| without_comment(line))) > 0 {
                    at += 1;
                }
                let own = &text[starts[first]..starts[at - 1] + lines[at - 1].trim_end_matches(['\n', '\r']).len()];
                if code.starts_with("@@") {
                    block.attributes.push(Attribute { lines: first..at, text: own });
                } else if let Some(field) = Field::of(own, first..at) {
                    block.fields.push(field);
                }
            }
        }
    }
    found
}

/// `model User {` → `model`, `User`.
fn opened(code: &str) -> Option<(&str, &str)> {
    let mut words = code.strip_suffix('{')?.split_whitespace();
    let (kind, name) = (words.next()?, words.next()?);
    words.next().is_none().then_some((kind, name))
}

/// A line up to its comment.
fn without_comment(line: &str) -> &str {
    let (mut quoted, mut escaped) = (false, false);
    for (at, letter) in line.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '/' if !quoted && line[at..].starts_with("//") => return line[..at].trim_end(),
            _ => {}
        }
    }
    line.trim_end()
}

/// How many parentheses and brackets are open at the end.
fn depth<'a>(lines: impl Iterator<Item = &'a str>) -> i32 {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    for letter in lines.flat_map(str::chars) {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '(' | '[' if !quoted => depth += 1,
            ')' | ']' if !quoted => depth -= 1,
            _ => {}
        }
    }
    depth
}

/// The string of an attribute's only or named argument: `@map("x")`, `@@map(name: "x")`.
fn string_of<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let call = format!("{name}(");
    let at = attributes.find(&call)?;
    let inside = &attributes[at + call.len()..];
    let inside = inside.trim_start().strip_prefix("name:").unwrap_or(inside);
    let text = inside.trim_start().strip_prefix('"')?;
    text.split_once('"').map(|(text, _)| text)
}

/// The attribute stands there by itself: `@ignore` and not `@ignored`.
fn has(attributes: &str, name: &str) -> bool {
    let mut words = attributes.split(|c: char| c.is_whitespace() || c == '(');
    words.any(|word| word == name)
}

impl<'a> Block<'a> {
    fn attribute(&self, name: &str) -> Option<&'a str> {
        self.attributes.iter().find_map(|attribute| string_of(attribute.text, name))
    }

    fn stands_for(&self, name: &QualifiedName) -> bool {
        let own = self.attribute("@@map").unwrap_or(self.name);
        let schema = self.attribute("@@schema");
        let same_schema = match (&name.schema, schema) {
            (Some(wanted), Some(own)) => wanted.as_str() == own,
            (Some(_), None) | (None, Some(_)) | (None, None) => true,
        };
        own == name.name.as_str() && same_schema
    }

    /// It is the model of that table.
    pub fn is_model_of(&self, table: &QualifiedName) -> bool {
        self.kind == "model" && self.stands_for(table)
    }

    /// It is the enum of that type.
    pub fn is_enum_of(&self, ty: &QualifiedName) -> bool {
        self.kind == "enum" && self.stands_for(ty)
    }

    /// It is taken out of the client.
    pub fn is_ignored(&self) -> bool {
        self.attributes.iter().any(|attribute| attribute.is("ignore"))
    }

    /// It is a model or a view: its fields have types.
    pub fn has_fields(&self) -> bool {
        matches!(self.kind, "model" | "view")
    }

    pub fn has_field(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }

    /// Its lines.
    pub fn text(&self) -> impl Iterator<Item = &'a str> {
        self.all[self.lines.clone()].iter().map(|line| line.trim_end_matches(['\n', '\r']))
    }

    /// Its labels, where it is an enum.
    pub fn labels(&self) -> Vec<Label<'a>> {
        let inside = self.lines.start + 1..self.lines.end.saturating_sub(1);
        let found = inside.filter_map(|line| {
            let text = self.all[line].trim_end_matches(['\n', '\r']);
            let code = without_comment(text).trim();
            let word = code.split_whitespace().next().filter(|word| is_name(word))?;
            Some(Label { line, text, label: string_of(code, "@map").unwrap_or(word) })
        });
        found.collect()
    }

    /// It says in which of the database's schemas it is.
    pub fn has_schema(&self) -> bool {
        self.attribute("@@schema").is_some()
    }

    pub fn has_attributes(&self) -> bool {
        !self.attributes.is_empty()
    }

    pub fn is_empty_line(&self, at: usize) -> bool {
        self.all.get(at).is_some_and(|line| line.trim().is_empty())
    }

    /// The line behind its last field.
    pub fn end_of_fields(&self) -> usize {
        self.fields.last().map_or(self.lines.start + 1, |field| field.lines.end)
    }

    /// The name of the field of a column.
    pub fn field_of(&self, column: &str) -> Option<&'a str> {
        self.fields.iter().find(|field| field.column() == column).map(|field| field.name)
    }

    /// How its fields are indented, and the columns that their names take.
    pub fn style(&self) -> (&'a str, usize) {
        let Some(last) = self.fields.last() else { return ("  ", 0) };
        let indent = &last.text[..last.text.len() - last.text.trim_start().len()];
        let behind_name = &last.text[indent.len() + last.name.len()..];
        let gap = behind_name.len() - behind_name.trim_start().len();
        (indent, last.name.len() + gap)
    }
}

impl<'a> Field<'a> {
    fn of(text: &'a str, lines: Range<usize>) -> Option<Field<'a>> {
        let code = if lines.len() == 1 { without_comment(text) } else { text }.trim_start();
        let (name, rest) = code.split_once(char::is_whitespace)?;
        let rest = rest.trim_start();
        // `Unsupported("…")` is a type with parentheses
        let end = match rest.strip_prefix("Unsupported(") {
            Some(inside) => rest.len() - inside.len() + inside.find(')')? + 1,
            None => rest.find(char::is_whitespace).unwrap_or(rest.len()),
        };
        let end = end + rest[end..].find(|c: char| !matches!(c, '?' | '[' | ']')).unwrap_or(rest.len() - end);
        is_name(name).then_some(Field { text, lines, name, ty: &rest[..end], attributes: &rest[end..] })
    }

    /// The column that it stands for.
    pub fn column(&self) -> &'a str {
        string_of(self.attributes, "@map").unwrap_or(self.name)
    }

    pub fn is_ignored(&self) -> bool {
        has(self.attributes, "@ignore")
    }

    /// The model or enum that it is of, where it is of one.
    pub fn type_name(&self) -> &'a str {
        self.ty.trim_end_matches(['?', '[', ']'])
    }

    /// The name of its relation, where it has one.
    pub fn relation(&self) -> Option<&'a str> {
        string_of(self.attributes, "@relation")
    }

    /// The fields that its relation goes by, in order; none on the side that is pointed at.
    pub fn relation_fields(&self) -> Vec<&'a str> {
        let inside = self.attributes.split_once("@relation(").and_then(|(_, rest)| rest.split_once("fields:"));
        let list = inside.and_then(|(_, rest)| rest.trim_start().strip_prefix('[')?.split_once(']'));
        list.map(|(list, _)| list.split(',').map(str::trim).collect()).unwrap_or_default()
    }

    /// The same field for another column.
    pub fn mapped(&self, column: &str) -> String {
        let map = format!("@map({})", quoted(column));
        let words = [self.name, self.ty].into_iter().chain(self.attributes.split_whitespace());
        let words: Vec<&str> = words.filter(|word| !word.starts_with("@map(")).chain([map.as_str()]).collect();
        words.join(" ")
    }

    /// The line that keeps the column and takes it out of the client.
    pub fn unused(&self, nullable: bool) -> Result<String, String> {
        if self.lines.len() > 1 {
            return Err(format!("the field {} has several lines", self.name));
        }
        let code = without_comment(self.text);
        let comment = &self.text[code.len()..];
        let (head, _) = code.split_at(code.len() - self.attributes.len());
        let is_optional = self.ty.ends_with('?') || self.ty.ends_with(']');
        let optional = if nullable && !is_optional { "?" } else { "" };
        let ignore = if self.is_ignored() { "" } else { " @ignore" };
        Ok(format!("{head}{optional}{}{ignore}{comment}", self.attributes))
    }
}

impl Attribute<'_> {
    /// It is called that.
    pub fn is(&self, name: &str) -> bool {
        let own = self.text.trim().trim_start_matches("@@");
        own.split(|c: char| !c.is_alphanumeric()).next() == Some(name)
    }

    /// It lists the field.
    pub fn names(&self, field: &str) -> bool {
        let Some((_, inside)) = self.text.split_once('[') else { return false };
        let Some((inside, _)) = inside.rsplit_once(']') else { return false };
        inside.split(',').any(|one| one.trim().split(|c: char| !is_of_name(c)).next() == Some(field))
    }
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// A word that can name a field.
pub(super) fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic()) && word.chars().all(is_of_name)
}

/// A string as the file writes it.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
