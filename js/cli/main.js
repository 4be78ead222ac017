#!/usr/bin/env node
// `npx ws4wasm`: finds the command, and says what went wrong with it.
import { readFileSync } from 'node:fs';
import { Failure } from './base/failure.js';
import { painter } from './base/painter.js';
import { printable } from './base/printable.js';

/** @type {Record<string, { about: string, load: () => Promise<{ help: string, run: (args: string[]) => Promise<number> }> }>} */
const commands = {
  serve: {
    about: 'an echo server that shows every frame, and its page',
    load: () => import('./serve/command.js'),
  },
  connect: {
    about: 'talk to a WebSocket server from the terminal or a script',
    load: () => import('./connect/command.js'),
  },
  dump: {
    about: 'the frames in a capture, and everything that is wrong with them',
    load: () => import('./dump/command.js'),
  },
  inspect: {
    about: 'a recording proxy; a page shows every bit of what passes, live',
    load: () => import('./inspect/command.js'),
  },
  act: {
    about: 'holds, edits and sends messages in a proxy of inspect',
    load: () => import('./act/command.js'),
  },
  replay: {
    about: 'sends what a capture has to a server, and compares the answers',
    load: () => import('./replay/command.js'),
  },
};

const names = Object.keys(commands);
const help = `Usage: ws4wasm COMMAND [options]

WebSocket tools on the engine of the package.

${names.map((name) => `  ${name.padEnd(10)}${commands[name].about}`).join('\n')}

  --version   prints the version
  --help      prints this; after a command, its own help

Examples:
  ws4wasm serve
  ws4wasm connect ws://127.0.0.1:8080
  echo hello | ws4wasm connect ws://127.0.0.1:8080
  ws4wasm dump session.pcapng
  ws4wasm inspect --target ws://127.0.0.1:8080
`;

/**
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
async function main([name, ...rest]) {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const about = name === 'help' ? commands[rest[0]] : undefined;
    print(about ? (await about.load()).help : help);
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-v') {
    const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    print(`${JSON.parse(manifest).version}\n`);
    return 0;
  }
  if (!Object.hasOwn(commands, name)) {
    return complain(`There is no command ${JSON.stringify(name)}.`, [
      `Commands: ${names.join(', ')}`,
    ]);
  }
  const command = await commands[name].load();
  if (rest.includes('--help') || rest.includes('-h')) {
    print(command.help);
    return 0;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    const help = `ws4wasm ${name} --help tells more.`;
    if (error instanceof Failure) {
      const { message, code, more } = error;
      return complain(message, code === 2 ? [...more, help] : more, code);
    }
    // What parseArgs says of an option begins with its name.
    const { code = '', message } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code.startsWith('ERR_PARSE_ARGS')) return complain(message.split('. ')[0], [help]);
    throw error;
  }
}

/** @param {string} text */
const print = (text) => process.stdout.write(text);

/**
 * @param {string} problem
 * @param {string[]} more lines
 * @param {number} [code]
 */
function complain(problem, more, code = 2) {
  console.error(painter(process.stderr).red(problem));
  for (const line of more) console.error(printable(line));
  return code;
}

// Whoever reads our output may stop: `ws4wasm … | head`.
process.stdout.on('error', (error) => {
  if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EPIPE') throw error;
  process.exit(0);
});

process.exitCode = await main(process.argv.slice(2));
