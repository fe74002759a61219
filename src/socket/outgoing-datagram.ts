import type { Outgoing } from './channel.js';
import type { SendCallback } from './send-arguments.js';
import type { SendStamp } from './timestamps.js';

export interface OutgoingDatagram extends Outgoing {
  /** 0: where the socket is connected to. */
  readonly address: number;
  readonly port: number;
  readonly callback: SendCallback | undefined;
  readonly stamp: SendStamp | undefined;
}
