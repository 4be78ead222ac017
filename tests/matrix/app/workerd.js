import { ClientHandshake, Frame, ServerHandshake, Stream } from 'ws4wasm';
import { talk } from './talk.js';

export default {
  fetch: () => Response.json(talk({ ClientHandshake, Frame, ServerHandshake, Stream })),
};
