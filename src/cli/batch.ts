import { readFileSync } from 'node:fs';
import { EvlnetError, usage } from '../errors.js';
import type { Globals } from './globals.js';
import type { Io } from './io.js';
import { execute } from './main.js';

/** Runs the commands of `globals.batch` one after the other; returns the code of the first that failed, else 0. */
export async function runBatch(globals: Globals, io: Io): Promise<number> {
  const { batch: file = '-', ...others } = globals;
  const text = file === '-' ? await io.stdin() : readBatch(file);
  let code = 0;
  for (const { words, line } of readCommands(text, file)) {
    const result = await execute(words, { ...others }, io, { file, line });
    if (result === 0) continue;
    if (code === 0) code = result;
    if (!globals.force) break;
  }
  return code;
}

function readBatch(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = /^\w+: ([^,]+)/.exec((error as Error).message)?.[1];
    throw new EvlnetError('EVL_BATCH', `Cannot open file "${file}" for reading: ${reason}`, {
      cause: error,
      hint: 'name a file, or - for standard input',
    });
  }
}

export interface BatchCommand {
  readonly words: readonly string[];
  /** The first line of the command, from 1. */
  readonly line: number;
}

/** As ip(8) reads them: `#` starts a comment, a backslash at the end goes on, quotes hold white space. */
export function readCommands(text: string, file: string): BatchCommand[] {
  const commands: BatchCommand[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const line = i + 1;
    let whole = lines[i]!;
    while (whole.endsWith('\\') && i + 1 < lines.length) whole = whole.slice(0, -1) + lines[++i]!;
    const words = splitWords(whole, `${file}:${line}`);
    if (words.length > 0) commands.push({ words, line });
  }
  return commands;
}

function splitWords(text: string, place: string): string[] {
  const words: string[] = [];
  let rest = text.trimStart();
  while (rest !== '' && !rest.startsWith('#')) {
    const [whole = '', pieces = ''] = /^((?:[^\s"']|"[^"]*"|'[^']*')+)\s*/.exec(rest) ?? [];
    if (whole === '')
      throw usage('EVL_BATCH', `Cannot read ${place}: a quote is not closed`, 'close it on the same line');
    words.push(pieces.replace(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single));
    rest = rest.slice(whole.length);
  }
  return words;
}
