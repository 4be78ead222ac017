//! What may be wrong with a filter's text.

/// What is wrong with a filter's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// In a sentence.
    pub message: String,
    /// Where in the text, in bytes.
    pub position: usize,
    /// How many bytes are concerned.
    pub length: usize,
    /// What could stand there.
    pub expected: Vec<String>,
}

pub fn problem(
    message: impl Into<String>,
    start: usize,
    end: usize,
    expected: &[&str],
) -> Problem {
    Problem {
        message: message.into(),
        position: start,
        length: end - start,
        expected: expected.iter().map(|&text| text.to_owned()).collect(),
    }
}
