import { writeObject } from '../bpf/object-writer.js';
import { openFilter } from './open.js';
import type { AllSource, RulesSource } from './source.js';

/** The octets of an object file that does what the rules say, for EVL's tools and for evlnet. Throws EVL_EXPRESSION. */
export const compileObject = (source: RulesSource | AllSource): Uint8Array =>
  writeObject(openFilter(source).object);
