//! A sequence on its way to disk: what is made of it when a migration is rewritten.

use camino::{Utf8Path, Utf8PathBuf};

use super::stored::{FILE, PhaseState, Sequence, StoredPhase};
use crate::framework::deferral::{Deferral, Texts};
use crate::framework::{Body, Framework, LaidOut, NAME};
use crate::plan::{self, Phase};
use crate::report::MigrationReport;

/// Stands in a waiting file's comments for the name that it gets when it is released.
pub const NAME_TO_COME: &str = "NAME-BY-SAFESTEP-RELEASE";

/// What waits of a migration: the bodies of its later phases.
pub struct Waiting {
    /// The phases, in order, each with its bodies.
    pub phases: Vec<(Phase, Vec<Body>)>,
}

/// The word for a phase.
pub fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Expand => "expand",
        Phase::Migrate => "migrate",
        Phase::Contract => "contract",
    }
}

impl Waiting {
    /// The bodies that wait, taken out of those of a sequence; `None` where none does.
    pub fn of(sequence: &plan::Sequence, bodies: &mut Vec<Body>) -> Option<Waiting> {
        let mut phases: Vec<(Phase, Vec<Body>)> = Vec::new();
        for mut body in std::mem::take(bodies) {
            let unit = &sequence.block(body.block)[0];
            if unit.phase == Phase::Expand {
                bodies.push(body);
                continue;
            }
            let words = body.words.take().or_else(|| unit.steps.first().map(|step| step.slug.clone()));
            body.words = words;
            match phases.last_mut().filter(|(phase, _)| *phase == unit.phase) {
                Some((_, others)) => others.push(body),
                None => phases.push((unit.phase, vec![body])),
            }
        }
        (!phases.is_empty()).then_some(Waiting { phases })
    }
}

/// What a sequence on disk is made from.
pub struct Making<'a> {
    /// The framework.
    pub framework: &'a Framework,
    /// How phases wait there.
    pub deferral: &'a dyn Deferral,
    /// The folder of all sequences.
    pub folder: &'a Utf8Path,
    /// The sequence, its phases still missing.
    pub sequence: Sequence,
    /// What waits.
    pub waiting: &'a Waiting,
    /// What the first phase brings into the migrations.
    pub now: &'a [LaidOut],
    /// What its last phase waits for.
    pub gates: Vec<&'a plan::Gate>,
}

impl Making<'_> {
    /// Its folder.
    pub fn own_folder(&self) -> Utf8PathBuf {
        self.folder.join(&self.sequence.migration)
    }

    /// The files of its phases, where they wait. The first phase counts, also where it has nothing to do.
    pub fn files(&self) -> Vec<LaidOut> {
        let mut files = Vec::new();
        for (at, (phase, bodies)) in self.waiting.phases.iter().enumerate() {
            let folder = self.own_folder().join(format!("{}-{}", at + 2, word(*phase)));
            files.extend(bodies.iter().enumerate().map(|(number, body)| {
                let name = waiting_name(number, body);
                let path = folder.join(&name).join(self.deferral.file());
                let content = body.text.replace(NAME, NAME_TO_COME);
                LaidOut { name, path, content, block: body.block }
            }));
        }
        files
    }

    /// The sequence with its phases.
    pub fn stored(&self) -> Sequence {
        let released = StoredPhase {
            phase: word(Phase::Expand).into(),
            state: PhaseState::Released,
            files: self.now.iter().map(|file| file.name.clone()).collect(),
            deploy: Vec::new(),
            checks: Vec::new(),
        };
        let waiting = self.waiting.phases.iter().map(|(phase, bodies)| StoredPhase {
            phase: word(*phase).into(),
            state: PhaseState::Waiting,
            files: bodies.iter().enumerate().map(|(number, body)| waiting_name(number, body)).collect(),
            deploy: self.gates.iter().map(|gate| gate.deploy.clone()).collect(),
            checks: self.gates.iter().flat_map(|gate| &gate.checks).map(Into::into).collect(),
        });
        Sequence { phases: std::iter::once(released).chain(waiting).collect(), ..self.sequence.clone() }
    }

    /// What is written beside those files. `report` tells of the steps.
    ///
    /// # Errors
    /// Those of the TOML writer.
    pub fn papers(&self, report: &MigrationReport, model: &[String]) -> Result<Texts, toml::ser::Error> {
        let stored = self.stored();
        let runbook = super::runbook(&stored, report, self.deferral.deploy_command(), model);
        let folder = self.own_folder();
        Ok(vec![(folder.join(FILE), stored.text()?), (folder.join("RUNBOOK.md"), runbook)])
    }
}

fn waiting_name(number: usize, body: &Body) -> String {
    format!("{:02}_{}", number + 1, body.words.as_deref().unwrap_or("step"))
}
