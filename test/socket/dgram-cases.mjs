// What the documentation of node:dgram promises, as cases that any createSocket must pass; run as a program, since the two need networks of
// their own: dgram-cases.mjs MODULE ADDRESS PEER [MORE], MORE the JSON of options that all sockets have; one JSON object a case.
import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { constants } from 'node:os';

const [module, address, peer, more] = process.argv.slice(2);
const { createSocket } = await import(module);

const open = new Set();
const make = (options = 'udp4', listener = undefined) => {
  const all = typeof options === 'string' ? { type: options } : options;
  const socket = createSocket(more ? { ...all, ...JSON.parse(more) } : options, listener);
  open.add(socket);
  // Where nobody listens an error ends the program: what a peer refuses after a case is done must not.
  socket.on('error', () => {});
  socket.once('close', () => open.delete(socket));
  return socket;
};
const bound = async (options, ...args) => {
  const socket = make(options);
  socket.bind(...args);
  await once(socket, 'listening');
  return socket;
};
const isBound = (socket) => {
  try {
    return socket.address().port > 0;
  } catch {
    return false;
  }
};
const throwsCode = (act, code) =>
  assert.throws(act, (e) => e.code === code || assert.fail(`${e.code}: ${e.message}`));

/** What a system error tells beside its code. */
const tells = (error, code, syscall, address = undefined, port = undefined) =>
  assert.deepEqual(
    [error.code, error.errno, error.syscall, error.address, error.port],
    [code, -constants.errno[code], syscall, address, port],
  );
const throwsCall = (act, ...call) =>
  assert.throws(act, (e) => {
    tells(e, ...call);
    return true;
  });
const cases = {
  'createSocket: a type that is none throws ERR_SOCKET_BAD_TYPE': () =>
    throwsCode(() => createSocket('udp5'), 'ERR_SOCKET_BAD_TYPE'),
  'createSocket: the second argument listens to message': () =>
    assert.equal(make('udp4', () => {}).listenerCount('message'), 1),
  'bind: returns the socket, emits listening once, calls back': async () => {
    const socket = make();
    let count = 0;
    socket.on('listening', () => count++);
    const called = new Promise((resolve) => assert.equal(socket.bind(0, address, resolve), socket));
    await called;
    assert.equal(count, 1);
  },
  'bind: listening is not emitted before bind returns': async () => {
    const socket = make();
    let has = false;
    socket.on('listening', () => {
      has = true;
    });
    socket.bind(0, address);
    assert.equal(has, false);
    await once(socket, 'listening');
  },
  'bind: an options object': async () => {
    const socket = await bound('udp4', { address, port: 0, exclusive: true });
    assert.equal(socket.address().address, address);
  },
  'bind: port 0 is any free one; without an address 0.0.0.0': async () => {
    const { address: any, family, port } = (await bound('udp4')).address();
    assert.deepEqual([any, family, port > 1023], ['0.0.0.0', 'IPv4', true]);
  },
  'bind: twice throws ERR_SOCKET_ALREADY_BOUND': async () => {
    const socket = await bound('udp4', 0, address);
    throwsCode(() => socket.bind(), 'ERR_SOCKET_ALREADY_BOUND');
  },
  'bind: a port that is none throws ERR_SOCKET_BAD_PORT': () => {
    throwsCode(() => make().send('x', 65536, peer), 'ERR_SOCKET_BAD_PORT');
    throwsCode(() => make().send('x', 0, peer), 'ERR_SOCKET_BAD_PORT');
    throwsCode(() => make().connect(0, peer), 'ERR_SOCKET_BAD_PORT');
  },
  'bind, connect: an address that is no string throws ERR_INVALID_ARG_TYPE': async () => {
    for (const wrong of [5, true, {}]) {
      throwsCode(() => make().bind({ port: 0, address: wrong }), 'ERR_INVALID_ARG_TYPE');
      throwsCode(() => make().bind(0, wrong), 'ERR_INVALID_ARG_TYPE');
    }
    for (const wrong of [5, true, {}, null])
      throwsCode(() => make().connect(4242, wrong), 'ERR_INVALID_ARG_TYPE');
    for (const none of [null, '', 0, undefined])
      assert.equal((await bound('udp4', 0, none)).address().address, '0.0.0.0');
  },
  'bind: an address in use is emitted as error EADDRINUSE': async () => {
    const one = await bound('udp4', 0, address);
    const two = make();
    two.bind(one.address().port, address);
    const [error] = await once(two, 'error');
    tells(error, 'EADDRINUSE', 'bind', address, one.address().port);
  },
  'bind: the callback of one that failed is not called by the next': async () => {
    const one = await bound('udp4', 0, address);
    const two = make();
    const called = [];
    two.bind(one.address().port, address, () => called.push('first'));
    await once(two, 'error');
    await new Promise((resolve) => two.bind(0, address, () => resolve(called.push('second'))));
    assert.deepEqual(called, ['second']);
  },
  'bind: an address of nobody is emitted as error EADDRNOTAVAIL': async () => {
    const socket = make();
    socket.bind(0, '192.0.2.1');
    const [error] = await once(socket, 'error');
    tells(error, 'EADDRNOTAVAIL', 'bind', '192.0.2.1');
  },
  'reuseAddr: two sockets have one address': async () => {
    const options = { type: 'udp4', reuseAddr: true };
    const one = await bound(options, 0, address);
    const two = await bound(options, one.address().port, address);
    assert.deepEqual(two.address(), one.address());
  },
  'address: before bind throws EBADF': () => throwsCall(() => make().address(), 'EBADF', 'getsockname'),
  'close: emits close, calls back; then everything throws ERR_SOCKET_DGRAM_NOT_RUNNING': async () => {
    const socket = await bound('udp4', 0, address);
    let called = 0;
    socket.close(() => called++);
    await once(socket, 'close');
    assert.equal(called, 1);
    for (const act of ['close', 'address', 'remoteAddress'])
      throwsCode(() => socket[act](), 'ERR_SOCKET_DGRAM_NOT_RUNNING');
    throwsCode(() => socket.bind(), 'ERR_SOCKET_DGRAM_NOT_RUNNING');
    throwsCode(() => socket.send('x', 9, peer), 'ERR_SOCKET_DGRAM_NOT_RUNNING');
  },
  'signal: aborting closes': async () => {
    const abort = new AbortController();
    const socket = await bound({ type: 'udp4', signal: abort.signal }, 0, address);
    abort.abort();
    await once(socket, 'close');
  },
  'connect: emits connect, calls back, remoteAddress tells the peer': async () => {
    const socket = make();
    let called = 0;
    socket.connect(4242, peer, () => called++);
    await once(socket, 'connect');
    await new Promise(setImmediate);
    assert.equal(called, 1);
    assert.deepEqual(socket.remoteAddress(), { address: peer, family: 'IPv4', port: 4242 });
    assert.equal(socket.address().address, address);
  },
  'connect: an address that is none of IPv4 is EINVAL, to the callback': async () => {
    const error = await new Promise((resolve) => make().connect(4242, '::1', resolve));
    tells(error, 'EINVAL', 'connect', '::1', 4242);
  },
  'connect: twice throws ERR_SOCKET_DGRAM_IS_CONNECTED; disconnect undoes it, twice throws ..._NOT_CONNECTED':
    async () => {
      const socket = make();
      throwsCode(() => socket.remoteAddress(), 'ERR_SOCKET_DGRAM_NOT_CONNECTED');
      throwsCode(() => socket.disconnect(), 'ERR_SOCKET_DGRAM_NOT_CONNECTED');
      socket.connect(4242, peer);
      await once(socket, 'connect');
      throwsCode(() => socket.connect(4243, peer), 'ERR_SOCKET_DGRAM_IS_CONNECTED');
      socket.disconnect();
      throwsCode(() => socket.remoteAddress(), 'ERR_SOCKET_DGRAM_NOT_CONNECTED');
    },
  'send: one that is connecting is not connected: ERR_SOCKET_BAD_PORT without a port, then none is needed':
    async () => {
      for (const socket of [make(), await bound('udp4', 0, address)]) {
        socket.connect(4242, peer);
        throwsCode(() => socket.send('x'), 'ERR_SOCKET_BAD_PORT');
        await once(socket, 'connect');
        assert.equal(await new Promise((resolve) => socket.send('x', resolve)), null);
      }
    },
  'connect: what the peer refuses is emitted as error ECONNREFUSED; the socket goes on': async () => {
    const socket = make();
    socket.connect(4242, peer);
    await once(socket, 'connect');
    for (let n = 0; n < 2; n++) {
      socket.send('x');
      const [error] = await new Promise((resolve) => socket.once('error', (...args) => resolve(args)));
      tells(error, 'ECONNREFUSED', 'recvmsg');
    }
  },
  'what a listener throws is an uncaughtException: of listening, connect and error': async () => {
    const taken = (await bound('udp4', 0, address)).address().port;
    const acts = [
      ['listening', (socket) => socket.bind(0, address)],
      ['connect', (socket) => socket.connect(4242, peer)],
      ['error', (socket) => socket.bind(taken, address)],
      ['error', (socket) => socket.connect(4242, '::1')],
    ];
    const caught = [];
    const onUncaught = (error, origin) => caught.push(`${error.message} ${origin}`);
    process.on('uncaughtException', onUncaught);
    for (const [event, act] of acts) {
      const socket = make();
      socket.once(event, () => {
        throw new Error(event);
      });
      const told = new Promise((resolve) => process.once('uncaughtException', resolve));
      act(socket);
      await told;
    }
    process.off('uncaughtException', onUncaught);
    assert.deepEqual(
      caught,
      acts.map(([event]) => `${event} uncaughtException`),
    );
  },
  'signal: a closed socket listens to it no more': async () => {
    const { signal } = new AbortController();
    const socket = await bound({ type: 'udp4', signal }, 0, address);
    socket.close();
    await once(socket, 'close');
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  },
  'close: while binding, the port is free afterwards': async () => {
    // Of evlnet's sockets one that stays keeps the connection to the worker, which would take all with it.
    await bound('udp4', 0, address);
    const free = await bound('udp4', 0, address);
    const { port } = free.address();
    const freed = once(free, 'close');
    free.close();
    await freed;
    const socket = make();
    socket.bind(port, address);
    const closed = once(socket, 'close');
    socket.close();
    await closed;
    for (const until = Date.now() + 15_000; ; ) {
      const next = make();
      const refused = new Promise((resolve) => next.once('error', resolve));
      next.bind(port, address);
      const error = await Promise.race([refused, new Promise((resolve) => next.once('listening', resolve))]);
      if (error === undefined) return;
      if (Date.now() > until) throw error;
    }
  },
  'close: nothing comes after it, of connect and of groups': async () => {
    const slow = (error) => (host, _options, done) =>
      host.endsWith('.test') ? setTimeout(done, 20, error, peer, 4) : setImmediate(done, null, host, 4);
    const unknown = slow(Object.assign(new Error('nobody'), { code: 'ENOTFOUND' }));
    const acts = [
      [{}, (socket) => socket.connect(4242, peer)],
      [{}, (socket) => socket.connect(4242, '203.0.113.1')],
      [{ lookup: slow(null) }, (socket) => socket.connect(4242, 'peer.test')],
      [{ lookup: unknown }, (socket) => socket.connect(4242, 'peer.test')],
      [{}, (socket) => socket.addMembership('239.1.2.3', address)],
    ];
    for (const begin of [bound, make])
      for (const [options, act] of acts) {
        const socket = await begin({ type: 'udp4', ...options });
        const told = [];
        for (const event of ['listening', 'connect', 'error', 'close'])
          socket.on(event, () => told.push(event));
        act(socket);
        socket.close();
        await new Promise((resolve) => setTimeout(resolve, 60));
        assert.deepEqual([begin.name, String(act), told.at(-1)], [begin.name, String(act), 'close']);
      }
  },
  'send: calls back with no error and the octets; binds by itself': async () => {
    const socket = make();
    const result = await new Promise((resolve) => socket.send('hello', 9, peer, (...a) => resolve(a)));
    assert.deepEqual(result, [null, 5]);
    assert.ok(socket.address().port > 1023);
  },
  'send: a datagram that was handed over is sent, though the socket is closed at once': async () => {
    for (const soon of [setImmediate, (act) => act()])
      for (let n = 0; n < 20; n++) {
        const socket = await bound('udp4', 0, address);
        socket.connect(9, peer);
        await once(socket, 'connect');
        const sent = new Promise((resolve) => socket.send('x', (...told) => resolve(told)));
        // once() would end with what the peer refuses.
        const closed = new Promise((resolve) => socket.once('close', resolve));
        soon(() => socket.close());
        assert.deepEqual(await sent, [null, 1]);
        await closed;
      }
  },
  'send: an array is one datagram, offset and length a part of a buffer': async () => {
    const socket = make();
    const send = (...args) =>
      new Promise((resolve, reject) => socket.send(...args, (e, n) => (e ? reject(e) : resolve(n))));
    assert.equal(await send(['ab', Buffer.from('cd')], 9, peer), 4);
    assert.equal(await send(Buffer.from('abcdef'), 2, 3, 9, peer), 3);
    assert.equal(await send(new Uint8Array(0), 9, peer), 0);
  },
  'send: a part beyond the buffer throws ERR_BUFFER_OUT_OF_BOUNDS, what is no buffer ERR_INVALID_ARG_TYPE':
    () => {
      throwsCode(() => make().send(Buffer.from('abc'), 2, 3, 9, peer), 'ERR_BUFFER_OUT_OF_BOUNDS');
      throwsCode(() => make().send(42, 9, peer), 'ERR_INVALID_ARG_TYPE');
    },
  'send: too long is EMSGSIZE, to the callback': async () => {
    const socket = make();
    const error = await new Promise((resolve) => socket.send(Buffer.alloc(65_508), 9, peer, resolve));
    tells(error, 'EMSGSIZE', 'send', peer, 9);
    socket.connect(9, peer);
    await once(socket, 'connect');
    tells(await new Promise((resolve) => socket.send(Buffer.alloc(65_508), resolve)), 'EMSGSIZE', 'send');
  },
  'send: to a broadcast address is EACCES until setBroadcast(true)': async () => {
    const socket = await bound('udp4', 0, address);
    const send = () => new Promise((resolve) => socket.send('x', 9, '10.10.10.255', resolve));
    tells(await send(), 'EACCES', 'send', '10.10.10.255', 9);
    socket.setBroadcast(true);
    assert.equal(await send(), null);
  },
  'addMembership: what is no group throws EINVAL, nobody’s address ENODEV, twice EADDRINUSE': async () => {
    const socket = await bound('udp4', 0);
    throwsCall(() => socket.addMembership('10.10.10.9', address), 'EINVAL', 'addMembership');
    throwsCall(() => socket.addMembership('239.1.2.3', '192.0.2.1'), 'ENODEV', 'addMembership');
    socket.addMembership('239.1.2.3', address);
    throwsCall(() => socket.addMembership('239.1.2.3', address), 'EADDRINUSE', 'addMembership');
  },
  'dropMembership: of what is not joined throws EADDRNOTAVAIL': async () => {
    const socket = await bound('udp4', 0);
    throwsCall(() => socket.dropMembership('239.1.2.3', address), 'EADDRNOTAVAIL', 'dropMembership');
    socket.addMembership('239.1.2.3', address);
    socket.dropMembership('239.1.2.3', address);
    throwsCall(() => socket.dropMembership('239.1.2.3', address), 'EADDRNOTAVAIL', 'dropMembership');
  },
  'addMembership: a socket that is not bound is bound to any port': async () => {
    const socket = make();
    socket.addMembership('239.1.2.3', address);
    const until = Date.now() + 15_000;
    while (!isBound(socket) && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(socket.address().address, '0.0.0.0');
  },
  'a member gets what it sends to its group itself, from its own address': async () => {
    const socket = await bound('udp4', 0);
    const { port } = socket.address();
    socket.addMembership('239.1.2.3', address);
    socket.setMulticastInterface(address);
    const came = once(socket, 'message');
    socket.send('evlnet', port, '239.1.2.3');
    const [message, from] = await came;
    assert.deepEqual([String(message), from.address, from.port], ['evlnet', address, port]);
  },
  'setMulticastLoopback(false): not what it sends itself; both setters return what they were given':
    async () => {
      const [one, two] = [await bound('udp4', 0), await bound('udp4', 0)];
      one.addMembership('239.1.2.3', address);
      const came = [];
      one.on('message', (message) => came.push(String(message)));
      for (const socket of [one, two]) socket.setMulticastInterface(address);
      assert.deepEqual([two.setMulticastLoopback(false), two.setMulticastTTL(2)], [false, 2]);
      const send = (socket, text) =>
        new Promise((resolve) => socket.send(text, one.address().port, '239.1.2.3', resolve));
      await send(two, 'unheard');
      await send(one, 'heard');
      while (came.length === 0) await once(one, 'message');
      assert.deepEqual(came, ['heard']);
    },
  'setMulticastTTL: what is no number throws ERR_INVALID_ARG_TYPE': async () => {
    const socket = await bound('udp4', 0, address);
    throwsCode(() => socket.setMulticastTTL('far'), 'ERR_INVALID_ARG_TYPE');
  },
  'setTTL, setMulticastTTL: what is too small or too large throws EINVAL': async () => {
    const socket = await bound('udp4', 0, address);
    for (const ttl of [0, 256]) throwsCall(() => socket.setTTL(ttl), 'EINVAL', 'setTTL');
    for (const ttl of [-1, 256]) throwsCall(() => socket.setMulticastTTL(ttl), 'EINVAL', 'setMulticastTTL');
    throwsCode(() => socket.setTTL('far'), 'ERR_INVALID_ARG_TYPE');
    throwsCall(() => socket.setMulticastInterface('192.0.2.1'), 'EADDRNOTAVAIL', 'setMulticastInterface');
    throwsCode(() => socket.setMulticastInterface(7), 'ERR_INVALID_ARG_TYPE');
    throwsCode(() => socket.addMembership(), 'ERR_MISSING_ARGS');
    throwsCode(() => socket.dropMembership(), 'ERR_MISSING_ARGS');
  },
  'options that are none throw ERR_INVALID_ARG_TYPE, sizes that are none ERR_OUT_OF_RANGE': () => {
    for (const wrong of [{ lookup: 1 }, { signal: 1 }, { recvBufferSize: 'x' }, { sendBufferSize: 'x' }])
      throwsCode(() => make({ type: 'udp4', ...wrong }), 'ERR_INVALID_ARG_TYPE');
    for (const wrong of [{ recvBufferSize: -1 }, { sendBufferSize: 1.5 }, { recvBufferSize: 2 ** 33 }])
      throwsCode(() => make({ type: 'udp4', ...wrong }), 'ERR_OUT_OF_RANGE');
  },
  '…BufferSize: before bind throws ERR_SOCKET_BUFFER_SIZE': () => {
    for (const [way, syscall] of [
      ['Recv', 'uv_recv_buffer_size'],
      ['Send', 'uv_send_buffer_size'],
    ])
      for (const act of ['get', 'set'])
        assert.throws(() => make()[`${act}${way}BufferSize`](5000), {
          code: 'ERR_SOCKET_BUFFER_SIZE',
          errno: -constants.errno.EBADF,
          syscall,
        });
  },
  'set…BufferSize: what is no size throws ERR_SOCKET_BAD_BUFFER_SIZE; what waits beyond it is sent':
    async () => {
      const socket = await bound('udp4', 0, address);
      for (const size of [-1, '1', Number.POSITIVE_INFINITY]) {
        throwsCode(() => socket.setRecvBufferSize(size), 'ERR_SOCKET_BAD_BUFFER_SIZE');
        throwsCode(() => socket.setSendBufferSize(size), 'ERR_SOCKET_BAD_BUFFER_SIZE');
      }
      socket.setSendBufferSize(5000);
      const send = () =>
        new Promise((resolve, reject) =>
          socket.send(Buffer.alloc(3000), 9, peer, (e, n) => (e ? reject(e) : resolve(n))),
        );
      assert.deepEqual(await Promise.all([send(), send(), send()]), [3000, 3000, 3000]);
    },
  'lookup finds the addresses of names': async () => {
    const asked = [];
    const lookup = (host, _options, done) => {
      asked.push(host);
      done(null, host === 'peer.test' ? peer : host, 4);
    };
    const socket = make({ type: 'udp4', lookup });
    await new Promise((resolve) => socket.bind(0, address, resolve));
    await new Promise((resolve, reject) =>
      socket.send('x', 9, 'peer.test', (e) => (e ? reject(e) : resolve())),
    );
    assert.equal(asked.at(-1), 'peer.test');
    const error = await new Promise((resolve) => make().send('x', 9, '::1', resolve));
    tells(error, 'EINVAL', 'send', '::1', 9);
  },
  'ref and unref return the socket': async () => {
    const socket = await bound('udp4', 0, address);
    assert.equal(socket.unref(), socket);
    assert.equal(socket.ref(), socket);
  },
};

for (const [name, run] of Object.entries(cases)) {
  let wrong;
  try {
    const timeout = new Promise((_, reject) =>
      setTimeout(reject, 20_000, new Error('not within 20 s')).unref(),
    );
    await Promise.race([run(), timeout]);
  } catch (error) {
    wrong = error.message;
  }
  process.stdout.write(`${JSON.stringify({ name, wrong })}\n`);
  for (const socket of [...open]) {
    const closed = once(socket, 'close');
    socket.close();
    await closed;
  }
}
process.exit(0);
