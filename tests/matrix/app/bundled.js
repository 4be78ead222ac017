// What bundlers for Node make one file of.
import * as ws4wasm from 'ws4wasm';
import * as node from 'ws4wasm/node';
import { echo } from './echo.js';

echo(ws4wasm, node).then((heard) => console.log(JSON.stringify(heard)));
