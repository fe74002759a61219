import { EvlnetError, usage } from '../errors.js';

export const HOSTS = ['issuer', 'switch', 'responder'] as const;
export type Host = (typeof HOSTS)[number];

export interface LabOptions {
  /** Labs of different names stand side by side. Default `lab`. */
  name?: string;
}

const ROOT = '/run/evlnet-lab';

/** The lab's name, checked: it becomes part of file names and of namespaces' names. */
export function labName({ name = 'lab' }: LabOptions): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_-]{0,31}$/.test(name))
    throw usage(
      'EVL_LAB_NAME',
      `argument "${name}" is wrong: not a name for a lab`,
      'letters, digits, "-" and "_", at most 32',
    );
  return name;
}

export const cannotFindLab = ({ name }: LabOptions): EvlnetError =>
  new EvlnetError('EVL_NO_LAB', `Cannot find lab "${name ?? 'lab'}"`, {
    hint: name === undefined ? 'evlnet lab up' : `evlnet lab up name ${name}`,
  });

export function asHost(text: string): Host {
  const host = HOSTS.find((h) => h === text);
  if (host === undefined)
    throw usage('EVL_LAB_HOST', `Cannot find host "${text}"`, `the hosts of a lab are ${HOSTS.join(', ')}`);
  return host;
}

/** The host's network namespace, as `ip netns` knows it. */
export const namespace = (name: string, host: Host): string => `evlnet-${name}-${host}`;

/** What the lab keeps while it is up. */
export const folder = (name: string): string => `${ROOT}/${name}`;

/** Held while a lab is being built or removed. */
export const claimFile = (name: string): string => `${ROOT}/${name}.claim`;

/** Written last: where it is, the lab was built to the end. */
export const recordFile = (name: string): string => `${folder(name)}/up.json`;

/** Each host is a machine of its own to evlnet. */
export const stateFile = (name: string, host: Host): string => `${folder(name)}/${host}/state.json`;

/** Namespace names of labs, `[name, host]`, from those of `ip netns`. */
export function parseNamespace(text: string): [name: string, host: Host] | undefined {
  const match = /^evlnet-(.+)-(issuer|switch|responder)$/.exec(text);
  return match ? [match[1]!, match[2] as Host] : undefined;
}
