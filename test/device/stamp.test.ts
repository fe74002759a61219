import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { openFilter } from '../../src/filter/open.js';
import { nowNs } from '../../src/linux/clock.js';
import { link } from '../../src/linux/link.js';
import { tellsHardwareTime } from '../../src/linux/rx-metadata.js';
import { describeIf } from '../capability.js';
import { enterNamespace } from '../linux/namespace.js';
import { deviceOfNic } from './nic-time.js';
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
        expect([batch.hardwareLow[i], batch.hardwareHigh[i]]).toEqual([0, 0]);
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

  describeIf(['hardware times'])('with the time of the NIC', () => {
    test('the NIC is asked for its time, which a veth has not, whichever program decides', async () => {
      wire = await vethWire();
      const { attachment, device } = wire;
      device.stamp = 7;
      await attachment.setStamp!(7, true);
      expect(await arrive()).toEqual(all('between'));
      await attachment.setFilter(openFilter({ all: 'vlan' }), false);
      expect(await arrive()).toEqual(all('between'));
      await attachment.setStamp!(7);
      expect(await arrive()).toEqual(all('between'));
      await attachment.setStamp!(7, true);
      attachment.pause();
      attachment.resume();
      expect(await arrive()).toEqual(all('between'));
      await attachment.setFilter(undefined, false);
      await attachment.setStamp!(0);
      expect(await arrive()).toEqual(all('none'));
    });

    test.each([
      ['comes with the frame, every bit of it', 0, 0xfedc_ba98_7654_3211n, 0xfedc_ba98_7654_3211n],
      ['is nothing where the driver has none, whatever it wrote', -61, 1n, 0n],
    ])('a time that the NIC tells %s', async (_name, result, ns, told) => {
      wire = await vethWire();
      const { peer } = wire;
      wire.attachment.close();
      const { ifindex } = link('p0')!;
      const nic = await deviceOfNic('p0', ifindex, { mark: 7, boundTo: ifindex }, { result, ns });
      try {
        nic.device.stamp = 7;
        await send(peer, frames(COUNT));
        const times: bigint[] = [];
        await take(nic.device, COUNT, (batch) => {
          for (let i = 0; i < batch.count; i++) {
            expect(batch.driverNs[i]! > 0).toBe(true);
            times.push((BigInt(batch.hardwareHigh[i]! >>> 0) << 32n) | BigInt(batch.hardwareLow[i]! >>> 0));
          }
          nic.device.release(batch);
        });
        expect(times).toEqual(Array(COUNT).fill(told));
      } finally {
        nic.close();
      }
    });

    test('in generic mode there is no time of the NIC, and all stays as it was', async () => {
      wire = await vethWire({ mode: 'generic' });
      const { attachment, device } = wire;
      device.stamp = 7;
      await attachment.setStamp!(7);
      await expect(attachment.setStamp!(7, true)).rejects.toMatchObject({
        code: 'EVL_NO_HARDWARE_TIMES',
        hint: expect.stringContaining('mode native'),
      });
      expect(await arrive()).toEqual(all('between'));
    });

    test('tellsHardwareTime() knows which driver can', () => {
      expect(['p0', 'lo'].map((name) => tellsHardwareTime(link(name)!.ifindex))).toEqual([true, false]);
      expect(tellsHardwareTime(0x7fff_ffff)).toBeUndefined();
    });
  });
});
