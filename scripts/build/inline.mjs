// `npm run build:inline`: the engine in JavaScript, the CommonJS build of everything for Node as one
// file, and its types, into pkg/. They are made of js/ and of the engine in pkg/; `npm run build`
// does it as well. With --check it compares.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { Failure, green, root, whenStarted } from '../lib.mjs';
import { pkg } from './pkg.mjs';

/**
 * What can be required, beside what inline.js exports by name: the types of each are made for
 * CommonJS.
 */
export const FACES = ['index', 'node', 'inline'];

/** Those with names that clash with others': a property of the one file, and a file of their own. */
export const NAMESPACES = /** @type {string[]} */ (['websocket', 'ws']);

/**
 * The files' contents by their names, of the engine in `folder`.
 * @param {string} folder
 * @returns {Promise<Map<string, string>>}
 */
export async function inlineFiles(folder) {
  const wasm = readFileSync(join(folder, 'ws4wasm_bg.wasm'));
  const files = new Map([['engine.js', engineModule(wasm, join(folder, 'engine.js'))]]);
  for (const face of [...FACES, ...NAMESPACES]) {
    const types = typesOf(face);
    const whole = DEFAULT.exec(types)?.[1];
    files.set(`${face}${whole ? '.names' : ''}.d.cts`, types.replace(DEFAULT, ''));
    if (whole) files.set(`${face}.d.cts`, typesOfDefault(face, whole, types));
  }
  for (const face of NAMESPACES) {
    files.set(
      `${face}.cjs`,
      `const { ${face} } = require('./ws4wasm.cjs');\nmodule.exports = ${face}.default ?? ${face};\n`,
    );
  }
  files.set('ws4wasm.cjs', await bundle(folder, String(files.get('engine.js'))));
  return files;
}

/**
 * Compressors of different versions give different bytes for the same: what is there already is
 * kept if it is this engine.
 * @param {Uint8Array} wasm
 * @param {string} old
 */
function engineModule(wasm, old) {
  for (const file of [old, join(pkg, 'engine.js')]) {
    if (existsSync(file) && isEngine(readFileSync(file, 'utf8'), wasm)) {
      return readFileSync(file, 'utf8');
    }
  }
  const gzipped = gzipSync(wasm, { level: 9 }).toString('base64');
  return `// ws4wasm_bg.wasm, gzipped, in base64: made by scripts/build/inline.mjs\nexport default '${gzipped}';\n`;
}

/** @param {string} source @param {Uint8Array} wasm */
function isEngine(source, wasm) {
  const [, gzipped] = /^export default '(.*)';$/m.exec(source) ?? [];
  try {
    return gunzipSync(Buffer.from(gzipped, 'base64')).equals(wasm);
  } catch {
    return false;
  }
}

/**
 * TypeScript takes a .d.ts of this package for that of an ES module.
 * @param {string} face
 */
function typesOf(face) {
  const source = readFileSync(join(root, 'js', `${face}.d.ts`), 'utf8');
  return source.replaceAll(/ from '\.\/([^']*)\.js'/g, (_, name) => {
    if (![...FACES, ...NAMESPACES].includes(name)) {
      throw new Failure(`js/${face}.d.ts needs ${name}, which is none of FACES`);
    }
    const names = DEFAULT.test(readFileSync(join(root, 'js', `${name}.d.ts`), 'utf8'));
    return ` from './${name}${names ? '.names' : ''}.cjs'`;
  });
}

/** The end of a face whose default is all that is required there. */
const DEFAULT = /^export default (\w+);\n(?:export \{ \1 as 'module\.exports' \};\n)?/m;

/**
 * What is required is the class, with all names on it: TypeScript writes that as `export =`.
 * @param {string} face
 * @param {string} whole the class
 * @param {string} types
 */
function typesOfDefault(face, whole, types) {
  const declared = [...types.matchAll(/^export (?:class|function|interface|type) (\w+)/gm)];
  const renamed = [...types.matchAll(/^export \{ (\w+) as (\w+) \};/gm)];
  const names = new Map([
    ...declared.map(([, name]) => /** @type {const} */ ([name, name])),
    ...renamed.map(([, of, name]) => /** @type {const} */ ([name, of])),
  ]);
  const lines = [...names].map(([name, of]) => `  export import ${name} = names.${of};\n`);
  return `import names = require('./${face}.names.cjs');
declare class ${whole} extends names.${whole} {}
declare namespace ${whole} {
${lines.join('')}}
export = ${whole};
`;
}

/**
 * @param {string} folder of the engine's glue
 * @param {string} engine
 */
async function bundle(folder, engine) {
  const result = await build({
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    plugins: [
      {
        name: 'engine',
        enforce: 'pre',
        // A build beside pkg/ is of what lies beside pkg/.
        resolveId(name, importer) {
          if (!importer || !name.includes('/pkg/')) return undefined;
          const path = resolve(importer, '..', name);
          return path.startsWith(pkg) ? join(folder, path.slice(pkg.length)) : undefined;
        },
        load: (id) => (id === join(folder, 'engine.js') ? engine : undefined),
      },
    ],
    ssr: { noExternal: true, target: 'node' },
    build: {
      ssr: join(root, 'js/entry/inline.js'),
      write: false,
      target: 'node20',
      minify: false,
      rolldownOptions: {
        // It names each module's file, and that of the engine is another in a build beside pkg/.
        experimental: { attachDebugInfo: 'none' },
        output: {
          format: 'cjs',
          entryFileNames: 'ws4wasm.cjs',
          exports: 'named',
          comments: false,
        },
      },
    },
  });
  const { output } = /** @type {import('vite').Rolldown.RolldownOutput} */ (result);
  if (output.length !== 1) throw new Failure(`the bundle is ${output.length} files, not one`);
  return output[0].code;
}

/**
 * The names of the files that are not what they should be.
 * @param {string} folder
 */
export async function stale(folder) {
  const files = await inlineFiles(folder);
  const read = (/** @type {string} */ name) => {
    const path = join(folder, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  };
  return [...files].filter(([name, text]) => read(name) !== text).map(([name]) => name);
}

whenStarted(import.meta.url, async () => {
  const { values } = parseArgs({
    options: { check: { type: 'boolean' }, into: { type: 'string', default: pkg } },
  });
  const folder = resolve(values.into);
  if (values.check) {
    const names = await stale(folder);
    if (names.length) {
      throw new Failure(
        `These files are not what js/ gives: ${names.map((name) => `pkg/${name}`).join(', ')}.\n` +
          'Run `npm run build:inline` and commit them.',
      );
    }
    console.log(green('  the one file is what js/ gives'));
    return;
  }
  for (const [name, text] of await inlineFiles(folder)) writeFileSync(join(folder, name), text);
});
