/** A file of a client with one server called "weather", laid out as that place wants it. */
import type { Client, ConfigPlace } from '../../src/clients/client.js';

/** `project`: the folder that stands for the `*` in the way to the servers. */
export function formOfPlace({ entry: form }: Client, place: ConfigPlace, project = ''): string {
  const { command, args, type } = form;
  const own: Record<string, unknown> = {
    ...(type.stdio !== null && { [type.key]: type.stdio }),
    [command.key]: command.holds === 'list' ? ['node', 'x.js'] : 'node',
    ...(command.holds !== 'list' && args !== null && { [args]: ['x.js'] }),
  };
  const servers = place.list ? [{ name: 'weather', ...own }] : { weather: own };
  const keys = place.root.map((key) => (key === '*' ? project : key));
  if (place.format === 'toml')
    return `[${[...keys, 'weather'].join('.')}]\n${Object.entries(own)
      .map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`)
      .join('')}`;
  // JSON is YAML as well.
  return JSON.stringify(
    keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), servers),
    null,
    2,
  );
}
