// netlink(7): what the kernel knows about links and addresses, of the network namespace this thread is in.
import { EvlnetError } from '../errors.js';
import { close, Errno, errno, must, poll, recv, send, setsockopt, socket, systemError } from './libc.js';
import { map } from './memory.js';
import { MessageFlag, MessageType, message, messages, outcome } from './netlink-message.js';

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;
/** NETLINK_ROUTE: rtnetlink(7); NETLINK_GENERIC: families that have names. */
export const Protocol = { Route: 0, Generic: 16 } as const;
const SOL_NETLINK = 270;
const Option = { CapAck: 10, ExtAck: 11 } as const;
const MSG_TRUNC = 0x20;
const POLLIN = 1;

const REQUEST_LENGTH = 4096;
// A dump comes in pieces of at most 32 KiB (netlink_recvmsg), a single link without its statistics in under 2 KiB.
const REPLY_LENGTH = 1 << 16;
const memory = map(REQUEST_LENGTH + REPLY_LENGTH);
const REPLY = memory.address + REQUEST_LENGTH;

const TIMEOUT_MS = 2000;
// Links that come and go during a dump spoil it; where that never ends, the last answer is as good as it gets.
const DUMP_ATTEMPTS = 8;
const MAX_READS = 1 << 16;

/** Makes a record, a copy, of the payload between `at` and `end`, or nothing. It must not ask the kernel itself. */
export type Read<T> = (view: DataView, at: number, end: number) => T | undefined;

/** Every record of a table. `act` names the request in errors. */
export function dump<T>(act: string, type: number, payload: Uint8Array, read: Read<T>): T[] {
  return withSocket(act, (fd) => {
    for (let attempt = 1; ; attempt++) {
      const records: T[] = [];
      const isWhole = exchange(fd, act, type, MessageFlag.Dump, payload, (view, at, end) => {
        const record = read(view, at, end);
        if (record !== undefined) records.push(record);
      });
      if (isWhole || attempt === DUMP_ATTEMPTS) return records;
    }
  });
}

/** The one record that answers, nothing where the request is an order. `flags`: more of NLM_F_*. Throws what the kernel refuses it with. */
export function ask<T>(
  act: string,
  type: number,
  payload: Uint8Array,
  read: Read<T>,
  flags = 0,
  protocol: number = Protocol.Route,
): T | undefined {
  let record: T | undefined;
  withSocket(
    act,
    (fd) =>
      exchange(fd, act, type, MessageFlag.Ack | flags, payload, (view, at, end) => {
        record ??= read(view, at, end);
      }),
    protocol,
  );
  return record;
}

/** A socket that never blocks. */
export const open = (act: string, protocol: number = Protocol.Route): number =>
  must(socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol), act);

function withSocket<T>(act: string, use: (fd: number) => T, protocol?: number): T {
  const fd = open(act, protocol);
  try {
    memory.view.setUint32(0, 1, true);
    // Both are courtesies: an error's own words, without the request echoed.
    setsockopt(fd, SOL_NETLINK, Option.CapAck, memory.address, 4);
    setsockopt(fd, SOL_NETLINK, Option.ExtAck, memory.address, 4);
    return use(fd);
  } finally {
    close(fd);
  }
}

let sequence = 0;

/** False when the table changed while it was read. */
function exchange(
  fd: number,
  act: string,
  type: number,
  flags: number,
  payload: Uint8Array,
  visit: (view: DataView, at: number, end: number) => void,
): boolean {
  sequence = (sequence + 1) >>> 0;
  const request = message(type, MessageFlag.Request | flags, sequence, payload);
  new Uint8Array(memory.buffer, 0, REQUEST_LENGTH).set(request);
  must(send(fd, memory.address, request.length, 0), act);
  let isWhole = true;
  for (let reads = 0; reads < MAX_READS; reads++) {
    const length = receive(fd, act);
    for (const m of messages(memory.view, REQUEST_LENGTH, REQUEST_LENGTH + length)) {
      if (m.sequence !== sequence) continue;
      if (m.flags & MessageFlag.DumpInterrupted) isWhole = false;
      if (m.type === MessageType.Error || m.type === MessageType.Done) {
        const { errno, ...words } = outcome(memory.view, m);
        if (errno > 0) throw systemError(act, errno, words);
        return isWhole;
      }
      visit(memory.view, m.at, m.end);
    }
  }
  throw new EvlnetError('EVL_NETLINK', `Cannot ${act}: the kernel's answer does not end`);
}

function receive(fd: number, act: string): number {
  for (;;) {
    const length = recv(fd, REPLY, REPLY_LENGTH, MSG_TRUNC);
    if (length > REPLY_LENGTH)
      throw new EvlnetError(
        'EVL_NETLINK',
        `Cannot ${act}: the kernel's answer of ${length} octets is too long`,
      );
    if (length >= 0) return length;
    const n = errno();
    if (n === Errno.EAGAIN) awaitReply(fd, act);
    else if (n !== Errno.EINTR) throw systemError(act, n);
  }
}

// The kernel answers before send or recv returns; this is for the day it does not.
function awaitReply(fd: number, act: string): void {
  memory.view.setInt32(0, fd, true);
  memory.view.setUint32(4, POLLIN, true);
  if (poll(memory.address, 1, TIMEOUT_MS) === 0) throw systemError(act, Errno.ETIMEDOUT);
}
