import { EvlnetError } from '../../errors.js';
import { load } from '../../state/content.js';
import { emptyState, type StateDocument } from '../../state/schema.js';

type Warn = (message: string, hint?: string) => void;

/** What a look found: a state, or why there is none. `isOdd`: it may be that for a moment only. */
type Found = { readonly isOdd: boolean } & (
  | { readonly state: StateDocument; readonly hasFile: boolean }
  | { readonly state?: undefined; readonly why: string; readonly hint?: string | undefined }
);

/** The state file, looked at again and again. It is never repaired; while it cannot be used, what it held before counts. */
export class StateSource {
  #state: StateDocument | undefined;
  #hasFile = false;
  #wasOdd = false;
  #isWarned = false;

  constructor(
    readonly file: string,
    readonly warn: Warn,
  ) {}

  /** Undefined until it could be used. */
  look(): StateDocument | undefined {
    const found = this.#read();
    // A look may fall between two steps of an editor.
    const isPassing = found.isOdd && !this.#wasOdd;
    this.#wasOdd = found.isOdd;
    if (isPassing) return this.#state;
    if (found.state) {
      this.#state = found.state;
      this.#hasFile = found.hasFile;
    } else if (!this.#isWarned) this.warn(found.why, found.hint);
    this.#isWarned = found.state === undefined;
    return this.#state;
  }

  #read(): Found {
    try {
      const content = load(this.file);
      if ('corrupt' in content) {
        // `mktemp` makes such a file.
        if (content.text.trim() === '' && this.#state === undefined)
          return { isOdd: false, state: emptyState(), hasFile: true };
        return {
          isOdd: true,
          why: `State file "${this.file}" is corrupt (${content.corrupt}): no events of it until it is sound again`,
          hint: 'the next command of evlnet that may write it restores its backup',
        };
      }
      const hasFile = content.text !== undefined;
      return { isOdd: this.#hasFile && !hasFile, state: content.state, hasFile };
    } catch (error) {
      if (!(error instanceof EvlnetError)) throw error;
      return { isOdd: true, why: error.message, hint: error.hint };
    }
  }
}
