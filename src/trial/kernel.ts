// The kernel's own run of the untouched object (BPF_PROG_TEST_RUN): it calls a socket filter as EVL does, behind the MAC header.
import type { FrameBlock } from '../capture/block.js';
import { EvlnetError, usage } from '../errors.js';
import { analyse } from '../filter/analysis/analyse.js';
import { Field } from '../filter/context.js';
import type { OpenFilter } from '../filter/open.js';
import { RULE_HITS, readHits } from '../filter/rule-hits.js';
import { loadUntouched } from '../filter/untouched.js';
import { type Program, testRun } from '../linux/bpf.js';
import { type Engine, NOT_RUN } from './engine.js';

/** Octets of struct __sk_buff, <linux/bpf.h>. */
const CONTEXT_LENGTH = 192;
/** The kernel finds no packet behind a MAC header alone: EINVAL. */
const SHORTEST = 15;
const EINVAL = 22;

/** What the kernel fills in from the device. */
const OF_DEVICE = ['pkt_type', 'ifindex', 'ingress_ifindex'] as const;

/** `ifindex`: the device that frames enter by; a filter that asks about that cannot do without. */
export function kernelEngine({ object, program }: OpenFilter, ifindex: number | undefined): Engine {
  const { fields } = analyse(program);
  const asked = ifindex === undefined && OF_DEVICE.find((name) => fields.has(Field[name]));
  if (asked)
    throw usage(
      'EVL_REQUIRED',
      `argument "dev" is required: the filter reads ${asked}, and the kernel knows that only of a device`,
      'evlnet filter test dev IFNAME object FILE.o …, or engine wasm',
    );
  const untouched = loadUntouched(object, program);
  const context = new Uint8Array(CONTEXT_LENGTH);
  if (ifindex !== undefined) new DataView(context.buffer).setUint32(Field.ifindex, ifindex, true);
  return {
    name: 'kernel',
    judge: (block, answers) => {
      for (let i = 0; i < block.count; i++)
        answers[i] = answerOf(untouched.program, frameOf(block, i), context);
    },
    hits: () => readHits(untouched.maps.get(RULE_HITS)),
    // They go to the kernel's trace_pipe.
    lines: () => [],
    stopped: () => undefined,
    close: () => untouched.close(),
  };
}

const frameOf = ({ octets, offsets, lengths }: FrameBlock, i: number): Uint8Array =>
  octets.subarray(offsets[i]!, offsets[i]! + lengths[i]!);

function answerOf(program: Program, frame: Uint8Array, context: Uint8Array): number {
  if (frame.length < SHORTEST) return NOT_RUN;
  try {
    return testRun(program, frame, { context }).result;
  } catch (error) {
    // So it answers to IPv4 and IPv6 that end inside their header, and to frames longer than the buffers it makes.
    if (error instanceof EvlnetError && error.errno === EINVAL) return NOT_RUN;
    throw error;
  }
}
