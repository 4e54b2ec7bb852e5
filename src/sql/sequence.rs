//! Sequences in texts: what a default counts with, what the options of an identity or an `ALTER SEQUENCE` name.

use super::cursor::{Cursor, Tokens};
use crate::operation::{Ident, QualifiedName, SqlFragment};

/// The sequence that a default counts with and depends on: `nextval('s'::regclass)`. One that is cast to `text` is looked up
/// anew each time, and no dependency.
pub fn counted_with(default: &SqlFragment) -> Option<QualifiedName> {
    let tokens = Tokens::of(default.as_str())?;
    let mut c = tokens.cursor();
    let _ = c.eat("pg_catalog") && c.eat_symbol(".");
    c.need("nextval")?;
    let mut inside = c.parenthesised().filter(|_| c.is_done())?;
    let name = inside.string()?;
    if inside.eat_symbol("::") {
        let _ = inside.eat("pg_catalog") && inside.eat_symbol(".");
        inside.need("regclass")?;
    }
    let name = name.strip_prefix('\'').and_then(|name| name.strip_suffix('\'')).filter(|_| inside.is_done())?;
    Tokens::of(name)?.cursor().name()
}

/// The name that the options of an identity give its sequence: `SEQUENCE NAME s`.
pub fn sequence_name(options: &SqlFragment) -> Option<QualifiedName> {
    let tokens = Tokens::of(options.as_str())?;
    let mut c = tokens.cursor();
    while !c.is_done() {
        if c.eat("SEQUENCE NAME") {
            return c.name();
        }
        c.next();
    }
    None
}

/// The table and the column that `OWNED BY` gives a sequence to; both are `None` for `OWNED BY NONE`.
pub fn owned_by(action: &SqlFragment) -> Option<(Option<QualifiedName>, Option<Ident>)> {
    let tokens = Tokens::of(action.as_str())?;
    let mut c = tokens.cursor();
    while !c.is_done() {
        if c.eat("OWNED BY NONE") {
            return Some((None, None));
        }
        if c.eat("OWNED BY") {
            let mut parts = parts(&mut c)?;
            let column = parts.pop()?;
            let table = QualifiedName::unqualified(parts.pop()?);
            return Some((Some(QualifiedName { schema: parts.pop(), ..table }), Some(column)));
        }
        c.next();
    }
    None
}

/// `a.b.c`.
fn parts(c: &mut Cursor<'_>) -> Option<Vec<Ident>> {
    let mut parts = vec![c.ident()?];
    while c.eat_symbol(".") {
        parts.push(c.ident()?);
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_depends_on_the_sequence_that_it_names() {
        for (default, sequence) in [
            ("nextval('users_id_seq'::regclass)", Some("users_id_seq")),
            ("NEXTVAL('app.\"S\"')", Some("app.\"S\"")),
            ("pg_catalog.nextval('s')", Some("s")),
            ("nextval('s'::text)", None),
            ("nextval('s') + 1", None),
            ("'nextval'", None),
        ] {
            let found = counted_with(&SqlFragment::new(default)).map(|name| name.to_string());
            assert_eq!(found.as_deref(), sequence, "{default}");
        }
    }

    #[test]
    fn options_name_a_sequence_and_who_owns_it() {
        let name = |options: &str| sequence_name(&SqlFragment::new(options)).map(|name| name.to_string());
        assert_eq!(name("sequence name s INCREMENT BY 1").as_deref(), Some("s"));
        assert_eq!(name("START 5"), None);
        let owner = owned_by(&SqlFragment::new("OWNED BY app.t.c"));
        let (table, column) = owner.map(|(table, column)| (table.unwrap(), column.unwrap())).unwrap();
        assert_eq!((table.to_string().as_str(), column.as_str()), ("app.t", "c"));
        assert_eq!(owned_by(&SqlFragment::new("INCREMENT 2 OWNED BY NONE")), Some((None, None)));
        assert_eq!(owned_by(&SqlFragment::new("RESTART")), None);
    }
}
