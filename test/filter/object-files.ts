import { readdirSync } from 'node:fs';

const inFolder = (folder: string): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.o'))
    .map((file) => `${folder}/${file}`);

// Most of what reading objects is tested with is there to be refused.
const readable = ['core', 'functions', 'globals', 'kfunc', 'legacy', 'maps', 'nested-maps'];

/** What is hard to translate, in a few objects. */
export const madeForTranslation: readonly string[] = inFolder('test/filter/objects');

/** Committed objects whose filters load. */
export const objectFiles: readonly string[] = [
  ...inFolder('examples/filters'),
  ...madeForTranslation,
  ...readable.map((name) => `test/bpf/objects/${name}.o`),
];
