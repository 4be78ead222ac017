// For bundlers that do not say what they build for, such as Rollup without `exportConditions`:
// what both Node and pages have, and no file beside the bundle.
import gzipped from '../../../pkg/engine.js';
import { isStarted } from '../../engine/instance.js';
import { startFrom } from '../start.js';

if (!isStarted()) {
  const bytes = Uint8Array.from(atob(gzipped), (character) => character.charCodeAt(0));
  const inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  await startFrom(new Response(inflated, { headers: { 'Content-Type': 'application/wasm' } }));
}
