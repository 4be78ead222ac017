// Attacks by compressed messages and by what is agreed on, each known from another
// implementation. What index.test.mjs names elsewhere is not repeated here.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ClientHandshake, HandshakeError, ServerHandshake, Stream } from 'ws4wasm';
import { inChild } from '../support/child.mjs';
import { frame } from '../support/wire.mjs';

const key = Buffer.from('abcd');

/** Values of a window's size that are none, or are written as none may be. */
const wrongSizes = ['7', '16', '0', '-1', '08', '015', '1e1', '9.0', '4294967305', 'x', '""'];

// [RFC 7692 7-2, 7-6]
describe('CVE-2026-2229 (undici): window sizes are judged by the handshake', () => {
  /** An answer of a server that agrees on these parameters. @param {string} parameters */
  function answer(parameters) {
    const client = new ClientHandshake('ws://a/', { deflate: true });
    const { reply } = /** @type {any} */ (new ServerHandshake().receive(client.request));
    const line = `Sec-WebSocket-Extensions: permessage-deflate; ${parameters}\r\n\r\n`;
    const head = String(Buffer.from(reply)).replace('\r\n\r\n', `\r\n${line}`);
    return client.receive(Buffer.from(head));
  }

  /** What a server says to this offer. @param {string} parameters */
  function offer(parameters) {
    const plain = Buffer.from(new ClientHandshake('ws://a/').request);
    const line = `Sec-WebSocket-Extensions: permessage-deflate; ${parameters}\r\n\r\n`;
    const request = Buffer.from(String(plain).replace('\r\n\r\n', `\r\n${line}`));
    const { reply } = /** @type {any} */ (
      new ServerHandshake({ deflate: true }).receive(request)
    );
    return String(Buffer.from(reply));
  }

  for (const name of ['server_max_window_bits', 'client_max_window_bits']) {
    test(`${name} that does not exist fails the client's handshake`, () => {
      for (const size of wrongSizes) {
        assert.throws(() => answer(`${name}=${size}`), HandshakeError, size);
      }
      assert.throws(() => answer(name), HandshakeError, 'no value');
      assert.throws(() => answer(`${name}=10; ${name}=10`), HandshakeError, 'twice');
      assert.ok(answer(`${name}=10`));
    });

    test(`${name} that does not exist is not agreed on by the server`, () => {
      for (const size of wrongSizes.filter((size) => size !== '""')) {
        assert.doesNotMatch(offer(`${name}=${size}`), /Sec-WebSocket-Extensions/, size);
      }
      assert.match(offer(`${name}=10`), /Sec-WebSocket-Extensions: permessage-deflate/);
    });
  }
});

test('CVE-2026-1526 (undici), CVE-2018-1000518 (websockets): a bomb holds no more than is allowed', () => {
  const { during, after, linear } = inChild(async (gauge) => {
    const { deflateRawSync, constants } = await import('node:zlib');
    const { Stream } = await import('ws4wasm');
    const flush = { finishFlush: constants.Z_SYNC_FLUSH };
    const zeros = deflateRawSync(Buffer.alloc(1 << 20), flush);
    const header = Buffer.from([0xc2, 0x7f, 0, 0, 0, 0, 0x10, 0, 0, 0]);
    /** Bytes held by a stream after these many mebibytes of a message without end. */
    const measure = async (/** @type {number} */ count) => {
      const options = { deflate: true, maxMessageSize: 8 << 20, maxFrameSize: Infinity };
      const stream = new Stream({ role: 'client', ...options });
      const before = await gauge.held();
      stream.receive(header);
      /** @type {any} */
      let error;
      for (let i = 0; i < count; i++) error ??= stream.receive(zeros)[0];
      const held = (await gauge.held()) - before;
      if (count > 8 !== (error?.type === 'error')) throw new Error('an error too much');
      stream.free();
      return held;
    };
    await measure(1);
    const start = await gauge.linearMemory();
    const during = await measure(7);
    const after = await measure(10_000);
    return { during, after, linear: (await gauge.linearMemory()) - start };
  });
  const MIB = 1024 * 1024;
  assert.ok(during > 6.9 * MIB && during < 2 * 8 * MIB + MIB / 8, `${during} bytes held`);
  assert.ok(after < 2 * 8 * MIB + MIB / 8, `${after} bytes held behind the limit`);
  assert.ok(linear < MIB, `${linear} bytes of the engine's memory`);
});

// [RFC 7692 6-2]
test('undici: RSV1 on control and continuation frames, with compression agreed on', () => {
  for (const opcode of [0, 8, 9, 10]) {
    for (const payload of ['', 'xy']) {
      const stream = new Stream({ deflate: true });
      if (opcode === 0) stream.receive(frame({ payload: 'a', fin: false, key }));
      const [event] = stream.receive(frame({ opcode, payload, rsv: 4, key }));
      assert.ok(event.type === 'error' && event.error.code === 1002, `opcode ${opcode}`);
    }
  }
});

test('sockudo-ws: what was compressed and did not get shorter is still in both windows', () => {
  for (const threshold of [0, 32]) {
    const server = new Stream({ deflate: { threshold } });
    const client = new Stream({ role: 'client', deflate: { threshold } });
    let noise = 1;
    for (let round = 0; round < 60; round++) {
      // Bytes with nothing to repeat, and then the same again, which is all repetition.
      const bytes = Buffer.from(
        Array.from({ length: 10 + round * 7 }, () => {
          noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0;
          return noise >>> 24;
        }),
      );
      for (const payload of [bytes, bytes, Buffer.concat([bytes, bytes])]) {
        for (const [from, to] of [
          [server, client],
          [client, server],
        ]) {
          const [event] = to.receive(from.encode(payload));
          assert.ok(event.type === 'binary' && Buffer.from(event.data).equals(payload));
        }
      }
    }
  }
});
