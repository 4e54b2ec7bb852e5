//! What must not be left behind when the program ends by Ctrl-C or SIGTERM.
//!
//! A cluster stops and a scratch database goes when its value is dropped; a signal drops nothing, so both are also kept
//! in a list here. The list is emptied from its end: what was made last goes first.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::time::Duration;

type Task = Box<dyn FnOnce() + Send>;

static TASKS: Mutex<Vec<(u64, Task)>> = Mutex::new(Vec::new());
static NEXT: AtomicU64 = AtomicU64::new(1);
static HANDLER: Once = Once::new();
static ENDING: AtomicBool = AtomicBool::new(false);
/// Tasks that have left the list and are not done yet.
static RUNNING: AtomicUsize = AtomicUsize::new(0);

/// A promise to clean up; dropping it keeps the promise.
pub struct Cleanup(u64);

/// Runs `task` when the returned value is dropped, or when a signal ends the program first.
pub fn at_the_end(task: impl FnOnce() + Send + 'static) -> Cleanup {
    HANDLER.call_once(|| {
        // Without a handler the program still cleans up after itself, just not after a signal.
        let _ = ctrlc::set_handler(|| {
            {
                let _tasks = TASKS.lock().unwrap_or_else(PoisonError::into_inner);
                ENDING.store(true, Ordering::SeqCst);
            }
            run_all();
            std::process::exit(130);
        });
    });
    let mut tasks = TASKS.lock().unwrap_or_else(PoisonError::into_inner);
    if ENDING.load(Ordering::SeqCst) {
        // What this is about was made a moment too late: it goes at once, and so does the program.
        RUNNING.fetch_add(1, Ordering::SeqCst);
        drop(tasks);
        run(Box::new(task));
        finish();
        return Cleanup(0);
    }
    let id = NEXT.fetch_add(1, Ordering::SeqCst);
    tasks.push((id, Box::new(task)));
    Cleanup(id)
}

/// To be called before the program ends by itself: while a signal's clean-up is under way, that one ends it.
pub fn finish() {
    while ENDING.load(Ordering::SeqCst) {
        std::thread::park();
    }
}

fn run_all() {
    while let Some(task) = take(|tasks| tasks.len().checked_sub(1)) {
        run(task);
    }
    while RUNNING.load(Ordering::SeqCst) > 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Takes a task off the list; it counts as running from then on.
fn take(choose: impl FnOnce(&[(u64, Task)]) -> Option<usize>) -> Option<Task> {
    let mut tasks = TASKS.lock().unwrap_or_else(PoisonError::into_inner);
    let at = choose(&tasks)?;
    RUNNING.fetch_add(1, Ordering::SeqCst);
    Some(tasks.remove(at).1)
}

fn run(task: Task) {
    task();
    RUNNING.fetch_sub(1, Ordering::SeqCst);
}

impl Drop for Cleanup {
    fn drop(&mut self) {
        if let Some(task) = take(|tasks| tasks.iter().position(|(id, _)| *id == self.0)) {
            run(task);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_cleans_up() {
        static DONE: AtomicBool = AtomicBool::new(false);
        let panicked = std::panic::catch_unwind(|| {
            let _cleanup = at_the_end(|| DONE.store(true, Ordering::SeqCst));
            panic!("on purpose");
        });
        assert!(panicked.is_err() && DONE.load(Ordering::SeqCst));
    }
}
