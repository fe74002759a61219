import { readFileSync } from 'node:fs';

/** The package's version; package.json stands two folders up, from src/cli as from dist/program. */
export const VERSION: string = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
).version;
