import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { ownThread } from '../../src/linux/page-faults.js';
import { threadActivity } from '../../src/linux/thread-activity.js';
import { until } from '../clients/stand.js';

test('threadActivity() of who asks: it runs, and what it has run grows', async () => {
  const first = threadActivity(ownThread())!;
  expect(first.isReady).toBe(true);
  await until(() => threadActivity(ownThread())!.ranNs > first.ranNs, 20_000, 'it has run');
});

test('threadActivity() of one that waits', async () => {
  const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
  await until(() => threadActivity(child.pid!)?.isReady === false, 20_000, 'it waits for its input');
  child.stdin.end();
  await once(child, 'close');
  expect(threadActivity(child.pid!)).toBeUndefined();
});

test('threadActivity() of nobody is undefined', () => {
  expect(threadActivity(0)).toBeUndefined();
});
