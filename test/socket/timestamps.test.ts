import { expect, test } from '@jest/globals';
import { Message } from '../../src/memory/message-ring.js';
import { ringCapacity, SocketPage, socketPageLength } from '../../src/memory/socket-page.js';
import { type ReceiveTimes, Timestamper } from '../../src/socket/timestamps.js';

const CAPACITY = ringCapacity(1);
const NIC = 1_764_340_000_123_456_789n;

/** A page with one record of which these times are known. */
function received(driverNs: number, hardwareNs: bigint) {
  const page = new SocketPage(new ArrayBuffer(socketPageLength(CAPACITY, CAPACITY)), {
    receive: CAPACITY,
    send: CAPACITY,
    limit: CAPACITY,
  });
  const ring = page.received;
  const at = ring.claim(0);
  ring.setTimeNs(at, 2000);
  ring.setDriverNs(at, driverNs);
  ring.set(at, Message.HardwareLow, Number(hardwareNs & 0xffff_ffffn));
  ring.set(at, Message.HardwareHigh, Number(hardwareNs >> 32n));
  ring.publish();
  return { page, at: ring.next() };
}

const follows = async () => {};

test.each([
  {
    name: 'asked for',
    wanted: { rx: true, hardware: true },
    driver: 1000,
    nic: NIC,
    has: { driver: 1000, hardware: NIC },
  },
  {
    name: 'asked for alone: rx goes with it',
    wanted: { hardware: true },
    driver: 1000,
    nic: NIC,
    has: { driver: 1000, hardware: NIC },
  },
  { name: 'not asked for', wanted: { rx: true }, driver: 1000, nic: NIC, has: { driver: 1000 } },
  { name: 'that a frame has not', wanted: { hardware: true }, driver: 1000, nic: 0n, has: { driver: 1000 } },
  { name: 'of a driver that tells nothing', wanted: { hardware: true }, driver: 0, nic: 0n, has: {} },
])("the NIC's time, $name", async ({ wanted, driver, nic, has }) => {
  const stamper = new Timestamper();
  const told: ReceiveTimes[] = [];
  await stamper.set(wanted, async ({ rx, hardware }) => void told.push({ rx, hardware }));
  expect(told).toEqual([{ rx: true, hardware: wanted.hardware === true }]);
  const { page, at } = received(driver, nic);
  const times = stamper.take(page, at);
  expect(times).toEqual({ ...has, queue: 2000, application: expect.any(Number) });
});

test('what the worker refuses leaves everything as it was', async () => {
  const stamper = new Timestamper();
  await stamper.set({ rx: true, tx: true }, follows);
  expect(stamper.send()?.id).toBe(0);
  const refuses = async () => {
    throw new Error('refused');
  };
  await expect(stamper.set({ hardware: true }, refuses)).rejects.toThrow('refused');
  expect([stamper.rx, stamper.hardware, stamper.send()?.id]).toEqual([true, false, 1]);
});
