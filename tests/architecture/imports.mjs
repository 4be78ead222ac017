// What imports what: files of JavaScript and TypeScript by TypeScript's own reading of them, files
// of Rust by their paths (`crate::`, `super::`, the names of this workspace's crates).
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { root } from '../../scripts/lib.mjs';

/** @typedef {Map<string, Set<string>>} Imports of each file, the files that it imports */

/** @param {string} folder @param {RegExp} pattern @returns {string[]} paths from the root */
function list(folder, pattern) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file).replaceAll('\\', '/'))
    .filter((file) => pattern.test(file))
    .sort();
}

const read = (/** @type {string} */ file) => readFileSync(join(root, file), 'utf8');

/** Names that stand for a file of this repository. */
const NAMES = new Map([
  ['ws4wasm/inspect', 'js/inspect/web.js'],
  ['#engine', 'js/entry/engine/file.js'],
]);

/** Of code that runs: what is named in comments and for types alone is left out. */
export function javascript() {
  /** @type {Imports} */
  const imports = new Map();
  for (const file of [...list('js', /(?<!\.d)\.js$/), ...list('www/src', /\.tsx?$/)]) {
    const { importedFiles } = ts.preProcessFile(withoutTypes(read(file)), true, true);
    const targets = importedFiles.flatMap(({ fileName }) => targetOf(file, fileName) ?? []);
    imports.set(file, new Set(targets));
  }
  return imports;
}

/** @param {string} source */
const withoutTypes = (source) =>
  source.replace(/^(import|export) type [^;]*;/gm, '').replace(/^\s*(\/\/|\/?\*).*$/gm, '');

/** @param {string} file @param {string} name */
function targetOf(file, name) {
  const known = NAMES.get(name);
  if (known) return known;
  if (!name.startsWith('.')) return undefined;
  const path = resolve(root, dirname(file), name.replace(/\?.*/, ''));
  const found = ['', '.ts', '.tsx']
    .map((end) => path + end)
    .find((p) => /\.\w+$/.test(p) && existsSync(p));
  return found && relative(root, found).replaceAll('\\', '/');
}

/**
 * The modules of a crate.
 * @typedef {object} Crate
 * @property {string} name as other crates write it
 * @property {Map<string, string>} files of each module, such as `stream::sender`; '' is the crate
 */

/** @returns {Crate[]} */
function crates() {
  const manifests = ['Cargo.toml', ...list('crates', /^crates\/[^/]+\/Cargo\.toml$/)];
  return manifests.map((manifest) => {
    const name = /^name = "(.*)"/m.exec(read(manifest))?.[1] ?? '';
    const source = join(dirname(manifest), 'src').replaceAll('\\', '/');
    const files = list(source, /\.rs$/).map((file) => {
      const path = file.slice(source.length + 1, -'.rs'.length).split('/');
      if (['mod', 'lib', 'main'].includes(path[path.length - 1])) path.pop();
      return /** @type {const} */ ([path.join('::'), file]);
    });
    return { name: name.replaceAll('-', '_'), files: new Map(files) };
  });
}

/** Modules that hold tests may use whatever they test. */
const isTest = (/** @type {string} */ file) => /(^|\/)tests?(\.rs|\/)/.test(file);

export function rust() {
  const all = crates();
  /** @type {Imports} */
  const imports = new Map();
  for (const crate of all) {
    for (const [module, file] of crate.files) {
      if (isTest(file)) continue;
      const targets = new Set(
        pathsIn(read(file)).flatMap((path) => moduleOf(path, module, crate, all) ?? []),
      );
      targets.delete(file);
      imports.set(file, targets);
    }
  }
  return imports;
}

/** Where paths begin. */
const BEGIN = /(?<![\w:])(?:crate|super|self|[a-z]\w*)::(?=[\w{*])/g;

/** Without comments, and without the tests inside of the file. @param {string} source */
const codeOf = (source) =>
  source.replace(/\/\/.*/g, '').replace(/#\[cfg\(test\)\]\s*mod \w+ \{[\s\S]*$/, '');

/**
 * Every path in the code, those in braces written out: `use crate::{a::B, c}` is two.
 * @param {string} source
 * @returns {string[][]}
 */
function pathsIn(source) {
  const code = codeOf(source);
  return [...code.matchAll(BEGIN)].flatMap(({ index }) => expand(code, index).paths);
}

/**
 * What a module has from elsewhere: `pub use error::Error` is `Error`, by its path.
 * @param {string} source
 */
function usesIn(source) {
  const code = codeOf(source);
  const uses = [...code.matchAll(/\buse (?=\w)/g)].flatMap(
    ({ index, 0: { length } }) => expand(code, index + length).paths,
  );
  return new Map(uses.map((path) => [path[path.length - 1], path]));
}

/**
 * @param {string} code
 * @param {number} at where a path begins
 * @returns {{ paths: string[][], end: number }}
 */
function expand(code, at) {
  /** @type {string[]} */
  const names = [];
  for (;;) {
    const [name] = /^\s*(?:r#)?\w+|^\s*\*/.exec(code.slice(at)) ?? [];
    if (name) {
      names.push(name.trim());
      at += name.length;
      if (!code.startsWith('::', at)) return { paths: [names], end: at };
      at += 2;
      continue;
    }
    if (code[at] !== '{') return { paths: [names], end: at };
    /** @type {string[][]} */
    const paths = [];
    at += 1;
    while (at < code.length && code[at] !== '}') {
      if (/[\s,]/.test(code[at])) {
        at += 1;
        continue;
      }
      const { paths: inner, end } = expand(code, at);
      paths.push(...inner.map((path) => [...names, ...path]));
      // `as` and the like, up to the next of the list.
      at = Math.max(end, at + 1);
      while (at < code.length && !/[,}]/.test(code[at])) at += 1;
    }
    return { paths, end: at + 1 };
  }
}

/**
 * The file of the module that a path leads into.
 * @param {string[]} path
 * @param {string} module where it is written
 * @param {Crate} crate
 * @param {Crate[]} all
 * @returns {string | undefined}
 */
function moduleOf(path, module, crate, all) {
  let within = crate;
  let base = module ? module.split('::') : [];
  const rest = [...path];
  const first = rest[0];
  const other = all.find(({ name }) => name === first && name !== crate.name);
  if (first === 'crate' || first === crate.name) {
    base = [];
    rest.shift();
  } else if (other) {
    within = other;
    base = [];
    rest.shift();
  } else if (first === 'self') {
    rest.shift();
  } else if (first === 'super') {
    while (rest[0] === 'super') {
      rest.shift();
      // From a module inside of the file, the first of them leads to the file's own.
      if (!crate.files.has([...base, rest[0]].join('::'))) base.pop();
    }
  } else if (!crate.files.has([...base, first].join('::'))) {
    // A crate of somebody else, or a type.
    return undefined;
  }
  const whole = [...base, ...rest];
  for (let length = whole.length; length >= 0; length--) {
    const inside = whole.slice(0, length).join('::');
    const file = within.files.get(inside);
    if (!file) continue;
    // The name may come from elsewhere: what is meant is the file that has it.
    const origin = usesIn(read(file)).get(whole[length]);
    if (origin && !isSame(origin, path)) return moduleOf(origin, inside, within, all) ?? file;
    return file;
  }
  return undefined;
}

/** @param {string[]} a @param {string[]} b */
const isSame = (a, b) => a.join('::') === b.join('::');

/**
 * The circles, each of them once, as lists of files.
 * @param {Imports} imports
 */
export function circles(imports) {
  /** @type {string[][]} strongly connected, by Tarjan */
  const found = [];
  /** @type {Map<string, { index: number, low: number, open: boolean }>} */
  const seen = new Map();
  /** @type {string[]} */
  const stack = [];
  /** @param {string} file */
  const visit = (file) => {
    const self = { index: seen.size, low: seen.size, open: true };
    seen.set(file, self);
    stack.push(file);
    for (const target of imports.get(file) ?? []) {
      const other = seen.get(target) ?? visit(target);
      if (other.open) self.low = Math.min(self.low, other.low);
    }
    if (self.low === self.index) {
      const circle = stack.splice(stack.indexOf(file));
      for (const name of circle) /** @type {any} */ (seen.get(name)).open = false;
      if (circle.length > 1) found.push(circle.sort());
    }
    return self;
  };
  for (const file of imports.keys()) if (!seen.has(file)) visit(file);
  return found;
}

/**
 * Without what a module has in common with the one around it: `mod.rs` names its parts, and they
 * use what it holds. That is how a folder of Rust is written, and no circle between two files.
 * @param {Imports} imports
 */
export function besideFolders(imports) {
  const folder = (/** @type {string} */ file) => /^(.*)\/(?:mod|lib)\.rs$/.exec(file)?.[1];
  return new Map(
    [...imports].map(([file, targets]) => [
      file,
      new Set(
        [...targets].filter((target) => {
          const around = folder(target) ?? target.replace(/\.rs$/, '');
          return !file.startsWith(`${around}/`);
        }),
      ),
    ]),
  );
}
