interface Listening {
  once(event: 'listening', listener: () => void): unknown;
  off(event: 'listening', listener: () => void): unknown;
}

/** The callback of `bind`: a listener of `listening`, until that bind fails. */
export class ListeningCallback {
  #callback: (() => void) | undefined;

  constructor(readonly socket: Listening) {}

  await(callback: (() => void) | undefined): void {
    this.#callback = callback;
    if (callback) this.socket.once('listening', callback);
  }

  forget(): void {
    if (this.#callback) this.socket.off('listening', this.#callback);
    this.#callback = undefined;
  }
}
