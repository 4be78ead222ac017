//! Captures and other inputs against what tshark and the tools that wrote them say; and however
//! they are cut.

mod files;
mod generator;
mod har;
mod logs;
mod recognition;
mod recorded;
mod recorder;
mod spellings;
mod trouble;
