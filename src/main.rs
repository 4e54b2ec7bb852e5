//! The `safestep` binary: exit code only.

fn main() -> std::process::ExitCode {
    safestep::cli::main()
}
