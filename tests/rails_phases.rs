//! Phases one by one with the real Rails: `rewrite --write`, then `release` after each deploy and `db:migrate` each time. In every
//! phase the models of the code before and of the code after both work, a phase that is taken back comes again, and at the end the
//! database and schema.rb are what the naive migration leaves; of a rename and a split, what it would leave had it kept the values.
//! A database that ran the naive migration goes on to the same end.
//!
//! On PostgreSQL 15 with Rails 7.2 every case; with Rails 6.1 and on other servers some: what the statements do is seen here.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use bench::folder::Folder;
use bench::proof::{Expected, must_look_the_same};
use bench::rails::{Project, RAILS_6, RAILS_7, Rails, Sample};
use bench::server::{Database, Server};

const THREADS: usize = 2;

/// A sample, with the models of the code before the deploy and of the code after it, and what each does.
struct Case {
    sample: &'static str,
    old: Code,
    new: Code,
    /// What the author declares.
    flags: &'static [&'static str],
    /// What the migration would be, were it to keep the values; empty where it loses none that it should keep.
    kept: &'static str,
    /// What the model says before the last phase.
    ignored: &'static str,
    /// Files of each phase.
    files: [usize; 2],
}

/// Ruby: models, and what is done with them.
#[derive(Clone, Copy)]
struct Code {
    models: &'static str,
    does: &'static str,
}

const PLAIN: &str = "class User < ActiveRecord::Base; end";

const OLD_NAMES: Code = Code {
    models: PLAIN,
    does: r#"
        u = User.create!(email: "old", name: "old", nick: "n", plan: "paid")
        u.update!(name: "older", nick: nil)
        User.create!(email: "old2", name: "old2")
        same User.find_by(name: "older").slice(:nick, :plan), "nick" => nil, "plan" => "paid"
        same User.find_by(name: "old2").plan, "free"
        User.where("email LIKE 'old%'").destroy_all"#,
};

const NEW_NAMES: Code = Code {
    models: r#"class User < ActiveRecord::Base; self.ignored_columns += %w[name nick plan]; end"#,
    does: r#"
        u = User.create!(email: "new", full_name: "new", handle: "n", tier: "paid")
        u.update!(full_name: "newer", handle: nil)
        User.create!(email: "new2", full_name: "new2")
        same User.find_by(full_name: "newer").slice(:handle, :tier), "handle" => nil, "tier" => "paid"
        same User.find_by(full_name: "new2").tier, "free"
        User.where("email LIKE 'new%'").destroy_all"#,
};

const CASES: [Case; 6] = [
    Case {
        sample: "remove_columns",
        old: Code {
            models: "class Team < ActiveRecord::Base; end; class User < ActiveRecord::Base; belongs_to :team; end",
            does: r#"
                t = Team.create!
                u = User.create!(email: "old", nick: "old", plan: "paid", team: t)
                u.update!(nick: "older")
                same User.order(:nick).find_by(nick: "older").slice(:plan, :team_id), "plan" => "paid", "team_id" => t.id
                t.destroy!
                same User.where(email: "old").count, 0"#,
        },
        new: Code {
            models: "class User < ActiveRecord::Base; self.ignored_columns += %w[nick plan team_id]; end",
            does: r#"
                u = User.create!(email: "new", age: 1)
                u.update!(age: 2)
                same User.find(u.id).age, 2
                u.destroy!"#,
        },
        flags: &[],
        kept: "",
        ignored: "%w[nick plan team_id]",
        files: [1, 4],
    },
    Case {
        sample: "remove_column",
        old: Code {
            models: PLAIN,
            does: r#"
                u = User.create!(email: "old", about: "old")
                u.update!(about: "older")
                same User.find(u.id).about, "older"
                u.destroy!"#,
        },
        new: Code {
            models: "class User < ActiveRecord::Base; self.ignored_columns += [:about]; end",
            does: r#"User.create!(email: "new").destroy!"#,
        },
        flags: &[],
        kept: "",
        ignored: "[:about]",
        files: [1, 1],
    },
    Case {
        sample: "drop_tables",
        old: Code {
            models: "class User < ActiveRecord::Base; end; class Comment < ActiveRecord::Base; end
                class Post < ActiveRecord::Base; has_many :comments; end",
            does: r#"
                u = User.create!(email: "old")
                p = Post.create!(user_id: u.id, title: "old")
                p.comments.create!(user_id: u.id, body: "old")
                same Post.find(p.id).comments.count, 1
                p.delete
                same Comment.where(body: "old").count, 0"#,
        },
        new: Code { models: PLAIN, does: r#"User.create!(email: "new").destroy!"# },
        flags: &[],
        kept: "",
        ignored: "",
        files: [1, 4],
    },
    Case {
        sample: "rename_columns",
        old: OLD_NAMES,
        new: NEW_NAMES,
        flags: &[],
        kept: "ALTER TABLE users RENAME COLUMN name TO full_name; ALTER TABLE users RENAME COLUMN nick TO handle;
            ALTER TABLE users RENAME COLUMN plan TO tier",
        ignored: "%w[name nick plan]",
        files: [7, 2],
    },
    Case {
        sample: "rename_as_add",
        old: OLD_NAMES,
        new: NEW_NAMES,
        flags: &["--rename", "users.name=full_name", "--rename", "users.nick=handle", "--rename", "users.plan=tier"],
        kept: "ALTER TABLE users ADD COLUMN full_name character varying, ADD COLUMN handle character varying(40),
            ADD COLUMN tier character varying DEFAULT 'free';
            UPDATE users SET full_name = name, handle = nick, tier = plan;
            ALTER TABLE users ALTER COLUMN full_name SET NOT NULL, ALTER COLUMN tier SET NOT NULL,
            DROP COLUMN name, DROP COLUMN nick, DROP COLUMN plan",
        ignored: "%w[name nick plan]",
        files: [7, 2],
    },
    Case {
        sample: "split_column",
        old: Code {
            models: PLAIN,
            does: r#"
                u = User.create!(email: "old", name: "Ada King Lovelace")
                u.update!(name: "Grace Hopper")
                same User.find(u.id).name, "Grace Hopper"
                names = User.connection.select_rows("SELECT first_name, last_name FROM users WHERE email = 'old'")
                same names, [["Grace", "Hopper"]]
                u.destroy!"#,
        },
        new: Code {
            models: "class User < ActiveRecord::Base; self.ignored_columns += %w[name]; end",
            does: r#"
                u = User.create!(email: "new", first_name: "Alan", last_name: "Turing")
                u.update!(first_name: "Alan M.")
                same User.find(u.id).slice(:first_name, :last_name), "first_name" => "Alan M.", "last_name" => "Turing"
                u.destroy!"#,
        },
        flags: &[
            "--value",
            "users.first_name=split_part(name, ' ', 1)",
            "--value",
            "users.last_name=nullif(substr(name, strpos(name, ' ') + 1), name)",
        ],
        kept: "ALTER TABLE users ADD COLUMN first_name character varying, ADD COLUMN last_name character varying;
            UPDATE users SET first_name = split_part(name, ' ', 1),
            last_name = nullif(substr(name, strpos(name, ' ') + 1), name);
            ALTER TABLE users DROP COLUMN name",
        ignored: "%w[name]",
        files: [3, 1],
    },
];

impl Case {
    fn named(name: &str) -> Result<&'static Case> {
        CASES.iter().find(|case| name.ends_with(case.sample)).context("a case")
    }
}

#[test]
fn phase_by_phase() -> Result<()> {
    on_each(RAILS_7, 15, &CASES.each_ref().map(|case| case.sample))
}

#[test]
fn phase_by_phase_with_an_older_rails_and_on_other_servers() -> Result<()> {
    on_each(RAILS_6, 15, &["remove_columns"])?;
    on_each(RAILS_7, 12, &["drop_tables"])?;
    on_each(RAILS_7, 18, &["rename_as_add"])
}

fn on_each(rails: Rails, major: u32, names: &[&str]) -> Result<()> {
    let only = std::env::var("SAFESTEP_TEST_ONLY").ok();
    let is_wanted = |name: &&&str| only.as_ref().is_none_or(|only| only.split(',').any(|wanted| wanted == **name));
    let samples: Vec<Sample> = names.iter().filter(is_wanted).map(|name| Sample::phased(name)).collect();
    let server = Server::of(major)?;
    bench::on_each(&samples, THREADS, |sample| {
        let start = Instant::now();
        let case = Case::named(&sample.name)?;
        phase_by_phase_of(rails, &server, sample, case).with_context(|| format!("{} on {major}", case.sample))?;
        println!("PostgreSQL {major}  {}  {}  ({:.1} s)", rails.ruby, case.sample, start.elapsed().as_secs_f32());
        Ok(())
    })
}

/// Rewrites, then deploys and releases until nothing waits.
fn phase_by_phase_of(rails: Rails, server: &Server, sample: &Sample, case: &Case) -> Result<()> {
    let naive = sample.project()?;
    let project = naive.copy()?;
    let history = server.create()?;
    rails.must(&naive, &history, &["db:migrate", &format!("VERSION={}", naive.before)])?;
    history.fill(5)?;
    written(&project, case.flags)?;
    rails.must_compile(&project)?;
    let database = server.copy(&history)?;
    ensure!(project.steps()?.len() == case.files[0], "{:#?}", project.steps()?);

    rails.must(&project, &database, &["db:migrate"]).context("expand")?;
    must_be_final(&project)?;
    works(rails, server, &project, &database, &[case.old, case.new]).context("between")?;
    ensure!(waiting(&project)? == 1, "nothing waits");
    let asked = succeeds(project.folder(), &["status", "--database-url", &database.url])?;
    ensure!(!asked.contains("fails"), "{asked}");
    let between = server.copy(&database)?;
    released(&project, &database)?;
    ensure!(project.steps()?.len() == case.files[0] + case.files[1], "{:#?}", project.steps()?);
    must_be_final(&project)?;
    rails.must_compile(&project)?;

    rails.must(&project, &database, &["db:migrate"]).context("contract")?;
    works(rails, server, &project, &database, &[case.new]).context("at the end")?;
    let expected = server.copy(&history)?;
    match case.kept {
        "" => drop(rails.must(&naive, &expected, &["db:migrate"])?),
        kept => expected.connect()?.batch_execute(kept)?,
    }
    let expected = Expected::of(&expected, &history, &[])?;
    expected.must_be(&database)?;
    rails.must(&naive, &server.create()?, &["db:migrate"])?;
    ensure!(sorted(&project.schema()?) == sorted(&naive.schema()?), "schema.rb differs");
    taken_back(rails, server, &project, case, &between, &database)?;
    ahead(rails, server, &naive, &project, &history, case).context("a database that ran the naive migration")
}

/// Its lines, whatever the order of columns is.
fn sorted(schema: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = schema.lines().collect();
    lines.sort_unstable();
    lines
}

/// `db:rollback` of the last phase leads to what was before it, but for the rows, and the phase comes again.
fn taken_back(
    rails: Rails,
    server: &Server,
    project: &Project,
    case: &Case,
    between: &Database,
    database: &Database,
) -> Result<()> {
    let database = server.copy(database)?;
    let back = rails.run(project, &database, &[&["db:rollback", &format!("STEP={}", case.files[1])]])?;
    if case.sample.starts_with("rename") || case.sample == "split_column" {
        // The values and the trigger are gone.
        ensure!(!back.ok() && back.out.contains("IrreversibleMigration"), "{}", back.out);
        return Ok(());
    }
    back.must_succeed().context("db:rollback")?;
    must_look_the_same(between, &database).context("taken back")?;
    works(rails, server, project, &database, &[case.old, case.new]).context("taken back")?;
    rails.must(project, &database, &["db:migrate"]).context("again")?;
    works(rails, server, project, &database, &[case.new]).context("again")
}

/// A database that ran the naive migration goes on to the end, and nothing changes.
fn ahead(
    rails: Rails,
    server: &Server,
    naive: &Project,
    project: &Project,
    history: &Database,
    case: &Case,
) -> Result<()> {
    let empty = server.create()?;
    // The naive form of a rename that is a drop and an add fails on rows.
    let database = if case.kept.is_empty() { server.copy(history)? } else { empty };
    rails.must(naive, &database, &["db:migrate"])?;
    let before = server.copy(&database)?;
    if case.files[0] > 1 {
        succeeds(project.folder(), &["adopt", "--database-url", &database.url])?;
    }
    rails.must(project, &database, &["db:migrate"])?;
    Expected::of(&before, &before, &[])?.must_be(&database)
}

/// One screen, and the page for who does it.
#[test]
fn what_people_see() -> Result<()> {
    for name in ["remove_columns", "drop_tables", "rename_columns"] {
        let case = Case::named(name)?;
        let project = Sample::phased(name).project()?;
        let folder = project.folder();
        let path = project.path()?;
        let path = path.to_str().context("a path that is not UTF-8")?;
        let shown = succeeds(folder, &["rewrite", "--all", "--color", "never", path])?;
        let mut is_diff = false;
        let kept = shown.lines().filter(|line| {
            is_diff = line.starts_with("diff --git") || (is_diff && !line.is_empty());
            !is_diff
        });
        let shown: String = kept.flat_map(|line| [line, "\n"]).collect();
        let before = folder.tree()?;
        written(&project, case.flags)?;
        let status = succeeds(folder, &["status"])?;
        let mut text = format!("──── safestep rewrite\n{shown}\n──── safestep status\n{status}");
        for (path, content) in folder.tree()?.iter().filter(|(path, content)| before.get(*path) != Some(content)) {
            text += &format!("\n──── {}\n{}", path.display(), String::from_utf8_lossy(content));
        }
        let mut command = folder.command();
        command.args(["release", "--yes", "--color", "never"]).env("SOURCE_DATE_EPOCH", "1800000000");
        let released = command.output()?;
        ensure!(released.status.success(), "{released:?}");
        text += &format!("\n──── safestep release --yes\n{}", String::from_utf8_lossy(&released.stdout));
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../snapshots/phases");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(format!("rails_{name}"), text));
    }
    Ok(())
}

/// A change may not both stop using something and drop it: what counts is the model on the base branch.
#[test]
fn the_gate_is_checked_and_not_believed() -> Result<()> {
    for case in &CASES {
        let project = Sample::phased(case.sample).project()?;
        let folder = project.folder();
        folder.git(&["init", "--quiet", "--initial-branch", "main"])?;
        folder.git(&["add", "."])?;
        folder.git(&["commit", "--quiet", "-m", "deployed"])?;
        folder.git(&["checkout", "--quiet", "-b", "change"])?;
        written(&project, case.flags)?;
        let model = match case.ignored {
            "" => PLAIN.to_owned(),
            ignored => format!("class User < ActiveRecord::Base\n  self.ignored_columns += {ignored}\nend\n"),
        };
        folder.write("app/models/user.rb", model)?;
        for gone in ["post", "comment"].iter().filter(|_| case.ignored.is_empty()) {
            std::fs::remove_file(folder.path().join(format!("app/models/{gone}.rb")))?;
        }
        let tree = folder.tree()?;
        let refused = folder.safestep(&["release", "--yes"])?;
        ensure!(refused.status == 1, "{}: {}{}", case.sample, refused.out, refused.err);
        ensure!(refused.out.contains("fails      the model on the base branch uses"), "{}", refused.out);
        ensure!(folder.tree()? == tree, "what is refused is not written");
        folder.git(&["add", "."])?;
        folder.git(&["commit", "--quiet", "-m", "the code no longer names it"])?;
        folder.git(&["branch", "--force", "main"])?;
        succeeds(folder, &["release", "--yes"])?;
        let left = std::fs::read_dir(folder.path().join("db"))?.map(|entry| Ok(entry?.file_name()));
        let left = left.collect::<Result<Vec<_>>>()?;
        ensure!(!left.iter().any(|name| name == "deferred"), "{left:?}");
    }
    Ok(())
}

/// Others leave alone what waits, and files that wait are no migrations of anybody.
#[test]
fn what_waits_is_reserved() -> Result<()> {
    let project = Sample::phased("remove_columns").project()?;
    written(&project, &[])?;
    let again = "class Again < ActiveRecord::Migration[6.1]\n  def change\n    change_column_default :users, :plan, from: \"free\", to: nil\n  end\nend\n";
    project.folder().write("db/migrate/20990101000000_again.rb", again)?;
    let check = project.folder().safestep(&["check", "--all"])?;
    ensure!(check.out.contains("danger[reserved-object]: users.plan belongs to the sequence"), "{}", check.out);
    ensure!(check.out.matches("danger[").count() == 1, "{}", check.out);
    Ok(())
}

/// What cannot be cut stays as it is written, with the reason.
#[test]
fn what_must_stay_one_file_does_not_wait() -> Result<()> {
    let history = "class CreateUsers < ActiveRecord::Migration[6.1]\n  def change\n    create_table :users do |t|\n      t.string :nick\n    end\n  end\nend\n";
    let of = |body: &str| format!("class RemoveNick < ActiveRecord::Migration[6.1]\n{body}end\n");
    let more = "  def up\n    remove_column :users, :nick\n  end\n\n  def down\n    add_column :users, :nick, :string\n    execute \"UPDATE users SET nick = 'x'\"\n  end\n";
    let set = "  def up\n    execute \"SET search_path TO public\"\n    remove_column :users, :nick\n  end\n";
    for (body, why) in
        [(more, "its `down` does more than take `up` back"), (set, "holds for all that stands behind it")]
    {
        let migrations = [("create_users".to_owned(), history.to_owned()), ("remove_nick".to_owned(), of(body))];
        let project = Project::with(&migrations)?;
        let shown = project.folder().safestep(&["rewrite", "--all"])?;
        let said = shown.out.split_whitespace().collect::<Vec<_>>().join(" ");
        ensure!(said.contains(why) && !said.contains("deferred"), "{}", shown.out);
    }
    Ok(())
}

/// `rewrite --write` of all that is new.
fn written(project: &Project, flags: &[&str]) -> Result<()> {
    let path = project.path()?;
    let path = path.to_str().context("a path that is not UTF-8")?;
    succeeds(project.folder(), &[&["rewrite", "--write", "--all", path], flags].concat()).map(drop)
}

fn released(project: &Project, database: &Database) -> Result<()> {
    let refused = project.folder().safestep(&["release"])?;
    ensure!(refused.status == 1 && refused.err.contains("--yes"), "{}{}", refused.out, refused.err);
    let before = project.folder().tree()?;
    succeeds(project.folder(), &["release", "--dry-run"])?;
    ensure!(project.folder().tree()? == before, "a dry run writes");
    succeeds(project.folder(), &["release", "--yes", "--database-url", &database.url]).map(drop)
}

fn succeeds(folder: &Folder, arguments: &[&str]) -> Result<String> {
    let ended = folder.safestep(arguments)?;
    ensure!(ended.status == 0, "safestep {}: {}\n{}{}", arguments.join(" "), ended.status, ended.out, ended.err);
    Ok(ended.out)
}

/// Rewriting changes nothing any more, and nothing in the folder is a hazard.
fn must_be_final(project: &Project) -> Result<()> {
    for command in [&["rewrite", "--check", "--all"][..], &["check", "--all"]] {
        let said = succeeds(project.folder(), command)?;
        ensure!(said.contains("nothing dangerous"), "{said}");
    }
    Ok(())
}

fn waiting(project: &Project) -> Result<usize> {
    let text = succeeds(project.folder(), &["status", "--format", "json"])?;
    let status: Value = serde_json::from_str(&text).with_context(|| text.clone())?;
    Ok(status["sequences"].as_array().context("sequences")?.len())
}

/// The models of running code work on a copy, each in a process of its own, whichever columns Active Record writes.
fn works(rails: Rails, server: &Server, project: &Project, database: &Database, codes: &[Code]) -> Result<()> {
    let copy = server.copy(database)?;
    let all = |code: &Code, partial: bool| {
        format!(
            "def same(found, wanted) = found == wanted || raise(\"#{{found.inspect}}, not #{{wanted.inspect}}\")
            %i[User Post Comment Team].each {{ |name| Object.send(:remove_const, name) if Object.autoload?(name) }}
            setting = %i[partial_inserts= partial_writes=].find {{ |name| ActiveRecord::Base.respond_to?(name) }}
            ActiveRecord::Base.public_send(setting, {partial})
            {}\n{}",
            code.models, code.does
        )
    };
    let texts: Vec<String> = [false, true].iter().flat_map(|way| codes.iter().map(|code| all(code, *way))).collect();
    let commands: Vec<[&str; 2]> = texts.iter().map(|text| ["code", text.as_str()]).collect();
    let commands: Vec<&[&str]> = commands.iter().map(<[&str; 2]>::as_slice).collect();
    rails.run(project, &copy, &commands)?.must_succeed().map(drop)
}
