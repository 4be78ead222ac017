import type * as glue from './glue.js';
export type Glue = Omit<typeof glue, 'default'> & {
  init: typeof glue.default;
  /** What the instance was made of. */
  readonly module: WebAssembly.Module;
};
/** The bindings of one instance, which is still to be made. */
export default function makeGlue(): Glue;
