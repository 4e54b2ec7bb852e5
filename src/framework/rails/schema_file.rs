//! `schema.rb` and `structure.sql`: the schema that Rails wrote down after the last migration that ran, and which one that was.

mod versions;

use camino::{Utf8Path, Utf8PathBuf};

use super::effects::{Class, Direction, EffectKind, effects};
use super::listing::version;
use super::operations::{Context, Version, applied, statements};
use super::project::{Database, Project};
use super::ruby::{Argument, Block, Call, Expression, ExpressionKind, Program};
use crate::framework::{Found, FrameworkError, WrittenSchemas};
use crate::schema::Schema;
use crate::source::{SourceFile, read_text};
use crate::sql::{PieceKind, split};

pub(super) use versions::raised;

/// What Rails wrote down for a database: the file, and the last version that it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    /// The file.
    pub(super) path: Utf8PathBuf,
    /// The version.
    pub(super) version: u64,
}

/// What is written down for a database of an application. Of two files the one that knows more.
pub(super) fn of_database(project: &Project, database: &Database) -> Option<Written> {
    let before = if database.name.is_empty() { String::new() } else { format!("{}_", database.name) };
    let files = ["schema.rb", "structure.sql"].map(|file| project.root.join(format!("db/{before}{file}")));
    let written = |path: Utf8PathBuf| {
        let text = read_text(&path)?;
        let version = versions::last(&path, &text, &project.ledger)?;
        Some(Written { path, version })
    };
    let mut found = files.into_iter().filter_map(written);
    let first = found.next()?;
    Some(found.next().filter(|second| second.version > first.version).unwrap_or(first))
}

/// The schemas that are written down for the databases of a history, each after the migration whose version it has.
pub(super) fn written_schemas(history: &[Found]) -> Box<dyn WrittenSchemas> {
    let mut files: Vec<Option<Utf8PathBuf>> = vec![None; history.len()];
    let Some(project) = history.first().and_then(|found| Project::around(&found.file)) else {
        return Box::new(AfterTheLast { files });
    };
    for database in &project.databases {
        let Some(written) = of_database(&project, database) else { continue };
        let is_it = |found: &Found| {
            version(&found.file) == Some(written.version)
                && database.folders.iter().any(|folder| found.file.starts_with(folder))
        };
        if let Some(at) = history.iter().position(is_it) {
            files[at] = Some(written.path);
        }
    }
    Box::new(AfterTheLast { files })
}

/// Whole schemas, each after one migration.
struct AfterTheLast {
    files: Vec<Option<Utf8PathBuf>>,
}

impl WrittenSchemas for AfterTheLast {
    fn file(&self, at: usize) -> Option<&Utf8Path> {
        self.files.get(at)?.as_deref()
    }

    fn after(&self, at: usize) -> Result<Schema, FrameworkError> {
        self.file(at).map_or_else(|| Ok(Schema::default()), read)
    }
}

/// The schema that a file holds.
fn read(path: &Utf8Path) -> Result<Schema, FrameworkError> {
    let text = SourceFile::read(path)?.text;
    let project = Project::around(path);
    let mut schema = match path.extension() {
        Some("sql") => of_sql(&text, project.as_ref().map_or(super::ledger::TABLES[0], |project| &project.ledger)),
        _ => of_ruby(&text, project.as_deref()).ok_or_else(|| {
            let why = "is not what Rails writes: ActiveRecord::Schema.define is not in it".to_owned();
            FrameworkError::Unusable { path: path.to_owned(), why }
        })?,
    };
    schema.begin_migration();
    Ok(schema)
}

/// What `pg_dump` wrote, without the tables that Rails keeps for itself.
fn of_sql(text: &str, ledger: &str) -> Schema {
    let mut schema = Schema::default();
    let script = split(text);
    for piece in script.pieces.iter().filter(|piece| piece.kind == PieceKind::Statement) {
        let statement = piece.span.slice(text);
        if [ledger, super::ledger::TABLES[1]].iter().any(|own| statement.contains(own)) {
            continue;
        }
        for located in script.read(piece, text).operations {
            schema.apply(&located.operation);
        }
    }
    schema
}

/// What the calls in `ActiveRecord::Schema.define` make. Those that are not understood tell nothing.
fn of_ruby(text: &str, project: Option<&Project>) -> Option<Schema> {
    let program = Program::read(text);
    let definition = Definition::find(text, &program.statements)?;
    let rails = project.and_then(|project| project.rails).unwrap_or(Version::NEWEST);
    let mut context = Context::of(definition.bracket(text), rails);
    if let Some(project) = project {
        (context.prefix, context.suffix) = (&project.prefix, &project.suffix);
        (context.datetime, context.inflections) = (&project.datetime, &project.inflections);
    }
    let body: Vec<&Expression> = definition.block.body.statements.iter().collect();
    let mut schema = Schema::default();
    for effect in effects(text, &Class::default(), &body, Direction::Up, false) {
        let EffectKind::Schema(call) = &effect.kind else { continue };
        let sent = statements(call, &Context { schema: Some(&schema), ..context });
        schema = sent.map_or(schema.clone(), |sent| applied(schema, &sent));
    }
    Some(schema)
}

/// `ActiveRecord::Schema[7.2].define(version: …) do … end`.
struct Definition<'a> {
    call: &'a Call,
    receiver: &'a Expression,
    block: &'a Block,
}

impl<'a> Definition<'a> {
    fn find(text: &str, statements: &'a [Expression]) -> Option<Definition<'a>> {
        statements.iter().find_map(|statement| match &statement.kind {
            ExpressionKind::Call(call) if call.name.slice(text) == "define" => {
                let receiver = call.receiver.as_ref()?;
                let is_schema = receiver.span.slice(text).trim_start_matches("::").starts_with("ActiveRecord::Schema");
                Some(Definition { call, receiver, block: call.block.as_ref().filter(|_| is_schema)? })
            }
            _ => None,
        })
    }

    /// The version in brackets, which came with 7.0.
    fn bracket(&self, text: &str) -> Version {
        let ExpressionKind::Index(_, arguments) = &self.receiver.kind else { return Version(6, 1) };
        let version = match &arguments[..] {
            [Argument::Value(version)] => version.span.slice(text).trim_matches(['"', '\'']).parse().ok(),
            _ => None,
        };
        version.unwrap_or(Version::NEWEST)
    }

    /// The number behind `version:`.
    fn version(&self, text: &str) -> Option<&'a Expression> {
        self.call.arguments.iter().find_map(|argument| match argument {
            Argument::Pair(pair) => {
                let key = pair.key.as_ref()?.span.slice(text);
                pair.value.as_ref().filter(|_| key.trim_matches(':') == "version")
            }
            Argument::Value(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{Ident, QualifiedName};

    #[test]
    fn both_files_hold_the_same_schema() {
        let ruby = r#"ActiveRecord::Schema[7.2].define(version: 2024_01_02_000000) do
  enable_extension "plpgsql"

  create_table "posts", force: :cascade do |t|
    t.bigint "user_id", null: false
    t.index ["user_id"], name: "index_posts_on_user_id"
  end

  create_table "users", force: :cascade do |t|
    t.string "name", limit: 40
    t.datetime "created_at", null: false
    t.check_constraint "n > 0", name: "positive"
  end

  add_foreign_key "posts", "users"
end
"#;
        let sql = r"SET statement_timeout = 0;
CREATE TABLE public.posts (id bigint NOT NULL, user_id bigint NOT NULL);
CREATE SEQUENCE public.posts_id_seq START WITH 1;
ALTER SEQUENCE public.posts_id_seq OWNED BY public.posts.id;
CREATE TABLE public.schema_migrations (version character varying NOT NULL);
CREATE TABLE public.users (id bigint NOT NULL, name character varying(40), created_at timestamp(6) without time zone NOT NULL);
ALTER TABLE ONLY public.posts ALTER COLUMN id SET DEFAULT nextval('public.posts_id_seq'::regclass);
ALTER TABLE ONLY public.posts ADD CONSTRAINT posts_pkey PRIMARY KEY (id);
CREATE INDEX index_posts_on_user_id ON public.posts USING btree (user_id);
ALTER TABLE ONLY public.posts ADD CONSTRAINT fk_rails_5b5ddfd518 FOREIGN KEY (user_id) REFERENCES public.users(id);
";
        for schema in [of_ruby(ruby, None).unwrap(), of_sql(sql, "schema_migrations")] {
            let table = |name: &str| QualifiedName::unqualified(Ident::new(name));
            let posts = schema.table(&table("posts")).unwrap();
            assert!(posts.columns.get(&Ident::new("user_id")).unwrap().not_null);
            assert!(posts.constraints.has(&Ident::new("fk_rails_5b5ddfd518")));
            assert_eq!(schema.indexes_of(&table("posts")).count(), 2);
            let users = schema.table(&table("users")).unwrap();
            assert!(users.columns.get(&Ident::new("name")).unwrap().ty.text().contains("(40)"));
            assert!(schema.table(&table("schema_migrations")).is_none());
        }
    }
}
