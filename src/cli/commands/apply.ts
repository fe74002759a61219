import { readFileSync } from 'node:fs';
import { follow, record } from '../../configuration/apply.js';
import { wantedState } from '../../configuration/wanted-state.js';
import { Exit } from '../../errors.js';
import { namingErrors } from '../../linux/file-error.js';
import { changes } from '../../state/change.js';
import { readState } from '../../state/file.js';
import type { Context } from '../context.js';
import { exitCode } from '../exit-code.js';
import { changeView } from '../state/change-view.js';

/** `evlnet apply FILE`: the state becomes what FILE says, and what does not stand there goes. */
export async function run(context: Context): Promise<Exit> {
  const { arguments: given, globals, print, state, stateOptions } = context;
  const file = given.text('FILE')!;
  const text = await read(context, file);
  const wanted = await wantedState(context, file, text, globals.force);
  if (given.flag('dry-run')) {
    const found = changes(readState(state.file, stateOptions), wanted.state);
    await print.records(changeView, found);
    return found.length === 0 ? Exit.Ok : Exit.No;
  }
  const applied = record(context, wanted);
  await print.records(changeView, applied.changes);
  return exitCode(context, follow(context, wanted, applied));
}

async function read({ io }: Context, file: string): Promise<string> {
  if (file !== '-') return namingErrors('read', file, 'name another file', () => readFileSync(file, 'utf8'));
  const octets: Uint8Array[] = [];
  for await (const some of io.stdin()) octets.push(some);
  return Buffer.concat(octets).toString();
}
