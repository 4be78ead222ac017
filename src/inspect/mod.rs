//! The inspector: every frame of a conversation, and everything that is wrong with it.
//!
//! A source (`capture`, or live traffic) tells of connections and their bytes through
//! [`flow::FlowSink`].

pub mod flow;
