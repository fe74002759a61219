import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { SYSTEM_STATE, statePath } from '../../src/state/path.js';

const EXISTS = '/proc/self/stat';
const MISSING = '/nonexistent/state.json';

test.each([
  ['-state wins', 'f.json', { EVLNET_STATE: '/env.json' }, EXISTS, false, resolve('f.json'), true],
  ['then the variable', undefined, { EVLNET_STATE: '/env.json' }, EXISTS, false, '/env.json', true],
  ['an empty variable is none', undefined, { EVLNET_STATE: '' }, EXISTS, false, EXISTS, false],
  ['then the system, if it exists', undefined, { XDG_STATE_HOME: '/xdg' }, EXISTS, false, EXISTS, false],
  ['for root in any case', undefined, { XDG_STATE_HOME: '/xdg' }, MISSING, true, MISSING, false],
  ['else the user', undefined, { XDG_STATE_HOME: '/xdg' }, MISSING, false, '/xdg/evlnet/state.json', false],
  ['by default', undefined, { HOME: '/h' }, MISSING, false, '/h/.local/state/evlnet/state.json', false],
  [
    'a relative folder is invalid',
    undefined,
    { XDG_STATE_HOME: 'x', HOME: '/h' },
    MISSING,
    false,
    '/h/.local/state/evlnet/state.json',
    false,
  ],
  ['without HOME', undefined, {}, MISSING, false, `${homedir()}/.local/state/evlnet/state.json`, false],
])('statePath: %s', (_, flag, env, system, isRoot, file, explicit) => {
  expect(statePath(flag, env, system, isRoot)).toEqual({ file, explicit });
});

test('SYSTEM_STATE is where the manual says', () => {
  expect(SYSTEM_STATE).toBe('/var/lib/evlnet/state.json');
});
