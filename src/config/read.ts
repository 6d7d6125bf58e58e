/** From the bytes of a configuration file to its text, its values with their places, and what is wrong with its syntax. */
import type { ConfigFormat } from '../clients/client.js';
import type { ConfigText } from './config.js';
import { decode } from './encoding.js';
import { readJson } from './read-json.js';
import { readToml } from './read-toml.js';
import { readYaml } from './read-yaml.js';

/** Reads a file. Never throws: what cannot be read is a fault. */
export function readConfig(bytes: Uint8Array, format: ConfigFormat): ConfigText {
  const { text, encoding, faults } = decode(bytes);
  const config = readText(text, format);
  // YAML and TOML allow a byte order mark, and their parsers skip it; the scanner of VS Code takes it for a blank.
  const counts = faults.filter(({ rule }) => rule !== 'syntax-bom' || format === 'json');
  return { ...config, encoding, faults: [...counts, ...config.faults] };
}

/** Reads a text that is decoded already. Never throws. */
export function readText(text: string, format: ConfigFormat): ConfigText {
  const encoding = { bom: false, charset: 'utf-8' } as const;
  if (format === 'json' || format === 'jsonc') return { format, text, encoding, ...readJson(text, format) };
  const { root, faults } = format === 'toml' ? readToml(text) : readYaml(text);
  return { format, text, encoding, root, faults };
}
