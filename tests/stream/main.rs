//! The stream against byte vectors, against an independent model, and over any bytes at all.

#[cfg(feature = "deflate")]
mod deflate;
mod model;
mod properties;
mod sending;
mod vectors;
mod wire;
mod work;
