// `ws4wasm inspect --proxy` and `ws4wasm connect --proxy`: servers that are reached through a proxy,
// by CONNECT and by SOCKS5.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect as connectTcp, createServer as createTcp } from 'node:net';
import { test } from 'node:test';
import WS from 'ws';
import { listen } from '../support/connections.mjs';
import { echo, serveWs } from '../support/ws.mjs';
import { inspect, start } from './support.mjs';

/** @typedef {import('node:test').TestContext} TestContext */

/** A name that only the proxy knows. */
const HIDDEN = 'hidden.test';

/** @param {TestContext} t */
async function target(t) {
  const server = createServer(({ headers }, response) => response.end(`page ${headers.host}`));
  const at = await serveWs(t, echo, { server });
  return at.replace('127.0.0.1', HIDDEN);
}

/**
 * @param {TestContext} t
 * @param {import('node:net').Socket} socket
 * @param {string | undefined} port on this machine
 */
function tunnelled(t, socket, port) {
  const onward = connectTcp(Number(port), '127.0.0.1');
  t.after(() => {
    socket.destroy();
    onward.destroy();
  });
  socket.on('error', () => {});
  onward.on('error', () => {});
  socket.pipe(onward).pipe(socket);
}

/** A proxy that asks for a password. @param {TestContext} t */
async function httpProxy(t) {
  /** @type {string[]} */
  const asked = [];
  const server = createServer();
  server.on('connect', ({ url = '', headers }, socket) => {
    asked.push(url);
    const given = Buffer.from(`${headers['proxy-authorization']}`.slice(6), 'base64');
    if (`${given}` !== 'me:s3cret') {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    tunnelled(t, /** @type {any} */ (socket), url.split(':')[1]);
  });
  return { at: `127.0.0.1:${await listen(server, t)}`, asked };
}

/** One that speaks SOCKS5 (RFC 1928), without a password. @param {TestContext} t */
async function socksProxy(t) {
  /** @type {string[]} */
  const asked = [];
  const server = createTcp((socket) => {
    socket.once('data', () => {
      socket.write(Buffer.of(5, 0));
      socket.once('data', (bytes) => {
        assert.deepEqual(
          [...bytes.subarray(0, 4)],
          [5, 1, 0, 3],
          'a name, for the proxy to find',
        );
        const end = 5 + bytes[4];
        const port = bytes.readUInt16BE(end);
        asked.push(`${bytes.toString('latin1', 5, end)}:${port}`);
        socket.write(Buffer.of(5, 0, 0, 1, 127, 0, 0, 1, 0, 0));
        tunnelled(t, socket, `${port}`);
      });
    });
  });
  return { at: `127.0.0.1:${await listen(server, t)}`, asked };
}

/** @param {{ address: string, port: number }} proxy */
async function passes({ address, port }) {
  const ws = new WS(address);
  await once(ws, 'open');
  ws.send('x');
  assert.equal(`${(await once(ws, 'message'))[0]}`, 'x');
  ws.terminate();
  assert.match(await (await fetch(`http://127.0.0.1:${port}/`)).text(), /^page hidden\.test:/);
}

test('inspect through an HTTP proxy', async (t) => {
  const at = await target(t);
  const proxy = await httpProxy(t);
  const open = await inspect(t, `ws://${at}`, '--proxy', `http://me:s3cret@${proxy.at}`);
  await passes(open);
  assert.deepEqual(proxy.asked, [at, at]);
  assert.ok(!open.said().includes('s3cret'));

  const shut = await inspect(t, `ws://${at}`, '--proxy', proxy.at);
  const [, response] = await once(new WS(shut.address), 'unexpected-response');
  assert.equal(response.statusCode, 502);
  await shut.printed(/502 No way through the proxy: The proxy answered 407\./);
  const page = await fetch(`http://127.0.0.1:${shut.port}/`);
  assert.equal(page.status, 502);
  assert.match(await page.text(), /^No way through the proxy: The proxy answered 407\./);
});

test('inspect through a SOCKS5 proxy', async (t) => {
  const at = await target(t);
  const proxy = await socksProxy(t);
  await passes(await inspect(t, `ws://${at}`, '--proxy', `socks5h://${proxy.at}`));
  assert.deepEqual(proxy.asked, [at, at]);
});

test('what the environment says is taken where it is asked for', async (t) => {
  const at = await target(t);
  const proxy = await httpProxy(t);
  process.env.HTTP_PROXY = `http://me:s3cret@${proxy.at}`;
  process.env.NO_PROXY = '127.0.0.1';
  t.after(() => {
    delete process.env.HTTP_PROXY;
    delete process.env.NO_PROXY;
  });
  await passes(await inspect(t, `ws://${at}`, '--proxy', 'env'));
  const direct = at.replace(HIDDEN, '127.0.0.1');
  const exempt = await inspect(t, `ws://${direct}`, '--proxy', 'env');
  const ws = new WS(exempt.address);
  await once(ws, 'open');
  ws.terminate();
  assert.equal(proxy.asked.length, 2);
});

test('connect through an HTTP proxy', async (t) => {
  const at = await target(t);
  const proxy = await httpProxy(t);
  const url = `ws://${at}`;
  const one = start(
    t,
    'connect',
    '--proxy',
    `http://me:s3cret@${proxy.at}`,
    '-x',
    'hello',
    url,
  );
  one.endInput();
  assert.equal(await one.ended, 0);
  assert.match(one.said(), /^hello$/m);
  const other = start(t, 'connect', '--proxy', proxy.at, url);
  assert.equal(await other.ended, 1);
  assert.match(other.said(), /^The proxy answered 407\. It wants --proxy http:/);
});

test('what is no proxy is said, without its password', async (t) => {
  for (const command of [
    ['connect', 'a'],
    ['inspect', '--target', 'a'],
  ]) {
    for (const text of ['ftp://me:s3cret@a', 'http://', 'a b', 'socks9://a']) {
      const child = start(t, ...command, '--proxy', text);
      assert.equal(await child.ended, 2, text);
      assert.match(child.said(), /^--proxy is ".*"; write it like http:/);
      assert.ok(!child.said().includes('s3cret'));
    }
  }
});
