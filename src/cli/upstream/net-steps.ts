import { usage } from '../../errors.js';
import type { Arguments } from '../arguments.js';

/** A command line of evlnet, and what `evl net` says once it is done. */
export interface Step {
  readonly words: readonly string[];
  readonly said?: string;
}

/** What the switches of `evl net` ask for, in its order whatever theirs is. */
export function netSteps(given: Arguments): Step[] {
  const steps = [
    ...disable(given),
    ...enable(given),
    ...filter(given),
    ...vlans(given),
    ...solicit(given, 'solicit', []),
    ...solicit(given, 'solicit-permanent', ['permanent']),
    ...query(given),
  ];
  if (steps.length > 0) return steps;
  throw usage('EVL_INCOMPLETE', 'no command given', 'evlnet net { -e | -d | -Q | -F | -N | -n | -s | -S }');
}

function disable(given: Arguments): Step[] {
  return given.flag('disable-port') ? [{ words: ['port', 'disable', 'dev', device(given)] }] : [];
}

function enable(given: Arguments): Step[] {
  if (!given.flag('enable-port')) return [];
  const [pool, bufsz] = [given.text('pool-size'), given.text('buffer-size')];
  const words = ['port', 'enable', 'dev', device(given)];
  if (pool !== undefined) words.push('pool', pool);
  if (bufsz !== undefined) words.push('bufsz', bufsz);
  return [{ words }];
}

function filter(given: Arguments): Step[] {
  const file = given.text('filter');
  if (file === undefined) return [];
  const ifname = device(given);
  return file === ''
    ? [{ words: ['filter', 'unset', 'dev', ifname], said: `eBPF module removed from ${ifname}` }]
    : [{ words: ['filter', 'set', 'dev', ifname, 'object', file] }];
}

function vlans(given: Arguments): Step[] {
  const list = given.text('set-vlan-ids');
  const steps: Step[] = [];
  if (list === '') steps.push({ words: ['vlans', 'clear'], said: 'VLAN filter cleared' });
  else if (list !== undefined) steps.push({ words: ['vlans', 'set', list] });
  if (given.flag('print-vlan-ids')) steps.push({ words: ['vlans', 'show'] });
  return steps;
}

function solicit(given: Arguments, name: string, how: readonly string[]): Step[] {
  const host = given.text(name);
  if (host === undefined) return [];
  const ifname = given.text('interface');
  return [
    {
      words: [
        ...['neighbour', 'solicit', host],
        ...(ifname === undefined ? [] : ['dev', ifname]),
        ...how,
        ...(given.flag('allow-gateway') ? ['gateway'] : []),
      ],
    },
  ];
}

function query(given: Arguments): Step[] {
  const letters = given.text('query-port');
  if (letters === undefined) return [];
  return [{ words: ['port', 'query', 'dev', device(given), ...(letters === '' ? [] : [letters])] }];
}

function device(given: Arguments): string {
  const ifname = given.text('interface');
  if (ifname !== undefined) return ifname;
  throw usage('EVL_REQUIRED', 'a network interface must be specified', 'evlnet net -i IFNAME ...');
}
