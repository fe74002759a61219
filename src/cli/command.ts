import { statePath } from '../state/path.js';
import type { Arguments } from './arguments.js';
import type { Context } from './context.js';
import type { Globals } from './globals.js';
import type { Io } from './io.js';
import { paintFor } from './print/paint.js';
import { Printer } from './print/printer.js';
import { printable } from './printable.js';

/** All that a command is given. */
export async function contextFor(given: Arguments, globals: Globals, io: Io): Promise<Context> {
  const warn = (message: string, hint?: string) => {
    io.stderr.write(`Warning: ${printable(message)}\n`);
    if (hint) io.stderr.write(`Hint: ${printable(hint)}\n`);
  };
  return {
    io,
    system: io.system,
    globals,
    arguments: given,
    env: io.env,
    print: new Printer(globals, io.stdout, await paintFor(globals, io)),
    state: statePath(globals.state, io.env),
    stateOptions: { onWarning: warn },
    warn,
  };
}
