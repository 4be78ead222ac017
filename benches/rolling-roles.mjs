// The processes of rolling.mjs: `serve PORT SPREAD` and `clients PORT COUNT`. They are asked over IPC.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { Stream } from 'ws4wasm';
import { connect, createServer } from 'ws4wasm/node';

const SECOND = 1000;

/** Handshakes under way at a time, of each process of clients, in the beginning. */
const ABREAST = 50;

/** The longest that a client waits before it tries again. */
const LONGEST_PAUSE = 16 * SECOND;

/**
 * Connections that a broadcast goes to in one turn of the event loop. To all of 10,000 at once is 0.2 s and
 * more in which there are no handshakes and no answers to health checks, and a proxy that gets
 * none takes the server for down.
 */
const SLICE = 500;

/** What a process took so far. */
const usage = () => {
  const { user, system } = process.cpuUsage();
  return { rss: process.memoryUsage().rss, cpu: (user + system) / 1e6 };
};

/** @param {number} port @param {number} spread of its goodbye, over which clients come back */
function serve(port, spread) {
  const framer = new Stream();
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const server = createServer({ trustProxy: 1, health: '/healthz', pingInterval: 30 * SECOND });
  server.listen({ port, host: '127.0.0.1', backlog: 4096 }, () => process.send?.({ port }));
  let last = Promise.resolve();
  const toAll = async (/** @type {number} */ number) => {
    const frame = framer.prepare(`${number}`);
    let sent = 0;
    // A Set shows those that come meanwhile, so that nobody is left out.
    for (const ws of server.connections) {
      void ws.send(frame);
      if (++sent % SLICE === 0) await turn();
    }
  };
  process.on('message', async (/** @type {any} */ { id, broadcast, ask, drain }) => {
    // One after the other: they are numbered.
    if (broadcast) last = last.then(() => toAll(broadcast));
    if (ask) {
      globalThis.gc?.();
      process.send?.({ id, ...usage(), stats: server.stats() });
    }
    if (drain) {
      await server.drain({ code: 1012, spread, timeout: spread + 10 * SECOND });
      const farewell = { id, stats: server.stats(), longestTurn: delay.max / 1e6 };
      process.send?.(farewell, () => process.exit());
    }
  });
}

/** @param {number} port @param {number} count */
async function clients(port, count) {
  const seen = {
    open: 0,
    messages: 0,
    gaps: 0,
    codes: /** @type {Record<string, number>} */ ({}),
  };
  /** @type {Record<string, number>} why there was no connection */
  const refused = {};
  const one = async () => {
    for (let longest = SECOND; ; longest = Math.min(2 * longest, LONGEST_PAUSE)) {
      try {
        const ws = await connect(`ws://127.0.0.1:${port}/`, { deflate: false });
        let last = 0;
        ws.addEventListener('message', ({ data }) => {
          const number = Number(data);
          if (last && number !== last + 1) seen.gaps++;
          last = number;
          seen.messages++;
        });
        ws.addEventListener('close', async ({ code }) => {
          seen.open--;
          seen.codes[code] = (seen.codes[code] ?? 0) + 1;
          await pause(Math.random() * SECOND);
          void one();
        });
        seen.open++;
        return;
      } catch (error) {
        const { status, code, message } = /** @type {any} */ (error);
        const why = String(status || code || message);
        refused[why] = (refused[why] ?? 0) + 1;
        await pause(longest * (0.5 + Math.random() / 2));
      }
    }
  };
  let left = count;
  const open = async () => {
    while (left-- > 0) await one();
  };
  process.on('message', (/** @type {any} */ { id, ask }) => {
    if (ask) process.send?.({ id, ...seen, refused, ...usage() });
  });
  process.send?.({ begun: true });
  await Promise.all(Array.from({ length: ABREAST }, open));
}

const [, , role, port, number] = process.argv;
if (role === 'serve') serve(Number(port), Number(number));
else await clients(Number(port), Number(number));
