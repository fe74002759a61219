import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { connect as connectSocket, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ControlClient, connect } from '../../src/control/client.js';
import { MAX_LINE } from '../../src/control/lines.js';
import { type Commands, type Connection, type ControlServer, listen } from '../../src/control/server.js';
import { EvlnetError, Exit } from '../../src/errors.js';
import { describeIf } from '../capability.js';
import { compile, run, scratch } from '../state/program.js';

const { folder: top, remove } = scratch();
afterAll(remove);

let folder = '';
let count = 0;
let open: { close(): unknown }[] = [];
beforeEach(() => {
  folder = join(top, String(++count), 'eth0');
  mkdirSync(folder, { recursive: true });
  open = [];
});
afterEach(async () => {
  for (const each of open.reverse()) await each.close();
});

const commands: Commands = {
  echo: ({ text }) => ({ text }),
  nothing: () => undefined,
  later: () => new Promise((done) => setImmediate(done, { late: true })),
  never: () => new Promise(() => undefined),
  refuse: () => {
    throw new EvlnetError('EVL_NO_PORT', 'Cannot find port', { hint: 'evlnet port', exit: Exit.Unsupported });
  },
  crash: async () => {
    throw new TypeError('oops');
  },
};

const serve = async (more: Commands = {}): Promise<ControlServer> => {
  const server = await listen(folder, { ...commands, ...more });
  open.push(server);
  return server;
};
const client = async (): Promise<ControlClient> => {
  const opened = await connect(folder);
  open.push(opened);
  return opened;
};
/** A client that is only a socket, which reads nothing until told. */
const raw = async (): Promise<Socket> => {
  const socket = connectSocket({ path: join(folder, 'control.sock'), allowHalfOpen: true });
  socket.pause();
  await once(socket, 'connect');
  open.push({ close: () => socket.destroy() });
  return socket;
};
/** All that comes until the server ends the connection. */
const readAll = async (socket: Socket): Promise<string> => {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.resume();
  await once(socket, 'end');
  return text;
};
const accepted = () => {
  let done: (connection: Connection) => void;
  const connection = new Promise<Connection>((resolve) => {
    done = resolve;
  });
  return { connection, attach: (_: unknown, it: Connection) => done(it) };
};
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: EvlnetError) => error.code,
  );

describe('listen', () => {
  test('makes a socket for us alone, whatever the umask, and shows nothing else', async () => {
    const umask = process.umask(0);
    try {
      await serve();
    } finally {
      process.umask(umask);
    }
    expect(statSync(join(folder, 'control.sock')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['control.sock']);
  });

  test('replaces what a dead worker left', async () => {
    writeFileSync(join(folder, 'control.sock'), '');
    mkdirSync(join(folder, '.control'));
    writeFileSync(join(folder, '.control', `${process.pid}.sock`), '');
    await serve();
    expect(await (await client()).request('echo', { text: 'a' })).toEqual({ text: 'a' });
  });

  test('works in a folder whose name is longer than a socket address', async () => {
    folder = join(top, 'x'.repeat(120), 'y'.repeat(120), 'eth0');
    mkdirSync(folder, { recursive: true });
    const descriptors = readdirSync('/proc/self/fd').length;
    const server = await listen(folder, commands);
    const one = await connect(folder);
    expect(await one.request('echo', { text: 'a' })).toEqual({ text: 'a' });
    one.close();
    await one.closed;
    await server.close();
    expect(readdirSync(folder)).toEqual([]);
    expect(readdirSync('/proc/self/fd')).toHaveLength(descriptors);
  });

  test('names the folder that it cannot write', async () => {
    folder = join(top, 'missing', 'eth0');
    await expect(listen(folder, commands)).rejects.toMatchObject({
      code: 'EVL_FILE',
      message: `Cannot make control socket "${folder}/control.sock": no such file or directory (ENOENT) at ${folder}/.control`,
    });
  });
});

describe('a request', () => {
  test.each([
    ['echo', { text: 'ä\n' }, { text: 'ä\n' }],
    ['nothing', {}, {}],
    ['later', {}, { late: true }],
  ])('%s is answered', async (cmd, args, ok) => {
    await serve();
    expect(await (await client()).request(cmd, args)).toEqual(ok);
  });

  test('is not held up by a slower one', async () => {
    await serve();
    const one = await client();
    const answered: string[] = [];
    await Promise.all([
      one.request('later').then(() => answered.push('later')),
      one.request('echo', { text: '' }).then(() => answered.push('echo')),
    ]);
    expect(answered).toEqual(['echo', 'later']);
  });

  test('gives the error back as the worker threw it', async () => {
    await serve();
    const one = await client();
    await expect(one.request('refuse')).rejects.toMatchObject({
      code: 'EVL_NO_PORT',
      message: 'Cannot find port',
      hint: 'evlnet port',
      exit: 3,
    });
    await expect(one.request('crash')).rejects.toMatchObject({ code: 'EVL_INTERNAL', message: 'oops' });
    expect(await one.request('echo', { text: 'still here' })).toEqual({ text: 'still here' });
  });

  test.each(['dance', 'constructor', '__proto__'])('unknown (%s) is refused', async (cmd) => {
    await serve();
    await expect((await client()).request(cmd)).rejects.toMatchObject({
      code: 'EVL_CONTROL',
      message: `Cannot do "${cmd}": this worker knows no such command`,
    });
  });

  test('gives up on a silent worker, and goes on', async () => {
    await serve();
    const one = await client();
    await expect(one.request('never', {}, 10)).rejects.toMatchObject({
      code: 'EVL_WORKER_SILENT',
      message: 'Cannot reach the worker of "eth0": no answer to "never" within 10 ms',
    });
    expect(await one.request('echo', { text: 'a' }, Number.POSITIVE_INFINITY)).toEqual({ text: 'a' });
  });

  test('is not done when the worker comes to it after its client gave up', async () => {
    let done = 0;
    await serve({
      count: () => ++done,
      slow: () => new Promise((resolve) => setTimeout(resolve, 60, 'slow')),
    });
    const asking = await client();
    const given = [asking.request('count', {}, 20), asking.request('count', {}, Infinity)];
    // The worker computes.
    const until = Date.now() + 50;
    while (Date.now() < until);
    const [late, other] = await Promise.allSettled(given);
    expect(late).toMatchObject({ reason: { code: 'EVL_WORKER_SILENT' } });
    expect([other, done]).toEqual([{ status: 'fulfilled', value: 1 }, 1]);
    // It had begun: who gave up is told, to undo it.
    const told = new Promise((resolve) => {
      void asking.request('slow', {}, 20, resolve).catch(() => {});
    });
    expect(await told).toBe('slow');
  });

  test('is answered though the client itself computed meanwhile', async () => {
    const path = JSON.stringify(join(folder, 'control.sock'));
    const worker = new Worker(
      `require('node:net').createServer((s) => s.on('data', () => s.write('{"id":1,"ok":"there"}\\n'))).listen(${path}, () => require('node:worker_threads').parentPort.postMessage(0))`,
      { eval: true },
    );
    open.push({ close: () => worker.terminate() });
    await once(worker, 'message');
    const answer = (await client()).request('status', {}, 30);
    await new Promise((resolve) => setImmediate(resolve));
    const until = Date.now() + 100;
    while (Date.now() < until);
    expect(await answer).toBe('there');
  });

  test('fails when the worker ends, and so does the next', async () => {
    const server = await serve();
    const one = await client();
    const never = codeOf(one.request('never'));
    const also = codeOf(one.request('never'));
    await one.request('nothing');
    await server.close();
    await one.closed;
    expect([await never, await also, await codeOf(one.request('echo'))]).toEqual([
      'EVL_WORKER_GONE',
      'EVL_WORKER_GONE',
      'EVL_WORKER_GONE',
    ]);
  });
});

describe('a bad request', () => {
  test.each([
    ['not JSON', 'hello', undefined, 'a line is not a JSON object'],
    ['not an object', '[1]', undefined, 'a line is not a JSON object'],
    ['not UTF-8', '\xff\xfe', undefined, 'a line is not a JSON object'],
    ['no id', '{"cmd":"echo"}', undefined, 'a request has no id'],
    ['a text as id', '{"id":"1","cmd":"echo"}', undefined, 'a request has no id'],
    ['no command', '{"id":4}', 4, 'knows no such command'],
    ['a list as command', '{"id":4,"cmd":["echo"]}', 4, 'knows no such command'],
  ])('(%s) is told so, and the next one answered', async (_, line, id, message) => {
    await serve();
    const socket = await raw();
    socket.write(`${line}\n{"id":9,"cmd":"echo","text":"a"}\n`, 'latin1');
    socket.end();
    const replies = (await readAll(socket))
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text));
    expect(replies).toHaveLength(2);
    const [first, second] = replies.sort((a, b) => (a.id ?? 0) - (b.id ?? 0));
    expect(first).toEqual({
      ...(id === undefined ? {} : { id }),
      error: expect.objectContaining({ code: 'EVL_CONTROL', message: expect.stringContaining(message) }),
    });
    expect(second).toEqual({ id: 9, ok: { text: 'a' } });
  });

  test('of more than a line ends the connection, and only that', async () => {
    await serve();
    const one = await client();
    const socket = await raw();
    socket.on('error', () => undefined);
    const all = readAll(socket);
    for (let sent = 0; sent <= MAX_LINE; sent += 65_536) socket.write('x'.repeat(65_536));
    const reply = JSON.parse(await all);
    expect(reply.error.message).toBe(`Cannot read the request: a line is longer than ${MAX_LINE} octets`);
    expect(await one.request('echo', { text: 'a' })).toEqual({ text: 'a' });
  });
});

describe('an event', () => {
  test('reaches every listener until it ends', async () => {
    const server = await serve();
    const [one, other] = [await client(), await client()];
    const seen: unknown[] = [];
    const end = one.onEvent((event) => seen.push(['one', event]));
    other.onEvent((event) => seen.push(['other', event]));
    await Promise.all([one.request('nothing'), other.request('nothing')]);
    expect(server.broadcast({ event: 'trace', n: 1 })).toBe(0);
    await Promise.all([one.request('nothing'), other.request('nothing')]);
    end();
    server.broadcast({ event: 'trace', n: 2 });
    await Promise.all([one.request('nothing'), other.request('nothing')]);
    expect(seen).toHaveLength(3);
    expect(seen).toEqual(
      expect.arrayContaining([
        ['one', { event: 'trace', n: 1 }],
        ['other', { event: 'trace', n: 1 }],
        ['other', { event: 'trace', n: 2 }],
      ]),
    );
  });

  test('to a client that does not read is dropped in time, and holds up nobody', async () => {
    const { connection, attach } = accepted();
    const server = await serve({ attach });
    const slow = await raw();
    slow.write('{"id":1,"cmd":"attach"}\n');
    const peer = await connection;
    const event = { event: 'trace', text: 'x'.repeat(1000) };
    let taken = 0;
    for (let turn = 0; turn < 100; turn++) {
      while (taken < 10_000 && peer.push(event)) taken++;
      await new Promise((done) => setImmediate(done));
    }
    // 256 KiB of ours, and what the kernel's socket buffer holds.
    expect(taken).toBeGreaterThan(250);
    expect(taken).toBeLessThan(2000);
    expect(peer.push(event)).toBe(false);
    const one = await client();
    const seen: unknown[] = [];
    one.onEvent(() => seen.push(1));
    expect(await one.request('echo', { text: 'a' })).toEqual({ text: 'a' });
    expect(server.broadcast(event)).toBe(1);
    await one.request('nothing');
    expect(seen).toEqual([1]);
    // Once it reads, all that was taken arrives whole, and there is room again.
    slow.end();
    const lines = (await readAll(slow)).trim().split('\n');
    expect(lines).toHaveLength(taken + 1);
    for (const line of lines) JSON.parse(line);
  });

  test('to a client that died is dropped, and the worker told', async () => {
    const { connection, attach } = accepted();
    const server = await serve({ attach });
    const socket = await raw();
    socket.write('{"id":1,"cmd":"attach"}\n');
    const peer = await connection;
    const closed = new Promise<void>((done) => peer.onClose(done));
    socket.destroy();
    peer.push({ event: 'trace' });
    await closed;
    expect(peer.push({ event: 'trace' })).toBe(false);
    expect(server.connections.size).toBe(0);
    let calls = 0;
    peer.onClose(() => calls++);
    expect(calls).toBe(1);
  });
});

test('requests of a client that never reads its replies are not read for ever', async () => {
  let asked = 0;
  const text = 'x'.repeat(10_000);
  await serve({
    big: () => {
      asked++;
      return { text };
    },
  });
  const socket = await raw();
  let id = 0;
  let isFull = false;
  for (let turn = 0; turn < 200 && !isFull; turn++) {
    let batch = '';
    for (let i = 0; i < 100; i++) batch += `{"id":${++id},"cmd":"big"}\n`;
    isFull = !socket.write(batch) && socket.writableLength > 200_000;
    await new Promise((done) => setImmediate(done));
  }
  // A chunk of 64 KiB that was read already holds some 2,500 of them.
  expect(asked).toBeLessThan(6000);
  socket.end();
  const replies = (await readAll(socket)).trim().split('\n');
  expect(replies).toHaveLength(id);
  expect(asked).toBe(id);
});

test('a client that closes its side first still gets its answers', async () => {
  await serve();
  const socket = await raw();
  socket.end('{"id":1,"cmd":"later"}\n');
  expect(JSON.parse(await readAll(socket))).toEqual({ id: 1, ok: { late: true } });
});

test('close lets the last answer out, removes the socket and ends every connection', async () => {
  const server = await serve({ stop: () => void server.close() });
  const one = await client();
  const deaf = await raw();
  deaf.write('{"id":1,"cmd":"nothing"}\n');
  await expect(one.request('stop')).resolves.toEqual({});
  await one.closed;
  await server.close();
  expect(existsSync(join(folder, 'control.sock'))).toBe(false);
  expect(server.connections.size).toBe(0);
});

describe('connect', () => {
  test('finds no worker', async () => {
    await expect(connect(folder)).rejects.toMatchObject({
      code: 'EVL_NO_WORKER',
      message: 'Cannot reach the worker of "eth0": there is none',
      hint: 'evlnet run eth0',
    });
    await expect(connect(join(top, 'z'.repeat(150), 'eth0'))).rejects.toMatchObject({
      code: 'EVL_NO_WORKER',
    });
  });

  test('finds a worker that ends before it has accepted', async () => {
    const server = createServer().listen(join(folder, 'control.sock'));
    await once(server, 'listening');
    const connecting = connect(folder);
    server.close();
    await expect(connecting).rejects.toMatchObject({ code: 'EVL_NO_WORKER' });
  });

  test('finds a socket whose worker died', async () => {
    // A killed process leaves its socket behind; one that ends removes it.
    const text = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', text, join(folder, 'control.sock')], { timeout: 10_000 });
    await expect(connect(folder)).rejects.toMatchObject({
      code: 'EVL_NO_WORKER',
      message: 'Cannot reach the worker of "eth0": it died',
    });
  });

  test('ends the connection with a worker that talks nonsense', async () => {
    const server = createServer((socket) => void socket.write('hello\n'));
    server.listen(join(folder, 'control.sock'));
    await once(server, 'listening');
    open.push(server);
    const one = await client();
    await one.closed;
    expect(await codeOf(one.request('echo'))).toBe('EVL_WORKER_GONE');
  });
});

describeIf(['root'])('without root', () => {
  test('connect is refused, with the way out', async () => {
    await serve();
    const program = join(top, 'program');
    const linux = ['process', 'claim', 'file-error'].map((name) => `src/linux/${name}.ts`);
    compile(program, 'src/errors.ts', ...linux, 'src/control');
    const text = `
      import { connect } from './control/client.js';
      process.setgid(65534);
      process.setuid(65534);
      await connect(process.argv[2]).catch(({ code, message, hint }) => console.log(code, message, hint));
    `;
    chmodSync(top, 0o755);
    const { stdout, stderr } = await run(program, 'nobody', text, folder);
    expect(stderr).toBe('');
    expect(stdout).toBe(
      'EVL_PERMISSION Cannot reach the worker of "eth0": permission denied (EACCES) run as root, or as the user that started the worker, or with a state file of your own (EVLNET_STATE)\n',
    );
  });
});
