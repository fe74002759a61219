import { EvlnetError } from '../errors.js';
import { ownIdentity } from '../linux/process.js';
import { buildLab } from './build.js';
import { type LabOptions, labName } from './name.js';
import { Proof } from './proof.js';
import { type Lab, readLab } from './record.js';
import { type Running, Stage } from './stage.js';
import { labDown } from './teardown.js';
import { tool } from './tool.js';
import { ACCESS, address, TRUNK, VLANS, vlanName } from './topology.js';
import { exclusively } from './turn.js';

export interface LabRunOptions extends LabOptions {
  /** Where the demonstration is shown; default stdout. */
  write?: (text: string) => unknown;
  /** Ends it early, without error. Default: SIGINT and SIGTERM. */
  signal?: AbortSignal;
}

const [OOB_VID, IN_BAND_VID] = VLANS;
const PORT = vlanName(OOB_VID);
const OOB_PINGS = 5;
const IN_BAND_PINGS = 3;
// A machine may be an emulated one.
const START_MS = 60_000;

/**
 * The demonstration: builds a lab, has an unmodified ping answered out-of-band over VLAN 42 while the kernel answers
 * VLAN 43 and untagged traffic, proves it by the counters of both, and removes the lab, however it ends. Throws when
 * anything is not as it should be. False when it was interrupted.
 */
export async function labRun(options: LabRunOptions = {}): Promise<boolean> {
  const name = labName(options);
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  const signals = options.signal ? [] : (['SIGINT', 'SIGTERM', 'SIGHUP'] as const);
  for (const signal of signals) process.on(signal, interrupt);
  options.signal?.addEventListener('abort', interrupt);
  if (options.signal?.aborted) interrupt();
  const stage = new Stage(name, options.write ?? ((text) => process.stdout.write(text)), interrupted.signal);
  try {
    const lab = await ownLab(name);
    try {
      await play(stage, lab);
    } finally {
      await stage.close();
      await labDown({ name });
    }
    stage.say('Done; the lab is removed.');
    return true;
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    stage.say('Interrupted; the lab is removed.');
    return false;
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
    options.signal?.removeEventListener('abort', interrupt);
  }
}

/** A lab that counts as left behind once this process is dead. */
function ownLab(name: string): Promise<Lab> {
  tool('ping');
  return exclusively(`build lab "${name}"`, name, async () => {
    const present = await readLab(name);
    if (present?.state === 'up')
      throw new EvlnetError('EVL_LAB_BUSY', `Cannot build lab "${name}": it is up`, {
        hint:
          present.owner === undefined
            ? `evlnet lab down name ${name}, or another name`
            : `process ${present.owner} runs the demonstration in it; take another name`,
      });
    return buildLab(name, ownIdentity());
  });
}

async function play(stage: Stage, lab: Lab): Promise<void> {
  stage.say(`$ evlnet lab up name ${lab.name}`);
  stage.say(picture(lab));
  // A kernel without 802.1Q has no eth0.42 to take the address from.
  const own = lab.kernelVlans ? [] : ['address', `${address('responder', OOB_VID)}/24`];
  await stage.run('responder', ['evlnet', 'port', 'enable', PORT, ...own]);
  await stage.run('responder', ['evlnet', 'vlans', 'set', String(OOB_VID)]);
  const responder = await stage.start('responder', ['evlnet', 'icmp', '-i', PORT]);
  await responder.printed(/^listening to interface/, START_MS);

  const died = responder.ended.then(({ status }) => {
    throw new EvlnetError('EVL_LAB_RUN', `Cannot go on: the responder ended by itself, exit code ${status}`, {
      hint: 'what it said stands above',
    });
  });
  const { outOfBand, vlan, untagged } = await Promise.race([pings(stage, responder), died]);

  await stage.run('responder', ['evlnet', 'stats']);
  const stats = await responderStats(stage);
  await stage.run('responder', ['nstat', '-asz', 'IcmpInEchos']);
  const kernel = Number(
    /^IcmpInEchos\s+(\d+)/m.exec(await stage.ask('responder', ['nstat', '-asz', 'IcmpInEchos']))?.[1],
  );
  const summary = await end(responder);

  stage.say('');
  const proof = new Proof(stage);
  proof.equal(`VLAN ${OOB_VID}, evlnet: ping received`, outOfBand, OOB_PINGS);
  proof.equal(`VLAN ${IN_BAND_VID}, kernel: ping received`, vlan, IN_BAND_PINGS);
  proof.equal('untagged, kernel: ping received', untagged, IN_BAND_PINGS);
  proof.equal('echo requests that evlnet answered out-of-band', stats.replies, OOB_PINGS);
  proof.equal('lines that the responder printed for them', summary, OOB_PINGS);
  proof.equal(
    `echo requests that the responder's kernel saw, none of VLAN ${OOB_VID}`,
    kernel,
    2 * IN_BAND_PINGS,
  );
  proof.atLeast(`frames that the VLAN rule took (verdict "vlan")`, stats.vlan, OOB_PINGS);
  proof.atLeast('frames that it left in-band (verdict "skip")', stats.skip, 2 * IN_BAND_PINGS);
  proof.end();
}

async function pings(stage: Stage, responder: Running) {
  const outOfBand = await ping(stage, OOB_VID, OOB_PINGS);
  // The responder's lines come through a ring: let them come before the next command's.
  if (outOfBand > 0) await responder.printed(new RegExp(`^\\[${outOfBand - 1}\\]`), START_MS);
  const vlan = await ping(stage, IN_BAND_VID, IN_BAND_PINGS, '-i', '0.2');
  const untagged = await ping(stage, 0, IN_BAND_PINGS, '-i', '0.2');
  return { outOfBand, vlan, untagged };
}

/** An unmodified ping from the issuer; answers the number of replies. */
async function ping(stage: Stage, vid: number, count: number, ...options: string[]): Promise<number> {
  const argv = ['ping', '-c', String(count), ...options, address('responder', vid)];
  const { lines } = await stage.run('issuer', argv, true);
  return Number(/(\d+) received/.exec(lines.join('\n'))?.[1] ?? 0);
}

interface StatsRecord {
  ifname: string;
  verdicts?: Record<string, number>;
  echo?: { replies: number };
}

async function responderStats(stage: Stage): Promise<{ replies?: number; vlan?: number; skip?: number }> {
  const records = JSON.parse(
    await stage.ask('responder', ['evlnet', '-j', 'stats', 'show']),
  ) as StatsRecord[];
  const verdicts = records.find((r) => r.verdicts)?.verdicts;
  const replies = records.find((r) => r.ifname === PORT)?.echo?.replies;
  return {
    ...(replies === undefined ? {} : { replies }),
    ...(verdicts ? { vlan: verdicts.vlan ?? 0, skip: verdicts.skip ?? 0 } : {}),
  };
}

/** Ctrl-C; the number of packets the responder had printed. Its summary stands on the screen. */
async function end(responder: Running): Promise<number> {
  const { status, lines } = await responder.interrupt();
  if (status !== 0)
    throw new EvlnetError(
      'EVL_LAB_RUN',
      `Cannot end the responder by Ctrl-C: exit code ${status}, expected 0`,
    );
  return lines.filter((line) => /^\[\d+\] count=/.test(line)).length;
}

function picture({ kernelVlans }: Lab): string {
  const rows = ACCESS.map(({ ifname, vid }) => {
    const wire = vid === 0 ? 'untagged' : `VLAN ${vid}`;
    const dev = vid === 0 ? TRUNK.ifname : vlanName(vid);
    const who = vid === OOB_VID ? 'evlnet, out-of-band' : 'the kernel, in-band';
    return [ifname, address('issuer', vid), wire, dev, address('responder', vid), who] as const;
  });
  const wires = ['─┐', '─┼──── 802.1Q trunk ────', '─┘'];
  const lines = rows.map(
    ([ifname, from, wire, dev, to, who], row) =>
      `  ${ifname.padEnd(8)}${from.padEnd(13)}${wire.padEnd(9)}${wires[row]?.padEnd(24)}  ${dev.padEnd(9)}${to.padEnd(13)}${who}`,
  );
  return [
    `  ${'issuer'.padEnd(30)}switch${''.padEnd(20)}responder`,
    ...lines,
    ...(kernelVlans
      ? []
      : [
          `  This kernel has no 802.1Q: ${PORT} is an evlnet VLAN port, ${vlanName(IN_BAND_VID)} a stand-in.`,
        ]),
  ].join('\n');
}
