/** All set-ups of real parts. `ca` signs what they present over TLS. */
import type { Authority } from '../support/tls.js';
import { edges } from './edges.js';
import { healthy } from './healthy.js';
import { network } from './network.js';
import type { Scene } from './scene.js';

export const scenes = (ca: Authority): Scene[] => [...healthy(ca), ...edges, ...network(ca)];
