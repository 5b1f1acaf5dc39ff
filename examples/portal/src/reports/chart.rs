//! The geometry of charts. The templates draw them as SVG; the style sheet gives the colours.

use serde::Serialize;
use sspr::report::ReportDay;

/// The units of a chart's width: about the pixels of the narrowest window.
const WIDTH: u64 = 280;

/// One bar of a chart with horizontal bars.
#[derive(Serialize)]
pub(super) struct Bar {
    /// The text, or the key of one.
    name: String,
    count: u64,
    /// The top of its text.
    y: u64,
    /// Of [`WIDTH`]. A count that is not zero is always seen.
    width: u64,
}

/// Horizontal bars, the longest as wide as the chart.
#[derive(Serialize)]
pub(super) struct Bars {
    bars: Vec<Bar>,
    width: u64,
    height: u64,
}

/// The units of height of a bar with its text.
const ROW: u64 = 36;

pub(super) fn bars(counts: &[(String, u64)]) -> Bars {
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let bars = counts.iter().zip(0..).map(|((name, count), row)| Bar {
        name: name.clone(),
        count: *count,
        y: row * ROW,
        width: scaled(*count, most, WIDTH).max(u64::from(*count > 0) * 2),
    });
    Bars { bars: bars.collect(), width: WIDTH, height: ROW * counts.len() as u64 }
}

/// A chart of two lines over days.
#[derive(Serialize)]
pub(super) struct Lines {
    /// `x,y x,y`, for each line.
    points: [String; 2],
    /// The number at the top of the chart.
    most: u64,
    /// The first and the last day.
    days: Option<[String; 2]>,
    width: u64,
    height: u64,
}

/// The units of height between zero and the highest number.
const PLOT: u64 = 120;

pub(super) fn lines(series: [Vec<u64>; 2], days: Option<[ReportDay; 2]>) -> Lines {
    let most = series.iter().flatten().copied().max().unwrap_or(0).max(1);
    let points = series.map(|line| {
        let steps = (line.len() as u64).saturating_sub(1).max(1);
        let points = line.iter().zip(0..).map(|(count, step)| {
            let (x, y) = (scaled(step, steps, WIDTH), PLOT - scaled(*count, most, PLOT));
            format!("{x},{y}")
        });
        points.collect::<Vec<_>>().join(" ")
    });
    let days = days.map(|days| days.map(|day| day.to_string()));
    Lines { points, most, days, width: WIDTH, height: PLOT }
}

/// The part of `length` that `count` is of `most`, rounded down.
const fn scaled(count: u64, most: u64, length: u64) -> u64 {
    count.saturating_mul(length) / most
}
