import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { Stand } from '../clients/stand.js';

describeIf(['root', 'network namespaces', 'bpf', 'build'])('closed sockets', () => {
  let stand: Stand;
  beforeAll(async () => {
    stand = await Stand.up('closed');
    stand.configure();
  }, 60_000);
  afterAll(() => stand?.down(), 60_000);
  const here = (name: string) => join(import.meta.dirname, name);

  test('are garbage while another one of the program stays open', () => {
    const { opened, collected } = JSON.parse(
      stand.get('responder', process.execPath, '--expose-gc', here('collected.mjs')),
    );
    expect(collected).toBeGreaterThanOrEqual(opened - 2);
  });

  test('leave a worker that is about to end: the next socket is none of its, and no change waits for it', () => {
    expect(JSON.parse(stand.get('responder', process.execPath, here('reopened.mjs'), '10.10.10.10'))).toEqual(
      [],
    );
  });
});
