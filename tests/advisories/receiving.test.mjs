// Attacks by what is sent, each known from another implementation. What index.test.mjs names
// elsewhere is not repeated here.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Stream } from 'ws4wasm';
import { inChild } from '../support/child.mjs';
import { cut, frame, plain, receiveAll } from '../support/wire.mjs';

const key = Buffer.from('abcd');

/** @param {any} events */
const said = (events) => events.map(plain);

test('CVE-2026-12151 (undici): empty fragments count, and hold nothing', () => {
  const { held, before, last } = inChild(async (gauge) => {
    const { Stream } = await import('ws4wasm');
    const { frame } = await import(
      new URL('tests/support/wire.mjs', `file://${process.cwd()}/`).href
    );
    const key = Buffer.alloc(4);
    const empty = frame({ opcode: 0, fin: false, key });
    const thousand = Buffer.concat(Array(1000).fill(empty));
    const begun = () => {
      const stream = new Stream();
      stream.receive(frame({ fin: false, key }));
      for (let i = 0; i < 131; i++) {
        if (stream.receive(thousand).length) throw new Error(`an event in round ${i}`);
      }
      return stream;
    };
    // Once for what comes with first use.
    begun();
    const held = await gauge.heldBy(begun);
    // 131,072 are allowed by default.
    const stream = begun();
    let count = 131_001;
    while (!stream.receive(empty).length) count++;
    const [error] = begun().receive(Buffer.concat(Array(72).fill(empty)));
    const last = error.type === 'error' ? [error.error.name, error.error.code] : [error.type];
    return { held, before: count, last };
  });
  assert.deepEqual([before, last], [131_072, ['FrameTooLargeException', 1009]]);
  // A byte for each would be seen.
  assert.ok(held < 64 * 1024, `${held} bytes held`);
});

describe('CVE-2026-1528 (undici), CVE-2020-27813 (gorilla), CVE-2020-13935 (Tomcat)', () => {
  /** A header with a length in 64 bits. @param {bigint} length @param {number} b0 */
  const header = (length, b0 = 0x82) => {
    const bytes = Buffer.alloc(14);
    bytes[0] = b0;
    bytes[1] = 0xff;
    bytes.writeBigUInt64BE(length, 2);
    return bytes;
  };

  test('a length that is short in its low 32 bits is still long', () => {
    for (const high of [1n, 2n, 0x7fff_ffffn, 0x10_0000n]) {
      const wire = Buffer.concat([header((high << 32n) + 5n), Buffer.from('hello')]);
      const [event, ...more] = new Stream().receive(wire);
      assert.ok(event.type === 'error' && event.error.code === 1009, `high ${high}`);
      assert.equal(more.length, 0);
      // Without a limit it is waited for: five bytes are not all of it.
      const stream = new Stream({ maxMessageSize: Infinity });
      assert.deepEqual(stream.receive(wire), []);
      assert.ok(stream.wants > 2 ** 31);
    }
  });

  test('the lengths of fragments do not wrap around together', () => {
    const stream = new Stream({ maxFrameSize: Infinity });
    stream.receive(frame({ opcode: 2, payload: 'x'.repeat(100), fin: false, key }));
    const [event] = stream.receive(header(0x7fff_ffff_ffff_ffffn, 0x80));
    assert.ok(event.type === 'error' && event.error.code === 1009);
  });

  // [RFC 6455 5.2-4]
  test('the top bit is a violation, at the byte it is in', () => {
    const bytes = header(1n << 63n);
    const stream = new Stream({ maxMessageSize: Infinity });
    assert.deepEqual(stream.receive(bytes.subarray(0, 2)), []);
    const [event] = stream.receive(bytes.subarray(2, 3));
    assert.ok(event.type === 'error' && event.error.code === 1002);
  });
});

describe('what others get wrong', () => {
  test('websocket-driver: bad UTF-8 at the end of a long text is never delivered', () => {
    const size = 5 * 1024 * 1024;
    for (const at of [0, 1, 4_300_000, size - 1]) {
      const payload = Buffer.alloc(size, 'text of some length ');
      payload[at] = 0xff;
      const [event, ...more] = receiveAll(new Stream(), cut(frame({ payload, key }), [65_536]));
      assert.ok(event.type === 'error' && event.error.name === 'TextFrameEncodingException');
      assert.equal(/** @type {any} */ (event.error).index, at);
      assert.equal(more.length, 0);
    }
  });

  // [RFC 6455 8.1-1]
  test('everybody in JavaScript: bad UTF-8 ends it at its byte, not at the end of the message', () => {
    const stream = new Stream();
    const wire = frame({ payload: Buffer.from([0x61, 0xe2, 0x28]), fin: false, key });
    assert.deepEqual(stream.receive(wire.subarray(0, -1)), []);
    const [event] = stream.receive(wire.subarray(-1));
    assert.ok(event.type === 'error' && event.error.code === 1007);
  });

  // [RFC 6455 5.2-5]
  test('everybody in JavaScript: a length in more bytes than it needs', () => {
    for (const bytes of [
      [0x81, 0xfe, 0, 125],
      [0x81, 0xfe, 0, 0],
      [0x81, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff],
      [0x81, 0xff, 0, 0, 0, 0, 0, 0, 0, 1],
    ]) {
      const [event] = new Stream().receive(Uint8Array.from(bytes));
      assert.ok(event.type === 'error' && event.error.code === 1002, String(bytes));
    }
  });

  // [RFC 6455 5.1-2, 5.1-4]
  test('WebSocket-Node, uWebSockets: masks are checked, of empty frames too', () => {
    for (const opcode of [1, 2, 8, 9, 10]) {
      for (const payload of ['', 'xy']) {
        const bare = frame({ opcode, payload });
        const masked = frame({ opcode, payload, key });
        const [toServer] = new Stream().receive(bare);
        const [toClient] = new Stream({ role: 'client' }).receive(masked);
        assert.ok(toServer.type === 'error' && toServer.error.code === 1002);
        assert.ok(toClient.type === 'error' && toClient.error.code === 1002);
      }
    }
  });

  test('ws: 1 MB in chunks of a byte takes no more than a call of the engine each', () => {
    const { calls, bytes, chunks, copied } = inChild(async (gauge) => {
      const counts = gauge.count();
      const { Stream } = await import('ws4wasm');
      const size = 1_000_000;
      const body = gauge.body(size, 'binary\0');
      const wire = gauge.message({ body, opcode: 2, fragment: size, masked: true });
      const stream = new Stream();
      const { total, copied } = counts;
      let events = 0;
      for (let i = 0; i < wire.length; i++) {
        events += stream.receive(wire.subarray(i, i + 1)).length;
      }
      if (events !== 1) throw new Error(`${events} messages`);
      const calls = counts.total - total;
      return { calls, copied: counts.copied - copied, bytes: size, chunks: wire.length };
    });
    assert.ok(calls > 0 && calls <= chunks, `${calls} calls for ${chunks} chunks`);
    assert.ok(copied < 6 * bytes, `${copied} bytes copied`);
  });

  test('ws4py: what follows the first frame of a feed is not lost', () => {
    const wire = Buffer.concat(
      ['one', 'two', 'three'].map((payload) => frame({ payload, key })),
    );
    assert.deepEqual(new Stream().receive(wire).map(String), ['one', 'two', 'three']);
  });

  // [RFC 6455 7.1.7-3]
  test('ws4py: after an error nothing is read, however much like a frame it looks', () => {
    for (const cutAt of [1, 6, 7, 12]) {
      const stream = new Stream();
      const wire = Buffer.concat([frame({ opcode: 3, key }), frame({ payload: 'evil', key })]);
      const events = receiveAll(stream, [wire.subarray(0, cutAt), wire.subarray(cutAt)]);
      assert.deepEqual(
        events.map(({ type }) => type),
        ['error'],
      );
      assert.ok(stream.bytesIgnored >= wire.length - 2);
    }
  });

  test('ws4py: a close between the halves of a character has a reason of its own', () => {
    const euro = Buffer.from('€');
    const reason = Buffer.concat([Buffer.of(0x03, 0xe8), Buffer.from('bye €')]);
    const events = new Stream().receive(
      Buffer.concat([
        frame({ payload: euro.subarray(0, 1), fin: false, key }),
        frame({ opcode: 8, payload: reason, key }),
      ]),
    );
    assert.deepEqual(said(events), [{ type: 'close', code: 1000, reason: 'bye €' }]);
  });

  // [RFC 6455 7.4.1-1]
  test('ws4py: an illegal close code is answered by 1002, and 1005 is never sent', () => {
    for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535]) {
      const payload = Buffer.of(code >> 8, code & 255);
      const [event] = new Stream().receive(frame({ opcode: 8, payload, key }));
      assert.ok(event.type === 'error', `code ${code}`);
      assert.equal(Buffer.from(event.close.single()).readUInt16BE(2), 1002);
    }
    const [empty] = new Stream().receive(frame({ opcode: 8, key }));
    assert.ok(empty.type === 'close' && empty.code === 1005);
    assert.deepEqual([...empty.single()], [0x88, 0]);
  });
});
