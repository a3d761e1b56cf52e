// Writes the server's settings, from its JSON schema, into package.json beside the settings of the extension itself.
import { readFileSync, writeFileSync } from 'node:fs';

// What names a file or a folder is the user's to say: a workspace's settings can't.
const USERS = ['holesmith.model', 'holesmith.analysis.python'];

// In this order in the editor's list of settings; those that are not named follow.
const FIRST = [
  'model', 'device', 'inline.enabled', 'editor.languages', 'inline.lines', 'inline.tokensMax', 'inline.inComments',
  'inline.confidenceMin', 'inline.debounceMsMax', 'inline.candidatesMax', 'inline.lookAhead', 'menu.enabled', 'context.enabled',
  'monitor.enabled', 'analysis.python', 'editor.program',
].map((name) => `holesmith.${name}`);

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
const offered = [
  ...own,
  ...ofServer.map(([name, { description, ...rest }]) => {
    const scope = USERS.includes(name) ? 'machine' : 'window';
    return [name, { scope, markdownDescription: inWordsOfTheEditor(description), ...(rest.default === null ? asText(rest) : rest) }];
  }),
];
const place = ([name]) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length + offered.findIndex((entry) => entry[0] === name));
offered.sort((one, other) => place(one) - place(other));
configuration.properties = Object.fromEntries(offered.map(([name, entry], order) => [name, { ...entry, order }]));

/** The editor has no field for a text that may be null: an empty one stands for that, and the extension takes it away. */
function asText({ type: _type, minLength: _least, ...rest }) {
  return { ...rest, type: 'string', default: '' };
}

/** What the schema says of null holds for the empty text. */
function inWordsOfTheEditor(description) {
  return description.replace('; null ', '; an empty text ');
}
writeFileSync(new URL('package.json', import.meta.url), JSON.stringify(manifest, null, 2) + '\n');
