//! `safestep review --commit`: the rewrite as a commit on the branch of the pull request, or on one of its own.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

#[allow(dead_code, reason = "each test uses a part of it")]
mod review {
    pub mod github;
    pub mod gitlab;
    pub mod pull;
    pub mod server;
}

use anyhow::{Result, ensure};

use review::pull::{Ended, Pull};
use review::server::TOKEN;

const LOCK: (&str, &str) = ("prisma/migrations/migration_lock.toml", "provider = \"postgresql\"\n");
const INIT: (&str, &str) = (
    "prisma/migrations/20260101000000_init/migration.sql",
    "CREATE TABLE \"User\" (\"id\" SERIAL PRIMARY KEY, \"name\" TEXT, \"email\" TEXT);\n",
);
const CHANGE: &str = "prisma/migrations/20260102000000_change/migration.sql";
const NAIVE: &str = "ALTER TABLE \"User\" ALTER COLUMN \"name\" SET NOT NULL;\n";
const OF_GITHUB: [(&str, &str); 1] = [("GITHUB_TOKEN", TOKEN)];

fn pull() -> Result<Pull> {
    let pull = Pull::of(&[LOCK, INIT])?;
    pull.push(&[(CHANGE, NAIVE)])?;
    Ok(pull)
}

/// The lines that a run printed, hashes shortened away.
fn lines(ended: &Ended) -> Vec<String> {
    let hash = |line: &str| match line.split_once(" as ") {
        Some((before, _)) => format!("{before} as HASH"),
        None => line.to_owned(),
    };
    ended.out.lines().map(hash).collect()
}

/// What is there is what `safestep rewrite --write` writes.
fn must_be_the_rewrite(pull: &Pull, commit: &str) -> Result<()> {
    let tree = pull.git(&["rev-parse", &format!("{commit}^{{tree}}")])?;
    pull.rewrite(".")?;
    pull.git(&["add", "--all"])?;
    let written = pull.git(&["write-tree"])?;
    pull.git(&["reset", "--quiet", "--hard"])?;
    ensure!(tree == written, "{}", pull.git(&["diff", "--stat", tree.trim(), written.trim()])?);
    Ok(())
}

#[test]
fn onto_the_branch() -> Result<()> {
    let pull = pull()?;
    pull.with_remote()?;
    let before = pull.git(&["rev-parse", "topic"])?;
    let first = pull.review()?;
    assert_eq!((first.status, lines(&first)), (1, vec!["o/r#7: 1 comment at lines, summary written".to_owned()]));

    let ended = pull.review_with(&["--commit"], &OF_GITHUB)?;
    assert_eq!(ended.err, "");
    let said = ["o/r#7: topic has the rewrite as HASH", "o/r#7: 1 comment resolved, summary written"];
    assert_eq!((ended.status, lines(&ended)), (0, said.map(str::to_owned).to_vec()));
    assert_eq!(pull.git(&["rev-parse", "topic"])?, before, "the clone's own branch stays where it was");
    assert_eq!(pull.git(&["status", "--porcelain"])?, "", "nothing of the work tree changes");
    pull.git(&["fetch", "--quiet", "origin", "topic"])?;
    assert_eq!(pull.git(&["rev-parse", "FETCH_HEAD^"])?, before);
    let message = pull.git(&["log", "-1", "--format=%B", "FETCH_HEAD"])?;
    insta::assert_snapshot!(message.trim_end(), @r"
    Rewrite 20260102000000_change into safe steps

    - 20260102000000_change

    Rewritten-by: safestep
    ");
    must_be_the_rewrite(&pull, "FETCH_HEAD")?;

    // From there on there is nothing to commit.
    pull.git(&["merge", "--quiet", "--ff-only", "FETCH_HEAD"])?;
    let again = pull.review_with(&["--commit"], &OF_GITHUB)?;
    assert_eq!((again.status, lines(&again)), (0, vec!["o/r#7: nothing new to say".to_owned()]));
    Ok(())
}

#[test]
fn as_a_pull_request_of_its_own() -> Result<()> {
    let pull = pull()?;
    pull.with_remote()?;
    let ended = pull.review_with(&["--commit=stacked"], &OF_GITHUB)?;
    assert_eq!(ended.err, "");
    let said = ["o/r#7: safestep/topic has the rewrite as HASH", "o/r#7: 1 comment at lines, summary written"];
    assert_eq!((ended.status, lines(&ended)), (1, said.map(str::to_owned).to_vec()));
    assert_eq!(pull.server.state().opened, [("safestep/topic".to_owned(), "topic".to_owned())]);
    let summary = pull.server.state().comments[0].body.clone();
    assert!(summary.contains("`safestep/topic` has the rewrite as files: merge it into `topic`"), "{summary}");
    pull.git(&["fetch", "--quiet", "origin", "safestep/topic"])?;
    must_be_the_rewrite(&pull, "FETCH_HEAD")?;

    // The same again pushes nothing; another push of the author's replaces ours.
    let again = pull.review_with(&["--commit=stacked"], &OF_GITHUB)?;
    assert_eq!((again.status, again.err.as_str()), (1, ""));
    assert!(!again.out.contains("has the rewrite as"), "{}", again.out);
    pull.push(&[(CHANGE, &format!("{NAIVE}CREATE INDEX \"User_email_idx\" ON \"User\"(\"email\");\n"))])?;
    pull.git(&["push", "--quiet", "origin", "topic"])?;
    let ended = pull.review_with(&["--commit=stacked"], &OF_GITHUB)?;
    assert_eq!((ended.status, ended.err.as_str()), (1, ""));
    pull.git(&["fetch", "--quiet", "origin", "safestep/topic"])?;
    must_be_the_rewrite(&pull, "FETCH_HEAD")?;

    // What somebody else pushed there stays.
    pull.git(&["checkout", "--quiet", "--detach", "FETCH_HEAD"])?;
    pull.git(&["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "--allow-empty", "-m", "mine"])?;
    pull.git(&["push", "--quiet", "origin", "HEAD:refs/heads/safestep/topic"])?;
    pull.git(&["checkout", "--quiet", "topic"])?;
    pull.push(&[(CHANGE, &format!("-- more\n{NAIVE}"))])?;
    pull.git(&["push", "--quiet", "origin", "topic"])?;
    let ended = pull.review_with(&["--commit=stacked"], &OF_GITHUB)?;
    assert_eq!(ended.status, 2);
    assert!(ended.err.contains("safestep/topic has a commit that is not ours (mine)"), "{}", ended.err);
    Ok(())
}

#[test]
fn on_gitlab() -> Result<()> {
    let pull = Pull::on_gitlab(&[LOCK, INIT])?;
    pull.push(&[(CHANGE, NAIVE)])?;
    pull.with_remote()?;
    let ended = pull.review_on_gitlab_with(
        &["--commit=stacked"],
        &[("GITLAB_TOKEN", TOKEN), ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "topic")],
    )?;
    assert_eq!((ended.status, ended.err.as_str()), (1, ""));
    assert_eq!(pull.server.state().opened, [("safestep/topic".to_owned(), "topic".to_owned())]);
    pull.git(&["fetch", "--quiet", "origin", "safestep/topic"])?;
    must_be_the_rewrite(&pull, "FETCH_HEAD")
}

#[test]
fn what_cannot_be_pushed_is_said() -> Result<()> {
    let pull = pull()?;
    let remote = pull.with_remote()?;
    let ended = pull.review_with(&["--dry-run", "--commit=stacked"], &[])?;
    assert_eq!(ended.status, 1);
    let pushed: Vec<&str> = ended.out.lines().take_while(|line| !line.is_empty()).collect();
    assert_eq!(pushed[..2], ["git push origin to safestep/topic", &format!("- {CHANGE}")]);
    assert!(ended.out.contains("/repos/o/r/pulls\n"), "{}", ended.out);

    // The branch moves on while it is reviewed.
    pull.git(&["checkout", "--quiet", "-b", "other"])?;
    pull.commit(&[("README.md", "# more\n")])?;
    pull.git(&["push", "--quiet", "origin", "HEAD:refs/heads/topic"])?;
    pull.git(&["checkout", "--quiet", "topic"])?;
    let ended = pull.review_with(&["--commit"], &OF_GITHUB)?;
    assert_eq!((ended.status, ended.out.as_str()), (2, ""));
    assert!(ended.err.contains("rejected"), "{}", ended.err);
    assert_eq!(pull.server.state().comments.len(), 0);

    for name in ["a..b", "a b", "a:refs/heads/main"] {
        let ended = pull.review_with(&["--commit", &format!("--branch={name}")], &OF_GITHUB)?;
        assert!(ended.status == 2 && ended.err.contains("git takes no such name"), "{name}: {}", ended.err);
    }
    std::fs::remove_dir_all(remote)?;
    let ended = pull.review_with(&["--commit"], &OF_GITHUB)?;
    assert_eq!(ended.status, 2);
    assert!(ended.err.contains("`git push"), "{}", ended.err);
    Ok(())
}
