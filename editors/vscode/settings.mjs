// Writes the server's settings, from its JSON schema, into package.json beside the settings of the extension itself.
import { readFileSync, writeFileSync } from 'node:fs';

// What names a file or a folder is the user's to say: a workspace's settings can't.
const USERS = ['holesmith.model', 'holesmith.analysis.python'];

const read = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));

function* leaves(schema, prefix) {
  for (const [name, entry] of Object.entries(schema.properties)) {
    if (entry.properties) yield* leaves(entry, `${prefix}${name}.`);
    else yield [prefix + name, entry];
  }
}

const manifest = read('package.json');
const { configuration } = manifest.contributes;
const own = Object.entries(configuration.properties).filter(([name]) => name.startsWith('holesmith.editor.'));
const ofServer = [...leaves(read('../../lsp/settings.schema.json'), 'holesmith.')];
configuration.properties = Object.fromEntries([
  ...own,
  ...ofServer.map(([name, { description, ...rest }]) => {
    const scope = USERS.includes(name) ? 'machine' : 'window';
    return [name, { scope, markdownDescription: description, ...rest }];
  }),
]);
writeFileSync(new URL('package.json', import.meta.url), JSON.stringify(manifest, null, 2) + '\n');
