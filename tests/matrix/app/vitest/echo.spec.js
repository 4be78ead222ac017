import { writeFileSync } from 'node:fs';
import * as ws4wasm from 'ws4wasm';
import * as node from 'ws4wasm/node';
import { echo } from '../echo.js';

test('an echo', async () => {
  const heard = await echo(ws4wasm, node);
  writeFileSync(process.env.HEARD, JSON.stringify(heard));
  expect(heard).toEqual(JSON.parse(process.env.TEXTS));
});
