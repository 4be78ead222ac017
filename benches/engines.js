// Receiving and sending in one process, without sockets. Runs in Node and in browsers; who is
// compared and how bytes are allocated is given.
import { expected, interleave, perMessage, Tally, verify } from './measure.js';
import { chunksOf, join, receiving, sending } from './workloads.js';

/** @typedef {import('./workloads.js').Role} Role */
/** @typedef {import('./workloads.js').Message} Message */
/** @typedef {import('./workloads.js').Workload} Workload */

/**
 * @typedef {object} Sent what stands for a socket
 * @property {number} bytes
 * @property {number} sum
 * @property {Uint8Array[] | undefined} kept
 * @property {(chunk: any) => boolean} write
 * @property {(bytes: number) => Promise<void>} [reached] until that number of bytes has been written
 */

/**
 * @typedef {object} Peer
 * @property {string} name
 * @property {Role[]} roles
 * @property {(role: Role, tally: Tally) => (chunk: any) => void} receiver
 * @property {(role: Role, out: any) => (data: any) => void} sender
 */

/**
 * @typedef {object} Platform
 * @property {Peer[]} peers the first is the reference
 * @property {(bytes: Uint8Array) => Uint8Array} copy memory of its own, as a socket gives it
 * @property {boolean} oneBuffer whether sending into one piece of memory is measured by itself
 * @property {(oneBuffer: boolean) => Sent} out
 * @property {(written: Uint8Array[], role: Role) => unknown[]} decoded
 * @property {import('./measure.js').Plan} plan
 * @property {Workload['when'][]} when which workloads are run
 * @property {(row: Row) => void} tell called with every row as it is there
 */

/**
 * @typedef {object} Row
 * @property {'receive' | 'send'} part
 * @property {string} workload
 * @property {Role} role
 * @property {number} messages of a pass
 * @property {number} bytes of a pass, payload
 * @property {Record<string, import('./measure.js').Figures>} peers rates in messages a second
 */

/** @type {Record<string, import('./measure.js').Plan | undefined>} */
const plans = {
  full: { rounds: 5, budget: 40, warmUp: 1 },
  slow: { rounds: 1, budget: 1, warmUp: 0 },
};

const roles = /** @type {const} */ (['server', 'client']);

/** @param {Platform} platform */
export async function receive(platform) {
  const rows = [];
  for (const workload of receiving.filter(({ when }) => platform.when.includes(when))) {
    for (const role of roles) {
      const messages = workload.messages();
      const chunks = chunksOf(workload, messages, role);
      const contenders = platform.peers
        .filter((peer) => peer.roles.includes(role))
        .map((peer) => receiver(peer, role, workload, messages, chunks, platform));
      rows.push(await row('receive', workload, role, messages, contenders, platform));
    }
  }
  return rows;
}

/** @param {Platform} platform */
export async function send(platform) {
  const rows = [];
  for (const workload of sending.filter(({ oneBuffer }) => platform.oneBuffer || !oneBuffer)) {
    for (const role of roles) {
      const messages = workload.messages();
      const contenders = [];
      for (const peer of platform.peers.filter(({ roles }) => roles.includes(role))) {
        contenders.push(await sender(peer, role, workload, messages, platform));
      }
      rows.push(await row('send', workload, role, messages, contenders, platform));
    }
  }
  return rows;
}

/**
 * @param {'receive' | 'send'} part
 * @param {Workload} workload
 * @param {Role} role
 * @param {Message[]} messages
 * @param {import('./measure.js').Contender[]} contenders
 * @param {Platform} platform
 */
async function row(part, { name, when }, role, messages, contenders, { plan, tell }) {
  const figures = await interleave(contenders, plans[when] ?? plan);
  const peers = Object.fromEntries(
    Object.entries(figures).map(([peer, all]) => [peer, perMessage(all, messages.length)]),
  );
  const bytes = messages.reduce((sum, message) => sum + size(message), 0);
  /** @type {Row} */
  const row = { part, workload: name, role, messages: messages.length, bytes, peers };
  tell(row);
  return row;
}

/** @param {Message} message */
const size = ({ data }) =>
  typeof data === 'string' ? new TextEncoder().encode(data).length : data.length;

/**
 * @param {Peer} peer
 * @param {Role} role
 * @param {Workload} workload
 * @param {Message[]} messages
 * @param {Uint8Array[]} chunks
 * @param {Pick<Platform, 'copy'>} platform
 * @returns {import('./measure.js').Contender}
 */
export function receiver({ name, receiver }, role, workload, messages, chunks, { copy }) {
  const tally = new Tally();
  const receive = receiver(role, tally);
  // Peers unmask in place, so everybody gets copies, made while no clock runs: in the same
  // memory every time, so that what the collector does is on account of who allocates.
  const bytes = join(chunks);
  const own = workload.chunk === 1 ? pieces(copy(bytes)) : chunks.map(copy);
  const refill = () => {
    for (let i = 0; i < own.length; i++) own[i].set(chunks[i]);
  };

  if (workload.when !== 'slow') {
    tally.kept = [];
    for (const chunk of chunks) receive(copy(chunk));
    verify(`${name}, ${workload.name}, ${role}`, tally.kept, messages);
    tally.kept = undefined;
  }

  const { count, sum } = expected(messages);
  return {
    name,
    pass() {
      refill();
      tally.clear();
      const started = performance.now();
      for (const chunk of own) receive(chunk);
      const time = performance.now() - started;
      if (tally.count !== count || tally.sum !== sum)
        throw new Error(`${name}: wrong messages`);
      return time;
    },
  };
}

/**
 * A million 1-byte chunks share their memory: they would be a benchmark of the allocator.
 * @param {Uint8Array} bytes
 */
const pieces = (bytes) => Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));

/**
 * @param {Peer} peer
 * @param {Role} role
 * @param {Workload} workload
 * @param {Message[]} messages
 * @param {Platform} platform
 * @returns {Promise<import('./measure.js').Contender>}
 */
async function sender({ name, sender }, role, { oneBuffer }, messages, { copy, out, decoded }) {
  const socket = out(oneBuffer);
  const send = sender(role, socket);
  const payloads = messages.map(({ data }) => (typeof data === 'string' ? data : copy(data)));

  socket.kept = [];
  for (const payload of payloads) send(payload);
  await new Promise((resolve) => setTimeout(resolve, 0));
  verify(`${name}, sent as ${role}`, decoded(socket.kept, role), messages);
  const { bytes } = socket;
  socket.kept = undefined;

  return {
    name,
    pass() {
      socket.bytes = 0;
      const started = performance.now();
      for (const payload of payloads) send(payload);
      const done = () => {
        const time = performance.now() - started;
        if (socket.bytes !== bytes) throw new Error(`${name}: wrong bytes`);
        return time;
      };
      // Some write when the turn of the event loop is over.
      if (socket.bytes >= bytes || !socket.reached) return done();
      return socket.reached(bytes).then(done);
    },
  };
}
