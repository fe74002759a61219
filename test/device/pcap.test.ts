import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PcapDevice } from '../../src/device/pcap.js';
import { Capture } from '../../src/device/pcap-capture.js';
import { PcapDrop } from '../../src/device/pcap-page.js';
import { HOOK_COUNTERS } from '../../src/filter/verdict.js';
import { describeIf } from '../capability.js';
import { enterNamespace, run } from '../linux/namespace.js';
import { conformance } from './conformance.js';
import { openPcap, pcapWire } from './pcap-wire.js';
import { addVeth } from './veth.js';
import { collect, drain, frame, frames, hex, send, take } from './wire.js';

describeIf(['root', 'network namespaces', 'cap'])('over a veth pair', () => {
  let namespace: ReturnType<typeof enterNamespace>;
  beforeAll(() => {
    namespace = enterNamespace();
    addVeth(1);
  });
  afterAll(() => namespace?.leave());

  // skb_vlan_untag() of the kernel drops a tagged frame that ends before two octets of payload.
  conformance('PcapDevice', { newWire: pcapWire, shortest: 20 });

  test('what others send through the interface is not taken for received', async () => {
    const wire = pcapWire();
    const other = openPcap('p0');
    await send(other, frames(10));
    expect(await collect(wire.peer, 10)).toHaveLength(10);
    expect(await drain(wire.device)).toBe(0);
    expect([...wire.device.page.hook]).toEqual(HOOK_COUNTERS.map(() => 0));
    other.close();
    wire.close();
  });

  test('verdicts are counted as at the hook', async () => {
    const wire = pcapWire();
    const toOther = frame(64, 0);
    toOther.set([0x02, 0xfc, 0, 0, 0x77, 0x77]);
    const vlan43 = frame(64, 0);
    vlan43[15] = 43;
    await send(wire.peer, [frame(64), toOther, vlan43, frame(64)]);
    await collect(wire.device, 2);
    const counts = Object.fromEntries(HOOK_COUNTERS.map((name, i) => [name, wire.device.page.hook[i]]));
    expect(counts).toMatchObject({ vlan: 2, skip: 2, 'other-host': 1, drop: 0, accept: 0 });
    wire.close();
  });

  test('a frame that fits no buffer is lost, and counted; the next one arrives', async () => {
    for (const ifname of ['p0', 'p1']) run('ip', 'link', 'set', 'dev', ifname, 'mtu', '9000');
    const device = openPcap('p0');
    const peer = openPcap('p1', { chunkSize: 4096 });
    await send(peer, [frame(2049), frame(2048)]);
    expect(await collect(device, 1)).toEqual([hex(frame(2048))]);
    expect(device.page.drops[PcapDrop.Oversize]).toBe(1);
    device.close();
    peer.close();
    for (const ifname of ['p0', 'p1']) run('ip', 'link', 'set', 'dev', ifname, 'mtu', '1500');
  });

  test("what finds libpcap's buffer full is counted", async () => {
    const device = openPcap('p0', { bufferLength: 64 * 65536 });
    const peer = openPcap('p1');
    await send(peer, frames(200));
    const kept = await drain(device);
    const { drops } = device.page;
    for (let i = 0; i < 400 && drops[PcapDrop.BufferFull] === 0; i++) await device.wait(50);
    expect(kept).toBeLessThan(200);
    expect(kept + drops[PcapDrop.BufferFull]!).toBe(200);
    device.close();
    peer.close();
  });

  test('what the kernel does not send is counted', async () => {
    const wire = pcapWire();
    const { page } = wire.device;
    await send(wire.device, [frame(1700)]);
    expect(page.drops[PcapDrop.SendFailed]).toBe(1);
    run('ip', 'link', 'set', 'dev', 'p0', 'down');
    await send(wire.device, [frame(64)]);
    expect(page.drops[PcapDrop.SendFailed]).toBe(2);
    run('ip', 'link', 'set', 'dev', 'p0', 'up');
    wire.close();
  });

  test('a link that goes down and comes back is opened again', async () => {
    const wire = pcapWire();
    run('ip', 'link', 'set', 'dev', 'p0', 'down');
    await new Promise((resolve) => setTimeout(resolve, 150));
    run('ip', 'link', 'set', 'dev', 'p0', 'up');
    await until(wire.device, () => wire.device.page.opened === 2);
    await send(wire.peer, frames(5));
    expect(await collect(wire.device, 5)).toEqual(frames(5).map(hex));
    wire.close();
  });

  test('a link that was down for a moment goes on, whoever saw it first', async () => {
    const wire = pcapWire();
    const flap = () => {
      run('ip', 'link', 'set', 'dev', 'p0', 'down');
      run('ip', 'link', 'set', 'dev', 'p0', 'up');
    };
    flap();
    await until(wire.device, () => wire.device.page.opened === 2);
    await send(wire.peer, frames(5));
    // Inside cap's callback: libpcap itself takes the error.
    await take(wire.device, 5, (batch) => {
      wire.device.release(batch);
      flap();
    });
    await new Promise((resolve) => setTimeout(resolve, 250));
    await send(wire.peer, frames(5));
    expect((await collect(wire.device, 5)).slice(-5)).toEqual(frames(5).map(hex));
    wire.close();
  });

  test('an interface that is deleted and made anew is opened again', async () => {
    const wire = pcapWire();
    run('ip', 'link', 'del', 'p0');
    addVeth(1);
    await until(wire.device, () => wire.device.page.opened === 2 && wire.peer.page.opened === 2);
    await send(wire.peer, frames(5));
    expect(await collect(wire.device, 5)).toEqual(frames(5).map(hex));
    wire.close();
  });

  test('an interface that is not there is refused in our words', () => {
    expect(() => new Capture('nope0', 1 << 20, Buffer.alloc(65544), () => {})).toThrow(
      /^Cannot capture on "nope0": /,
    );
  });
});

async function until(device: PcapDevice, wanted: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !wanted(); i++) await device.wait(20);
  expect(wanted()).toBe(true);
}
