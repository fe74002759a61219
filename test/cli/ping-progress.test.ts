import { expect, test } from '@jest/globals';
import { Progress } from '../../src/cli/ping/progress.js';
import { EchoTotal } from '../../src/memory/echo-page.js';

/** By EchoTotal, where so many are sent and received. */
function totals(sent: number, received: number): number[] {
  const all = Array.from({ length: 8 }, () => 0);
  [all[EchoTotal.Sent], all[EchoTotal.Received]] = [sent, received];
  return all;
}

test('the time of requests ends with the last packet, however long nothing comes after it', () => {
  const progress = new Progress(3);
  expect(progress.timeSince(1000)).toBe(0);
  progress.begin();
  progress.look(totals(1, 1), 1002);
  progress.look(totals(3, 2), 3004);
  progress.look(totals(3, 2), 9000);
  expect(progress.timeSince(1000)).toBe(2004);
  progress.begin();
  progress.look(totals(0, 0), 9500);
  expect(progress.timeSince(1000)).toBe(2004);
});
