// Who is alive and who is not, over real sockets: slow peers that make progress, peers that answer
// pings in their own way, dead ones, half-closed ones, and connections that nobody listens to.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { EchoWebSocket, WebSocket } from 'ws4wasm';
import { makeCertificate } from '../support/certificate.mjs';
import {
  connection,
  describe as describeFrame,
  listen,
  noLeaks,
  RawPeer,
  Recorder,
  tcpPair,
  until,
} from '../support/connections.mjs';
import { frame } from '../support/wire.mjs';

noLeaks();

const MB = 2 ** 20;
const key = Buffer.from('abcd');

/**
 * Reads at a rate, as a slow line would have it, and answers the pings that it gets to see.
 * @param {import('node:net').Socket} socket
 * @param {number} rate in bytes a second
 */
function slowReader(socket, rate) {
  const state = { received: 0, pongs: 0 };
  let at = 0;
  /** The beginning of what was not looked at yet. */
  let rest = Buffer.alloc(0);
  socket.removeAllListeners('data');
  socket.on('data', (bytes) => {
    state.received += bytes.length;
    socket.pause();
    setTimeout(() => socket.resume(), (1000 * bytes.length) / rate);
    rest = Buffer.concat([rest, bytes]);
    for (;;) {
      // Past a payload that is still coming.
      const skipped = Math.min(at, rest.length);
      rest = rest.subarray(skipped);
      at -= skipped;
      if (at > 0 || rest.length < 10) {
        if (rest.length < 2 || rest[1] >= 126) return;
      }
      const small = rest[1];
      const header = small === 127 ? 10 : small === 126 ? 4 : 2;
      if (rest.length < header) return;
      const length =
        small === 127
          ? Number(rest.readBigUInt64BE(2))
          : small === 126
            ? rest.readUInt16BE(2)
            : small;
      if ((rest[0] & 15) === 9) {
        if (rest.length < header + length) return;
        socket.write(
          frame({ opcode: 10, payload: rest.subarray(header, header + length), key }),
        );
        state.pongs++;
      }
      at = header + length;
    }
  });
  return state;
}

/**
 * 12 MiB to a client that reads 4 MB/s, a ping each 500 ms.
 * @param {any} near
 * @param {any} far
 */
async function takesItsTime(near, far) {
  const ws = new Recorder(near, { pingInterval: 500 });
  const done = ws.run();
  const state = slowReader(far, 4e6);
  const total = 12 * MB;
  void ws.send(Buffer.alloc(total));
  await until(() => state.received >= total || ws.readyState !== 1);
  assert.equal(ws.closeReason, undefined);
  await until(() => state.pongs > 0 || ws.readyState !== 1);
  assert.equal(ws.readyState, 1);
  ws.closeConnection();
  await done;
}

describe('slow, but alive', () => {
  for (const pieces of [1, 24]) {
    test(`24 MiB in ${pieces} to a client that reads 4 MB/s, a ping each second`, async (t) => {
      const { ws, peer } = await connection(t, { pingInterval: 1000 });
      const state = slowReader(peer.socket, 4e6);
      const total = 24 * MB;
      for (let i = 0; i < pieces; i++) void ws.send(Buffer.alloc(total / pieces));
      await until(() => state.received >= total || ws.readyState !== 1);
      assert.equal(ws.closeReason, undefined);
      assert.ok(state.received >= total);
      // And afterwards it is well, too.
      const { pongs } = state;
      await until(() => state.pongs > pongs || ws.readyState !== 1);
      assert.equal(ws.readyState, 1);
      ws.closeConnection();
    });
  }

  test('12 MiB over TLS to a client that reads 4 MB/s, a ping each 500 ms', async (t) => {
    const server = createTlsServer(makeCertificate());
    const port = await listen(server, t);
    const far = connectTls({ port, rejectUnauthorized: false });
    const [near] = await once(server, 'secureConnection');
    await takesItsTime(near, far);
    far.destroy();
  });

  test('12 MiB over HTTP/2 to a client that reads 4 MB/s, a ping each 500 ms', async (t) => {
    const server = createHttp2Server();
    const port = await listen(/** @type {any} */ (server), t);
    const session = connectHttp2(`http://localhost:${port}`);
    t.after(() => session.destroy());
    const far = session.request({}, { endStream: false });
    const [near] = await once(server, 'stream');
    near.respond();
    await once(far, 'response');
    await takesItsTime(near, far);
  });

  test('an upload of 6 MiB at 2 MB/s in one frame, a ping each 300 ms that waits for its end', async (t) => {
    const { ws, peer } = await connection(t, { pingInterval: 300 });
    const bytes = frame({ opcode: 2, payload: Buffer.alloc(6 * MB), key });
    for (let i = 0; i < bytes.length; i += 100_000) {
      peer.write(bytes.subarray(i, i + 100_000));
      await sleep(50);
      if (ws.readyState !== 1) break;
    }
    await until(() => ws.log.length > 1);
    assert.equal(ws.readyState, 1);
    assert.match(ws.log[1], /^binary/);
    ws.closeConnection();
  });

  for (const [
    name,
    answer,
  ] of /** @type {[string, (peer: RawPeer, ping: Buffer, n: number) => void][]} */ ([
    ['with empty pongs', (peer) => peer.send({ opcode: 10 })],
    [
      'to the newest of two pings only',
      (peer, payload, n) => {
        if (n % 2 === 0) peer.send({ opcode: 10, payload });
      },
    ],
  ])) {
    test(`a peer that answers ${name} stays`, async (t) => {
      const { ws, peer } = await connection(t, { pingInterval: 60 });
      for (let n = 1; n <= 10; n++) {
        await until(() => peer.frames.length >= n || ws.readyState !== 1);
        assert.equal(ws.readyState, 1, `${n}`);
        answer(peer, peer.frames[n - 1].payload, n);
      }
      ws.closeConnection();
    });
  }
});

describe('dead', () => {
  test('a trickle of a byte each 20 ms that never answers: dropped within twice pingTimeout', async (t) => {
    const { ws, peer, done } = await connection(t, { pingInterval: 300 });
    peer.write(Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0, 1, 2, 3, 4]));
    const trickle = setInterval(() => peer.write(Buffer.of(0)), 20);
    const begun = performance.now();
    await done;
    clearInterval(trickle);
    const time = performance.now() - begun;
    assert.ok(time >= 880, `${time}`);
    assert.ok(time < 880 + 3000, `${time}`);
    assert.deepEqual(ws.log.slice(1), ['closed:1006 no answer to a ping']);
  });

  test('a peer that reads nothing of what it is sent', async (t) => {
    const { ws, peer, done } = await connection(t, { pingInterval: 200 });
    peer.socket.pause();
    void ws.send(Buffer.alloc(32 * MB));
    await done;
    assert.deepEqual(ws.log.slice(1), ['closed:1006 no answer to a ping']);
  });

  test('while paused: end, reset and silence are noticed', async (t) => {
    for (const [how, options] of /** @type {[string, object][]} */ ([
      ['end', { closeTimeout: 100 }],
      ['resetAndDestroy', { closeTimeout: 100 }],
      ['pause', { pingInterval: 100 }],
    ])) {
      const { ws, peer, done } = await connection(t, options);
      ws.pause();
      peer.text('before');
      await sleep(20);
      /** @type {any} */ (peer.socket)[how]();
      await until(() => ws.readyState === 3);
      ws.resume();
      await done;
      assert.deepEqual(
        ws.log.slice(0, -1),
        ['opened', 'text:before'].slice(0, ws.log.length - 1),
      );
      assert.match(String(ws.log.at(-1)), /^closed:1006/, how);
    }
  });

  test('while paused: a close is noticed and answered, and what came before it is kept', async (t) => {
    const { ws, peer, done } = await connection(t, { closeTimeout: 100 });
    ws.pause();
    peer.text('before');
    peer.close(1000, 'bye');
    assert.deepEqual((await peer.receive(1)).map(describeFrame), ['close:1000 bye']);
    ws.resume();
    peer.socket.end();
    await done;
    assert.deepEqual(ws.log, ['opened', 'text:before', 'closed:1000 bye']);
  });

  test('while paused no more than 256 KiB are read beyond', async (t) => {
    const { ws, peer } = await connection(t, { closeTimeout: 10 });
    ws.pause();
    const bytes = frame({ payload: 'x'.repeat(1000), key });
    for (let i = 0; i < 4000; i++) peer.write(bytes);
    let last = -1;
    await until(() => {
      const same = ws.sock.bytesRead === last;
      last = ws.sock.bytesRead;
      return same && last > 256 * 1024;
    });
    await sleep(200);
    // One read of the limit's last moment, and what the socket has read ahead.
    assert.ok(ws.sock.bytesRead < (256 + 3 * 64) * 1024, `${ws.sock.bytesRead}`);
    ws.closeConnection();
  });
});

describe('nobody listens', () => {
  /** @type {[string, (peer: RawPeer) => void, import('ws4wasm').WebSocketOptions, RegExp][]} */
  const ends = [
    ['a close', (peer) => peer.close(1000, 'bye'), {}, /^1000 bye$/],
    ['an end', (peer) => void peer.socket.end(), {}, /^1006 $/],
    ['a dead peer', () => {}, { pingInterval: 50 }, /^1006 no answer to a ping$/],
    ['silence', () => {}, { idleTimeout: 100, closeTimeout: 50 }, /^1006 $/],
  ];
  for (const [name, end, options, outcome] of ends) {
    for (const [count, length] of [
      [2000, 10],
      [100, 1000],
    ]) {
      test(`${count} messages of ${length} bytes, then ${name}: it ends`, async (t) => {
        const { ws, peer, done } = await connection(t, options, WebSocket);
        for (let i = 0; i < count; i++) peer.text('x'.repeat(length));
        end(peer);
        peer.socket.on('data', () => {
          if (peer.frames.some(({ opcode }) => opcode === 8)) peer.socket.end();
        });
        await done;
        assert.match(`${ws.closeCode} ${ws.closeReason}`, outcome);
      });
    }
  }

  test('a loop that was left, a listener that was removed', async (t) => {
    for (const leave of [
      async (/** @type {WebSocket} */ ws) => {
        for await (const _ of ws) break;
      },
      async (/** @type {WebSocket} */ ws) => {
        await new Promise((resolve) => ws.addEventListener('message', resolve, { once: true }));
      },
    ]) {
      const { ws, peer, done } = await connection(t, {}, WebSocket);
      const left = leave(ws);
      peer.text('one');
      await left;
      for (let i = 0; i < 3000; i++) peer.text('x'.repeat(100));
      peer.close(1000);
      await peer.receive(1);
      peer.socket.end();
      await done;
      assert.equal(ws.closeCode, 1000);
    }
  });
});

describe('half-closed', () => {
  for (const allowHalfOpen of [true, false]) {
    for (const kind of ['echo', 'async', 'loop', 'iterable']) {
      test(`text, then FIN: the answer of 8 MB arrives whole (${kind}, ${allowHalfOpen})`, async (t) => {
        const answer = 'x'.repeat(8e6);
        class Answers extends WebSocket {
          /** @param {any} _message @returns {unknown} */
          receivedMessage(_message) {
            if (kind === 'echo') return this.send(answer);
            if (kind === 'async') return sleep(50).then(() => this.send(answer));
            if (kind === 'iterable') {
              return this.send(
                (async function* () {
                  for (let i = 0; i < 8; i++) {
                    await sleep(5);
                    yield 'x'.repeat(1e6);
                  }
                })(),
              );
            }
          }
        }
        const [near, far] = await tcpPair(t);
        near.allowHalfOpen = allowHalfOpen;
        const ws = new (kind === 'loop' ? WebSocket : Answers)(near);
        const done = ws.run();
        if (kind === 'loop') {
          void (async () => {
            for await (const _ of ws) {
              await sleep(20);
              await ws.send(answer);
            }
          })();
        }
        let received = 0;
        far.on('data', ({ length }) => {
          received += length;
        });
        far.end(frame({ payload: 'what?', key }));
        await done;
        await until(() => far.readableEnded || far.destroyed);
        assert.ok(received >= 8e6, `${received}`);
        assert.equal(ws.closeCode, 1006);
      });
    }
  }

  test('to a reader that is slower than closeTimeout', async (t) => {
    const { ws, peer, done } = await connection(t, { closeTimeout: 300 }, EchoWebSocket);
    const state = slowReader(peer.socket, 16e6);
    const payload = Buffer.alloc(16 * MB, 'x').toString();
    peer.socket.end(frame({ payload: payload.slice(0, 12 * MB), key }));
    await done;
    await until(() => peer.ended || peer.closed);
    assert.ok(state.received >= 12 * MB, `${state.received}`);
    assert.equal(ws.closeCode, 1006);
  });

  test('one that does not read is dropped after closeTimeout', async (t) => {
    const { ws, peer, done } = await connection(t, { closeTimeout: 200 }, Recorder);
    peer.socket.pause();
    void ws.send(Buffer.alloc(32 * MB));
    peer.socket.end();
    const begun = performance.now();
    await done;
    assert.ok(performance.now() - begun < 3000);
    assert.equal(ws.closeCode, 1006);
  });

  test('over Web Streams, FIN right behind the message: the answer arrives', async () => {
    for (let i = 0; i < 12; i++) {
      const there = new TransformStream();
      const back = new TransformStream();
      const ws = new EchoWebSocket({ readable: there.readable, writable: back.writable });
      const done = ws.run();
      const writer = there.writable.getWriter();
      void writer.write(frame({ payload: 'x'.repeat(1 + 100_000 * i), key }));
      void writer.close();
      let received = 0;
      for await (const bytes of back.readable) received += bytes.length;
      await done;
      assert.ok(received > 100_000 * i, `${i}: ${received}`);
    }
  });
});

describe('what keeps a process alive', () => {
  const program = (/** @type {string} */ code) => `
    import { duplexPair } from 'node:stream';
    import { connect, createServer } from 'node:net';
    import { WebSocket } from 'ws4wasm';
    ${code}`;
  /** @param {string} code */
  async function run(code) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program(code)], {
      cwd: new URL('../..', import.meta.url),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.on('data', (bytes) => {
      out += bytes;
    });
    const status = await new Promise((resolve) => child.on('close', resolve));
    return { status, out };
  }

  test('not the timers of keepalive', async () => {
    const { status, out } = await run(`
      const ws = new WebSocket(duplexPair()[0], { pingInterval: 60_000, idleTimeout: 60_000 });
      ws.pause();
      ws.run();
      console.log('ready');`);
    assert.deepEqual([status, out], [0, 'ready\n']);
  });

  test('not what is unref()ed, in any state', async () => {
    const { status, out } = await run(`
      const server = createServer((sock) => {
        const ws = new WebSocket(sock).unref();
        ws.run();
        ws.close();
      }).listen(0, () => {
        server.unref();
        const ws = new WebSocket(connect(server.address().port), { role: 'client' });
        ws.addEventListener('open', () => {});
        ws.run();
        ws.unref();
        setTimeout(() => console.log('ready'), 200);
      });`);
    assert.deepEqual([status, out], [0, 'ready\n']);
  });

  test('a socket that is ref()ed again does', async () => {
    const { status, out } = await run(`
      const server = createServer((sock) => sock.resume().on('error', () => {})).listen(0, () => {
        server.unref();
        const ws = new WebSocket(connect(server.address().port), { role: 'client' });
        ws.run();
        ws.unref().ref();
        setTimeout(() => { console.log('still here'); ws.closeConnection(); }, 200).unref();
      });`);
    assert.deepEqual([status, out], [0, 'still here\n']);
  });
});

test('pause() holds back what was already read', async (t) => {
  class Pauser extends Recorder {
    /** @param {any} message */
    receivedMessage(message) {
      super.receivedMessage(message);
      if (message.data === 'one') this.pause();
    }
  }
  const { ws, peer, done } = await connection(t, {}, Pauser);
  const [near, far] = await tcpPair(t);
  const looped = new WebSocket(near);
  const other = new RawPeer(far);
  for (const one of [peer, other]) {
    one.socket.cork();
    for (const text of ['one', 'two', 'three']) one.text(text);
    one.socket.uncork();
  }
  await until(() => ws.log.length > 1);
  await sleep(30);
  assert.deepEqual(ws.log, ['opened', 'text:one']);
  ws.resume();
  assert.deepEqual(ws.log, ['opened', 'text:one', 'text:two', 'text:three']);
  const seen = [];
  for await (const { data } of looped) {
    seen.push(data);
    if (data === 'one') {
      looped.pause();
      setTimeout(() => {
        seen.push('resumed');
        looped.resume();
      }, 30);
    }
    if (data === 'three') break;
  }
  assert.deepEqual(seen, ['one', 'resumed', 'two', 'three']);
  looped.closeConnection();
  ws.closeConnection();
  await done;
});
