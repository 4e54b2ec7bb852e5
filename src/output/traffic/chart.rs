//! A side's traffic over time, as lines of a terminal.

use super::duration;
use crate::report::{SLICE, Side};

const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const ASCII: [char; 9] = [' ', '.', ':', '-', '=', '+', '*', '#', '#'];
/// Columns before the chart.
const INDENT: usize = 10;

/// A line for reads, one for writes, and one with the number of each step where it begins.
pub(super) fn draw(side: &Side, width: usize, unicode: bool) -> Vec<String> {
    let columns = side.answered.len().min(width.saturating_sub(INDENT).max(20));
    if columns == 0 {
        return Vec::new();
    }
    let bars = if unicode { BARS } else { ASCII };
    let column_of = |slice: usize| slice * columns / side.answered.len();
    let line = |kind: usize| -> String {
        let mut sums = vec![(0_u32, 0_u32); columns];
        for (at, answered) in side.answered.iter().enumerate() {
            let (sum, slices) = &mut sums[column_of(at)];
            *sum += answered[kind];
            *slices += 1;
        }
        let rates: Vec<f64> = sums.iter().map(|(sum, slices)| f64::from(*sum) / f64::from(*slices)).collect();
        let usual = usual(&rates);
        rates.iter().map(|rate| bars[level(*rate, usual)]).collect()
    };
    let mut marks = vec![' '; columns];
    for (number, step) in side.steps.iter().enumerate() {
        let at = column_of(((step.begins / SLICE) as usize).min(side.answered.len() - 1));
        let mark: Vec<char> = (number + 1).to_string().chars().collect();
        let free = at + mark.len() <= columns && (at.saturating_sub(1)..at + mark.len()).all(|at| marks[at] == ' ');
        if free {
            marks[at..at + mark.len()].copy_from_slice(&mark);
        }
    }
    let marks: String = marks.into_iter().collect();
    vec![
        format!("{:INDENT$}{}", "  reads", line(0)),
        format!("{:INDENT$}{}", "  writes", line(1)),
        format!("{:INDENT$}{}", "", marks.trim_end()),
    ]
}

/// The rate that most slices reach: a burst after a stall is not what is usual.
fn usual(rates: &[f64]) -> f64 {
    let mut sorted = rates.to_vec();
    sorted.sort_by(f64::total_cmp);
    let busy = &sorted[sorted.partition_point(|rate| *rate == 0.0)..];
    busy.get(busy.len() / 2).copied().unwrap_or(1.0)
}

/// 0 when nothing was answered, at least 1 when something was, 7 at the usual rate.
fn level(rate: f64, usual: f64) -> usize {
    if rate == 0.0 { 0 } else { ((rate / usual * 7.0).round() as usize).clamp(1, 8) }
}

/// A line for each step: its number, how long it took, what clients felt of it.
pub(super) fn legend(side: &Side, width: usize) -> Vec<String> {
    let lines = side.steps.iter().enumerate().map(|(number, step)| {
        let waits = format!("reads {:>7}  writes {:>7}", duration(step.longest_read), duration(step.longest_write));
        let head = format!("  {:>3}  {:>7}  {waits}  ", number + 1, duration(step.seconds * 1e3));
        let room = width.saturating_sub(head.chars().count()).max(20);
        head + &cut(&crate::source::visible(&step.name), room)
    });
    std::iter::once("       took     longest wait of".to_owned()).chain(lines).collect()
}

fn cut(text: &str, width: usize) -> String {
    match text.chars().count() <= width {
        true => text.to_owned(),
        false => text.chars().take(width - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::StepTraffic;

    #[test]
    fn a_stall_is_a_gap() {
        let answered = [[10, 10], [10, 0], [10, 0], [10, 40], [10, 10]].to_vec();
        let step = StepTraffic { begins: 0.1, ..StepTraffic::default() };
        let side = Side { answered, steps: vec![step], ..Side::default() };
        assert_eq!(draw(&side, 80, true), ["  reads   ▇▇▇▇▇", "  writes  ▇  █▇", "           1"]);
    }
}
