// Node, where there may be no file to read: in a bundle, in a test runner that has its own
// modules. The engine is in the source then, gzipped.
import { gunzipSync } from 'node:zlib';
import gzipped from '../../../pkg/engine.js';
import './bufferutil.js';
import { isStarted } from '../../engine/instance.js';
import { startNow } from '../start.js';

if (!isStarted()) startNow(gunzipSync(Buffer.from(gzipped, 'base64')));
