import { findPlace } from '../../configuration/place.js';
import { recordedPorts } from '../../configuration/recorded-port.js';
import { readTables } from '../../configuration/tables.js';
import { innermostVid } from '../../filter/classify.js';
import { VERDICTS } from '../../filter/verdict.js';
import { readState } from '../../state/file.js';
import type { Context } from '../context.js';
import type { JudgedFrame } from './shown.js';

/** The frames that are to be shown. */
export class Selection {
  readonly limit: number;
  readonly #verdicts: readonly string[];

  private constructor(
    { arguments: given }: Context,
    /** The base device. */
    readonly device: string,
    /** That frames have, where a VLAN was named. */
    readonly vid: number | undefined,
  ) {
    this.limit = given.number('count') ?? Number.POSITIVE_INFINITY;
    this.#verdicts = given.list('verdict');
  }

  /** The interface that is named need not be a port itself. */
  static async of(context: Context): Promise<Selection> {
    const ifname = context.arguments.text('interface')!;
    const { links } = await readTables(context);
    const ports = recordedPorts(readState(context.state.file, context.stateOptions), links);
    const port = ports.find((p) => p.ifname === ifname);
    if (port !== undefined) return new Selection(context, port.baseName, port.vid);
    const { base, vid } = findPlace(ifname, {}, links);
    return new Selection(context, base.ifname, vid);
  }

  has({ octets, verdict }: JudgedFrame): boolean {
    if (this.#verdicts.length > 0 && !this.#verdicts.includes(VERDICTS[verdict]!)) return false;
    return this.vid === undefined || vidOf(octets) === this.vid;
  }
}

/** Of its innermost tag; below zero where it has none. */
export const vidOf = (octets: Uint8Array): number =>
  innermostVid(new DataView(octets.buffer, octets.byteOffset, octets.byteLength), 0, octets.byteLength);
