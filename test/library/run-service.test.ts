import { expect, test } from '@jest/globals';
import { runService } from '../../src/library/run-service.js';

const run = runService as (...given: unknown[]) => Promise<unknown>;
const module = new URL('failing.mjs', import.meta.url);
const o = { ifname: 'eth0.42' };

test.each<[string, unknown[], RegExp]>([
  ['no module', [undefined, o], /^argument "undefined" is wrong: "module" must be a string$/],
  ['no options', [module], /"options" must be an object/],
  ['no port', [module, {}], /"ifname" must be a string/],
  ['an option that there is not', [module, { ...o, spinn: 5 }], /^argument "spinn" is wrong/],
  ['spin: "5"', [module, { ...o, spin: '5' }], /"spin" must be a whole number or always/],
  ['onWarning: 5', [module, { ...o, onWarning: 5 }], /"onWarning" must be a function/],
])('%s is refused with the name of the argument', (_, given, message) =>
  expect(run(...given)).rejects.toMatchObject({
    code: 'EVL_ARGUMENT',
    message: expect.stringMatching(message),
  }),
);
