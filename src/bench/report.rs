//! What was measured, as a table or as JSON.

use serde::Serialize;

/// One measured figure and, where there is one, the bar that it has to clear.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Figure {
    pub(super) name: String,
    pub(super) value: f64,
    pub(super) unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bar: Option<Bar>,
}

/// What a figure has to be.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Bar {
    AtMost(f64),
    AtLeast(f64),
}

impl Bar {
    fn is_cleared_by(self, value: f64) -> bool {
        match self {
            Self::AtMost(most) => value <= most,
            Self::AtLeast(least) => value >= least,
        }
    }
}

/// Prints figures to stdout.
pub(super) fn print(figures: &[Figure], as_json: bool) -> anyhow::Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(figures)?);
        return Ok(());
    }
    let width = figures.iter().map(|figure| figure.name.len()).max().unwrap_or_default();
    for Figure { name, value, unit, bar } in figures {
        let verdict = match bar {
            None => String::new(),
            Some(bar) => {
                let word = if bar.is_cleared_by(*value) { "ok" } else { "MISSED" };
                match bar {
                    Bar::AtMost(most) => format!("  bar ≤ {most:>9.1}  {word}"),
                    Bar::AtLeast(least) => format!("  bar ≥ {least:>9.1}  {word}"),
                }
            }
        };
        println!("{name:<width$}  {value:>12.1} {unit:<7}{verdict}");
    }
    Ok(())
}
