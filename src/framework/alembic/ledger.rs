//! `alembic_version`: a row for each head that is applied. Whoever is at a revision has run all that it follows, so a
//! sequence whose last step has the id of the revision that it replaces needs no change of the ledger.

use super::environment::Environment;
use super::graph::Graph;
use crate::framework::ledger::{Applied, Ledger, Row};
use crate::framework::migration::Migration;
use crate::operation::Ident;

pub(super) const TABLES: &[&str] = &["alembic_version"];

pub(super) struct AlembicLedger {
    graph: Graph,
    table: String,
    schema: Option<String>,
    place: String,
}

impl AlembicLedger {
    pub(super) fn new(graph: Graph, environment: &Environment) -> AlembicLedger {
        let table = environment.version_table.clone().unwrap_or_else(|| TABLES[0].to_owned());
        let quoted = Ident::new(table.clone()).to_string();
        let schema = environment.version_table_schema.clone().map(|schema| Ident::new(schema).to_string());
        let place = schema.as_ref().map_or_else(|| quoted.clone(), |schema| format!("{schema}.{quoted}"));
        AlembicLedger { graph, table, schema, place }
    }
}

impl Ledger for AlembicLedger {
    fn tables(&self) -> Vec<&str> {
        vec![&self.table]
    }

    fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    fn place(&self) -> String {
        self.place.clone()
    }

    fn rows(&self) -> String {
        format!("SELECT version_num FROM {} ORDER BY version_num", self.place)
    }

    /// The heads with all that they follow.
    fn applied(&self, rows: &[Row], _folder: &[Migration]) -> Vec<Applied> {
        let heads: Vec<&str> = rows.iter().filter_map(|row| row.first()?.as_deref()).collect();
        let mut is_applied = vec![false; self.graph.nodes.len()];
        for head in heads.iter().filter_map(|head| self.graph.get(head)) {
            is_applied[head] = true;
            self.graph.ancestors(head).into_iter().for_each(|at| is_applied[at] = true);
        }
        let known = self.graph.nodes.iter().zip(is_applied).filter(|(_, is_applied)| *is_applied);
        let unknown = heads.iter().filter(|head| self.graph.get(head).is_none());
        let names = known.map(|(node, _)| node.id.clone()).chain(unknown.map(|head| (*head).to_owned()));
        names.map(|name| Applied { name, finished: true, is_changed: false }).collect()
    }

    fn agrees(&self, rows: &[Row]) -> String {
        let heads: Vec<&str> = rows.iter().filter_map(|row| row.first()?.as_deref()).collect();
        match heads.as_slice() {
            [] => "no revision is recorded there, so the next upgrade runs all of them".into(),
            heads => format!(
                "the database is at {}; a revision that was rewritten keeps its id for its last step, so the steps before it count \
                 as applied",
                heads.join(" and ")
            ),
        }
    }

    fn unknown(&self, name: &str) -> String {
        format!(
            "the database is at {name}, and no file here has this id: bring the file back, or let `alembic stamp --purge` name \
             the revision whose schema the database has"
        )
    }

    /// Alembic has no lock of its own.
    fn lock(&self) -> String {
        "SELECT true".into()
    }

    /// None is needed: the row of the last step stands for all of them.
    fn adoption(&self, _old: &str, _new: &[&Migration]) -> Option<String> {
        None
    }
}
