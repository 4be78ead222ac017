// What LICENSE-THIRD-PARTY.md says: the crates that are linked into the wasm, the packages that
// are bundled into the inspector's page, and their licences.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { quietly, root } from '../lib.mjs';
import { rust, target } from '../tools/toolchain.mjs';

/**
 * @typedef {object} Crate
 * @property {string} name
 * @property {string} version
 * @property {string} license as SPDX
 * @property {string} folder
 */

/**
 * What cargo may link for wasm, that of the inspector included: everything but procedural macros, which run when it is built,
 * and what those need.
 * @returns {Crate[]}
 */
function linkedCrates() {
  const { env } = rust();
  const features = ['--features', 'ws4wasm/js,ws4wasm-inspect/js'];
  const platform = ['--filter-platform', target];
  const args = ['metadata', '--format-version', '1', '--locked', ...features, ...platform];
  const { packages, resolve } = JSON.parse(quietly('cargo', args, { env }));
  // The metadata has the features that any package of the workspace asks for; a tree only those of
  // what is built.
  const which = ['-p', 'ws4wasm', '-p', 'ws4wasm-inspect', '--target', target, ...features];
  const format = ['-e', 'normal', '--prefix', 'none', '--format', '{p}'];
  const tree = quietly('cargo', ['tree', '--locked', ...which, ...format], { env });
  const built = new Set(tree.split('\n').map((line) => line.split(' ', 2).join(' ')));
  const byId = new Map(packages.map((/** @type {any} */ item) => [item.id, item]));
  const nodes = new Map(resolve.nodes.map((/** @type {any} */ node) => [node.id, node]));
  const shipped = ['ws4wasm', 'ws4wasm-inspect'].map(
    (name) => packages.find((/** @type {any} */ item) => item.name === name).id,
  );
  const seen = new Set(shipped);
  for (const id of seen) {
    for (const { pkg, dep_kinds: kinds } of nodes.get(id).deps) {
      /** @type {{ kind: string[] }[]} */
      const targets = byId.get(pkg).targets;
      const isMacro = targets.some(({ kind }) => kind.includes('proc-macro'));
      const isLinked = kinds.some((/** @type {any} */ { kind }) => kind === null);
      if (isLinked && !isMacro) seen.add(pkg);
    }
  }
  for (const id of shipped) seen.delete(id);
  return [...seen]
    .map((id) => byId.get(id))
    .filter(({ name, version }) => built.has(`${name} v${version}`))
    .map(({ name, version, license, manifest_path: manifest }) => ({
      name,
      version,
      license,
      folder: dirname(manifest),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What Vite puts into www/dist of node_modules, with what that needs (www/src imports them). */
const BUNDLED = ['preact', '@preact/signals', 'uplot', '@msgpack/msgpack', 'cbor2', 'diff'];

/** @returns {Crate[]} */
function bundledPackages() {
  const seen = new Set(BUNDLED);
  /** @type {Crate[]} */
  const found = [];
  for (const name of seen) {
    const folder = join(root, 'node_modules', name);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    for (const needed of Object.keys(manifest.dependencies ?? {})) seen.add(needed);
    found.push({ name, version: manifest.version, license: manifest.license, folder });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Under which of the licences on offer it is used here. @param {Crate} crate */
const chosen = ({ license }) =>
  /\bApache-2\.0\b/.test(license) && / OR /.test(license)
    ? license.replace(/\(?(MIT OR Apache-2\.0|Apache-2\.0 OR MIT)\)?/, 'Apache-2.0')
    : license.replace('Unlicense OR MIT', 'MIT');

/** Licences that want their text to go along, with the name of who wrote the code. */
const needsText = (/** @type {string} */ license) => !/^(Apache-2\.0|Zlib)$/.test(license);

/** @param {Crate} crate */
function textOf({ name, folder }) {
  const all = readdirSync(folder);
  const named = all.filter((file) => /^LICEN[CS]E(-UNICODE)?(\.\w+)?$/i.test(file));
  const files = named.length ? named : all.filter((file) => file === 'LICENSE-MIT');
  if (!files.length) throw new Error(`${name} has no text of its licence`);
  return files.map((file) => readFileSync(join(folder, file), 'utf8').trim()).join('\n\n');
}

/** @param {Crate} crate */
const noticeOf = ({ folder }) => {
  const file = join(folder, 'NOTICE');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
};

/** The whole file. */
export function notices() {
  const crates = linkedCrates();
  const rows = crates.map(
    (crate) => `| ${crate.name} | ${crate.version} | ${crate.license} | ${chosen(crate)} |`,
  );
  const packages = bundledPackages();
  const bundled = packages.map(
    ({ name, version, license }) => `| ${name} | ${version} | ${license} |`,
  );
  const texts = [...crates, ...packages].flatMap((crate) => {
    const text = needsText(chosen(crate)) ? textOf(crate) : noticeOf(crate);
    return text ? [`## ${crate.name}\n\n${fenced(text)}`] : [];
  });
  return `# Licences of others

\`pkg/ws4wasm_bg.wasm\` and \`pkg/inspect/inspect_bg.wasm\` are made of this repository's code, of
Rust's standard library (MIT or Apache-2.0, used under Apache-2.0: see LICENSE-APACHE) and of
these crates. The compiler leaves out what is not used, so that not all of them may be in it. \`npm run test:supply -- --write\`
writes this file; a test compares it with what is built.

| crate | version | licence | used under |
| --- | --- | --- | --- |
${rows.join('\n')}

The inspector's page, \`www/dist/\`, has these npm packages in it:

| package | version | licence |
| --- | --- | --- |
${bundled.join('\n')}

The text of Apache-2.0 is in LICENSE-APACHE. The Zlib licence asks for no notice in a binary. The
others follow.

${texts.join('\n\n')}
`;
}

/** @param {string} text */
const fenced = (text) => `\`\`\`\n${text.replace(/[ \t]+$/gm, '')}\n\`\`\``;
