import type { Capabilities, Device } from '../../src/device/device.js';
import type { Arena } from '../../src/memory/arena.js';
import type { Batch } from '../../src/memory/batch.js';
import type { TxMarks } from '../../src/memory/tx-marks.js';

/** A device around a device that holds its user to the rule: every descriptor lent is ended exactly once, and lies in its chunk. */
export class AuditedDevice implements Device {
  readonly #lent = new Set<number>();

  constructor(readonly device: Device) {}

  get arena(): Arena {
    return this.device.arena;
  }
  get capabilities(): Capabilities {
    return this.device.capabilities;
  }
  get refused(): number {
    return this.device.refused;
  }
  get marks(): TxMarks {
    return this.device.marks;
  }
  get stamp(): number {
    return this.device.stamp;
  }
  set stamp(mark: number) {
    this.device.stamp = mark;
  }
  /** Descriptors that were lent and not ended. */
  get lent(): number {
    return this.#lent.size;
  }

  receive(batch: Batch): number {
    const count = this.device.receive(batch);
    if (count !== batch.count) throw new Error(`receive: returned ${count}, batch holds ${batch.count}`);
    this.#lend('receive', batch, 0);
    return count;
  }

  reserve(batch: Batch, count: number): number {
    const before = batch.count;
    const taken = this.device.reserve(batch, count);
    if (taken > count || taken !== batch.count - before)
      throw new Error(`reserve: asked for ${count}, returned ${taken}, pushed ${batch.count - before}`);
    this.#lend('reserve', batch, before);
    return taken;
  }

  transmit(batch: Batch): number {
    this.#end('transmit', batch);
    return this.device.transmit(batch);
  }

  release(batch: Batch): void {
    this.#end('release', batch);
    this.device.release(batch);
  }

  flush(): void {
    this.device.flush();
  }

  wait(timeoutMs: number): void | Promise<void> {
    return this.device.wait(timeoutMs);
  }

  #chunk(act: string, at: number, length: number): number {
    const { chunkSize, chunks } = this.arena;
    const chunk = Math.floor(at / chunkSize);
    if (chunk >= chunks || at + length > (chunk + 1) * chunkSize)
      throw new Error(`${act}: ${length} octets at ${at} leave their chunk`);
    return chunk;
  }

  #lend(act: string, batch: Batch, from: number): void {
    for (let i = from; i < batch.count; i++) {
      const chunk = this.#chunk(act, batch.at[i]!, batch.length[i]!);
      if (this.#lent.has(chunk)) throw new Error(`${act}: chunk ${chunk} is lent already`);
      this.#lent.add(chunk);
    }
  }

  #end(act: string, batch: Batch): void {
    for (let i = 0; i < batch.count; i++) {
      const chunk = this.#chunk(act, batch.at[i]!, batch.length[i]!);
      if (!this.#lent.delete(chunk)) throw new Error(`${act}: chunk ${chunk} is not lent`);
    }
  }
}
