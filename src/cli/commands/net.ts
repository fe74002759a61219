import { Exit } from '../../errors.js';
import type { Context } from '../context.js';
import { helpForVerb } from '../help.js';
import type { Io } from '../io.js';
import { runCommand } from '../main.js';
import { net } from '../table/net.js';
import { netSteps } from '../upstream/net-steps.js';

/** `evlnet net`: the switches of `evl net`, each done by the command of evlnet that does it. */
export async function run({ arguments: given, globals, io }: Context): Promise<number> {
  const [verb] = net.verbs;
  // As upstream: not an error.
  if (!verb!.options!.some(({ name }) => given.has(name))) {
    io.stderr.write(helpForVerb(net, verb!));
    return Exit.Ok;
  }
  for (const { words, said } of netSteps(given)) {
    const code = await runCommand(words, 0, { ...globals }, withoutEmptyLines(io));
    if (code !== Exit.Ok) return code;
    if (said !== undefined && !globals.json) io.stdout.write(`${said}\n`);
  }
  return Exit.Ok;
}

/** An empty VLAN set is nothing to `evl net -n`. */
const withoutEmptyLines = (io: Io): Io => ({
  ...io,
  stdout: {
    isTTY: io.stdout.isTTY,
    columns: io.stdout.columns,
    write: (text) => text === '\n' || io.stdout.write(text),
  },
});
