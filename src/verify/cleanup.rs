//! What must not be left behind when the program ends by Ctrl-C or SIGTERM.
//!
//! A cluster stops and a scratch database goes when its value is dropped; a signal drops nothing, so both are also kept
//! in a list here. The list is emptied from its end: what was made last goes first.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, PoisonError};

type Task = Box<dyn FnOnce() + Send>;

static TASKS: Mutex<Vec<(u64, Task)>> = Mutex::new(Vec::new());
static NEXT: Mutex<u64> = Mutex::new(0);
static HANDLER: Once = Once::new();
static ENDING: AtomicBool = AtomicBool::new(false);

/// A promise to clean up; dropping it keeps the promise.
pub struct Cleanup(u64);

/// Runs `task` when the returned value is dropped, or when a signal ends the program first.
pub fn at_the_end(task: impl FnOnce() + Send + 'static) -> Cleanup {
    HANDLER.call_once(|| {
        // Without a handler the program still cleans up after itself, just not after a signal.
        let _ = ctrlc::set_handler(|| {
            ENDING.store(true, Ordering::SeqCst);
            run_all();
            std::process::exit(130);
        });
    });
    let mut next = NEXT.lock().unwrap_or_else(PoisonError::into_inner);
    *next += 1;
    TASKS.lock().unwrap_or_else(PoisonError::into_inner).push((*next, Box::new(task)));
    Cleanup(*next)
}

/// To be called before the program ends by itself: while a signal's clean-up is under way, that one ends it.
pub fn finish() {
    while ENDING.load(Ordering::SeqCst) {
        std::thread::park();
    }
}

fn run_all() {
    loop {
        let task = TASKS.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match task {
            Some((_, task)) => task(),
            None => return,
        }
    }
}

impl Drop for Cleanup {
    fn drop(&mut self) {
        let task = {
            let mut tasks = TASKS.lock().unwrap_or_else(PoisonError::into_inner);
            tasks.iter().position(|(id, _)| *id == self.0).map(|at| tasks.remove(at))
        };
        if let Some((_, task)) = task {
            task();
        }
    }
}
