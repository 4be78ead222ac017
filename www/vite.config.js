// Two builds of one page: files for a server, and `--mode single`, one HTML file with all in it.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { viteSingleFile } from 'vite-plugin-singlefile';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/** The policy of a page from disk, whose parts are all inside of it. */
const SINGLE_POLICY = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'wasm-unsafe-eval' blob: data:",
  "style-src 'unsafe-inline'",
  'img-src data:',
  'connect-src data: blob:',
  'worker-src blob: data:',
  "form-action 'none'",
  "base-uri 'none'",
].join('; ');

export default defineConfig(({ mode }) => {
  const single = mode === 'single';
  return {
    root: here('.'),
    base: './',
    resolve: {
      alias: [
        { find: '#spawn', replacement: here(`src/worker/spawn${single ? '-inline' : ''}.ts`) },
        {
          find: 'ws4wasm/inspect',
          replacement: here(single ? 'src/worker/inspect-inline.ts' : '../js/inspect/web.js'),
        },
      ],
    },
    worker: { format: single ? 'iife' : 'es' },
    build: {
      outDir: here(single ? 'dist/single' : 'dist'),
      emptyOutDir: true,
      target: 'es2022',
      // What a browser with SIMD in WebAssembly has anyway.
      modulePreload: { polyfill: false },
      assetsInlineLimit: single ? () => true : 0,
      reportCompressedSize: false,
      chunkSizeWarningLimit: 1000,
    },
    plugins: single ? [viteSingleFile(), policy()] : [],
  };
});

/** @returns {import('vite').Plugin} */
function policy() {
  return {
    name: 'policy',
    transformIndexHtml: {
      order: 'post',
      handler: (html) =>
        html.replace(
          /(http-equiv="Content-Security-Policy" content=")[^"]*/,
          `$1${SINGLE_POLICY}`,
        ),
    },
  };
}
