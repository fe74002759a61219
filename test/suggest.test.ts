import { expect, test } from '@jest/globals';
import { matchPrefix } from '../src/cli/prefix.js';
import { suggest } from '../src/suggest.js';

const names = ['port', 'vlans', 'state', 'stats', 'pool'];
const cases: [word: string, meant: string | undefined][] = [
  ['prot', 'port'],
  ['prt', 'port'],
  ['ports', 'port'],
  ['PORT', 'port'],
  ['vlasn', 'vlans'],
  ['stast', 'stats'],
  ['vxlans', 'vlans'],
  ['abcde', undefined],
  ['po', undefined],
  ['p', undefined],
  ['', undefined],
];
test.each(cases)('suggest(%j) is %j', (word, meant) => {
  expect(suggest(word, names)).toBe(meant);
});

test('matchPrefix() prefers the whole name to a longer one', () => {
  const entries = [{ name: 'stats' }, { name: 'statsx' }, { name: 'neighbour', aliases: ['neighbor'] }];
  expect(matchPrefix('stats', entries)).toEqual({ found: entries[0] });
  expect(matchPrefix('stat', entries)).toEqual({ ambiguous: ['stats', 'statsx'] });
  expect(matchPrefix('neighbor', entries)).toEqual({ found: entries[2] });
  expect(matchPrefix('neigh', entries)).toEqual({ found: entries[2] });
  expect(matchPrefix('x', entries)).toBeUndefined();
  expect(matchPrefix('', entries)).toBeUndefined();
});
