// Browsers to measure in.
import { launchChromium, launchFirefox } from '../scripts/tools/browsers.mjs';
import { findChromium, findFirefox } from '../scripts/tools/peers.mjs';

/** @type {Record<'chromium' | 'firefox', () => Promise<any>>} */
export const launch = {
  chromium: () => launchChromium(findChromium()),
  firefox: () =>
    launchFirefox(findFirefox(), {
      // The clock of a page is made coarse on purpose; and a whole run is one call.
      extraPrefsFirefox: { 'privacy.reduceTimerPrecision': false },
      protocolTimeout: 30 * 60_000,
    }),
};

/** Makes a page isolated, whose clock is finer. */
export const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
