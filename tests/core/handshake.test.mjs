// The server's opening handshake: bytes in, the reply's bytes out.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { acceptKey, ClientHandshake, HandshakeError, ServerHandshake, Stream } from 'ws4wasm';
import { cut, frame as wire } from '../support/wire.mjs';

/** RFC 6455 section 1.3. */
const sampleKey = 'dGhlIHNhbXBsZSBub25jZQ==';
const sampleAccept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/** @type {Record<string, string>} */
const defaults = {
  Host: 'server.example.com',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': sampleKey,
  Origin: 'http://example.com',
  'Sec-WebSocket-Version': '13',
};

/**
 * A client's request.
 * @param {Record<string, string | undefined>} [headers] added; undefined takes one away
 * @param {string} [line]
 */
function request(headers = {}, line = 'GET /chat?room=1 HTTP/1.1') {
  const all = { ...defaults, ...headers };
  const fields = Object.entries(all).filter(([, value]) => value !== undefined);
  return Buffer.from(
    [line, ...fields.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n'),
    'latin1',
  );
}

/**
 * @param {Uint8Array} bytes
 * @param {import('ws4wasm').ServerHandshakeOptions} [options]
 */
function accept(bytes, options) {
  const outcome = new ServerHandshake(options).receive(bytes);
  assert.ok(outcome);
  return outcome;
}

/**
 * @param {Uint8Array | string} bytes
 * @param {import('ws4wasm').ServerHandshakeOptions} [options]
 */
function refuse(bytes, options) {
  try {
    new ServerHandshake(options).receive(Buffer.from(bytes));
  } catch (error) {
    assert.ok(error instanceof HandshakeError, String(error));
    assert.ok(error.message.length > 10);
    assert.equal(error.code, 1006);
    assert.ok(error.reply);
    const reply = parse(error.reply);
    assert.equal(reply.status, error.status);
    // RFC 9110 section 9.3.2: to a HEAD the length is told and the body is not.
    const head = Buffer.from(bytes).toString('latin1').startsWith('HEAD ');
    assert.equal(reply.headers.get('content-length'), String(error.message.length));
    assert.equal(reply.body, head ? '' : error.message);
    assert.equal(reply.headers.get('connection')?.split(',')[0], 'close');
    return { error, reply };
  }
  assert.fail('accepted');
}

/**
 * An HTTP answer.
 * @param {Uint8Array} bytes
 */
function parse(bytes) {
  const text = Buffer.from(bytes).toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const [line, ...fields] = text.slice(0, end).split('\r\n');
  const [, status] = /** @type {RegExpMatchArray} */ (
    line.match(/^HTTP\/1\.1 (\d{3}) [\w ]+$/)
  );
  const headers = new Headers();
  for (const field of fields) {
    const [, name, value] = /** @type {RegExpMatchArray} */ (field.match(/^([\w-]+): (.*)$/));
    headers.append(name, value);
  }
  return { status: Number(status), headers, body: text.slice(end + 4) };
}

test("acceptKey gives the RFC's sample", () => {
  assert.equal(acceptKey(sampleKey), sampleAccept);
  assert.equal(acceptKey('x3JJHMbDL1EzLkh9GBhXDw=='), 'HSmrc0sMlYUkAGmm5OPpG2HaGWk=');
});

describe('a request', () => {
  test('is accepted', () => {
    const { request: asked, reply, protocol, extensions, rest } = accept(request());
    const { status, headers, body } = parse(reply);
    assert.equal(status, 101);
    assert.equal(headers.get('upgrade')?.toLowerCase(), 'websocket');
    assert.equal(headers.get('connection')?.toLowerCase(), 'upgrade');
    assert.equal(headers.get('sec-websocket-accept'), sampleAccept);
    assert.equal(headers.get('sec-websocket-protocol'), null);
    assert.equal(headers.get('sec-websocket-extensions'), null);
    assert.equal(body, '');
    assert.equal(protocol, undefined);
    assert.deepEqual(extensions, []);
    assert.equal(rest.length, 0);
    assert.ok(Buffer.isBuffer(reply) && Buffer.isBuffer(rest));
    assert.equal(asked.method, 'GET');
    assert.equal(asked.url, '/chat?room=1');
    assert.deepEqual(asked.protocols, []);
    assert.ok(asked.headers instanceof Headers);
    assert.equal(asked.headers.get('ORIGIN'), 'http://example.com');
    assert.equal(asked.headers.get('toString'), null);
    assert.equal(asked.headers.get('__proto__'), null);
  });

  test('may be cut anywhere, and what follows it is the rest', () => {
    const after = Buffer.concat([
      wire({ payload: 'hi', key: Buffer.alloc(4) }),
      Buffer.from([0x89]),
    ]);
    const bytes = Buffer.concat([request(), after]);
    const head = bytes.length - after.length;
    for (let at = 0; at <= bytes.length; at++) {
      const handshake = new ServerHandshake();
      const first = handshake.receive(bytes.subarray(0, at));
      assert.equal(first !== undefined, at >= head);
      const outcome = first ?? handshake.receive(bytes.subarray(at));
      assert.ok(outcome);
      assert.deepEqual(outcome.rest, bytes.subarray(head, at >= head ? at : undefined));
      assert.equal(parse(outcome.reply).status, 101);
    }
    const handshake = new ServerHandshake();
    const outcomes = [...cut(bytes.subarray(0, head), [1])].map((byte) =>
      handshake.receive(byte),
    );
    assert.ok(outcomes.pop());
    assert.ok(outcomes.every((outcome) => outcome === undefined));
  });

  test('the rest goes to the stream', () => {
    const frame = wire({ payload: 'early', key: Buffer.from('abcd') });
    const { rest } = accept(Buffer.concat([request(), frame]));
    const [event] = new Stream().receive(rest);
    assert.ok(event.type === 'text' && event.data === 'early');
  });

  test('is over after its outcome', () => {
    const handshake = new ServerHandshake();
    assert.ok(handshake.receive(request()));
    assert.throws(() => handshake.receive(request()), { name: 'TypeError', message: /over/ });
  });

  test('may write its headers in any case and list', () => {
    for (const headers of [
      { Upgrade: 'WebSocket' },
      { Upgrade: 'h2c, websocket' },
      { Connection: 'keep-alive, Upgrade' },
      { Connection: 'UPGRADE,keep-alive' },
      { Upgrade: undefined, uPGRADE: 'websocket' },
      { 'Sec-WebSocket-Key': `  ${sampleKey} ` },
      { Origin: undefined },
      { 'X-Latin': 'caf\xe9' },
      { constructor: 'x', hasOwnProperty: 'y', __proto__x: 'z' },
    ]) {
      assert.equal(parse(accept(request(headers)).reply).status, 101, JSON.stringify(headers));
    }
  });

  test('header values keep all bytes, and repeated ones', () => {
    const bytes = request({ 'X-Latin': 'caf\xe9', 'X-Two': 'a', 'x-two': 'b' });
    const { headers } = accept(bytes).request;
    assert.equal(headers.get('x-latin'), 'caf\xe9');
    assert.equal(headers.get('x-two'), 'a, b');
  });

  const agreed = {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: 15,
    clientMaxWindowBits: 15,
  };

  // [RFC 6455 5.8-1]
  test('extensions are not agreed on unless they are wanted', () => {
    const wants = { deflate: true };
    for (const [offer, options] of /** @type {const} */ ([
      ['permessage-deflate; client_max_window_bits', undefined],
      ['permessage-deflate; client_max_window_bits', { deflate: false }],
      [undefined, wants],
      ['permessage-bzip2', wants],
      ['permessage-deflate; server_max_window_bits=7', wants],
      ['permessage-deflate; unheard_of', wants],
    ])) {
      const { reply, extensions, deflate } = accept(
        request({ 'Sec-WebSocket-Extensions': offer }),
        options,
      );
      assert.deepEqual([extensions, deflate], [[], undefined], offer);
      assert.equal(parse(reply).headers.get('sec-websocket-extensions'), null);
    }
  });

  test('compression is agreed on by the first offer that fits', () => {
    for (const [offer, wanted, answer, parameters] of /** @type {const} */ ([
      ['permessage-deflate; client_max_window_bits', true, 'permessage-deflate', {}],
      [
        'other, permessage-deflate; x=1, permessage-deflate; server_max_window_bits="9"',
        {},
        'permessage-deflate; server_max_window_bits=9',
        { serverMaxWindowBits: 9 },
      ],
      [
        'permessage-deflate, permessage-deflate; client_max_window_bits',
        { clientMaxWindowBits: 10, serverNoContextTakeover: true },
        'permessage-deflate; server_no_context_takeover; client_max_window_bits=10',
        { clientMaxWindowBits: 10, serverNoContextTakeover: true },
      ],
      // A client that cannot limit its window, such as Firefox.
      ['permessage-deflate', { clientMaxWindowBits: 10 }, 'permessage-deflate', {}],
    ])) {
      const { reply, extensions, deflate } = accept(
        request({ 'Sec-WebSocket-Extensions': offer }),
        { deflate: wanted },
      );
      assert.deepEqual(extensions, [answer]);
      assert.equal(parse(reply).headers.get('sec-websocket-extensions'), answer);
      assert.deepEqual(deflate, { ...agreed, ...parameters });
    }
  });

  test('compression is agreed on between our two sides', () => {
    for (const [offered, wanted, parameters] of /** @type {const} */ ([
      [true, true, agreed],
      [true, false, undefined],
      [undefined, true, undefined],
      [
        { serverMaxWindowBits: 12 },
        { serverMaxWindowBits: 10, clientNoContextTakeover: true },
        { ...agreed, serverMaxWindowBits: 10, clientNoContextTakeover: true },
      ],
    ])) {
      const client = new ClientHandshake('ws://a/', { deflate: offered });
      const server = accept(client.request, { deflate: wanted });
      const result = client.receive(server.reply);
      assert.deepEqual([server.deflate, result?.deflate], [parameters, parameters]);
      assert.deepEqual(result?.extensions, server.extensions);
    }
  });
});

describe('a refusal', () => {
  test('405: not a GET', () => {
    for (const method of ['POST', 'HEAD', 'OPTIONS', 'get']) {
      const { error, reply } = refuse(request({}, `${method} / HTTP/1.1`));
      assert.equal(error.status, 405);
      assert.equal(reply.headers.get('allow'), 'GET');
      assert.equal(error.request?.method, method);
    }
  });

  test('426: another version, and names the right one', () => {
    for (const version of ['8', '7', '14', '0', '13, 8', '', undefined]) {
      const { error, reply } = refuse(request({ 'Sec-WebSocket-Version': version }));
      assert.equal(error.status, 426, version);
      assert.equal(reply.headers.get('sec-websocket-version'), '13');
      assert.match(reply.headers.get('connection') ?? '', /upgrade/i);
    }
  });

  test('426: a plain GET, with the request for who serves pages', () => {
    const plainGet = Buffer.from('GET /page HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n');
    const { error, reply } = refuse(plainGet);
    assert.equal(error.status, 426);
    assert.equal(reply.headers.get('upgrade'), 'websocket');
    assert.ok(error.request);
    assert.deepEqual([error.request.method, error.request.url], ['GET', '/page']);
    assert.equal(error.request.headers.get('accept'), 'text/html');
    assert.deepEqual(error.request.protocols, []);
  });

  test('400: what is missing or wrong', () => {
    for (const headers of [
      { Host: undefined },
      { Connection: undefined },
      { Connection: 'keep-alive' },
      { 'Sec-WebSocket-Key': undefined },
      { 'Sec-WebSocket-Key': '' },
      { 'Sec-WebSocket-Key': 'dG9vIHNob3J0' },
      { 'Sec-WebSocket-Key': `${sampleKey}x` },
      { 'Sec-WebSocket-Protocol': 'a, a' },
      { 'Sec-WebSocket-Protocol': 'a b' },
      { 'Content-Length': '5' },
      { 'Transfer-Encoding': 'chunked' },
    ]) {
      const { error } = refuse(request(headers));
      assert.equal(error.status, 400, JSON.stringify(headers));
      assert.ok(error.request);
    }
    assert.equal(refuse(request({}, 'GET / HTTP/1.0')).error.status, 400);
  });

  test('400: what is not HTTP, as soon as that shows', () => {
    for (const bytes of [
      '\x16\x03\x01\x02',
      'GET / HTTP/1.1\nHost: a\n\n',
      'GET / HTTP/1.1\r\nHost: a\0\r\n',
      'GET / HTTP/1.1\r\n : x\r\n\r\n',
      'GET / HTTP/1.1\r\nbad header\r\n\r\n',
      'GET / HTTP/1.1\r\nX: a\r\n folded\r\n\r\n',
      'GET  HTTP/1.1\r\n\r\n',
    ]) {
      const { error } = refuse(bytes);
      assert.equal(error.status, 400, JSON.stringify(bytes));
      assert.equal(error.request, undefined);
    }
  });

  test('431: more bytes than allowed, before they are all there', () => {
    const long = request({ 'X-Long': 'x'.repeat(20_000) });
    assert.equal(refuse(long).error.status, 431);
    assert.equal(refuse(long.subarray(0, 16_400)).error.status, 431);
    const handshake = new ServerHandshake({ maxHeaderSize: 500 });
    assert.equal(handshake.receive(Buffer.alloc(500, 'G')), undefined);
    assert.throws(() => handshake.receive(Buffer.from('E')), { status: 431 });
    const exact = request();
    assert.ok(accept(exact, { maxHeaderSize: exact.length }));
    assert.equal(refuse(exact, { maxHeaderSize: exact.length - 1 }).error.status, 431);
    assert.ok(accept(long, { maxHeaderSize: 100_000 }));
    // What follows the head does not count.
    assert.equal(
      accept(Buffer.concat([exact, Buffer.alloc(1 << 20)]), { maxHeaderSize: exact.length })
        .rest.length,
      1 << 20,
    );
  });

  test('431: more headers than allowed', () => {
    const many = (/** @type {number} */ count) =>
      request(Object.fromEntries(Array.from({ length: count }, (_, i) => [`X-${i}`, 'x'])));
    const own = Object.keys(defaults).length;
    assert.ok(accept(many(100 - own)));
    assert.equal(refuse(many(101 - own)).error.status, 431);
    assert.equal(refuse(many(0), { maxHeaders: own - 1 }).error.status, 431);
    assert.ok(accept(many(0), { maxHeaders: own }));
  });

  test('carries nothing that the peer sent', () => {
    const { reply } = refuse(request({ 'Sec-WebSocket-Key': '<script>' }, 'GET /<b> HTTP/1.1'));
    assert.ok(!reply.body.includes('<'));
  });
});

describe('subprotocols', () => {
  const offer = { 'Sec-WebSocket-Protocol': 'soap, chat.v2,chat' };

  test("the first of the client's that the server speaks", () => {
    const {
      protocol,
      reply,
      request: asked,
    } = accept(request(offer), { protocols: ['chat', 'chat.v2'] });
    assert.equal(protocol, 'chat.v2');
    assert.equal(parse(reply).headers.get('sec-websocket-protocol'), 'chat.v2');
    assert.deepEqual(asked.protocols, ['soap', 'chat.v2', 'chat']);
  });

  test('none in common, none offered, none spoken', () => {
    for (const [headers, protocols] of /** @type {const} */ ([
      [offer, ['mqtt']],
      [offer, ['CHAT']],
      [offer, []],
      [{}, ['chat']],
      [offer, undefined],
    ])) {
      const { protocol, reply } = accept(request(headers), { protocols });
      assert.equal(protocol, undefined);
      assert.equal(parse(reply).headers.get('sec-websocket-protocol'), null);
    }
  });

  test('several headers are one list', () => {
    const bytes = request({ 'Sec-WebSocket-Protocol': 'a', 'sec-websocket-protocol': 'b' });
    assert.deepEqual(accept(bytes).request.protocols, ['a', 'b']);
  });

  test('selectProtocol decides', () => {
    /** @type {unknown[]} */
    const seen = [];
    const { protocol, request: asked } = accept(request(offer), {
      protocols: ['soap'],
      selectProtocol(offered, request) {
        seen.push(offered, request);
        return 'chat';
      },
    });
    assert.equal(protocol, 'chat');
    assert.deepEqual(seen[0], ['soap', 'chat.v2', 'chat']);
    assert.equal(seen[1], asked);
    for (const none of /** @type {const} */ ([undefined, null, false])) {
      const outcome = accept(request(offer), { selectProtocol: () => none });
      assert.equal(outcome.protocol, undefined);
    }
  });

  test('what was not offered is not answered', () => {
    const wrong = (/** @type {any} */ value) => () => {
      new ServerHandshake({ selectProtocol: () => value }).receive(request(offer));
    };
    assert.throws(wrong('mqtt'), { name: 'RangeError', message: /mqtt.* was not offered/ });
    assert.throws(wrong('chat\r\nX: y'), { name: 'RangeError' });
    assert.throws(wrong(''), { name: 'RangeError' });
    assert.throws(wrong(5), { name: 'TypeError', message: /selectProtocol/ });
  });

  test('what selectProtocol throws comes through', () => {
    const handshake = new ServerHandshake({
      selectProtocol() {
        throw new Error('mine');
      },
    });
    assert.throws(() => handshake.receive(request(offer)), { message: 'mine' });
    assert.throws(() => handshake.receive(request(offer)), {
      name: 'TypeError',
      message: /over/,
    });
  });
});

describe('headers of the reply', () => {
  test('from an object, pairs, or Headers', () => {
    const cookies = /** @type {[string, string][]} */ ([
      ['Set-Cookie', 'a=b'],
      ['Set-Cookie', 'c=d; Path=/'],
    ]);
    for (const headers of [cookies, new Headers(cookies), new Map([['Set-Cookie', 'a=b']])]) {
      const { reply } = accept(request(), { headers });
      assert.equal(parse(reply).headers.getSetCookie()[0], 'a=b');
    }
    const { reply } = accept(request(), { headers: { 'X-Served-By': 'me', 'X-Empty': '' } });
    assert.equal(parse(reply).headers.get('x-served-by'), 'me');
    assert.equal(
      parse(accept(request(), { headers: cookies }).reply).headers.getSetCookie().length,
      2,
    );
  });

  test('CR, LF and NUL never pass', () => {
    for (const bad of ['a\r\nX: y', 'a\nb', 'a\rb', 'a\0b', '\r\n', '漢']) {
      const error = { name: 'RangeError', message: /X-Test/ };
      assert.throws(
        () => accept(request(), { headers: { 'X-Test': bad } }),
        error,
        JSON.stringify(bad),
      );
    }
    for (const name of ['X: y\r\nZ', 'X Y', '', 'X\0', 'X:']) {
      assert.throws(
        () => accept(request(), { headers: { [name]: 'a' } }),
        RangeError,
        JSON.stringify(name),
      );
    }
  });

  test("the handshake's own are refused", () => {
    for (const name of [
      'Upgrade',
      'connection',
      'SEC-WEBSOCKET-ACCEPT',
      'Sec-WebSocket-Protocol',
    ]) {
      assert.throws(() => accept(request(), { headers: { [name]: 'x' } }), RangeError, name);
    }
  });
});

test('handshakes side by side do not mix', () => {
  const a = new ServerHandshake();
  const b = new ServerHandshake({ protocols: ['chat'] });
  const first = request({}, 'GET /a HTTP/1.1');
  const second = request({ 'Sec-WebSocket-Protocol': 'chat' }, 'GET /b HTTP/1.1');
  a.receive(first.subarray(0, 50));
  b.receive(second.subarray(0, 80));
  assert.equal(a.receive(first.subarray(50))?.request.url, '/a');
  assert.equal(b.receive(second.subarray(80))?.protocol, 'chat');
});

describe('in two halves', () => {
  test('readRequest, then accept', () => {
    const handshake = new ServerHandshake({ protocols: ['chat'], headers: { 'X-A': 'a' } });
    const bytes = request({ 'Sec-WebSocket-Protocol': 'soap, chat' });
    assert.equal(handshake.readRequest(bytes.subarray(0, 30)), undefined);
    const asked = handshake.readRequest(bytes.subarray(30));
    assert.deepEqual(asked?.protocols, ['soap', 'chat']);
    // What comes meanwhile is kept for the stream.
    assert.equal(handshake.readRequest(Buffer.from('early')), undefined);
    const outcome = handshake.accept(asked, { protocol: 'soap', headers: { 'X-B': 'b' } });
    const { headers } = parse(outcome.reply);
    assert.deepEqual([headers.get('x-a'), headers.get('x-b')], ['a', 'b']);
    assert.equal(headers.get('sec-websocket-protocol'), 'soap');
    assert.equal(outcome.protocol, 'soap');
    assert.equal(outcome.request, asked);
    assert.equal(String(outcome.rest), 'early');
    assert.throws(() => handshake.accept(asked), { name: 'TypeError', message: /over/ });
  });

  test('accept before there is a request is an error', () => {
    const bytes = request();
    const asked = new ServerHandshake().readRequest(bytes);
    assert.ok(asked);
    assert.throws(() => new ServerHandshake().accept(asked), Error);
  });

  test('reject builds any other answer', () => {
    const reply = parse(
      ServerHandshake.reject(401, { headers: { 'WWW-Authenticate': 'Basic' }, body: 'Who?' }),
    );
    assert.equal(reply.status, 401);
    assert.equal(reply.headers.get('www-authenticate'), 'Basic');
    assert.equal(reply.headers.get('content-length'), '4');
    assert.equal(reply.body, 'Who?');
    assert.equal(parse(ServerHandshake.reject(404)).body, '');
    assert.throws(() => ServerHandshake.reject(101), {
      name: 'RangeError',
      message: /^status/,
    });
    const split = { headers: { Location: '/\r\nX: y' } };
    assert.throws(() => ServerHandshake.reject(302, split), RangeError);
    const body = /** @type {any} */ (5);
    assert.throws(() => ServerHandshake.reject(404, { body }), {
      name: 'TypeError',
      message: /^body is 5/,
    });
  });
});

describe("the client's side", () => {
  test('is understood by the server, and the other way round, however it is cut', () => {
    for (const size of [1, 7, 100_000]) {
      const client = new ClientHandshake('wss://user:pässword@example.com:8443/a/b?c=d', {
        protocols: ['chat', 'soap'],
        headers: { Origin: 'https://example.com' },
      });
      const server = new ServerHandshake({ protocols: ['soap'] });
      const [outcome] = [...cut(client.request, [size])]
        .map((b) => server.receive(b))
        .slice(-1);
      assert.ok(outcome);
      const { url, headers, protocols } = outcome.request;
      assert.equal(url, '/a/b?c=d');
      assert.deepEqual(protocols, ['chat', 'soap']);
      assert.equal(headers.get('host'), 'example.com:8443');
      assert.equal(headers.get('origin'), 'https://example.com');
      const basic = `Basic ${Buffer.from('user:pässword').toString('base64')}`;
      assert.equal(headers.get('authorization'), basic);
      const answer = Buffer.concat([outcome.reply, wire({ payload: 'hi' })]);
      let result;
      for (const piece of cut(answer, [size])) {
        if (result) break;
        result = client.receive(piece);
      }
      assert.ok(result);
      assert.equal(result.response.status, 101);
      assert.equal(result.protocol, 'soap');
      assert.deepEqual(result.extensions, []);
      if (size > 1000) assert.deepEqual(result.rest, wire({ payload: 'hi' }));
      assert.throws(() => client.receive(answer), { name: 'TypeError', message: /over/ });
    }
  });

  test('keys differ', () => {
    const keys = Array.from({ length: 100 }, () => {
      const { request: bytes } = new ClientHandshake('ws://a/');
      return String(bytes).match(/Sec-WebSocket-Key: (.{22}==)\r\n/)?.[1];
    });
    assert.ok(keys.every((key) => key));
    assert.equal(new Set(keys).size, 100);
  });

  test('a refusal comes with the answer', () => {
    const client = new ClientHandshake('ws://a/');
    const answer = 'HTTP/1.1 403 Forbidden\r\nX-Why: no\r\nContent-Length: 2\r\n\r\nno';
    assert.throws(
      () => client.receive(Buffer.from(answer)),
      (error) => {
        assert.ok(error instanceof HandshakeError);
        assert.equal(error.status, 403);
        assert.equal(error.response?.status, 403);
        assert.equal(error.response.headers.get('x-why'), 'no');
        assert.equal(String(error.response.body), 'no');
        return true;
      },
    );
  });

  test('a wrong answer is a HandshakeError', () => {
    const { reply } = accept(request());
    for (const answer of [
      // The accept of another key.
      reply,
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
      'SSH-2.0-OpenSSH\r\n',
    ]) {
      const client = new ClientHandshake('ws://a/');
      assert.throws(() => client.receive(Buffer.from(answer)), HandshakeError);
    }
  });

  test('arguments', () => {
    const wrong = (
      /** @type {any} */ url,
      /** @type {any} */ options,
      /** @type {any} */ error,
    ) =>
      assert.throws(
        () => new ClientHandshake(url, options),
        error,
        JSON.stringify([url, options]),
      );
    wrong(5, undefined, { name: 'TypeError', message: /^url is 5/ });
    wrong('/relative', undefined, { name: 'RangeError', message: /^url is / });
    wrong('ftp://a/', undefined, { name: 'RangeError', message: /^url is / });
    wrong('ws://a/#b', undefined, { name: 'RangeError', message: /^url is .*fragment/ });
    wrong('ws://a/', { protocols: ['a b'] }, RangeError);
    wrong('ws://a/', { protocols: ['a', 'a'] }, RangeError);
    wrong('ws://a/', { protocols: [5] }, { name: 'TypeError', message: /^protocols is 5/ });
    wrong('ws://a/', { headers: { 'X-A': 'a\r\nb' } }, RangeError);
    wrong('ws://a/', { headers: { Upgrade: 'x' } }, RangeError);
    // Percent signs in credentials that decode to nothing.
    wrong('ws://a%zz:b@c/', undefined, RangeError);
    const client = new ClientHandshake('ws://a/');
    client.free();
    client.free();
    assert.throws(() => client.receive(Buffer.from('x')), {
      name: 'TypeError',
      message: /over/,
    });
  });

  test('a URL cannot break out of the request line', () => {
    const { request: bytes } = new ClientHandshake('ws://a/b c\r\nX: y?d e');
    const [line] = String(bytes).split('\r\n');
    assert.match(line, /^GET \/[!-~]+ HTTP\/1\.1$/);
    assert.ok(!String(bytes).includes('\nX: y'));
  });
});
