import { existsSync } from 'node:fs';
import { EvlnetError } from '../errors.js';
import { MIGRATIONS, type Migrations, migrate } from './migrate.js';
import { formatPath, SCHEMA, type StateDocument, type Violation, validate } from './schema.js';

/** A document, and the schema that it was written in. */
export interface Decoded {
  state: StateDocument;
  schema: number;
}

/**
 * The text of a state file, migrated to the present schema, or `corrupt` with the parser's reason when it is not JSON.
 * JSON that is not a state document throws: somebody wrote it on purpose and wants to know the key.
 */
export const decode = (
  file: string,
  text: string,
  migrations: Migrations = MIGRATIONS,
): Decoded | { corrupt: string } => parse(text, migrations, false, ofState(file));

/** The text of a document that shall take the place of the state, from a file of that name. Throws whatever is wrong with it, unknown keys too. */
export function decodeWanted(name: string, text: string): StateDocument {
  const refusal = ofWanted(name);
  const decoded = parse(text, MIGRATIONS, true, refusal);
  if ('corrupt' in decoded)
    throw refusal.invalid({ path: 'the document', reason: `is not JSON (${decoded.corrupt})` });
  return decoded.state;
}

/** The first key that the validation would leave out without a word: those that JavaScript's own objects have. */
function oddName(value: unknown): string | undefined {
  for (const [table, entries] of Object.entries(value ?? {}))
    for (const name of Object.keys(Object(entries)))
      if (['__proto__', 'constructor', 'prototype'].includes(name)) return formatPath([table, name]);
  return undefined;
}

/** How a document is refused. */
interface Refusal {
  newer(schema: number): EvlnetError;
  invalid(violation: Violation): EvlnetError;
}

function parse(
  text: string,
  migrations: Migrations,
  isStrict: boolean,
  refusal: Refusal,
): Decoded | { corrupt: string } {
  let value: unknown;
  try {
    // Editors put a byte order mark in front; RFC 8259 §8.1 lets a parser ignore it.
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return { corrupt: text.trim() === '' ? 'it is empty' : (error as Error).message };
  }
  const schema = schemaOf(value);
  if (schema !== undefined && schema > SCHEMA) throw refusal.newer(schema);
  if (schema !== undefined && schema < SCHEMA) {
    value = migrate(value as Record<string, unknown>, schema, migrations);
    if (value === undefined)
      throw refusal.invalid({ path: 'schema', reason: `is ${schema}, expected ${SCHEMA}` });
  }
  const odd = isStrict ? oddName(value) : undefined;
  if (odd) throw refusal.invalid({ path: odd, reason: 'is a name that cannot be recorded' });
  const result = validate(value, isStrict);
  if ('violation' in result) throw refusal.invalid(result.violation);
  return { state: result.state, schema: schema ?? SCHEMA };
}

/** A document that a program made, before it goes to `file`; throws EVL_STATE_INVALID with the key. */
export function draftChecked(file: string, draft: unknown): StateDocument {
  const result = validate(draft);
  if ('state' in result) return result.state;
  throw new EvlnetError(
    'EVL_STATE_INVALID',
    `Cannot write state file "${file}": ${result.violation.path} ${result.violation.reason}`,
  );
}

/** The file's text. */
export const encode = (state: StateDocument): string => `${JSON.stringify(state, null, 2)}\n`;

function schemaOf(value: unknown): number | undefined {
  const { schema } = (value ?? {}) as { schema?: unknown };
  return Number.isInteger(schema) && (schema as number) >= 0 ? (schema as number) : undefined;
}

const newer = (act: string, schema: number, otherwise: string) =>
  new EvlnetError(
    'EVL_STATE_NEWER',
    `Cannot ${act}: it needs an evlnet that knows state schema ${schema}, this one knows ${SCHEMA}`,
    { hint: `upgrade evlnet, or ${otherwise}` },
  );

const ofState = (file: string): Refusal => ({
  newer: (schema) => newer(`use state file "${file}"`, schema, 'name another file with -state FILE'),
  invalid: ({ path, reason }) =>
    new EvlnetError('EVL_STATE_INVALID', `Cannot use state file "${file}": ${path} ${reason}`, {
      hint: existsSync(`${file}.bak`)
        ? `correct the file; the state before the last change is in ${file}.bak`
        : 'correct the file, or start anew with "evlnet state reset"',
    }),
});

const ofWanted = (name: string): Refusal => ({
  newer: (schema) => newer(`apply "${name}"`, schema, 'export the state with this version'),
  invalid: ({ path, reason }) =>
    new EvlnetError('EVL_STATE_INVALID', `Cannot apply "${name}": ${path} ${reason}`, {
      hint: 'correct it; "evlnet state export" prints such a document, evlnet-state(5) explains it',
    }),
});
