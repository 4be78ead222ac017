// The crate as its users get it: what is in it, what it depends on, and its examples, which ws
// talks to.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import WS from 'ws';
import { quietly, root } from '../../scripts/lib.mjs';
import { target, wasmBindgen } from '../../scripts/tools/toolchain.mjs';
import { cargo } from '../support/tools.mjs';

test('the crate depends on nothing for JavaScript', (t) => {
  const program = cargo(t);
  if (!program) return;
  const tree = (/** @type {string[]} */ ...flags) =>
    quietly(program, ['tree', '--locked', '-e', 'normal', '--prefix', 'depth', ...flags])
      .split('\n')
      .flatMap((line) => /^1(\S+)/.exec(line)?.[1] ?? []);
  const always = ['base64', 'getrandom', 'httparse', 'sha1_smol', 'simdutf8'];
  assert.deepEqual(tree(), [...always, 'zlib-rs']);
  assert.deepEqual(tree('--no-default-features'), always);
  // What pkg/ is built of knows nothing of servers in Rust.
  const wasm = quietly(program, [
    ...['tree', '--locked', '-e', 'normal', '--prefix', 'none', '--target', target],
    ...['-p', 'ws4wasm', '-p', 'ws4wasm-inspect', '--features', 'ws4wasm/js'],
  ]);
  assert.match(wasm, /^wasm-bindgen /m);
  assert.doesNotMatch(wasm, /^(tokio|http|bytes|bytestring|futures-sink|rustls|idna) /m);
});

test('the crate has what it should and nothing else', (t) => {
  const program = cargo(t);
  if (!program) return;
  const files = quietly(program, ['package', '--list', '--allow-dirty']).split('\n');
  const sources = files.filter((file) => file.startsWith('src/'));
  assert.ok(sources.length > 40 && sources.every((file) => file.endsWith('.rs')));
  assert.deepEqual(
    files.filter((file) => !file.startsWith('src/')).sort(),
    [
      // What cargo adds.
      '.cargo_vcs_info.json',
      'Cargo.lock',
      'Cargo.toml.orig',
      'CHANGELOG.md',
      'Cargo.toml',
      'LICENSE-APACHE',
      'LICENSE-MIT',
      'docs/rust.md',
      'examples/broadcast.rs',
      'examples/echo-axum.rs',
      'examples/echo-hyper.rs',
      'examples/echo-tokio.rs',
      'examples/echo.rs',
    ].sort(),
  );
});

test('a program for browsers gets no exports of ours and keeps its panic hook', async (t) => {
  const program = cargo(t);
  if (!program) return;
  const flags = ['--locked', '--quiet', '--release', '--target', target];
  quietly(program, ['build', ...flags, '-p', 'ws4wasm-application']);
  const built = join(root, 'target', target, 'release/ws4wasm_application.wasm');
  const out = join(root, 'target/application');
  const where = ['--out-dir', out, '--out-name', 'application', built];
  quietly(join(wasmBindgen().bin, 'wasm-bindgen'), ['--target', 'web', ...where]);

  const module = new WebAssembly.Module(readFileSync(join(out, 'application_bg.wasm')));
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  // Beside its own what wasm-bindgen adds to any program, which begins with underscores.
  assert.deepEqual(names.filter((name) => !name.startsWith('__')).sort(), [
    'begin',
    'events',
    'memory',
  ]);

  const said = t.mock.method(console, 'error', () => {});
  const { initSync, events } = await import(pathToFileURL(join(out, 'application.js')).href);
  initSync({ module });
  const masked = [0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69];
  assert.match(events(Uint8Array.from(masked)), /Text\("hi"\)/);
  assert.equal(said.mock.callCount(), 0);
  assert.throws(() => events(new Uint8Array()), WebAssembly.RuntimeError);
  assert.match(said.mock.calls[0].arguments[0], /the application's own words/);
});

test('an echo behind axum takes 25 lines of the guide', () => {
  const [, program] =
    /```rust,no_run\n(.*?)```/s.exec(readFileSync(join(root, 'docs/rust.md'), 'utf8')) ?? [];
  assert.match(program, /axum::serve/);
  assert.ok(program.split('\n').filter((line) => line.trim()).length <= 25);
});

for (const [name, compresses] of /** @type {const} */ ([
  ['echo', false],
  ['echo-tokio', true],
  ['echo-axum', true],
  ['echo-hyper', true],
  ['actix', true],
])) {
  test(`examples/${name} echoes, pongs, refuses and closes`, {
    timeout: 600_000,
  }, async (t) => {
    const program = cargo(t);
    if (!program) return;
    const build = ['build', '--locked', '--quiet'];
    let executable = join(root, 'target/debug/examples', name);
    if (name === 'actix') {
      // A package of its own, so that `cargo test` need not build actix-web each time.
      quietly(program, [...build, '-p', 'ws4wasm-actix']);
      executable = join(root, 'target/debug/ws4wasm-actix');
    } else {
      const features = name === 'echo' ? [] : ['--features', 'http,tokio'];
      quietly(program, [...build, ...features, '--example', name]);
    }
    const child = spawn(executable, ['127.0.0.1:0']);
    t.after(() => child.kill());
    const [url] = await once(createInterface(child.stdout), 'line');

    const ws = new WS(url, { perMessageDeflate: { threshold: 0 } });
    await once(ws, 'open');
    assert.equal(ws.extensions, compresses ? 'permessage-deflate' : '');
    for (const text of ['hello', 'Grüße 😀', 'x'.repeat(100_000)]) {
      ws.send(text);
      const [data, isBinary] = await once(ws, 'message');
      assert.deepEqual([`${data}`, isBinary], [text, false]);
    }
    ws.ping('are you there');
    assert.equal(`${(await once(ws, 'pong'))[0]}`, 'are you there');
    ws.close(4000, 'done');
    const [code, reason] = await once(ws, 'close');
    assert.deepEqual([code, `${reason}`], [4000, 'done']);

    const plain = createConnection(Number(new URL(url).port), '127.0.0.1');
    plain.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const [reply] = await once(plain.setEncoding('utf8'), 'data');
    assert.match(reply, /^HTTP\/1\.1 426 /);
    plain.destroy();
  });
}
