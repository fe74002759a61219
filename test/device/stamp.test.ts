import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { openFilter } from '../../src/filter/open.js';
import { nowNs } from '../../src/linux/clock.js';
import { describeIf } from '../capability.js';
import { enterNamespace } from '../linux/namespace.js';
import { addVeth, type VethWire, vethWire } from './veth.js';
import { frames, hex, octetsOf, send, take } from './wire.js';

const COUNT = 8;

describeIf(['root', 'bpf', 'network namespaces'])('setStamp()', () => {
  let namespace: ReturnType<typeof enterNamespace>;
  let wire: VethWire;
  /** Sends some frames; the times that came with them, by whether these lie between sending and reception. */
  const arrive = async () => {
    const sent = frames(COUNT);
    const times: number[] = [];
    const received: string[] = [];
    const before = nowNs();
    await send(wire.peer, sent);
    await take(wire.device, COUNT, (batch) => {
      for (let i = 0; i < batch.count; i++) {
        times.push(batch.driverNs[i]!);
        received.push(octetsOf(wire.device, batch, i));
      }
      wire.device.release(batch);
    });
    const after = nowNs();
    expect(received).toEqual(sent.map(hex));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    return times.map((ns) => (ns === 0 ? 'none' : ns > before && ns < after ? 'between' : `${ns}`));
  };
  const all = (said: string) => Array.from({ length: COUNT }, () => said);

  beforeAll(() => {
    namespace = enterNamespace();
    addVeth(1);
  });
  afterEach(() => wire?.close());
  afterAll(() => namespace?.leave());

  test.each(['native', 'generic'] as const)(
    'a frame comes with the time of the driver, in %s mode',
    async (mode) => {
      wire = await vethWire({ mode });
      const { attachment, device } = wire;
      expect(await arrive()).toEqual(all('none'));
      await attachment.setStamp!(7);
      device.stamp = 7;
      for (let n = 0; n < 3; n++) expect(await arrive()).toEqual(all('between'));
      await attachment.setStamp!(0);
      expect(await arrive()).toEqual(all('none'));
    },
  );

  test('a stamp that nobody took is not told of another frame', async () => {
    wire = await vethWire({ pool: 64 });
    const { attachment, device } = wire;
    await attachment.setStamp!(7);
    for (let n = 0; n < 16; n++) await arrive();
    await attachment.setStamp!(0);
    device.stamp = 8;
    for (let n = 0; n < 16; n++) expect(await arrive()).toEqual(all('none'));
  });

  test('a filter stamps too, whichever of the two was set first', async () => {
    wire = await vethWire();
    const { attachment, device } = wire;
    const filter = openFilter({ all: 'vlan' });
    device.stamp = 7;
    await attachment.setFilter(filter, false);
    await attachment.setStamp!(7);
    expect(await arrive()).toEqual(all('between'));
    await attachment.setFilter(undefined, false);
    expect(await arrive()).toEqual(all('between'));
    await attachment.setFilter(filter, true);
    expect(await arrive()).toEqual(all('between'));
    await attachment.setStamp!(0);
    expect(await arrive()).toEqual(all('none'));
  });
});
