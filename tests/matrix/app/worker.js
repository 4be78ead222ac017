import { ClientHandshake, Frame, ServerHandshake, Stream } from 'ws4wasm';
import { talk } from './talk.js';

postMessage(talk({ ClientHandshake, Frame, ServerHandshake, Stream }));
