// WebSockets in HTTP/2 (RFC 8441): spoken by Node's http2 here and now, and frames made by hand
// where a peer breaks a rule.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import test from 'node:test';
import { captured, pipe } from './recorded.mjs';
import { allRows, bytes, frame, inspect } from './support.mjs';

let used = 0;
/** A masking key that was not there before. */
const mask = () => [9, 8, 7, used++];
/** @param {number} length */
const binary = (length) => new Uint8Array(length).map((_, index) => index * 3);

/**
 * A client and a server over a pipe; the server answers what its `:path` says.
 * @param {import('node:http2').ServerOptions} options
 */
async function session(options = {}) {
  /** @type {import('./recorded.mjs').Piece[]} */
  const seen = [];
  const ends = pipe(seen);
  const server = http2.createServer({ settings: { enableConnectProtocol: true }, ...options });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    if (headers[':path'] === '/no')
      return void stream.respond({ ':status': 403 }, { endStream: true });
    if (headers[':method'] === 'GET') {
      stream.respond({ ':status': 200 });
      return void stream.end('<html>');
    }
    stream.respond({ ':status': 200, 'sec-websocket-protocol': 'chat' });
    stream.on('data', (/** @type {Buffer} */ chunk) => stream.write(unmasked(chunk)));
    if (headers[':path'] === '/cut')
      setImmediate(() => stream.close(http2.constants.NGHTTP2_CANCEL));
    stream.on('end', () => stream.end());
  });
  server.emit('connection', ends.server);
  const client = http2.connect('http://example.test', {
    createConnection: () => ends.client,
    ...options,
  });
  await once(client, 'remoteSettings');
  return { seen, client, server };
}

/** What a server sends back: the same frame, without a mask. @param {Buffer} chunk */
function unmasked(chunk) {
  const long = (chunk[1] & 0x7f) === 126 ? 2 : 0;
  const key = chunk.subarray(2 + long);
  const payload = chunk.subarray(6 + long).map((byte, index) => byte ^ key[index % 4]);
  return frame(chunk[0], payload);
}

/** @param {string} path @param {object} [more] */
const asks = (path, more) => ({
  ':method': 'CONNECT',
  ':protocol': 'websocket',
  ':path': path,
  'sec-websocket-version': '13',
  'sec-websocket-protocol': 'chat, other',
  ...more,
});

/** @param {import('ws4wasm/inspect').Inspection} inspection @param {number} connection */
const lines = (inspection, connection) =>
  allRows(inspection)
    .filter((row) => row.connection === connection)
    .map(
      ({ direction, code, length, preview }) =>
        `${direction} ${code} ${length} ${preview.slice(0, 9)}`,
    );

test('several sockets in one connection, with padding and long header blocks', async () => {
  const paddingStrategy = http2.constants.PADDING_STRATEGY_MAX;
  const { seen, client, server } = await session({
    paddingStrategy,
    maxSendHeaderBlockLength: 60_000,
  });
  const page = client.request({ ':path': '/page' });
  page.resume();
  await once(page, 'end');
  const left = client.request(asks('/left?x=1', { 'x-long': 'y'.repeat(20_000) }));
  const right = client.request(asks('/right'));
  await Promise.all([once(left, 'response'), once(right, 'response')]);
  for (const [stream, text] of /** @type {const} */ ([
    [left, 'one'],
    [right, 'two'],
    [left, 'three'],
  ])) {
    stream.write(frame(0x81, text, mask()));
    await once(stream, 'data');
  }
  right.write(frame(0x82, binary(600), mask()));
  await once(right, 'data');
  for (const stream of [left, right]) {
    stream.end(frame(0x88, Uint8Array.of(3, 0xe8), mask()));
    stream.resume();
    await once(stream, 'close');
  }
  client.close();
  server.close();
  const inspection = inspect(captured(seen));
  const [whole, first, second, ...rest] = inspection.connections();
  assert.deepEqual(rest, [], 'the page is none of them');
  assert.equal(whole.transport, 'http2');
  assert.equal(first.url, 'ws://example.test:80/left?x=1');
  assert.equal(second.url, 'ws://example.test:80/right');
  for (const { status, subprotocol, verdict, http2: carried, transport } of [first, second]) {
    assert.deepEqual(
      { status, subprotocol, verdict, transport },
      { status: 200, subprotocol: 'chat', verdict: 'ok', transport: 'websocket' },
    );
    assert.equal(carried?.connection, whole.connection);
  }
  assert.notEqual(first.http2?.stream, second.http2?.stream);
  assert.deepEqual(lines(inspection, first.connection), [
    'c2s 1 3 one',
    's2c 1 3 one',
    'c2s 1 5 three',
    's2c 1 5 three',
    'c2s 8 2 1000',
    's2c 8 2 1000',
  ]);
  assert.deepEqual(
    lines(inspection, second.connection).map((line) => line.slice(0, 9)),
    ['c2s 1 3 t', 's2c 1 3 t', 'c2s 2 600', 's2c 2 600', 'c2s 8 2 1', 's2c 8 2 1'],
  );
  const handshake = inspection.handshake(first.connection);
  const names = handshake?.request?.headers.map(({ name }) => name) ?? [];
  for (const name of [':method', ':protocol', ':scheme', ':authority', ':path'])
    assert.ok(names.includes(name), name);
  assert.equal(handshake?.response?.headers[0].name, ':status');
  assert.deepEqual(handshake?.violations, []);

  // What is exported leads back to the same frames.
  const again = inspect(inspection.export('pcapng'));
  const ours = again.connections().find(({ url }) => url === 'ws://example.test:80/left?x=1');
  assert.deepEqual(lines(again, ours?.connection ?? -1), lines(inspection, first.connection));
  again.free();
  inspection.free();
});

test('a refusal and a reset', async () => {
  const { seen, client, server } = await session();
  const refused = client.request(asks('/no'));
  const [headers] = await once(refused, 'response');
  assert.equal(headers[':status'], 403);
  const cut = client.request(asks('/cut'));
  cut.on('error', () => {});
  await once(cut, 'close');
  client.destroy();
  server.close();
  const inspection = inspect(captured(seen));
  const find = (/** @type {string} */ path) =>
    inspection.connections().find(({ url }) => url === `ws://example.test:80${path}`);
  assert.equal(find('/no')?.verdict, 'refused');
  assert.equal(find('/no')?.status, 403);
  assert.ok(Object.values(find('/cut')?.ended ?? {}).includes('reset'));
  inspection.free();
});

/** A frame of HTTP/2. @param {number} kind @param {number} flags @param {number} stream @param {Uint8Array} payload */
const h2 = (kind, flags, stream, payload) =>
  bytes(0, payload.length >> 8, payload.length & 255, kind, flags, 0, 0, 0, stream, payload);
/** Fields as literals that go into no table (RFC 7541 section 6.2.2). @param {Record<string, string>} fields */
const block = (fields) =>
  bytes(
    ...Object.entries(fields).flatMap(([name, value]) => [
      0,
      name.length,
      name,
      value.length,
      value,
    ]),
  );
const preface = bytes('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', h2(4, 0, 0, bytes()));
/** @param {number} value of SETTINGS_ENABLE_CONNECT_PROTOCOL */
const enables = (value) => h2(4, 0, 0, bytes(0, 8, 0, 0, 0, value));
const right = {
  ':method': 'CONNECT',
  ':protocol': 'websocket',
  ':scheme': 'https',
  ':path': '/',
  ':authority': 'a.test',
  'sec-websocket-version': '13',
};

/**
 * The rules that are broken when a request and its answer are these.
 * @param {Record<string, string | undefined>} change of the request
 * @param {object} [answer]
 * @param {Uint8Array} [settings] the server's
 */
function broken(change, answer = { ':status': '200' }, settings = enables(1)) {
  const fields = Object.fromEntries(
    Object.entries({ ...right, ...change }).filter(([, value]) => value !== undefined),
  );
  const file = captured([
    // Before the client's preface, as it may be.
    { way: 's2c', bytes: settings },
    { way: 'c2s', bytes: preface },
    { way: 'c2s', bytes: h2(1, 4, 1, block(/** @type {Record<string, string>} */ (fields))) },
    { way: 's2c', bytes: h2(1, 4, 1, block(/** @type {Record<string, string>} */ (answer))) },
    { way: 'c2s', bytes: h2(0, 0, 1, frame(0x81, 'x', mask())) },
  ]);
  const inspection = inspect(file);
  const found = inspection.violations().filter(({ rule }) => rule !== 'NoClose');
  for (const { rfc, section, rule } of found.filter(({ rule }) => rule.startsWith('Connect'))) {
    assert.equal(rfc, 'RFC 8441', rule);
    assert.match(section, /^[345]$/);
  }
  const rules = found.map(({ rule }) => rule);
  inspection.free();
  return rules;
}

test('each rule of RFC 8441 is found where it is broken, and only there', () => {
  assert.deepEqual(broken({}), []);
  assert.deepEqual(broken({}, undefined, enables(0)), ['ConnectNotEnabled']);
  assert.deepEqual(broken({}, undefined, h2(4, 0, 0, bytes())), ['ConnectNotEnabled']);
  assert.deepEqual(broken({ ':scheme': 'wss' }), ['ConnectScheme']);
  assert.deepEqual(broken({ ':path': undefined }), ['ConnectRequest']);
  assert.deepEqual(broken({ ':authority': undefined }), ['ConnectRequest']);
  assert.deepEqual(broken({ ':method': 'GET' }), ['ConnectRequest']);
  assert.deepEqual(broken({ connection: 'upgrade' }), ['ConnectFields']);
  assert.deepEqual(broken({ host: 'a.test' }), ['ConnectFields']);
  assert.deepEqual(broken({ 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' }), ['ConnectKey']);
  assert.deepEqual(broken({}, { ':status': '200', 'sec-websocket-accept': 'x' }), [
    'ConnectKey',
  ]);
  assert.deepEqual(broken({}, { ':status': '400' }), ['ConnectStatus']);
  // What is as in HTTP/1.1 keeps its rules.
  assert.deepEqual(broken({ 'sec-websocket-version': '12' }), ['RequestWsVersion']);
  assert.deepEqual(broken({}, { ':status': '200', 'sec-websocket-protocol': 'chat' }), [
    'ResponseProtocol',
  ]);
});

test('a request before the SETTINGS that allow it, and a setting that is taken back', () => {
  const request = h2(1, 4, 1, block(right));
  const answer = h2(1, 4, 1, block({ ':status': '200' }));
  for (const [pieces, rule] of /** @type {const} */ ([
    [
      [
        ['c2s', preface],
        ['c2s', request],
        ['s2c', enables(1)],
        ['s2c', answer],
      ],
      'ConnectNotEnabled',
    ],
    [
      [
        ['c2s', preface],
        ['s2c', enables(1)],
        ['c2s', request],
        ['s2c', answer],
        ['s2c', enables(0)],
      ],
      'ConnectSetting',
    ],
    [
      [
        ['c2s', preface],
        ['s2c', enables(1)],
        ['c2s', request],
        ['s2c', answer],
        ['s2c', enables(2)],
      ],
      'ConnectSetting',
    ],
  ])) {
    const inspection = inspect(captured(pieces.map(([way, data]) => ({ way, bytes: data }))));
    assert.deepEqual(
      inspection.violations().map((found) => found.rule),
      [rule],
    );
    inspection.free();
  }
});

test('bytes that are lost leave a hole, and the sockets go on', () => {
  const message = (/** @type {string} */ text) => h2(0, 0, 1, frame(0x81, text, mask()));
  const cut = message('a message that loses some');
  const inspection = inspect(
    captured([
      { way: 's2c', bytes: enables(1) },
      { way: 'c2s', bytes: preface },
      { way: 'c2s', bytes: h2(1, 4, 1, block(right)) },
      { way: 's2c', bytes: h2(1, 4, 1, block({ ':status': '200' })) },
      { way: 'c2s', bytes: message('first') },
      { way: 'c2s', bytes: cut.subarray(0, 20) },
      { way: 'c2s', gap: 5 },
      { way: 'c2s', bytes: cut.subarray(25) },
      { way: 'c2s', bytes: message('second') },
      { way: 'c2s', gap: message('lost').length },
      { way: 'c2s', bytes: bytes(message('third'), message('fourth'), message('fifth')) },
    ]),
  );
  const whole = allRows(inspection).filter(({ complete }) => complete);
  assert.deepEqual(
    whole.map(({ preview }) => preview),
    // Of the second, the start is there; where it ends is known.
    ['first', 'a mes', 'second', 'third', 'fourth', 'fifth'],
  );
  assert.equal(inspection.totals.errors, 0);
  inspection.free();
});
