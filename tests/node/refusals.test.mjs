// What servers refuse, byte for byte; and who may connect.
import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { EchoWebSocket, HandshakeError } from 'ws4wasm';
import { createServer, upgrade } from 'ws4wasm/node';
import { errorsOf, listen, noLeaks, until } from '../support/connections.mjs';
import { frame, parse } from '../support/wire.mjs';

noLeaks();

const request = [
  'GET /chat?room=1 HTTP/1.1',
  'Host: example.com',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
];

/**
 * The request with lines that begin like these replaced, or added.
 * @param {...string} lines a name alone takes its line away
 */
function with_(...lines) {
  let all = [...request];
  for (const line of lines) {
    const [name, value] = line.split(/:(.*)/s);
    const at = all.findIndex((own) => own.startsWith(`${name}:`));
    if (value === undefined) all = all.filter((_, index) => index !== at);
    else if (at < 0) all.push(line);
    else all[at] = line;
  }
  return `${all.join('\r\n')}\r\n\r\n`;
}

const opened = [
  'HTTP/1.1 101 Switching Protocols',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
];

/** @param {...string} more */
const accepted = (...more) => `${[...opened, ...more].join('\r\n')}\r\n\r\n`;

/** @param {string} status @param {string} body @param {...string} more */
function refused(status, body, ...more) {
  const type = 'Content-Type: text/plain; charset=utf-8';
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  const close = status.startsWith('426') ? 'Connection: close, Upgrade' : 'Connection: close';
  return `${[`HTTP/1.1 ${status}`, type, length, ...more, close].join('\r\n')}\r\n\r\n${body}`;
}

/**
 * Sends pieces and gives all that comes back until the server ends, or a 101.
 * @param {number} port
 * @param {string | string[]} pieces
 */
async function ask(port, pieces) {
  const socket = connect(port, '127.0.0.1').setNoDelay();
  let reply = '';
  let over = false;
  socket.setEncoding('latin1');
  socket.on('data', (text) => {
    reply += text;
  });
  socket.on('close', () => {
    over = true;
  });
  socket.on('error', () => {});
  for (const piece of [pieces].flat()) {
    socket.write(piece, 'latin1');
    if (pieces !== piece) await pause(1);
  }
  await until(() => over || (reply.startsWith('HTTP/1.1 101') && reply.endsWith('\r\n\r\n')));
  socket.destroy();
  return reply;
}

/** @type {[string, string, string][]} */
const refusals = [
  [
    'the method',
    with_().replace('GET', 'POST'),
    refused(
      '405 Method Not Allowed',
      'The method of a WebSocket handshake must be GET.',
      'Allow: GET',
    ),
  ],
  [
    'no Upgrade',
    with_('Upgrade'),
    refused(
      '426 Upgrade Required',
      'This is a WebSocket server: Upgrade must be websocket.',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
    ),
  ],
  [
    'another Upgrade',
    with_('Upgrade: h2c'),
    refused(
      '426 Upgrade Required',
      'This is a WebSocket server: Upgrade must be websocket.',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
    ),
  ],
  [
    'no Connection',
    with_('Connection'),
    refused('400 Bad Request', 'The Connection header must list Upgrade.'),
  ],
  [
    'version 8',
    with_('Sec-WebSocket-Version: 8'),
    refused(
      '426 Upgrade Required',
      'The Sec-WebSocket-Version must be 13.',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
    ),
  ],
  [
    'no version',
    with_('Sec-WebSocket-Version'),
    refused(
      '426 Upgrade Required',
      'The Sec-WebSocket-Version must be 13.',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
    ),
  ],
  [
    'no key',
    with_('Sec-WebSocket-Key'),
    refused('400 Bad Request', 'Sec-WebSocket-Key must be 16 bytes in base64.'),
  ],
  [
    'a short key',
    with_('Sec-WebSocket-Key: c2hvcnQ='),
    refused('400 Bad Request', 'Sec-WebSocket-Key must be 16 bytes in base64.'),
  ],
  [
    'a key that is no base64',
    with_('Sec-WebSocket-Key: ??????????????????????=='),
    refused('400 Bad Request', 'Sec-WebSocket-Key must be 16 bytes in base64.'),
  ],
  [
    'no Host',
    with_('Host'),
    refused('400 Bad Request', 'A Host header with a host and optional port is needed.'),
  ],
  [
    'a body',
    with_('Content-Length: 5'),
    refused('400 Bad Request', 'A WebSocket handshake must not have a body.'),
  ],
  [
    'protocols that are no tokens',
    with_('Sec-WebSocket-Protocol: a b'),
    refused('400 Bad Request', 'Sec-WebSocket-Protocol must list unique tokens.'),
  ],
  [
    'extensions that break the grammar',
    with_('Sec-WebSocket-Extensions: a; =1'),
    refused(
      '400 Bad Request',
      'Sec-WebSocket-Extensions must follow the grammar of RFC 6455 section 9.1.',
    ),
  ],
  [
    'HTTP/1.0',
    with_().replace('1.1', '1.0'),
    refused('400 Bad Request', 'The HTTP version must be 1.1.'),
  ],
];

/** Refusals of the parser, which upgrade() leaves to Node's. @type {[string, string, string][]} */
const malformed = [
  [
    'a line end that is bare',
    with_('X: a\nEvil: b'),
    refused(
      '400 Bad Request',
      'Not a well-formed HTTP/1.1 request: a control byte or a line end other than CRLF.',
    ),
  ],
  [
    'a space in a name',
    with_('X y: z'),
    refused('400 Bad Request', 'Not a well-formed HTTP/1.1 request: invalid header name.'),
  ],
];

describe('createServer', () => {
  for (const [name, sent, reply] of [...refusals, ...malformed]) {
    // [RFC 6455 7.2.2-1]
    test(`refuses ${name}`, async (t) => {
      const port = await listen(
        createServer(() => assert.fail()),
        t,
      );
      assert.equal(await ask(port, sent), reply);
    });
  }

  test('accepts: an unknown subprotocol is not chosen', async (t) => {
    const port = await listen(createServer({ protocols: ['a', 'b'] }), t);
    assert.equal(await ask(port, with_()), accepted());
    assert.equal(await ask(port, with_('Sec-WebSocket-Protocol: x, y')), accepted());
    assert.equal(
      await ask(port, with_('Sec-WebSocket-Protocol: x, b, a')),
      accepted('Sec-WebSocket-Protocol: b'),
    );
  });

  test('selectProtocol chooses, sees the request, and may not choose what was not offered', async (t) => {
    const errors = errorsOf(t);
    const selectProtocol = (/** @type {string[]} */ offered, /** @type {any} */ request) => {
      assert.equal(request.url, '/chat?room=1');
      return offered.includes('odd') ? 'even' : offered.at(-1);
    };
    const port = await listen(createServer({ selectProtocol }), t);
    assert.equal(
      await ask(port, with_('Sec-WebSocket-Protocol: a, b')),
      accepted('Sec-WebSocket-Protocol: b'),
    );
    assert.equal(await ask(port, with_()), accepted());
    assert.match(await ask(port, with_('Sec-WebSocket-Protocol: odd')), /^HTTP\/1.1 500 /);
    assert.equal(errors().length, 1);
  });

  test('1,000 extensions are none of ours', async (t) => {
    const port = await listen(createServer(), t);
    const list = (/** @type {number} */ length) =>
      `Sec-WebSocket-Extensions: ${Array.from({ length }, (_, i) => `ext${i}; a=${i}`)}`;
    assert.equal(await ask(port, with_(list(1000))), accepted());
    assert.match(await ask(port, with_(list(10_000))), /^HTTP\/1\.1 431 /);
    const roomy = await listen(createServer({ maxHeaderSize: 1e6 }), t);
    assert.equal(await ask(roomy, with_(list(10_000))), accepted());
  });

  test('header names that a prototype has are headers like others', async (t) => {
    /** @type {any} */
    let seen;
    const port = await listen(
      createServer((_ws, { headers }) => {
        seen = headers;
      }),
      t,
    );
    assert.equal(await ask(port, with_('__proto__: x', 'constructor: y')), accepted());
    assert.deepEqual(
      [seen.get('__proto__'), seen.get('Constructor'), seen.get('toString')],
      ['x', 'y', null],
    );
  });

  // [RFC 6455 7.2.2-1]
  test('a head that is too large: too many bytes, too many fields', async (t) => {
    const port = await listen(createServer({ maxHeaderSize: 1000, maxHeaders: 8 }), t);
    const large = refused(
      '431 Request Header Fields Too Large',
      'A request of at most 1000 bytes of headers is accepted.',
    );
    const reply = await ask(port, with_(`X: ${'x'.repeat(2000)}`));
    assert.equal(reply.split('\r\n')[0], large.split('\r\n')[0]);
    assert.equal((await ask(port, 'x'.repeat(2000))).split('\r\n')[0], large.split('\r\n')[0]);
    assert.match(await ask(port, with_('a: 1', 'b: 2', 'c: 3', 'd: 4')), /^HTTP\/1\.1 431 /);
    assert.equal(await ask(port, with_('a: 1')), accepted());
  });

  test('a head that drips in', async (t) => {
    const port = await listen(createServer({ handshakeTimeout: 100 }), t);
    const drip = (async () => {
      const socket = connect(port, '127.0.0.1');
      let reply = '';
      socket.on('data', (bytes) => {
        reply += bytes;
      });
      socket.on('error', () => {});
      for (const byte of with_(`X: ${'x'.repeat(10_000)}`)) {
        if (reply || socket.destroyed) break;
        socket.write(byte);
        await pause(2);
      }
      await until(() => reply);
      socket.destroy();
      return reply;
    })();
    const silent = ask(port, []);
    const late = refused('408 Request Timeout', 'The handshake took too long.');
    assert.equal(await drip, late);
    assert.equal(await silent, late);
    // Slow, but in time.
    const pieces = with_().match(/[\s\S]{1,20}/g) ?? [];
    assert.equal(await ask(await listen(createServer(), t), pieces), accepted());
  });

  test('a request that ends early gets no answer; one that is refused and ends, its own', async (t) => {
    const port = await listen(createServer(), t);
    for (const [sent, expected] of [
      [with_().slice(0, -2), ''],
      [with_('Host'), refusals[9][2]],
    ]) {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      let reply = '';
      socket.on('data', (bytes) => {
        reply += bytes;
      });
      socket.end(sent);
      await new Promise((resolve) => socket.on('end', resolve));
      assert.equal(reply, expected);
      socket.destroy();
    }
  });

  test('a peer that does not take its refusal is dropped', async (t) => {
    const server = createServer({ closeTimeout: 20 });
    const port = await listen(server, t);
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => {});
    socket.write('no HTTP\r\n\r\n');
    const writing = setInterval(() => socket.write('x'), 5);
    await new Promise((resolve) => socket.on('close', resolve));
    clearInterval(writing);
  });

  test('wrong options are told where they are written', () => {
    /** @type {[any, RegExp][]} */
    const wrong = [
      [{ protocols: 'chat' }, /^protocols is /],
      [{ selectProtocol: 'chat' }, /^selectProtocol is /],
      [{ maxHeaderSize: 1 }, /^maxHeaderSize is /],
      [{ handshakeTimeout: 0 }, /^handshakeTimeout is /],
      [{ headers: { a: 1 } }, /^header a is /],
      [{ headers: { Upgrade: 'x' } }, /Upgrade/],
      [{ verify: 5 }, /^verify is /],
      [{ onWebSocket: 5 }, /^onWebSocket is /],
      [{ WebSocket: 5 }, /^WebSocket is /],
      [{ WebSocket: class {} }, /^WebSocket is /],
      [{ pingInterval: -1 }, /^pingInterval is /],
      [{ maxMessageSize: -1 }, /^maxMessageSize is /],
      [{ closeTimeout: 'a' }, /^closeTimeout is /],
      [{ deflate: 'yes' }, /^deflate is /],
      [{ tls: 5 }, /^tls is /],
      [5, /^options is /],
    ];
    for (const [options, message] of wrong)
      assert.throws(() => createServer(options), { message });
  });
});

describe('upgrade', () => {
  for (const [name, sent, reply] of refusals) {
    // Node's parser answers these itself, or takes them for plain requests.
    if (['no Upgrade', 'no Connection', 'no Host', 'HTTP/1.0'].includes(name)) continue;
    test(`refuses ${name}`, async (t) => {
      const server = createHttpServer();
      server.on('upgrade', async (request, socket, head) => {
        assert.equal(await upgrade(request, socket, head), undefined);
      });
      assert.equal(await ask(await listen(server, t), sent), reply);
    });
  }
});

test('frames that come along with the request', async (t) => {
  const options = { WebSocket: EchoWebSocket };
  const http = createHttpServer();
  /** @type {number[]} */
  const heads = [];
  http.on('upgrade', (request, socket, head) => {
    heads.push(head.length);
    void upgrade(request, socket, head, options);
  });
  const key = Buffer.from('abcd');
  const frames = ['first', 'x'.repeat(20_000), 'last'].map((payload) =>
    frame({ payload, key }),
  );
  const bytes = Buffer.concat([Buffer.from(with_()), ...frames]);
  const ports = [await listen(createServer(options), t), await listen(http, t)];
  for (const port of ports) {
    // The second time the last frame is cut in the middle.
    for (const end of [bytes.length, bytes.length - 4]) {
      const socket = connect(port, '127.0.0.1').setNoDelay();
      let reply = Buffer.alloc(0);
      socket.on('data', (more) => {
        reply = Buffer.concat([reply, more]);
      });
      socket.write(bytes.subarray(0, end));
      await until(() => reply.includes('first'));
      socket.write(bytes.subarray(end));
      await until(() => reply.includes('last'));
      const head = accepted();
      assert.equal(reply.toString('latin1', 0, head.length), head);
      assert.deepEqual(
        parse(reply.subarray(head.length)).map(({ payload }) => payload.length),
        [5, 20_000, 4],
      );
      socket.destroy();
    }
  }
  assert.ok(heads.every((length) => length > 0));
});

describe('who may connect', () => {
  /** @param {import('node:test').TestContext} t @param {any} options */
  async function both(t, options) {
    const http = createHttpServer();
    http.on('upgrade', (request, socket, head) => void upgrade(request, socket, head, options));
    return [await listen(createServer(options), t), await listen(http, t)];
  }

  /** @type {[string, any, string | RegExp][]} */
  const verdicts = [
    ['true', () => true, accepted()],
    ['a promise of true', async () => true, accepted()],
    ['false', () => false, refused('403 Forbidden', 'This connection is not allowed.')],
    ['a status', async () => 503, refused('503 Service Unavailable', '')],
    [
      'a status and a body',
      () => ({ status: 401, body: 'Who are you?', headers: { 'WWW-Authenticate': 'Basic' } }),
      refused('401 Unauthorized', 'Who are you?').replace(
        'Connection: close',
        'Connection: close\r\nWWW-Authenticate: Basic',
      ),
    ],
    [
      'a redirect',
      async () => ({ status: 302, headers: [['Location', '/there']] }),
      refused('302 Found', '').replace(
        'Connection: close',
        'Connection: close\r\nLocation: /there',
      ),
    ],
    [
      'headers',
      () => ({
        headers: [
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
        ],
      }),
      accepted('Set-Cookie: a=1', 'Set-Cookie: b=2'),
    ],
    [
      'a HandshakeError',
      () => {
        throw new HandshakeError('Not today.', { status: 404 });
      },
      refused('404 Not Found', 'Not today.'),
    ],
  ];
  for (const [name, verify, reply] of verdicts) {
    test(`verify gives ${name}`, async (t) => {
      for (const port of await both(t, { verify }))
        assert.equal(await ask(port, with_()), reply);
    });
  }

  /** @type {[string, any][]} */
  const faults = [
    [
      'throws',
      () => {
        throw new Error('mine');
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('mine');
      },
    ],
    ['gives nothing', () => undefined],
    ['gives a promise of nothing', async () => {}],
    ['gives nonsense', () => 'yes'],
    ['gives null', () => null],
    ['gives a list', () => []],
    ['gives an empty object', () => ({})],
    ['gives { ok: false }', () => ({ ok: false })],
    ['gives { statusCode }', () => ({ statusCode: 401 })],
    ['gives a status that is undefined', () => ({ status: undefined, body: 'No.' })],
    ['gives a body without a status', () => ({ body: 'No.' })],
    ['gives a user with headers', () => ({ headers: {}, name: 'somebody' })],
    ['gives an error', () => new Error('no')],
    ['gives a HandshakeError', () => new HandshakeError('no', { status: 401 })],
    ['gives a Response', () => new Response('no', { status: 401 })],
    ['gives a Map', () => new Map([['status', 401]])],
    ['gives a status out of range', () => 99],
    ['injects a header', () => ({ headers: { 'X-A': 'b\r\nSet-Cookie: c' } })],
    [
      'injects a header into a refusal',
      () => ({ status: 302, headers: { Location: '/\r\n\r\n<html>' } }),
    ],
    ['sets a header of the handshake', () => ({ headers: { 'Sec-WebSocket-Accept': 'x' } })],
  ];
  for (const [name, verify] of faults) {
    test(`verify ${name}: 500, and its author is told`, async (t) => {
      const errors = errorsOf(t);
      const ports = await both(t, { verify });
      for (const port of ports) {
        assert.equal(
          await ask(port, with_()),
          refused('500 Internal Server Error', 'The server failed to answer.'),
        );
      }
      assert.equal(errors().length, 2);
    });
  }

  test('verify sees the request, and the socket waits', async (t) => {
    /** @type {any} */
    let seen;
    let open = () => {};
    const gate = new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
      open = resolve;
    });
    const verify = async (/** @type {any} */ request) => {
      seen = request;
      await gate;
      return true;
    };
    const port = await listen(createServer({ verify, protocols: ['b'] }), t);
    const reply = ask(port, with_('Sec-WebSocket-Protocol: a, b', 'Cookie: c=d'));
    await until(() => seen);
    assert.deepEqual(
      [seen.method, seen.url, seen.protocols],
      ['GET', '/chat?room=1', ['a', 'b']],
    );
    assert.equal(seen.headers.get('cookie'), 'c=d');
    open();
    assert.equal(await reply, accepted('Sec-WebSocket-Protocol: b'));
  });

  test('verify that takes too long, and a peer that leaves meanwhile', async (t) => {
    const verify = () => pause(60, true);
    const late = await listen(
      createServer({ verify, handshakeTimeout: 20, onWebSocket: () => assert.fail() }),
      t,
    );
    assert.equal(
      await ask(late, with_()),
      refused('408 Request Timeout', 'The handshake took too long.'),
    );
    let asked = 0;
    const server = createServer(
      {
        verify: () => {
          asked++;
          return pause(20, true);
        },
      },
      () => assert.fail(),
    );
    const port = await listen(server, t);
    const socket = connect(port, '127.0.0.1');
    socket.write(with_());
    await until(() => asked);
    socket.resetAndDestroy();
    await pause(40);
  });

  test('origins: a list, or the host that was asked', async (t) => {
    const forbidden = refused('403 Forbidden', 'This origin may not connect.');
    /** @type {[any, string, boolean][]} */
    const cases = [
      [['https://a.example'], 'Origin: https://a.example', true],
      [['https://a.example'], 'Origin: https://b.example', false],
      [['https://a.example'], 'Origin: null', false],
      [['https://a.example'], 'X: none', true],
      [[], 'Origin: https://a.example', false],
      ['same', 'Origin: http://example.com', true],
      ['same', 'Origin: https://EXAMPLE.com', true],
      ['same', 'Origin: https://example.com:8443', false],
      ['same', 'Origin: https://example.com.evil.org', false],
      ['same', 'Origin: null', false],
      ['same', 'X: none', true],
      [undefined, 'Origin: https://any.example', true],
    ];
    for (const [origins, header, allowed] of cases) {
      const [port] = await both(t, { origins });
      assert.equal(await ask(port, with_(header)), allowed ? accepted() : forbidden, header);
    }
    const [port] = await both(t, { origins: 'same' });
    assert.equal(
      await ask(port, with_('Host: example.com:443', 'Origin: https://example.com')),
      accepted(),
    );
  });

  test('headers of every answer', async (t) => {
    for (const port of await both(t, { headers: { Server: 'mine' } })) {
      assert.equal(await ask(port, with_()), accepted('Server: mine'));
    }
  });
});
