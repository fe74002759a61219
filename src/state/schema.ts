import * as v from 'valibot';

/** The version of the state document that this program reads and writes. */
export const SCHEMA = 1;

export type DriverChoice = 'auto' | 'xdp' | 'pcap';
export type ModeChoice = 'auto' | 'native' | 'generic';
export type ServiceName = 'icmp-responder' | 'udp-echo';
export type VerdictChoice = 'accept' | 'skip' | 'vlan' | 'drop';

/** A port by its interface name. A base device's has neither `link` nor `vid`. */
export interface PortState {
  link?: string;
  vid?: number;
  /** `10.10.10.11/24` */
  address?: string;
  ethertype?: 'any';
  /** Sends ICMP errors; absent = false. */
  icmpErrors?: boolean;
  /** Permanent neighbours of an evlnet VLAN port, by IPv4 address. */
  neighbours?: Record<string, NeighbourEntry>;
}

export interface NeighbourEntry {
  /** `02:fc:00:00:00:02` */
  lladdr: string;
}

/** What the ports of one base device share; an absent key is the default. */
export interface DeviceState {
  driver?: DriverChoice;
  mode?: ModeChoice;
  /** Buffers, up to 32768. */
  pool?: number;
  /** Octets a buffer, up to 16384. */
  bufsz?: number;
}

/** Which frames of a base device are taken: by an eBPF object, by rules, or all alike. */
export type FilterState = ObjectFilterState | RulesFilterState | { all: VerdictChoice };

export interface ObjectFilterState {
  /** Absolute path of the object file. */
  object: string;
  /** Absent = the first program of a section `socket`. */
  program?: string;
  /** Of the file when the filter was set; absent = whatever the file holds. */
  sha256?: string;
}

export interface RulesFilterState {
  rules: readonly { match: string; verdict: VerdictChoice }[];
  default: VerdictChoice;
}

export interface ServiceState {
  service: ServiceName;
  /** Interface name; absent = all ports of the device. */
  port?: string;
  udpPort?: number;
}

/** What `evlnet run DEVICE` starts. */
export interface WorkerState {
  services: ServiceState[];
  /** Empty turns before poll(2). */
  spin?: 'always' | number;
  /** `1-2` */
  cpu?: string;
  /** SCHED_FIFO, 1 to 99. */
  priority?: number;
}

/** The whole configuration. Keys that this version does not know are kept, at every level. */
export interface StateDocument {
  schema: number;
  /** One more at each change; a worker names the one it runs. */
  rev: number;
  ports: Record<string, PortState>;
  /** By base device. */
  devices: Record<string, DeviceState>;
  /** The text of the kernel's bitmap lists: `42-45,100`. */
  vlans: string;
  /** By base device. */
  filters: Record<string, FilterState>;
  /** By base device. */
  services: Record<string, WorkerState>;
}

/** EVL's defaults: net/socket.c, oob_port pool of 2048 buffers of PAGE_SIZE. */
export const DEVICE_DEFAULTS = { driver: 'auto', mode: 'auto', pool: 2048, bufsz: 4096 } as const;

export const emptyState = (): StateDocument => ({
  schema: SCHEMA,
  rev: 0,
  ports: {},
  devices: {},
  vlans: '',
  filters: {},
  services: {},
});

/** The options of a base device with the defaults filled in. */
export const deviceOptions = (state: StateDocument, device: string): Required<DeviceState> => ({
  ...DEVICE_DEFAULTS,
  ...state.devices[device],
});

/** Where a value is wrong (`ports."eth0.42".vid`), and how: `is "x", expected …`, `is missing`. */
export interface Violation {
  path: string;
  reason: string;
}

/** The document with absent parts filled in, or the first violation. `isStrict`: a key that this version does not know is one. */
export function validate(
  value: unknown,
  isStrict = false,
): { state: StateDocument } | { violation: Violation } {
  const result = v.safeParse(isStrict ? documentOf(true) : document, value, { abortEarly: true });
  if (result.success) {
    const violation = twin(result.output.ports);
    return violation ? { violation } : { state: result.output };
  }
  const [{ path, expected, message, received }] = result.issues;
  const found = { undefined: 'missing', Array: 'a list', Object: 'an object' }[received] ?? received;
  return {
    violation: {
      path: path === undefined ? 'the document' : formatPath(path.map((item) => item.key)),
      reason:
        found === 'missing'
          ? 'is missing'
          : `is ${expected === 'never' ? 'unknown' : found}, expected ${message}`,
    },
  };
}

/** The first port with a VLAN that another one of its device has. */
function twin(ports: Record<string, PortState>): Violation | undefined {
  const names = new Map<string, string>();
  for (const [name, { link, vid }] of Object.entries(ports)) {
    if (link === undefined || vid === undefined) continue;
    const other = names.get(`${link} ${vid}`);
    if (other !== undefined)
      return {
        path: formatPath(['ports', name, 'vid']),
        reason: `is ${vid}, the VLAN of "${other}" on ${link}`,
      };
    names.set(`${link} ${vid}`, name);
  }
  return undefined;
}

/** `ports."eth0.42".vid`, `services.eth0.services[0].udpPort` */
export function formatPath(keys: readonly unknown[]): string {
  const text = keys.map((key) => {
    if (typeof key === 'number') return `[${key}]`;
    return /^[\w-]+$/.test(String(key)) ? `.${key}` : `.${JSON.stringify(key)}`;
  });
  return text.join('').replace(/^\./, '');
}

const integer = (low: number, high: number) => {
  const expected = `an integer from ${low} to ${high}`;
  return v.pipe(
    v.number(expected),
    v.integer(expected),
    v.minValue(low, expected),
    v.maxValue(high, expected),
  );
};
const text = (pattern: RegExp, expected: string) => v.pipe(v.string(expected), v.regex(pattern, expected));
const choice = <const T extends readonly string[]>(options: T) =>
  v.picklist(options, options.map((option) => JSON.stringify(option)).join(' or '));
// valibot itself takes an array for an object.
const plain = v.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'an object',
);
type Entries = v.ObjectEntries;
const loose = <const T extends Entries>(entries: T) => v.pipe(plain, v.looseObject(entries));
/** Gives what `loose` gives, or refuses a key. */
const strict = <const T extends Entries>(entries: T) =>
  v.pipe(plain, v.strictObject(entries, Object.keys(entries).join(' or '))) as unknown as ReturnType<
    typeof loose<T>
  >;

// dev_valid_name() of the kernel; no limit of 15 characters, since a port may have no kernel device.
const name = text(/^(?!\.{1,2}$)[^\s/:]+$/, 'the name of an interface');
const byName = <const T extends v.GenericSchema>(entry: T) =>
  v.optional(v.pipe(plain, v.record(name, entry)), () => ({}) as Record<string, never>);

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const address = text(
  new RegExp(`^${OCTET}(?:\\.${OCTET}){3}/(?:3[0-2]|[12]?\\d)$`),
  'an address such as "10.10.10.11/24"',
);

const host = text(new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`), 'an address such as "10.10.10.10"');
const MAC = /^[\da-f]{2}(?::[\da-f]{2}){5}$/i;

const RANGES = /^(?:\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)?$/;
const isVlanList = (list: string) =>
  list === '' ||
  list.split(',').every((word) => {
    const [first = 0, last = first] = word.split('-').map(Number);
    return first >= 2 && last <= 4094 && first <= last;
  });
const VLANS = 'a list of VLAN IDs from 2 to 4094 such as "42-45,100"';

const VERDICTS = ['accept', 'skip', 'vlan', 'drop'] as const;

function documentOf(isStrict: boolean) {
  const object = isStrict ? strict : loose;
  const objectFilter = object({
    object: text(/^\//, 'an absolute path'),
    program: v.exactOptional(v.string('the name of a program')),
    sha256: v.exactOptional(text(/^[0-9a-f]{64}$/, 'a SHA-256 of 64 hexadecimal digits')),
  });
  const rulesFilter = object({
    rules: v.array(
      object({
        match: v.string('an expression'),
        verdict: choice(VERDICTS),
      }),
      'a list of rules',
    ),
    default: choice(VERDICTS),
  });
  const allFilter = object({
    all: choice(VERDICTS),
  });

  // The kind is told by its key, so that an error names what is wrong with that kind.
  const filterOf = (entry: unknown): typeof objectFilter | typeof rulesFilter | typeof allFilter => {
    const keys = Object.keys(entry ?? {});
    if (keys.includes('rules')) return rulesFilter;
    return keys.includes('all') ? allFilter : objectFilter;
  };
  return object({
    schema: v.literal(SCHEMA, String(SCHEMA)),
    rev: v.optional(integer(0, Number.MAX_SAFE_INTEGER - 1), 0),
    ports: byName(
      object({
        link: v.exactOptional(name),
        vid: v.exactOptional(integer(1, 4094)),
        address: v.exactOptional(address),
        ethertype: v.exactOptional(choice(['any'])),
        icmpErrors: v.exactOptional(v.boolean('must be true or false')),
        neighbours: v.exactOptional(
          v.pipe(
            plain,
            v.record(
              host,
              object({
                lladdr: text(MAC, 'a MAC address such as "02:fc:00:00:00:02"'),
              }),
            ),
          ),
        ),
      }),
    ),
    devices: byName(
      object({
        driver: v.exactOptional(choice(['auto', 'xdp', 'pcap'])),
        mode: v.exactOptional(choice(['auto', 'native', 'generic'])),
        pool: v.exactOptional(integer(1, 32768)),
        bufsz: v.exactOptional(integer(1, 16384)),
      }),
    ),
    vlans: v.optional(v.pipe(text(RANGES, VLANS), v.check(isVlanList, VLANS)), ''),
    filters: byName(v.lazy((entry) => filterOf(entry))),
    services: byName(
      object({
        services: v.array(
          object({
            service: choice(['icmp-responder', 'udp-echo']),
            port: v.exactOptional(name),
            udpPort: v.exactOptional(integer(1, 65535)),
          }),
          'a list of services',
        ),
        spin: v.exactOptional(
          v.union(
            [v.literal('always'), v.pipe(v.number(), v.integer(), v.minValue(0))],
            '"always" or a number of turns',
          ),
        ),
        cpu: v.exactOptional(text(/^\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*$/, 'a list of CPUs such as "1-2"')),
        priority: v.exactOptional(integer(1, 99)),
      }),
    ),
  });
}

const document = documentOf(false);
