import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { buildFrame } from '../build-frame.js';
import { describeIf } from '../capability.js';
import { FakeHost } from './fake.js';
import { expectGolden } from './golden.js';

let host: FakeHost;
beforeEach(() => {
  host = new FakeHost();
});
afterEach(() => host.close());

describeIf(['root', 'bpf'])('filter check', () => {
  test('a filter that runs everywhere', async () => {
    expect(await host.ok('filter check examples/filters/allow-list.o')).toBe(
      'ok    bpf_netrx kernel: the kernel verifies it as EVL loads it\n' +
        'ok    bpf_netrx xdp: its translation runs at XDP\n' +
        'ok    bpf_netrx wasm: it runs as WebAssembly\n',
    );
    const records = JSON.parse(await host.ok('-j filter check examples/filters/allow-list.o')) as object[];
    expect(records[1]).toEqual({
      status: 'ok',
      program: 'bpf_netrx',
      where: 'xdp',
      what: 'its translation runs at XDP',
    });
  });

  test('what the kernel refuses is shown in the author’s lines', async () => {
    const { code, out, err } = await host.run('filter check test/bpf/objects/refused.o');
    expect({ code, err }).toEqual({ code: 2, err: '' });
    const [, found] = /^(FAIL {2}null kernel:.*\n(?: {6}.*\n)+)/m.exec(out)!;
    expectGolden('filter-check-refused.txt', found!);
    expect(out).toMatch(/^warn {2}null xdp: not checked: the kernel refuses the filter itself$/m);
  });

  test('JSON keys are those of the table', async () => {
    const { filter } = await import('../../src/cli/table/filter.js');
    const { json } = filter.verbs.find(({ name }) => name === 'check')!;
    const { out } = await host.run('-j filter check test/bpf/objects/refused.o');
    const keys = (JSON.parse(out) as object[]).flatMap((record) => Object.keys(record));
    expect([...new Set(keys)].sort()).toEqual([...json!].sort());
  });
});

describe('filter compile', () => {
  const rules = ['match', 'udp port 42042', 'accept', 'default', 'skip'];
  const tried = ['hex', Buffer.from(buildFrame({ udp: {}, payload: 'hi' })).toString('hex')];

  test('writes an object that says what the rules say', async () => {
    const file = join(host.folder, 'rules.o');
    expect(await host.ok(['filter', 'compile', ...rules, '-o', file])).toBe('');
    const byRules = await host.ok(['-j', 'filter', 'test', ...rules, ...tried]);
    const byObject = await host.ok(['-j', 'filter', 'test', 'object', file, ...tried]);
    const verdict = (json: string) => (JSON.parse(json) as { verdict: string }[])[0]!.verdict;
    expect([verdict(byRules), verdict(byObject)]).toEqual(['accept', 'accept']);
    await host.ok(['filter', 'compile', 'all', 'drop', '--output', file]);
    expect(verdict(await host.ok(['-j', 'filter', 'test', 'object', file, ...tried]))).toBe('drop');
  });

  const refused: [words: string[], code: number, err: RegExp][] = [
    [['-o', '/tmp/x.o'], 1, /^Command line is not complete/],
    [['all', 'skip'], 1, /^Error: argument "-o" is required\n/],
    [['match', 'udp prot 5', 'skip', '-o', '/tmp/x.o'], 1, /\n *udp prot 5\n +\^/],
    [['all', 'skip', '-o', '/nowhere/x.o'], 2, /^Cannot write object "\/nowhere\/x.o": no such file/],
  ];
  test.each(refused)('%j', async (words, code, err) => {
    const result = await host.run(['filter', 'compile', ...words]);
    expect(result).toMatchObject({ code, out: '' });
    expect(result.err).toMatch(err);
  });
});

test('filter check of what is no object', async () => {
  const file = join(host.folder, 'notes.o');
  writeFileSync(file, 'hello');
  expect(await host.run(`filter check ${file}`)).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringMatching(/^Cannot read "notes\.o": .*\nHint: /),
  });
});
