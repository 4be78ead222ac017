// A capture as it was recorded, with the keys that open it.
import { gunzipSync } from 'node:zlib';
import { InputError, withKeys } from '../../inspect/node.js';
import { Failure } from '../base/failure.js';

/**
 * @param {Buffer} capture gzipped or not
 * @param {Uint8Array} keyLog what opens its connections
 */
export function encrypted(capture, keyLog) {
  if (keyLog.length === 0) {
    throw new Failure('--with-keys: there are no keys for what is in it; give --keylog FILE.');
  }
  const gzipped = capture[0] === 0x1f && capture[1] === 0x8b;
  try {
    return withKeys(gzipped ? gunzipSync(capture) : capture, keyLog);
  } catch (error) {
    if (!(error instanceof InputError) && !gzipped) throw error;
    throw new Failure(`--with-keys: ${/** @type {Error} */ (error).message}`);
  }
}
