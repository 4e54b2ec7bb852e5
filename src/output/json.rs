//! The report as JSON, and the schema that describes it.

use schemars::{JsonSchema, schema_for};

use crate::report::{PreflightAnswers, ProofReport, Report, Sizes, StatusReport, TrafficReport};

/// The report as indented JSON, ending in a newline.
///
/// # Errors
/// Those of `serde_json`; a [`Report`] holds nothing that it cannot write.
pub fn render(report: &Report) -> serde_json::Result<String> {
    let mut json = serde_json::to_string_pretty(report)?;
    json.push('\n');
    Ok(json)
}

/// The schema of what `safestep rewrite` and `check` print, and [`render`] writes.
pub fn schema() -> String {
    described::<Report>()
}

/// The schema of the proofs of `safestep verify`.
pub fn proof_schema() -> String {
    described::<ProofReport>()
}

/// The schema of the trials of `safestep verify --traffic`.
pub fn traffic_schema() -> String {
    described::<TrafficReport>()
}

/// The schema of the answers of `safestep preflight`.
pub fn preflight_schema() -> String {
    described::<PreflightAnswers>()
}

/// The schema of the answers of `safestep stats`.
pub fn sizes_schema() -> String {
    described::<Sizes>()
}

/// The schema of the answers of `safestep status`.
pub fn status_schema() -> String {
    described::<StatusReport>()
}

/// The JSON schema of a type as indented JSON, ending in a newline.
fn described<T: JsonSchema>() -> String {
    format!("{:#}\n", schema_for!(T).as_value())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::example;

    #[test]
    fn names_are_the_contract() {
        let json: serde_json::Value = serde_json::from_str(&render(&example::combo()).unwrap()).unwrap();
        assert_eq!(json["version"], 1);
        let migration = &json["migrations"][0];
        assert_eq!(migration["hazards"][0]["rule"], "set-not-null");
        assert_eq!(migration["hazards"][0]["severity"], "danger");
        assert_eq!(migration["hazards"][0]["applicability"], "safe");
        assert_eq!(migration["files"][0]["action"], "delete");
        assert_eq!(migration["files"][0]["after"], serde_json::Value::Null);
    }

    #[test]
    fn the_schema_describes_every_top_level_field() {
        let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
        assert_eq!(schema["title"], "Report");
        assert_eq!(schema["required"], serde_json::json!(["version", "framework", "migrations"]));
        let applicability = &schema["$defs"]["Applicability"].to_string();
        assert!(applicability.contains("needs-input"), "{applicability}");
    }
}
