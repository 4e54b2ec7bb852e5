//! Processes that wait for jobs, each a line of JSON, and answer with lines of JSON: the real runners, loaded once.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use serde_json::Value;

/// A program that answers one job after the other, and ends with its input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    words: Vec<String>,
}

/// Those that wait. Who asks takes one, or starts one, and leaves it for the next.
static IDLE: Mutex<Vec<Process>> = Mutex::new(Vec::new());

/// A running one, ended with this value.
pub struct Process {
    program: Program,
    child: Child,
    jobs: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Program {
    /// A script of `tests/` with its interpreter, and words before and behind the script's path.
    pub fn script(interpreter: String, options: &[&str], script: &str, arguments: Vec<String>) -> Program {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(script).display().to_string();
        let options = options.iter().map(|&option| option.to_owned());
        Program { words: std::iter::once(interpreter).chain(options).chain([path]).chain(arguments).collect() }
    }

    /// The answer to a job of one line.
    pub fn ask(&self, job: &Value) -> Result<Value> {
        self.with(|process| process.ask(job))
    }

    /// Does something with one that is free.
    pub fn with<T>(&self, work: impl FnOnce(&mut Process) -> Result<T>) -> Result<T> {
        let idle = {
            let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
            idle.iter().position(|process| process.program == *self).map(|at| idle.swap_remove(at))
        };
        let mut process = idle.map_or_else(|| self.start(), Ok)?;
        let done = work(&mut process)?;
        IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(process);
        Ok(done)
    }

    /// One of its own.
    pub fn start(&self) -> Result<Process> {
        let started =
            Command::new(&self.words[0]).args(&self.words[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = started.with_context(|| format!("running {:?}", self.words))?;
        let jobs = child.stdin.take().context("no standard input")?;
        let answers = BufReader::new(child.stdout.take().context("no standard output")?);
        Ok(Process { program: self.clone(), child, jobs, answers })
    }
}

impl Process {
    /// Gives it a job and waits for the answer.
    pub fn ask(&mut self, job: &Value) -> Result<Value> {
        self.give(job)?;
        self.answer()
    }

    /// Gives it a job.
    pub fn give(&mut self, job: &Value) -> Result<()> {
        writeln!(self.jobs, "{job}").with_context(|| format!("{:?} has ended", self.program.words))
    }

    /// Waits for a line of an answer.
    pub fn answer(&mut self) -> Result<Value> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        serde_json::from_str(&line).with_context(|| format!("{:?} answers {line:?}", self.program.words))
    }

    /// Ends it at once, whatever it does.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
