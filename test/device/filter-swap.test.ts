import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { XdpDevice } from '../../src/device/xdp.js';
import type { XdpAttachment } from '../../src/device/xdp-attachment.js';
import { openFilter } from '../../src/filter/open.js';
import { HookCounter } from '../../src/filter/verdict.js';
import { Batch } from '../../src/memory/batch.js';
import { describeIf, has } from '../capability.js';
import { enterNamespace, run } from '../linux/namespace.js';
import { addVeth, attachTo, divert, ENDS } from './veth.js';

const [P0, P1] = ENDS;
/** A moment without a filter, or with none of both, shows at the first one: a frame in it is judged by neither. */
const SWAPS = 400;
const MARK = 7;
const canAskNic = has('hardware times') === true;
/** Between two changes of whether the NIC is asked for its time. */
const STAMPED_SWAPS = 20;
const UDP = 'vlan 42 and udp';
/** The one takes datagrams, the other leaves them in-band; both take everything else by the VLAN rule. */
const FILTERS = (['accept', 'skip'] as const).map((verdict) =>
  openFilter({ rules: [{ match: UDP, verdict }], default: 'vlan' }),
);

/** Floods P1 with numbered frames of VLAN 42, a datagram and an echo request in turn; ends when it is killed. */
const FLOOD = `import socket, struct
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(('${P1}', 0))
head = bytes.fromhex('ffffffffffff02fc00000002' '8100002a0800' '4500002c00000000')
tail = bytes.fromhex('0000' '0a0a0a0a' '0a0a0a0b' '0007138800180000')
frames = [bytearray(head + bytes((64, p)) + tail + bytes(16)) for p in (17, 1)]
n = 0
while True:
    frame = frames[n & 1]
    struct.pack_into('>I', frame, 46, n)
    try:
        s.send(frame)
        n += 1
    except OSError:
        pass`;
const PROTOCOL_AT = 27;
const NUMBER_AT = 46;

describeIf(['root', 'bpf', 'network namespaces', { command: 'python3' }])(
  'filters that are swapped under full load',
  () => {
    let namespace: ReturnType<typeof enterNamespace>;
    let attachment: XdpAttachment;
    beforeAll(async () => {
      namespace = enterNamespace();
      addVeth(1);
      attachment = await attachTo(P0, { pool: 4096 });
      divert(attachment);
    });
    afterAll(() => {
      attachment?.close();
      namespace?.leave();
    });

    test(`${SWAPS} times: no frame is lost, and none is judged by anything but the one or the other or comes without its time`, async () => {
      const device = new XdpDevice(attachment.place);
      const batch = new Batch(64);
      const received = { datagrams: 0, others: 0 };
      let last = -1;
      let isInOrder = true;
      let untimed = 0;
      const receive = () => {
        const count = device.receive(batch);
        for (let i = 0; i < count; i++) {
          const at = batch.at[i]!;
          if (device.arena.view.getUint8(at + PROTOCOL_AT) === 17) received.datagrams++;
          else received.others++;
          const number = device.arena.view.getUint32(at + NUMBER_AT);
          if (number <= last) isInOrder = false;
          if (batch.driverNs[i] === 0) untimed++;
          last = number;
        }
        device.release(batch);
        device.flush();
        return count;
      };
      const sent = () => {
        const [{ stats64 }] = JSON.parse(run('ip', '-s', '-j', 'link', 'show', 'dev', P1)) as [
          { stats64: { tx: { packets: number } } },
        ];
        return stats64.tx.packets;
      };

      device.stamp = MARK;
      await attachment.setStamp!(MARK);
      await attachment.setFilter(FILTERS[0], false);
      const [before, sentBefore] = [attachment.hookCounters(), sent()];
      const flood = spawn('python3', ['-c', FLOOD], { stdio: 'ignore' });
      for (let i = 0; i < 2000 && received.datagrams === 0; i++) {
        receive();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      for (let i = 1; i <= SWAPS; i++) {
        await attachment.setFilter(FILTERS[i % 2], false);
        // A program that is bound to the interface in the place of one that is not, and the other way.
        if (i % STAMPED_SWAPS === 0)
          await attachment.setStamp!(MARK, canAskNic && i % (2 * STAMPED_SWAPS) === 0);
        for (let round = 0; round < 64 && receive() > 0; round++);
      }
      flood.kill('SIGKILL');
      await once(flood, 'close');
      const judged = () => {
        const counters = attachment.hookCounters();
        const by = [HookCounter.Accept, HookCounter.Skip, HookCounter.Vlan, HookCounter.Drop];
        return by.reduce<number>((sum, counter) => sum + counters[counter]! - before[counter]!, 0);
      };
      const all = sent() - sentBefore;
      // What is on its way is judged too, which a busy machine may put off.
      for (const until = Date.now() + 20_000; judged() < all && Date.now() < until; ) receive();
      for (let quiet = 0; quiet < 3; ) {
        if (receive() > 0) continue;
        quiet++;
        device.wait(10);
      }

      const after = attachment.hookCounters();
      const grown = (counter: number) => after[counter]! - before[counter]!;
      const [accepted, left, byVlan] = [HookCounter.Accept, HookCounter.Skip, HookCounter.Vlan].map(grown);
      expect(accepted! + left! + byVlan!).toBe(sent() - sentBefore);
      expect([grown(HookCounter.Drop), grown(HookCounter.NoSocket)]).toEqual([0, 0]);
      // Half of the frames are datagrams: none of them was left to the VLAN rule, and no other to the filter.
      expect(Math.abs(accepted! + left! - byVlan!)).toBeLessThanOrEqual((sent() - sentBefore) * 0.05 + 1);
      // What found no room in the ring was judged all the same.
      const { rxDropped, rxRingFull, fillRingEmpty } = attachment.statistics();
      const lost = rxDropped + rxRingFull + fillRingEmpty;
      expect(received.datagrams + received.others + lost).toBe(accepted! + byVlan!);
      expect(received.datagrams).toBeLessThanOrEqual(accepted!);
      expect([isInOrder, untimed]).toEqual([true, 0]);
      for (const share of [accepted, left, byVlan]) expect(share).toBeGreaterThan(SWAPS);
    }, 120_000);
  },
);
