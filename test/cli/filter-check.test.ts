import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
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

test('filter check of what is no object', async () => {
  const file = join(host.folder, 'notes.o');
  writeFileSync(file, 'hello');
  expect(await host.run(`filter check ${file}`)).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringMatching(/^Cannot read "notes\.o": .*\nHint: /),
  });
});
