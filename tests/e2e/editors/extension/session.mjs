// A session of VS Code with a workspace open, whose folder is the current one: reads a job, starts the extension's server.
import { readFileSync } from 'node:fs';
import { Counters } from '../../../../editors/vscode/src/counters';
import { Pages, openLocation } from '../../../../editors/vscode/src/pages';
import { Server } from '../../../../editors/vscode/src/server';
import { StatusItem } from '../../../../editors/vscode/src/status';
import { Switches } from '../../../../editors/vscode/src/switches';
import { activate } from '../../../../editors/vscode/src/extension';
import { commands, job, seen } from './vscode.mjs';

Object.assign(job, JSON.parse(readFileSync(0, 'utf8')));
process.chdir(job.workspace);
Object.assign(process.env, job.environment);
const memory = { get: (_, otherwise) => otherwise, update: async () => {} };
const context = {
  subscriptions: [], globalState: memory, globalStorageUri: { fsPath: job.storage }, extensionPath: job.extension,
};
const switches = new Switches(context);
const counters = new Counters(memory);
const server = new Server(context, switches, counters, new StatusItem(switches, counters));
if (job.commands) {
  activate(context);
  for (const command of job.commands) await commands.executeCommand(command);
} else {
  await server.start();
}
const until = async (list, length) => { while (list.length < length) await new Promise((resolve) => setTimeout(resolve, 5)); };
await until(seen.messages, job.messagesMin ?? 0);
await until(seen.started, job.startedMin ?? 0);
if (job.page) await new Pages(server).show('explanation');
for (const location of job.locations ?? []) await openLocation(...location);
console.log(JSON.stringify(seen));
process.exit(0); // a question may stand there for ever
