// Redirects: which are followed, and what goes along.
import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect as connectNet } from 'node:net';
import { describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { EchoWebSocket } from 'ws4wasm';
import { connect, upgrade } from 'ws4wasm/node';
import { makeCertificate } from '../support/certificate.mjs';
import { listen, noLeaks } from '../support/connections.mjs';

noLeaks();

const certificate = makeCertificate();

/**
 * A server that sends everybody who does not ask for /end elsewhere, and what it was sent.
 * @param {import('node:test').TestContext} t
 * @param {string | (() => string)} location
 */
async function redirecting(t, location, { status = 302, secure = false } = {}) {
  /** @type {import('node:http').IncomingHttpHeaders[]} */
  const seen = [];
  const server = secure ? createHttpsServer(certificate) : createHttpServer();
  server.on('upgrade', (request, socket, head) => {
    seen.push(request.headers);
    const Location = typeof location === 'function' ? location() : location;
    const verify = () => request.url === '/end' || { status, headers: { Location } };
    void upgrade(request, socket, head, { verify, WebSocket: EchoWebSocket, protocols: ['p'] });
  });
  const port = await listen(server, t);
  const scheme = secure ? 'wss' : 'ws';
  return { url: `${scheme}://localhost:${port}/start`, host: `localhost:${port}`, port, seen };
}

/** @param {Promise<any>} opening */
async function echoes(opening) {
  const ws = await opening;
  await ws.send('hello');
  for await (const { data } of ws) {
    assert.equal(data, 'hello');
    break;
  }
  ws.close();
  await ws.run();
}

const secrets = {
  maxRedirects: 5,
  headers: { Cookie: 'secret', 'X-Key': 'secret' },
  protocols: ['p', 'bearer.secret'],
  tls: { ca: certificate.cert },
};
/** With credentials. @param {string} url */
const credited = (url) => url.replace('://', '://user:secret@');

/** What one was sent of the secrets. @param {import('node:http').IncomingHttpHeaders} headers */
function told(headers) {
  const { authorization, cookie } = headers;
  return [authorization, cookie, headers['x-key'], headers['sec-websocket-protocol']];
}
const BASIC = `Basic ${btoa('user:secret')}`;
const ALL = [BASIC, 'secret', 'secret', 'p, bearer.secret'];
const NONE = [undefined, undefined, undefined, undefined];

test('none is followed unless asked for', async (t) => {
  const { url, seen } = await redirecting(t, '/end');
  const error = await connect(url).catch((reason) => reason);
  assert.equal(error.status, 302);
  assert.equal(error.response.headers.get('location'), '/end');
  assert.equal(seen.length, 1);
});

describe('the same host: everything goes along', () => {
  for (const status of [301, 302, 303, 307, 308]) {
    test(`${status}`, async (t) => {
      const { url, seen } = await redirecting(t, '/end#fragment', { status });
      await echoes(connect(credited(url), { ...secrets, maxRedirects: 1 }));
      assert.deepEqual(seen.map(told), [ALL, ALL]);
    });
  }

  test('an absolute Location, with http: or ws:, and in capitals', async (t) => {
    for (const scheme of ['http', 'ws']) {
      const here = await redirecting(t, () => `${scheme}://LOCALHOST:${here.port}/end`);
      await echoes(connect(credited(here.url), secrets));
      assert.deepEqual(here.seen.map(told), [ALL, ALL]);
    }
  });

  test('its own credentials go before those of the URL', async (t) => {
    const here = await redirecting(t, () => `ws://a:b@${here.host}/end`);
    await echoes(connect(credited(here.url), secrets));
    assert.equal(here.seen[1].authorization, `Basic ${btoa('a:b')}`);
  });

  test('into encryption, whose port is another', async (t) => {
    const there = await redirecting(t, '/end', { secure: true });
    for (const scheme of ['https', 'wss']) {
      const here = await redirecting(t, `${scheme}://${there.host}/end`);
      there.seen.length = 0;
      await echoes(connect(credited(here.url), secrets));
      assert.deepEqual([...here.seen, ...there.seen].map(told), [ALL, ALL]);
    }
  });

  test('into encryption, with the default ports', async (t) => {
    const there = await redirecting(t, '/end', { secure: true });
    const here = await redirecting(t, 'https://localhost/end');
    const createConnection = (/** @type {any} */ { port, secure }) => {
      assert.equal(port, secure ? 443 : 80);
      return secure
        ? connectTls({ port: there.port, host: 'localhost', ca: certificate.cert })
        : connectNet(here.port, 'localhost');
    };
    await echoes(connect('ws://user:secret@localhost/start', { ...secrets, createConnection }));
    assert.deepEqual([...here.seen, ...there.seen].map(told), [ALL, ALL]);
  });
});

describe('another host: nothing secret goes along', () => {
  test('another port, another name, and back again', async (t) => {
    const there = await redirecting(t, '/end');
    for (const host of [there.host, there.host.replace('localhost', '127.0.0.1')]) {
      const here = await redirecting(t, `http://${host}/`);
      there.seen.length = 0;
      await echoes(connect(credited(here.url), secrets));
      assert.deepEqual(here.seen.map(told), [ALL]);
      assert.deepEqual(there.seen.map(told), [NONE, NONE]);
    }
    const back = await redirecting(t, () => `ws://${away.host}/`);
    const away = await redirecting(t, `ws://${back.host}/end`);
    await echoes(connect(credited(back.url), secrets));
    assert.deepEqual(back.seen.map(told), [ALL, NONE]);
  });

  test('another name behind TLS, from ws: and from wss:', async (t) => {
    const there = await redirecting(t, '/end', { secure: true });
    const elsewhere = `wss://${there.host.replace('localhost', '127.0.0.1')}/end`;
    for (const secure of [false, true]) {
      const here = await redirecting(t, elsewhere, { secure });
      there.seen.length = 0;
      await echoes(connect(credited(here.url), secrets));
      assert.deepEqual([...here.seen, ...there.seen].map(told), [ALL, NONE]);
    }
  });

  test("nor a client's certificate", async (t) => {
    let authorized;
    const there = createHttpsServer({
      ...certificate,
      ca: certificate.cert,
      requestCert: true,
      rejectUnauthorized: false,
    });
    there.on('upgrade', (request, socket, head) => {
      authorized = /** @type {any} */ (request.socket).authorized;
      void upgrade(request, socket, head, { WebSocket: EchoWebSocket });
    });
    const port = await listen(there, t);
    const tls = { ...certificate, ca: certificate.cert };
    for (const [host, own] of [
      ['localhost', true],
      ['127.0.0.1', false],
    ]) {
      const { url } = await redirecting(t, `wss://${host}:${port}/`);
      await echoes(connect(url, { maxRedirects: 1, tls }));
      assert.equal(authorized, own);
    }
  });
});

test('out of encryption none is followed, to whatever host', async (t) => {
  const there = await redirecting(t, '/end');
  for (const host of [there.host, there.host.replace('localhost', '127.0.0.1')]) {
    for (const scheme of ['http', 'ws']) {
      const here = await redirecting(t, `${scheme}://${host}/end`, { secure: true });
      await assert.rejects(connect(here.url, secrets), {
        name: 'HandshakeError',
        status: 302,
        message: 'The server redirects from wss: to ws:, out of encryption.',
      });
    }
  }
  assert.equal(there.seen.length, 0);
});

test('round and round, to nowhere', async (t) => {
  const round = await redirecting(t, '/start');
  await assert.rejects(connect(round.url, { maxRedirects: 3 }), { status: 302 });
  assert.equal(round.seen.length, 4);
  for (const location of ['', 'http://', 'ftp://x/', 'javascript:alert(1)']) {
    const { url } = await redirecting(t, location);
    await assert.rejects(connect(url, { maxRedirects: 3 }), {
      name: 'HandshakeError',
      status: 302,
    });
  }
});

test('the time is for all of them', async (t) => {
  const slow = createHttpServer();
  let asked = 0;
  slow.on('upgrade', (request, socket, head) => {
    asked++;
    const answer = { status: 302, headers: { Location: '/' } };
    const verify = () =>
      new Promise((/** @type {(verdict: any) => void} */ resolve) => {
        setTimeout(() => resolve(answer), 100);
      });
    void upgrade(request, socket, head, { verify });
  });
  const url = `ws://localhost:${await listen(slow, t)}`;
  const begun = performance.now();
  await assert.rejects(connect(url, { maxRedirects: 20, handshakeTimeout: 300 }), {
    message: 'no answer within 300 ms',
  });
  const took = performance.now() - begun;
  assert.ok(asked >= 1 && asked < 20, `${asked} times`);
  // 2000 when each had its own.
  assert.ok(took < 1900, `${took} ms`);
});
