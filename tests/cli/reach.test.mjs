// Where `ws4wasm inspect` reaches: several targets by path and Host, and plain requests beside the
// WebSockets. The real program between clients and servers of Node.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, request as requestHttp } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { describe, test } from 'node:test';
import WS from 'ws';
import { endToEnd } from '../../js/cli/inspect/fields.js';
import { withoutOwnCookies } from '../../js/cli/inspect/request.js';
import { named, pathFor, Routes } from '../../js/cli/inspect/routes.js';
import { listen, until } from '../support/connections.mjs';
import { echo, serveWs } from '../support/ws.mjs';
import { ask, inspect, start, UPGRADE } from './support.mjs';

/** @typedef {import('node:test').TestContext} TestContext */
/** @typedef {import('node:http').RequestListener} RequestListener */

/**
 * @param {TestContext} t
 * @param {RequestListener} listener
 */
async function site(t, listener) {
  const server = createServer(listener);
  const port = await listen(server, t);
  t.after(() => server.closeAllConnections());
  return `127.0.0.1:${port}`;
}

/** Says its name and what it is asked. @param {TestContext} t @param {string} name */
const speaker = (t, name) =>
  site(t, ({ url, headers }, response) => response.end(`${name} ${url} ${headers.host}`));

/**
 * @param {number} port
 * @param {import('node:http').RequestOptions} options
 * @param {string | Buffer} [body]
 */
async function fetched(port, options, body) {
  const request = requestHttp({ port, host: '127.0.0.1', ...options });
  request.end(body);
  const [response] = await once(request, 'response');
  const parts = [];
  for await (const part of response) parts.push(part);
  return { response, body: Buffer.concat(parts) };
}

describe('routes', () => {
  const routes = new Routes([
    'ws://rest/base?key=1',
    '/chat=ws://chat',
    '/chat/deep=ws://deep/',
    'App.test=ws://app',
    'app.test/chat/=ws://appchat/room',
  ]);

  test('the most that fits: a Host before a path, the longer path, whole segments', () => {
    for (const [host, path, url] of [
      ['x', '/', 'ws://rest/base?key=1'],
      ['x', '/chatter', 'ws://rest/base?key=1'],
      ['x', '*', 'ws://rest/base?key=1'],
      ['x', '/chat', 'ws://chat/'],
      ['x', '/chat?a', 'ws://chat/'],
      ['x', '/chat/a', 'ws://chat/'],
      ['x', '/chat/deep/a', 'ws://deep/'],
      ['app.test:8081', '/x', 'ws://app/'],
      ['APP.test', '/chat/deep', 'ws://appchat/room'],
      ['', '/chat', 'ws://chat/'],
      ['not a host/', '/chat', 'ws://chat/'],
    ]) {
      assert.equal(routes.find(host, path)?.url.href, url, `${host}${path}`);
    }
    assert.deepEqual(routes.hosts, ['app.test']);
    const some = new Routes(['/a=ws://a', 'b.test=b']);
    assert.equal(some.find('x', '/'), undefined);
    assert.match(some.without('/x?key=secret'), /for \/x\?key=… at .*: b\.test, \/a$/);
  });

  test("a path of the target takes the place of the route's", () => {
    const to = (/** @type {string} */ host, /** @type {string} */ path) => {
      const route = routes.find(host, path);
      assert.ok(route);
      return pathFor(route, path);
    };
    assert.equal(to('x', '/'), '/base?key=1');
    assert.equal(to('x', '/a?b'), '/base/a?b');
    assert.equal(to('x', '/chat/a?b'), '/chat/a?b');
    assert.equal(to('x', '/chat/deep'), '/');
    assert.equal(to('x', '/chat/deep/a'), '/a');
    assert.equal(to('app.test', '/chat'), '/room');
    assert.equal(to('app.test', '/chat?a=b'), '/room?a=b');
    assert.equal(to('app.test', '/chat/1'), '/room/1');
    assert.equal(to('app.test', '/x'), '/x');
    assert.equal(to('x', '*'), '*');
  });

  test('what cannot be is said', () => {
    for (const [texts, said] of /** @type {[string[], RegExp][]} */ ([
      [[], /^Where to pass it on to\?/],
      [['ws://a', 'ws://b'], /ws:\/\/a\/ and ws:\/\/b\/ are both for everything\. Give one/],
      [['a', '/=b'], /are both for everything/],
      [['/x=a', '/x/=b'], /are both for \/x$/],
      [['/x='], /"\/x=" has no URL: write \/x=ws:/],
      [['/x=http://a'], /^--target is "\/x=http:\/\/a"; write it like ws:.*for http and https/],
      [['ftp://a'], /^--target is "ftp:/],
      [['ws://u:secret@a'], /^--target is "ws:\/\/…@a"/],
      [['a.test:80=ws://a'], /"a\.test:80" is neither a path, as \/chat, nor a Host without/],
      [['a b=ws://a'], /is neither/],
      [['=ws://a'], /is neither/],
    ])) {
      assert.throws(() => new Routes(texts), { name: 'Error', message: said });
    }
    const [only] = new Routes(['localhost:1/?a=b']).all;
    assert.equal(named(only), '/');
    assert.equal(only.url.href, 'ws://localhost:1/?a=b');
  });
});

test('what is for one connection is not for the next', () => {
  const raw =
    'Host a Connection keep-alive,X-Mine,Close X-Mine 1 keep-alive 5 TE trailers Upgrade h2c Transfer-Encoding chunked Proxy-Connection close HTTP2-Settings x Accept * :path /';
  assert.deepEqual(endToEnd(raw.split(' ')), ['Host', 'a', 'Accept', '*']);
});

test('the token of our own pages is no business of a target', () => {
  const head = (/** @type {string} */ cookie) => `GET / HTTP/1.1\r\n${cookie}Host: a\r\n\r\n`;
  for (const [before, after] of [
    ['Cookie:  a=b;c=d\r\n', 'Cookie:  a=b;c=d\r\n'],
    ['Cookie: a=b; ws4wasm-8081=x; c=d\r\n', 'Cookie: a=b; c=d\r\n'],
    ['Cookie: ws4wasm-1=x\r\n', ''],
    ['Cookie: ws4wasm-1=x;ws4wasm-2=y\r\nX: 1\r\n', 'X: 1\r\n'],
    ['Cookie: xws4wasm-1=x\r\n', 'Cookie: xws4wasm-1=x\r\n'],
  ]) {
    assert.equal(withoutOwnCookies(head(before)), head(after));
  }
});

describe('several targets', () => {
  test('WebSockets and requests go where their Host and path lead', async (t) => {
    const chat = await serveWs(t, (ws, { url }) => ws.send(`chat ${url}`));
    const app = await serveWs(t, (ws, { url }) => ws.send(`app ${url}`));
    const pages = await speaker(t, 'pages');
    const proxy = await inspect(
      t,
      `ws://${pages}`,
      '--target',
      `/chat=ws://${chat}`,
      '--target',
      `app.test=ws://${app}/room`,
    );
    await proxy.printed(
      /instead of the targets:\n {2}app\.test → ws:.*\n {2}\/chat → .*\n {2}\/ →/,
    );
    for (const [path, headers, said] of /** @type {[string, object, string][]} */ ([
      ['chat/1', {}, 'chat /chat/1'],
      ['chat/1', { Host: 'app.test' }, 'app /room/chat/1'],
      ['', { Host: 'APP.test', Origin: 'http://APP.test' }, 'app /room'],
    ])) {
      const ws = new WS(proxy.address + path, { headers: /** @type {any} */ (headers) });
      const [data] = await once(ws, 'message');
      assert.equal(`${data}`, said);
      ws.terminate();
    }
    const { body } = await fetched(proxy.port, { path: '/chatter?a' });
    assert.equal(`${body}`, `pages /chatter?a ${pages}`);
    const foreign = await ask(proxy.port, '/', { Host: 'other.test' });
    assert.equal(foreign.status, 403, 'a name that is no route may not lead here');
  });

  test('what no route is for is 404, and the routes are named', async (t) => {
    const at = await speaker(t, 'a');
    const proxy = await inspect(t, `/a=ws://${at}`);
    const Host = `127.0.0.1:${proxy.port}`;
    for (const more of [{}, UPGRADE]) {
      const { status, body } = await ask(proxy.port, '/b?key=secret', { Host, ...more });
      assert.equal(status, 404);
      assert.match(body, /no target for \/b\?key=\S+ at this Host\. Those there are: \/a\n/);
    }
    assert.match((await ask(proxy.port, '/a', { Host })).body, /^a \/a /);
    // A whole URL is not where it leads, and no tunnel is made: this is no open proxy.
    const whole = await ask(proxy.port, `http://${at}/a`, { Host });
    assert.match(whole.body, /^a \/a /, "its path, at the route's target");
    const other = await ask(proxy.port, 'http://evil.test/a', { Host });
    assert.equal(other.status, 403);
    const socket = connectTcp(proxy.port, '127.0.0.1');
    socket.write(`CONNECT ${at} HTTP/1.1\r\nHost: ${at}\r\n\r\n`);
    assert.match(`${(await once(socket, 'data'))[0]}`, /^HTTP\/1\.1 405 /);
    socket.destroy();
  });

  test('the command line says what is wrong with it', async (t) => {
    const child = start(t, 'inspect', '--target', 'ws://a', '--target', 'ws://b');
    assert.equal(await child.ended, 2);
    assert.match(child.said(), /^--target: ws:\/\/a\/ and ws:\/\/b\/ are both for everything/);
  });
});

describe('plain requests', () => {
  test('go there and back as they are, but for Host and what is for one hop', async (t) => {
    /** @type {import('node:http').IncomingMessage[]} */
    const got = [];
    const at = await site(t, (request, response) => {
      got.push(request);
      response.sendDate = false;
      response.writeHead(207, 'Quite All Right', [
        ['X-Odd', 'One'],
        ['Set-Cookie', 'a=1'],
        ['set-cookie', 'b=2'],
        ['Content-Encoding', 'br'],
        ['Connection', 'X-Hop'],
        ['X-Hop', 'mine'],
        ['Content-Length', '3'],
      ]);
      response.end('abc');
    });
    const proxy = await inspect(t, `ws://${at}`);
    const { response, body } = await fetched(proxy.port, {
      method: 'PROPFIND',
      path: '/a/../b%2f?c=%20&d',
      headers: {
        Accept: ['x/y', 'z'],
        'X-CaSe': 'Kept',
        Cookie: `mine=1; ws4wasm-${proxy.pagePort}=${proxy.token}`,
        Connection: 'X-Only-Here',
        'X-Only-Here': '1',
        Origin: `http://127.0.0.1:${proxy.port}`,
      },
    });
    const [{ method, url, headers, rawHeaders }] = got;
    assert.equal(`${method} ${url}`, 'PROPFIND /a/../b%2f?c=%20&d');
    assert.equal(headers.host, at);
    assert.equal(headers.cookie, 'mine=1');
    assert.equal(headers.accept, 'x/y, z');
    assert.equal(headers.origin, `http://127.0.0.1:${proxy.port}`);
    assert.ok(rawHeaders.includes('X-CaSe'));
    assert.ok(!rawHeaders.includes('X-Only-Here'));
    assert.equal(headers['transfer-encoding'], undefined);
    assert.equal(response.statusCode, 207);
    assert.equal(response.statusMessage, 'Quite All Right');
    assert.equal(`${body}`, 'abc');
    const raw = endToEnd(response.rawHeaders);
    assert.deepEqual(
      raw.filter((_, i) => i % 2 === 0),
      ['X-Odd', 'Set-Cookie', 'Set-Cookie', 'Content-Encoding', 'Content-Length'],
    );
    assert.equal(response.headers['x-hop'], undefined);
    await proxy.printed(/^PROPFIND \/a\/\.\.\/b%2f\?c=…&… 207$/m);
  });

  test('HEAD, 204, 304, and an answer that its end ends', async (t) => {
    const at = await site(t, ({ url, method }, response) => {
      if (url === '/304') response.writeHead(304, { ETag: '"x"', 'Content-Length': '9' }).end();
      else if (url === '/204') response.writeHead(204).end();
      else if (url === '/close') {
        response.socket?.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it');
      } else
        response
          .writeHead(200, { 'Content-Length': '5' })
          .end(method === 'HEAD' ? '' : 'hello');
    });
    const proxy = await inspect(t, `ws://${at}`);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    const head = await fetched(proxy.port, { method: 'HEAD', agent });
    assert.equal(head.response.headers['content-length'], '5');
    const same = await fetched(proxy.port, { path: '/304', agent });
    assert.equal(same.response.statusCode, 304);
    assert.equal(same.response.headers.etag, '"x"');
    assert.equal(same.response.headers['content-length'], '9');
    const none = await fetched(proxy.port, { path: '/204', agent });
    assert.equal(none.response.statusCode, 204);
    assert.equal(none.response.headers['transfer-encoding'], undefined);
    assert.equal(`${(await fetched(proxy.port, { path: '/close', agent })).body}`, 'all of it');
    assert.equal(`${(await fetched(proxy.port, { agent })).body}`, 'hello');
  });

  test('large bodies both ways, with and without a length, and trailers', async (t) => {
    const at = await site(t, (request, response) => {
      const hash = createHash('sha256');
      response.writeHead(200, {
        Trailer: 'X-Hash',
        'X-Length': request.headers['content-length'] ?? 'none',
      });
      request.on('data', (part) => {
        hash.update(part);
        if (!response.write(part)) request.pause();
      });
      response.on('drain', () => request.resume());
      request.on('end', () => {
        response.addTrailers({ 'X-Hash': hash.digest('hex') });
        response.end();
      });
    });
    const proxy = await inspect(t, `ws://${at}`);
    const body = randomBytes(5_000_000);
    for (const headers of [
      { 'Content-Length': body.length },
      { 'Transfer-Encoding': 'chunked' },
    ]) {
      const got = await fetched(proxy.port, { method: 'POST', headers }, body);
      assert.ok(got.body.equals(body));
      const length = got.response.headers['x-length'];
      assert.equal(length, headers['Content-Length'] ? `${body.length}` : 'none');
      const hash = createHash('sha256').update(body).digest('hex');
      assert.equal(got.response.trailers['x-hash'], hash);
    }
  });

  test('nothing is kept back: events come as they are sent, uploads go as they come', async (t) => {
    /** @type {(() => void)[]} */
    const goOn = [];
    const at = await site(t, (request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.flushHeaders();
      request.on('data', (part) => response.write(`data: ${part}\n\n`));
      goOn.push(() => response.end());
    });
    const proxy = await inspect(t, `ws://${at}`);
    const request = requestHttp({ port: proxy.port, host: '127.0.0.1', method: 'POST' });
    request.flushHeaders();
    const [response] = await once(request, 'response');
    for (const word of ['one', 'two']) {
      request.write(word);
      assert.equal(`${(await once(response, 'data'))[0]}`, `data: ${word}\n\n`);
    }
    goOn[0]();
    await once(response.resume(), 'end');
    request.destroy();
  });

  test('100-continue and early hints are the target’s', async (t) => {
    let asked = 0;
    const server = createServer((_, response) => response.end('unexpected'));
    server.on('checkContinue', (request, response) => {
      asked++;
      if (request.url === '/no') {
        response.writeHead(417).end();
        return;
      }
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      response.writeContinue();
      request.pipe(response);
    });
    const at = `127.0.0.1:${await listen(server, t)}`;
    t.after(() => server.closeAllConnections());
    const proxy = await inspect(t, `ws://${at}`);
    const headers = { Expect: '100-continue', 'Content-Length': '4' };
    const request = requestHttp({
      port: proxy.port,
      host: '127.0.0.1',
      method: 'PUT',
      headers,
    });
    /** @type {any[]} */
    const heard = [];
    request.on('information', (info) => heard.push(info));
    request.flushHeaders();
    await once(request, 'continue');
    assert.equal(asked, 1);
    assert.equal(heard[0].statusCode, 103);
    assert.equal(heard[0].headers.link, '</a.css>; rel=preload');
    request.end('body');
    const [response] = await once(request, 'response');
    assert.equal(`${(await once(response, 'data'))[0]}`, 'body');

    const refused = requestHttp({
      port: proxy.port,
      host: '127.0.0.1',
      path: '/no',
      method: 'PUT',
      headers,
    });
    refused.flushHeaders();
    const [no] = await once(refused, 'response');
    assert.equal(no.statusCode, 417);
    refused.destroy();
  });

  test('a WebSocket on a connection that has had other requests', async (t) => {
    const server = createServer((_, response) => response.end('page'));
    const at = await serveWs(t, echo, { server });
    const proxy = await inspect(t, `ws://${at}`);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    assert.equal(`${(await fetched(proxy.port, { agent })).body}`, 'page');
    // What asks for another protocol is a plain request.
    const h2c = {
      Connection: 'Upgrade, HTTP2-Settings',
      Upgrade: 'h2c',
      'HTTP2-Settings': 'x',
    };
    assert.equal(`${(await fetched(proxy.port, { agent, headers: h2c })).body}`, 'page');
    const ws = new WS(proxy.address, { agent });
    await once(ws, 'open');
    ws.send('x');
    assert.equal(`${(await once(ws, 'message'))[0]}`, 'x');
    ws.terminate();
    await proxy.printed(/#1 · open \//);
  });

  test('an answer that is cut is seen to be; a client that leaves ends the request', async (t) => {
    let left = false;
    const at = await site(t, (request, response) => {
      if (request.url === '/cut') {
        response.writeHead(200, { 'Content-Length': '100' });
        response.write('some', () => response.destroy());
        return;
      }
      response.on('close', () => {
        left = true;
      });
      response.write('some');
    });
    const proxy = await inspect(t, `ws://${at}`);
    await assert.rejects(fetched(proxy.port, { path: '/cut' }), { code: 'ECONNRESET' });
    const request = requestHttp({ port: proxy.port, host: '127.0.0.1' });
    request.on('error', () => {});
    request.end();
    const [response] = await once(request, 'response');
    response.on('error', () => {});
    await once(response, 'data');
    request.destroy();
    await until(() => left);
  });

  test('a target that is not there is 502; foreign pages and names are 403', async (t) => {
    const at = await speaker(t, 'a');
    const proxy = await inspect(t, `ws://${at}`, '--target', '/gone=ws://127.0.0.1:1');
    const Host = `127.0.0.1:${proxy.port}`;
    const gone = await ask(proxy.port, '/gone', { Host });
    assert.equal(gone.status, 502);
    assert.match(gone.body, /^Nothing listens at 127\.0\.0\.1:1\./);
    for (const fields of /** @type {Record<string, string>[]} */ ([
      { Host, Origin: 'http://evil.test' },
      { Host: 'evil.test' },
      { Host, Origin: 'null' },
    ])) {
      assert.equal((await ask(proxy.port, '/', fields)).status, 403, JSON.stringify(fields));
    }
    assert.equal((await ask(proxy.port, '/', { Host })).status, 200);
  });

  test('a target that closes idle connections is asked again', async (t) => {
    let count = 0;
    const server = createServer((_, response) => response.end(`${++count}`));
    // Each connection is reset at its second request, as one that was just being closed is.
    server.on('connection', (socket) => {
      let requests = 0;
      socket.on('data', () => {
        if (++requests > 1) socket.resetAndDestroy();
      });
    });
    const at = `127.0.0.1:${await listen(server, t)}`;
    const proxy = await inspect(t, `ws://${at}`);
    for (const n of [1, 2, 3]) {
      assert.equal(`${(await fetched(proxy.port, {})).body}`, `${n}`);
    }
    server.closeAllConnections();
  });

  test('a target that has closed an idle connection is asked on another one', async (t) => {
    /** @type {import('node:net').Socket[]} */
    const sockets = [];
    const server = createServer((_, response) => response.end('here'));
    server.on('connection', (socket) => sockets.push(socket));
    const at = `127.0.0.1:${await listen(server, t)}`;
    const proxy = await inspect(t, `ws://${at}`);
    for (const n of [1, 2, 3]) {
      assert.equal(`${(await fetched(proxy.port, {})).body}`, 'here');
      assert.equal(sockets.length, n);
      const [socket] = sockets.slice(-1);
      socket.destroy();
      await once(socket, 'close');
    }
  });
});
