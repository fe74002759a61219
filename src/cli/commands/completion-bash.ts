import { bashCompletion } from '../completion.js';
import type { Context } from '../context.js';

/** `evlnet completion bash` */
export function run({ io }: Context): number {
  io.stdout.write(bashCompletion());
  return 0;
}
