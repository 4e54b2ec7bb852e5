//! What a trigger or rule listens to, as far as its definition tells.

use super::cursor::{Cursor, Tokens};
use crate::operation::Ident;

/// Which updates fire a trigger or rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnUpdate {
    /// None.
    Nothing,
    /// Every one.
    Any,
    /// Those that name one of these columns.
    Of(Vec<Ident>),
}

/// Reads `TRIGGER name BEFORE INSERT OR UPDATE OF a ON …` and `RULE name AS ON UPDATE TO …`. What is neither fires on
/// nothing.
pub fn on_update(definition: &str) -> OnUpdate {
    Tokens::of(definition).and_then(|tokens| read(tokens.cursor())).unwrap_or(OnUpdate::Nothing)
}

fn read(mut c: Cursor<'_>) -> Option<OnUpdate> {
    if c.eat("RULE") {
        c.ident()?;
        c.need("AS ON")?;
        return Some(if c.at("UPDATE") { OnUpdate::Any } else { OnUpdate::Nothing });
    }
    c.eat("CONSTRAINT");
    c.need("TRIGGER")?;
    c.ident()?;
    let _ = c.eat("BEFORE") || c.eat("AFTER") || c.eat("INSTEAD OF");
    loop {
        if c.eat("UPDATE") {
            if !c.eat("OF") {
                return Some(OnUpdate::Any);
            }
            let mut columns = vec![c.ident()?];
            while c.eat_symbol(",") {
                columns.push(c.ident()?);
            }
            return Some(OnUpdate::Of(columns));
        }
        c.eat_one(&["INSERT", "DELETE", "TRUNCATE"])?;
        if !c.eat("OR") {
            return Some(OnUpdate::Nothing);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triggers_and_rules_say_what_they_listen_to() {
        let of = |names: &[&str]| OnUpdate::Of(names.iter().copied().map(Ident::new).collect());
        for (definition, expected) in [
            ("TRIGGER \"t\" BEFORE UPDATE ON x FOR EACH ROW EXECUTE FUNCTION f()", OnUpdate::Any),
            ("trigger t after insert or update or delete on x execute function f()", OnUpdate::Any),
            ("CONSTRAINT TRIGGER t AFTER INSERT OR UPDATE OF a, \"B\" ON x", of(&["a", "B"])),
            ("TRIGGER update BEFORE INSERT ON x FOR EACH ROW", OnUpdate::Nothing),
            ("RULE r AS ON UPDATE TO x DO INSTEAD NOTHING", OnUpdate::Any),
            ("RULE r AS ON INSERT TO x DO ALSO UPDATE y SET a = 1", OnUpdate::Nothing),
            ("POLICY p ON x FOR UPDATE USING (true)", OnUpdate::Nothing),
        ] {
            assert_eq!(on_update(definition), expected, "{definition}");
        }
    }
}
