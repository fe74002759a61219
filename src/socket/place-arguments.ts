// bind([port][, address][, callback]) and connect(port[, address][, callback]), as node:dgram takes them apart.
import { badArgument, noDescriptors } from './errors.js';
import { portOf } from './send-arguments.js';

export interface PlaceArguments<C> {
  readonly address: string;
  readonly port: number;
  readonly callback: C | undefined;
}

export function bindArguments(args: readonly unknown[]): PlaceArguments<() => void> {
  const [first, second] = args;
  const { port, address, fd } = (
    typeof first === 'object' && first !== null
      ? first
      : { port: first, address: typeof second === 'function' ? undefined : second }
  ) as { port?: unknown; address?: unknown; fd?: unknown };
  if (fd !== undefined && fd !== null) throw noDescriptors();
  // What is false is no address, as there.
  if (address && typeof address !== 'string') throw badArgument('address', 'a string');
  const isAny = port === undefined || port === null || typeof port === 'function';
  return {
    address: (address as string) || '0.0.0.0',
    port: isAny ? 0 : portOf(port, true),
    callback: callbackOf(args),
  };
}

export function connectArguments(args: readonly unknown[]): PlaceArguments<(error?: Error) => void> {
  const port = portOf(args[0], false);
  const address = typeof args[1] === 'function' ? undefined : args[1];
  if (address !== undefined && typeof address !== 'string') throw badArgument('address', 'a string');
  return { address: address || '127.0.0.1', port, callback: callbackOf(args) };
}

const callbackOf = <C>(args: readonly unknown[]): C | undefined =>
  args.find((a) => typeof a === 'function') as C | undefined;
