import { describe, expect, it } from 'vitest';
import { containerLine, detachedBy } from '../../src/case/container-line.js';

const of = (line: string) => {
  const [command = '', ...args] = line.split(' ');
  return containerLine({ command, args });
};

describe('what a container line asks for', () => {
  it.each([
    ['docker run --rm acme/notes', 'docker run without -i', 'acme/notes'],
    ['docker run -i --rm acme/notes', null, 'acme/notes'],
    ['docker run --rm -it -e KEY acme/notes', null, 'acme/notes'],
    ['docker run --interactive=true acme/notes', null, 'acme/notes'],
    ['docker run --interactive=false acme/notes', 'docker run without -i', 'acme/notes'],
    ['docker run --name -i acme/notes', 'docker run without -i', 'acme/notes'],
    ['docker run -e -i acme/notes', 'docker run without -i', 'acme/notes'],
    ['docker run -eKEY=1 -iv /srv:/srv acme/notes', null, 'acme/notes'],
    ['docker run --rm acme/notes -i', 'docker run with -i behind the image', 'acme/notes'],
    ['docker run -d -i acme/notes', 'docker run -d', 'acme/notes'],
    ['docker --context desktop-linux container run -i acme/notes', null, 'acme/notes'],
    ['C:\\bin\\docker.exe run acme/notes', 'docker run without -i', 'acme/notes'],
    ['podman run --rm acme/notes', 'podman run without -i', 'acme/notes'],
    ['docker exec notes node x.js', 'docker exec without -i', 'notes'],
    ['docker start -ai notes', null, 'notes'],
    ['docker compose -f /srv/compose.yml up notes', 'docker compose up', 'notes'],
    ['docker compose run --rm notes', null, 'notes'],
    ['docker-compose run -T notes', null, 'notes'],
    ['kubectl exec notes-0 -i -- node x.js', null, 'notes-0'],
    ['kubectl exec notes-0 -- node x.js -i', 'kubectl exec without -i', 'notes-0'],
    ['cmd /c docker run acme/notes', 'docker run without -i', 'acme/notes'],
  ])('%s', (line, how, subject) => {
    const found = of(line);
    expect(detachedBy(found)).toBe(how);
    expect(found?.subject).toBe(subject);
  });

  it('reads the words of a shell', () => {
    expect(containerLine({ command: 'sh', args: ['-c', 'docker run acme/notes'] })).toMatchObject({
      verb: 'run',
      verbAt: null,
    });
  });

  it.each(['node docker run x', 'docker ps', 'docker mcp gateway run', 'npx -y docker-mcp'])(
    '%s starts no container',
    (line) => {
      expect(of(line)).toBeNull();
    },
  );

  it.each([
    ['docker run -i x', 0],
    ['docker --context a run -i x', 2],
    ['docker container run -i x', 1],
    ['cmd /c docker run x', null],
  ])('%s: where the verb stands', (line, at) => {
    expect(of(line)?.verbAt).toBe(at);
  });
});
