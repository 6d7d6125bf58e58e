import { expect, it } from 'vitest';
import { attachedArgs } from '../../src/case/container-line.js';

it.each([
  ['docker run --rm acme/notes serve', 'run -i --rm acme/notes serve'],
  ['docker run -it --rm acme/notes', 'run -i --rm acme/notes'],
  ['docker run -d -e KEY=1 acme/notes -t', 'run -i -e KEY=1 acme/notes -t'],
  ['docker --context x run --tty --detach=true acme/notes', '--context x run -i acme/notes'],
  ['podman exec notes python -i server.py', 'exec -i notes python -i server.py'],
])('%s', (line, wanted) => {
  const [command = '', ...args] = line.split(' ');
  expect(attachedArgs({ command, args })?.join(' ')).toBe(wanted);
});

it('says nothing of compose, of a shell around the engine, or of no container at all', () => {
  expect(attachedArgs({ command: 'docker', args: ['compose', 'up', 'notes'] })).toBeNull();
  expect(attachedArgs({ command: 'sh', args: ['-c', 'docker run notes'] })).toBeNull();
  expect(attachedArgs({ command: 'node', args: ['server.js'] })).toBeNull();
});
