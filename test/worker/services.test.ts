import { expect, test } from '@jest/globals';
import { SERVICE_PAGE_LENGTH, ServicePage, ServicePhase } from '../../src/memory/service-page.js';
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

test.each([
  [true, []],
  [false, ['it does not answer']],
])('where a service fails its unloading is warned of unless the worker ends: %s', async (ends, warnings) => {
  const page = new ServicePage(new ArrayBuffer(SERVICE_PAGE_LENGTH));
  let isStopping = false;
  const warned: string[] = [];
  const outOfBand = {
    services: page,
    async command({ kind, id }: { kind: string; id: number }) {
      if (kind === 'load-service') page.set(id, ServicePhase.Running);
      isStopping = ends && kind === 'unload-service';
      if (kind === 'unload-service') throw new Error('it does not answer');
    },
  };
  const services = new Services(outOfBand as unknown as OutOfBandSide, {
    device: 'eth0',
    isStopping: () => isStopping,
    reserve() {},
    reload: async () => {},
    onChange() {},
    onWarning: (message) => warned.push(message),
  });
  const told: string[] = [];
  const failed = (error: Error) => told.push(error.message);
  const sink = { trace() {}, suppressed() {}, warning() {}, failed };
  await services.serve({ service: 'module', module: { url: 'file:///own.mjs' } }, sink);
  page.set(0, ServicePhase.Failed);
  services.watch();
  await new Promise((resolve) => setImmediate(resolve));
  expect([told.length, warned]).toEqual([1, warnings]);
});
