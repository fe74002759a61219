import type { Context } from '../context.js';

/** `evlnet state path` */
export async function run({ print, state }: Context): Promise<number> {
  await print.records({ text: ({ path }) => [path] }, [{ path: state.file }]);
  return 0;
}
