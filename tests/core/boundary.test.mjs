// Where JavaScript meets the engine's memory: buffers that are shared, that change, that say
// what is not so; and user code that calls back in where one would not expect it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  BinaryMessage,
  ClientHandshake,
  Frame,
  ServerHandshake,
  Stream,
  TextMessage,
  Utf8Validator,
  WebSocket,
} from 'ws4wasm';
import { frame, plain, random } from '../support/wire.mjs';

const key = Buffer.from('be04e66a', 'hex');

/** @param {any} events */
const said = (events) => events.map(plain);

/** What takes bytes, in both directions. @type {Record<string, (bytes: any) => unknown>} */
const takers = {
  receive: (bytes) => new Stream().receive(bytes),
  encode: (bytes) => new Stream().encode(bytes),
  ping: (bytes) => new Stream().ping(bytes),
  prepare: (bytes) => new Stream().prepare(bytes),
  handshake: (bytes) => new ServerHandshake().receive(bytes),
  validate: (bytes) => new Utf8Validator().validate(bytes),
  frame: (bytes) => new Frame({ body: bytes }).build(),
  message: (bytes) => new BinaryMessage(bytes).single(),
};

describe('bytes at odd places', () => {
  test('every offset and length around the widths of vectors', () => {
    const { bytes } = random(1);
    const text = 'plain, grüße, 漢字 and 😀 '.repeat(12);
    for (const masked of [true, false]) {
      const stream = new Stream({ role: masked ? 'server' : 'client' });
      for (let length = 0; length < 140; length++) {
        const payload = bytes(length);
        const words = Buffer.from(text.slice(length % 9, length));
        const wire = Buffer.concat([
          frame({ opcode: 2, payload, key: masked ? key : undefined }),
          frame({ payload: words, key: masked ? key : undefined }),
        ]);
        const offset = length % 17;
        const place = new Uint8Array(offset + wire.length + 3).fill(0xff);
        place.set(wire, offset);
        const [binary, string, ...more] = stream.receive(
          place.subarray(offset, offset + wire.length),
        );
        assert.ok(binary.type === 'binary' && string.type === 'text' && !more.length);
        assert.ok(Buffer.from(binary.data).equals(payload), `${length} at ${offset}`);
        assert.equal(string.data, String(words));
      }
    }
  });

  test('what is shared is copied before it is looked at', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(64));
    const stream = new Stream();
    const whole = frame({ payload: 'a text that', key });
    shared.set(whole);
    const [text] = stream.receive(shared.subarray(0, whole.length));
    const begun = frame({ opcode: 2, payload: 'and a binary', fin: false, key });
    shared.set(begun);
    assert.deepEqual(stream.receive(shared.subarray(0, begun.length)), []);
    shared.fill(0);
    const [binary] = stream.receive(frame({ opcode: 0, payload: '!', key }));
    assert.ok(text.type === 'text' && text.data === 'a text that');
    assert.ok(binary.type === 'binary' && String(binary.data) === 'and a binary!');
  });

  test('a buffer that grows and shrinks between calls', () => {
    const buffer = new ArrayBuffer(0, { maxByteLength: 400 });
    const view = new Uint8Array(buffer);
    const resize = (/** @type {number} */ size) => /** @type {any} */ (buffer).resize(size);
    const wire = frame({ payload: 'x'.repeat(300), key });
    const stream = new Stream();
    /** @type {any[]} */
    const events = [];
    for (let at = 0, size = 1; at < wire.length; at += size, size = (size * 2) % 97) {
      resize(Math.min(size, wire.length - at));
      view.set(wire.subarray(at, at + view.length));
      events.push(...stream.receive(view));
    }
    resize(0);
    assert.deepEqual(events.map(String), ['x'.repeat(300)]);
  });

  test('a view that grows with its buffer is as long as it is now', () => {
    const buffer = new ArrayBuffer(2, { maxByteLength: 8 });
    const view = new Uint8Array(buffer, 1);
    /** @type {any} */ (buffer).resize(4);
    view.fill(5);
    assert.deepEqual([...new Stream().encode(view)], [0x82, 3, 5, 5, 5]);
  });
});

describe('bytes that are not what they say', () => {
  class Longer extends Uint8Array {
    get length() {
      return 3000;
    }
  }

  test('a length that is a lie sends no more than there is', () => {
    new Stream().encode(Buffer.alloc(5000, 'a secret of somebody else '));
    const sent = new Stream().encode(new Longer([1, 2, 3]));
    assert.ok(!Buffer.from(sent).includes('secret'));
    assert.deepEqual([...sent], [0x82, 3, 1, 2, 3]);
  });

  test('a length that is a lie reads no more than there is', () => {
    const secret = frame({ opcode: 2, payload: 'a secret of somebody else '.repeat(100) });
    new Stream({ role: 'client' }).receive(secret);
    const stream = new Stream({ role: 'client', partial: true });
    assert.deepEqual(stream.receive(new Longer([0x82, 0x7e, 0x10, 0])), []);
  });

  for (const [name, take] of Object.entries(takers)) {
    test(`${name}: what only looks like bytes is a TypeError that names it`, () => {
      const detached = new Uint8Array(4);
      structuredClone(detached, { transfer: [detached.buffer] });
      for (const wrong of [
        Object.create(Uint8Array.prototype),
        new Proxy(new Uint8Array(4), {}),
      ]) {
        assert.throws(() => take(wrong), {
          name: 'TypeError',
          message: /^(bytes|data|body) is /,
        });
      }
      assert.throws(() => take(detached), {
        name: 'TypeError',
        message: /^(bytes|data|body) is detached/,
      });
    });
  }

  test('whatever they are, a refusal changes nothing', () => {
    const detached = new Uint8Array(4);
    structuredClone(detached, { transfer: [detached.buffer] });
    for (const wrong of [Object.create(Uint8Array.prototype), new Proxy(detached, {})]) {
      const stream = new Stream();
      const wire = frame({ payload: 'in two pieces', key });
      stream.receive(wire.subarray(0, 9));
      assert.throws(() => stream.receive(wrong), TypeError);
      assert.throws(() => stream.encode(wrong), TypeError);
      const [event] = stream.receive(wire.subarray(9));
      assert.ok(event.type === 'text' && event.data === 'in two pieces');
      assert.equal(stream.encode('a').length, 3);
    }
  });
});

describe('memory that is given away', () => {
  /**
   * Somebody else gets all of the memory that bytes lie in, unless it is Node's own pool.
   * @param {Uint8Array} bytes
   */
  const give = (bytes) => {
    try {
      structuredClone(0, { transfer: [/** @type {any} */ (bytes.buffer)] });
    } catch (error) {
      assert.equal(/** @type {Error} */ (error).name, 'DataCloneError');
      assert.ok(bytes.length < 4096);
    }
  };

  test('of what was received: nothing that is received or sent later lacks it', () => {
    for (const opcode of [2, 9, 10]) {
      for (const size of [1, 100, 125, ...(opcode === 2 ? [126, 129, 5000, 70_000] : [])]) {
        const stream = new Stream();
        const wire = frame({ opcode, payload: Buffer.alloc(size, 7), key });
        const sent = stream.encode('that waits');
        for (let i = 0; i < 3; i++) {
          const [{ data }] = /** @type {any[]} */ (stream.receive(wire));
          assert.deepEqual([data.length, data[0], data.at(-1)], [size, 7, 7]);
          give(data);
        }
        assert.equal(sent.length, 12);
        assert.deepEqual(Buffer.from(stream.encode('on')).toString('hex'), '81026f6e');
      }
    }
  });

  test('of frames: the next ones are made elsewhere', () => {
    for (const role of /** @type {const} */ (['server', 'client'])) {
      const stream = new Stream({ role });
      for (const size of [1, 100, 200, 5000, 16_384, 70_000]) {
        for (let i = 0; i < 3; i++) {
          const sent = stream.encode(Buffer.alloc(size, 7));
          const other = new Stream({ role: role === 'server' ? 'client' : 'server' });
          const [{ data }] = /** @type {any[]} */ (other.receive(sent));
          assert.deepEqual([data.length, data[0], data.at(-1)], [size, 7, 7]);
          give(sent);
        }
      }
    }
  });
});

describe('user code that calls back in', () => {
  test('encode, whose options are read by getters', () => {
    const stream = new Stream();
    /** @type {Uint8Array[]} */
    const inner = [];
    const outer = stream.encode('outer', {
      get fin() {
        inner.push(stream.encode('inner, and longer'), new Stream().encode('other'));
        stream.receive(frame({ payload: 'received', key }));
        return true;
      },
    });
    assert.equal(String(outer.subarray(2)), 'outer');
    assert.deepEqual(
      inner.map((bytes) => String(bytes.subarray(2))),
      ['inner, and longer', 'other'],
    );
  });

  test('encode on a stream that its options have freed touches no other stream', () => {
    const freed = new Stream({ role: 'client' });
    /** @type {Stream[]} */
    const others = [];
    const options = {
      get fin() {
        freed.free();
        const other = new Stream();
        other.encode('begun', { fin: false });
        others.push(other);
        return true;
      },
      first: false,
    };
    assert.throws(() => freed.encode('evil', options), { name: 'StreamClosed' });
    assert.deepEqual([...others[0].encode('!', { first: false })], [0x80, 1, 0x21]);
  });

  test('a handshake that selectProtocol frees says so', () => {
    const { request } = new ClientHandshake('ws://a/', { protocols: ['chat'] });
    /** @type {ServerHandshake} */
    const handshake = new ServerHandshake({
      selectProtocol() {
        handshake.free();
        return 'chat';
      },
    });
    assert.throws(() => handshake.receive(request), { name: 'TypeError', message: /over/ });
  });

  test('selectProtocol that uses other handshakes and streams', () => {
    const { request } = new ClientHandshake('ws://a/', { protocols: ['a', 'b'] });
    let depth = 0;
    /** @type {() => ServerHandshake} */
    const make = () =>
      new ServerHandshake({
        selectProtocol(offered) {
          new Stream().receive(frame({ payload: 'x'.repeat(5000), key }));
          if (++depth < 5) assert.equal(make().receive(request)?.protocol, offered[1]);
          return offered[1];
        },
      });
    const outcome = make().receive(request);
    assert.equal(outcome?.protocol, 'b');
    assert.match(String(outcome?.reply), /Sec-WebSocket-Protocol: b/);
    assert.equal(depth, 5);
  });

  test('every callback of a connection may use and free everything', () => {
    /** What each of them does. @param {WebSocket} ws */
    const interfere = (ws) => {
      const other = new Stream();
      assert.deepEqual(said(other.receive(frame({ payload: 'other', key }))), [
        { type: 'text', data: 'other' },
      ]);
      other.free();
      new ServerHandshake().free();
      new TextMessage('x'.repeat(70_000)).single(true);
      void ws.send('from inside');
      void ws.ping('from inside');
      // The connection's own input, in the middle of its own input.
      depth++;
      if (depth < 20) ws.process(frame({ payload: `nested ${depth}`, key }));
      depth--;
    };
    let depth = 0;
    /** @type {string[]} */
    const log = [];
    class Nosy extends WebSocket {
      opened() {
        log.push('opened');
        interfere(this);
      }
      /** @param {any} message */
      receivedMessage(message) {
        log.push(String(message));
        if (log.length < 200) interfere(this);
      }
      /** @param {any} pong */
      ponged(pong) {
        log.push(`pong ${pong}`);
        interfere(this);
      }
      /** @param {number} code */
      closed(code) {
        log.push(`closed ${code}`);
        this.stream.free();
        this.stream.free();
      }
    }
    const ws = new Nosy(silent());
    void ws.run();
    ws.addEventListener('message', () => interfere(ws));
    ws.addEventListener('pong', () => interfere(ws));
    const first = frame({ payload: 'first', key });
    const pong = frame({ opcode: 10, payload: 'p', key });
    const last = frame({ payload: 'last', key });
    ws.process(Buffer.concat([first, pong, last]));
    // In the order of the wire, whatever came between.
    const outer = log.filter((line) => ['opened', 'first', 'pong p', 'last'].includes(line));
    assert.deepEqual(outer, ['opened', 'first', 'pong p', 'last']);
    assert.ok(log.some((line) => line.startsWith('nested')));
    ws.closeConnection();
    assert.equal(log.at(-1), 'closed 1006');
  });

  test('a stream that a callback frees: the rest of its input is nobody’s', () => {
    /** @type {unknown[]} */
    const seen = [];
    const ws = new WebSocket(silent());
    ws.onmessage = ({ data }) => {
      seen.push(data);
      ws.closeConnection();
      ws.stream.free();
    };
    void ws.run();
    ws.process(Buffer.concat([frame({ payload: 'one', key }), frame({ payload: 'two', key })]));
    assert.deepEqual(seen, ['one']);
    assert.equal(ws.process(frame({ payload: 'three', key })), false);
  });
});

/** A transport that takes everything and says nothing. */
function silent() {
  return /** @type {any} */ ({
    on() {
      return this;
    },
    write: (/** @type {Uint8Array} */ _bytes, /** @type {() => void} */ done) => {
      done?.();
      return true;
    },
    end() {},
    destroy() {},
    pause() {},
    resume() {},
  });
}

/** Messages from their fragments. @param {any[]} events */
function* whole(events) {
  let parts = [];
  for (const { first, last, data } of events) {
    assert.equal(first, parts.length === 0);
    parts.push(data);
    if (!last) continue;
    yield Buffer.concat(parts);
    parts = [];
  }
}

describe('input that the stream owns, or not', () => {
  const payloads = [3000, 4096, 10_000, 40_000].map((length, i) =>
    Buffer.alloc(length, i + 65),
  );
  const wires = [1, 2].map((opcode) =>
    Buffer.concat(payloads.map((payload) => frame({ opcode, payload, key }))),
  );
  const kinds = ['text as bytes', 'binary'];

  for (const [i, wire] of wires.entries())
    for (const cut of [wire.length, 30_000, 7000, 4100]) {
      test(`${kinds[i]} in chunks of ${cut}: the same messages, where the bytes lie`, () => {
        for (const ownsInput of [true, false]) {
          const stream = new Stream({ ownsInput, text: 'bytes' });
          /** @type {Buffer[]} */
          const chunks = [];
          for (let at = 0; at < wire.length; at += cut) {
            chunks.push(Buffer.from(new Uint8Array(wire.subarray(at, at + cut)).buffer));
          }
          const events = /** @type {any[]} */ (
            chunks.flatMap((chunk) => stream.receive(chunk))
          );
          assert.equal(events.length, payloads.length);
          for (const [i, { data }] of events.entries()) assert.ok(payloads[i].equals(data));
          const same = Buffer.concat(chunks).equals(wire);
          // Pieces of 4 KiB and more that are most of their chunk are kept there, too.
          assert.equal(same, !ownsInput);
          const inPlace = events.filter(({ data }) =>
            chunks.some((c) => c.buffer === data.buffer),
          );
          if (cut === wire.length) assert.equal(inPlace.length, ownsInput ? 3 : 0);
        }
      });
    }

  for (const opcode of [1, 2]) {
    test(`${kinds[opcode - 1]}: a short message that came alone lies in its chunk`, () => {
      for (const length of [1, 2, 7, 32, 33, 125, 126, 1000, 4095]) {
        const payload = Buffer.alloc(length, 'abc');
        const alone = frame({ opcode, payload, key });
        /** @param {Uint8Array} chunk @param {boolean} ownsInput */
        const received = (chunk, ownsInput) => {
          const stream = new Stream({ ownsInput, text: 'bytes' });
          const events = /** @type {any[]} */ (stream.receive(chunk));
          for (const { data } of events) assert.ok(payload.equals(data), `${length}`);
          stream.free();
          return events.map(({ data }) => data.buffer === chunk.buffer);
        };
        assert.deepEqual(received(Uint8Array.from(alone), true), [true]);
        assert.deepEqual(received(Uint8Array.from(alone), false), [false]);
        // It keeps no more than some times its own length alive.
        const large = new Uint8Array(12 * length + 64);
        const part = large.subarray(3, 3 + alone.length);
        part.set(alone);
        assert.deepEqual(received(part, true), [false]);
        const two = Uint8Array.from(Buffer.concat([alone, alone]));
        assert.deepEqual(received(two, true), [false, false]);
      }
    });
  }

  /** @param {Buffer} payload @param {number[]} cuts */
  const parted = (payload, cuts) =>
    [0, ...cuts.sort((a, b) => a - b)].map((from, i) => payload.subarray(from, cuts[i]));

  for (const masked of [true, false])
    for (const kind of kinds) {
      test(`${kind}, ${masked ? 'masked' : 'not masked'}: frames of any size in chunks of any size`, () => {
        const { below, pick, bytes, key } = random(masked ? 5 : 6);
        const text = kind !== 'binary';
        const make = (/** @type {number} */ length) =>
          text ? Buffer.from(pick(['a', 'aé', 'äあ😀']).repeat(length / 3)) : bytes(length);
        for (let round = 0; round < 300; round++) {
          /** @type {Buffer[]} */
          const payloads = [];
          /** @type {Buffer[]} */
          const frames = [];
          for (let left = 1 + below(4); left > 0; left--) {
            const whole = make(below(pick([20, 1100, 5000, 40_000, 150_000, 300_000])));
            payloads.push(whole);
            const cuts = Array.from({ length: pick([0, 0, 1, 2]) }, () =>
              below(whole.length + 1),
            );
            const parts = parted(whole, cuts);
            for (const [i, payload] of parts.entries()) {
              const fin = i === parts.length - 1;
              const opcode = i > 0 ? 0 : text ? 1 : 2;
              frames.push(frame({ fin, opcode, payload, key: masked ? key() : undefined }));
            }
          }
          const wire = Buffer.concat(frames);
          const most = pick([30, 1024, 5000, 16_384, 70_000, 300_000]);
          const ownsInput = round % 3 > 0;
          const partial = round % 5 === 0;
          const role = masked ? 'server' : 'client';
          const stream = new Stream({ role, ownsInput, partial, text: 'bytes' });
          /** @type {any[]} */
          const events = [];
          for (let at = 0; at < wire.length; ) {
            const end = at + pick([most, 1 + below(most)]);
            const chunk = Uint8Array.from(wire.subarray(at, end));
            events.push(...stream.receive(chunk));
            assert.ok(
              ownsInput || wire.subarray(at, end).equals(chunk),
              'the input has changed',
            );
            at = end;
          }
          // Only now: later chunks must leave alone what earlier ones gave.
          const got = partial ? Array.from(whole(events)) : events.map(({ data }) => data);
          assert.equal(got.length, payloads.length);
          for (const [i, data] of got.entries()) assert.ok(payloads[i].equals(data));
          stream.free();
        }
      });
    }
});
