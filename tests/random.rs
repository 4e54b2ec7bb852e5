//! Schemas and migrations by chance, naive beside rewritten: what nobody thought of.
//!
//! Without a server thousands of them are read, rewritten and rewritten again. With one, hundreds are run: the sequence must
//! pass where the naive migration passes, leave the same catalog and the same rows, hold no lock that blocks while it reads
//! rows unless that was reported, and show nothing unprotected between its steps; where the naive migration fails, it may
//! not have thrown rows away. A case that fails is made smaller and printed as a file of `known_cases/`, where
//! what was wrong once is tried for ever.
//!
//! `SAFESTEP_TEST_RANDOM=10000` tries more, `SAFESTEP_TEST_SEED=7` one of them, `SAFESTEP_TEST_MAJOR=18` on another server.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;
mod random {
    pub mod again;
    pub mod alter;
    pub mod case;
    pub mod chance;
    pub mod copied;
    pub mod domains;
    pub mod frame;
    pub mod judge;
    pub mod kept;
    pub mod known;
    pub mod model;
    pub mod objects;
    pub mod projects;
    pub mod refused;
    pub mod replaced;
    pub mod rewritten;
    pub mod rows;
    pub mod rows_of;
    pub mod said;
    pub mod seldom;
    pub mod shrink;
    pub mod staying;
    pub mod tables;
    pub mod things;
    pub mod thoughts;
    pub mod trace;
    pub mod writer;
}

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail, ensure};

use bench::server::Server;
use random::case::Case;
use random::judge::{Judge, Verdict};
use random::known::{Known, known_cases};
use random::rewritten::{Finding, rewritten};
use random::shrink::shrunk;

const THREADS: usize = 3;
/// How many cases are run on the server, and how many without one.
const ON_THE_SERVER: u64 = 300;
const WITHOUT: u64 = 2_000;
/// One of so many is compared by `pg_dump` as well.
const THOROUGH: u64 = 8;
/// So many kinds of findings are made smaller and printed whole.
const SHRUNK: usize = 6;

/// Known cases that are still wrong, and why.
const KNOWN_WRONG: &[(&str, &str)] = &[];

/// The seeds to try.
fn seeds(usual: u64) -> Result<std::ops::Range<u64>> {
    let number = |name: &str| -> Result<Option<u64>> {
        std::env::var(name).ok().map(|text| text.parse().with_context(|| format!("{name}={text}"))).transpose()
    };
    let from = number("SAFESTEP_TEST_SEED")?;
    let many = number("SAFESTEP_TEST_RANDOM")?;
    let first = from.unwrap_or_default();
    Ok(first..first + many.unwrap_or(if from.is_some() { 1 } else { usual }))
}

/// PostgreSQL 15, unless another major version is wanted.
fn server() -> Result<Server> {
    let wanted = std::env::var("SAFESTEP_TEST_MAJOR").unwrap_or_else(|_| "15".to_owned());
    Server::of(wanted.parse().with_context(|| format!("SAFESTEP_TEST_MAJOR={wanted}"))?)
}

/// Does the same on each of the threads, as long as there is something to do.
fn on_threads(work: impl Fn() -> Result<()> + Sync) -> Result<()> {
    thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS).map(|_| scope.spawn(&work)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

#[derive(Default)]
struct Tally {
    verdicts: Mutex<BTreeMap<String, usize>>,
    findings: Mutex<BTreeMap<String, Vec<(Case, Finding)>>>,
}

impl Tally {
    fn add(&self, case: Case, came_to: Result<Verdict, Finding>) {
        match came_to {
            Ok(verdict) => {
                *self
                    .verdicts
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .entry(format!("{verdict:?}"))
                    .or_default() += 1;
            }
            Err(finding) => {
                let mut findings = self.findings.lock().unwrap_or_else(PoisonError::into_inner);
                findings.entry(finding.kind.clone()).or_default().push((case, finding));
            }
        }
    }

    /// Fails with what was found, the most frequent kind first, an example of each made as small as it goes.
    fn must_be_clean(self, tried: u64, mut judge: impl FnMut(&Case) -> Result<Result<Verdict, Finding>>) -> Result<()> {
        let verdicts = self.verdicts.into_inner().unwrap_or_else(PoisonError::into_inner);
        println!("{tried} tried: {verdicts:?}");
        let findings = self.findings.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut kinds: Vec<(String, Vec<(Case, Finding)>)> = findings.into_iter().collect();
        kinds.sort_by_key(|(kind, of)| (std::cmp::Reverse(of.len()), kind.clone()));
        let mut text = String::new();
        for (kind, of) in &kinds {
            let mut seeds: Vec<u64> = of.iter().map(|(case, _)| case.seed).collect();
            seeds.sort_unstable();
            seeds.truncate(8);
            text += &format!("{:5} {kind} (seeds {seeds:?})\n", of.len());
        }
        if !kinds.is_empty() {
            println!("{text}"); // making examples small takes longer
        }
        let every = std::env::var_os("SAFESTEP_TEST_RANDOM").is_some();
        for (kind, of) in kinds.iter().take(if every { usize::MAX } else { SHRUNK }) {
            let Some((case, _)) = of.iter().min_by_key(|(case, _)| (case.migration.len(), case.seed)) else { continue };
            let smallest = shrunk(case, &mut |case| matches!(judge(case), Ok(Err(finding)) if finding.kind == *kind));
            if let Err(finding) = judge(&smallest)? {
                let example = format!("\n=== {kind}: {}\n{}\n\n{smallest}", of.len(), finding.what);
                match every {
                    true => println!("{example}"), // it takes minutes
                    false => text += &example,
                }
            }
        }
        let found: usize = kinds.iter().map(|(_, of)| of.len()).sum();
        if found > 0 {
            bail!("{found} of {tried} cases, {} kinds\n{text}", kinds.len());
        }
        Ok(())
    }
}

#[test]
fn thousands_are_rewritten() -> Result<()> {
    let seeds = seeds(WITHOUT)?;
    let next = AtomicU64::new(seeds.start);
    let tally = Tally::default();
    let start = Instant::now();
    let judge = |case: &Case| -> Result<Result<Verdict, Finding>> {
        let verdict = |rewritten: random::rewritten::Rewritten| match rewritten.pieces.is_empty() {
            true => Verdict::Unchanged,
            false => Verdict::Same,
        };
        Ok(rewritten(case)?.map(verdict))
    };
    on_threads(|| {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return Ok(());
            }
            let case = Case::of(seed, &mut |_, _| true);
            tally.add(case.clone(), judge(&case)?);
        }
    })?;
    println!("{:.0} cases a second", (seeds.end - seeds.start) as f64 / start.elapsed().as_secs_f64());
    tally.must_be_clean(seeds.end - seeds.start, judge)
}

#[test]
fn hundreds_leave_what_the_naive_ones_leave() -> Result<()> {
    let seeds = seeds(ON_THE_SERVER)?;
    let server = server()?;
    let next = AtomicU64::new(seeds.start);
    let tally = Tally::default();
    let start = Instant::now();
    on_threads(|| {
        let judge = Judge::new(&server)?;
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return Ok(());
            }
            let case = judge.case(seed).with_context(|| format!("seed {seed}"))?;
            let came_to =
                judge.judge(&case, seed.is_multiple_of(THOROUGH)).with_context(|| format!("seed {seed}\n{case}"))?;
            tally.add(case, came_to);
            if (seed - seeds.start) % 250 == 249 {
                println!("{} after {:.0} s", seed - seeds.start + 1, start.elapsed().as_secs_f64());
            }
        }
    })?;
    println!("{:.1} cases a second", (seeds.end - seeds.start) as f64 / start.elapsed().as_secs_f64());
    let judge = Judge::new(&server)?;
    tally.must_be_clean(seeds.end - seeds.start, |case| judge.judge(case, true))
}

#[test]
fn known_cases_hold_on_12() -> Result<()> {
    known_cases_hold(12)
}

#[test]
fn known_cases_hold_on_15() -> Result<()> {
    known_cases_hold(15)
}

#[test]
fn known_cases_hold_on_18() -> Result<()> {
    known_cases_hold(18)
}

fn known_cases_hold(major: u32) -> Result<()> {
    let server = Server::of(major)?;
    let mut cases = known_cases()?;
    cases.retain(|known| known.is_for(major));
    let all = std::env::var_os("SAFESTEP_TEST_ONLY").is_none();
    ensure!(!all || cases.len() > 100, "only {} known cases were found", cases.len());
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(BTreeMap::new());
    on_threads(|| {
        let judge = Judge::new(&server)?;
        while let Some(known) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Some(Finding { kind, what }) = known.on(major).finding(&judge).with_context(|| known.name.clone())? {
                wrong.lock().unwrap_or_else(PoisonError::into_inner).insert(&known.name, format!("{kind}\n{what}"));
            }
        }
        Ok(())
    })?;
    let mut wrong = wrong.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut text = String::new();
    for (name, why) in KNOWN_WRONG.iter().filter(|(name, _)| all || cases.iter().any(|known| known.name == *name)) {
        match wrong.remove(&(*name).to_owned()) {
            Some(found) => println!("still wrong: {name}, {why}: {found}"),
            None => text += &format!("{name} holds now, or is gone: take it off KNOWN_WRONG\n"),
        }
    }
    for (name, found) in &wrong {
        text += &format!("\n=== {name}: {found}\n");
    }
    println!("{} known cases", cases.len());
    match text.is_empty() {
        true => Ok(()),
        false => bail!("{text}"),
    }
}

/// What the judge of headers and reports says when a lock or a table in one of them is another one.
#[test]
fn an_untrue_word_about_a_lock_is_seen() -> Result<()> {
    let text = "-- prisma
-- A weaker lock on two tables before a stronger one on one of them: neither is held yet when it is taken.
-- before.sql
CREATE TABLE a (id int PRIMARY KEY, b_id int, n int);
CREATE TABLE b (id int PRIMARY KEY);

-- migration.sql
ALTER TABLE a ADD CONSTRAINT fk FOREIGN KEY (b_id) REFERENCES b (id);
ALTER TABLE a ALTER n SET NOT NULL;
";
    let Known { case, .. } = Known::read("untrue", text)?;
    let judge = Judge::new(&server()?)?;
    let true_words = rewritten(&case)?.map_err(|finding| anyhow!("{}: {}", finding.kind, finding.what))?;
    ensure!(judge.untrue_words(&case, &true_words)?.is_none(), "what is true is called untrue");
    let title = |piece: &safestep::verify::Piece| piece.sql.lines().next().unwrap_or_default().to_owned();
    let mut broken = 0;
    for (was, is) in [
        ("ACCESS EXCLUSIVE", "SHARE ROW EXCLUSIVE"),
        ("SHARE ROW EXCLUSIVE", "ACCESS EXCLUSIVE"),
        ("SHARE UPDATE EXCLUSIVE", "ROW EXCLUSIVE"),
        (" a and b ", " a "),
        (" a and b ", " b "),
        (" then a ", " then a and b "),
    ] {
        for at in 0..true_words.pieces.len() {
            let title = title(&true_words.pieces[at]);
            if !title.contains(was) {
                continue;
            }
            let mut untrue = true_words.clone();
            untrue.pieces[at].sql = untrue.pieces[at].sql.replacen(&title, &title.replacen(was, is, 1), 1);
            let said = judge.untrue_words(&case, &untrue)?;
            ensure!(said.is_some(), "{title}: {is} instead of {was} passes");
            broken += 1;
        }
    }
    ensure!(broken >= 6, "only {broken} headers were broken");
    for lock in ["SHARE", "ACCESS EXCLUSIVE"] {
        for at in 0..true_words.report.hazards.len() {
            let mut untrue = true_words.clone();
            let said = untrue.report.hazards[at].lock.replace(lock.to_owned());
            if said.is_some_and(|said| said != lock) {
                let seen = judge.untrue_words(&case, &untrue)?;
                ensure!(seen.is_some(), "{}: {lock} passes", untrue.report.hazards[at].rule);
            }
        }
    }
    Ok(())
}

#[test]
fn a_printed_case_is_read_again() -> Result<()> {
    for seed in 0..50 {
        let case = Case::of(seed, &mut |_, _| true);
        let Known { case: again, .. } = Known::read("again", &case.to_string())?;
        assert_eq!((case.form, case.text(), case.chunks()), (again.form, again.text(), again.chunks()), "seed {seed}");
    }
    Ok(())
}
