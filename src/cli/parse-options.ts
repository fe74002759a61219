import yargs, { type Options } from 'yargs';
import { EvlnetError, usage } from '../errors.js';
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
    .fail((message, error) => {
      throw error instanceof EvlnetError ? error : usage('EVL_OPTION', message, `evlnet ${where} help`);
    });
  const parsed = (await parser.parseAsync([...words])) as Record<string, unknown>;
  const missing = specs.find((spec) => spec.required && parsed[spec.name] === undefined);
  if (missing)
    throw usage(
      'EVL_REQUIRED',
      `argument "${missing.letter ? `-${missing.letter}` : `--${missing.name}`}" is required`,
      `evlnet ${where} ${missing.letter ? `-${missing.letter}` : `--${missing.name}`} ${missing.value}`,
    );
  const values = new Map<string, Value>();
  for (const spec of specs) {
    const value = parsed[spec.name];
    if (value !== undefined && value !== false) values.set(spec.name, value as Value);
  }
  return values;
}

const describe = (spec: OptionSpec): Options =>
  spec.value === undefined
    ? { type: 'boolean' }
    : {
        type: 'string',
        coerce: (text: string) =>
          readValue(text, spec.letter ? `-${spec.letter}` : `--${spec.name}`, spec.type),
      };
