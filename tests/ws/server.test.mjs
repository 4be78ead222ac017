// The server of ws: its options, its events, and what it does with upgrades.
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { answer, bothWays, first, http, pair, serve } from './support.mjs';

bothWays('server', (ws) => {
  const { WebSocket, WebSocketServer } = ws;

  test('is an emitter and has two names', () => {
    assert.equal(WebSocket.Server, WebSocket.WebSocketServer);
    assert.equal(WebSocket.WebSocket, WebSocket);
    assert.ok(new WebSocketServer({ noServer: true }) instanceof EventEmitter);
  });

  test('needs one of port, server and noServer', () => {
    const message =
      /^One and only one of the "port", "server", or "noServer" options must be specified$/;
    for (const options of [
      undefined,
      {},
      { port: 0, noServer: true },
      { noServer: true, server: createServer() },
      { port: 0, server: createServer() },
    ]) {
      assert.throws(() => new WebSocketServer(options), { name: 'TypeError', message });
    }
  });

  test('calls back when it listens, and tells where', async (t) => {
    /** @type {any} */
    let wss;
    await new Promise((resolve) => {
      wss = new WebSocketServer({ port: 0, host: '127.0.0.1' }, () => resolve(undefined));
    });
    t.after(() => wss.close());
    const { address, family, port } = wss.address();
    assert.deepEqual([address, family], ['127.0.0.1', 'IPv4']);
    assert.ok(port > 0);
  });

  test('has no address in noServer mode', () => {
    const wss = new WebSocketServer({ noServer: true });
    assert.throws(() => wss.address(), /^Error: The server is operating in "noServer" mode$/);
  });

  test('tells of an error of its HTTP server', async (t) => {
    const { port } = await serve(t, ws);
    const wss = new WebSocketServer({ port, host: '127.0.0.1' });
    assert.equal((await first(wss, 'error')).code, 'EADDRINUSE');
  });

  test('answers other requests with 426', async (t) => {
    const { port } = await serve(t, ws);
    const response = await fetch(`http://127.0.0.1:${port}/`);
    assert.equal(response.status, 426);
    assert.equal(await response.text(), 'Upgrade Required');
  });

  test("emits 'connection' with the request", async (t) => {
    const { request, far } = await pair(t, ws, { path: 'room?x=1' });
    assert.equal(request.url, '/room?x=1');
    assert.equal(request.headers.upgrade, 'websocket');
    assert.ok(far instanceof WebSocket);
    assert.equal(far.readyState, WebSocket.OPEN);
    assert.equal(far.url, undefined);
  });

  test('keeps its clients, until they are closed', async (t) => {
    const { wss, near, far } = await pair(t, ws);
    assert.deepEqual([...wss.clients], [far]);
    near.close();
    await once(far, 'close');
    assert.equal(wss.clients.size, 0);
  });

  test('keeps none without clientTracking', async (t) => {
    const { wss, near } = await pair(t, ws, { server: { clientTracking: false } });
    assert.equal(wss.clients, undefined);
    near.terminate();
  });

  test("'close' waits for the connections", async (t) => {
    const { wss, near } = await pair(t, ws);
    const closed = once(wss, 'close');
    let called = false;
    wss.close(() => {
      called = true;
    });
    near.close();
    await closed;
    assert.equal(called, true);
    const error = await new Promise((resolve) => wss.close(resolve));
    assert.match(String(error), /^Error: The server is not running$/);
  });

  test('close leaves the server of somebody else alone', async (t) => {
    const { server, port } = await http(t, {});
    const wss = new WebSocketServer({ server });
    wss.close();
    await once(wss, 'close');
    assert.equal(server.listening, true);
    assert.equal(server.listenerCount('upgrade'), 0);
    assert.ok(port);
  });

  test('answers 503 when it is closing', async (t) => {
    const wss = new WebSocketServer({ noServer: true });
    const { port } = await http(t, {
      upgrade: (request, socket, head) => wss.handleUpgrade(request, socket, head, () => {}),
    });
    wss.close();
    assert.match(await answer(port), /^HTTP\/1.1 503 Service Unavailable/);
  });

  test('handleUpgrade calls back at once', async (t) => {
    const wss = new WebSocketServer({ noServer: true });
    /** @type {any} */
    let got;
    const { url } = await http(t, {
      upgrade(request, socket, head) {
        wss.handleUpgrade(request, socket, head, (client, it) => {
          got = [client, it === request];
        });
        assert.ok(got);
      },
    });
    const near = new WebSocket(url);
    await once(near, 'open');
    assert.equal(got[1], true);
    got[0].send('hello');
    assert.equal(String(await first(near, 'message')), 'hello');
    near.terminate();
  });

  test('handleUpgrade throws for a socket that it had', async (t) => {
    const wss = new WebSocketServer({ noServer: true });
    /** @type {any} */
    let error;
    const { url } = await http(t, {
      upgrade(request, socket, head) {
        wss.handleUpgrade(request, socket, head, () => {});
        try {
          wss.handleUpgrade(request, socket, head, () => {});
        } catch (thrown) {
          error = thrown;
        }
      },
    });
    const near = new WebSocket(url);
    await once(near, 'open');
    assert.equal(
      error.message,
      'server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration',
    );
    near.terminate();
  });

  test('path decides, without the query', async (t) => {
    const { port } = await serve(t, ws, { path: '/chat' });
    assert.match(await answer(port, {}, 'GET /chat?a=b HTTP/1.1'), /^HTTP\/1.1 101/);
    assert.match(await answer(port, {}, 'GET /other HTTP/1.1'), /^HTTP\/1.1 400 Bad Request/);
  });

  test('shouldHandle can be overridden', async (t) => {
    const { wss, port } = await serve(t, ws);
    wss.shouldHandle = (request) => request.url === '/yes';
    assert.match(await answer(port, {}, 'GET /yes HTTP/1.1'), /^HTTP\/1.1 101/);
    assert.match(await answer(port, {}, 'GET /no HTTP/1.1'), /^HTTP\/1.1 400/);
  });

  test('refuses what is no request for a WebSocket', async (t) => {
    const { port } = await serve(t, ws);
    const cases = /** @type {[Record<string, string>, RegExp, string][]} */ ([
      [{ Upgrade: 'h2c' }, /^HTTP\/1.1 400/, 'Invalid Upgrade header'],
      [
        { 'Sec-WebSocket-Key': 'short' },
        /^HTTP\/1.1 400/,
        'Missing or invalid Sec-WebSocket-Key header',
      ],
      [
        { 'Sec-WebSocket-Version': '12' },
        /^HTTP\/1.1 400.*Sec-WebSocket-Version: 13, 8/s,
        'Missing or invalid Sec-WebSocket-Version header',
      ],
      [
        { 'Sec-WebSocket-Protocol': 'a,a' },
        /^HTTP\/1.1 400/,
        'Invalid Sec-WebSocket-Protocol header',
      ],
    ]);
    for (const [headers, status, text] of cases) {
      const reply = await answer(port, headers);
      assert.match(reply, status);
      assert.ok(reply.endsWith(text), reply);
    }
    const post = await answer(port, {}, 'POST / HTTP/1.1');
    assert.match(post, /^HTTP\/1.1 405/);
    assert.ok(post.endsWith('Invalid HTTP method'));
  });

  test("'wsClientError' answers instead", async (t) => {
    const { wss, port } = await serve(t, ws);
    wss.on('wsClientError', (error, socket, request) => {
      assert.equal(error.message, 'Missing or invalid Sec-WebSocket-Key header');
      assert.equal(request.url, '/');
      socket.end('HTTP/1.1 418 Teapot\r\n\r\n');
    });
    assert.match(await answer(port, { 'Sec-WebSocket-Key': '1' }), /^HTTP\/1.1 418 Teapot/);
  });

  test('takes version 8, and its origin', async (t) => {
    /** @type {any} */
    let origin;
    const { port } = await serve(t, ws, {
      verifyClient: (/** @type {any} */ info) => {
        origin = info.origin;
        return true;
      },
    });
    const headers = {
      'Sec-WebSocket-Version': '8',
      'Sec-WebSocket-Origin': 'http://a.example',
    };
    assert.match(await answer(port, headers), /^HTTP\/1.1 101/);
    assert.equal(origin, 'http://a.example');
  });

  test('verifyClient says yes or no', async (t) => {
    const { port } = await serve(t, ws, {
      verifyClient: (/** @type {any} */ { origin, secure, req }) =>
        origin === 'http://good.example' && secure === false && req.url === '/',
    });
    assert.match(await answer(port, { Origin: 'http://good.example' }), /^HTTP\/1.1 101/);
    assert.match(await answer(port, { Origin: 'http://bad.example' }), /^HTTP\/1.1 401 Unauth/);
  });

  test('verifyClient with a callback says so later, and how', async (t) => {
    const { port } = await serve(t, ws, {
      verifyClient: (/** @type {any} */ { req }, /** @type {any} */ callback) => {
        setImmediate(() => {
          if (req.url === '/yes') callback(true);
          else callback(false, 404, 'not here', { 'Retry-After': 120 });
        });
      },
    });
    assert.match(await answer(port, {}, 'GET /yes HTTP/1.1'), /^HTTP\/1.1 101/);
    const no = await answer(port, {}, 'GET /no HTTP/1.1');
    assert.match(no, /^HTTP\/1.1 404 Not Found\r\n.*Retry-After: 120\r\n.*not here$/s);
  });

  test('the first subprotocol is taken', async (t) => {
    const { near, far } = await pair(t, ws, { protocols: ['a', 'b'] });
    assert.deepEqual([near.protocol, far.protocol], ['a', 'a']);
  });

  test('handleProtocols chooses', async (t) => {
    const { near, far } = await pair(t, ws, {
      protocols: ['a', 'b'],
      server: {
        handleProtocols: (/** @type {Set<string>} */ set, /** @type {any} */ request) => {
          assert.deepEqual([...set], ['a', 'b']);
          assert.equal(request.url, '/');
          return 'b';
        },
      },
    });
    assert.deepEqual([near.protocol, far.protocol], ['b', 'b']);
  });

  test('handleProtocols is not asked when nothing is offered', async (t) => {
    const { near } = await pair(t, ws, {
      server: { handleProtocols: () => assert.fail('was asked') },
    });
    assert.equal(near.protocol, '');
  });

  test("'headers' may add to the answer", async (t) => {
    const { wss, port } = await serve(t, ws);
    wss.on('headers', (lines, request) => {
      assert.equal(lines[0], 'HTTP/1.1 101 Switching Protocols');
      assert.deepEqual(lines.slice(1, 3), ['Upgrade: websocket', 'Connection: Upgrade']);
      lines.push(`X-Url: ${request.url}`, 'Set-Cookie: a=b');
    });
    const reply = await answer(port);
    assert.match(reply, /Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/);
    assert.match(reply, /X-Url: \/\r\nSet-Cookie: a=b\r\n/);
  });

  test('makes the class it is given', async (t) => {
    class Own extends WebSocket {
      get foo() {
        return 'foo';
      }
    }
    const { far } = await pair(t, ws, { server: { WebSocket: Own } });
    assert.ok(far instanceof Own);
    assert.equal(far.foo, 'foo');
  });

  test('a request that was made up is enough', async (t) => {
    const wss = new WebSocketServer({ noServer: true });
    const { url } = await http(t, {
      upgrade({ method, headers, url: path, socket: own }, socket, head) {
        const request = /** @type {any} */ ({ method, headers, url: path, socket: own });
        wss.handleUpgrade(request, socket, head, (client, it) => {
          assert.equal(it, request);
          client.send('hi');
        });
      },
    });
    const near = new WebSocket(url);
    assert.equal(String(await first(near, 'message')), 'hi');
    near.terminate();
  });

  test('a client that leaves meanwhile is no error', async (t) => {
    const { wss, port } = await serve(t, ws, {
      verifyClient: (/** @type {any} */ { req }, /** @type {any} */ callback) => {
        req.socket.destroy();
        setImmediate(() => callback(true));
      },
    });
    wss.on('connection', () => assert.fail('there is nobody'));
    assert.equal(await answer(port), '');
  });

  test('completes its options', () => {
    const { options } = new WebSocketServer({ noServer: true, path: '/x' });
    const { maxPayload, autoPong, clientTracking, path, noServer } = options;
    assert.deepEqual(
      [maxPayload, autoPong, clientTracking, path, noServer],
      [100 * 1024 * 1024, true, true, '/x', true],
    );
  });

  test('an offer of compression that cannot be met is refused', async (t) => {
    const { wss, port } = await serve(t, ws, { perMessageDeflate: true });
    wss.on('connection', () => assert.fail('it was accepted'));
    const text = await answer(port, {
      'Sec-WebSocket-Extensions': 'permessage-deflate; server_max_window_bits=foo',
    });
    assert.match(text, /^HTTP\/1.1 400 /);
    assert.match(text, /Invalid or unacceptable Sec-WebSocket-Extensions header$/);
    const mistake = first(wss, 'wsClientError');
    wss.on('wsClientError', (_error, socket) => socket.destroy());
    await answer(port, { 'Sec-WebSocket-Extensions': 'permessage-deflate; x' });
    const { message } = await mistake;
    assert.equal(message, 'Invalid or unacceptable Sec-WebSocket-Extensions header');
  });

  test('an extension that it does not know is passed over', async (t) => {
    const { port } = await serve(t, ws, { perMessageDeflate: true });
    const text = await answer(port, { 'Sec-WebSocket-Extensions': 'x-permessage-deflate; y' });
    assert.match(text, /^HTTP\/1.1 101 /);
    assert.doesNotMatch(text, /Sec-WebSocket-Extensions/);
  });
});
