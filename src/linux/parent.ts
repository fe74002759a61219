// prctl(2), PR_SET_PDEATHSIG.
import { prctl } from './libc.js';

const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;

/** From here on this process is killed when the one that started it ends, in whatever way. */
export const dieWithParent = (): void => void prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
