import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { Stand, until } from '../clients/stand.js';

describeIf(['root', 'network namespaces', 'bpf', 'build'])('statistics()', () => {
  let stand: Stand;
  beforeAll(async () => {
    stand = await Stand.up('statistics');
    stand.configure();
  }, 60_000);
  afterAll(() => stand?.down(), 60_000);

  test('counts on when another worker takes over', async () => {
    const worker = await stand.worker('icmp-responder');
    const program = stand.start('responder', {}, process.execPath, join(import.meta.dirname, 'counting.mjs'));
    await program.printed(/"received":0,/);
    const ask = () =>
      stand.on('issuer', 'bash', '-c', 'echo ask | socat -t 0.3 - UDP4:10.10.10.11:42042').stdout;
    expect(ask()).toBe('answer');
    await program.printed(/"received":1,.*"sent":1,/);
    await worker.stop('SIGKILL');
    await until(() => ask() === 'answer', 20_000, 'the program is the worker');
    // More where an answer came too late.
    await program.printed(/"received":[2-9],.*"sent":[2-9],/);
    await program.stop('SIGKILL');
  }, 60_000);
});
