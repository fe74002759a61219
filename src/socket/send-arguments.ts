// socket.send(msg[, offset, length][, port][, address][, callback]), as node:dgram takes it apart.
import { badArgument, badPort, isConnected, outOfBounds } from './errors.js';

export type Payload = string | NodeJS.ArrayBufferView;
export type SendCallback = (error: Error | null, octets: number) => void;

export interface SendArguments {
  readonly parts: readonly Uint8Array[];
  readonly length: number;
  /** 0: where the socket is connected to. */
  readonly port: number;
  readonly address: string | undefined;
  readonly callback: SendCallback | undefined;
}

export function sendArguments(args: readonly unknown[], isPeerSet: boolean): SendArguments {
  const rest = [...args];
  const callback = typeof rest.at(-1) === 'function' ? (rest.pop() as SendCallback) : undefined;
  while (rest.length > 1 && rest.at(-1) === undefined) rest.pop();
  const message = rest.shift();
  let parts = partsOf(message);
  // A connected socket takes no port: two numbers are offset and length. Otherwise port alone, or all three.
  const numbers = rest.filter((value) => typeof value !== 'string').length;
  const hasRange = isPeerSet ? numbers >= 2 : numbers >= 3 || (numbers === 2 && typeof rest[1] === 'number');
  if (hasRange) {
    const [offset, length] = rest.splice(0, 2) as [number, number];
    if (parts.length !== 1 || Array.isArray(message))
      throw badArgument('buffer', 'a Buffer, Uint8Array or string');
    const whole = parts[0]!;
    if (!Number.isInteger(offset) || offset < 0 || offset > whole.length) throw outOfBounds('offset');
    if (!Number.isInteger(length) || length < 0 || offset + length > whole.length)
      throw outOfBounds('length');
    parts = [whole.subarray(offset, offset + length)];
  }
  const [port, address] = rest;
  if (isPeerSet && (port !== undefined || address !== undefined)) throw isConnected();
  if (address !== undefined && address !== null && typeof address !== 'string')
    throw badArgument('address', 'a string');
  return {
    parts,
    length: parts.reduce((sum, part) => sum + part.length, 0),
    port: isPeerSet ? 0 : portOf(port, false),
    address: (address as string | null) ?? undefined,
    callback,
  };
}

/** A port number as node:dgram takes it: text of digits too. */
export function portOf(value: unknown, mayBeZero: boolean): number {
  const isNumber = typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
  const port = isNumber ? Number(value) : Number.NaN;
  if (!Number.isInteger(port) || port < (mayBeZero ? 0 : 1) || port > 65_535) throw badPort(value);
  return port;
}

export function partsOf(message: unknown): Uint8Array[] {
  const list = Array.isArray(message) ? message : [message];
  return list.map((part) => {
    if (typeof part === 'string') return Buffer.from(part);
    if (ArrayBuffer.isView(part)) return new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    throw badArgument('buffer', 'a Buffer, TypedArray, DataView, string, or an array of these');
  });
}
