// The house: its parts, from the ground up, and what each may import. docs/architecture.md shows
// it, with what each does import; the tests beside this file compare both with the code.

/**
 * @typedef {object} Part
 * @property {string} name
 * @property {string[]} files paths, or the beginnings of paths; the longest that fits decides
 * @property {string} does
 * @property {string[]} may names of parts above it in this list
 */

/** The core of the crate. */
const CORE = ['text', 'vocabulary', 'frames', 'messages', 'compression', 'stream', 'handshake'];

/** @type {Part[]} */
export const parts = [
  {
    name: 'text',
    files: ['src/utf8/'],
    does: 'UTF-8: validates it as bytes come, makes UTF-16 of it',
    may: [],
  },
  {
    name: 'vocabulary',
    files: ['src/opcode.rs', 'src/close_code.rs', 'src/error.rs'],
    does: "the RFC's numbers; every error has its close code. A close frame's reason is text",
    may: ['text'],
  },
  {
    name: 'frames',
    files: ['src/frame/'],
    does: 'headers and masking; one file for each instruction set',
    may: ['vocabulary'],
  },
  {
    name: 'messages',
    files: ['src/message.rs', 'src/message_ref.rs', 'src/shared.rs'],
    does: 'whole messages, in one frame or in fragments; with a payload of their own, borrowed or shared',
    may: ['vocabulary', 'frames'],
  },
  {
    name: 'compression',
    files: ['src/deflate/'],
    does: 'permessage-deflate: its parameters, and zlib',
    may: ['vocabulary'],
  },
  {
    name: 'stream',
    files: ['src/stream/'],
    does: 'what may follow what, limits, messages from frames',
    may: ['text', 'vocabulary', 'frames', 'messages', 'compression'],
  },
  {
    name: 'handshake',
    files: ['src/handshake/'],
    does: 'HTTP heads and negotiation',
    may: ['vocabulary', 'compression'],
  },
  {
    name: "others' HTTP",
    files: ['src/http.rs'],
    does: 'the handshake in the types of the crate http',
    may: ['handshake'],
  },
  {
    name: 'connections in Rust',
    files: ['src/tokio/'],
    does: 'servers and clients on tokio: reads, writes, and watches the clock',
    may: [...CORE],
  },
  {
    name: 'crate',
    files: ['src/lib.rs'],
    does: 'the face of the crate',
    may: [...CORE, "others' HTTP", 'connections in Rust'],
  },
  {
    name: 'dissector',
    files: ['crates/inspect/src/'],
    does: 'the inspector: captures, forgiving reading, rules, filters, exports',
    may: [...CORE, 'crate'],
  },
  {
    name: 'bindings',
    files: ['src/wasm/'],
    does: 'moves bytes and numbers over the boundary of wasm',
    may: [...CORE, 'crate'],
  },
  {
    name: "inspector's bindings",
    files: ['crates/inspect/src/wasm/'],
    does: 'the same for the inspector',
    may: [...CORE, 'crate', 'dissector', 'bindings'],
  },
  {
    name: 'contract',
    files: ['crates/contract/', 'pkg/contract.js', 'pkg/inspect/contract.js'],
    does: 'the numbers that Rust and JavaScript share, written in the bindings and made into JavaScript',
    may: ['bindings', "inspector's bindings"],
  },
  {
    name: 'engine, built',
    files: ['pkg/'],
    does: 'the bindings as wasm, with what wasm-bindgen makes for them',
    may: [],
  },
  {
    name: 'inspector, built',
    files: ['pkg/inspect/'],
    does: "the inspector's bindings, likewise",
    may: [],
  },
  {
    name: 'base',
    files: ['js/base/'],
    does: 'checks of arguments, bytes, the exceptions',
    may: ['contract'],
  },
  {
    name: 'engine',
    files: ['js/engine/'],
    does: 'the instance of the engine, its regions of memory, frames to send',
    may: ['contract', 'engine, built', 'base'],
  },
  {
    name: 'core',
    files: ['js/core/'],
    does: 'Stream, Frame, messages, handshakes: objects of what the engine says',
    may: ['contract', 'engine, built', 'base', 'engine'],
  },
  {
    name: 'connection',
    files: ['js/connection/'],
    does: 'WebSocket: transports, time, backpressure, closing',
    may: ['contract', 'base', 'engine', 'core'],
  },
  {
    name: 'node',
    files: ['js/node/'],
    does: 'servers and clients on sockets of Node',
    may: ['base', 'core', 'connection'],
  },
  {
    name: 'websocket',
    files: ['js/websocket/'],
    does: "WHATWG's WebSocket on sockets of Node",
    may: ['base', 'connection', 'node'],
  },
  {
    name: 'in place of ws',
    files: ['js/ws/'],
    does: 'the names, events and errors of the package ws, over the connection',
    may: ['base', 'core', 'connection', 'node'],
  },
  {
    name: 'entries',
    files: ['js/entry/', 'js/index.js', 'js/node.js', 'js/websocket.js', 'js/ws.js'],
    does: 'what users import, for each runtime',
    may: [
      ...['engine, built', 'base', 'engine', 'core', 'connection', 'node'],
      ...['websocket', 'in place of ws'],
    ],
  },
  {
    name: 'inspector',
    files: ['js/inspect/'],
    does: "objects of what the inspector's engine says",
    may: ['contract', 'inspector, built', 'base'],
  },
  {
    name: 'command line',
    files: ['js/cli/'],
    does: '`ws4wasm serve`, `connect`, `inspect`, `dump`, and what serves the page',
    may: ['base', 'core', 'connection', 'node', 'entries', 'inspector'],
  },
  {
    name: 'page',
    files: ['www/src/', 'www/samples/'],
    does: 'the inspector in a browser',
    may: ['inspector, built', 'inspector'],
  },
];

/** @param {string} file @returns {Part | undefined} */
export function partOf(file) {
  /** @type {[number, Part | undefined]} */
  let best = [0, undefined];
  for (const part of parts) {
    for (const begin of part.files) {
      if (file.startsWith(begin) && begin.length > best[0]) best = [begin.length, part];
    }
  }
  return best[1];
}

/**
 * Which part imports which, by the files that make it so.
 * @param {import('./imports.mjs').Imports} imports
 */
export function between(imports) {
  /** @type {Map<string, Map<string, string[]>>} */
  const found = new Map();
  for (const [file, targets] of imports) {
    const from = partOf(file)?.name ?? file;
    const row = found.get(from) ?? new Map();
    found.set(from, row);
    for (const target of targets) {
      const to = partOf(target)?.name ?? target;
      if (to !== from) row.set(to, [...(row.get(to) ?? []), `${file} imports ${target}`]);
    }
  }
  return found;
}
