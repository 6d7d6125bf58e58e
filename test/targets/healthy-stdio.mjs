// A sound server over stdio, written by hand.
import { serveStdio } from './sound.mjs';

serveStdio();
