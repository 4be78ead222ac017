import * as ws4wasm from 'ws4wasm';
import { talk } from './talk.js';

console.log(JSON.stringify(talk(ws4wasm)));
