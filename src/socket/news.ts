import type { Channel } from './channel.js';
import type { MessageInbox } from './message-inbox.js';
import type { SocketFailure } from './socket-options.js';
import { type TxTimestamps, takeSent } from './timestamps.js';

interface Told {
  emit(event: 'timestamp', times: TxTimestamps): boolean;
  emit(event: 'error', error: SocketFailure): boolean;
  emit(event: 'readable'): boolean;
  listenerCount(event: 'readable'): number;
}

/** What of a kind of socket a wake is about. */
export interface NewsOf {
  readonly outbox: { look(channel: Channel): void };
  readonly inbox: Pick<MessageInbox<never>, 'look' | 'announce'>;
  /** The channel as it is now: any listener may close the socket, and then that memory is gone. */
  current(): Channel | undefined;
  /** What a system call would have failed with. */
  faultError(errno: number): SocketFailure;
  /** What was sent has been looked at. */
  onSent?(): void;
}

/** Tells a socket what became of what it sent, and what has come. True where there is more to look at. */
export function tellNews(socket: Told, channel: Channel, of: NewsOf): boolean {
  const isOpen = () => of.current() === channel;
  of.outbox.look(channel);
  takeSent(channel.page, isOpen, (times) => socket.emit('timestamp', times));
  if (isOpen()) of.onSent?.();
  if (!isOpen()) return false;
  const fault = channel.page.takeFault();
  if (fault !== 0) socket.emit('error', of.faultError(fault));
  if (!isOpen()) return false;
  const current = () => of.current();
  if (socket.listenerCount('readable') === 0) return of.inbox.look(channel, current);
  return of.inbox.announce(channel, current, () => socket.emit('readable'));
}
