import { readFileSync } from 'node:fs';
import { EvlnetError, usage } from '../errors.js';
import type { Globals } from './globals.js';
import type { Io } from './io.js';
import { execute } from './main.js';
import { reportError } from './print/error.js';

/**
 * Runs the commands of `globals.batch` one after the other, those from standard input as they come; returns the code of the
 * first that failed, else 0.
 */
export async function runBatch(globals: Globals, io: Io): Promise<number> {
  const { batch: file = '-', ...others } = globals;
  const lines = file === '-' ? linesOf(io.stdin()) : readBatch(file).split('\n');
  let code = 0;
  for await (const { text, line } of joinLines(lines)) {
    const words = splitWords(text);
    if (words?.length === 0) continue;
    const place = { file, line };
    const result = words
      ? await execute(words, { ...others }, io, place)
      : reportError(openQuote(), globals, io, place);
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

async function* linesOf(octets: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const some of octets) {
    const lines = (rest + decoder.decode(some, { stream: true })).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  yield rest;
}

/** One that ends in a backslash goes on in the next; `line` is the number of the first, from 1. */
async function* joinLines(
  lines: Iterable<string> | AsyncIterable<string>,
): AsyncGenerator<{ text: string; line: number }> {
  let text = '';
  let first = 1;
  let line = 0;
  for await (const piece of lines) {
    line++;
    text += piece;
    if (text.endsWith('\\')) {
      text = text.slice(0, -1);
      continue;
    }
    yield { text, line: first };
    text = '';
    first = line + 1;
  }
  yield { text, line: first };
}

/** As ip(8) reads them: `#` starts a comment, quotes hold white space. Undefined where a quote is not closed. */
function splitWords(text: string): string[] | undefined {
  const words: string[] = [];
  let rest = text.trimStart();
  while (rest !== '' && !rest.startsWith('#')) {
    const [whole = '', pieces = ''] = /^((?:[^\s"']|"[^"]*"|'[^']*')+)\s*/.exec(rest) ?? [];
    if (whole === '') return undefined;
    words.push(pieces.replace(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single));
    rest = rest.slice(whole.length);
  }
  return words;
}

const openQuote = () =>
  usage('EVL_BATCH', 'Cannot read the command: a quote is not closed', 'close it on the same line');
