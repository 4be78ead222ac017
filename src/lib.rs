#![doc = "TODO"]
pub mod close_code;
mod error;
mod opcode;
pub use error::{Error, ErrorKind};
pub use opcode::Opcode;
