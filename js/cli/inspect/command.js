// `ws4wasm inspect`: a recording proxy, whose traffic a page shows as it passes.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { parseArgs } from 'node:util';
import { Live } from '../page/live.js';
import { Failure, number, painter, printable, UsageError } from '../terminal.js';
import { Connection } from './connection.js';
import { pageServer } from './page-server.js';

export const help = `Usage: ws4wasm inspect --target URL [options]

A recording proxy: a client connects to it instead of to the server, and every byte passes both
ways as it is. The inspector's page shows all of it live; its address is printed.

      --target URL      the server: ws://… or wss://…; a client that asks for / gets the URL's
                        path, other paths are put behind it. Host is the only header changed
  -l, --listen PORT     where clients connect: a port, or ADDRESS:PORT to let others in;
                        0 for any free port (default: 8081, this machine only)
      --page PORT       the page's port, on this machine only (default: any free port)
      --save FILE       writes what passes to a new pcapng file, which Wireshark opens, too
      --ca FILE         trusts the certificates in FILE (PEM)
      --insecure        trusts any certificate of the server
      --timeout SECONDS for connecting to the server (default: 10)

The page saves what it shows, too: "Export". Ctrl-C closes everything and stops.

Exit codes: 0 stopped, 1 it cannot listen, or FILE not be written, 2 wrong usage.

Examples:
  ws4wasm inspect --listen 8081 --target ws://127.0.0.1:8080
  ws4wasm inspect --target wss://example.com/feed --save feed.pcapng
  ws4wasm connect ws://127.0.0.1:8081     in another terminal
`;

const options = /** @type {const} */ ({
  target: { type: 'string' },
  listen: { type: 'string', short: 'l', default: '8081' },
  page: { type: 'string', default: '0' },
  save: { type: 'string' },
  ca: { type: 'string' },
  insecure: { type: 'boolean', default: false },
  timeout: { type: 'string' },
});

/** @typedef {import('./capture-file.js').CaptureFile} CaptureFile */

const HERE = '127.0.0.1';
/** How long Ctrl-C waits for the pages to answer our close, in milliseconds. */
const GOODBYE = 1_000;

/**
 * @param {string[]} args
 * @returns {Promise<number>} the exit code, when it has been stopped
 */
export async function run(args) {
  const { values } = parseArgs({ args, options });
  const target = targetOf(values.target);
  const { host, port } = listenOf(values.listen);
  const pagePort = portOf(values.page, '--page');
  const timeout = (number(values.timeout, '--timeout', 0.1, 86_400) ?? 10) * 1000;
  const tls = {
    rejectUnauthorized: !values.insecure,
    ...(values.ca && { ca: read(values.ca) }),
  };

  const { bold, dim, red } = painter(process.stdout);
  let exitCode = 0;
  const live = new Live();
  const page = pageServer(live);
  /** @type {Set<import('node:net').Socket>} */
  const pages = new Set();
  page.on('connection', (socket) => {
    pages.add(socket);
    socket.on('close', () => pages.delete(socket));
  });
  /** @type {Set<Connection>} */
  const connections = new Set();
  let count = 0;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const label = bold(`#${++count}`);
    const connection = new Connection(socket, setting, {
      note: (text) => console.log(`${label} · ${printable(text)}`),
      problem: (text) => console.log(`${label} ${red(`✗ ${printable(text)}`)}`),
    });
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
  });

  const pageAt = await listening(page, HERE, pagePort, '--page');
  let at;
  /** @type {CaptureFile | undefined} */
  let file;
  try {
    at = await listening(server, host, port, '--listen');
    file =
      values.save === undefined
        ? undefined
        : await create(values.save, (message) => {
            exitCode = 1;
            console.error(red(message));
          });
  } catch (error) {
    server.close();
    page.close();
    throw error;
  }
  /** @type {import('./connection.js').Setting} */
  const setting = {
    target,
    timeout,
    tls,
    page: `http://${pageAt}/`,
    open: (socket) => openTaps(socket, live, file),
    ready: async () => file?.ready(),
  };
  console.log(`The page: http://${pageAt}/`);
  console.log(`Connect to ws://${at}/ instead of ${target.href}`);
  console.log(dim(`${file ? `All is saved in ${values.save}. ` : ''}Ctrl-C stops it.`));

  await new Promise((resolve) => {
    // npm passes Ctrl-C on to a process that the terminal has told already: it may come twice.
    process.on('SIGINT', resolve);
    process.on('SIGTERM', resolve);
  });
  const over = [server, page].map((one) => new Promise((resolve) => one.close(resolve)));
  for (const connection of connections) connection.destroy();
  live.stop();
  // A page that does not answer its close is left.
  setTimeout(() => {
    for (const socket of pages) socket.destroy();
  }, GOODBYE).unref();
  // What is noted of their ends goes into the file, too.
  await Promise.all(over);
  await file?.close();
  const saved = file ? ` ${values.save} has ${file.size} bytes.` : '';
  console.log(`\n${count} connection${count === 1 ? '' : 's'} passed.${saved}`);
  return exitCode;
}

/**
 * @param {string} path
 * @param {(problem: string) => void} complain
 */
async function create(path, complain) {
  // It loads the inspector's module, which nothing else here needs.
  const { CaptureFile } = await import('./capture-file.js');
  try {
    return new CaptureFile(path, ({ message }) =>
      complain(`${path} is not written any further: ${message}`),
    );
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    throw new Failure(
      code === 'EEXIST'
        ? `--save: ${path} is there already. Choose another name, or remove it.`
        : `--save: ${message}`,
    );
  }
}

/**
 * What is noted of a client's connection goes to the page and into the file.
 * @param {import('node:net').Socket} socket
 * @param {Live} live
 * @param {CaptureFile | undefined} file
 * @returns {import('./connection.js').Tap}
 */
function openTaps(socket, live, file) {
  const end = (/** @type {string | undefined} */ address = HERE, port = 0) => ({
    // An IPv4 address as a socket for both kinds calls it.
    address: address.replace(/^::ffff:(?=\d+\.)/, ''),
    port,
  });
  const client = end(socket.remoteAddress, socket.remotePort);
  const server = end(socket.localAddress, socket.localPort);
  const text = ({ address = '', port = 0 }) =>
    `${address.includes(':') ? `[${address}]` : address}:${port}`;
  const taps = [
    live.open({ client: text(client), server: text(server) }),
    ...(file ? [file.open({ client, server })] : []),
  ];
  return {
    data: (direction, bytes) => {
      for (const tap of taps) tap.data(direction, bytes);
    },
    end: (direction) => {
      for (const tap of taps) tap.end(direction);
    },
    close: (reason, from) => {
      for (const tap of taps) tap.close(reason, from);
    },
  };
}

/** @param {string | undefined} text */
function targetOf(text) {
  if (text === undefined) {
    throw new UsageError(
      'Where to pass it on to? Give --target URL, for example ws://127.0.0.1:8080.',
    );
  }
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `ws://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (!url || !['ws:', 'wss:'].includes(url.protocol) || url.hash || url.username) {
    throw new UsageError(
      `--target is ${JSON.stringify(text)}; write it like ws://127.0.0.1:8080/path or wss://example.com`,
    );
  }
  return url;
}

/** @param {string} text */
function listenOf(text) {
  const [, host = HERE, port] = /^(?:(.+):)?([^:]*)$/.exec(text) ?? [];
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: portOf(port ?? '', '--listen') };
}

/**
 * @param {string} text
 * @param {string} name
 */
function portOf(text, name) {
  if (/^\d+$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new UsageError(
    `${name} is ${JSON.stringify(text)}; it must be a number from 0 to 65535.`,
  );
}

/**
 * @param {import('node:net').Server} server
 * @param {string} host
 * @param {number} port
 * @param {string} option
 * @returns {Promise<string>} 'address:port'
 */
function listening(server, host, port, option) {
  return new Promise((resolve, reject) => {
    server.once('error', (/** @type {NodeJS.ErrnoException} */ { code, message }) => {
      const why =
        code === 'EADDRINUSE'
          ? `port ${port} is taken. Choose another one: ${option} ${port < 65_535 ? port + 1 : port - 1}`
          : code === 'EACCES'
            ? `port ${port} is for the system only. Choose one from 1024 on.`
            : message;
      reject(new Failure(`${option}: ${why}`));
    });
    server.listen(port, host, () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      resolve(`${host.includes(':') ? `[${host}]` : host}:${port}`);
    });
  });
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Failure(`--ca: ${error instanceof Error ? error.message : error}`);
  }
}
