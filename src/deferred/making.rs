//! A sequence on its way to disk: what is made of it when a migration is rewritten.

use camino::{Utf8Path, Utf8PathBuf};

use super::stored::{FILE, PhaseState, Sequence, StoredPhase};
use crate::framework::deferral::{Deferral, Texts};
use crate::framework::{Body, Framework, LaidOut};
use crate::plan::{self, Phase, PhasePlan};
use crate::report::MigrationReport;

/// What waits of a migration: the bodies of its later phases.
pub struct Waiting {
    /// The phases, in order, each with its bodies.
    pub phases: Vec<(PhasePlan, Vec<Body>)>,
}

impl Waiting {
    /// The bodies of the phases behind the first, taken out of those of a sequence; `None` where there are none.
    pub fn of(plans: Vec<PhasePlan>, sequence: &plan::Sequence, bodies: &mut Vec<Body>) -> Option<Waiting> {
        let mut phases: Vec<(PhasePlan, Vec<Body>)> = plans.into_iter().map(|plan| (plan, Vec::new())).collect();
        for mut body in std::mem::take(bodies) {
            let first = sequence.blocks[body.block].start;
            match phases.iter_mut().skip(1).find(|(plan, _)| plan.units.contains(&first)) {
                None => bodies.push(body),
                Some((_, own)) => {
                    let slug = || sequence.units[first].steps.first().map(|step| step.slug.clone());
                    body.words = body.words.take().or_else(slug);
                    own.push(body);
                }
            }
        }
        let phases: Vec<(PhasePlan, Vec<Body>)> = phases.into_iter().filter(|(_, bodies)| !bodies.is_empty()).collect();
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
}

impl Making<'_> {
    /// Its folder.
    pub fn own_folder(&self) -> Utf8PathBuf {
        self.folder.join(&self.sequence.migration)
    }

    /// The files of its phases, where they wait. The first phase counts, also where it has nothing to do.
    pub fn files(&self) -> Vec<LaidOut> {
        let mut files = Vec::new();
        for (at, (plan, bodies)) in self.waiting.phases.iter().enumerate() {
            let folder = self.own_folder().join(format!("{}-{}", at + 2, plan.phase.word()));
            files.extend(bodies.iter().enumerate().map(|(number, body)| {
                let name = waiting_name(number, body);
                let path = folder.join(&name).join(self.deferral.file());
                LaidOut { name, path, content: body.waiting_text(), block: body.block }
            }));
        }
        files
    }

    /// The sequence with its phases.
    pub fn stored(&self) -> Sequence {
        let released = StoredPhase {
            phase: Phase::Expand.word().into(),
            state: PhaseState::Released,
            files: self.now.iter().map(|file| file.name.clone()).collect(),
            deploy: Vec::new(),
            checks: Vec::new(),
            undo: Vec::new(),
        };
        let waiting = self.waiting.phases.iter().map(|(plan, bodies)| StoredPhase {
            phase: plan.phase.word().into(),
            state: PhaseState::Waiting,
            files: bodies.iter().enumerate().map(|(number, body)| waiting_name(number, body)).collect(),
            deploy: plan.gates.iter().map(|gate| gate.deploy.clone()).collect(),
            checks: plan.gates.iter().flat_map(|gate| &gate.checks).map(Into::into).collect(),
            undo: plan.gates.iter().map(|gate| gate.undo.clone()).collect(),
        });
        Sequence { phases: std::iter::once(released).chain(waiting).collect(), ..self.sequence.clone() }
    }

    /// What is written beside those files. `report` tells of the steps.
    ///
    /// # Errors
    /// Those of the TOML writer.
    pub fn papers(&self, report: &MigrationReport, model: &[String]) -> Result<Texts, toml::ser::Error> {
        let stored = self.stored();
        let Making { deferral, .. } = self;
        let (deploy, meanwhile, beware) = (deferral.deploy_command(), deferral.meanwhile(), deferral.beware());
        let runbook = super::runbook(&stored, report, &super::Words { deploy, model, meanwhile, beware });
        let folder = self.own_folder();
        Ok(vec![(folder.join(FILE), stored.text()?), (folder.join("RUNBOOK.md"), runbook)])
    }
}

fn waiting_name(number: usize, body: &Body) -> String {
    format!("{:02}_{}", number + 1, body.words.as_deref().unwrap_or("step"))
}
