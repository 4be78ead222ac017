// `ws4wasm inspect`: the real program between clients and servers that know nothing of it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttps } from 'node:https';
import { connect as connectTcp, createServer as createTcp } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import WS from 'ws';
import { connect } from 'ws4wasm/node';
import { reachable } from '../../js/cli/base/listening.js';
import { root } from '../../scripts/lib.mjs';
import { freePort } from '../../scripts/tools/serve.mjs';
import { allRows, inspect, skipTshark, tsharkFrames } from '../inspect/support.mjs';
import { makeCertificate } from '../support/certificate.mjs';
import { listen } from '../support/connections.mjs';
import { outputOf } from '../support/output.mjs';
import { serveWs, echo as talkBack } from '../support/ws.mjs';

const main = join(root, 'js/cli/main.js');
const folder = mkdtempSync(join(tmpdir(), 'ws4wasm-inspect-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

const loopback = Object.values(networkInterfaces()).flat();
const skipIPv6 = loopback.some((each) => each?.address === '::1') ? false : 'no IPv6 here';

/**
 * The proxy, before a target.
 * @param {import('node:test').TestContext} t
 * @param {string} target
 * @param {string[]} more options
 */
async function proxy(t, target, ...more) {
  const file = join(folder, `${++files}.pcapng`);
  const args = [main, 'inspect', '--listen', '0', '--target', target, '--save', file, ...more];
  const child = spawn(process.execPath, args, { env: { ...process.env, NO_COLOR: '1' } });
  t.after(() => child.kill('SIGKILL'));
  const output = outputOf(child);
  const { ended, printed } = output;
  const [, url] = await printed(/Connect to (ws:\S+)/);
  const [, page] = await printed(/The page: (http:\S+)/);
  return {
    url,
    port: Number(new URL(url).port),
    page,
    file,
    printed,
    /** Ctrl-C; gives the exit code and what was saved. */
    stop: async () => {
      child.kill('SIGINT');
      assert.equal(await ended, 0, output.text);
      return inspect(file);
    },
  };
}

/**
 * An echo server made with ws; notes what it was asked.
 * @param {import('node:test').TestContext} t
 * @param {import('ws').ServerOptions} [options]
 */
async function echo(t, options) {
  /** @type {import('node:http').IncomingMessage[]} */
  const requests = [];
  const at = await serveWs(
    t,
    (ws, request) => {
      requests.push(request);
      talkBack(ws);
    },
    options,
  );
  return { at, requests };
}

/**
 * A server of raw TCP.
 * @param {import('node:test').TestContext} t
 * @param {(socket: import('node:net').Socket) => void} talk
 */
async function raw(t, talk) {
  return `127.0.0.1:${await listen(createTcp({ allowHalfOpen: true }, talk), t)}`;
}

/**
 * Says each of these and hears it back.
 * @param {WS} ws
 * @param {(string | Buffer)[]} messages
 */
async function converse(ws, messages) {
  await once(ws, 'open');
  for (const message of messages) {
    ws.send(message);
    const [data, isBinary] = await once(ws, 'message');
    assert.ok(Buffer.from(message).equals(data));
    assert.equal(isBinary, typeof message !== 'string');
  }
  ws.close(1000, 'done');
  await once(ws, 'close');
}

const REQUEST = [
  'GET /a?b HTTP/1.1',
  'Host:  proxy.localhost',
  'X-Odd:\tas it is ',
  'upgrade: WebSocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  '\r\n',
].join('\r\n');

describe('ws4wasm inspect', () => {
  test('ws through it: path, subprotocol, extensions and headers; all of it saved', async (t) => {
    const { at, requests } = await echo(t, {
      handleProtocols: () => 'chat',
      perMessageDeflate: { threshold: 0 },
    });
    const between = await proxy(t, `ws://${at}`, '--allow-origin', 'http://example.com');
    const client = new WS(`${between.url}room?x=1`, ['other', 'chat'], {
      headers: { 'X-Mine': 'yes' },
      origin: 'http://example.com',
    });
    const messages = ['Hello', 'Grüße 😀', Buffer.alloc(100_000, 7), ''];
    await converse(client, messages);
    assert.equal(client.protocol, 'chat');
    assert.match(client.extensions, /permessage-deflate/);
    const [{ url, headers }] = requests;
    assert.equal(url, '/room?x=1');
    assert.equal(headers.host, at);
    assert.equal(headers['x-mine'], 'yes');
    assert.equal(headers.origin, 'http://example.com');
    await between.printed(/#1 · open \/room\?x=…/);
    await between.printed(/#1 · closed/);

    const saved = await between.stop();
    assert.deepEqual([saved.totals.connections, saved.totals.errors], [1, 0]);
    const shown = allRows(saved, { kind: 'messages' });
    assert.deepEqual(
      shown.map(({ direction, opcode, inflated, length }) => [
        direction,
        opcode,
        inflated ?? length,
      ]),
      [
        ...messages.flatMap((m) =>
          ['c2s', 's2c'].map((d) => [
            d,
            typeof m === 'string' ? 'text' : 'binary',
            Buffer.byteLength(m),
          ]),
        ),
        ['c2s', 'close', 6],
        ['s2c', 'close', 6],
      ],
    );
  });

  test('our client through it', async (t) => {
    const { at } = await echo(t);
    const between = await proxy(t, `ws://${at}`);
    const ws = await connect(between.url);
    await ws.send('one');
    const { value } = await ws[Symbol.asyncIterator]().next();
    assert.equal(value.data, 'one');
    ws.close();
    await between.printed(/#1 · closed/);
    assert.equal((await between.stop()).totals.frames, 4);
  });

  test('tshark reads the saved file and finds the same frames', {
    skip: skipTshark,
  }, async (t) => {
    const { at } = await echo(t);
    const between = await proxy(t, at);
    const clients = ['a', 'b', 'c'].map((path) => new WS(between.url + path));
    const texts = ['x'.repeat(70_000), 'short', 'é'];
    await Promise.all(clients.map((client) => converse(client, texts)));
    for (const number of [1, 2, 3]) await between.printed(new RegExp(`#${number} · closed`));
    const ours = allRows(await between.stop());
    const theirs = tsharkFrames(between.file);
    assert.equal(theirs.length, 24);
    const lengths = (/** @type {number[]} */ all) => all.sort((a, b) => a - b);
    assert.deepEqual(
      lengths(theirs.map(({ length }) => Number(length))),
      lengths(ours.map(({ length }) => length)),
    );
  });

  test('by IPv6: the addresses are in the saved file', { skip: skipIPv6 }, async (t) => {
    const { at } = await echo(t);
    const between = await proxy(t, at, '--listen', '[::1]:0');
    await converse(new WS(between.url), ['by IPv6']);
    await between.printed(/#1 · closed/);
    const saved = await between.stop();
    const [connection] = saved.connections();
    assert.equal(connection.client.address, '::1');
    assert.deepEqual(connection.server, { address: '::1', port: between.port });
    assert.deepEqual(connection.ended, { c2s: 'fin', s2c: 'fin' });
    assert.equal(saved.totals.frames, 4);
  });

  test('the bytes are passed as they are, whatever they are', async (t) => {
    /** @type {Buffer[]} */
    const got = [];
    const answer = Buffer.from(
      'HTTP/1.1 101 Whatever\r\nUpgrade: websocket\r\n\r\n\x81\x02hi\xff\xff',
    );
    const at = await raw(t, (socket) => {
      socket.on('data', (bytes) => got.push(bytes));
      socket.on('end', () => socket.end(answer));
    });
    const between = await proxy(t, `ws://${at}/base/`);
    const client = connectTcp({ port: between.port, host: '127.0.0.1', allowHalfOpen: true });
    const junk = Buffer.from(Array.from({ length: 1000 }, (_, i) => (i * 7) & 255));
    // The head in two pieces, bytes behind it in the same write.
    client.write(REQUEST.slice(0, 30));
    await pause(50);
    client.end(Buffer.concat([Buffer.from(REQUEST.slice(30), 'latin1'), junk]));
    const heard = [];
    for await (const bytes of client) heard.push(bytes);
    assert.ok(Buffer.concat(heard).equals(answer));
    const expected = REQUEST.replace('/a?b', '/base/a?b').replace(
      'Host:  proxy.localhost',
      `Host: ${at}`,
    );
    assert.equal(Buffer.concat(got).toString('latin1'), expected + junk.toString('latin1'));
    await between.printed(/closed/);
    const saved = await between.stop();
    assert.ok(saved.totals.errors > 0);
  });

  test('wss: a certificate that is trusted, one that is not, and --insecure', async (t) => {
    const certificate = makeCertificate();
    const { at, requests } = await echo(t, { server: createHttps(certificate) });
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, certificate.cert);
    const target = `wss://${at.replace('127.0.0.1', 'localhost')}/own?token=1`;
    const trusted = await proxy(t, target, '--ca', ca);
    await converse(new WS(trusted.url), ['over TLS']);
    assert.equal(requests[0].url, '/own?token=1');
    assert.equal((await trusted.stop()).totals.frames, 4);

    const insecure = await proxy(t, target, '--insecure');
    await converse(new WS(insecure.url), ['over TLS']);
    await insecure.stop();

    const doubtful = await proxy(t, target);
    const [error] = await once(new WS(doubtful.url), 'error');
    assert.match(error.message, /502/);
    await doubtful.printed(/502 The certificate of localhost:\d+ is not trusted/);
    await doubtful.stop();
  });

  test('a target that cannot be reached: 502, a line, and it is seen', async (t) => {
    const between = await proxy(t, `ws://127.0.0.1:${await freePort()}`);
    const [, response] = await once(new WS(between.url), 'unexpected-response');
    assert.equal(response.statusCode, 502);
    let body = '';
    for await (const part of response.setEncoding('utf8')) body += part;
    assert.match(body, /^Nothing listens at 127\.0\.0\.1/);
    await between.printed(/#1 ✗ 502 Nothing listens at/);
    const [connection] = (await between.stop()).connections();
    assert.equal(connection.status, 502);
  });

  test('a target that does not answer: 504', async (t) => {
    // TEST-NET-1 (RFC 5737), or else a route that says at once that there is none.
    const between = await proxy(t, 'ws://192.0.2.1:81', '--timeout', '0.3');
    const [, response] = await once(new WS(between.url), 'unexpected-response');
    assert.ok([502, 504].includes(response.statusCode));
    response.resume();
    await between.stop();
  });

  test('a head that has no end is refused', async (t) => {
    const { at } = await echo(t);
    const between = await proxy(t, `ws://${at}`);
    const long = connectTcp(between.port, '127.0.0.1');
    long.on('error', () => {});
    long.write(`GET / HTTP/1.1\r\nX: ${'x'.repeat(70_000)}`);
    const [bytes] = await once(long, 'data');
    assert.match(`${bytes}`, /^HTTP\/1\.1 431 /);
    long.destroy();
    await between.stop();
  });

  test('a reset is passed on, and noted', async (t) => {
    const at = await raw(t, (socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.resetAndDestroy());
    });
    const between = await proxy(t, `ws://${at}`);
    const client = connectTcp(between.port, '127.0.0.1');
    client.write(REQUEST);
    const [error] = await once(client, 'error');
    assert.equal(error.code, 'ECONNRESET');
    // Whether reading or writing hears of it first is a matter of luck.
    await between.printed(/#1 ✗ the server: (read|write) ECONNRESET/);
    const [connection] = (await between.stop()).connections();
    assert.deepEqual(connection.ended, { c2s: 'reset', s2c: 'reset' });
  });

  test('a client that does not read holds the server up, and memory stays', async (t) => {
    let sent = 0;
    const at = await raw(t, (socket) => {
      socket.on('error', () => {});
      const chunk = Buffer.alloc(1 << 16, 1);
      const more = () => {
        while (sent < 1 << 28 && socket.write(chunk)) sent += chunk.length;
      };
      socket.once('data', () => {
        socket.on('drain', more);
        more();
      });
    });
    const between = await proxy(t, `ws://${at}`);
    const client = connectTcp(between.port, '127.0.0.1');
    client.on('error', () => {});
    client.write(REQUEST);
    client.pause();
    let before = -1;
    while (before !== sent) {
      before = sent;
      await pause(300);
    }
    assert.ok(sent < 1 << 27, `${sent} bytes were taken`);
    client.destroy();
    await between.stop();
  });

  test('the page is there and hears of what passes', async (t) => {
    const { at } = await echo(t);
    const between = await proxy(t, `ws://${at}`);
    const { origin, search } = new URL(between.page);
    assert.match(
      await (await fetch(between.page)).text(),
      /name="ws4wasm-live" content="\/live"/,
    );
    assert.equal((await fetch(`${origin}/package.json${search}`)).status, 404);
    assert.equal((await fetch(between.page, { method: 'POST' })).status, 405);
    const watcher = new WS(`${origin.replace('http', 'ws')}/live${search}`, { origin });
    let heard = '';
    watcher.on('message', (data) => {
      heard += /** @type {Buffer} */ (data).toString('latin1');
    });
    await once(watcher, 'open');
    await converse(new WS(`${between.url}here`), ['x']);
    while (!heard.includes('GET /here HTTP/1.1') || !heard.includes(' 101 ')) await pause(20);
    const gone = once(watcher, 'close');
    await between.stop();
    assert.equal((await gone)[0], 1001);
  });

  test('what is wrong with the command line, a port or a file is said', async (t) => {
    const port = await listen(createTcp(), t);
    const there = join(folder, 'there.pcapng');
    writeFileSync(there, 'precious');
    const ok = ['--target', 'ws://127.0.0.1:9', '--listen', '0'];
    for (const [args, code, said] of /** @type {[string[], number, RegExp][]} */ ([
      [[], 2, /^Where to pass it on to\? Give --target URL/],
      [['--target', 'http://a'], 2, /^--target is "http:\/\/a"; write it like/],
      [['--target', 'ws://a b'], 2, /^--target is /],
      [['--target', 'a', '--listen', 'x'], 2, /^--listen is "x"; it must be a number/],
      [['--target', 'a', '--page', '70000'], 2, /^--page is "70000"/],
      [['--target', 'a', '--allow-origin', 'b'], 2, /^--allow-origin is "b"; write it as/],
      [['--nonsense'], 2, /^Unknown option '--nonsense'/],
      [
        ['--target', 'a', '--listen', `${port}`],
        1,
        /^Port \d+ is taken\. Choose another one: --listen \d+/,
      ],
      [[...ok, '--save', there], 1, /there\.pcapng is there already\. Choose another name/],
      [[...ok, '--save', join(folder, 'no/where')], 1, /^--save: ENOENT/],
      [[...ok, '--ca', join(folder, 'none.pem')], 1, /^--ca: ENOENT/],
    ])) {
      const child = spawn(process.execPath, [main, 'inspect', ...args]);
      let err = '';
      child.stderr.setEncoding('utf8').on('data', (text) => {
        err += text;
      });
      const [status] = await once(child, 'close');
      assert.match(err, said);
      assert.equal(status, code, args.join(' '));
    }
    assert.equal(readFileSync(there, 'utf8'), 'precious');
    assert.ok(existsSync(there));
  });
});

test('the address that is printed is one that others can connect to', () => {
  const lo = /** @type {const} */ ({ family: 'IPv4', internal: true, address: '127.0.0.1' });
  const net = /** @type {const} */ ({ family: 'IPv4', internal: false, address: '192.0.2.7' });
  const all = /** @type {any} */ ({ lo: [lo], eth0: [net] });
  assert.equal(reachable('0.0.0.0:8081', all), '192.0.2.7:8081');
  assert.equal(reachable('[::]:8081', all), '192.0.2.7:8081');
  assert.equal(reachable('0.0.0.0:8081', /** @type {any} */ ({ lo: [lo] })), '127.0.0.1:8081');
  assert.equal(reachable('[::1]:8081', all), '[::1]:8081');
});
