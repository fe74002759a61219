import type { Arguments } from './arguments.js';
import { type Globals, newGlobals, takeLeading } from './globals.js';
import type { Io } from './io.js';
import { type BatchLine, reportError } from './print/error.js';
import type { ObjectSpec, VerbSpec } from './spec.js';
import { VERSION } from './version.js';

/** Runs one command line, without the program's name. Never throws; returns the exit code. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  return execute(argv, newGlobals(), io);
}

/** The same with options that a batch was started with. */
export async function execute(
  argv: readonly string[],
  globals: Globals,
  io: Io,
  at?: BatchLine,
): Promise<number> {
  try {
    const first = takeLeading(argv, globals);
    if (globals.version) return printVersion(io);
    if (globals.batch !== undefined && first === argv.length && at === undefined) {
      if (globals.netns !== undefined) return await inNamespace(globals.netns, argv, io);
      const { runBatch } = await import('./batch.js');
      return await runBatch(globals, io);
    }
    return await runCommand(argv, first, globals, io);
  } catch (error) {
    return reportError(error, asksForJson(globals, argv), io, at);
  }
}

/** Runs the command whose OBJECT is `argv[first]`; throws what is wrong. */
export async function runCommand(
  argv: readonly string[],
  first: number,
  globals: Globals,
  io: Io,
): Promise<number> {
  const [{ OBJECTS }, { resolve }] = await Promise.all([import('./table/index.js'), import('./resolve.js')]);
  const { object, verb, at } = resolve(OBJECTS, argv, first, globals);
  let given: Arguments | undefined;
  if (object && verb && !globals.help) {
    const { readArguments } = await import('./arguments.js');
    given = await readArguments(verb, `${object.name} ${verb.name}`.trim(), argv, at, globals);
  }
  if (globals.version) return printVersion(io);
  if (globals.help || !object || !verb || !given) return printHelp(object, verb, io);
  if (globals.netns !== undefined) return inNamespace(globals.netns, argv, io);
  const [{ contextFor }, { run }] = await Promise.all([import('./command.js'), verb.load()]);
  return run(await contextFor(given, globals, io));
}

async function inNamespace(name: string, argv: readonly string[], io: Io): Promise<number> {
  const { runInNamespace } = await import('./netns.js');
  return runInNamespace(name, argv, io);
}

function printVersion(io: Io): number {
  io.stdout.write(`evlnet ${VERSION}\n`);
  return 0;
}

async function printHelp(
  object: ObjectSpec | undefined,
  verb: VerbSpec | undefined,
  io: Io,
): Promise<number> {
  const { helpForAll, helpForObject, helpForVerb } = await import('./help.js');
  io.stdout.write(
    object === undefined ? helpForAll() : verb ? helpForVerb(object, verb) : helpForObject(object),
  );
  return 0;
}

// An error may come before the word -j was reached; who asked for JSON gets JSON.
const asksForJson = (globals: Globals, argv: readonly string[]): Globals =>
  globals.json || !argv.some((word) => /^--?j(s(on?)?)?$/.test(word)) ? globals : { ...globals, json: true };
