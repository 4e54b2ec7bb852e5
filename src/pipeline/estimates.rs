//! How long something takes on tables whose rows are known.

use crate::operation::{Operation, QualifiedName};
use crate::plan::{Duration, Step};
use crate::postgres::Work;
use crate::project::Config;

/// Rows, and the seconds that they take where `[rates]` tells that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Estimate {
    pub rows: u64,
    pub seconds: Option<f64>,
}

impl Estimate {
    /// What a step does that grows with its table; `None` where that is nothing, or the table's rows are not known.
    pub fn of_step(step: &Step, config: &Config) -> Option<Estimate> {
        let rates = &config.rates;
        let rate = match step.duration {
            Duration::Scan => rates.scan,
            Duration::Build if matches!(step.operation, Operation::Index(_)) => rates.build,
            Duration::Backfill => rates.fill,
            Duration::Build | Duration::Free | Duration::Instant | Duration::AsWritten => return None,
        };
        let estimate = Estimate::of([step.operation.table()?], rate, config)?;
        let pauses = match step.duration {
            Duration::Backfill => pauses(estimate.rows, config),
            _ => 0.0,
        };
        Some(Estimate { seconds: estimate.seconds.map(|seconds| seconds + pauses), ..estimate })
    }

    /// What an operation does as it was written.
    pub fn of_work(work: &Work, operation: &Operation, config: &Config) -> Option<Estimate> {
        let rates = &config.rates;
        match work {
            Work::Constant | Work::Unknown => None,
            Work::Scan(tables) => Estimate::of(tables, rates.scan, config),
            Work::Rewrite(tables) => Estimate::of(tables, rates.rewrite, config),
            Work::Build(table) => Estimate::of([table], rates.build, config),
            Work::Rows => Estimate::of([operation.table()?], rates.fill, config),
        }
    }

    fn of<'a>(
        tables: impl IntoIterator<Item = &'a QualifiedName>,
        rate: Option<u64>,
        config: &Config,
    ) -> Option<Estimate> {
        let rows: Option<Vec<u64>> = tables.into_iter().map(|table| config.rows_of(&table.unquoted())).collect();
        let rows = rows.filter(|rows| !rows.is_empty())?.into_iter().sum();
        Some(Estimate { rows, seconds: rate.map(|rate| rows as f64 / rate as f64) })
    }

    /// `about 4 min on 80 million rows`, `80 million rows`.
    pub fn words(&self) -> String {
        let rows = format!("{} rows", spoken(self.rows));
        match self.seconds {
            Some(seconds) => format!("{} on {rows}", time(seconds)),
            None => rows,
        }
    }
}

/// Seconds that a backfill waits between its batches.
fn pauses(rows: u64, config: &Config) -> f64 {
    rows.div_ceil(config.backfill.batch_size) as f64 * config.backfill.pause.as_duration().as_secs_f64()
}

/// As far as such a guess goes.
fn time(seconds: f64) -> String {
    match seconds {
        ..1.0 => "under a second".to_owned(),
        ..90.0 => format!("about {seconds:.0} s"),
        ..5_400.0 => format!("about {:.0} min", seconds / 60.0),
        ..172_800.0 => format!("about {:.0} h", seconds / 3_600.0),
        _ => format!("about {:.0} days", seconds / 86_400.0),
    }
}

/// `80 million`, `1.5 million`, `12,345`.
fn spoken(rows: u64) -> String {
    let of = |unit: u64, name: &str| {
        let number = format!("{:.1}", rows as f64 / unit as f64);
        format!("{} {name}", number.strip_suffix(".0").unwrap_or(&number))
    };
    match rows {
        1_000_000_000.. => of(1_000_000_000, "billion"),
        1_000_000.. => of(1_000_000, "million"),
        1_000.. => format!("{},{:03}", rows / 1_000, rows % 1_000),
        _ => rows.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    fn config(text: &str) -> Config {
        Config::parse(&SourceFile::new("safestep.toml", text)).unwrap()
    }

    fn named(name: &str) -> QualifiedName {
        QualifiedName::unqualified(crate::operation::Ident::new(name))
    }

    #[track_caller]
    fn scans(settings: &str, tables: &[&str], words: Option<&str>) {
        let work = Work::Scan(tables.iter().map(|name| named(name)).collect());
        let operation = Operation::Opaque { what: String::new(), is_program: false };
        let estimate = Estimate::of_work(&work, &operation, &config(settings));
        assert_eq!(estimate.map(|estimate| estimate.words()).as_deref(), words);
    }

    #[test]
    fn rows_and_time_are_told_as_far_as_they_are_known() {
        let rows = "[tables]\nrows = { orders = 80_000_000, plans = 12_345 }\n";
        scans(rows, &["orders"], Some("80 million rows"));
        scans(rows, &["plans"], Some("12,345 rows"));
        scans(rows, &["orders", "events"], None);
        scans(&format!("{rows}[rates]\nbuild = 1"), &["orders"], Some("80 million rows"));
        scans(&format!("{rows}[rates]\nscan = 300_000"), &["orders"], Some("about 4 min on 80 million rows"));
        scans(&format!("{rows}[rates]\nscan = 300_000"), &["plans"], Some("under a second on 12,345 rows"));
    }

    #[test]
    fn a_backfill_pauses_between_its_batches() {
        assert_eq!(pauses(80_000_000, &config("")), 8_000.0);
        assert_eq!(pauses(1, &config("[backfill]\npause = \"2s\"")), 2.0);
    }

    #[test]
    fn times_are_as_rough_as_a_guess() {
        let times = [0.4, 89.0, 90.0, 5_000.0, 8_000.0, 400_000.0].map(time);
        assert_eq!(times, ["under a second", "about 89 s", "about 2 min", "about 83 min", "about 2 h", "about 5 days"]);
    }
}
