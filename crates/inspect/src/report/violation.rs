use super::direction_name;
use crate::Inspection;
use crate::rules::{self, Rule};
use serde::Serialize;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Violation {
    pub violation: u32,
    pub rule: &'static str,
    pub severity: &'static str,
    pub message: String,
    pub rfc: &'static str,
    pub section: &'static str,
    pub connection: u32,
    pub direction: &'static str,
    pub offset: f64,
    pub seen: f64,
    pub bit: u8,
    pub bits: u8,
    pub length: u32,
    pub frame: Option<u32>,
    pub message_number: Option<u32>,
    pub index: Option<f64>,
    pub expected_close: Option<u16>,
    pub actual_close: Option<u16>,
    pub hint: Option<&'static str>,
}

#[derive(Debug, Serialize)]
pub struct RuleLine {
    pub rule: &'static str,
    pub severity: &'static str,
    pub rfc: &'static str,
    pub section: &'static str,
    pub summary: &'static str,
    pub close: Option<u16>,
    pub tags: &'static [&'static str],
}

/// Every rule.
pub fn rules() -> Vec<RuleLine> {
    let line = |rule: &Rule| {
        let described = rule.describe();
        RuleLine {
            rule: described.name,
            severity: described.severity.name(),
            rfc: described.rfc,
            section: described.section,
            summary: described.summary,
            close: described.close_code(),
            tags: described.tags,
        }
    };
    Rule::ALL.iter().map(line).collect()
}

impl Inspection {
    pub(super) fn report_violation(
        &self,
        number: u32,
        violation: &rules::Violation,
    ) -> Violation {
        let described = violation.rule.describe();
        // What the receiver of the bytes has answered.
        let answered = self
            .connection(violation.connection)
            .and_then(|connection| {
                let close = connection.frames(violation.direction.opposite())?.close?;
                let after = violation.frame.is_none_or(|frame| frame < close.frame);
                after.then_some(close.code)
            });
        let expected_close = described.close_code();
        Violation {
            violation: number,
            rule: described.name,
            severity: described.severity.name(),
            message: violation.sentence(),
            rfc: described.rfc,
            section: described.section,
            connection: violation.connection,
            direction: direction_name(violation.direction),
            offset: violation.offset as f64,
            seen: violation.seen as f64,
            bit: violation.bits.0,
            bits: violation.bits.1,
            length: violation.length,
            frame: violation.frame,
            message_number: violation.message,
            index: violation
                .error
                .and_then(|error| error.index())
                .map(|index| index as f64),
            expected_close,
            actual_close: answered.filter(|_| expected_close.is_some()),
            hint: violation.hint.map(rules::Hint::text),
        }
    }

    /// The violations that `wanted` picks, from the `from`th of them on.
    pub fn violations(
        &self,
        from: usize,
        count: usize,
        wanted: impl Fn(&rules::Violation) -> bool,
    ) -> Vec<Violation> {
        let all = self.store.violations.iter_from(0);
        all.filter(|(_, violation)| self.connection(violation.connection).is_some())
            .filter(|(_, violation)| wanted(violation))
            .skip(from)
            .take(count)
            .map(|(number, violation)| self.report_violation(number, violation))
            .collect()
    }
}
