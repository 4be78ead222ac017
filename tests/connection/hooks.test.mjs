// What a connection tells besides messages, and what may be sent besides whole ones: pings,
// violations by the rule that was broken, text as bytes, single fragments.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Stream, WebSocket } from 'ws4wasm';
import { connection, noLeaks, Recorder } from '../support/connections.mjs';
import { frame } from '../support/wire.mjs';

noLeaks();

const key = Buffer.from('abcd');

/** @param {number[]} bytes @param {import('ws4wasm').StreamOptions} [options] */
function ruleOf(bytes, options) {
  const events = new Stream(options).receive(Uint8Array.from(bytes));
  const last = events.at(-1);
  return last?.type === 'error' ? last.error.rule : undefined;
}

describe('violations', () => {
  test('have the name of their rule', () => {
    const zeros = [0, 0, 0, 0];
    const cases = /** @type {[string, number[], import('ws4wasm').StreamOptions?][]} */ ([
      ['ReservedBits', [0xc1, 0x80]],
      ['ReservedOpcode', [0x83, 0x80]],
      ['FragmentedControl', [0x09, 0x80]],
      ['ControlTooLong', [0x89, 0xfe, 0, 126]],
      ['NonMinimalLength', [0x82, 0xfe, 0, 1]],
      ['LengthTopBit', [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0]],
      ['MaskMissing', [0x81, 0]],
      ['MaskForbidden', [0x81, 0x80], { role: 'client' }],
      ['UnexpectedContinuation', [0x80, 0x80]],
      ['ExpectedContinuation', [0x01, 0x80, ...zeros, 0x81, 0x80]],
      ['CloseBodyTooShort', [0x88, 0x81, ...zeros, 0]],
      ['CloseCode', [0x88, 0x82, ...zeros, 3, 0xed]],
      ['CloseReason', [0x88, 0x83, ...zeros, 3, 0xe8, 0xff]],
      ['Text', [0x81, 0x81, ...zeros, 0xff]],
      ['Inflate', [0xc1, 0x84, ...zeros, 0x22, 0xfa, 0xec, 0x78], { deflate: true }],
      ['FrameTooLarge', [0x82, 0x85, ...zeros], { maxFrameSize: 4 }],
      [
        'MessageTooLarge',
        [0x02, 0x83, ...zeros, 0, 0, 0, 0x80, 0x83, ...zeros],
        { maxMessageSize: 4, maxFrameSize: 4 },
      ],
      ['TooManyFragments', [0x02, 0x80, ...zeros, 0x80, 0x80, ...zeros], { maxFragments: 1 }],
    ]);
    for (const [rule, bytes, options] of cases) assert.equal(ruleOf(bytes, options), rule);
  });

  test('are an event of their own, apart from a close', async (t) => {
    /** @type {any[]} */
    const seen = [];
    class Watch extends WebSocket {
      /** @param {any} error */
      violated(error) {
        seen.push([error.rule, error.code, this.readyState]);
      }
    }
    const { ws, peer, done } = await connection(t, {}, Watch);
    ws.addEventListener('violation', ({ error }) => seen.push(error.rule));
    peer.send({ opcode: 1, payload: Buffer.of(0xff) });
    assert.deepEqual(await peer.rest(), ['close:1007 text message is not UTF-8 at byte 0']);
    peer.socket.end();
    await done;
    assert.deepEqual(seen, [['Text', 1007, WebSocket.CLOSING], 'Text']);

    const other = await connection(t, {}, Watch);
    other.peer.close(1002);
    await other.peer.rest();
    other.peer.socket.end();
    await other.done;
    assert.equal(seen.length, 2);
  });
});

describe('pings', () => {
  test('are told with their payload, and answered by hand with autoPong: false', async (t) => {
    class ByHand extends WebSocket {
      /** @param {any} ping */
      pinged({ data }) {
        void this.pong(`${data}!`);
      }
    }
    const { ws, peer } = await connection(t, { autoPong: false }, ByHand);
    /** @type {string[]} */
    const heard = [];
    ws.addEventListener('ping', ({ data }) => heard.push(String(data)));
    peer.send({ opcode: 9, payload: 'hello' });
    const [answer] = await peer.receive();
    assert.equal(`${answer.opcode} ${answer.payload}`, '10 hello!');
    assert.deepEqual(heard, ['hello']);
    ws.closeConnection();
  });
});

describe("text: 'bytes'", () => {
  const texts = ['', 'ascii', 'größer 世界 😀', 'x'.repeat(5000), 'ü'.repeat(40_000)];

  test('delivers the UTF-8 of texts, whole or in pieces', () => {
    for (const text of texts) {
      const bytes = Buffer.from(text);
      const whole = frame({ opcode: 1, payload: bytes, key });
      for (const cut of [whole.length, 1, 7, 4096]) {
        if (cut === 1 && whole.length > 20_000) continue;
        const stream = new Stream({ text: 'bytes' });
        const messages = [];
        for (let at = 0; at < whole.length; at += cut) {
          messages.push(...stream.receive(whole.subarray(at, at + cut)));
        }
        assert.equal(messages.length, 1);
        const [message] = /** @type {any[]} */ (messages);
        assert.equal(message.type, 'text');
        assert.equal(message.isText, true);
        assert.ok(bytes.equals(message.data), `${text.length} cut at ${cut}`);
        assert.equal(String(message), text);
        assert.equal(message.length, bytes.length);
      }
    }
  });

  test('many at once, texts and bytes in turn', () => {
    const stream = new Stream({ text: 'bytes' });
    const all = [];
    for (let i = 0; i < 300; i++) {
      const payload =
        i % 3 === 0 ? `text ${i}` : i % 3 === 1 ? `téxt ${i}` : Buffer.of(i & 255);
      all.push({ opcode: i % 3 === 2 ? 2 : 1, payload: Buffer.from(payload) });
    }
    const bytes = Buffer.concat(all.map((one) => frame({ ...one, key })));
    const events = /** @type {any[]} */ (stream.receive(bytes));
    assert.equal(events.length, all.length);
    for (const [i, { type, data }] of events.entries()) {
      assert.equal(type, all[i].opcode === 1 ? 'text' : 'binary');
      assert.ok(all[i].payload.equals(data), String(i));
    }
  });

  test('pieces of a partial stream are bytes, too, and it is validated', () => {
    const stream = new Stream({ text: 'bytes', partial: true });
    const [piece] = /** @type {any[]} */ (
      stream.receive(frame({ opcode: 1, payload: 'ä', key }))
    );
    assert.deepEqual([piece.kind, String(piece.data)], ['text', 'ä']);
    assert.equal(ruleOf([0x81, 0x81, 0, 0, 0, 0, 0xff], { text: 'bytes' }), 'Text');
  });

  test('go out again as text', async (t) => {
    class Echo extends WebSocket {
      /** @param {any} message */
      receivedMessage(message) {
        return this.send(message);
      }
    }
    const { ws, peer } = await connection(t, { text: 'bytes' }, Echo);
    peer.text('grüße');
    peer.send({ opcode: 2, payload: Buffer.of(1) });
    const frames = await peer.receive(2);
    assert.deepEqual(
      frames.map(({ opcode, payload }) => [opcode, payload.toString('hex')]),
      [
        [1, Buffer.from('grüße').toString('hex')],
        [2, '01'],
      ],
    );
    ws.closeConnection();
  });

  test('a message of bytes can be extended', () => {
    const [message] = /** @type {any[]} */ (
      new Stream({ text: 'bytes' }).receive(frame({ opcode: 1, payload: 'a', key }))
    );
    message.extend('b');
    message.extend(Buffer.from('c'));
    assert.equal(String(message.data), 'abc');
    assert.throws(() => message.extend(Buffer.of(0xff)), RangeError);
  });

  test('nothing else is taken', () => {
    assert.throws(
      () => new Stream({ text: /** @type {any} */ ('buffer') }),
      /^RangeError: text is "buffer"; it must be 'string' or 'bytes'$/,
    );
  });
});

describe('bytes as text', () => {
  test('are validated by send and prepare', async (t) => {
    const { ws, peer } = await connection(t, {}, Recorder);
    ws.addEventListener('error', () => {});
    await assert.rejects(ws.send(Buffer.of(0xc3), false), /whole UTF-8|not UTF-8/);
    await assert.rejects(ws.send(Buffer.alloc(5000, 0xff), false), /not UTF-8 at byte 0/);
    await ws.send(Buffer.from('é'), false);
    await ws.send(ws.stream.prepare(Buffer.from('prepared é'), { binary: false }));
    await ws.send(ws.stream.prepare('bytes', { binary: true }));
    assert.throws(() => ws.stream.prepare(Buffer.of(0xff), { binary: false }), RangeError);
    const frames = await peer.receive(3);
    assert.deepEqual(
      frames.map(({ opcode, payload }) => `${opcode} ${payload}`),
      ['1 é', '1 prepared é', '2 bytes'],
    );
    ws.closeConnection();
  });
});

describe('sendFragment', () => {
  test('sends frame by frame; pings pass between', async (t) => {
    const { ws, peer } = await connection(t);
    await ws.sendFragment('one', { fin: false });
    await ws.ping('between');
    await ws.sendFragment(Buffer.from([0xc3]), { first: false, fin: false });
    await ws.sendFragment(Buffer.from([0xa9]), { first: false });
    await ws.send('next');
    const got = (await peer.receive(5)).map(({ fin, opcode, payload }) => [
      fin,
      opcode,
      payload.toString('latin1'),
    ]);
    assert.deepEqual(got, [
      [false, 1, 'one'],
      [true, 9, 'between'],
      [false, 0, '\xc3'],
      [true, 0, '\xa9'],
      [true, 1, 'next'],
    ]);
    ws.closeConnection();
  });

  test('is out of order otherwise', async (t) => {
    const { ws, peer } = await connection(t);
    /** @type {unknown[]} */
    const told = [];
    ws.addEventListener('error', ({ error }) => told.push(error));
    await assert.rejects(ws.sendFragment('x', { first: false }), /no fragmented message/);
    await ws.sendFragment('a', { fin: false });
    await assert.rejects(ws.send('b'), /^RangeError: a message is being sent in fragments/);
    await assert.rejects(ws.send(['b']), RangeError);
    await assert.rejects(ws.sendFragment('b'), RangeError);
    await assert.rejects(ws.sendFragment(/** @type {any} */ (5)), TypeError);
    await ws.sendFragment('c', { first: false });
    const got = (await peer.receive(2)).map(({ payload }) => String(payload));
    assert.deepEqual(got, ['a', 'c']);
    assert.equal(told.length, 5);
    ws.closeConnection();
    await assert.rejects(ws.sendFragment('late'), /closed/);
  });

  test('waits for what is under way', async (t) => {
    const { ws, peer } = await connection(t);
    async function* slow() {
      yield 'slow';
      await new Promise((resolve) => setTimeout(resolve, 5));
      yield 'ly';
    }
    void ws.send(slow());
    const first = ws.sendFragment('behind', { fin: false });
    await ws.sendFragment('', { first: false });
    await first;
    const frames = await peer.receive(4);
    assert.deepEqual(
      frames.slice(-2).map(({ payload }) => String(payload)),
      ['behind', ''],
    );
    ws.closeConnection();
  });
});

describe('one message to many', () => {
  test('each gets its own, and what was changed meanwhile is seen', async (t) => {
    const pairs = [];
    for (let i = 0; i < 4; i++) pairs.push(await connection(t));
    const bytes = Buffer.from('1234');
    for (const { ws } of pairs) {
      void ws.send(bytes);
      bytes[0]++;
    }
    for (const [i, { peer }] of pairs.entries()) {
      const [{ opcode, payload }] = await peer.receive();
      assert.deepEqual([opcode, String(payload)], [2, `${i + 1}234`]);
    }
    let count = 1;
    for (const size of [10, 2000, 70_000]) {
      for (const data of ['z'.repeat(size), Buffer.alloc(size, 'z')]) {
        for (let round = 0; round < 3; round++) {
          for (const { ws } of pairs) void ws.send(data);
          count++;
          for (const { peer } of pairs) {
            const last = /** @type {any} */ ((await peer.receive(count)).at(-1));
            assert.equal(last.opcode, typeof data === 'string' ? 1 : 2);
            assert.equal(String(last.payload), String(data));
          }
        }
      }
    }
    for (const { ws } of pairs) ws.closeConnection();
  });
});
