// The members of WebSocket: ws4py's, the browsers', and iteration.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { describe, test } from 'node:test';
import {
  BinaryMessage,
  EchoWebSocket,
  PingControlMessage,
  PongControlMessage,
  Stream,
  TextMessage,
  WebSocket,
} from 'ws4wasm';
import { Endpoint } from '../../js/core/endpoint.js';
import { connection, noLeaks, Recorder, turns, until } from '../support/connections.mjs';
import { frame } from '../support/wire.mjs';

noLeaks();

const key = Buffer.from('abcd');
const text = (/** @type {string} */ payload) => frame({ opcode: 1, payload, key });

describe("ws4py's members", () => {
  test('opened, receivedMessage, ponged, closed, and where they stand', async (t) => {
    const environ = { any: 'thing' };
    const [protocols, extensions] = [['chat'], ['ext']];
    const options = { environ, protocols, extensions };
    const { ws, peer, done } = await connection(t, options);
    assert.equal(ws.environ, environ);
    assert.equal(ws.protocols, protocols);
    assert.equal(ws.protocol, 'chat');
    assert.equal(ws.extensions, extensions);
    assert.ok(ws.stream instanceof Stream);
    assert.equal(typeof ws.sock.write, 'function');
    assert.equal(ws.readyState, WebSocket.OPEN);
    assert.equal(ws.clientTerminated || ws.serverTerminated || ws.terminated, false);

    peer.text('hello');
    peer.send({ opcode: 2, payload: Buffer.from('bytes') });
    peer.send({ opcode: 9, payload: 'are you there' });
    peer.send({ opcode: 10, payload: 'unasked' });
    const [pong] = await peer.receive();
    assert.equal(`${pong.opcode} ${pong.payload}`, '10 are you there');
    assert.deepEqual(ws.log, ['opened', 'text:hello', 'binary:bytes', 'pong:unasked']);

    peer.close(1000, 'bye');
    peer.socket.end();
    await done;
    assert.equal(ws.log.at(-1), 'closed:1000 bye');
    assert.equal(ws.clientTerminated && ws.serverTerminated && ws.terminated, true);
    assert.equal(ws.readingBufferSize, 0);
    assert.equal(ws.readyState, WebSocket.CLOSED);
  });

  test('without options they are null', () => {
    const ws = new WebSocket(duplexPair()[0]);
    assert.deepEqual([ws.protocols, ws.extensions, ws.environ], [null, null, null]);
    assert.equal(ws.protocol, '');
    ws.closeConnection();
  });

  test('readingBufferSize is what completes the frame under way', () => {
    const ws = new Recorder(duplexPair()[0]);
    const bytes = text('x'.repeat(1000));
    assert.ok(ws.readingBufferSize >= 1);
    assert.equal(ws.process(bytes.subarray(0, 8)), true);
    assert.equal(ws.readingBufferSize, bytes.length - 8);
    assert.equal(ws.process(bytes.subarray(8)), true);
    assert.equal(ws.log.length, 1);
    ws.closeConnection();
  });

  test('process says when nothing more is needed', () => {
    const ws = new Recorder(duplexPair()[0], { closeTimeout: 0 });
    const all = Buffer.concat([text('a'), frame({ opcode: 8, key }), text('b')]);
    for (const byte of all.subarray(0, -1)) ws.process(Buffer.of(byte));
    assert.equal(ws.process(all.subarray(-1)), false);
    assert.deepEqual(ws.log, ['text:a']);
    ws.closeConnection();
    assert.equal(ws.process(text('c')), false);
    assert.deepEqual(ws.log, ['text:a', 'closed:1005']);
    assert.throws(
      () => new WebSocket(duplexPair()[0]).process(/** @type {any} */ ('x')),
      TypeError,
    );
  });

  test('run is one promise, however often it is called, and never rejects', async (t) => {
    const { ws, peer, done } = await connection(t);
    assert.equal(ws.run(), done);
    peer.socket.resetAndDestroy();
    assert.equal(await done, undefined);
    assert.equal(ws.run(), done);
    assert.equal(ws.log.filter((line) => line === 'opened').length, 1);
  });

  test('EchoWebSocket echoes text and bytes', async (t) => {
    const { peer, done } = await connection(t, {}, EchoWebSocket);
    peer.text('häß');
    peer.send({ opcode: 2, payload: Buffer.of(1, 2, 255) });
    const [first, second] = await peer.receive(2);
    assert.deepEqual([first.opcode, `${first.payload}`], [1, 'häß']);
    assert.deepEqual([second.opcode, [...second.payload]], [2, [1, 2, 255]]);
    peer.close(1000);
    peer.socket.end();
    await done;
  });

  test('a sock that is no transport, and wrong options', () => {
    for (const sock of [undefined, null, 1, 'x', {}, { readable: true, writable: true }]) {
      assert.throws(() => new WebSocket(/** @type {any} */ (sock)), {
        name: 'TypeError',
        message: /^sock is /,
      });
    }
    /** @type {[string, any][]} */
    const wrong = [
      ['role', 'peer'],
      ['closeTimeout', -1],
      ['closeTimeout', 2 ** 31],
      ['pingInterval', '1'],
      ['pingTimeout', 0.5],
      ['idleTimeout', NaN],
      ['maxBufferedAmount', 0],
      ['head', 'bytes'],
      ['maxMessageSize', -1],
    ];
    for (const [name, value] of wrong) {
      assert.throws(() => new WebSocket(duplexPair()[0], { [name]: value }), {
        message: new RegExp(`^${name} is `),
      });
    }
  });

  test('head is the first of the stream, after opened', async (t) => {
    const { ws, peer } = await connection(t, { head: text('early').subarray(0, 9) });
    peer.write(text('early').subarray(9));
    await until(() => ws.log.length === 2);
    assert.deepEqual(ws.log, ['opened', 'text:early']);
    ws.closeConnection();
  });
});

describe('events, as browsers have them', () => {
  test('addEventListener: functions and objects, once, signal, removal', async (t) => {
    const { ws, peer } = await connection(t, {}, WebSocket);
    /** @type {string[]} */
    const log = [];
    const note = (/** @type {string} */ name) => (/** @type {any} */ event) => {
      log.push(`${name} ${event.data}`);
    };
    const both = note('both');
    const object = {
      /** @param {any} event */
      handleEvent(event) {
        assert.equal(this, object);
        log.push(`object ${event.data}`);
      },
    };
    const abort = new AbortController();
    ws.addEventListener('message', note('signal'), { signal: abort.signal });
    ws.addEventListener('message', note('aborted'), { signal: AbortSignal.abort() });
    ws.addEventListener('message', note('once'), { once: true });
    ws.addEventListener('message', both);
    ws.addEventListener('message', both);
    ws.addEventListener('message', object);
    ws.addEventListener('message', null);
    ws.removeEventListener('message', note('another'));
    ws.removeEventListener('message', null);
    peer.text('1');
    await until(() => log.length === 4);
    assert.deepEqual(log.splice(0), ['signal 1', 'once 1', 'both 1', 'object 1']);
    abort.abort();
    ws.removeEventListener('message', object);
    peer.text('2');
    await until(() => log.length);
    await turns();
    assert.deepEqual(log.splice(0), ['both 2']);
    ws.closeConnection();
  });

  test('on*: one listener each that is replaced, and given back', async (t) => {
    const { ws, peer, done } = await connection(t, {}, WebSocket);
    /** @type {any[]} */
    const seen = [];
    assert.deepEqual(
      [ws.onopen, ws.onmessage, ws.onclose, ws.onerror],
      [null, null, null, null],
    );
    ws.onmessage = () => seen.push('replaced');
    /** @this {unknown} @param {any} event */
    const listener = function (event) {
      assert.equal(this, ws);
      assert.equal(event.target, ws);
      assert.equal(event.currentTarget, ws);
      seen.push(event.type, event.data, event.message);
    };
    ws.onmessage = listener;
    assert.equal(ws.onmessage, listener);
    ws.onclose = ({ code, reason, wasClean }) => seen.push(code, reason, wasClean);
    peer.text('hello');
    peer.close(3000, 'bye');
    peer.socket.end();
    await done;
    const message = seen[2];
    assert.ok(message instanceof TextMessage);
    assert.deepEqual(seen, ['message', 'hello', message, 3000, 'bye', true]);
    ws.onmessage = null;
    assert.equal(ws.onmessage, null);
    ws.onopen = /** @type {any} */ ('no function');
    assert.equal(ws.onopen, null);
  });

  test('open, pong, and a close that was not clean', async () => {
    const [sock, other] = duplexPair();
    const ws = new WebSocket(sock);
    /** @type {any[]} */
    const seen = [];
    ws.onopen = (event) => seen.push(event.type);
    ws.addEventListener('pong', ({ data }) => void seen.push(`${data}`));
    ws.addEventListener('close', ({ code, wasClean }) => void seen.push(code, wasClean));
    const done = ws.run();
    other.resume();
    other.write(frame({ opcode: 10, payload: 'p', key }));
    other.end();
    await done;
    assert.deepEqual(seen, ['open', 'p', 1006, false]);
  });

  test('events.once works', async () => {
    const [a, b] = duplexPair();
    const second = new WebSocket(a);
    void second.run();
    b.write(Buffer.concat([text('first'), text('second')]));
    const [event] = await once(/** @type {any} */ (second), 'message');
    assert.equal(event.data, 'first');
    const [next] = await once(/** @type {any} */ (second), 'message');
    assert.equal(next.data, 'second');
    second.closeConnection();
  });

  test('frames and fragments, on demand', () => {
    class Partial extends Recorder {
      /** @param {import('ws4wasm').FragmentEvent} fragment */
      receivedFragment({ kind, data, first, last }) {
        this.log.push(`${kind} ${data} ${first} ${last}`);
      }
    }
    const ws = new Partial(duplexPair()[0], { partial: true, frames: true });
    /** @type {any[]} */
    const seen = [];
    ws.addEventListener('frame', ({ frame: { opcode, fin } }) => void seen.push(opcode, fin));
    ws.addEventListener('fragment', ({ fragment }) => void seen.push(fragment.data));
    ws.process(frame({ opcode: 1, payload: 'a', fin: false, key }));
    ws.process(frame({ opcode: 0, payload: 'b', key }));
    assert.deepEqual(ws.log, ['text a true false', 'text b false true']);
    assert.deepEqual(seen, [1, false, 'a', 0, true, 'b']);
    ws.closeConnection();
  });

  test('listeners that come and go while an event is told', () => {
    const ws = new WebSocket(duplexPair()[0]);
    /** @type {string[]} */
    const log = [];
    const late = () => void log.push('late');
    const gone = () => void log.push('gone');
    const again = () => void log.push('again');
    ws.addEventListener('message', () => {
      log.push('first');
      ws.removeEventListener('message', gone);
      ws.removeEventListener('message', again);
      ws.addEventListener('message', again);
      ws.addEventListener('message', late);
    });
    ws.addEventListener('message', gone);
    ws.addEventListener('ping', gone);
    ws.addEventListener('message', again);
    ws.addEventListener('message', () => void log.push('last'));
    ws.process(text('one'));
    assert.deepEqual(log.splice(0), ['first', 'last']);
    ws.process(text('two'));
    // Taken out by the first and put in again behind the others, as in browsers.
    assert.deepEqual(log.splice(0), ['first', 'last', 'late']);
    ws.process(frame({ opcode: 9, payload: '', key }));
    assert.deepEqual(log, ['gone']);
    ws.closeConnection();
  });

  test('a signal that lives long does not keep connections alive', async () => {
    const { signal } = new AbortController();
    /** @type {WeakRef<WebSocket>[]} */
    const refs = [];
    for (let i = 0; i < 20; i++) {
      const ws = new WebSocket(duplexPair()[0]);
      ws.addEventListener('message', () => ws, { signal });
      ws.closeConnection();
      refs.push(new WeakRef(ws));
    }
    const gc = /** @type {() => void} */ (await import('../support/gc.mjs').then((m) => m.gc));
    for (let i = 0; i < 20 && refs.some((ref) => ref.deref()); i++) {
      await turns();
      gc();
    }
    assert.ok(refs.filter((ref) => ref.deref()).length <= 1);
  });
});

describe('connections that are forgotten before they have begun', () => {
  /** @param {() => boolean} done */
  const collectUntil = async (done) => {
    const { gc } = await import('../support/gc.mjs');
    for (let i = 0; i < 50 && !done(); i++) {
      await turns();
      gc();
    }
  };
  test('give their memory back', async (t) => {
    const free = t.mock.method(Endpoint.prototype, 'free');
    for (let i = 0; i < 20; i++) new WebSocket(duplexPair()[0]);
    const freed = () => new Set(free.mock.calls.map(({ this: endpoint }) => endpoint)).size;
    await collectUntil(() => freed() >= 19);
    assert.ok(freed() >= 19);
  });

  test('unless their stream is in use', async () => {
    /** @type {WeakRef<WebSocket>[]} */
    const refs = [];
    const streamOf = () => {
      const ws = new WebSocket(duplexPair()[0]);
      assert.equal(ws.stream, ws.stream);
      refs.push(new WeakRef(ws));
      return ws.stream;
    };
    const streams = Array.from({ length: 20 }, streamOf);
    const left = () => refs.filter((ref) => ref.deref()).length;
    await collectUntil(() => left() <= 1);
    assert.ok(left() <= 1);
    await turns(3);
    for (const stream of streams) {
      const [event] = stream.receive(text('still here'));
      assert.equal(`${/** @type {any} */ (event).data}`, 'still here');
    }
  });
});

describe('messages that nobody waits for yet', () => {
  const three = Buffer.concat(['one', 'two', 'three'].map(text));

  test('go to the first listener', async () => {
    const ws = new WebSocket(duplexPair()[0]);
    ws.process(three);
    /** @type {string[]} */
    const seen = [];
    ws.onmessage = ({ data }) => seen.push(`${data}`);
    ws.process(text('four'));
    await turns(2);
    assert.deepEqual(seen, ['one', 'two', 'three', 'four']);
    ws.closeConnection();
  });

  test('a listener that hears once takes one', async () => {
    const ws = new WebSocket(duplexPair()[0]);
    ws.process(three);
    /** @type {string[]} */
    const seen = [];
    const note = (/** @type {any} */ { data }) => void seen.push(data);
    ws.addEventListener('message', note, { once: true });
    await turns(2);
    assert.deepEqual(seen, ['one']);
    ws.addEventListener('message', note);
    await turns(2);
    assert.deepEqual(seen, ['one', 'two', 'three']);
    ws.closeConnection();
  });

  test('go to the first iterator, even after the end', async (t) => {
    const { ws, peer, done } = await connection(t, {}, WebSocket);
    peer.write(three);
    peer.close(1000);
    peer.socket.end();
    await done;
    const seen = [];
    for await (const message of ws) seen.push(message.data);
    assert.deepEqual(seen, ['one', 'two', 'three']);
    for await (const _ of ws) assert.fail();
  });

  test('go on waiting when an iterator leaves', async (t) => {
    const { ws, peer, done } = await connection(t, {}, WebSocket);
    peer.write(three);
    for await (const message of ws) {
      assert.equal(message.data, 'one');
      break;
    }
    peer.text('four');
    peer.close();
    peer.socket.end();
    await done;
    const seen = [];
    for await (const message of ws) seen.push(message.data);
    assert.deepEqual(seen, ['two', 'three', 'four']);
  });

  test('but not for a second time, when a method has had them', async (t) => {
    const { ws, peer, done } = await connection(t);
    peer.write(three);
    for await (const _ of ws) break;
    /** @type {unknown[]} */
    const late = [];
    ws.onmessage = ({ data }) => late.push(data);
    peer.text('four');
    peer.close();
    peer.socket.end();
    await done;
    assert.deepEqual(ws.log.slice(1, -1), ['text:one', 'text:two', 'text:three', 'text:four']);
    assert.deepEqual(late, ['four']);
  });
});

describe('iteration', () => {
  test('starts the reading, gives text and bytes, ends with the connection', async () => {
    const [sock, other] = duplexPair();
    other.write(Buffer.concat([text('a'), frame({ opcode: 2, payload: 'b', key })]));
    other.end(frame({ opcode: 8, key }));
    other.resume();
    const ws = new WebSocket(sock);
    const seen = [];
    for await (const message of ws) seen.push(message);
    assert.ok(seen[0] instanceof TextMessage);
    assert.ok(seen[1] instanceof BinaryMessage);
    assert.equal(seen.length, 2);
    assert.equal(ws.readyState, WebSocket.CLOSED);
  });

  test('its iterator is iterable, ends early, and stays ended', async () => {
    const ws = new WebSocket(duplexPair()[0]);
    const iterator = ws[Symbol.asyncIterator]();
    assert.equal(iterator[Symbol.asyncIterator](), iterator);
    ws.process(text('one'));
    assert.equal((await iterator.next()).value?.data, 'one');
    assert.deepEqual(await iterator.return?.(), { value: undefined, done: true });
    assert.deepEqual(await iterator.return?.(), { value: undefined, done: true });
    ws.process(text('two'));
    assert.deepEqual(await iterator.next(), { value: undefined, done: true });
    const second = ws[Symbol.asyncIterator]();
    assert.equal((await second.next()).value?.data, 'two');
    ws.closeConnection();
    assert.equal((await second.next()).done, true);
  });

  for (const first of ['close', 'end']) {
    test(`of somebody who takes no more does not hold up the end, the ${first} first`, {
      timeout: 60_000,
    }, async () => {
      const [sock, other] = duplexPair();
      other.resume();
      // In all the time that the test has this passes once, at most.
      const ws = new WebSocket(sock, { role: 'client', closeTimeout: 120_000 });
      const iterator = ws[Symbol.asyncIterator]();
      other.write(frame({ opcode: 1, payload: 'one' }));
      assert.equal((await iterator.next()).value?.data, 'one');
      if (first === 'close') {
        ws.close(1000);
        other.end(frame({ opcode: 8, payload: '\x03\xe8' }));
      } else {
        other.end();
        await once(sock, 'end');
        ws.close(1000);
      }
      await ws.run();
      assert.equal(ws.readyState, WebSocket.CLOSED);
      assert.equal((await iterator.next()).done, true);
    });
  }

  test('ends for those that wait when the connection does', async () => {
    const [sock, other] = duplexPair();
    const ws = new WebSocket(sock);
    const iterator = ws[Symbol.asyncIterator]();
    const waiting = [iterator.next(), iterator.next()];
    other.write(text('one'));
    other.destroy();
    sock.destroy();
    const [first, second] = await Promise.all(waiting);
    assert.deepEqual(
      [first.value?.data ?? first.done, second.done],
      [first.value?.data ?? true, true],
    );
  });
});

describe('pings', () => {
  // [RFC 6455 5.5.2-1, 5.5.3-1]
  test('are answered with their data, each, when the peer reads', async (t) => {
    const { peer } = await connection(t);
    for (const payload of ['', 'a', 'x'.repeat(125)]) peer.send({ opcode: 9, payload });
    const frames = await peer.receive(3);
    assert.deepEqual(
      frames.map(({ opcode, payload }) => [opcode, `${payload}`]),
      [
        [10, ''],
        [10, 'a'],
        [10, 'x'.repeat(125)],
      ],
    );
  });

  test('ping(), pong() and the messages go out; too much data is refused', async (t) => {
    const { ws, peer } = await connection(t);
    await Promise.all([
      ws.ping('a'),
      ws.pong(Buffer.from('b')),
      ws.send(new PingControlMessage('c')),
      ws.send(new PongControlMessage('d')),
      ws.ping(),
    ]);
    const frames = await peer.receive(5);
    assert.deepEqual(
      frames.map(({ opcode, payload }) => `${opcode} ${payload}`),
      ['9 a', '10 b', '9 c', '10 d', '9 '],
    );
    await assert.rejects(ws.ping('x'.repeat(126)), RangeError);
    await assert.rejects(ws.pong(/** @type {any} */ (5)), TypeError);
    assert.equal(ws.readyState, WebSocket.OPEN);
  });
});
