// What send does: payloads, fragments from iterables, order, limits.
import assert from 'node:assert/strict';
import { Duplex, duplexPair, PassThrough } from 'node:stream';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import {
  BinaryMessage,
  CloseControlMessage,
  StreamClosed,
  TextMessage,
  WebSocket,
} from 'ws4wasm';
import {
  connection,
  counted,
  noLeaks,
  RawPeer,
  Recorder,
  describe as said,
  turns,
  until,
} from '../support/connections.mjs';

noLeaks();

describe('payloads', () => {
  // [RFC 6455 6.1-7]
  test('strings, bytes of all kinds, messages', async (t) => {
    const { ws, peer } = await connection(t);
    const bytes = Uint8Array.of(1, 2);
    await ws.send('text');
    await ws.send('');
    await ws.send('\ud800');
    await ws.send(bytes);
    await ws.send(bytes.buffer);
    await ws.send(Buffer.from('buf'));
    await ws.send('as bytes', true);
    await ws.send(Buffer.from('as text'), false);
    await ws.send(new TextMessage('message'));
    await ws.send(new BinaryMessage(Buffer.from('bytes')));
    await ws.send(new CloseControlMessage(4000, 'over'));
    assert.deepEqual((await peer.receive(11)).map(said), [
      'text:text',
      'text:',
      'text:\ufffd',
      'binary:\x01\x02',
      'binary:\x01\x02',
      'binary:buf',
      'binary:as bytes',
      'text:as text',
      'text:message',
      'binary:bytes',
      'close:4000 over',
    ]);
    await assert.rejects(ws.send('more'), StreamClosed);
    ws.closeConnection();
  });

  test('an empty close message', async (t) => {
    const { ws, peer } = await connection(t);
    await ws.send(new CloseControlMessage(null));
    assert.deepEqual((await peer.receive()).map(said), ['close']);
    ws.closeConnection();
  });

  // [RFC 6455 5.1-1, 5.1-3, 6.1-6]
  test('masked by a client, not by a server', async (t) => {
    for (const role of /** @type {const} */ (['client', 'server'])) {
      const { ws, peer } = await connection(t, { role });
      await ws.send('a');
      await ws.send(['b', 'c']);
      await ws.ping();
      ws.close();
      const frames = await peer.receive(5);
      assert.deepEqual(
        new Set(frames.map(({ masked }) => masked)),
        new Set([role === 'client']),
      );
      ws.closeConnection();
    }
  });

  test('anything else is a TypeError that names it', async (t) => {
    const { ws, peer } = await connection(t);
    const wrong = [undefined, null, 1, true, {}, new Date()];
    for (const payload of wrong) {
      await assert.rejects(ws.send(/** @type {any} */ (payload)), {
        name: 'TypeError',
        message: /^payload is /,
      });
    }
    await assert.rejects(ws.send('x', /** @type {any} */ ('yes')), TypeError);
    await assert.rejects(ws.send(Buffer.of(0xff), false), RangeError);
    await ws.send('still open');
    assert.deepEqual((await peer.receive()).map(said), ['text:still open']);
    ws.closeConnection();
  });

  test('bytes of every kind, as they are', async (t) => {
    const { ws, peer } = await connection(t);
    const memory = new ArrayBuffer(8);
    new Uint8Array(memory).set(Buffer.from('abcdefgh'));
    const shared = new SharedArrayBuffer(2000);
    new Uint8Array(shared).fill(115);
    const Resizable = /** @type {any} */ (ArrayBuffer);
    const resizable = new Resizable(2000, { maxByteLength: 4000 });
    new Uint8Array(resizable).fill(114);
    const payloads = [
      memory,
      new DataView(memory, 1, 3),
      new Uint16Array(memory, 2, 2),
      new Float64Array(memory),
      new BigInt64Array(memory),
      new Uint8ClampedArray(memory, 6),
      new Blob(['blo', 'b']),
      'behind the blob',
      shared,
      resizable,
    ];
    const sends = payloads.map((payload) => ws.send(/** @type {any} */ (payload)));
    // What can change under its sender's hands was copied.
    new Uint8Array(shared).fill(0);
    resizable.resize(1);
    await Promise.all(sends);
    assert.deepEqual((await peer.receive(payloads.length)).map(said), [
      'binary:abcdefgh',
      'binary:bcd',
      'binary:cdef',
      'binary:abcdefgh',
      'binary:abcdefgh',
      'binary:gh',
      'binary:blob',
      'text:behind the blob',
      `binary:${'s'.repeat(2000)}`,
      `binary:${'r'.repeat(2000)}`,
    ]);
    ws.closeConnection();
  });

  test('a blob that cannot be read closes the connection', async (t) => {
    const { ws, peer } = await connection(t);
    ws.onerror = () => {};
    const blob = new Blob(['x']);
    blob.arrayBuffer = () => Promise.reject(new Error('gone'));
    await assert.rejects(ws.send(/** @type {any} */ (blob)), /gone/);
    const [close] = await peer.receive(1);
    assert.deepEqual([close.opcode, close.payload.readUInt16BE()], [8, 1011]);
    ws.closeConnection();
  });

  // [RFC 6455 6.1-1]
  test('after the end: StreamClosed, and nobody has to look', async (t) => {
    const { ws, done } = await connection(t);
    ws.closeConnection();
    await done;
    const sends = [ws.send('a'), ws.send(['a']), ws.send(new TextMessage('a')), ws.ping()];
    for (const sent of sends) await assert.rejects(sent, StreamClosed);
    await assert.rejects(ws.send(/** @type {any} */ (5)), TypeError);
  });
});

describe('iterables', () => {
  /** @type {[string, () => any, string[]][]} */
  const sources = [
    ['an array', () => ['a', 'b', 'c'], ['text+:a', 'more+:b', 'more:c']],
    ['one item', () => ['a'], ['text:a']],
    ['no item', () => [], ['text:']],
    ['bytes', () => [Buffer.from('a'), Uint8Array.of(98).buffer], ['binary+:a', 'more:b']],
    ['empty items', () => ['', 'a', ''], ['text+:', 'more+:a', 'more:']],
    ['a set', () => new Set(['a', 'b']), ['text+:a', 'more:b']],
    [
      'a generator',
      function* () {
        yield 'a';
        yield 'b';
      },
      ['text+:a', 'more:b'],
    ],
    [
      'an async generator',
      async function* () {
        yield 'a';
        await pause(1);
        yield 'b';
      },
      ['text+:a', 'more+:b', 'more:'],
    ],
    ['bytes of a text after its string', () => ['a', Buffer.from('b')], ['text+:a', 'more:b']],
    ['a Readable', () => new PassThrough().end('stream'), ['binary+:stream', 'more:']],
    ['a ReadableStream', () => new Blob(['blob']).stream(), ['binary+:blob', 'more:']],
  ];
  for (const [name, source, frames] of sources) {
    test(name, async (t) => {
      const { ws, peer } = await connection(t);
      await ws.send(source());
      await ws.send('next');
      assert.deepEqual((await peer.receive(frames.length + 1)).map(said), [
        ...frames,
        'text:next',
      ]);
      ws.closeConnection();
    });
  }

  test('binary says what the message is', async (t) => {
    const { ws, peer } = await connection(t);
    await ws.send(['a', 'b'], true);
    await ws.send([Buffer.from('a'), Buffer.from('b')], false);
    await ws.send([], true);
    assert.deepEqual((await peer.receive(5)).map(said), [
      'binary+:a',
      'more:b',
      'text+:a',
      'more:b',
      'binary:',
    ]);
    ws.closeConnection();
  });

  test('each item leaves at once, and an empty frame ends the message', async (t) => {
    const { ws, peer } = await connection(t);
    /** @type {(() => void)[]} */
    const gates = [];
    const gate = () =>
      new Promise((/** @type {(value?: unknown) => void} */ open) => gates.push(open));
    const sent = ws.send(
      (async function* () {
        yield 'one';
        await gate();
        yield 'two';
        await gate();
      })(),
    );
    // Neither of the two has anything behind it yet.
    assert.deepEqual((await peer.receive(1)).map(said), ['text+:one']);
    await until(() => gates.length);
    gates.shift()?.();
    assert.deepEqual((await peer.receive(2)).map(said), ['text+:one', 'more+:two']);
    await until(() => gates.length);
    gates.shift()?.();
    await sent;
    assert.deepEqual((await peer.receive(3)).map(said), ['text+:one', 'more+:two', 'more:']);
    ws.closeConnection();
  });

  // [RFC 6455 5.4-3]
  test('other messages wait their turn, control frames do not', async (t) => {
    const { ws, peer } = await connection(t);
    /** @type {(value?: unknown) => void} */
    let open = () => {};
    const gate = new Promise((resolve) => {
      open = resolve;
    });
    const bytes = Buffer.from('as it was');
    const sends = [
      ws.send(
        (async function* () {
          yield 'one';
          yield 'two';
          await gate;
          yield 'three';
        })(),
      ),
      ws.send('second'),
      ws.send(['third', '!']),
      ws.send(bytes),
    ];
    bytes.write('overwrite');
    await peer.receive(2);
    assert.equal(ws.bufferedAmount, 'second'.length + bytes.length);
    await ws.ping('p');
    peer.send({ opcode: 9, payload: 'q' });
    await peer.receive(4);
    open();
    await Promise.all(sends);
    assert.deepEqual((await peer.receive(10)).map(said), [
      'text+:one',
      'more+:two',
      'ping:p',
      'pong:q',
      'more+:three',
      'more:',
      'text:second',
      'text+:third',
      'more:!',
      'binary:as it was',
    ]);
    assert.equal(ws.bufferedAmount, 0);
    ws.closeConnection();
  });

  test('close() waits for what was sent before it', async (t) => {
    const { ws, peer, done } = await connection(t);
    const sends = [
      ws.send(
        (async function* () {
          yield 'one';
          await pause(5);
          yield 'two';
        })(),
      ),
      ws.send('after'),
    ];
    ws.close(4000);
    await assert.rejects(ws.send('too late'), StreamClosed);
    await Promise.all(sends);
    assert.deepEqual((await peer.receive(5)).map(said), [
      'text+:one',
      'more+:two',
      'more:',
      'text:after',
      'close:4000',
    ]);
    peer.close(4000);
    peer.socket.end();
    await done;
  });

  test('a source that throws when half is sent: 1011', async (t) => {
    const { ws, peer, done } = await connection(t);
    const sent = ws.send(
      (function* () {
        yield 'one';
        yield 'two';
        throw new Error('dry');
      })(),
    );
    const next = ws.send('next');
    await assert.rejects(sent, /dry/);
    await assert.rejects(next, StreamClosed);
    const [first, close] = (await peer.receive(2)).map(said);
    assert.equal(first, 'text+:one');
    assert.match(close, /^close:1011 /);
    peer.close(1000);
    peer.socket.end();
    await done;
    assert.match(ws.log[1], /^closed:1011/);
  });

  test('a source that throws before anything is sent: the connection goes on', async (t) => {
    const { ws, peer } = await connection(t);
    const sources = [
      function* () {
        yield 'one';
        throw new Error('dry');
      },
      async function* () {
        yield await Promise.reject(new Error('dry'));
      },
    ];
    for (const source of sources)
      await assert.rejects(ws.send(/** @type {any} */ (source)()), /dry/);
    await assert.rejects(ws.send(/** @type {any} */ ([1])), TypeError);
    await ws.send('fine');
    assert.deepEqual((await peer.receive()).map(said), ['text:fine']);
    ws.closeConnection();
  });

  test('a wrong item, text that ends inside a character: 1011', async (t) => {
    for (const items of [
      ['a', 'b', 5],
      ['', Buffer.of(0xc3)],
    ]) {
      const { ws, peer } = await connection(t);
      await assert.rejects(ws.send(/** @type {any} */ (items)), /data /);
      const frames = (await peer.receive(items.length)).map(said);
      assert.match(frames.at(-1) ?? '', /^close:1011 /);
      ws.closeConnection();
    }
  });

  test('a source may use its memory again', async (t) => {
    const { ws, peer } = await connection(t);
    const memory = Buffer.alloc(1);
    await ws.send(
      (function* () {
        for (const letter of 'abc') {
          memory.write(letter);
          yield memory;
        }
      })(),
    );
    assert.deepEqual((await peer.receive(3)).map(said), ['binary+:a', 'more+:b', 'more:c']);
    ws.closeConnection();
  });

  /** A source that notes whether it was told to stop. */
  function source(/** @type {() => Promise<any>} */ next) {
    const told = { returns: 0 };
    return {
      told,
      [Symbol.asyncIterator]: () => ({
        next,
        return: async () => {
          told.returns++;
          return /** @type {const} */ ({ done: true, value: undefined });
        },
      }),
    };
  }

  // [RFC 6455 6.1-2]
  test('the connection is lost: the send rejects, the source is told', async (t) => {
    const { ws, peer, done } = await connection(t);
    let count = 0;
    const endless = source(async () => {
      if (count++ < 3) return { done: false, value: 'x' };
      return await new Promise(() => {});
    });
    const sent = ws.send(endless);
    await peer.receive(2);
    peer.socket.resetAndDestroy();
    await assert.rejects(sent, StreamClosed);
    await done;
    await turns();
    assert.equal(endless.told.returns, 1);
  });

  test('a source whose return() fails', async (t) => {
    for (const fail of [
      () => {
        throw new Error('no');
      },
      async () => {
        throw new Error('no');
      },
    ]) {
      const { ws, peer } = await connection(t);
      let count = 0;
      const bad = {
        [Symbol.asyncIterator]: () => ({
          next: async () => {
            if (count++ > 1) throw new Error('dry');
            return { done: false, value: 'x' };
          },
          return: fail,
        }),
      };
      await assert.rejects(ws.send(/** @type {any} */ (bad)), /dry/);
      assert.match((await peer.receive(3)).map(said)[2], /^close:1011/);
      ws.closeConnection();
    }
  });

  test('a peer that does not read stops the source', async (t) => {
    const { ws, peer } = await connection(t);
    peer.socket.pause();
    let asked = 0;
    const item = Buffer.alloc(64 * 1024);
    const sent = ws.send(
      (function* () {
        for (;;) {
          asked++;
          yield item;
        }
      })(),
    );
    let before = -1;
    while (asked !== before) {
      before = asked;
      await pause(50);
    }
    assert.ok(ws.bufferedAmount < 1024 * 1024, `${ws.bufferedAmount}`);
    ws.closeConnection();
    await assert.rejects(sent, StreamClosed);
  });
});

describe('when send resolves', () => {
  test('when the transport took the bytes, not before', async () => {
    /** @type {(() => void)[]} */
    const takes = [];
    const sock = new Duplex({
      read() {},
      write: (_chunk, _encoding, taken) => void takes.push(taken),
    });
    const ws = new WebSocket(sock);
    void ws.run();
    let resolved = 0;
    for (let i = 0; i < 2; i++) {
      void ws.send('abc').then(() => resolved++);
      await turns(2);
    }
    assert.equal(resolved, 0);
    assert.equal(ws.bufferedAmount, 10);
    takes.shift()?.();
    await turns(2);
    assert.equal(resolved, 1);
    assert.equal(ws.bufferedAmount, 5);
    takes.shift()?.();
    await turns(2);
    assert.equal(resolved, 2);
    assert.equal(ws.bufferedAmount, 0);
    ws.closeConnection();
  });

  test('maxBufferedAmount: the message after it is not sent as if nothing were missing', async () => {
    const ws = new Recorder(new Duplex({ read() {}, write() {} }), { maxBufferedAmount: 100 });
    /** @type {string[]} */
    const told = [];
    ws.onerror = (/** @type {any} */ { error }) => told.push(error.name);
    void ws.run();
    void ws.send('x'.repeat(90));
    // A ping is nothing that anybody misses.
    await assert.rejects(ws.ping('y'.repeat(10)), RangeError);
    assert.deepEqual([told, ws.readyState], [[], WebSocket.OPEN]);
    await assert.rejects(ws.send('y'.repeat(10)), {
      name: 'RangeError',
      message: /bufferedAmount would be 104; maxBufferedAmount is 100/,
    });
    // Nobody has to wait for the refusal; it is told of once.
    assert.equal(ws.readyState, WebSocket.CLOSING);
    await assert.rejects(ws.send('z'), StreamClosed);
    await turns(2);
    assert.deepEqual(told, ['RangeError']);
    // The close is not kept back.
    assert.ok(ws.bufferedAmount > 92);
    ws.closeConnection();
  });

  test('maxBufferedAmount: what came before the refused message arrives, and then why', async (t) => {
    const { ws, peer } = await connection(t, { maxBufferedAmount: 1000 });
    ws.onerror = () => {};
    for (let i = 0; i < 4; i++) void ws.send('x'.repeat(300));
    void ws.send('after the gap');
    const frames = await peer.receive(4);
    assert.deepEqual(
      frames.map(({ opcode, payload }) => [opcode, payload.length]),
      [...Array.from({ length: 3 }, () => [1, 300]), [8, 39]],
    );
    assert.equal(frames[3].payload.readUInt16BE(), 1011);
    ws.closeConnection();
  });

  test('maxBufferedAmount: a message that is alone may have any length', async (t) => {
    const { ws, peer } = await connection(t, { maxBufferedAmount: 1000 });
    for (const [i, length] of [5000, 100_000].entries()) {
      await ws.send(Buffer.alloc(length));
      const { payload } = (await peer.receive(i + 1))[i];
      assert.equal(payload.length, length);
    }
    ws.closeConnection();
  });

  test('maxBufferedAmount counts what waits for a message under way', async () => {
    const { ws } = counted({ maxBufferedAmount: 100 });
    void ws.run();
    const first = ws.send(
      (async function* () {
        yield 'a';
        await new Promise(() => {});
      })(),
    );
    const waiting = ws.send('x'.repeat(90));
    await assert.rejects(ws.send('y'.repeat(11)), RangeError);
    ws.closeConnection();
    await assert.rejects(first, StreamClosed);
    await assert.rejects(waiting, StreamClosed);
  });

  test('an item too large for maxBufferedAmount: 1011', async () => {
    const { ws } = counted({ maxBufferedAmount: 100 });
    const done = ws.run();
    await assert.rejects(ws.send(['a', 'b', 'x'.repeat(200)]), RangeError);
    assert.equal(ws.readyState, WebSocket.CLOSING);
    ws.closeConnection();
    await done;
  });
});

describe('broadcast', () => {
  test('one prepared frame to 1,000 connections, encoded once', async () => {
    const all = Array.from({ length: 1000 }, () => {
      const [sock, other] = duplexPair();
      const ws = new WebSocket(sock);
      void ws.run();
      return { ws, peer: new RawPeer(/** @type {any} */ (other)) };
    });
    const frame = all[0].ws.stream.prepare('to all');
    await Promise.all(all.map(({ ws }) => ws.send(frame)));
    await until(() => all.every(({ peer }) => peer.frames.length === 1));
    for (const { peer } of all) assert.deepEqual(peer.frames.map(said), ['text:to all']);
    for (const { ws } of all) ws.closeConnection();
  });

  test('it waits for a message under way like others, and bytes are prepared too', async (t) => {
    const { ws, peer } = await connection(t);
    const frame = ws.stream.prepare(Buffer.from('bytes'));
    await Promise.all([ws.send(['a', 'b']), ws.send(frame), ws.send(frame)]);
    assert.deepEqual((await peer.receive(4)).map(said), [
      'text+:a',
      'more:b',
      'binary:bytes',
      'binary:bytes',
    ]);
    ws.close();
    await assert.rejects(ws.send(frame), StreamClosed);
    ws.closeConnection();
  });

  test('a client refuses it', async (t) => {
    const { ws } = await connection(t, { role: 'client' });
    const { stream } = new WebSocket(duplexPair()[0]);
    await assert.rejects(ws.send(stream.prepare('x')), {
      name: 'TypeError',
      message: /prepared/,
    });
    assert.equal(ws.readyState, WebSocket.OPEN);
    ws.closeConnection();
  });
});
