import { SCHEMA } from './schema.js';

type Document = Record<string, unknown>;

/** By the schema that is left behind: `1: (old) => new` makes a document of schema 2. */
export type Migrations = Readonly<Record<number, (old: Document) => Document>>;

/** Empty as long as there is only one schema. */
export const MIGRATIONS: Migrations = {};

/** `old` in the present schema, or nothing where a step is missing. `rev` and unknown keys are the steps' to keep. */
export function migrate(old: Document, schema: number, migrations = MIGRATIONS): Document | undefined {
  let document = structuredClone(old);
  for (let version = schema; version < SCHEMA; version++) {
    const step = Object.hasOwn(migrations, version) ? migrations[version] : undefined;
    if (step === undefined) return undefined;
    document = { ...step(document), schema: version + 1 };
  }
  return document;
}
