// Each rule of the inspector explained, for the page and for docs/rules.md.
import { answer } from './answer.js';
import { closing } from './closing.js';
import { frames } from './frames.js';
import { http2 } from './http2.js';
import { limits } from './limits.js';
import { messages } from './messages.js';
import { remarks } from './remarks.js';
import { request } from './request.js';

/** @type {import('./types.js').Family[]} */
export const families = [frames, messages, closing, request, answer, http2, limits, remarks];

/** @type {ReadonlyMap<string, import('./types.js').Explanation>} */
export const explanations = new Map(families.flatMap(({ rules }) => Object.entries(rules)));
