//! `safestep review` on a pull request: what is sent to a service that answers as GitHub or GitLab does, push after push.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

#[allow(dead_code, reason = "each test uses a part of it")]
mod review {
    pub mod github;
    pub mod gitlab;
    pub mod pull;
    pub mod server;
}

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use review::pull::{Ended, Pull};
use review::server::{Comment, Fault, TOKEN};

const PROJECT: &str = "apps/shop";
const MIGRATIONS: &str = "apps/shop/prisma/migrations";
const LOCK: (&str, &str) = ("apps/shop/prisma/migrations/migration_lock.toml", "provider = \"postgresql\"\n");
const INIT: (&str, &str) = (
    "apps/shop/prisma/migrations/20260101000000_init/migration.sql",
    "CREATE TABLE \"User\" (\"id\" SERIAL PRIMARY KEY, \"name\" TEXT, \"email\" TEXT);\n",
);
const CHANGE: &str = "apps/shop/prisma/migrations/20260102000000_change/migration.sql";
const NAIVE: &str = "-- AlterTable\nALTER TABLE \"User\" ALTER COLUMN \"name\" SET NOT NULL;\n\n-- CreateIndex\n\
                     CREATE INDEX \"User_email_idx\" ON \"User\"(\"email\");\n";
const FORBIDDEN: &str = "{\"message\":\"Resource not accessible by integration\",\"documentation_url\":\"https://docs.github.com/rest\",\"status\":\"403\"}";

/// A pull request with one naive migration.
fn pull() -> Result<Pull> {
    let pull = Pull::of(&[LOCK, INIT])?;
    pull.push(&[(CHANGE, NAIVE)])?;
    Ok(pull)
}

#[track_caller]
fn ended(ended: &Ended, status: i32, out: &str, err: &str) {
    assert_eq!((ended.status, ended.out.as_str(), ended.err.as_str()), (status, out, err));
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/review"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// All that stands on the pull request, as a person reads it.
fn page(pull: &Pull) -> String {
    let page = |comment: &Comment| {
        let place =
            comment.path.as_deref().map_or("the conversation".to_owned(), |path| format!("{path}:{}", comment.line));
        let resolved = if comment.resolved { ", resolved" } else { "" };
        format!("======== {place}{resolved}\n{}\n", comment.body)
    };
    pull.server.state().comments.iter().map(page).collect()
}

#[test]
fn push_after_push() -> Result<()> {
    let pull = pull()?;
    let name = "o/r#7";

    let first = pull.review()?;
    ended(&first, 1, &format!("{name}: 2 comments at lines, summary written\n"), "");
    insta::assert_snapshot!(pull.server.transcript(), @r"
    POST /graphql read: 200
    POST /repos/o/r/issues/7/comments: 201
    POST /repos/o/r/pulls/7/reviews at 2 5: 200
    ");
    snapshot("first_push", &page(&pull));

    // Nothing is said twice.
    ended(&pull.review()?, 1, &format!("{name}: nothing new to say\n"), "");
    assert_eq!(pull.server.transcript(), "POST /graphql read: 200");

    // The lines move and one hazard comes: one comment more.
    let more = format!("-- two\n-- lines\n{NAIVE}CREATE INDEX \"User_name_idx\" ON \"User\"(\"name\");\n");
    pull.push(&[(CHANGE, &more)])?;
    ended(&pull.review()?, 1, &format!("{name}: 1 comment at lines, summary written\n"), "");
    insta::assert_snapshot!(pull.server.transcript(), @r"
    POST /graphql read: 200
    PATCH /repos/o/r/issues/comments/1: 200
    POST /repos/o/r/pulls/7/reviews at 8: 200
    PATCH /repos/o/r/pulls/comments/2: 200
    PATCH /repos/o/r/pulls/comments/3: 200
    ");

    // The rewrite is taken: all is mended.
    pull.rewrite(PROJECT)?;
    pull.push(&[])?;
    ended(&pull.review()?, 0, &format!("{name}: 3 comments resolved, summary written\n"), "");
    insta::assert_snapshot!(pull.server.transcript(), @r"
    POST /graphql read: 200
    PATCH /repos/o/r/issues/comments/1: 200
    PATCH /repos/o/r/pulls/comments/2: 200
    POST /graphql resolve: 200
    PATCH /repos/o/r/pulls/comments/3: 200
    POST /graphql resolve: 200
    PATCH /repos/o/r/pulls/comments/4: 200
    POST /graphql resolve: 200
    ");
    snapshot("mended_push", &page(&pull));
    ended(&pull.review()?, 0, &format!("{name}: nothing new to say\n"), "");
    assert_eq!(pull.server.transcript(), "POST /graphql read: 200");

    // It is taken back: the same comments are open again.
    pull.folder.git(&["reset", "--quiet", "--hard", "HEAD~1"])?;
    pull.push(&[])?;
    ended(&pull.review()?, 1, &format!("{name}: summary written\n"), "");
    ensure!(pull.server.state().comments.iter().all(|comment| !comment.resolved), "{}", page(&pull));
    ensure!(pull.server.transcript().matches(" reopen: 200").count() == 3);
    Ok(())
}

/// What `--dry-run` prints is what is sent, and it needs neither a token nor the network.
#[test]
fn a_dry_run_prints_the_requests() -> Result<()> {
    let pull = pull()?;
    let dry = pull.review_with(&["--dry-run"], &[])?;
    ensure!(dry.status == 1 && dry.err.is_empty(), "{}", dry.err);
    assert_eq!(pull.server.transcript(), "");
    pull.review()?;
    let sent = pull.server.state().written.clone();
    let address = &pull.server.address;
    let expected = sent
        .iter()
        .map(|(method, path, body)| Ok(format!("{method} {address}{path}\n{}\n", serde_json::to_string_pretty(body)?)));
    assert_eq!(dry.out, expected.collect::<Result<Vec<_>>>()?.join("\n"));

    let nowhere = pull.review_with(
        &["main..topic", "--dry-run"],
        &[("GITHUB_REPOSITORY", ""), ("GITHUB_EVENT_PATH", ""), ("GITHUB_API_URL", "")],
    )?;
    ensure!(
        nowhere.out.starts_with("POST https://api.github.com/repos/{owner}/{name}/issues/{number}/comments\n{"),
        "{}",
        nowhere.out
    );
    let none = pull.review_with(&["main..main", "--dry-run"], &[])?;
    ended(&none, 0, "nothing to say\n", "");
    Ok(())
}

#[test]
fn a_token_that_may_not_write_leaves_annotations() -> Result<()> {
    let pull = pull()?;
    pull.server.state().faults.push_back(Fault {
        at: "POST /repos",
        status: 403,
        headers: &[],
        body: FORBIDDEN,
        done: false,
    });
    let summary = pull.folder.path().join(".git/summary.md");
    std::fs::write(&summary, "# another step\n")?;
    let path = summary.to_str().context("UTF-8")?;
    let forked = pull.review_with(&[], &[("GITHUB_TOKEN", TOKEN), ("GITHUB_STEP_SUMMARY", path)])?;
    ensure!(forked.status == 1 && forked.out.contains(&format!("::error file={CHANGE},line=2,")), "{}", forked.out);
    ensure!(
        forked.err.contains("Resource not accessible by integration (403): the token may not write here"),
        "{}",
        forked.err
    );
    let summary = std::fs::read_to_string(summary)?;
    ensure!(
        summary.starts_with("# another step\n<!-- safestep -->\n### safestep: 2 dangers in 1 migration"),
        "{summary}"
    );
    ensure!(pull.server.transcript().ends_with("POST /repos/o/r/issues/7/comments: 403"));
    Ok(())
}

#[test]
fn what_the_diff_does_not_show_is_in_the_summary() -> Result<()> {
    // GitHub shows no diff of a file that is too large for it.
    let pull = pull()?;
    pull.server.state().patches.insert(CHANGE.to_owned(), None);
    let run = pull.review()?;
    ensure!(run.err.contains("2 hazards stand at lines that GitHub does not show in its diff (Unprocessable Entity; Line could not be resolved)"), "{}", run.err);
    insta::assert_snapshot!(pull.server.transcript(), @r"
    POST /graphql read: 200
    POST /repos/o/r/issues/7/comments: 201
    POST /repos/o/r/pulls/7/reviews at 2 5: 422
    GET /repos/o/r/pulls/7/files?per_page=100&page=1: 200
    ");
    ensure!(page(&pull).contains("`set-not-null` line 2"), "{}", page(&pull));

    // Of two files it shows one.
    let other = format!("{MIGRATIONS}/20260103000000_other/migration.sql");
    pull.push(&[(&other, "DROP TABLE \"User\";\n")])?;
    pull.server.state().patches.insert(CHANGE.to_owned(), None);
    let run = pull.review()?;
    ensure!(
        run.out.contains(": 1 comment at lines") && run.err.contains("2 hazards stand at lines"),
        "{}{}",
        run.out,
        run.err
    );
    insta::assert_snapshot!(pull.server.transcript(), @r"
    POST /graphql read: 200
    PATCH /repos/o/r/issues/comments/1: 200
    POST /repos/o/r/pulls/7/reviews at 2 5 1: 422
    GET /repos/o/r/pulls/7/files?per_page=100&page=1: 200
    POST /repos/o/r/pulls/7/reviews at 1: 200
    ");
    Ok(())
}

#[test]
fn limits_are_waited_for() -> Result<()> {
    let pull = pull()?;
    let secondary = "{\"message\":\"You have exceeded a secondary rate limit. Please wait a few minutes before you try again.\",\"documentation_url\":\"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits\",\"status\":\"403\"}";
    pull.server.state().faults.extend([
        Fault { at: "POST /graphql", status: 502, headers: &[], body: "<html>Bad gateway</html>", done: false },
        Fault {
            at: "POST /repos/o/r/issues",
            status: 403,
            headers: &[("retry-after", "1")],
            body: secondary,
            done: false,
        },
        Fault {
            at: "POST /repos/o/r/pulls",
            status: 429,
            headers: &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1")],
            body: "{}",
            done: false,
        },
    ]);
    ended(&pull.review()?, 1, "o/r#7: 2 comments at lines, summary written\n", "");
    insta::assert_snapshot!(pull.server.transcript(), @r"
    POST /graphql read: 502
    POST /graphql read: 200
    POST /repos/o/r/issues/7/comments: 403
    POST /repos/o/r/issues/7/comments: 201
    POST /repos/o/r/pulls/7/reviews at 2 5: 429
    POST /repos/o/r/pulls/7/reviews at 2 5: 200
    ");

    pull.push(&[(CHANGE, &NAIVE.replace("email", "name"))])?;
    pull.server.state().faults.push_back(Fault {
        at: "PATCH",
        status: 403,
        headers: &[("retry-after", "3600")],
        body: secondary,
        done: false,
    });
    let run = pull.review()?;
    ensure!(run.status == 2 && run.err.contains("takes no more requests for 3600 seconds"), "{}", run.err);
    Ok(())
}

/// Nobody knows whether a request arrived that was answered by a gateway: it is looked up, not said again.
#[test]
fn a_lost_answer_doubles_nothing() -> Result<()> {
    let pull = pull()?;
    pull.server.state().faults.extend(["POST /repos/o/r/issues", "POST /repos/o/r/pulls"].map(|at| Fault {
        at,
        status: 504,
        headers: &[],
        body: "",
        done: true,
    }));
    ensure!(pull.review()?.status == 1);
    assert_eq!(pull.server.state().comments.len(), 3, "{}", page(&pull));
    insta::assert_snapshot!(pull.server.transcript(), @r"
    POST /graphql read: 200
    POST /repos/o/r/issues/7/comments: 504
    POST /graphql read: 200
    POST /repos/o/r/pulls/7/reviews at 2 5: 504
    POST /graphql read: 200
    ");
    Ok(())
}

#[test]
fn a_push_meanwhile_ends_the_run() -> Result<()> {
    let pull = pull()?;
    pull.server.state().head = "f".repeat(40);
    let run = pull.review()?;
    ensure!(run.status == 2 && run.err.contains("was pushed to meanwhile: its last commit is ffff"), "{}", run.err);
    assert_eq!(pull.server.transcript(), "POST /graphql read: 200");

    // Between the reading and the writing.
    pull.push(&[])?;
    let moved = "{\"message\":\"Unprocessable Entity\",\"errors\":[\"commit_id is not part of the pull request\"],\"status\":\"422\"}";
    pull.server.state().faults.push_back(Fault {
        at: "POST /repos/o/r/pulls",
        status: 422,
        headers: &[],
        body: moved,
        done: false,
    });
    let run = pull.review()?;
    ensure!(
        run.status == 2 && run.err.contains("was pushed to meanwhile: Unprocessable Entity; commit_id is not part"),
        "{}",
        run.err
    );
    Ok(())
}

#[test]
fn what_cannot_be_done_is_said() -> Result<()> {
    let pull = pull()?;
    let run = |arguments: &[&str], variables: &[(&str, &str)]| pull.review_with(arguments, variables);
    let fails = |run: Ended, what: &str| {
        assert!(run.status == 2 && run.err.contains(what), "{}{}", run.out, run.err);
    };
    fails(run(&[], &[])?, "GITHUB_TOKEN in the environment is missing");
    fails(run(&[], &[("GITHUB_TOKEN", "another")])?, "Bad credentials (401)");
    fails(run(&["--number", "x"], &[])?, "--number x: expected the number");
    fails(run(&["--repository", "../x"], &[])?, "--repository ../x: expected OWNER/NAME");
    fails(run(&["--repository", "x/y"], &[("GITHUB_TOKEN", TOKEN)])?, "Could not resolve to a Repository");
    fails(run(&["nothing..topic"], &[("GITHUB_TOKEN", TOKEN)])?, "nothing: no such commit");
    fails(
        run(&[], &[("GITHUB_TOKEN", TOKEN), ("GITHUB_API_URL", "http://example.org")])?,
        "a token is sent over https only",
    );
    let elsewhere = [("GITHUB_TOKEN", TOKEN), ("GITHUB_GRAPHQL_URL", "https://example.org/graphql")];
    fails(run(&[], &elsewhere)?, "another host than GITHUB_API_URL");
    // Nobody listens there.
    let unheard = [("GITHUB_TOKEN", TOKEN), ("GITHUB_API_URL", "http://127.0.0.1:1")];
    fails(run(&[], &unheard)?, "http://127.0.0.1:1/graphql: ");
    Ok(())
}

#[test]
fn a_token_that_may_not_resolve_says_mended() -> Result<()> {
    let pull = pull()?;
    pull.review()?;
    pull.rewrite(PROJECT)?;
    pull.push(&[])?;
    pull.server.state().may_resolve = false;
    let run = pull.review()?;
    let note = "note: a comment is marked as mended and not resolved: Resource not accessible by integration (`contents: write` lets the token do it)\n";
    ended(&run, 0, "o/r#7: summary written\n", note);
    ensure!(page(&pull).matches("\n**Mended.** It said:\n").count() == 2, "{}", page(&pull));
    Ok(())
}

/// Only what the token's own account wrote counts: else anybody could make the review silent, or have it write over theirs.
#[test]
fn who_writes_our_first_line_is_not_believed() -> Result<()> {
    let pull = pull()?;
    pull.review()?;
    let foreign: Vec<Comment> =
        pull.server.state().comments.iter().map(|comment| Comment { ours: false, ..comment.clone() }).collect();
    pull.server.state().comments.clone_from(&foreign);
    pull.server.transcript();
    ensure!(pull.review()?.out.contains("2 comments at lines, summary written"));
    let state = pull.server.state();
    let kept: Vec<&String> =
        state.comments.iter().filter(|comment| !comment.ours).map(|comment| &comment.body).collect();
    assert_eq!(kept, foreign.iter().map(|comment| &comment.body).collect::<Vec<_>>());
    Ok(())
}

/// What a person settled stays settled, and their ticks stay.
#[test]
fn a_person_has_the_last_word() -> Result<()> {
    let pull = pull()?;
    pull.review()?;
    {
        let mut state = pull.server.state();
        state.comments.iter_mut().for_each(|comment| {
            comment.body = comment.body.replace("- [ ] before it runs", "- [x] before it runs").replace('\n', "\r\n");
            comment.resolved = comment.path.is_some();
        });
        state.page = 1;
    }
    ensure!(page(&pull).contains("- [x] before it runs"));
    ended(&pull.review()?, 1, "o/r#7: nothing new to say\n", "");
    Ok(())
}

#[test]
fn a_huge_pull_request_gets_few_comments() -> Result<()> {
    let pull = Pull::of(&[LOCK, INIT, ("apps/shop/safestep.toml", "[review]\nmax_comments = 3\n")])?;
    let index = |at: usize| format!("CREATE INDEX \"i{at}_{}\" ON \"User\"(\"email\");\n", "x".repeat(40));
    let one = |at: usize| (0..40).map(|n| index(at * 100 + n)).collect::<String>();
    let paths: Vec<String> = (0..30).map(|at| format!("{MIGRATIONS}/202602{:08}_m/migration.sql", at)).collect();
    let texts: Vec<String> = (0..30).map(one).collect();
    let files: Vec<(&str, &str)> = paths.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
    pull.push(&files)?;
    let run = pull.review()?;
    ended(&run, 1, "o/r#7: 3 comments at lines, summary written\n", "");
    let summary = pull.server.state().comments[0].body.clone();
    ensure!(
        summary.contains("1,200 dangers in 30 migrations") && summary.contains("more hazards: `safestep check`"),
        "{summary}"
    );
    ensure!(summary.contains("\n- 3 of the 1200 hazards have a comment at their line.\n"), "{summary}");
    ended(&pull.review()?, 1, "o/r#7: nothing new to say\n", "");
    Ok(())
}

/// A pull request comes from whoever likes to open one.
#[cfg(unix)]
#[test]
fn a_hostile_pull_request() -> Result<()> {
    let pull = Pull::of(&[LOCK, INIT])?;
    let name = "20260103000000_<img src=x>|`@all` ```\u{202e}[x](https:";
    let table = "<b>\"\"@you\"\" `#1` |![](https://e.org/x.png)";
    let sql = format!(
        "/* </details> ```\n::stop-commands::x */\nCREATE INDEX \"`i`\" ON \"User\"(\"email\");\nALTER TABLE \"{table}\" ALTER COLUMN \"a\" SET NOT NULL;\n"
    );
    let outside = "-- a secret\nALTER TABLE \"User\" ALTER COLUMN \"id\" SET NOT NULL;\n";
    let secret = tempfile::NamedTempFile::new()?;
    std::fs::write(secret.path(), outside)?;
    let link = pull.folder.path().join(format!("{MIGRATIONS}/20260104000000_link"));
    std::fs::create_dir(&link)?;
    std::os::unix::fs::symlink(secret.path(), link.join("migration.sql"))?;
    pull.push(&[(&format!("{MIGRATIONS}/{name}/migration.sql"), &sql)])?;
    let run = pull.review()?;
    ensure!(run.status == 1 && run.out == "o/r#7: 2 comments at lines, summary written\n", "{}{}", run.out, run.err);
    let page = page(&pull).replace(name, "NAME");
    ensure!(!page.contains("secret") && page.contains("is a link, which is not followed here"), "{page}");
    ensure!(!page.contains('\u{202e}'), "{page}");
    snapshot("hostile", &page);
    Ok(())
}

/// What stands around the repository on the machine of the job is nobody's business.
#[test]
fn a_pull_request_reads_nothing_outside_the_repository() -> Result<()> {
    let revision = |id: &str, down: &str, body: &str| {
        format!(
            "from alembic import op\nfrom secret_of_the_job import NAME\n\nrevision = '{id}'\ndown_revision = {down}\n\n\n\
             def upgrade():\n    {body}\n\n\ndef downgrade():\n    pass\n"
        )
    };
    let ini = ("alembic.ini", "[alembic]\nscript_location = alembic\n");
    let init = revision("1", "None", "op.execute('CREATE TABLE posts (id int, title text)')");
    let files = [ini, ("alembic/env.py", "\n"), ("alembic/versions/1_init.py", init.as_str())];
    let outside = tempfile::tempdir()?;
    std::fs::write(outside.path().join("secret_of_the_job.py"), "NAME = 's3cret_of_the_job'\n")?;
    std::fs::write(outside.path().join("9_more.py"), revision("9", "'1'", "op.drop_table('posts')"))?;
    let place = outside.path().to_str().context("UTF-8")?;
    let variables = [("GITHUB_TOKEN", TOKEN), ("TMPDIR", place)];

    let pull = Pull::of(&files)?;
    pull.push(&[("alembic/versions/2_index.py", &revision("2", "'1'", "op.create_index(NAME, 'posts', ['title'])"))])?;
    let run = pull.review_with(&[], &variables)?;
    let is_unknown = page(&pull).contains("secret\\_of\\_the\\_job.NAME at");
    ensure!(is_unknown && !page(&pull).contains("s3cret"), "{}{}{}", run.out, run.err, page(&pull));

    let ini = format!("{}version_locations = alembic/versions {place}\n", ini.1);
    pull.push(&[("alembic.ini", &ini)])?;
    let run = pull.review_with(&[], &variables)?;
    let all = format!("{}{}{}", run.out, run.err, page(&pull));
    ensure!(run.status == 2 && all.contains("outside of the repository, which is not read"), "{all}");
    ensure!(!["9_more", "secret_of_the_job.py", place].iter().any(|secret| all.contains(secret)), "{all}");
    Ok(())
}

#[test]
fn a_fix_that_fits_is_a_suggestion() -> Result<()> {
    let sample = format!("{}/tests/samples/drizzle-031/index_add/drizzle", env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(format!("{sample}/{path}")).with_context(|| path.to_owned());
    let (init, change) = (read("0000_init.sql")?, read("0001_index_add.sql")?);
    let mut journal: Value = serde_json::from_str(&read("meta/_journal.json")?)?;
    let whole = serde_json::to_string_pretty(&journal)?;
    journal["entries"].as_array_mut().context("entries")?.truncate(1);
    let (first, second) = (read("meta/0000_snapshot.json")?, read("meta/0001_snapshot.json")?);
    let pull = Pull::of(&[
        ("db/drizzle/0000_init.sql", &init),
        ("db/drizzle/meta/_journal.json", &serde_json::to_string_pretty(&journal)?),
        ("db/drizzle/meta/0000_snapshot.json", &first),
    ])?;
    pull.push(&[
        ("db/drizzle/0001_index_add.sql", &change),
        ("db/drizzle/meta/_journal.json", &whole),
        ("db/drizzle/meta/0001_snapshot.json", &second),
    ])?;
    let run = pull.review()?;
    ensure!(run.status == 1, "{}{}", run.out, run.err);
    snapshot("suggestion", &page(&pull));

    // Applied as GitHub applies it, it is what the command writes.
    let review = pull
        .server
        .state()
        .written
        .iter()
        .find_map(|(_, _, body)| body["comments"].get(0).cloned())
        .context("no comment")?;
    let body = review["body"].as_str().context("body")?;
    let text =
        body.split_once("```suggestion\n").and_then(|(_, rest)| rest.split_once("\n```")).context("no suggestion")?.0;
    let line = |name: &str| review[name].as_u64().and_then(|line| usize::try_from(line).ok());
    let last = line("line").context("line")?;
    let mut lines: Vec<&str> = change.lines().collect();
    lines.splice(line("start_line").unwrap_or(last) - 1..last, text.lines());
    let applied = lines.join("\n"); // neither has a line break at its end
    pull.rewrite("db/drizzle")?;
    let written = std::fs::read_to_string(pull.folder.path().join("db/drizzle/0001_index_add.sql"))?;
    assert_eq!(applied, written);
    Ok(())
}

#[test]
fn several_projects_and_what_is_old() -> Result<()> {
    let init = "db/migrate/20260101000000_init.rb";
    let rails = |class: &str, body: &str| {
        format!("class {class} < ActiveRecord::Migration[7.1]\n  def change\n    {body}\n  end\nend\n")
    };
    let create = rails("Init", "create_table :posts do |t|\n      t.string :title\n    end");
    let old = (
        format!("{MIGRATIONS}/20260101000001_old/migration.sql"),
        "ALTER TABLE \"User\" ADD COLUMN \"age\" INTEGER;\n",
    );
    let application = ("config/application.rb", "module Blog\nend\n");
    let pull = Pull::of(&[LOCK, INIT, (&old.0, old.1), (init, &create), application])?;
    pull.push(&[
        (CHANGE, NAIVE),
        ("db/migrate/20260102000000_add_index.rb", &rails("AddIndex", "add_index :posts, :title")),
        (&old.0, &format!("{}CREATE INDEX \"User_age_idx\" ON \"User\"(\"age\");\n", old.1)),
        ("src/main.rs", "fn main() {}\n"),
    ])?;
    // What the work tree has is another thing: the commit counts.
    pull.folder.write(CHANGE, "DROP TABLE \"User\";\n")?;
    let run = pull.review()?;
    ensure!(run.status == 1, "{}{}", run.out, run.err);
    snapshot("several_projects", &page(&pull));
    Ok(())
}

#[test]
fn a_migration_that_cannot_be_read_is_named() -> Result<()> {
    let pull = pull()?;
    pull.push(&[(&format!("{MIGRATIONS}/20260103000000_open/migration.sql"), "SELECT 'never ends;\n")])?;
    let run = pull.review()?;
    let open = "apps/shop/prisma/migrations/20260103000000_open/migration.sql:1:8";
    ensure!(run.status == 2 && run.err.starts_with(&format!("error: {open}: ")), "{}", run.err);
    ensure!(run.out == "o/r#7: 2 comments at lines, summary written\n", "{}", run.out);
    ensure!(
        pull.server.state().comments[0].body.contains(&format!("\n**Good to know**\n\n- {}", open.replace('_', "\\_"))),
        "{}",
        page(&pull)
    );
    Ok(())
}

/// The same on a merge request.
#[test]
fn push_after_push_on_gitlab() -> Result<()> {
    let pull = Pull::on_gitlab(&[LOCK, INIT])?;
    pull.push(&[(CHANGE, NAIVE)])?;
    let review = || pull.review_on_gitlab(("GITLAB_TOKEN", TOKEN));
    ended(&review()?, 1, "42!7: 2 comments at lines, summary written\n", "");
    insta::assert_snapshot!(pull.server.transcript(), @r"
    GET /api/v4/projects/42/merge_requests/7: 200
    GET /api/v4/user: 200
    GET /api/v4/projects/42/merge_requests/7/discussions?per_page=100&page=1: 200
    POST /api/v4/projects/42/merge_requests/7/notes: 201
    GET /api/v4/projects/42/merge_requests/7: 200
    POST /api/v4/projects/42/merge_requests/7/discussions at 2: 201
    POST /api/v4/projects/42/merge_requests/7/discussions at 5: 201
    ");
    ended(&review()?, 1, "42!7: nothing new to say\n", "");
    let read = pull.server.transcript();
    ensure!(read.lines().all(|line| line.starts_with("GET ")), "{read}");

    pull.rewrite(PROJECT)?;
    pull.push(&[])?;
    ended(&review()?, 0, "42!7: 2 comments resolved, summary written\n", "");
    insta::assert_snapshot!(pull.server.transcript().replace(&read, "(read)"), @r"
    (read)
    PUT /api/v4/projects/42/merge_requests/7/notes/1: 200
    PUT /api/v4/projects/42/merge_requests/7/discussions/d2/notes/2: 200
    PUT /api/v4/projects/42/merge_requests/7/discussions/d2 resolved=true: 200
    PUT /api/v4/projects/42/merge_requests/7/discussions/d3/notes/3: 200
    PUT /api/v4/projects/42/merge_requests/7/discussions/d3 resolved=true: 200
    ");
    ensure!(pull.server.state().comments.iter().all(|comment| comment.resolved || comment.path.is_none()));

    pull.folder.git(&["reset", "--quiet", "--hard", "HEAD~1"])?;
    pull.push(&[])?;
    ended(&review()?, 1, "42!7: summary written\n", "");
    ensure!(pull.server.state().comments.iter().all(|comment| !comment.resolved), "{}", page(&pull));
    Ok(())
}

#[test]
fn what_gitlab_refuses() -> Result<()> {
    // A line that the diff shows and does not add.
    let old = "ALTER TABLE \"User\" ALTER COLUMN \"name\" SET NOT NULL;\n-- two\n";
    let path = format!("{MIGRATIONS}/20260101000001_old/migration.sql");
    let pull = Pull::on_gitlab(&[LOCK, INIT, (&path, old)])?;
    pull.push(&[(&path, &format!("{old}-- three\n")), (CHANGE, "CREATE INDEX \"i\" ON \"User\"(\"email\");\n")])?;
    let run = pull.review_on_gitlab(("GITLAB_TOKEN", TOKEN))?;
    ensure!(run.out == "42!7: 1 comment at lines, summary written\n", "{}{}", run.out, run.err);
    ensure!(run.err.contains("1 hazard stands at a line that GitLab takes no comment at"), "{}", run.err);

    // The token of a job may read, not write.
    let pull = Pull::on_gitlab(&[LOCK, INIT])?;
    pull.push(&[(CHANGE, NAIVE)])?;
    let job = pull.review_on_gitlab(("CI_JOB_TOKEN", TOKEN))?;
    ensure!(job.status == 1 && job.err.contains("401 Unauthorized (401): the token may not write here"), "{}", job.err);
    ensure!(job.out.starts_with("<!-- safestep -->\n### safestep: 2 dangers"), "{}", job.out);

    pull.server.state().head = "f".repeat(40);
    let run = pull.review_on_gitlab(("GITLAB_TOKEN", TOKEN))?;
    ensure!(run.status == 2 && run.err.contains("was pushed to meanwhile"), "{}", run.err);
    Ok(())
}
