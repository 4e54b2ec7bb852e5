//! The project's own modules, of which revisions import constants, enumerations and types.
//!
//! A module is found as Python finds it, from a folder above the revisions. Of a module only what is asked for is read: a
//! name that one statement at its top level gives a value.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use camino::{Utf8Path, Utf8PathBuf};

use super::metadata::METADATA;
use super::naming::Convention;
use super::operators::member;
use super::{Names, Scope};
use crate::framework::alembic::python::{Expression, ExpressionKind, Header, Module, Statement, StatementKind};
use crate::framework::alembic::value::Value;
use crate::source::read_text;

/// Modules in more folders than these above a revision are not looked for.
const MAX_FOLDERS: usize = 10;
/// `env.py` is not looked for further above a revision.
const MAX_FOLDERS_TO_ENVIRONMENT: usize = 4;
/// The path of `env.py`, which is no module, and of the models' metadata that it gives Alembic.
const ENVIRONMENT: &str = "<env.py>";
/// How many names are followed from module to module.
const MAX_DEPTH: usize = 20;

/// What revisions may find outside their files.
#[derive(Debug, Default)]
pub struct Project {
    /// The folders in which modules are looked for.
    folders: Vec<Utf8PathBuf>,
    /// `env.py`, which may give the functions arguments.
    environment: Option<Utf8PathBuf>,
    /// The environment variables that are known.
    variables: BTreeMap<String, String>,
    modules: RefCell<HashMap<String, Option<Rc<Loaded>>>>,
    values: RefCell<HashMap<String, Option<Value>>>,
    depth: RefCell<usize>,
    convention: RefCell<Option<Convention>>,
}

/// A module that was read.
#[derive(Debug, Clone)]
struct Loaded {
    /// Its path, with dots.
    path: String,
    text: String,
    module: Module,
    /// The package that it is in, or is: relative imports begin there.
    package: String,
}

impl Project {
    /// The project of the revisions in a folder: modules are looked for in the folders above it that are no packages
    /// themselves, up to the one with the repository, and in `src` in each.
    pub fn of(folder: &Utf8Path) -> Project {
        let mut folders = Vec::new();
        for above in folder.ancestors().take(MAX_FOLDERS) {
            let above = if above.as_str().is_empty() { Utf8Path::new(".") } else { above };
            if !above.join("__init__.py").is_file() {
                let own = [above.to_owned(), above.join("src")];
                folders
                    .extend(own.into_iter().filter(|own| own.is_dir() && !folders.contains(own)).collect::<Vec<_>>());
            }
            if above.join(".git").exists() {
                break;
            }
        }
        let environment = folder.ancestors().take(MAX_FOLDERS_TO_ENVIRONMENT).map(|above| above.join("env.py"));
        Project { folders, environment: environment.into_iter().find(|file| file.is_file()), ..Project::default() }
    }

    /// The same, with environment variables whose values are known.
    #[must_use]
    pub fn with_variables(self, variables: BTreeMap<String, String>) -> Project {
        Project { variables, ..self }
    }

    /// An environment variable's value, when it is known.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// What a path such as `app.constants.SCHEMA` stands for, when the project says it.
    pub(super) fn value(self: &Rc<Self>, path: &str) -> Option<Value> {
        let first = path.split('.').next().unwrap_or_default();
        if self.folders.is_empty() || matches!(first, "" | "sqlalchemy" | "alembic" | "builtins" | "self") {
            return None;
        }
        if let Some(known) = self.values.borrow().get(path) {
            return known.clone();
        }
        // What is asked for again while it is being read depends on itself.
        self.values.borrow_mut().insert(path.to_owned(), None);
        if *self.depth.borrow() == MAX_DEPTH {
            return None;
        }
        *self.depth.borrow_mut() += 1;
        let value = self.read(path);
        *self.depth.borrow_mut() -= 1;
        self.values.borrow_mut().insert(path.to_owned(), value.clone());
        value
    }

    /// What `context.run_migrations(name=…)` in `env.py` gives the functions as an argument.
    pub(super) fn argument(self: &Rc<Self>, name: &str) -> Option<Value> {
        let module = self.environment()?;
        let mut given: Vec<&Expression> = Vec::new();
        keywords(&module, "context.run_migrations", name, &mut given);
        let text = |value: &&Expression| value.span.slice(&module.text);
        // Both of its functions run the migrations; they must agree.
        let first = given.first().filter(|first| given.iter().all(|other| text(other) == text(first)))?;
        (first.kind == ExpressionKind::Name).then_some(())?;
        self.value(&format!("{ENVIRONMENT}.{}", text(first)))
    }

    /// How the metadata that `env.py` gives Alembic names constraints.
    pub fn convention(self: &Rc<Self>) -> Convention {
        if let Some(known) = self.convention.borrow().as_ref() {
            return known.clone();
        }
        let convention = match self.environment() {
            Some(environment) => self.convention_in(&environment),
            None => Convention::None,
        };
        *self.convention.borrow_mut() = Some(convention.clone());
        convention
    }

    fn convention_in(self: &Rc<Self>, environment: &Loaded) -> Convention {
        let file = environment.text.as_str();
        let mut given = Vec::new();
        keywords(environment, "context.configure", "target_metadata", &mut given);
        let mut found: Option<Convention> = None;
        for mut metadata in given {
            let bound = environment.module.body.iter().filter(|statement| {
                metadata.kind == ExpressionKind::Name && statement.binds_name(file, metadata.span.slice(file))
            });
            match &bound.map(|statement| &statement.kind).collect::<Vec<_>>()[..] {
                [StatementKind::Assign { value: Some(value), .. }] => metadata = value,
                [] | [StatementKind::Import(_)] => {}
                _ => return Convention::Unknown,
            }
            let own = match metadata.span.slice(file) {
                "None" => Convention::None,
                // A list of them has none for Alembic.
                _ if matches!(metadata.kind, ExpressionKind::List(_)) => Convention::None,
                _ => metadata.dotted(file).map_or(Convention::Unknown, |path| self.convention_of(environment, &path)),
            };
            if found.replace(own.clone()).is_some_and(|other| other != own) {
                return Convention::Unknown;
            }
        }
        found.unwrap_or_default()
    }

    /// The convention of the metadata at a path, such as `Base.metadata`, which a module speaks of.
    fn convention_of(self: &Rc<Self>, module: &Loaded, path: &str) -> Convention {
        let (mut path, mut module) = (path.to_owned(), Rc::new(module.clone()));
        for _ in 0..MAX_DEPTH {
            let file = module.text.as_str();
            match &super::naming::given(file, &module.module)[..] {
                [] => {}
                [only] => {
                    let scope = self.scope_of(&module, only);
                    return super::naming::of(&Names { file, scopes: &[scope], depth: 0 }.value(only));
                }
                _ => return Convention::Unknown,
            }
            let (name, rest) = path.split_once('.').map_or((path.as_str(), ""), |(name, rest)| (name, rest));
            let bound: Vec<&Statement> =
                module.module.body.iter().filter(|statement| statement.binds_name(file, name)).collect();
            let imported = match &bound[..] {
                [Statement { kind: StatementKind::Import(imported), .. }] => imported,
                [only] if super::naming::makes_metadata(file, only) => return Convention::None,
                _ => return Convention::Unknown,
            };
            let Some(full) =
                imported.iter().find(|one| one.name == name).and_then(|one| absolute(&module.package, &one.path))
            else {
                return Convention::Unknown;
            };
            let full = if rest.is_empty() { full } else { format!("{full}.{rest}") };
            let cut = full.match_indices('.').map(|(at, _)| at).rev();
            let Some((next, at)) = cut.into_iter().find_map(|at| Some((self.module(&full[..at])?, at))) else {
                return Convention::Unknown;
            };
            (path, module) = (full[at + 1..].to_owned(), next);
        }
        Convention::Unknown
    }

    fn environment(&self) -> Option<Rc<Loaded>> {
        if let Some(known) = self.modules.borrow().get(ENVIRONMENT) {
            return known.clone();
        }
        let text = self.environment.as_deref().and_then(read_text);
        let loaded = text.and_then(|text| {
            let (path, package) = (ENVIRONMENT.to_owned(), String::new());
            let module = Module::read(&text).ok()?;
            Some(Rc::new(Loaded { path, package, module, text }))
        });
        self.modules.borrow_mut().insert(ENVIRONMENT.to_owned(), loaded.clone());
        loaded
    }

    fn read(self: &Rc<Self>, path: &str) -> Option<Value> {
        let mut at = path.len();
        // The longest path that is a module, and a name in it.
        while let Some(dot) = path[..at].rfind('.') {
            if let Some(module) = self.module(&path[..dot]) {
                let mut names = path[dot + 1..].split('.');
                let value = self.name_in(&module, names.next().unwrap_or_default())?;
                return Some(names.fold(value, member));
            }
            at = dot;
        }
        None
    }

    fn module(&self, path: &str) -> Option<Rc<Loaded>> {
        if let Some(known) = self.modules.borrow().get(path) {
            return known.clone();
        }
        let inside = path.replace('.', "/");
        let found = self.folders.iter().flat_map(|folder| {
            [(folder.join(format!("{inside}.py")), false), (folder.join(format!("{inside}/__init__.py")), true)]
        });
        let mut found = found.filter_map(|(file, is_package)| Some((read_text(&file)?, is_package)));
        let loaded = found.next().and_then(|(text, is_package)| {
            let package = if is_package { path } else { path.rsplit_once('.').map_or("", |(package, _)| package) };
            let module = Module::read(&text).ok()?;
            Some(Rc::new(Loaded { path: path.to_owned(), package: package.to_owned(), module, text }))
        });
        // With two modules of that name, Python's path says which it is.
        let loaded = loaded.filter(|_| found.next().is_none());
        self.modules.borrow_mut().insert(path.to_owned(), loaded.clone());
        loaded
    }

    /// What a module gives a name, when one statement at its top level does.
    fn name_in(self: &Rc<Self>, module: &Loaded, name: &str) -> Option<Value> {
        let file = module.text.as_str();
        if module.path == ENVIRONMENT {
            let mut metadata = Vec::new();
            keywords(module, "context.configure", "target_metadata", &mut metadata);
            if metadata.iter().any(|given| given.is_name(file, name)) {
                return Some(Value::Imported(METADATA.to_owned()));
            }
        }
        let mut found: Option<&Statement> = None;
        for statement in &module.module.body {
            if statement.binds_name(file, name) && found.replace(statement).is_some() {
                return None;
            }
        }
        let is_class =
            |statement: &Statement| matches!(statement.clauses(), [one] if matches!(one.header, Header::Class(..)));
        let absolute = |path: &str| absolute(&module.package, path);
        match found {
            Some(Statement { kind: StatementKind::Import(imported), .. }) => {
                let one = imported.iter().find(|one| one.name == name)?;
                let path = absolute(&one.path)?;
                Some(self.value(&path).unwrap_or(Value::Imported(path)))
            }
            Some(statement @ Statement { kind: StatementKind::Assign { targets, value: Some(value), .. }, .. }) => {
                matches!(&targets[..], [only] if only.kind == ExpressionKind::Name).then_some(())?;
                let scope = self.scope_for(module, statement);
                Some(Names { file, scopes: &[scope], depth: 0 }.value(value))
            }
            Some(statement) if is_class(statement) => {
                let scope = self.scope_for(module, statement);
                let class = super::class::read(
                    &Names { file, scopes: &[scope], depth: 0 },
                    statement.clauses().first()?,
                    &module.module.body,
                )?;
                Some(Value::Class(Rc::new(class)))
            }
            Some(_) => None,
            None => {
                let imports = module.module.body.iter().filter_map(|statement| match &statement.kind {
                    StatementKind::Import(imported) => Some(imported),
                    _ => None,
                });
                let stars = imports.flatten().filter_map(|one| absolute(one.path.strip_suffix(".*")?));
                stars.into_iter().find_map(|module| self.value(&format!("{module}.{name}")))
            }
        }
    }

    /// The names that a statement of a module speaks of.
    fn scope_for<'a>(self: &Rc<Self>, module: &'a Loaded, statement: &'a Statement) -> Scope<'a> {
        let mut used: HashSet<&str> = HashSet::new();
        statement.expressions(&mut |expression: &Expression| {
            if expression.kind == ExpressionKind::Name {
                used.insert(expression.span.slice(&module.text));
            }
        });
        self.scope_with(module, used, Some(statement))
    }

    /// The names that an expression of a module speaks of.
    fn scope_of<'a>(self: &Rc<Self>, module: &'a Loaded, expression: &Expression) -> Scope<'a> {
        let mut used: HashSet<&str> = HashSet::new();
        expression.walk(&mut |part| {
            if part.kind == ExpressionKind::Name {
                used.insert(part.span.slice(&module.text));
            }
        });
        self.scope_with(module, used, None)
    }

    fn scope_with<'a>(
        self: &Rc<Self>,
        module: &'a Loaded,
        used: HashSet<&'a str>,
        statement: Option<&Statement>,
    ) -> Scope<'a> {
        let file = module.text.as_str();
        let mut scope = Scope { project: Some(self.clone()), ..Scope::default() };
        for name in used {
            if module
                .module
                .body
                .iter()
                .filter(|other| Some(*other) != statement)
                .any(|other| other.binds_name(file, name))
            {
                let value = self.value(&format!("{}.{name}", module.path));
                scope.set(name, value.unwrap_or_else(|| Value::Unknown(name.to_owned())));
            }
        }
        scope
    }
}

/// What calls of a function in a module give an argument with this name.
fn keywords<'m>(module: &'m Loaded, function: &str, name: &str, found: &mut Vec<&'m Expression>) {
    let file = module.text.as_str();
    for statement in &module.module.body {
        statement.expressions(&mut |expression| {
            if let ExpressionKind::Call(called, arguments) = &expression.kind
                && called.dotted(file).as_deref() == Some(function)
            {
                let own = arguments.iter().filter(|own| own.name.is_some_and(|own| own.slice(file) == name));
                found.extend(own.map(|own| &own.value));
            }
        });
    }
}

/// A module's path without leading dots; `None` where they lead out of everything.
fn absolute(package: &str, path: &str) -> Option<String> {
    let inside = path.trim_start_matches('.');
    let dots = path.len() - inside.len();
    if dots == 0 {
        return Some(path.to_owned());
    }
    let mut package = package;
    for _ in 1..dots {
        package = package.rsplit_once('.').map_or("", |(above, _)| above);
    }
    match package {
        "" => None,
        package => Some(format!("{package}.{inside}")),
    }
}
