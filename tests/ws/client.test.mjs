// The client of ws: what it asks for, and what comes of the answer.
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { Agent } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeCertificate } from '../support/certificate.mjs';
import { bothWays, closing, first, http, pair, quit, serve } from './support.mjs';

bothWays('client', (ws) => {
  const { WebSocket, WebSocketServer } = ws;

  test('is an emitter with the states as constants', () => {
    const states = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };
    const client = new WebSocket(/** @type {any} */ (null), undefined, {});
    assert.ok(client instanceof EventEmitter);
    for (const [name, value] of Object.entries(states)) {
      assert.equal(/** @type {any} */ (WebSocket)[name], value);
      assert.equal(/** @type {any} */ (client)[name], value);
    }
  });

  test('throws for a URL that leads nowhere', () => {
    const cases = /** @type {[any, RegExp][]} */ ([
      ['foo', /^SyntaxError: Invalid URL: foo$/],
      ['ftp://x', /^SyntaxError: The URL's protocol must be one of "ws:", "wss:", "http:", /],
      ['ws://x/#frag', /^SyntaxError: The URL contains a fragment identifier$/],
    ]);
    for (const [url, message] of cases) assert.throws(() => new WebSocket(url), message);
  });

  test('throws for subprotocols that are none', () => {
    for (const protocols of [['a', 'a'], ['a b'], [''], [/** @type {any} */ (1)]]) {
      assert.throws(
        () => new WebSocket('ws://127.0.0.1', protocols),
        /^SyntaxError: An invalid or duplicated subprotocol was specified$/,
      );
    }
  });

  test('throws for a version that there is not', () => {
    assert.throws(
      () => new WebSocket('ws://127.0.0.1', { protocolVersion: 1 }),
      /^RangeError: Unsupported protocol version: 1 \(supported versions: 8, 13\)$/,
    );
  });

  test('takes a URL, and http for ws', async (t) => {
    const { port } = await serve(t, ws);
    for (const url of [new URL(`ws://127.0.0.1:${port}/x?y`), `http://127.0.0.1:${port}/x?y`]) {
      const client = new WebSocket(url);
      assert.equal(client.url, `ws://127.0.0.1:${port}/x?y`);
      assert.equal(client.readyState, WebSocket.CONNECTING);
      await once(client, 'open');
      assert.equal(client.readyState, WebSocket.OPEN);
      quit(client);
    }
  });

  test('sends headers, origin and credentials', async (t) => {
    const { wss, port } = await serve(t, ws);
    const client = new WebSocket(`ws://me:p%40ss@127.0.0.1:${port}/`, {
      headers: { 'X-Own': 'yes', Cookie: 'a=b' },
      origin: 'http://origin.example',
    });
    const [, { headers }] = await once(wss, 'connection');
    assert.equal(headers['x-own'], 'yes');
    assert.equal(headers.cookie, 'a=b');
    assert.equal(headers.origin, 'http://origin.example');
    assert.equal(headers.authorization, `Basic ${Buffer.from('me:p@ss').toString('base64')}`);
    assert.equal(headers.host, `127.0.0.1:${port}`);
    quit(client);
  });

  test('offers subprotocols by argument and by option', async (t) => {
    const { wss, url } = await serve(t, ws);
    for (const args of [['chat'], [['chat', 'x']], [{ protocols: ['chat'] }]]) {
      const connected = once(wss, 'connection');
      const client = new WebSocket(url, .../** @type {any} */ (args));
      const [, request] = await connected;
      assert.match(request.headers['sec-websocket-protocol'], /^chat/);
      client.on('error', () => {});
      quit(client);
    }
  });

  test('version 8 has another name for the origin', async (t) => {
    const { wss, url } = await serve(t, ws);
    const client = new WebSocket(url, { protocolVersion: 8, origin: 'http://o.example' });
    const [, { headers }] = await once(wss, 'connection');
    assert.equal(headers['sec-websocket-version'], '8');
    assert.equal(headers['sec-websocket-origin'], 'http://o.example');
    quit(client);
  });

  test('finishRequest ends the request', async (t) => {
    const { wss, url } = await serve(t, ws);
    const client = new WebSocket(url, {
      finishRequest(request, websocket) {
        assert.ok(websocket instanceof WebSocket);
        request.setHeader('X-Late', 'yes');
        setImmediate(() => request.end());
      },
    });
    const [, { headers }] = await once(wss, 'connection');
    assert.equal(headers['x-late'], 'yes');
    quit(client);
  });

  test('goes over an agent, and over a socket that is made', async (t) => {
    const { url, port } = await serve(t, ws);
    let used = 0;
    class Own extends Agent {
      /** @param {any[]} args */
      createConnection(...args) {
        used++;
        return /** @type {any} */ (super.createConnection)(...args);
      }
    }
    const agent = new Own();
    const one = new WebSocket(url, { agent });
    await once(one, 'open');
    assert.equal(used, 1);
    one.terminate();
    const other = new WebSocket('ws://nowhere.example/', {
      createConnection: () => connect(port, '127.0.0.1'),
    });
    await once(other, 'open');
    quit(other);
  });

  test('speaks TLS', async (t) => {
    const { key, cert } = makeCertificate();
    const server = createHttps({ key, cert });
    const wss = new WebSocketServer({ server });
    wss.on('connection', (socket) => socket.send('secret'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const { port } = /** @type {any} */ (server.address());
    const client = new WebSocket(`wss://127.0.0.1:${port}`, { rejectUnauthorized: false });
    assert.equal(String(await first(client, 'message')), 'secret');
    quit(client);
    const strict = new WebSocket(`wss://127.0.0.1:${port}`);
    assert.match((await first(strict, 'error')).code, /CERT|SELF_SIGNED/);
  });

  test('ws+unix: goes to a Unix socket', { skip: process.platform === 'win32' }, async (t) => {
    const { server } = await http(t, {});
    server.close();
    const path = join(tmpdir(), `ws4wasm-${process.pid}-${Math.random()}.sock`);
    server.listen(path);
    await once(server, 'listening');
    const wss = new WebSocketServer({ server });
    const client = new WebSocket(`ws+unix:${path}:/room?x`);
    const [far, request] = await once(wss, 'connection');
    assert.equal(request.url, '/room?x');
    assert.equal(request.headers.host, 'localhost');
    far.close();
    await once(client, 'close');
  });

  test("'upgrade' comes before 'open'", async (t) => {
    const { url } = await serve(t, ws);
    const client = new WebSocket(url);
    /** @type {any[]} */
    const seen = [];
    client.on('upgrade', ({ statusCode }) => seen.push(statusCode, client.readyState));
    await once(client, 'open');
    assert.deepEqual(seen, [101, WebSocket.CONNECTING]);
    quit(client);
  });

  test('an answer that is none is an error', async (t) => {
    const { url } = await http(t, {
      upgrade: (_request, socket) => void socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n'),
    });
    const client = new WebSocket(url);
    const failed = first(client, 'error');
    const closed = closing(client);
    assert.equal((await failed).message, 'Unexpected server response: 401');
    assert.equal((await closed)[0], 1006);
    assert.equal(client.readyState, WebSocket.CLOSED);
  });

  test("'unexpected-response' has the answer", async (t) => {
    const { url } = await http(t, {
      upgrade: (_request, socket) =>
        void socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'),
    });
    const client = new WebSocket(url);
    const [request, response] = await once(client, 'unexpected-response');
    assert.equal(response.statusCode, 403);
    let body = '';
    for await (const chunk of response) body += chunk;
    assert.equal(body, 'no');
    client.on('error', () => {});
    const closed = closing(client);
    request.destroy();
    quit(client);
    await closed;
  });

  test('refuses an answer that does not fit', async (t) => {
    const cases = /** @type {[string, string, string[]][]} */ ([
      ['Upgrade: foo', 'Invalid Upgrade header', []],
      [
        'Upgrade: websocket\r\nSec-WebSocket-Accept: CxYS6+NgJSBG74mdgLvGscRvpns=',
        'Invalid Sec-WebSocket-Accept header',
        [],
      ],
    ]);
    for (const [headers, message, protocols] of cases) {
      const { url } = await http(t, {
        upgrade: (_request, socket) =>
          void socket.end(
            `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n${headers}\r\n\r\n`,
          ),
      });
      const client = new WebSocket(url, protocols);
      assert.equal((await first(client, 'error')).message, message);
    }
  });

  test('refuses what it did not ask for', async (t) => {
    const { wss, url } = await serve(t, ws);
    /** @type {string[]} */
    let extra = [];
    wss.on('headers', (lines) => {
      for (let i = lines.length - 1; i >= 0; i--) {
        if (/^Sec-WebSocket-(Protocol|Extensions)/.test(lines[i])) lines.splice(i, 1);
      }
      lines.push(...extra);
    });
    const cases = /** @type {[string[], any[], string][]} */ ([
      [['Sec-WebSocket-Protocol: x'], [], 'Server sent a subprotocol but none was requested'],
      [['Sec-WebSocket-Protocol: x'], [['y']], 'Server sent an invalid subprotocol'],
      [[], [['y']], 'Server sent no subprotocol'],
      [
        ['Sec-WebSocket-Extensions: foo'],
        [{ perMessageDeflate: false }],
        'Server sent a Sec-WebSocket-Extensions header but no extension was requested',
      ],
      [
        ['Sec-WebSocket-Extensions: foo'],
        [],
        'Server indicated an extension that was not requested',
      ],
      [['Sec-WebSocket-Extensions: foo;='], [], 'Invalid Sec-WebSocket-Extensions header'],
    ]);
    for (const [lines, args, message] of cases) {
      extra = lines;
      const client = new WebSocket(url, ...args);
      assert.equal((await first(client, 'error')).message, message);
    }
  });

  test('gives up after handshakeTimeout', async (t) => {
    const { url } = await http(t, {
      upgrade: (_request, socket) => socket.on('error', () => {}),
    });
    const client = new WebSocket(url, { handshakeTimeout: 20 });
    assert.equal((await first(client, 'error')).message, 'Opening handshake has timed out');
  });

  test('close and terminate give up', async (t) => {
    const { url } = await serve(t, ws);
    for (const how of /** @type {const} */ (['close', 'terminate'])) {
      const client = new WebSocket(url);
      const closed = closing(client);
      client[how]();
      assert.equal(client.readyState, WebSocket.CLOSING);
      assert.equal(
        (await first(client, 'error')).message,
        'WebSocket was closed before the connection was established',
      );
      await closed;
    }
  });

  test('nobody there is an error', async (t) => {
    const { server, url } = await http(t, {});
    server.close();
    await once(server, 'close');
    assert.equal((await first(new WebSocket(url), 'error')).code, 'ECONNREFUSED');
  });

  test('a redirect is followed when it is asked to', async (t) => {
    const { wss, url } = await serve(t, ws);
    const away = await http(t, {
      upgrade: (_request, socket) =>
        void socket.end(`HTTP/1.1 302 Found\r\nLocation: ${url}end\r\n\r\n`),
    });
    const stays = new WebSocket(away.url);
    assert.equal((await first(stays, 'error')).message, 'Unexpected server response: 302');
    const client = new WebSocket(away.url, {
      followRedirects: true,
      headers: { Authorization: 'Basic x', Cookie: 'a=b', 'X-Other': 'goes' },
    });
    const [, { headers }] = await once(wss, 'connection');
    assert.equal(client.url, `${url}end`);
    // Another port is another host.
    assert.deepEqual(
      [headers.authorization, headers.cookie, headers['x-other']],
      [undefined, undefined, 'goes'],
    );
    quit(client);
  });

  test("with a listener of 'redirect' headers go along", async (t) => {
    const { wss, url } = await serve(t, ws);
    const away = await http(t, {
      upgrade: (_request, socket) =>
        void socket.end(`HTTP/1.1 307 T\r\nLocation: ${url}\r\n\r\n`),
    });
    const client = new WebSocket(away.url, {
      followRedirects: true,
      headers: { Authorization: 'Basic x', Cookie: 'a=b' },
    });
    client.on('redirect', (to, request) => {
      assert.equal(to, url);
      assert.equal(request.getHeader('cookie'), 'a=b');
      request.removeHeader('cookie');
    });
    const [, { headers }] = await once(wss, 'connection');
    assert.deepEqual([headers.authorization, headers.cookie], ['Basic x', undefined]);
    quit(client);
  });

  test('redirects have an end', async (t) => {
    const { url } = await http(t, {
      upgrade: (_request, socket) =>
        void socket.end('HTTP/1.1 302 Found\r\nLocation: /again\r\n\r\n'),
    });
    const client = new WebSocket(url, { followRedirects: true, maxRedirects: 2 });
    assert.equal((await first(client, 'error')).message, 'Maximum redirects exceeded');
  });

  test('compression is offered, and used when the server wants it', async (t) => {
    for (const perMessageDeflate of [false, true]) {
      const { near, far } = await pair(t, ws, { server: { perMessageDeflate } });
      const expected = perMessageDeflate ? 'permessage-deflate' : '';
      assert.deepEqual([near.extensions, far.extensions], [expected, expected]);
      const text = 'compress me, '.repeat(500);
      near.send(text);
      assert.equal(String(await first(far, 'message')), text);
      far.send(text, { compress: false });
      assert.equal(String(await first(near, 'message')), text);
    }
  });

  test('the parameters of compression are offered', async (t) => {
    const { wss, url } = await serve(t, ws);
    const client = new WebSocket(url, {
      perMessageDeflate: {
        serverNoContextTakeover: true,
        clientNoContextTakeover: true,
        serverMaxWindowBits: 10,
        threshold: 0,
      },
    });
    const [, { headers }] = await once(wss, 'connection');
    const offer = headers['sec-websocket-extensions'];
    for (const part of [
      'server_no_context_takeover',
      'client_no_context_takeover',
      'server_max_window_bits=10',
    ]) {
      assert.ok(offer.includes(part), offer);
    }
    quit(client);
  });
});
