// An instance that traps: it says why, and everybody who depends on it learns of it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import binaryen from 'binaryen';
import { inChild, root } from '../support/child.mjs';

test('a fault of the engine is told by its message, to all streams of the instance', () => {
  const seen = inChild(async () => {
    const { Stream, WebSocket, Utf8Validator, TextMessage, ServerHandshake } = await import(
      'ws4wasm'
    );
    const { wasm } = await import(
      new URL('js/engine/instance.js', `file://${process.cwd()}/`).href
    );
    const sock = () => {
      const duplex = new (class extends EventTarget {
        destroyed = false;
        on() {
          return this;
        }
        pause() {}
        resume() {}
        end() {}
        destroy() {
          this.destroyed = true;
        }
        /** @param {Uint8Array} _bytes @param {() => void} [done] */
        write(_bytes, done) {
          done?.();
          return true;
        }
      })();
      return duplex;
    };
    /** @type {string[]} */
    const log = [];
    class Connection extends WebSocket {
      /** @param {number} code @param {string} [reason] */
      closed(code, reason) {
        log.push(`closed ${code}: ${reason}`);
      }
    }
    const make = () => {
      const transport = /** @type {any} */ (sock());
      const ws = new Connection(transport);
      ws.onerror = (/** @type {any} */ { error }) => log.push(`error: ${error.message}`);
      void ws.run();
      return { ws, transport };
    };
    const [reading, closing, sending] = [make(), make(), make()];
    const stream = new Stream();
    const other = new Stream();
    other.receive(Uint8Array.of(0x81));
    /** @param {() => unknown} call */
    const thrown = (call) => {
      try {
        return `nothing, but ${call()}`;
      } catch (error) {
        return String(error);
      }
    };
    // No caller of ours does this: the piece is longer than the region.
    const first = thrown(() => wasm.stream_deflate(0, 1e8, true));
    /** @type {Record<string, string>} */
    const later = {
      receive: thrown(() => other.receive(Uint8Array.of(0x80))),
      encode: thrown(() => stream.encode('a')),
      long: thrown(() => stream.encode('a'.repeat(100_000))),
      ping: thrown(() => stream.ping()),
      wants: thrown(() => other.wants),
      // Not at once, but by the promise.
      send: await sending.ws.send('a').then(() => 'nothing', String),
    };
    // What is new, and what needs no stream, has a fresh engine at once.
    const fresh = [
      thrown(() => new Stream().receive(Uint8Array.of(0x80)).length),
      thrown(() => new Utf8Validator().validate(Uint8Array.of(1))),
      thrown(() => new TextMessage('a').single().length),
    ];
    const takes = reading.ws.process(Uint8Array.of(0x81));
    for (const owner of [stream, other]) owner.free();
    // Forgotten ones are given up without a word.
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
    return {
      first,
      later,
      fresh,
      takes,
      log,
      destroyed: [reading, closing, sending].map(({ transport }) => transport.destroyed),
      handshake: thrown(() => String(ServerHandshake.reject(404)).slice(0, 12)),
    };
  });
  assert.match(
    seen.first,
    /^RuntimeError: the engine of ws4wasm has stopped, and all its streams with it; of memory it had [\d.]+ MiB \(panicked at src\/wasm\/send\.rs:\d+:\d+:\nrange end index/,
  );
  for (const [name, error] of Object.entries(seen.later)) {
    assert.equal(error, seen.first, name);
  }
  const why = seen.first.replace('RuntimeError: ', '');
  const told = [`error: ${why}`, `closed 1006: ${why}`];
  assert.deepEqual(seen.log, [...told, ...told, ...told]);
  assert.deepEqual(seen.fresh, [
    'nothing, but 1',
    'nothing, but true,true,1,1',
    'nothing, but 3',
  ]);
  assert.equal(seen.takes, false);
  assert.deepEqual(seen.destroyed, [true, true, true]);
  // What needs no stream goes on.
  assert.equal(seen.handshake, 'nothing, but HTTP/1.1 404');
});

test('no more memory: it says so, and the process lives', () => {
  const code = `
    import { Stream } from 'ws4wasm';
    const streams = [];
    const all = [];
    let error;
    try {
      for (;;) {
        const stream = new Stream({ deflate: true });
        streams.push(stream);
        stream.encode('x'.repeat(2000));
      }
    } catch (failure) {
      error = failure;
    }
    let later;
    try {
      streams[0].encode('x');
    } catch (failure) {
      later = failure;
    }
    for (const stream of streams) stream.free();
    const [event] = new Stream().receive(new Stream({ role: 'client' }).encode('served'));
    console.log(JSON.stringify([streams.length, String(error), later === error, event.data]));`;
  // 8 MiB.
  const flags = ['--wasm-max-mem-pages=128', '--input-type=module', '-e', code];
  const child = spawnSync(process.execPath, flags, { cwd: root, encoding: 'utf8' });
  assert.equal(child.status, 0, child.stderr);
  const [count, error, same, served] = JSON.parse(child.stdout);
  assert.ok(count > 5, `${count} streams`);
  assert.match(
    error,
    /^RuntimeError: the engine of ws4wasm has stopped, and all its streams with it; of memory it had \d\.?\d* MiB \(/,
  );
  assert.ok(same);
  assert.equal(served, 'served');
});

test('no exported function has a reference for its one result', () => {
  // Node 20 aborts with "unreachable code" when optimised code that waits for such a call is
  // thrown away meanwhile; a soak of ten minutes came across it. Several results are no danger.
  const module = binaryen.readBinary(
    readFileSync(new URL('../../pkg/ws4wasm_bg.wasm', import.meta.url)),
  );
  const numbers = new Set([binaryen.none, binaryen.i32, binaryen.f64]);
  const names = [];
  for (let i = 0; i < module.getNumExports(); i++) {
    const { kind, name, value } = binaryen.getExportInfo(module.getExportByIndex(i));
    if (kind !== binaryen.ExternalFunction) continue;
    names.push(name);
    const { results } = binaryen.getFunctionInfo(module.getFunction(value));
    const single = binaryen.expandType(results).length < 2;
    assert.ok(!single || numbers.has(results), name);
  }
  assert.ok(names.includes('take_error') && names.length > 30);
  module.dispose();
});
