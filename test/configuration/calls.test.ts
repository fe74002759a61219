import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import * as calls from '../../src/configuration/calls.js';
import { EvlnetError } from '../../src/errors.js';
import { scratch } from '../state/program.js';

const { folder, remove } = scratch();
afterAll(remove);

const state = join(folder, 'state.json');
const before = JSON.stringify({
  version: 1,
  rev: 7,
  vlans: '42',
  ports: { 'eth0.42': { link: 'eth0', vid: 42 }, 'eth0.44': { link: 'eth0', vid: 44 } },
});
beforeEach(() => writeFileSync(state, before));

type Call = (...given: unknown[]) => Promise<unknown>;
const { enablePort, disablePort, setVlans, setFilter, queryPort, solicit } = calls as unknown as Record<
  string,
  Call
>;
const at = { state };
const rule = { match: 'icmp', verdict: 'drop' };
// Each as it comes from a program without types; what the message must name.
const WRONG: [string, () => Promise<unknown>, RegExp][] = [
  [
    'disablePort(undefined)',
    () => disablePort!(undefined, at),
    /^argument "undefined" is wrong: "ifname" must be a string$/,
  ],
  ['disablePort(null)', () => disablePort!(null, at), /"ifname" must be a string/],
  ['disablePort([…])', () => disablePort!(['eth0.42'], at), /"ifname"/],
  ['enablePort()', () => enablePort!(undefined, at), /"ifname"/],
  ['enablePort(5)', () => enablePort!(5, at), /^argument "5" .*"ifname"/],
  ['queryPort()', () => queryPort!(undefined, at), /"ifname"/],
  ['setFilter()', () => setFilter!(undefined, null, at), /"ifname"/],
  ['solicit()', () => solicit!(undefined, at), /"host"/],
  ['options: null', () => setVlans!('42', null), /"options" must be an object/],
  ['options: a string', () => enablePort!('eth0.44', '10.0.0.1/24'), /"options" must be an object/],
  [
    'adress',
    () => enablePort!('eth0.44', { ...at, adress: '10.0.0.1/24' }),
    /^argument "adress" is wrong: "options" has no such key$/,
  ],
  [
    'icmpErrors: yes',
    () => enablePort!('eth0.44', { ...at, icmpErrors: 'yes' }),
    /^argument "yes" .*"icmpErrors" must be true or false/,
  ],
  ['vid: 42.5', () => enablePort!('v', { ...at, link: 'eth0', vid: 42.5 }), /"vid" must be a whole number/],
  ['vid: "42"', () => enablePort!('v', { ...at, link: 'eth0', vid: '42' }), /"vid"/],
  ['address: 5', () => enablePort!('eth0.44', { ...at, address: 5 }), /"address"/],
  ['ethertype', () => enablePort!('eth0.44', { ...at, ethertype: 'all' }), /"ethertype" must be any/],
  ['onWarning: 5', () => setVlans!('42,44', { ...at, onWarning: 5 }), /"onWarning" must be a function/],
  ['signal: 5', () => setVlans!('42,44', { ...at, signal: 5 }), /"signal" must be an AbortSignal/],
  ['state: 5', () => setVlans!('42,44', { state: 5 }), /"state"/],
  ['setVlans()', () => setVlans!(undefined, at), /"list" must be a string, or a list of VLAN IDs/],
  ['setVlans(42)', () => setVlans!(42, at), /"list"/],
  ['setVlans([undefined])', () => setVlans!([undefined], at), /"list" must be a whole number/],
  ['setFilter(…, undefined)', () => setFilter!('eth0', undefined, at), /"filter" must have/],
  ['setFilter(…, {})', () => setFilter!('eth0', {}, at), /"filter" must have/],
  ['setFilter(…, "drop")', () => setFilter!('eth0', 'drop', at), /"filter" must have/],
  ['all: reject', () => setFilter!('eth0', { all: 'reject' }, at), /"all" must be drop or accept/],
  ['object: 5', () => setFilter!('eth0', { object: 5 }, at), /"object"/],
  ['rules: a string', () => setFilter!('eth0', { rules: 'icmp' }, at), /"rules" must be an array/],
  ['a rule without match', () => setFilter!('eth0', { rules: [{ verdict: 'drop' }] }, at), /"match"/],
  [
    'a rule of another verdict',
    () => setFilter!('eth0', { rules: [{ ...rule, verdict: 'no' }] }, at),
    /"verdict"/,
  ],
  ['a rule that is null', () => setFilter!('eth0', { rules: [null] }, at), /"rules" must be an object/],
  ['default: no', () => setFilter!('eth0', { rules: [rule], default: 'no' }, at), /"default"/],
  ['force: 1', () => setFilter!('eth0', null, { ...at, force: 1 }), /"force"/],
  ['timeoutMs: "5"', () => solicit!('10.0.0.1', { ...at, timeoutMs: '5' }), /"timeoutMs"/],
  ['permanent: 1', () => solicit!('10.0.0.1', { ...at, permanent: 1 }), /"permanent"/],
  ['ifname: 5', () => solicit!('10.0.0.1', { ...at, ifname: 5 }), /"ifname"/],
];

test.each(WRONG)('%s is refused before anything is done', async (_, call, message) => {
  const error = await call().then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(EvlnetError);
  expect(error).toMatchObject({ code: 'EVL_ARGUMENT', message: expect.stringMatching(message) });
  expect((error as EvlnetError).hint).toBeTruthy();
  expect(readFileSync(state, 'utf8')).toBe(before);
});

test('a key that is nearly one is suggested', () =>
  expect(enablePort!('eth0.44', { adress: '10.0.0.1/24' })).rejects.toMatchObject({
    hint: 'did you mean "address"?',
  }));
