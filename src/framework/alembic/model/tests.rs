use super::*;
use crate::framework::deferral::OnDisk;
use crate::operation::{Ident, QualifiedName};

const TYPED: &str = r#"from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from .mixins import Stamped


class Base(DeclarativeBase):
    pass


class User(Stamped, Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    nick: Mapped[str] = mapped_column("nick_name", Text)
    age: Mapped[int | None]
    posts: Mapped[list["Post"]] = relationship(back_populates="user")

    @property
    def label(self) -> str:
        return self.nick


class Admin(User):
    level: Mapped[int | None] = mapped_column()
"#;

const MIXINS: &str = r#"from sqlalchemy import Column, DateTime, Integer
from sqlalchemy.orm import declared_attr


class Stamped:
    created_at = Column(DateTime)

    @declared_attr
    def owner_id(cls):
        return Column("owner", Integer)
"#;

const TABLES: &str = r#"import sqlalchemy as sa

PREFIX = "app_"
LOGS = "logs"
metadata = sa.MetaData()
logs = sa.Table(LOGS, metadata, sa.Column("id", sa.Integer), sa.Column("line", sa.Text, key="text"))
parts = sa.Table("parts", metadata, *columns(), schema="shop")
seen = sa.Table("seen", metadata, autoload_with=engine)
"#;

const OTHERS: &str = r#"from fastapi_users.db import SQLAlchemyBaseUserTable
from sqlmodel import Field, SQLModel


class Account(SQLAlchemyBaseUserTable, Base):
    __tablename__ = "accounts"
    id = Column(Integer)


class HeroTeam(SQLModel, table=True):
    name: str = Field(index=True)


class Read(SQLModel):
    secret: str = Field()


class Sharded(Base):
    __tablename__ = f"{PREFIX}_rows"
    shard = Column(Integer)
"#;

fn files() -> Texts {
    let texts = [("models.py", TYPED), ("mixins.py", MIXINS), ("tables.py", TABLES), ("others.py", OTHERS)];
    texts.map(|(path, text)| (format!("app/{path}").into(), text.to_owned())).into()
}

fn said(files: Texts, owned: &Owned) -> String {
    match Sources(files).usage(owned, "x") {
        Usage::Used(place) => format!("used {}", place.unwrap_or_default()),
        Usage::Unused => "unused".to_owned(),
        Usage::Unknown(why) => format!("unknown {why}"),
    }
}

fn column(table: &str, column: &str) -> Owned {
    let becomes = None;
    Owned::Column {
        table: QualifiedName { schema: None, name: Ident::new(table) },
        column: Ident::new(column),
        becomes,
    }
}

#[test]
fn a_column_is_used_where_a_model_has_it() {
    for (table, name, expected) in [
        ("users", "nick_name", "used app/models.py:14"),
        ("users", "nick", "unused"),
        ("users", "age", "used app/models.py:15"),
        ("users", "posts", "unused"),
        ("users", "label", "unused"),
        // of a mixin, and of a class that has no table of its own
        ("users", "created_at", "used app/mixins.py:6"),
        ("users", "owner", "used app/mixins.py:10"),
        ("users", "level", "used app/models.py:24"),
        ("logs", "line", "used app/tables.py:6"),
        ("logs", "text", "unused"),
        ("parts", "any", "used app/tables.py:7 has columns that are computed, which counts as in use"),
        ("seen", "any", "used app/tables.py:8 has columns as the database has them, which counts as in use"),
        ("heroteam", "name", "used app/others.py:11"),
        ("hero_teams", "name", "used app/others.py:11"),
        (
            "read",
            "secret",
            "unknown no model of read is on the base branch; whether other code uses read.secret is not known",
        ),
        ("any", "shard", "used app/others.py:20, whose table is computed, which counts as in use"),
        (
            "accounts",
            "email",
            "unknown whether fastapi_users.db.SQLAlchemyBaseUserTable has accounts.email, of which app/others.py:5 is made",
        ),
    ] {
        assert_eq!(said(files(), &column(table, name)), expected, "{table}.{name}");
    }
    let broken = vec![("a.py".into(), "class User:\n    __tablename__ = \"users\n    x = (\n".to_owned())];
    assert_eq!(said(broken.clone(), &column("users", "x")), "used a.py cannot be read, which counts as in use");
    assert!(said(broken, &column("posts", "x")).starts_with("unknown no model of posts"));
    let revision =
        vec![("v.py".into(), "down_revision = None\nt = sa.Table(\"users\", m, sa.Column(\"x\"))\n".to_owned())];
    assert!(said(revision, &column("users", "x")).starts_with("unknown no model of users"));
}

#[test]
fn a_table_is_used_where_something_maps_it() {
    let table = |schema: Option<&str>, name: &str| Owned::Table {
        table: QualifiedName { schema: schema.map(Ident::new), name: Ident::new(name) },
    };
    for (owned, expected) in [
        (table(None, "users"), "used app/models.py:10"),
        (table(Some("shop"), "parts"), "used app/tables.py:7"),
        (
            table(Some("other"), "parts"),
            "unknown no model of other.parts is on the base branch; whether other code uses it is not known",
        ),
        (
            table(None, "gone"),
            "unknown no model of gone is on the base branch; whether other code uses it is not known",
        ),
    ] {
        assert_eq!(said(files(), &owned), expected);
    }
}

#[test]
fn a_new_name_in_the_code_alone_is_a_line() {
    for (text, table, line) in [
        (
            "class U(B):\n    __tablename__ = 'users'\n    full = mapped_column(Text, index=True)\n",
            "users",
            "full = mapped_column('name', Text, index=True)",
        ),
        (
            "class U(B):\n    __tablename__ = \"users\"\n    full: Mapped[str]\n",
            "users",
            "full: Mapped[str] = mapped_column(\"name\")",
        ),
        (
            "class U(B):\n    __tablename__ = \"users\"\n    f = Column(\"full\", Text)\n",
            "users",
            "f = Column(\"name\", Text)",
        ),
        ("class U(B):\n    __tablename__ = \"users\"\n    full = Column()\n", "users", "full = Column(\"name\")"),
        (
            "t = Table(\"users\", m,\n    Column(\"full\", Text()),\n)\n",
            "users",
            "Column(\"name\", Text(), key=\"full\"),",
        ),
    ] {
        let owned = Owned::Column {
            table: QualifiedName { schema: None, name: Ident::new(table) },
            column: Ident::new("name"),
            becomes: Some(Ident::new("full")),
        };
        let said = Sources(vec![("m.py".into(), text.to_owned())]).mapped(&owned).unwrap();
        assert!(said.contains(&format!("write `{line}` for ")), "{said}");
    }
    let two = "class U(B):\n    __tablename__ = \"users\"\n    full = Column()\nclass V(B):\n    __tablename__ = \"users\"\n    full = Column()\n";
    let owned = Owned::Column {
        table: QualifiedName { schema: None, name: Ident::new("users") },
        column: Ident::new("name"),
        becomes: Some(Ident::new("full")),
    };
    let said = Sources(vec![("m.py".into(), two.to_owned())]).mapped(&owned).unwrap();
    assert!(said.contains("as in `mapped_column(\"name\")`"), "{said}");
}

#[test]
fn what_waits_is_where_alembic_does_not_look() {
    let project = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(project.path()).unwrap();
    let write = |path: &str, text: &str| {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("db/env.py", "");
    write("db/versions/a.py", "revision = 'a'\ndown_revision = None\n");
    write("app/models.py", "class U:\n    __tablename__ = 'users'\n");
    for (ini, expected) in [
        ("", "db/deferred"),
        ("recursive_version_locations = true", "db/deferred"),
        ("version_locations = db/versions:db/deferred\npath_separator = :", "db/deferred_phases"),
        (
            "version_locations = db/versions:other\npath_separator = :\nrecursive_version_locations = true",
            "db/deferred",
        ),
    ] {
        write("alembic.ini", &format!("[alembic]\nscript_location = %(here)s/db\n{ini}\n"));
        let deferral = BesideVersions;
        let migrations = deferral.migrations(&Found::next("a".into(), root.join("db/versions/a.py")));
        assert_eq!(deferral.folder(&migrations), root.join(expected), "{ini}");
        let models = deferral.model_files(&migrations, &OnDisk).unwrap();
        assert_eq!(models.iter().map(|(path, _)| path.as_path()).collect::<Vec<_>>(), [root.join("app/models.py")]);
    }
}
