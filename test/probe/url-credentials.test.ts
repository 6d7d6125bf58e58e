/** A user name and password in the URL are sent as RFC 7617 says, and stand nowhere afterwards. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { investigate } from '../../src/probe/investigate.js';
import { reply } from '../servers/support/minimal-mcp.mjs';

let close = () => {};
afterEach(() => close());

/** A server that wants this Basic header, and repeats what it got in its refusals. */
async function guarded(wanted: string): Promise<string> {
  const server = createServer((request, response) => {
    const { authorization } = request.headers;
    if (authorization !== `Basic ${Buffer.from(wanted).toString('base64')}`)
      return response.writeHead(401, { 'www-authenticate': 'Basic realm="notes"' }).end(`no: ${authorization}`);
    if (request.method !== 'POST') return response.writeHead(405).end();
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    return request.on('end', () => {
      const answer = reply(JSON.parse(body));
      if (!answer) return response.writeHead(202).end();
      return response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  return `127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

const handshake = async (url: string, headers = {}) => {
  const file = await investigate({ kind: 'http', url, headers });
  return { file, opened: file.evidence.handshake?.status === 'seen' && file.evidence.handshake.value.used };
};

it('right ones open the conversation', async () => {
  const place = await guarded('bob:p@ss word');
  expect((await handshake(`http://bob:p%40ss%20word@${place}`)).opened).toBe('initialize');
});

it('a header of the user goes before', async () => {
  const place = await guarded('ann:other-secret');
  const authorization = `Basic ${Buffer.from('ann:other-secret').toString('base64')}`;
  expect((await handshake(`http://bob:planted-secret@${place}`, { authorization })).opened).toBe('initialize');
});

it.each(['planted-secret', 'half%zz-secret'])(
  'wrong ones (%s) are refused, and kept nowhere, in no form',
  async (word) => {
    const place = await guarded('bob:right');
    const { file, opened } = await handshake(`http://bob:${word}@${place}`);
    expect(opened).toBeUndefined();
    const text = JSON.stringify(file);
    expect(text).toContain('"credentials":"sent"');
    expect(text).not.toContain(word);
    expect(text).not.toContain(Buffer.from(`bob:${word}`).toString('base64'));
  },
);
