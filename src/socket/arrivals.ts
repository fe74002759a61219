import type { EventEmitter } from 'node:events';
import type { MessageInbox } from './message-inbox.js';
import { Queue } from './queue.js';

/** Messages that are taken ahead of who reads them. */
const MOST = 64;

/** The socket's lease. */
interface Leased {
  readonly phase: string;
  lookSoon(): void;
}

/**
 * What comes to a socket, for `for await`, until it is closed; an error ends it too. What a slow reader leaves stays in the receive buffer: its
 * limit holds, and what finds no room there is counted. Events of `message` wait with it.
 */
export async function* arrivals<A extends unknown[]>(
  socket: EventEmitter,
  inbox: Pick<MessageInbox<never>, 'hold' | 'release'>,
  lease: Leased,
): AsyncGenerator<A> {
  if (lease.phase === 'closed') return;
  const ahead = new Queue<A>();
  let isHolding = false;
  let isOver = false;
  let failure: Error | undefined;
  let tell = () => {};
  const release = () => {
    if (!isHolding) return;
    isHolding = false;
    inbox.release();
    lease.lookSoon();
  };
  const onMessage = (...message: unknown[]) => {
    ahead.push(message as A);
    if (ahead.length >= MOST && !isHolding) {
      isHolding = true;
      inbox.hold();
    }
    tell();
  };
  const onError = (error: Error) => {
    failure ??= error;
    tell();
  };
  const onClose = () => {
    isOver = true;
    tell();
  };
  socket.on('message', onMessage).on('error', onError).on('close', onClose);
  try {
    for (;;) {
      const next = ahead.shift();
      if (next !== undefined) {
        if (ahead.length === 0) release();
        yield next;
      } else if (failure !== undefined) throw failure;
      else if (isOver) return;
      else
        await new Promise<void>((resolve) => {
          tell = resolve;
        });
    }
  } finally {
    socket.off('message', onMessage).off('error', onError).off('close', onClose);
    release();
  }
}
