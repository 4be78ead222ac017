// What the steps on Rust do.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check } from '../build/build.mjs';
import { replaceForNow } from '../build/pkg.mjs';
import { root, run, withPath, yellow } from '../lib.mjs';
import { chromiumArgs } from '../tools/peers.mjs';
import { hasSanitizer, rust, wasmBindgen, wasmPack } from '../tools/toolchain.mjs';
import { Skip } from './child.mjs';
import { found } from './tools.mjs';

/**
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
export function cargo(args, env = {}) {
  run('cargo', args, { env: { ...rust().env, ...env } });
}

/** With the Rust that Cargo.toml promises. @param {string[][]} variants flags of `cargo check` */
export function checkOldest(...variants) {
  // Its own folder: neither build spoils the other's.
  const args = [`+${found.oldestRust}`, 'check', '--locked', '--target-dir', 'target/msrv'];
  for (const flags of variants) run('cargo', [...args, ...flags]);
}

/** The unit tests, of masking and UTF-8 among others, and frames: all would take minutes. */
export function sanitized() {
  if (!hasSanitizer()) throw new Skip('this Rust toolchain has no AddressSanitizer');
  const kinds = ['--lib', '--test', 'frame'];
  // In a folder of its own, so that nothing else is built anew.
  const where = ['--target', rust().host, '--target-dir', join(root, 'target/sanitizer')];
  cargo(['test', '--quiet', ...where, ...kinds], {
    RUSTC_BOOTSTRAP: '1',
    RUSTFLAGS: '-Zsanitizer=address',
  });
}

/** What this builds is what its end-to-end test runs. */
export function webTransportServer() {
  const flags = ['--locked', '--quiet', '-p', 'ws4wasm-webtransport'];
  cargo(['build', ...flags]);
  cargo(['clippy', ...flags, '--', '-Dwarnings']);
}

/** `npm run bench` builds them; here they are only checked. */
export function benchmarkPackages() {
  const packages = ['-p', 'ws4wasm-load', '-p', 'ws4wasm-native-bench'];
  cargo(['clippy', '--locked', '--quiet', '--all-targets', ...packages, '--', '-Dwarnings']);
}

/**
 * Compares pkg/ with a fresh build. Where the toolchain differs from the one on record, the
 * fresh build takes the place of pkg/ until all tests have run.
 */
export function checkPackage() {
  const folder = check();
  if (!folder) return;
  console.log(yellow('  the tests below run against the one built here'));
  replaceForNow(folder);
}

/**
 * tests/wasm.rs in Node or a browser.
 * @param {string[]} where
 * @param {object} [capabilities] of WebDriver
 * @param {string[]} [prefix] a command to run it by
 */
export function wasmPackTest(where, capabilities = {}, prefix = []) {
  const { bin: bindgen } = wasmBindgen();
  const { bin: pack } = wasmPack();
  const webdriver = join(root, 'target/webdriver.json');
  mkdirSync(join(root, 'target'), { recursive: true });
  writeFileSync(webdriver, JSON.stringify(capabilities));
  // no-install: wasm-pack takes wasm-bindgen from the PATH and adds nothing to the machine.
  // release: optimised, as what is shipped. JavaScriptCore (WebKitGTK 2.50) computes wrong now and
  // then in unoptimised code with SIMD while it compiles in another thread, and never without that
  // thread: 8 runs of 60 failed, and none of 150 optimised.
  const args = ['test', ...where, '--release', '--mode', 'no-install', '--', '--test', 'wasm'];
  const [command, ...rest] = [...prefix, join(pack, 'wasm-pack'), ...args];
  run(command, rest, {
    env: {
      ...withPath(rust().bin, bindgen),
      WASM_BINDGEN_TEST_WEBDRIVER_JSON: webdriver,
      // With the checks of an unoptimised build.
      CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS: 'true',
      CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS: 'true',
      // In seconds. Its own 20 are too few on a busy machine.
      WASM_BINDGEN_TEST_TIMEOUT: '300',
      ...(where.includes('--headless') ? { WASM_BINDGEN_USE_BROWSER: '1' } : {}),
    },
  });
}

export function wasmPackTestChromium() {
  wasmPackTest(['--headless', '--chrome', '--chromedriver', found.chromedriver], {
    'goog:chromeOptions': { binary: found.chromium, args: chromiumArgs },
  });
}

export function wasmPackTestFirefox() {
  const driver = join(found.geckodriver.bin, 'geckodriver');
  wasmPackTest(['--headless', '--firefox', '--geckodriver', driver], {
    'moz:firefoxOptions': { binary: found.firefox },
  });
}

/** By the flags for Safari: they stand for a WebDriver that wasm-pack does not know. */
export function wasmPackTestWebKit() {
  const { browser, driver, display } = found.webkit;
  const options = { binary: browser, args: ['--automation'] };
  wasmPackTest(
    ['--headless', '--safari', '--safaridriver', driver],
    { browserName: 'MiniBrowser', 'webkitgtk:browserOptions': options },
    [display, '-a'],
  );
}
