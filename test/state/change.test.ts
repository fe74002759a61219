import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Change, changes, keysOf } from '../../src/state/change.js';
import { emptyState, type StateDocument, validate } from '../../src/state/schema.js';

type Plain = Record<string, unknown>;

/** RFC 6902, of objects alone. */
function patched(document: StateDocument, patch: readonly Change[]): Plain {
  const result = structuredClone(document) as unknown as Plain;
  for (const { op, path, value } of patch) {
    const keys = keysOf(path);
    const last = keys.pop()!;
    const parent = keys.reduce((at, key) => at[key] as Plain, result);
    // What is removed or replaced must be there.
    if (op !== 'add' && !Object.hasOwn(parent, last)) throw new Error(`nothing at ${path}`);
    if (op === 'remove') delete parent[last];
    else parent[last] = structuredClone(value);
  }
  return result;
}

const optional = { requiredKeys: [] as [] };
const ifname = fc.constantFrom('eth0', 'eth0.42', 'eth1', 'a~b', 'c~1d');
const table = <T>(entry: fc.Arbitrary<T>) =>
  fc.dictionary(ifname, entry, { maxKeys: 3, noNullPrototype: true });
const host = fc.integer({ min: 0, max: 2 }).map((n) => `10.10.10.${n}`);
const lladdr = fc.constantFrom('02:fc:00:00:00:01', '02:fc:00:00:00:02');
const port = fc.record(
  {
    address: fc.constantFrom('10.10.10.11/24', '10.10.10.12/24'),
    icmpErrors: fc.boolean(),
    neighbours: fc.dictionary(host, fc.record({ lladdr }), { maxKeys: 2, noNullPrototype: true }),
  },
  optional,
);
const device = fc.record({ pool: fc.integer({ min: 1, max: 3 }), mode: fc.constant('native') }, optional);
const verdict = fc.constantFrom('accept', 'skip');
const filter = fc.oneof(
  fc.record({ all: verdict }),
  fc.record({ rules: fc.array(fc.record({ match: fc.constant('arp'), verdict })), default: verdict }),
);
const services = fc.record(
  {
    services: fc.array(fc.record({ service: fc.constant('udp-echo'), udpPort: fc.constantFrom(7, 8) }), {
      maxLength: 2,
    }),
    cpu: fc.constant('1'),
  },
  { requiredKeys: ['services'] },
);
const document = fc
  .record({
    rev: fc.nat(),
    ports: table(port),
    devices: table(device),
    vlans: fc.constantFrom('', '42', '42-45'),
    filters: table(filter),
    services: table(services),
  })
  .map((parts) => {
    const result = validate({ schema: 1, ...parts }, true);
    if ('violation' in result) throw new Error(JSON.stringify(result.violation));
    return result.state;
  });

describe('changes', () => {
  test('applied to the one document they make the other, whatever its rev', () => {
    fc.assert(
      fc.property(document, document, (before, after) => {
        expect(patched(before, changes(before, after))).toEqual({ ...after, rev: before.rev });
      }),
    );
  });

  test('are none between equal documents, and reversed they lead back', () => {
    fc.assert(
      fc.property(document, document, (before, after) => {
        expect(changes(before, { ...structuredClone(before), rev: 99 })).toEqual([]);
        const back = changes(after, before);
        const olds = changes(before, after).map(({ path, old }) => [path, old]);
        expect(Object.fromEntries(back.map(({ path, value }) => [path, value]))).toEqual(
          Object.fromEntries(olds),
        );
      }),
    );
  });

  test('are of single keys; a filter is replaced whole', () => {
    const before = { ...emptyState(), ports: { 'a/b': {} }, filters: { eth0: { all: 'skip' as const } } };
    const after = {
      ...emptyState(),
      ports: { 'a/b': { address: '10.0.0.1/8' } },
      devices: { eth0: { pool: 7 } },
      filters: { eth0: { all: 'drop' as const } },
    };
    expect(changes(before, after)).toEqual([
      { op: 'add', path: '/ports/a~1b/address', value: '10.0.0.1/8' },
      { op: 'add', path: '/devices/eth0', value: { pool: 7 } },
      { op: 'replace', path: '/filters/eth0', value: { all: 'drop' }, old: { all: 'skip' } },
    ]);
  });
});
