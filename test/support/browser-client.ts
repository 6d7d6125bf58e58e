/** Runs in the page of a browser: a client of the SDK v1, as web applications and the Inspector's direct mode use it. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

declare global {
  var connect: (url: string) => Promise<string>;
}

globalThis.connect = async (url) => {
  const client = new Client({ name: 'page', version: '1.0.0' });
  client.onerror = () => {};
  const transport = new StreamableHTTPClientTransport(new URL(url));
  try {
    await client.connect(transport, { timeout: 3_000 });
    const { tools } = await client.listTools(undefined, { timeout: 3_000 });
    const end = await transport.terminateSession().then(
      () => '',
      (error) => `, and cannot end its session: ${error}`,
    );
    return `connects: ${tools.length} tools${end}`;
  } catch (error) {
    return String(error);
  } finally {
    await client.close().catch(() => {});
  }
};
