import koffi from 'koffi';

/** Makes the functions of a shared library visible to all libraries of this process (RTLD_GLOBAL); the first of `names` that is there. */
export function shareLibrary(names: readonly string[]): boolean {
  for (const name of names)
    try {
      koffi.load(name, { global: true });
      return true;
    } catch {
      // Another distribution's name may be there.
    }
  return false;
}
