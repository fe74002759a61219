// What packetSocket.send() is given, as octets of a frame and the words of its record.
import { MessageFlag } from '../memory/message-ring.js';
import { type Mac, parseMac } from '../wire/address.js';
import * as ethernet from '../wire/ethernet.js';
import type { Outgoing } from './channel.js';
import { badArgument } from './errors.js';
import { type Payload, partsOf, type SendCallback } from './send-arguments.js';
import type { SendStamp } from './timestamps.js';

/** How to send a frame. */
export interface FrameOptions {
  /** MAC address that it goes to: what is sent is then the payload, and the header is made for it. */
  readonly destination?: string;
  /** MAC address that it comes from, where a header is made; default that of the port. */
  readonly source?: string;
  /** Ethernet type, where a header is made; default the one that the socket is bound to. */
  readonly protocol?: number;
  /** Send through the port of this VLAN, 0: through that of the device; default the port that the socket is bound to. */
  readonly vid?: number;
  /** PCP of the tag, 0 to 7; default as `setPriority` says. */
  readonly pcp?: number;
}

export interface OutgoingFrame extends Outgoing {
  /** As `Message` has them for a frame to send. */
  readonly port: number;
  readonly flags: number;
  readonly priority: number;
  readonly callback: SendCallback | undefined;
  readonly stamp: SendStamp | undefined;
}

/** `protocol` is the socket's own, 0 where that is none of one type. */
export function outgoingFrame(
  frame: Payload | readonly Payload[],
  options: FrameOptions,
  protocol: number,
  callback: SendCallback | undefined,
  stamp?: SendStamp,
): OutgoingFrame {
  const { vid, pcp } = options;
  if (vid !== undefined) demandInteger('vid', vid, 4094);
  if (pcp !== undefined) demandInteger('pcp', pcp, 7);
  const given = partsOf(frame);
  const parts = options.destination === undefined ? given : [headerOf(options, protocol), ...given];
  const isOurs = options.destination !== undefined && options.source === undefined;
  return {
    parts,
    length: parts.reduce((sum, part) => sum + part.length, 0),
    port: vid === undefined ? 0 : vid + 1,
    flags: isOurs ? MessageFlag.OwnSource : 0,
    priority: pcp === undefined ? 0 : pcp + 1,
    callback,
    stamp,
  };
}

function headerOf({ destination, source, protocol }: FrameOptions, otherwise: number): Uint8Array {
  const header = new Uint8Array(ethernet.HEADER_LENGTH);
  const view = new DataView(header.buffer);
  const type = protocol ?? otherwise;
  demandInteger('protocol', type, 0xffff, 1);
  const to = macOf('destination', destination);
  ethernet.setDestination(view, 0, to.hi, to.lo);
  if (source !== undefined) {
    const from = macOf('source', source);
    ethernet.setSource(view, 0, from.hi, from.lo);
  }
  ethernet.setEthertype(view, 0, type);
  return header;
}

function macOf(name: string, text: unknown): Mac {
  try {
    return parseMac(String(text));
  } catch {
    throw badArgument(name, 'a MAC address such as 02:fc:00:00:00:01');
  }
}

export function demandInteger(name: string, value: unknown, most: number, least = 0): void {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
    throw badArgument(name, `a number from ${least} to ${most}`);
}
