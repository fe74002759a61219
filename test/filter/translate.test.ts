import { expect, test } from '@jest/globals';
import { r0 } from '../../src/bpf/asm.js';
import { type MapSpec, MapType } from '../../src/bpf/program.js';
import { translate } from '../../src/filter/translate.js';
import { assembled } from './assembled.js';

const STAMP = { mark: 7, boundTo: 3 };
const TAILS: MapSpec = { name: 'tails', type: MapType.ProgArray, keySize: 4, valueSize: 4, maxEntries: 1 };

test.each([
  { name: 'a filter', license: 'GPL', maps: [], boundTo: 3 },
  { name: 'one under two licenses', license: 'Dual BSD/GPL', maps: [], boundTo: 3 },
  { name: 'one that is not GPL does not', license: 'Proprietary', maps: [], boundTo: undefined },
  { name: 'one with tail calls does not', license: 'GPL', maps: [TAILS], boundTo: undefined },
])('who asks the NIC for its time: $name', ({ license, maps, boundTo }) => {
  const { object, program } = assembled('bpf_netrx', (a) => a.mov(r0, 1).exit(), maps);
  const { program: translated } = translate({ object, program: { ...program, license } }, false, STAMP);
  expect(translated.boundTo).toBe(boundTo);
  const asks = translated.instructions.filter((i) => i.kfunc !== undefined);
  expect(asks).toHaveLength(boundTo === undefined ? 0 : 1);
  expect(translated.license).toBe(license);
});
