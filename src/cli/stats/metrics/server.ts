import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getSystemErrorMap } from 'node:util';
import { EvlnetError } from '../../../errors.js';
import { CONTENT_TYPES, type Format } from './exposition.js';
import { authority, type ListenAddress } from './listen-address.js';
import { preferredFormat } from './negotiation.js';

const PATH = '/metrics';

/** Answers scrapes until `stop` aborts. */
export async function serve(
  address: ListenAddress,
  scrape: (format: Format) => Promise<string>,
  stop: AbortSignal,
  onListening: (url: string) => void,
): Promise<void> {
  const server = createServer(answer(scrape));
  await listen(server, address);
  // Of one connection, which comes again.
  server.on('error', () => undefined);
  const { address: host, port } = server.address() as AddressInfo;
  onListening(`http://${authority(host, port)}${PATH}`);
  if (!stop.aborted) await once(stop, 'abort');
  server.close();
  server.closeAllConnections();
}

const answer =
  (scrape: (format: Format) => Promise<string>): RequestListener =>
  async ({ url = '', method = '', headers }, response) => {
    if (url.split('?')[0] !== PATH) return plain(response, 404, `there is only ${PATH}`);
    if (method !== 'GET' && method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return plain(response, 405, `${method} is not for ${PATH}`);
    }
    const format = preferredFormat(headers.accept);
    try {
      const text = await scrape(format);
      response.setHeader('Vary', 'Accept');
      send(response, 200, CONTENT_TYPES[format], text);
    } catch (error) {
      // The next scrape may find it mended.
      plain(response, 500, error instanceof Error ? error.message : String(error));
    }
  };

const plain = (response: ServerResponse, status: number, text: string): void =>
  send(response, status, 'text/plain; charset=utf-8', `${text}\n`);

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

const HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE: '"ss -ltnp" tells who listens there',
  EADDRNOTAVAIL: '"ip address" lists the addresses of this host',
  EACCES: 'run as root, or name a port above 1023',
};

async function listen(server: Server, address: ListenAddress): Promise<void> {
  try {
    await once(server.listen(address), 'listening');
  } catch (error) {
    const { code = '', errno = 0 } = error as NodeJS.ErrnoException;
    const reason = getSystemErrorMap().get(errno)?.[1] ?? (error as Error).message;
    const hint = HINTS[code];
    throw new EvlnetError(
      'EVL_LISTEN',
      `Cannot listen on ${authority(address.host ?? '', address.port)}: ${reason} (${code})`,
      {
        cause: error,
        errno: Math.abs(errno),
        ...(hint === undefined ? {} : { hint }),
      },
    );
  }
}
