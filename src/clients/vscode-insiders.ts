import { defineClient } from './client.js';
import vscode, { logsOf, placesOf } from './vscode.js';

/** The preview edition: as VS Code, in folders of its own, and with its own name in the handshake. */
export default defineClient({
  ...vscode,
  id: 'vscode-insiders',
  name: 'VS Code Insiders',
  is: /(?:vs ?-?code|\bcode)[-_ ]+insiders/i,
  program: /Code - Insiders(?:\.app)?[\\/]/i,
  places: placesOf('Code - Insiders'),
  handshake: { ...vscode.handshake, name: 'Visual Studio Code - Insiders' },
  logs: logsOf('Code - Insiders'),
  doubts: {
    ...vscode.doubts,
    'handshake.name': 'The name follows from that of the product and was not seen.',
  },
});
