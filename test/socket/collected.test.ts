import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { Stand } from '../clients/stand.js';

describeIf(['root', 'network namespaces', 'bpf', 'build'])('closed sockets', () => {
  let stand: Stand;
  beforeAll(async () => {
    stand = await Stand.up('collected');
    stand.configure();
  }, 60_000);
  afterAll(() => stand?.down(), 60_000);

  test('are garbage while another one of the program stays open', () => {
    const program = join(import.meta.dirname, 'collected.mjs');
    const { opened, collected } = JSON.parse(
      stand.get('responder', process.execPath, '--expose-gc', program),
    );
    expect(collected).toBeGreaterThanOrEqual(opened - 2);
  });
});
