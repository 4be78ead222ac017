// What real peers do with what breaks a rule: close codes, status codes, or that they take it.
// `node tests/inspect/peers-on-rules.mjs` measures all that are here and writes
// www/src/rules/measured.js, from which the page and docs/rules.md speak; with names of rules behind
// it, it measures these alone anew. Tests repeat what of it is about ws.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import WebSocket, { WebSocketServer } from 'ws';
import { frameBytes, framesBytes } from '../../js/cli/act/frame-spec.js';
import { headerOf, payloadOf } from '../../js/cli/act/frames.js';
import { cache, root, whenStarted, which } from '../../scripts/lib.mjs';
import { launchChromium, launchFirefox } from '../../scripts/tools/browsers.mjs';
import { findChromium, findFirefox } from '../../scripts/tools/peers.mjs';
import { listen } from '../../scripts/tools/serve.mjs';
import { measured } from '../../www/src/rules/measured.js';
import { blocks, startProxy } from '../operations/proxies.mjs';
import { ANSWERS, FRAMES, head, REQUEST, REQUESTS } from './peers-cases.mjs';
import { BY_CLIENTS, BY_SERVERS, http2ToClient, http2ToServer } from './peers-on-http2.mjs';

/** @typedef {import('./peers-cases.mjs').FrameCase} FrameCase */
/** @typedef {import('../../www/src/rules/types.js').Outcome} Outcome */
/** @typedef {import('node:net').Socket} Socket */

/** @typedef {{ opened: boolean, code?: number, messages: number }} Seen */
/**
 * A client: opens a WebSocket and tells what it saw of it when it is closed.
 * @typedef {(url: string) => Promise<Seen>} Client
 */

/** A peer that does nothing for this long, in milliseconds, waits for more. */
const WAITING = 20_000;
export const DEFLATE =
  'permessage-deflate; server_no_context_takeover; client_no_context_takeover';
/** What a server judges of RFC 8441. */
export const HTTP2 = [
  'ConnectNotEnabled',
  'ConnectRequest',
  'ConnectScheme',
  'ConnectFields',
  'ConnectKey',
];
const BARRIER = Buffer.from('are you there');

/** @param {FrameCase} given @param {'c2s' | 's2c'} direction */
export const bytesOf = ({ frames }, direction) => Buffer.concat(framesBytes(frames, direction));

/** @param {string} key */
const acceptOf = (key) =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

/**
 * A right answer to a request.
 * @param {string} request
 */
export const answerTo = (request) => ({
  line: 'HTTP/1.1 101 Switching Protocols',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Accept': acceptOf(/sec-websocket-key: *(\S+)/i.exec(request)?.[1] ?? ''),
});

/**
 * Sends a broken thing and waits for what the peer makes of it: a close frame, the end, or the pong
 * to a ping behind it, which shows that the peer goes on.
 * @param {Socket} socket
 * @param {Buffer} got what came already
 * @param {FrameCase} given
 * @param {'c2s' | 's2c'} direction
 * @returns {Promise<Outcome>}
 */
async function provoke(socket, got, given, direction) {
  let heard = got;
  /** @type {(outcome: Outcome) => void} */
  let settle = () => {};
  const settled = new Promise((resolve) => {
    settle = resolve;
  });
  const look = () => {
    for (;;) {
      const header = headerOf(heard);
      if (!header || heard.length < header.length + header.payload) return;
      const whole = heard.subarray(0, header.length + header.payload);
      const payload = payloadOf(whole, header);
      heard = heard.subarray(whole.length);
      if (header.opcode === 8) {
        settle({ did: 'closed', close: payload.length < 2 ? 1005 : payload.readUInt16BE() });
        // The closing handshake, so that the peer need not wait for it.
        socket.end(frameBytes({ opcode: 'close', hex: payload.toString('hex') }, direction));
      }
      if (header.opcode === 10 && payload.equals(BARRIER)) settle({ did: 'accepted' });
    }
  };
  socket.on('data', (bytes) => {
    heard = Buffer.concat([heard, bytes]);
    look();
  });
  for (const event of ['end', 'close', 'error']) {
    socket.on(event, () => settle({ did: 'ended' }));
  }
  socket.write(bytesOf(given, direction));
  if (given.end) socket.end();
  else socket.write(frameBytes({ opcode: 'ping', text: `${BARRIER}` }, direction));
  const timer = setTimeout(() => settle({ did: 'waits' }), WAITING);
  const outcome = await settled;
  clearTimeout(timer);
  if (outcome.did === 'accepted' || outcome.did === 'waits') socket.destroy();
  return outcome;
}

/**
 * A server on bare TCP, for one connection.
 * @template T
 * @param {(socket: Socket, request: string, rest: Buffer) => Promise<T>} talk
 */
async function bareServer(talk) {
  const server = createServer();
  const talked = new Promise((resolve, reject) => {
    server.once('connection', (socket) => {
      socket.on('error', () => {});
      let got = Buffer.alloc(0);
      const read = (/** @type {Buffer} */ bytes) => {
        got = Buffer.concat([got, bytes]);
        const end = got.indexOf('\r\n\r\n');
        if (end < 0) return;
        socket.off('data', read);
        talk(socket, got.toString('latin1', 0, end + 4), got.subarray(end + 4)).then(
          resolve,
          reject,
        );
      };
      socket.on('data', read);
    });
  });
  const port = await listen(server);
  return { url: `ws://127.0.0.1:${port}/`, port, talked, close: () => server.close() };
}

/**
 * What a client does with broken frames of its server.
 * @param {Client} client
 * @param {FrameCase} given
 * @returns {Promise<Outcome>}
 */
export async function framesToClient(client, given) {
  const server = await bareServer(async (socket, request, rest) => {
    const extension = given.deflate ? { 'Sec-WebSocket-Extensions': DEFLATE } : {};
    socket.write(head(answerTo(request), extension));
    return provoke(socket, rest, given, 's2c');
  });
  const seen = client(server.url);
  const outcome = await server.talked;
  server.close();
  const { code, messages } = await seen;
  return { ...outcome, event: code, ...(messages ? { messages } : {}) };
}

/**
 * What a client does with a broken answer.
 * @param {Client} client
 * @param {string} rule
 * @returns {Promise<Outcome>}
 */
export async function answerToClient(client, rule) {
  const server = await bareServer(async (socket, request) => {
    // One that takes it is asked to close; one that does not has ended already, or will.
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(head(answerTo(request), ANSWERS[rule]));
    socket.end(frameBytes({ opcode: 'close', code: 1000 }, 's2c'));
    await Promise.race([closed, pause(WAITING, undefined, { ref: false })]);
    socket.destroy();
  });
  const seen = await client(server.url);
  server.close();
  return seen.opened ? { did: 'accepted' } : { did: 'refused', event: seen.code };
}

/**
 * A socket that has sent bytes.
 * @param {number} port
 * @param {Buffer} bytes
 */
async function sent(port, bytes) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(bytes);
  return socket;
}

/**
 * What comes up to the end of a head; undefined if the connection ended before.
 * @param {Socket} socket
 * @returns {Promise<{ head: string, rest: Buffer } | undefined>}
 */
function headFrom(socket) {
  return new Promise((resolve) => {
    let got = Buffer.alloc(0);
    const read = (/** @type {Buffer} */ bytes) => {
      got = Buffer.concat([got, bytes]);
      const end = got.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.off('data', read);
      resolve({ head: got.toString('latin1', 0, end), rest: got.subarray(end + 4) });
    };
    socket.on('data', read);
    socket.on('close', () => resolve(undefined));
    socket.setTimeout(WAITING, () => socket.destroy());
  });
}

/**
 * What a server does with broken frames of its client.
 * @param {number} port
 * @param {FrameCase} given
 * @returns {Promise<Outcome>}
 */
export async function framesToServer(port, given) {
  const extension = given.deflate ? { 'Sec-WebSocket-Extensions': DEFLATE } : {};
  const socket = await sent(port, head(REQUEST, extension));
  const answer = await headFrom(socket);
  if (!answer?.head.startsWith('HTTP/1.1 101')) throw new Error(`no 101: ${answer?.head}`);
  const outcome = await provoke(socket, answer.rest, given, 'c2s');
  socket.destroy();
  return outcome;
}

/**
 * What a server does with a broken request.
 * @param {number} port
 * @param {string} rule
 * @returns {Promise<Outcome>}
 */
export async function requestToServer(port, rule) {
  const socket = await sent(port, head(REQUEST, REQUESTS[rule]));
  const answer = await headFrom(socket);
  socket.destroy();
  if (!answer) return { did: 'ended' };
  const status = Number(answer.head.split(' ')[1]);
  if (status !== 101) return { did: 'refused', status };
  return { did: 'accepted' };
}

/**
 * What a server says to HTTP/2's preface.
 * @param {number} port
 * @returns {Promise<Outcome>}
 */
export async function prefaceToServer(port) {
  const socket = await sent(port, Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'));
  const answer = await headFrom(socket);
  socket.destroy();
  if (!answer) return { did: 'ended' };
  return { did: 'refused', status: Number(answer.head.split(' ')[1]) };
}

/** @type {Client} */
export const wsClient = (url) =>
  new Promise((resolve) => {
    const ws = new WebSocket(url, { rejectUnauthorized: false });
    /** @type {Seen} */
    const seen = { opened: false, messages: 0 };
    ws.on('error', () => {});
    ws.on('open', () => {
      seen.opened = true;
    });
    ws.on('message', () => seen.messages++);
    ws.on('close', (code) => resolve({ ...seen, code }));
  });

/** A server of ws on a port of its own, with compression, since one rule is about it. */
export async function wsServer() {
  const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: true });
  sockets.on('connection', (ws) => ws.on('error', () => {}));
  await once(sockets, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (sockets.address());
  return {
    port,
    close: () => {
      for (const client of sockets.clients) client.terminate();
      sockets.close();
    },
  };
}

/** The same in a page and in Node: the API is one. */
const IN_PAGE = `(url) => new Promise((resolve) => {
  const ws = new WebSocket(url);
  const seen = { opened: false, messages: 0 };
  ws.onopen = () => { seen.opened = true; };
  ws.onmessage = () => { seen.messages++; };
  ws.onclose = ({ code }) => resolve({ ...seen, code });
})`;

/** @param {any} page @returns {Client} */
const inPage = (page) => (url) => page.evaluate(`(${IN_PAGE})(${JSON.stringify(url)})`);

/** @param {string} node @returns {Client} */
const inNode = (node) => async (url) => {
  const code = `(${IN_PAGE})(${JSON.stringify(url)}).then((seen) => console.log(JSON.stringify(seen)))`;
  const child = spawn(node, ['--no-warnings', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0' },
  });
  let said = '';
  child.stdout.on('data', (bytes) => {
    said += bytes;
  });
  await once(child, 'close');
  return JSON.parse(said);
};

/**
 * What nginx, with the configuration of docs/operations.md, does with a broken request.
 * @param {import('node:test').TestContext} t
 * @param {string} program
 * @param {string} rule
 * @returns {Promise<Outcome>}
 */
async function requestToNginx(t, program, rule) {
  const server = await bareServer(async (socket, request) => {
    socket.end(head(answerTo(request), {}));
    return request;
  });
  const { port } = await startProxy(t, program, 'nginx', blocks('nginx')[0], server.port);
  const socket = await sent(port, head(REQUEST, REQUESTS[rule]));
  const answer = await headFrom(socket);
  socket.destroy();
  const passed = await Promise.race([server.talked, pause(200)]);
  server.close();
  if (passed !== undefined) return { did: 'passed' };
  return answer
    ? { did: 'refused', status: Number(answer.head.split(' ')[1]) }
    : { did: 'ended' };
}

/**
 * What nginx does with a broken answer of the server behind it.
 * @param {import('node:test').TestContext} t
 * @param {string} program
 * @param {string} rule
 * @returns {Promise<Outcome>}
 */
async function answerToNginx(t, program, rule) {
  const server = await bareServer(async (socket, request) => {
    socket.end(head(answerTo(request), ANSWERS[rule]));
  });
  const { port } = await startProxy(t, program, 'nginx', blocks('nginx')[0], server.port);
  const socket = await sent(port, head(REQUEST, {}));
  const answer = await headFrom(socket);
  socket.destroy();
  server.close();
  if (!answer) return { did: 'ended' };
  const status = Number(answer.head.split(' ')[1]);
  const behind = rule === 'ResponseStatus' ? 200 : 101;
  return status === behind ? { did: 'passed' } : { did: 'refused', status };
}

/**
 * Whether nginx passes broken frames on as they are.
 * @param {import('node:test').TestContext} t
 * @param {string} program
 * @param {FrameCase} given
 * @returns {Promise<Outcome>}
 */
async function framesToNginx(t, program, given) {
  const fromServer = given.to === 'client';
  const bytes = bytesOf(given, fromServer ? 's2c' : 'c2s');
  const send = (/** @type {Socket} */ socket) => {
    socket.write(bytes);
    if (given.end) socket.end();
  };
  const server = await bareServer(async (socket, request, rest) => {
    socket.write(head(answerTo(request), {}));
    if (fromServer) return send(socket);
    const same = (await received(socket, rest, bytes.length)).equals(bytes);
    socket.destroy();
    return same;
  });
  const { port } = await startProxy(t, program, 'nginx', blocks('nginx')[0], server.port);
  const socket = await sent(port, head(REQUEST, {}));
  const answer = await headFrom(socket);
  if (!answer) throw new Error('nginx gave no answer');
  if (!fromServer) send(socket);
  const same = fromServer
    ? (await received(socket, answer.rest, bytes.length)).equals(bytes)
    : await server.talked;
  socket.destroy();
  server.close();
  return { did: same ? 'passed' : 'ended' };
}

/**
 * What comes, until it is this long or the connection ends.
 * @param {Socket} socket
 * @param {Buffer} first what came already
 * @param {number} length
 */
async function received(socket, first, length) {
  let got = first;
  while (got.length < length) {
    /** @type {Buffer | undefined} */
    const more = await new Promise((resolve) => {
      const over = () => resolve(undefined);
      socket.once('close', over);
      socket.once('data', (bytes) => {
        socket.off('close', over);
        resolve(bytes);
      });
    });
    if (!more) break;
    got = Buffer.concat([got, more]);
  }
  return got;
}

/**
 * All there is to measure, in the order of the peers.
 * @param {(rule: string) => boolean} wanted
 */
async function measure(wanted) {
  const those = (/** @type {Iterable<string>} */ rules) => [...rules].filter(wanted);
  const frames = FRAMES.filter(({ rule }) => wanted(rule));
  /** @type {(() => unknown)[]} */
  const after = [];
  const t = /** @type {import('node:test').TestContext} */ (
    /** @type {unknown} */ ({ after: (/** @type {() => unknown} */ end) => after.push(end) })
  );
  const finish = async () => {
    for (const end of after.splice(0)) await end();
  };
  /** @type {Record<string, Record<string, Outcome>>} */
  const rules = {};
  /** @type {Record<string, string>} */
  const versions = {};
  const note = (
    /** @type {string} */ rule,
    /** @type {string} */ peer,
    /** @type {Outcome} */ outcome,
  ) => {
    rules[rule] = { ...rules[rule], [peer]: outcome };
    console.log(rule, peer, JSON.stringify(outcome));
  };

  /** @type {Record<string, Client>} */
  const clients = {};
  /** @type {Record<string, (url: string) => Promise<unknown>>} */
  const pages = {};
  const chromium = findChromium();
  if (chromium) {
    const browser = await launchChromium(chromium, ['--ignore-certificate-errors']);
    after.push(() => browser.close());
    versions.chrome = `Chromium ${browser.version()}`;
    const page = await browser.newPage({ ignoreHTTPSErrors: true });
    clients.chrome = inPage(page);
    pages.chrome = (url) => page.goto(url);
  }
  const firefox = findFirefox();
  if (firefox) {
    const browser = await launchFirefox(firefox, { acceptInsecureCerts: true });
    after.push(() => browser.close());
    versions.firefox = (await browser.version()).replace(/^firefox\//i, 'Firefox ');
    const page = await browser.newPage();
    clients.firefox = inPage(page);
    pages.firefox = (url) => page.goto(url);
  }
  const node = join(cache, 'matrix/node_modules/node24/bin/node');
  if (existsSync(node)) {
    const [own, undici] = JSON.parse(
      execFileSync(node, ['-p', 'JSON.stringify([process.version, process.versions.undici])'], {
        encoding: 'utf8',
      }),
    );
    versions.undici = `undici ${undici} in Node ${own.slice(1)}`;
    clients.undici = inNode(node);
  }
  const manifest = createRequire(import.meta.url).resolve('ws/package.json');
  versions.ws = `ws ${JSON.parse(readFileSync(manifest, 'utf8')).version}`;
  clients.ws = wsClient;

  const own = await wsServer();
  for (const given of frames) {
    if (given.to !== 'client')
      note(given.rule, 'wsServer', await framesToServer(own.port, given));
    if (given.to === 'server') continue;
    for (const [name, client] of Object.entries(clients)) {
      note(given.rule, name, await framesToClient(client, given));
    }
  }
  for (const rule of those(Object.keys(REQUESTS))) {
    note(rule, 'wsServer', await requestToServer(own.port, rule));
  }
  for (const rule of those(Object.keys(ANSWERS))) {
    for (const [name, client] of Object.entries(clients)) {
      note(rule, name, await answerToClient(client, rule));
    }
  }
  for (const rule of those(BY_SERVERS)) {
    for (const [name, open] of Object.entries(clients)) {
      note(rule, name, await http2ToClient({ goto: pages[name], open }, rule));
    }
  }
  for (const rule of those(HTTP2)) note(rule, 'wsServer', await prefaceToServer(own.port));
  own.close();
  await finish();

  const nginx = which('nginx');
  if (nginx) {
    versions.nginx = execFileSync('sh', ['-c', `${nginx} -v 2>&1`], { encoding: 'utf8' })
      .trim()
      .replace(/.*nginx\//, 'nginx ');
    for (const given of frames) {
      note(given.rule, 'nginx', await framesToNginx(t, nginx, given));
      await finish();
    }
    for (const rule of those(Object.keys(REQUESTS))) {
      note(rule, 'nginx', await requestToNginx(t, nginx, rule));
      await finish();
    }
    for (const rule of those(Object.keys(ANSWERS))) {
      note(rule, 'nginx', await answerToNginx(t, nginx, rule));
      await finish();
    }
    const block =
      'server { listen 8000 http2; location / { proxy_pass http://127.0.0.1:8080; } }';
    const { port } = await startProxy(t, nginx, 'nginx', block, 9);
    for (const rule of those(Object.keys(BY_CLIENTS))) {
      note(rule, 'nginx', await http2ToServer(port, rule));
    }
    await finish();
  }
  return { date: new Date().toISOString().slice(0, 10), versions, rules };
}

whenStarted(import.meta.url, async () => {
  const file = join(root, 'www/src/rules/measured.js');
  const only = process.argv.slice(2);
  const found = await measure((rule) => only.length === 0 || only.includes(rule));
  // What is not measured anew stays in its place.
  if (only.length) found.rules = { ...measured.rules, ...found.rules };
  const text = JSON.stringify(found, null, 2);
  writeFileSync(
    file,
    `// Made by tests/inspect/peers-on-rules.mjs; see there.\n\n/** @type {import('./types.js').Measurements} */\nexport const measured = ${text};\n`,
  );
  const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');
  execFileSync(process.execPath, [biome, 'format', '--write', file]);
  process.exit();
});
