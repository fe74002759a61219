import type { Context } from './context.js';

/** Of who looks again and again: somebody may be writing the state file meanwhile, which is not to be repaired then. */
export const lookingOn = (context: Context): Context => ({
  ...context,
  stateOptions: { ...context.stateOptions, repairs: false },
});
