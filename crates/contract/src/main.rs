//! Prints `pkg/contract.js`, or with the argument `inspect` the same of the inspector: the
//! constants of `wasm::contract` as a JavaScript module.

use std::env::args;
use std::process::ExitCode;
use ws4wasm::wasm::contract::{ALL, Constant};
use ws4wasm_inspect::wasm::contract as inspect;

fn main() -> ExitCode {
    let of = args().nth(1);
    let (source, constants) = match of.as_deref() {
        Some("engine") => ("src/wasm/contract.rs", engine()),
        Some("inspect") => ("crates/inspect/src/wasm/contract.rs", inspector()),
        _ => {
            eprintln!("usage: ws4wasm-contract engine|inspect");
            return ExitCode::FAILURE;
        }
    };
    println!("// Made of {source} by `npm run build`.\n\n{constants}");
    ExitCode::SUCCESS
}

fn engine() -> String {
    let all = ALL
        .iter()
        .map(|Constant { name, about, value }| export(about.iter().copied(), name, *value));
    all.collect::<Vec<_>>().join("\n")
}

fn inspector() -> String {
    let all = inspect::ALL.iter();
    all.map(|(about, name, value)| export([*about].into_iter(), name, *value))
        .collect::<Vec<_>>()
        .join("\n")
}

fn export<'a>(about: impl Iterator<Item = &'a str>, name: &str, value: i64) -> String {
    let about: Vec<_> = about.map(str::trim).collect();
    let comment = match about.as_slice() {
        [] => String::new(),
        [line] => format!("/** {line} */\n"),
        lines => format!("/**\n * {}\n */\n", lines.join("\n * ")),
    };
    format!("{comment}export const {name} = {value};")
}
