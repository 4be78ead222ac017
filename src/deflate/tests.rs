//! The two halves and what they share.
use super::*;
