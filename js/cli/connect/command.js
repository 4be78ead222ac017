// `ws4wasm connect URL`: a client for people at a terminal and for scripts in a pipe.
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { withoutSecrets } from '../../base/secrets.js';
import { WebSocket } from '../../entry/node.js';
import { connect } from '../../node/client.js';
import { UsageError } from '../base/failure.js';
import { fromHex, header, number, through, trust, url as urlOf } from '../base/options.js';
import { printable } from '../base/printable.js';
import { explained } from './errors.js';
import { loadHistory, saveHistory } from './history.js';
import { printer } from './printer.js';

export const help = `Usage: ws4wasm connect [options] URL

Opens a WebSocket, sends each line of the input as a message and prints what comes. URL is
ws://… or wss://…; without a scheme it is ws://.

  -b, --binary             lines are bytes in hex ("48 69") and go out as binary messages
  -x, --execute TEXT       sends TEXT when open, before the input; may be repeated
  -w, --wait SECONDS       stays so long after the end of the input; by default until the
                           server has answered a ping that follows the last message
  -s, --subprotocol NAME   offers a subprotocol; may be repeated
  -H, --header 'NAME: VALUE'   adds a header; may be repeated
  -o, --origin ORIGIN      sends an Origin, as browsers do
      --auth USER:PASSWORD sends them as basic authorization
      --ca FILE            trusts the certificates in FILE (PEM)
      --insecure           trusts any certificate
      --proxy URL          through a proxy: http://USER:PASSWORD@HOST:PORT, https:// or, with
                           the package socks-proxy-agent, socks5://; env for what HTTPS_PROXY
                           and NO_PROXY say
      --no-compress        does not offer permessage-deflate
      --timeout SECONDS    for the connection and the handshake (default: 10)
      --ping SECONDS       pings at this interval, and gives up without an answer
      --max-redirects N    follows up to N redirects (default: 0)
      --max-size BYTES     largest message to take (default: 16777216)
      --frames             shows the header of every frame that comes
      --json               prints each message as a line of JSON: { type, data, … };
                           binary data is in base64
      --no-history         does not remember what is typed

At a terminal the arrow keys bring back earlier lines, and lines with / are commands:

  /ping [TEXT]   /pong [TEXT]   /close [CODE [REASON]]   /binary HEX   /text TEXT   /help

A message that begins with / is typed as //. Ctrl-D closes with 1000, Ctrl-C too; a second
Ctrl-C does not wait for the server. In a pipe every line is a message, and the output is what
came and nothing else: text as it is, binary messages in hex. A terminal that it goes to gets
control characters spelled out, \\u{1b}, so that it obeys no server.

Exit codes: 0 closed in order (1000, 1001 or no code), 1 no connection, 2 wrong usage,
3 closed in another way; what happened is said on stderr.

Examples:
  ws4wasm connect localhost:8080
  ws4wasm connect -s chat -H 'Authorization: Bearer abc' wss://example.com/room
  echo '{"op":"ping"}' | ws4wasm connect --json ws://localhost:8080
  ws4wasm connect -b -x '01 02 ff' ws://localhost:8080 < /dev/null
`;

const options = /** @type {const} */ ({
  binary: { type: 'boolean', short: 'b', default: false },
  execute: { type: 'string', short: 'x', multiple: true },
  wait: { type: 'string', short: 'w' },
  subprotocol: { type: 'string', short: 's', multiple: true },
  header: { type: 'string', short: 'H', multiple: true },
  origin: { type: 'string', short: 'o' },
  auth: { type: 'string' },
  ca: { type: 'string' },
  insecure: { type: 'boolean', default: false },
  proxy: { type: 'string' },
  'no-compress': { type: 'boolean', default: false },
  timeout: { type: 'string' },
  ping: { type: 'string' },
  'max-redirects': { type: 'string' },
  'max-size': { type: 'string' },
  frames: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  'no-history': { type: 'boolean', default: false },
});

/** How long a script waits for the answer to its last ping, in milliseconds. */
const LAST_PING = 5_000;
const IN_ORDER = [1000, 1001, 1005];
const DAY = 86_400;

/**
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
export async function run(args) {
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  if (positionals.length !== 1) {
    throw new UsageError(
      positionals.length
        ? `One URL is expected, not ${positionals.length}.`
        : 'Where to connect to? Give a URL, for example ws://127.0.0.1:8080.',
    );
  }
  const url = addressOf(positionals[0]);
  const settings = settingsOf(values);
  const wait = number(values.wait, '--wait', 0, DAY);
  const first = (values.execute ?? []).map((text) => payloadOf(text, values.binary));
  const interactive = Boolean(process.stdin.isTTY && process.stdout.isTTY);
  const out = printer({ interactive, json: values.json });
  const how = {
    ...settings,
    ...(await through(values.proxy)),
    frames: values.frames,
    // What has come before the answer to our close is printed, however slow our reader is.
    deliverWhileClosing: true,
    WebSocket: clientOf(out, url),
  };
  const ws = await connect(url, how).catch((error) => {
    const usage = error instanceof RangeError || error instanceof TypeError;
    throw usage ? new UsageError(error.message) : explained(error, url);
  });
  for (const payload of first) ws.send(payload);

  if (interactive) converse(ws, out, values);
  else pipe(ws, values.binary, wait);
  await ws.over;
  return ended(ws, out);
}

/** @typedef {InstanceType<ReturnType<typeof clientOf>>} Client */

/**
 * A connection that prints, from the first message on, which may come with the handshake.
 * @param {import('./printer.js').Printer} out
 * @param {string} url
 */
const clientOf = (out, url) =>
  class extends WebSocket {
    /** @type {() => void} */
    #resolve = () => {};
    /** @type {Promise<void>} */
    over = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    /** How it ended. */
    code = 0;
    reason = '';

    opened() {
      const details = [];
      if (this.protocol) details.push(`subprotocol ${this.protocol}`);
      if (this.stream.deflate) details.push('compressed');
      const how = details.length ? ` (${details.join(', ')})` : '';
      out.status(`Connected to ${withoutSecrets(url)}${how}`);
      this.addEventListener('frame', (event) => out.frame(event.frame));
    }

    /** @param {import('../../index.js').TextMessage | import('../../index.js').BinaryMessage} message */
    receivedMessage(message) {
      // A reader of ours that is slow makes the server wait.
      return out.message(message);
    }

    /** @param {import('../../index.js').PongControlMessage} pong */
    ponged(pong) {
      out.pong(pong);
    }

    /**
     * @param {number} code
     * @param {string} [reason]
     */
    closed(code, reason = '') {
      this.code = code;
      this.reason = reason;
      this.#resolve();
    }
  };

/** @param {string} text */
function addressOf(text) {
  const url = urlOf(text);
  if (url) return url.href;
  throw new UsageError(
    `${JSON.stringify(text)} is no URL. Write it like ws://127.0.0.1:8080/path`,
  );
}

/**
 * @param {ReturnType<typeof parseArgs<{ options: typeof options }>>['values']} values
 * @returns {import('../../node.js').ConnectOptions}
 */
function settingsOf(values) {
  const headers = (values.header ?? []).map(header);
  if (values.origin !== undefined) headers.push(['Origin', values.origin]);
  if (values.auth !== undefined) {
    if (!values.auth.includes(':')) throw new UsageError('--auth: write USER:PASSWORD.');
    const credentials = Buffer.from(values.auth).toString('base64');
    headers.push(['Authorization', `Basic ${credentials}`]);
  }
  const ping = number(values.ping, '--ping', 0.1, DAY);
  const size = number(values['max-size'], '--max-size', 1, Number.MAX_SAFE_INTEGER);
  return {
    headers,
    protocols: values.subprotocol,
    deflate: !values['no-compress'],
    handshakeTimeout: (number(values.timeout, '--timeout', 0.1, DAY) ?? 10) * 1000,
    maxRedirects: number(values['max-redirects'], '--max-redirects', 0, 20),
    pingInterval: ping && ping * 1000,
    maxMessageSize: size,
    tls: trust(values),
  };
}

/**
 * @param {string} text
 * @param {boolean} binary
 */
const payloadOf = (text, binary) => (binary ? fromHex(text, '--binary') : text);

/**
 * Input from a pipe: every line a message, then the end.
 * @param {Client} ws
 * @param {boolean} binary
 * @param {number | undefined} wait in seconds
 */
async function pipe(ws, binary, wait) {
  process.once('SIGINT', () => ws.close());
  process.once('SIGTERM', () => ws.close(1001));
  const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
  ws.over.then(() => {
    lines.close();
    process.stdin.destroy();
  });
  try {
    // A server that is slow makes the writer of our input wait.
    for await (const line of lines) await ws.send(payloadOf(line, binary));
    if (wait === undefined) await answered(ws);
    else await Promise.race([pause(wait * 1000, undefined, { ref: false }), ws.over]);
    ws.close();
  } catch (error) {
    if (ws.readyState !== 1) return;
    ws.close(1001);
    console.error(printable(error instanceof Error ? error.message : String(error)));
    process.exitCode = 2;
  }
}

/**
 * Resolves when a ping after all messages is answered: what the server says to them at once
 * is here then.
 * @param {Client} ws
 */
async function answered(ws) {
  const answer = new Promise((resolve) => {
    ws.addEventListener('pong', () => resolve(undefined), { once: true });
  });
  ws.ping('ws4wasm').catch(() => {});
  await Promise.race([answer, ws.over, pause(LAST_PING, undefined, { ref: false })]);
}

/**
 * Input from a terminal.
 * @param {Client} ws
 * @param {import('./printer.js').Printer} out
 * @param {{ binary?: boolean, 'no-history'?: boolean }} values
 */
function converse(ws, out, { binary = false, 'no-history': forget = false }) {
  const history = forget ? [] : loadHistory();
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    history,
    historySize: 1000,
    removeHistoryDuplicates: true,
    prompt: '> ',
  });
  out.promptWith(lines);
  out.status('Type a message and press Enter; /help shows the commands, Ctrl-D closes.');
  lines.on('line', (line) => {
    try {
      obey(ws, out, line, binary);
    } catch (error) {
      // The user's slip: said, and nothing sent.
      out.problem(error instanceof Error ? error.message : String(error));
    }
    lines.prompt();
  });
  /** @type {string[]} */
  let remembered = history;
  lines.on('history', (now) => {
    remembered = now;
  });
  let asked = false;
  lines.on('SIGINT', () => {
    if (asked) ws.closeConnection();
    else ws.close();
    asked = true;
  });
  lines.on('close', () => ws.close());
  lines.prompt();
  ws.over.then(() => {
    out.promptWith(undefined);
    lines.close();
    process.stdin.unref();
    if (!forget) saveHistory(remembered);
  });
}

/**
 * @param {Client} ws
 * @param {import('./printer.js').Printer} out
 * @param {string} line
 * @param {boolean} binary
 */
function obey(ws, out, line, binary) {
  if (!line.startsWith('/') || line.startsWith('//')) {
    if (line !== '') ws.send(payloadOf(line.replace(/^\/\//, '/'), binary));
    return;
  }
  const [, name, rest] = /^\/(\S*)\s*(.*)$/.exec(line) ?? ['', '', ''];
  switch (name) {
    case 'ping':
      ws.ping(rest).catch((error) => out.problem(error.message));
      out.pinged();
      break;
    case 'pong':
      ws.pong(rest).catch((error) => out.problem(error.message));
      break;
    case 'close': {
      const [code, reason] = /^(\d*)\s*(.*)$/.exec(rest)?.slice(1) ?? ['', ''];
      ws.close(code ? Number(code) : 1000, reason);
      break;
    }
    case 'binary':
      ws.send(fromHex(rest, '/binary'));
      break;
    case 'text':
      ws.send(rest);
      break;
    case 'help':
      out.status(
        ...help.slice(help.indexOf('  /ping'), help.indexOf('\n\nA message')).split('\n'),
      );
      break;
    default:
      throw new UsageError(
        `There is no command /${name}. /help shows them; // sends a message with one /.`,
      );
  }
}

/**
 * @param {Client} ws
 * @param {import('./printer.js').Printer} out
 */
function ended({ code, reason }, out) {
  const why = reason ? ` ${reason}` : '';
  if (IN_ORDER.includes(code)) {
    out.status(code === 1005 ? 'Closed.' : `Closed with ${code}${why}.`);
    return Number(process.exitCode ?? 0);
  }
  out.problem(
    code === 1006
      ? `The connection broke off without a close${reason ? `: ${reason}` : ''}.`
      : `Closed with ${code}${why}.`,
  );
  return 3;
}
