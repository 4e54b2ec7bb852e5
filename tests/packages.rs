//! `scripts/package`: what it makes of a program that is built already is installed as people install it, and runs.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use bench::variable;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const PROGRAM: &str = env!("CARGO_BIN_EXE_safestep");

/// What this platform is called by Rust, by npm and by RubyGems.
const TARGET: (&str, &str, &str) = match cfg!(target_arch = "aarch64") {
    true => ("aarch64-unknown-linux-musl", "linux-arm64", "aarch64-linux"),
    false => ("x86_64-unknown-linux-musl", "linux-x64", "x86_64-linux"),
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All packages of this platform, made once.
static MADE: LazyLock<Result<TempDir, String>> = LazyLock::new(|| make().map_err(|error| format!("{error:#}")));

fn made() -> Result<&'static Path> {
    MADE.as_ref().map(TempDir::path).map_err(|error| anyhow::anyhow!("{error}"))
}

fn make() -> Result<TempDir> {
    let folder = TempDir::with_prefix("safestep-packages-")?;
    let program = folder.path().join("programs").join(TARGET.0).join("safestep");
    std::fs::create_dir_all(program.parent().context("a folder")?)?;
    // What a debugger needs is most of a debug build.
    succeeded(Command::new("strip").arg("-o").arg(&program).arg(PROGRAM).output()?)?;
    succeeded(package()?.arg("make").arg(folder.path().join("programs")).arg(folder.path().join("out")).output()?)?;
    Ok(folder)
}

/// A folder of programs with one for each of these platforms: small ones, which stand for safestep.
fn small_programs(folder: &Path, targets: &[&str]) -> Result<()> {
    for target in targets {
        std::fs::create_dir_all(folder.join(target))?;
        std::fs::write(folder.join(target).join("safestep"), format!("#!/bin/sh\nexec {PROGRAM} \"$@\" # {target}\n"))?;
    }
    Ok(())
}

/// `scripts/package`, as in a workflow of a repository.
fn package() -> Result<Command> {
    let mut command = Command::new(variable("SAFESTEP_TEST_PYTHON")?);
    command.arg(root().join("scripts/package")).env("GEM", gem_words()?.join(" "));
    command.env("GITHUB_SERVER_URL", "https://example.org").env("GITHUB_REPOSITORY", "somebody/safestep");
    Ok(command)
}

/// The words of a shell that begin a `gem` command.
fn gem_words() -> Result<[String; 5]> {
    let ruby = variable("SAFESTEP_TEST_RAILS_7")?;
    let run = "'Gem::GemRunner.new.run(ARGV)'";
    Ok([ruby, "-rrubygems/gem_runner".into(), "-e".into(), run.into(), "--".into()])
}

fn succeeded(output: Output) -> Result<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    ensure!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    Ok(text(&output.stdout))
}

fn out(name: &str) -> Result<PathBuf> {
    let path = made()?.join("out").join(name);
    ensure!(path.is_file(), "{} is not there", path.display());
    Ok(path)
}

/// What was installed says its version, rewrites an example as the program itself does, and ends as it does.
fn must_work(installed: &dyn Fn() -> Command) -> Result<()> {
    let run = |mut command: Command, arguments: &[&str]| -> Result<Output> {
        command.args(arguments).current_dir(root()).env("COLUMNS", "100").env_remove("CLICOLOR_FORCE");
        command.output().with_context(|| format!("{command:?}"))
    };
    let version = succeeded(run(installed(), &["--version"])?)?;
    ensure!(version == format!("safestep {VERSION}\n"), "{version}");
    for arguments in [&["rewrite", "examples/prisma", "--all"][..], &["check", "examples/rails", "--all"], &["nothing"]]
    {
        let (ours, itself) = (run(installed(), arguments)?, run(Command::new(PROGRAM), arguments)?);
        ensure!(ours.status.code() == itself.status.code(), "{arguments:?}: exit {}", ours.status);
        ensure!(ours.stdout == itself.stdout, "{arguments:?}: {}", String::from_utf8_lossy(&ours.stdout));
    }
    Ok(())
}

fn npm(folder: &Path, packages: &[PathBuf]) -> Result<()> {
    std::fs::write(folder.join("package.json"), "{\"private\": true}\n")?;
    let mut command = Command::new("npm");
    command.args(["install", "--offline", "--no-audit", "--no-fund", "--loglevel=error"]).args(packages);
    succeeded(command.current_dir(folder).output()?).map(drop)
}

#[test]
fn npm_installs_the_program_of_this_platform() -> Result<()> {
    let [choice, ours] =
        [out(&format!("safestep-{VERSION}.tgz"))?, out(&format!("safestep-{}-{VERSION}.tgz", TARGET.1))?];
    let folder = TempDir::with_prefix("safestep-npm-")?;
    npm(folder.path(), &[choice.clone(), ours])?;
    let installed = folder.path().join("node_modules/.bin/safestep");
    must_work(&|| Command::new(&installed))?;
    let package = folder.path().join("node_modules/safestep");
    let manifest: Value = serde_json::from_slice(&std::fs::read(package.join("package.json"))?)?;
    ensure!(manifest["version"] == VERSION && manifest.get("scripts").is_none(), "{manifest:#}");
    let platforms = manifest["optionalDependencies"].as_object().context("optionalDependencies")?;
    ensure!(platforms.len() == 5 && platforms.values().all(|version| version == VERSION), "{platforms:?}");
    ensure!(manifest["repository"]["url"] == "git+https://example.org/somebody/safestep.git", "{manifest:#}");
    ensure!(package.join("schemas/v1/settings.json").is_file() && package.join("man/safestep-rewrite.1").is_file());

    // Without the optional dependency it says what is missing.
    let folder = TempDir::with_prefix("safestep-npm-")?;
    npm(folder.path(), &[choice])?;
    let ended = Command::new(folder.path().join("node_modules/.bin/safestep")).arg("--version").output()?;
    let said = String::from_utf8_lossy(&ended.stderr);
    ensure!(ended.status.code() == Some(2) && said.contains("is not installed"), "{said}");
    Ok(())
}

#[test]
fn pip_installs_the_wheel() -> Result<()> {
    let wheel = std::fs::read_dir(made()?.join("out"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .context("a wheel")?;
    let folder = TempDir::with_prefix("safestep-pip-")?;
    succeeded(Command::new(variable("SAFESTEP_TEST_PYTHON")?).args(["-m", "venv"]).arg(folder.path()).output()?)?;
    let pip = || Command::new(folder.path().join("bin/pip"));
    succeeded(pip().args(["install", "--no-index", "--quiet"]).arg(&wheel).output()?)?;
    must_work(&|| Command::new(folder.path().join("bin/safestep")))?;
    ensure!(folder.path().join("share/man/man1/safestep.1").is_file());
    let shown = succeeded(pip().args(["show", "--files", "safestep"]).output()?)?;
    ensure!(shown.contains(&format!("Version: {VERSION}\n")), "{shown}");
    // Its list of files is right: all of them go again.
    succeeded(pip().args(["uninstall", "--yes", "--quiet", "safestep"]).output()?)?;
    ensure!(!folder.path().join("bin/safestep").exists() && !folder.path().join("share/man/man1/safestep.1").exists());
    Ok(())
}

#[test]
fn gem_installs_the_gem() -> Result<()> {
    let gem = out(&format!("safestep-{VERSION}-{}.gem", TARGET.2))?;
    let folder = TempDir::with_prefix("safestep-gem-")?;
    let words = gem_words()?;
    let install = format!("{} install --local --no-document \"$1\"", words.join(" "));
    let mut command = Command::new("bash");
    command.args(["-euc", &install, "gem"]).arg(gem).env("GEM_HOME", folder.path());
    succeeded(command.output()?)?;
    // The line at the top of an executable names a Ruby that is at another place here.
    must_work(&|| {
        let mut command = Command::new(&words[0]);
        command.arg(folder.path().join("bin/safestep"));
        // The Ruby of the tests sets GEM_PATH itself: what is in its GEM_HOME comes first.
        command.env("GEM_HOME", folder.path());
        command
    })
}

#[test]
fn the_archive_has_the_program_its_manual_and_completions() -> Result<()> {
    let name = format!("safestep-{VERSION}-{}", TARGET.0);
    let folder = TempDir::with_prefix("safestep-archive-")?;
    let mut tar = Command::new("tar");
    succeeded(tar.arg("xzf").arg(out(&format!("{name}.tar.gz"))?).arg("-C").arg(folder.path()).output()?)?;
    let place = folder.path().join(&name);
    must_work(&|| Command::new(place.join("safestep")))?;
    for file in ["LICENSE-MIT", "README.md", "completions/safestep.bash", "completions/_safestep"] {
        ensure!(std::fs::metadata(place.join(file)).is_ok_and(|file| file.len() > 100), "{file}");
    }
    // A page for each command that `--help` lists, each with its options.
    let help = succeeded(Command::new(PROGRAM).arg("--help").output()?)?;
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let commands: Vec<&str> = commands.filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).collect();
    let commands: Vec<&str> = commands.into_iter().filter(|name| !name.is_empty() && *name != "help").collect();
    ensure!(commands.len() >= 14, "{commands:?}");
    for command in &commands {
        let page =
            std::fs::read_to_string(place.join(format!("man/safestep-{command}.1"))).context(command.to_string())?;
        ensure!(
            page.contains(&format!(".TH safestep-{command} 1")) && page.contains(".SH OPTIONS"),
            "{command}: {page}"
        );
    }
    ensure!(std::fs::read_dir(place.join("man"))?.count() == commands.len() + 1, "pages of hidden commands");
    let page = std::fs::read_to_string(place.join("man/safestep.1"))?;
    ensure!(page.contains("safestep\\-rewrite(1)") && page.contains("input that cannot be read"), "{page}");
    Ok(())
}

#[test]
fn the_same_program_gives_the_same_bytes() -> Result<()> {
    let folder = TempDir::with_prefix("safestep-packages-")?;
    let programs = folder.path().join("programs");
    small_programs(&programs, &[TARGET.0])?;
    let make = |out: &str| -> Result<Vec<(std::ffi::OsString, Vec<u8>)>> {
        let out = folder.path().join(out);
        let only = ["--only", "archive,npm,wheel,sbom"];
        succeeded(package()?.arg("make").args([&programs, &out]).args(only).output()?)?;
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&out)? {
            let entry = entry?;
            files.push((entry.file_name(), std::fs::read(entry.path())?));
        }
        files.sort();
        Ok(files)
    };
    let (first, second) = (make("first")?, make("second")?);
    ensure!(first.len() == 6, "{:?}", first.iter().map(|(name, _)| name).collect::<Vec<_>>());
    ensure!(first == second, "the second time other bytes");
    Ok(())
}

#[test]
fn the_bill_of_materials_names_what_is_linked() -> Result<()> {
    let bill: Value =
        serde_json::from_slice(&std::fs::read(out(&format!("safestep-{VERSION}-{}.cdx.json", TARGET.0))?)?)?;
    let names: Vec<&str> =
        bill["components"].as_array().context("components")?.iter().filter_map(|c| c["name"].as_str()).collect();
    ensure!(names.contains(&"clap") && names.contains(&"rustix") && names.len() > 100, "{names:?}");
    ensure!(!names.contains(&"proptest") && !names.contains(&"windows-sys"), "not linked: {names:?}");
    ensure!(bill["metadata"]["component"]["version"] == VERSION);
    for component in bill["components"].as_array().into_iter().flatten() {
        ensure!(component["hashes"][0]["content"].as_str().is_some_and(|hash| hash.len() == 64), "{component:#}");
    }
    Ok(())
}

/// The formula names the archives of four platforms, each with its checksum, and is Ruby.
#[test]
fn the_formula_comes_of_the_archives() -> Result<()> {
    let folder = TempDir::with_prefix("safestep-formula-")?;
    let (programs, out) = (folder.path().join("programs"), folder.path().join("out"));
    let formula = out.join("safestep.rb");
    let targets =
        ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl", "x86_64-apple-darwin", "aarch64-apple-darwin"];
    small_programs(&programs, &targets)?;
    let make = || succeeded(package()?.arg("make").arg(&programs).arg(&out).args(["--only", "archive"]).output()?);
    make()?;
    let text = std::fs::read_to_string(&formula)?;
    let sums = std::fs::read_to_string(out.join("SHA256SUMS"))?;
    for target in targets {
        let name = format!("safestep-{VERSION}-{target}.tar.gz");
        let sum = sums.lines().find_map(|line| line.strip_suffix(&format!("  {name}"))).context(name.clone())?;
        let pair = format!(
            "url \"https://example.org/somebody/safestep/releases/download/v{VERSION}/{name}\"\n      sha256 \"{sum}\""
        );
        ensure!(text.contains(&pair), "{pair} is not in\n{text}");
    }
    succeeded(Command::new(variable("SAFESTEP_TEST_RAILS_7")?).arg("-c").arg(&formula).output()?)?;
    succeeded(Command::new("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(&out).output()?)?;
    // Where one is missing there is none.
    std::fs::remove_dir_all(programs.join("x86_64-apple-darwin"))?;
    std::fs::remove_dir_all(&out)?;
    make()?;
    ensure!(!formula.exists(), "a formula without an archive");
    Ok(())
}

/// `cargo binstall` finds the archive by what Cargo.toml says.
#[test]
fn binstall_is_told_the_name_of_the_archive() -> Result<()> {
    let manifest: toml::Table = toml::from_str(&std::fs::read_to_string(root().join("Cargo.toml"))?)?;
    let told = &manifest["package"]["metadata"]["binstall"];
    let text = |key: &str| told[key].as_str().map(str::to_owned).with_context(|| key.to_owned());
    let filled = |text: String| {
        let values = [
            ("{ version }", VERSION),
            ("{ target }", TARGET.0),
            ("{ archive-suffix }", ".tar.gz"),
            ("{ bin }", "safestep"),
            ("{ binary-ext }", ""),
        ];
        values.iter().fold(text, |text, (key, value)| text.replace(key, value))
    };
    let url = filled(text("pkg-url")?);
    let archive = out(url.rsplit('/').next().context("a name")?)?;
    let list = succeeded(Command::new("tar").arg("tzf").arg(archive).output()?)?;
    let place = filled(text("bin-dir")?);
    ensure!(list.lines().any(|line| line == place), "{place} is not in\n{list}");
    Ok(())
}

#[test]
fn a_release_is_checked_before_it_is_made() -> Result<()> {
    let ended = package()?.args(["check", "v99.0.0"]).output()?;
    let said = String::from_utf8_lossy(&ended.stderr);
    ensure!(ended.status.code() == Some(1) && said.contains(&format!("the tag must be v{VERSION}")), "{said}");
    Ok(())
}

/// What services and registries read of this repository is valid by their schemas.
#[test]
fn workflows_and_the_action_are_valid() -> Result<()> {
    let checked = |kind: &str, files: &[PathBuf]| -> Result<String> {
        let mut command = Command::new(variable("SAFESTEP_TEST_PYTHON")?);
        command.args(["-m", "check_jsonschema", "--builtin-schema", kind]).args(files);
        succeeded(command.output()?)
    };
    let workflows = std::fs::read_dir(root().join(".github/workflows"))?;
    let workflows = workflows.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    ensure!(!workflows.is_empty());
    checked("vendor.github-workflows", &workflows)?;
    checked("vendor.github-actions", &[root().join("action.yml")])?;
    let folder = TempDir::with_prefix("safestep-workflow-")?;
    let broken = folder.path().join("broken.yml");
    std::fs::write(&broken, "on: push\njobs:\n  one:\n    steps: []\n")?;
    ensure!(checked("vendor.github-workflows", &[broken]).is_err(), "the schema finds nothing");
    Ok(())
}
