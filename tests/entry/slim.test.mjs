// 'ws4wasm/slim', and what importing says where the engine cannot run. Each in a process of its
// own: an engine starts once.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { root } from '../../scripts/lib.mjs';

/**
 * What a module prints, line by line.
 * @param {string} code
 * @param {...string} flags of Node
 */
function lines(code, ...flags) {
  const args = [...flags, '--input-type=module', '--eval', code];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return stdout.trim().split('\n');
}

const slim = `
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as slim from 'ws4wasm/slim';
const bytes = readFileSync(fileURLToPath(import.meta.resolve('ws4wasm/engine.wasm')));
const { init, Stream } = slim;
const told = (error) => console.log(error.name + ': ' + error.message);
const talk = () => {
  const [message] = new Stream().receive(new Stream({ role: 'client' }).encode('Grüße'));
  console.log(message.data, slim.UTF8VALIDATOR_DFA.length);
};
`;

test('everything says that the engine is not started, until it is', () => {
  const said = lines(`${slim}
    for (const use of [
      () => new Stream(),
      () => new slim.ServerHandshake(),
      () => new slim.ClientHandshake('ws://localhost'),
      () => slim.acceptKey('x'),
      () => slim.ServerHandshake.reject(400),
      () => new slim.Frame({ opcode: 1, body: 'a' }).build(),
      () => new slim.Frame().parser.send(Buffer.from('8100', 'hex')),
      () => new slim.TextMessage('a').single(),
      () => new slim.CloseControlMessage(),
      () => new slim.Utf8Validator().decode(1),
      () => new slim.Utf8Validator().validate(Buffer.from('a')),
      () => new slim.WebSocket(process.stdin),
    ]) {
      try {
        use();
        console.log('no error:', use);
      } catch (error) {
        told(error);
      }
    }
    await init(bytes);
    talk();
  `);
  assert.equal(said.pop(), 'Grüße 400');
  assert.equal(said.length, 12);
  for (const line of said) assert.match(line, /^Error: ws4wasm is not started: await init/);
});

for (const [what, source] of Object.entries({
  bytes: 'bytes',
  'an ArrayBuffer': 'new Uint8Array(bytes).buffer',
  'a module': 'new WebAssembly.Module(bytes)',
  'a response': "new Response(bytes, { headers: { 'Content-Type': 'application/wasm' } })",
  'a promise of a response': `fetch('data:application/wasm;base64,' + bytes.toString('base64'))`,
})) {
  test(`init takes ${what}`, () => {
    const said = lines(`${slim}
      await Promise.all([init(${source}), init(${source})]);
      await init(${source});
      talk();
    `);
    assert.deepEqual(said, ['Grüße 400']);
  });
}

test('init refuses what is no engine, and can be called again', () => {
  const said = lines(`${slim}
    for (const wrong of [undefined, 'engine.wasm', new Response('', { status: 404 }), bytes.subarray(1)])
      await init(wrong).catch(told);
    await init(Promise.reject(new Error('of the promise'))).catch(told);
    await init(bytes);
    talk();
  `);
  const must =
    'it must be a WebAssembly.Module, bytes, a Response, or a promise of one of them';
  assert.deepEqual(said.slice(0, 3), [
    `TypeError: moduleOrBytes is undefined; ${must}`,
    `TypeError: moduleOrBytes is "engine.wasm"; ${must}`,
    'RangeError: moduleOrBytes is "404 "; it must be a Response with status 200',
  ]);
  assert.match(said[3], /^CompileError: /);
  assert.deepEqual(said.slice(4), ['Error: of the promise', 'Grüße 400']);
});

test("with 'ws4wasm' in the same process there is one engine", () => {
  const said = lines(`${slim}
    const { Stream: other } = await import('ws4wasm');
    await init(bytes);
    console.log(other === Stream);
    talk();
  `);
  assert.deepEqual(said, ['true', 'Grüße 400']);
});

test('what would start at once waits for an init under way', { skip: !canRequire() }, () => {
  const said = lines(`${slim}
    import { createRequire } from 'node:module';
    const under = init(bytes);
    for (let i = 0; i < 3; i++) await null;
    try {
      createRequire(import.meta.url)('./js/entry/node.js');
    } catch (error) {
      told(error);
    }
    await under;
    talk();
  `);
  assert.match(said[0], /^Error: ws4wasm is being started/);
  assert.deepEqual(said.slice(1), ['Grüße 400']);
});

test('where SIMD or WebAssembly is missing, the import says so', () => {
  const tell = "import('ws4wasm').catch((error) => console.log(error.message));";
  assert.match(
    lines(tell, '--no-enable-sse4-1', '--no-enable-avx')[0],
    /WebAssembly SIMD, and/,
  );
  assert.match(
    lines(tell, '--jitless').at(-1) ?? '',
    /needs WebAssembly, and this runtime has/,
  );
});

/** Node 20.19, 22.12 and newer require modules that await nothing at the top. */
function canRequire() {
  return Boolean(/** @type {any} */ (process.features).require_module);
}
