import yargs, { type Options } from 'yargs';
import { usage } from '../errors.js';
import type { Value } from './arguments.js';
import type { OptionSpec } from './spec.js';
import { readValue } from './value.js';

/** Parses and validates the options of one command, given in their long form. */
export async function parseOptions(
  specs: readonly OptionSpec[],
  words: readonly string[],
  where: string,
): Promise<Map<string, Value>> {
  const parser = yargs()
    .exitProcess(false)
    .showHelpOnFail(false)
    .help(false)
    .version(false)
    .detectLocale(false)
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'duplicate-arguments-array': false,
      'parse-numbers': false,
    })
    .options(Object.fromEntries(specs.map((spec) => [spec.name, describe(spec)])))
    .strict()
    .fail((message) => {
      throw usage('EVL_OPTION', message, `evlnet ${where} help`);
    });
  const parsed = (await parser.parseAsync([...words])) as Record<string, unknown>;
  const missing = specs.find((spec) => spec.required && parsed[spec.name] === undefined);
  if (missing)
    throw usage(
      'EVL_REQUIRED',
      `argument "${shortName(missing)}" is required`,
      `evlnet ${where} ${shortName(missing)} ${missing.value}`,
    );
  const values = new Map<string, Value>();
  for (const spec of specs) {
    const value = parsed[spec.name];
    if (value === true) values.set(spec.name, true);
    // Not by yargs' coerce: of an error thrown there only the message gets out.
    else if (typeof value === 'string') values.set(spec.name, readValue(value, shortName(spec), spec.type));
  }
  return values;
}

const describe = (spec: OptionSpec): Options => ({ type: spec.value === undefined ? 'boolean' : 'string' });

const shortName = (spec: OptionSpec): string => (spec.letter ? `-${spec.letter}` : `--${spec.name}`);
