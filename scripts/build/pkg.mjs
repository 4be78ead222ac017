// pkg/, the built package that is committed: what built it, whether it is up to date, and how
// another build can take its place while tests run.
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib.mjs';

export const pkg = join(root, 'pkg');
const aside = join(root, 'target/pkg-committed');

/**
 * @typedef {object} BuildRecord what pkg/build.json holds; no paths and no dates, so that the
 *   same source and toolchain give the same file
 * @property {string} rustc
 * @property {string} host the kind of machine; rustc hashes it into symbol names
 * @property {string} wasmBindgen
 * @property {string} binaryen
 * @property {string[]} flags of rustc
 * @property {string[]} wasmOpt
 * @property {Record<string, { flags: string[], wasmOpt?: string[], bytes: number, sha256: string }>} modules the
 *   wasm files, with what was said to the linker and wasm-opt for each
 */

/**
 * @param {string} folder
 * @returns {BuildRecord | undefined}
 */
export function readRecord(folder) {
  const file = join(folder, 'build.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/** @param {BuildRecord | undefined} record */
export function toolchainOf(record) {
  if (!record) return 'no build';
  const { rustc, host, wasmBindgen, binaryen } = record;
  return `${rustc} on ${host}, wasm-bindgen ${wasmBindgen}, binaryen ${binaryen}`;
}

/**
 * The names of the files that are not the same in pkg/ and in another folder.
 * @param {string} folder
 */
export function differingFiles(folder) {
  const names = new Set([...list(pkg), ...list(folder)]);
  const bytes = (/** @type {string} */ file) =>
    existsSync(file) && readFileSync(file, 'latin1');
  return [...names].filter((name) => bytes(join(pkg, name)) !== bytes(join(folder, name)));
}

/** @param {string} folder */
function list(folder) {
  const entries = existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
    : [];
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ path, name }) => join(path, name));
  return paths.map((path) => path.slice(folder.length + 1));
}

/**
 * Puts another build in the place of pkg/ until `restore` is called.
 * @param {string} folder
 */
export function replaceForNow(folder) {
  if (existsSync(pkg)) {
    // Copied in two moves: `restore` must never find half a copy.
    cpSync(pkg, `${aside}.new`, { recursive: true });
    renameSync(`${aside}.new`, aside);
  }
  rmSync(pkg, { recursive: true, force: true });
  cpSync(folder, pkg, { recursive: true });
}

/** Does nothing unless pkg/ is replaced, by this run or by one that was killed. */
export function restore() {
  if (!existsSync(aside)) return;
  rmSync(pkg, { recursive: true, force: true });
  cpSync(aside, pkg, { recursive: true });
  forgetReplaced();
}

/** For when pkg/ is built anew. */
export function forgetReplaced() {
  rmSync(aside, { recursive: true, force: true });
}
