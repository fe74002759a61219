/**
 * Parts for people who build a stack of their own: devices, the stack, its ports and services. `OwnStack` joins them; a service is any object
 * of the interfaces in the module `service`.
 *
 * @module stack
 */

export type { Capabilities, Device } from './device/device.js';
export { LoopbackDevice } from './device/loopback.js';
export { OwnStack } from './library/own-stack.js';
export { type Arena, arenaOver, createArena } from './memory/arena.js';
export { BATCH, Batch } from './memory/batch.js';
export { Counters, SLOT_STRIDE, SlotCounter } from './memory/counters.js';
export { FreeList } from './memory/free-list.js';
export { TxMarks, type TxSink } from './memory/tx-marks.js';
export { IcmpResponder } from './service/icmp-responder.js';
export { udpEcho } from './service/udp-echo.js';
export { Port, type PortConfig, Standing, TraceLevel } from './stack/port.js';
export { Stack } from './stack/stack.js';
export { Tracer } from './stack/tracer.js';
export type { Transmitter } from './stack/transmitter.js';
export * from './wire/address.js';
