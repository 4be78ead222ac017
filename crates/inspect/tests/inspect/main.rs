//! The inspector, fed as captures and live traffic feed it.

mod agreement;
mod cuts;
mod exports;
mod vectors;
