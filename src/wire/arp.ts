// RFC 826, ARP of IPv4 over Ethernet, and RFC 5227, address conflict detection. `at` is the first octet after the
// Ethernet header and its tags.
//
//  0       2       4      5      6           8          14         18         24         28
//  | htype | ptype | hlen | plen | operation | sender   | sender   | target   | target   |
//  | 1     | 0x800 | 6    | 4    |           | hardware | address  | hardware | address  |
import { Drop } from '../drop.js';
import { copyAddress } from './ethernet.js';

export const LENGTH = 28;
export const Operation = { Request: 1, Reply: 2 } as const;

const HEAD = 0x0001_0800; // htype Ethernet, ptype IPv4
const LENGTHS = 0x0604; // hlen, plen
const LENGTHS_AT = 4;
const OPERATION = 6;
const SENDER = 8;
const SENDER_ADDRESS = 14;
const TARGET = 18;
const TARGET_ADDRESS = 24;

export const operation = (v: DataView, at: number): number => v.getUint16(at + OPERATION);
export const senderHi = (v: DataView, at: number): number => v.getUint16(at + SENDER);
export const senderLo = (v: DataView, at: number): number => v.getUint32(at + SENDER + 2);
export const senderAddress = (v: DataView, at: number): number => v.getUint32(at + SENDER_ADDRESS);
export const targetHi = (v: DataView, at: number): number => v.getUint16(at + TARGET);
export const targetLo = (v: DataView, at: number): number => v.getUint32(at + TARGET + 2);
export const targetAddress = (v: DataView, at: number): number => v.getUint32(at + TARGET_ADDRESS);

/** 0 for an Ethernet/IPv4 request or reply that lies whole before `end`; padding after it is not looked at. */
export const check = (v: DataView, at: number, end: number): Drop =>
  end - at < LENGTH ||
  v.getUint32(at) !== HEAD ||
  v.getUint16(at + LENGTHS_AT) !== LENGTHS ||
  (operation(v, at) !== Operation.Request && operation(v, at) !== Operation.Reply)
    ? Drop.ArpMalformed
    : Drop.None;

/** RFC 5227 §1.1: a request whose sender has no address yet. It must be answered and must not be learnt from. */
export const isProbe = (v: DataView, at: number): boolean =>
  operation(v, at) === Operation.Request && senderAddress(v, at) === 0;
/** RFC 5227 §1.1, also as a reply (RFC 5944 §4.6): sender tells of itself. */
export const isAnnouncement = (v: DataView, at: number): boolean =>
  senderAddress(v, at) !== 0 && senderAddress(v, at) === targetAddress(v, at);

/** Turns the request at `at` into the reply of the host that owns hi, lo and `address`. */
export const reply = (v: DataView, at: number, hi: number, lo: number, address: number): void => {
  const asker = senderAddress(v, at);
  v.setUint16(at + OPERATION, Operation.Reply);
  copyAddress(v, at + SENDER, at + TARGET);
  v.setUint32(at + TARGET_ADDRESS, asker);
  v.setUint16(at + SENDER, hi);
  v.setUint32(at + SENDER + 2, lo);
  v.setUint32(at + SENDER_ADDRESS, address);
};

export interface ArpFields {
  operation: number;
  senderHi: number;
  senderLo: number;
  senderAddress: number;
  targetHi: number;
  targetLo: number;
  targetAddress: number;
}

export const write = (v: DataView, at: number, fields: ArpFields): void => {
  v.setUint32(at, HEAD);
  v.setUint16(at + LENGTHS_AT, LENGTHS);
  v.setUint16(at + OPERATION, fields.operation);
  v.setUint16(at + SENDER, fields.senderHi);
  v.setUint32(at + SENDER + 2, fields.senderLo);
  v.setUint32(at + SENDER_ADDRESS, fields.senderAddress);
  v.setUint16(at + TARGET, fields.targetHi);
  v.setUint32(at + TARGET + 2, fields.targetLo);
  v.setUint32(at + TARGET_ADDRESS, fields.targetAddress);
};

/** Asks who has `target`; `address` 0 makes it a probe (RFC 5227 §2.1.1). The target hardware address is zero. */
export const writeRequest = (
  v: DataView,
  at: number,
  hi: number,
  lo: number,
  address: number,
  target: number,
): void =>
  write(v, at, {
    operation: Operation.Request,
    senderHi: hi,
    senderLo: lo,
    senderAddress: address,
    targetHi: 0,
    targetLo: 0,
    targetAddress: target,
  });

/** RFC 5227 §2.3: an announcement is a request with the own address in both places. */
export const writeAnnouncement = (v: DataView, at: number, hi: number, lo: number, address: number): void =>
  writeRequest(v, at, hi, lo, address, address);
