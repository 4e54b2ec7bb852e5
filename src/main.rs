//! The `safestep` binary: exit code only.

/// A catalog is many small objects that come on one thread and go on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    safestep::cli::main()
}
