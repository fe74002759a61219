import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { families } from '../../src/cli/stats/metrics/families.js';
import { metricName } from '../../src/cli/stats/metrics/family.js';
import { DROPS } from '../../src/drop.js';
import { Exit } from '../../src/errors.js';
import { HOOK_COUNTERS } from '../../src/filter/verdict.js';
import { emptyState, validate } from '../../src/state/schema.js';
import { entries, readPage, section, tags } from './page.js';

describe('evlnet-stats(8)', () => {
  const page = readPage('evlnet-stats.8');

  test('tells every drop reason, and no other', () => {
    const names = DROPS.slice(1).map(([name]) => name);
    expect(tags(section(page, 'DROP REASONS')).sort()).toEqual([...names].sort());
    for (const entry of entries(section(page, 'DROP REASONS'))) expect(entry.text).not.toBe('');
  });

  test('tells every counter of the hook, and no other', () => {
    expect(tags(section(page, 'VERDICTS')).sort()).toEqual([...HOOK_COUNTERS].sort());
  });

  test('tells every metric, and no other', () => {
    const all = families({ reading: { counted: [], pages: new Map() }, neighbours: new Map() });
    expect(tags(section(page, 'METRICS')).sort()).toEqual(all.map(metricName).sort());
    for (const entry of entries(section(page, 'METRICS'))) expect(entry.text).not.toBe('');
  });
});

const sources = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return path.endsWith('.ts') ? [readFileSync(path, 'utf8')] : [];
  });

test('evlnet(8) tells every error code, and no other', () => {
  const codes = sources('src').flatMap((text) =>
    [...text.matchAll(/'(EVL_\w*[A-Z0-9])'/g)].map(([, code]) => code!),
  );
  expect(tags(section(readPage('evlnet.8'), 'ERROR CODES')).sort()).toEqual([...new Set(codes)].sort());
});

test('evlnet(8) tells every exit code, and no other', () => {
  expect(tags(section(readPage('evlnet.8'), 'EXIT STATUS'))).toEqual(Object.values(Exit).map(String));
});

test('evlnet-port(8) tells every state of a port, and no other', () => {
  const type = /type PortStateName = ([^;]+)/.exec(readFileSync('src/cli/port/record.ts', 'utf8'))![1]!;
  const states = [...type.matchAll(/'(\w+)'/g)].map(([, state]) => state);
  expect(tags(section(readPage('evlnet-port.8'), 'OUTPUT'))).toEqual(states);
});

describe('evlnet-state(5)', () => {
  const format = section(readPage('evlnet-state.5'), 'FORMAT');

  test('tells the outermost keys, and no other', () => {
    expect(tags(format)).toEqual(Object.keys(emptyState()));
  });

  test('tells every key that the schema knows, and no other', () => {
    const schema = readFileSync('src/state/schema.ts', 'utf8').split('function documentOf(')[1]!;
    const known = [...schema.matchAll(/^\s+(\w+): (?:v\.|byName\(|choice\(|text\()/gm)].map(([, key]) => key);
    const told = format.filter((line) => line.kind === 'TP').map((line) => line.text);
    expect([...new Set(told)].sort()).toEqual([...new Set(known)].sort());
  });

  test('its example is a sound document', () => {
    const [example] = readPage('evlnet-state.5').examples;
    expect(validate(JSON.parse(example!.lines.join('\n')))).toHaveProperty('state');
  });
});
