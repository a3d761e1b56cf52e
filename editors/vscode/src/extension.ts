// Where the extension begins: it puts its parts together, and starts the server.
import { ExtensionContext, workspace } from 'vscode';
import { registerCommands } from './commands';
import { Counters } from './counters';
import { Server } from './server';
import { StatusItem } from './status';
import { Switches } from './switches';

let server: Server | undefined;

export function activate(context: ExtensionContext): void {
  const switches = new Switches(context);
  const counters = new Counters(context.globalState);
  const status = new StatusItem(switches, counters);
  server = new Server(context, switches, counters, status);
  context.subscriptions.push(status, server, ...registerCommands(server, switches, counters));
  context.subscriptions.push(
    workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('holesmith.editor.program')) void server?.restart();
    }),
  );
  // Not awaited: it may ask whether to install the server, and commands wait until the extension is active.
  void server.start();
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
