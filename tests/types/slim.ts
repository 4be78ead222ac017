// 'ws4wasm/slim' has what 'ws4wasm' has, the same, and `init`.
import * as whole from 'ws4wasm';
import engine from 'ws4wasm/engine.wasm';
import * as slim from 'ws4wasm/slim';
import { init, Stream } from 'ws4wasm/slim';

export const same: typeof whole = slim;
export const stream: whole.Stream = new Stream();

const done: Promise<void> = init(engine);
void done;
void init(new Uint8Array(8));
void init(new ArrayBuffer(8));
void init(fetch('engine.wasm'));
void init(new Response());
// @ts-expect-error: the module is needed
void init();
// @ts-expect-error: 'ws4wasm' starts by itself
void whole.init;
