// `ws4wasm inspect`: a recording proxy, whose traffic a page shows as it passes.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createServer as createTls } from 'node:tls';
import { parseArgs } from 'node:util';
import { withoutSecrets } from '../../base/secrets.js';
import { Acts } from '../act/acts.js';
import { CONTROL_PATH } from '../act/control.js';
import { RuleError, Rules } from '../act/rules.js';
import { Failure, UsageError } from '../base/failure.js';
import { listening, reachable } from '../base/listening.js';
import { number, port as portOf, through, trust } from '../base/options.js';
import { painter } from '../base/painter.js';
import { Guard } from '../page/guard.js';
import { Live } from '../page/live.js';
import { Site } from '../page/site.js';
import { REPLAY_PATH } from '../replay/channel.js';
import { Destinations } from '../replay/destinations.js';
import { certificateFor } from './authority.js';
import { CaptureFile } from './capture-file.js';
import { Door } from './door.js';
import { pageServer } from './page-server.js';
import { named } from './routes.js';
import { Taps } from './taps.js';
import { Targets } from './targets.js';

export const help = `Usage: ws4wasm inspect --target URL [options]

A recording proxy: a client connects to it instead of to the server, and every byte of a
WebSocket passes both ways as it is. The inspector's page shows all of it live; its address is
printed, and holds a token: who has it sees what passes, and nobody else. Plain requests, for
the pages of an application and what they load, pass beside.

      --target URL      the server: ws://… or wss://…, which stand for http and https, too; a
                        client that asks for / gets the URL's path, other paths are put behind
                        it. Host is the only header changed
      --target ROUTE=URL  the server for a path, a Host or both: '/chat=ws://127.0.0.1:9001',
                        'chat.localhost=wss://example.com', 'chat.localhost/a=ws://…/b'. May be
                        repeated, beside one without a route for all else. A Host goes before a
                        path, a longer path before a shorter one. A path of the URL, even /,
                        takes the place of the route's; else paths stay
  -l, --listen PORT     where clients connect: a port, or ADDRESS:PORT to let others in;
                        0 for any free port (default: 8081, this machine only)
      --tls             listens with TLS (wss://), with a certificate of this machine's own
                        authority; which file to trust for it is printed
      --tls-name NAME   another name or address for the certificate; may be repeated
      --allow-origin O  lets pages of this origin connect, such as http://localhost:3000, and
                        that name lead here; * for all; may be repeated. Otherwise only programs
                        may, by an address of this machine: the target cannot tell pages apart
                        any more, since its own name is what it finds in Host
      --page PORT       the page's port, on this machine only (default: any free port)
      --save FILE       writes what passes to a new pcapng file, which Wireshark opens, too, and
                        only you may read: passwords and cookies are in it
      --rules FILE      does with messages what FILE says: replaces, delays, drops, duplicates
                        them, cuts the connection; see docs/cli.md
      --replay-to URL   lets the page replay captures to this server, too; * for any; may be
                        repeated. Otherwise it may to the target, and through this proxy
      --no-compress     does not pass on the offer of compression, so that a page can read and
                        edit what passes; so it is where rules act
      --http2           speaks HTTP/2 with the servers: WebSockets by extended CONNECT
                        (RFC 8441). Clients may speak HTTP/1.1 or HTTP/2 in any case
      --proxy URL       reaches the servers through a proxy: http://USER:PASSWORD@HOST:PORT,
                        https:// or, with the package socks-proxy-agent, socks5://; env for
                        what HTTPS_PROXY and NO_PROXY say
      --ca FILE         trusts the certificates in FILE (PEM)
      --insecure        trusts any certificate of the server
      --timeout SECONDS for connecting to the server (default: 10)

The page saves what it shows, too: "Export". Ctrl-C closes everything and stops.

Exit codes: 0 stopped, 1 it cannot listen, or FILE not be written, 2 wrong usage.

Examples:
  ws4wasm inspect --listen 8081 --target ws://127.0.0.1:8080
  ws4wasm inspect --target wss://example.com/feed --save feed.pcapng
  ws4wasm inspect --target ws://127.0.0.1:3000 --target /chat=ws://127.0.0.1:9001
  ws4wasm connect ws://127.0.0.1:8081     in another terminal
`;

const options = /** @type {const} */ ({
  target: { type: 'string', multiple: true },
  listen: { type: 'string', short: 'l', default: '8081' },
  tls: { type: 'boolean', default: false },
  'tls-name': { type: 'string', multiple: true },
  'allow-origin': { type: 'string', multiple: true },
  page: { type: 'string', default: '0' },
  save: { type: 'string' },
  rules: { type: 'string' },
  'replay-to': { type: 'string', multiple: true },
  'no-compress': { type: 'boolean', default: false },
  http2: { type: 'boolean', default: false },
  proxy: { type: 'string' },
  ca: { type: 'string' },
  insecure: { type: 'boolean', default: false },
  timeout: { type: 'string' },
});

const HERE = '127.0.0.1';
/** How long Ctrl-C waits for the pages to answer our close, in milliseconds. */
const GOODBYE = 1_000;

/**
 * @param {string[]} args
 * @returns {Promise<number>} the exit code, when it has been stopped
 */
export async function run(args) {
  const { values } = parseArgs({ args, options });
  const { host, port } = listenOf(values.listen);
  const pagePort = portOf(values.page, '--page');
  const timeout = (number(values.timeout, '--timeout', 0.1, 86_400) ?? 10) * 1000;
  const tls = trust(values);
  const targets = new Targets(values.target ?? [], {
    timeout,
    tls,
    through: await through(values.proxy),
    http2: values.http2,
  });
  const { hosts } = targets.routes;
  const acts = new Acts();
  if (values.rules !== undefined) acts.rules = rulesOf(values.rules);
  const guard = new Guard({ allowOrigin: values['allow-origin'], hosts: [host, ...hosts] });

  const { plain, bold, dim, red } = painter(process.stdout);
  let exitCode = 0;
  const live = new Live();
  const site = new Site(new Guard(), { control: CONTROL_PATH, replay: REPLAY_PATH });
  const urls = targets.routes.all.map(({ url }) => url);
  const destinations = new Destinations(
    urls.map(({ href }) => href),
    values['replay-to'],
  );
  // --ca and --insecure are about the targets.
  const page = pageServer(site, live, acts, destinations, (text) =>
    urls.some((url) => url.host === new URL(text).host) ? tls : {},
  );
  /** @type {Set<import('node:net').Socket>} */
  const pages = new Set();
  page.on('connection', (socket) => {
    pages.add(socket);
    socket.on('close', () => pages.delete(socket));
  });
  const names = values['tls-name'] ?? [];
  if (names.length > 0 && !values.tls) throw new UsageError('--tls-name belongs to --tls.');
  const own = values.tls
    ? certificateFor([...new Set(['localhost', HERE, '::1', host, ...hosts, ...names])])
    : undefined;
  const pageAt = await listening(page, {
    host: HERE,
    port: pagePort,
    choose: (other) => `--page ${other}`,
  });
  const taps = new Taps(live);
  let numbers = 0;
  const door = new Door(
    {
      targets,
      guard,
      acts,
      compress: !values['no-compress'],
      open: (socket) => taps.open(socket),
      ready: () => taps.file?.ready(),
    },
    {
      log: () => {
        const label = bold(`#${++numbers}`);
        return {
          note: (text) => console.log(`${label} · ${plain(text)}`),
          problem: (text) => console.log(`${label} ${red(`✗ ${text}`)}`),
        };
      },
      note: (text) => console.log(dim(text)),
    },
  );
  const server = own
    ? createTls(
        {
          key: own.key,
          cert: own.cert,
          ALPNProtocols: ['h2', 'http/1.1'],
          allowHalfOpen: true,
        },
        door.take,
      )
    : createServer({ allowHalfOpen: true }, door.take);
  let at;
  try {
    at = await listening(server, { host, port, choose: (other) => `--listen ${other}` });
    if (values.save !== undefined) {
      taps.file = create(values.save, (message) => {
        exitCode = 1;
        console.error(painter(process.stderr).red(message));
      });
    }
  } catch (error) {
    server.close();
    page.close();
    throw error;
  }
  site.address = `ws://${reachable(at)}/`;
  if (!own) destinations.add(site.address);
  console.log(`The page: ${site.link(pageAt)}`);
  const [only, ...more] = targets.routes.all;
  const instead = more.length === 0 && named(only) === '/' ? only : undefined;
  console.log(
    `Connect to ${own ? 'wss' : 'ws'}://${reachable(at)}/ instead of ${instead ? plain(withoutSecrets(instead.url.href)) : 'the targets:'}`,
  );
  if (!instead) {
    for (const route of targets.routes.all) {
      console.log(plain(`  ${named(route)} → ${withoutSecrets(route.url.href)}`));
    }
  }
  if (own) {
    console.log(`Its certificate is by ${plain(own.authority)}. To trust it:`);
    console.log(
      plain(`  Node: NODE_EXTRA_CA_CERTS=${own.authority}, ws4wasm connect --ca FILE`),
    );
    console.log(
      '  Firefox: Settings, View Certificates, Authorities, Import, to identify websites',
    );
    console.log(
      plain(
        `  Chromium on Linux: certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n ws4wasm -i ${own.authority}`,
      ),
    );
    console.log(
      '  others take what the system trusts; how, and what takes it back: docs/cli.md, Trust',
    );
  }
  console.log(dim(`${taps.file ? `All is saved in ${values.save}. ` : ''}Ctrl-C stops it.`));

  await new Promise((resolve) => {
    // npm passes Ctrl-C on to a process that the terminal has told already: it may come twice.
    process.on('SIGINT', resolve);
    process.on('SIGTERM', resolve);
  });
  const over = [server, page].map((one) => new Promise((resolve) => one.close(resolve)));
  door.destroy();
  targets.destroy();
  live.stop();
  // A page that does not answer its close is left.
  const timer = setTimeout(() => {
    for (const socket of pages) socket.destroy();
  }, GOODBYE);
  // What is noted of their ends goes into the file, too.
  await Promise.all(over);
  clearTimeout(timer);
  const { file } = taps;
  await file?.close();
  const saved = file ? ` ${values.save} has ${file.size} bytes.` : '';
  console.log(`\n${door.count} connection${door.count === 1 ? '' : 's'} passed.${saved}`);
  return exitCode;
}

/**
 * @param {string} path
 * @param {(problem: string) => void} complain
 */
function create(path, complain) {
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

/** @param {string} file */
function rulesOf(file) {
  const wrong = (/** @type {unknown} */ error) =>
    new UsageError(`--rules ${file}: ${error instanceof Error ? error.message : error}`);
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Failure(`--rules: ${error instanceof Error ? error.message : error}`);
  }
  try {
    return new Rules(JSON.parse(text));
  } catch (error) {
    if (error instanceof RuleError || error instanceof SyntaxError) throw wrong(error);
    throw error;
  }
}

/** @param {string} text */
function listenOf(text) {
  const [, host = HERE, port] = /^(?:(.+):)?([^:]*)$/.exec(text) ?? [];
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: portOf(port ?? '', '--listen') };
}
