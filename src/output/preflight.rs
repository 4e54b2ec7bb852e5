//! Which conditions of sequences hold today: for a person at a terminal, and for a pull request.

use super::markdown::{code, fenced};
use super::summary::plural;
use super::text::{Role, Style, TextOptions};
use crate::report::{CheckOutcome, ConditionAnswer, PreflightAnswers};
use crate::source::visible;

impl PreflightAnswers {
    /// For a person at a terminal.
    pub fn render(&self, options: &TextOptions) -> String {
        let style = Style::new(options.color, options.unicode);
        let mut out = String::new();
        for migration in &self.migrations {
            out += &format!("{}\n", style.paint(Role::Path, &visible(&migration.path)));
            for condition in &migration.conditions {
                out += &told(condition, style);
            }
            out.push('\n');
        }
        out + &self.sentence() + "\n"
    }

    /// For a pull request: a checklist.
    pub fn markdown(&self) -> String {
        let mut out = format!("### safestep preflight: {}\n", self.sentence());
        for migration in &self.migrations {
            out += &format!("\n**{}**\n\n", code(&migration.path));
            for condition in &migration.conditions {
                let mark = if condition.outcome == CheckOutcome::Holds { 'x' } else { ' ' };
                let why = condition.why.as_deref().map_or(String::new(), |why| format!(": {}", code(why)));
                out += &format!("- [{mark}] {}{why}\n", code(&condition.condition));
                if condition.outcome == CheckOutcome::Fails {
                    out.extend(condition.rows.iter().map(|row| format!("  - {}\n", code(row))));
                    out += if condition.more { "  - and more\n" } else { "" };
                    out.push('\n');
                    out.extend(fenced("sql", &condition.query).lines().map(|line| format!("  {line}\n")));
                }
            }
        }
        out
    }

    fn sentence(&self) -> String {
        let all = self.migrations.iter().map(|migration| migration.conditions.len()).sum();
        let (fails, unknown) = (self.with(CheckOutcome::Fails), self.with(CheckOutcome::Unknown));
        let conditions = plural(all, "condition");
        let rest = if unknown == 0 { String::new() } else { format!(", {unknown} cannot be asked yet") };
        match (all, fails) {
            (0, _) => "no sequence has a condition".to_owned(),
            (_, 0) if unknown == 0 => format!("all of {conditions} hold today"),
            (_, 0) => format!("{} of {conditions} hold today{rest}", self.with(CheckOutcome::Holds)),
            (_, 1) => format!("1 of {conditions} fails today{rest}"),
            _ => format!("{fails} of {conditions} fail today{rest}"),
        }
    }
}

fn told(condition: &ConditionAnswer, style: Style) -> String {
    let (word, role) = match condition.outcome {
        CheckOutcome::Holds => ("holds", Role::Safe),
        CheckOutcome::Fails => ("fails", Role::Danger),
        CheckOutcome::Unknown => ("not known", Role::Dim),
    };
    let mut out = format!("  {}  {}\n", style.paint(role, &format!("{word:<9}")), visible(&condition.condition));
    let mut aside = |text: &str| out += &format!("             {}\n", visible(text));
    if let Some(why) = &condition.why {
        aside(why);
    }
    if condition.outcome == CheckOutcome::Fails {
        condition.rows.iter().for_each(|row| aside(row));
        if condition.more {
            aside("and more");
        }
        aside(&condition.query);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::MigrationAnswers;

    fn answers() -> PreflightAnswers {
        let condition = |condition: &str, outcome, why: Option<&str>, rows: &[&str]| ConditionAnswer {
            condition: condition.into(),
            outcome,
            why: why.map(ToOwned::to_owned),
            rows: rows.iter().map(ToString::to_string).collect(),
            more: !rows.is_empty(),
            query: "SELECT \"id\" FROM \"User\" WHERE \"name\" IS NULL;".into(),
            step: 1,
        };
        let conditions = vec![
            condition("\"User\".\"name\" must hold no NULL", CheckOutcome::Fails, None, &["id = 1", "id = \u{1b}[2J`"]),
            condition("\"User\".\"age\" must hold no NULL", CheckOutcome::Holds, None, &[]),
            condition("no two rows", CheckOutcome::Unknown, Some("column \"x\" does not exist"), &[]),
        ];
        let path = "prisma/migrations/20260101000000_a".into();
        PreflightAnswers { version: 1, migrations: vec![MigrationAnswers { path, conditions }] }
    }

    #[test]
    fn at_a_terminal() {
        insta::assert_snapshot!(answers().render(&TextOptions::default()), @r##"
    prisma/migrations/20260101000000_a
      fails      "User"."name" must hold no NULL
                 id = 1
                 id = \u{1b}[2J`
                 and more
                 SELECT "id" FROM "User" WHERE "name" IS NULL;
      holds      "User"."age" must hold no NULL
      not known  no two rows
                 column "x" does not exist

    1 of 3 conditions fails today, 1 cannot be asked yet
    "##);
    }

    #[test]
    fn on_a_pull_request() {
        insta::assert_snapshot!(answers().markdown(), @r##"
    ### safestep preflight: 1 of 3 conditions fails today, 1 cannot be asked yet

    **`prisma/migrations/20260101000000_a`**

    - [ ] `"User"."name" must hold no NULL`
      - `id = 1`
      - `` id = \u{1b}[2J` ``
      - and more

      ```sql
      SELECT "id" FROM "User" WHERE "name" IS NULL;
      ```
    - [x] `"User"."age" must hold no NULL`
    - [ ] `no two rows`: `column "x" does not exist`
    "##);
    }

    #[test]
    fn what_is_said_at_the_end() {
        let mut answers = answers();
        answers.migrations[0].conditions.remove(0);
        assert_eq!(answers.sentence(), "1 of 2 conditions hold today, 1 cannot be asked yet");
        answers.migrations[0].conditions.remove(1);
        assert_eq!(answers.sentence(), "all of 1 condition hold today");
        answers.migrations.clear();
        assert_eq!(answers.sentence(), "no sequence has a condition");
    }
}
