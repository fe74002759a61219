import { existsSync } from 'node:fs';
import { EvlnetError } from '../errors.js';
import { MIGRATIONS, type Migrations, migrate } from './migrate.js';
import { SCHEMA, type StateDocument, type Violation, validate } from './schema.js';

/** A document, and the schema that it was written in. */
export interface Decoded {
  state: StateDocument;
  schema: number;
}

/**
 * The text of a state file, migrated to the present schema, or `corrupt` with the parser's reason when it is not JSON.
 * JSON that is not a state document throws: somebody wrote it on purpose and wants to know the key.
 */
export function decode(
  file: string,
  text: string,
  migrations: Migrations = MIGRATIONS,
): Decoded | { corrupt: string } {
  let value: unknown;
  try {
    // Editors put a byte order mark in front; RFC 8259 §8.1 lets a parser ignore it.
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return { corrupt: text.trim() === '' ? 'it is empty' : (error as Error).message };
  }
  const schema = schemaOf(value);
  if (schema !== undefined && schema > SCHEMA) throw newer(file, schema);
  if (schema !== undefined && schema < SCHEMA) value = migrated(file, value, schema, migrations);
  const result = validate(value);
  if ('violation' in result) throw invalid(file, result.violation);
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

function migrated(file: string, value: unknown, schema: number, migrations: Migrations): unknown {
  const document = migrate(value as Record<string, unknown>, schema, migrations);
  if (document !== undefined) return document;
  throw invalid(file, { path: 'schema', reason: `is ${schema}, expected ${SCHEMA}` });
}

const newer = (file: string, schema: number) =>
  new EvlnetError(
    'EVL_STATE_NEWER',
    `Cannot use state file "${file}": it needs an evlnet that knows state schema ${schema}, this one knows ${SCHEMA}`,
    { hint: 'upgrade evlnet, or name another file with -state FILE' },
  );

const invalid = (file: string, { path, reason }: Violation) =>
  new EvlnetError('EVL_STATE_INVALID', `Cannot use state file "${file}": ${path} ${reason}`, {
    hint: existsSync(`${file}.bak`)
      ? `correct the file; the state before the last change is in ${file}.bak`
      : 'correct the file, or start anew with "evlnet state reset"',
  });
