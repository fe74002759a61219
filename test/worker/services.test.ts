import { expect, test } from '@jest/globals';
import type { OutOfBandSide } from '../../src/worker/out-of-band-side.js';
import { Services } from '../../src/worker/services.js';
import type { Sink } from '../../src/worker/trace-dispatch.js';

test('a command with several services is told what concerns all of them once', async () => {
  const services = new Services({} as OutOfBandSide, {
    device: 'eth0',
    isStopping: () => false,
    reserve() {},
    reload: async () => {},
    onChange() {},
    onWarning() {},
  });
  const sink = (): Sink => ({ trace() {}, suppressed() {}, warning() {} });
  const [one, another] = [sink(), sink()];
  await services.serve({ service: 'icmp-responder' }, one);
  await services.serve({ service: 'udp-echo' }, one);
  await services.serve({ service: 'udp-echo', udpPort: 9 }, another);
  expect(services.sinks).toHaveLength(2);
  expect(services.sinks[0]).toBe(one);
});
