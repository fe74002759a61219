import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { EvlnetError } from '../../src/errors.js';
import { readObjectFile } from '../../src/filter/object-file.js';
import type { OpenFilter } from '../../src/filter/open.js';
import type { FilterState } from '../../src/state/schema.js';
import { Filter } from '../../src/worker/filter.js';

const EXAMPLES = 'examples/filters';
const folder = mkdtempSync(join(tmpdir(), 'evlnet-filter-'));
const file = join(folder, 'f.o');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the attachment was told. */
let set: [name: string | undefined, anyEthertype: boolean][];
let refusal: EvlnetError | undefined;
let last: OpenFilter | undefined;
let filter: Filter;
beforeEach(() => {
  set = [];
  refusal = undefined;
  filter = new Filter('eth0', {
    setFilter(opened, anyEthertype) {
      if (refusal) throw refusal;
      last = opened;
      set.push([opened?.object.name, anyEthertype]);
    },
  });
  copyFileSync(join(EXAMPLES, 'ethercat.o'), file);
});

const object = (more: object = {}): FilterState => ({
  object: file,
  program: 'bpf_netrx',
  sha256: readObjectFile(file).sha256,
  ...more,
});

describe('follow', () => {
  test('installs what is wanted, once, and takes it away', async () => {
    expect(await filter.follow(undefined, false, false)).toBeUndefined();
    for (let i = 0; i < 3; i++) expect(await filter.follow({ all: 'accept' }, false, true)).toBeUndefined();
    expect(set).toEqual([['all accept', false]]);
    expect(filter.running?.source).toEqual({ all: 'accept' });
    await filter.follow(undefined, false, false);
    expect(set.slice(1)).toEqual([[undefined, false]]);
    expect(filter.running).toBeUndefined();
  });

  test('does not need the file again: another path of the same program is no swap, another ethertype keeps the maps', async () => {
    await filter.follow(object(), false, false);
    const { object: maps } = last!;
    rmSync(file);
    const sha256 = (filter.running!.source as { sha256: string }).sha256;
    await filter.follow({ object: '/elsewhere.o', program: 'bpf_netrx', sha256 }, false, false);
    expect(set).toEqual([['f.o', false]]);
    expect(filter.running!.source).toHaveProperty('object', '/elsewhere.o');
    await filter.follow({ object: '/elsewhere.o', program: 'bpf_netrx', sha256 }, true, false);
    expect(set).toEqual([
      ['f.o', false],
      ['f.o', true],
    ]);
    expect(last!.object).toBe(maps);
  });

  test('a file that is another one by now leaves the VLAN rule at the start, and what ran before later', async () => {
    const recorded = object();
    copyFileSync(join(EXAMPLES, 'accept-all.o'), file);
    const failure = (await filter.follow(recorded, false, false))!;
    expect(failure.code).toBe('EVL_FILTER_CHANGED');
    expect(failure.message).toBe(
      `Cannot use filter "${file}": the file is not the one that was set (its SHA-256 differs); on "eth0" the VLAN rule decides`,
    );
    expect([set, filter.running]).toEqual([[], undefined]);
    await filter.follow({ all: 'skip' }, false, false);
    expect((await filter.follow(recorded, false, false))!.message).toMatch(/the filter before it goes on$/);
    expect([set, filter.running!.source]).toEqual([[['all skip', false]], { all: 'skip' }]);
  });

  test('a failure is told once, and tried again when asked', async () => {
    const recorded = object();
    const octets = readFileSync(file);
    rmSync(file);
    expect((await filter.follow(recorded, false, false))?.code).toBe('EVL_FILE');
    expect(await filter.follow(recorded, false, false)).toBeUndefined();
    expect(filter.failure?.code).toBe('EVL_FILE');
    writeFileSync(file, octets);
    expect(await filter.follow(recorded, false, false)).toBeUndefined();
    expect(set).toEqual([]);
    expect(await filter.follow(recorded, false, true)).toBeUndefined();
    expect([set, filter.failure]).toEqual([[['f.o', false]], undefined]);
  });

  test('what the attachment refuses leaves the one before, with the lines of the author', async () => {
    await filter.follow({ all: 'accept' }, false, false);
    refusal = new EvlnetError('EVL_VERIFIER', 'Cannot load it: no\n  --> f.c:3', { hint: 'do' });
    const failure = (await filter.follow(object(), false, false))!;
    expect(failure).toMatchObject({ code: 'EVL_VERIFIER', hint: 'do' });
    expect(failure.message).toBe('Cannot load it: no; on "eth0" the filter before it goes on\n  --> f.c:3');
    expect(filter.running!.source).toEqual({ all: 'accept' });
    refusal = undefined;
    await filter.follow({ all: 'accept' }, false, false);
    expect([set.length, filter.failure]).toEqual([1, undefined]);
  });
});
