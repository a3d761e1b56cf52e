// A session with a language server through vscode-languageserver-protocol: start, initialize, end.

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { once } from "node:events";

const require = createRequire(process.env.PROTOCOL_CLIENT_HOME + "/package.json");
export const lsp = require("vscode-languageserver-protocol/node");

export async function readJob() {
  let text = "";
  for await (const chunk of process.stdin) text += chunk;
  return JSON.parse(text);
}

/** Starts `command`; `statuses` and `progress` collect what the server tells while the session lasts. */
export async function open({ command, folder = null, settings = null }) {
  const child = spawn(command[0], command.slice(1), { cwd: "/", stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit").then(([code]) => code);
  const connection = lsp.createProtocolConnection(
    new lsp.StreamMessageReader(child.stdout),
    new lsp.StreamMessageWriter(child.stdin),
  );
  const statuses = [], progress = [], waiting = [];
  connection.onNotification("holesmith/status", (status) => {
    statuses.push(status);
    for (const wake of waiting.splice(0)) wake();
  });
  connection.onRequest(lsp.WorkDoneProgressCreateRequest.type, () => {});
  connection.onNotification("$/progress", ({ value }) => progress.push(value.kind));
  connection.onRequest(lsp.ConfigurationRequest.type, ({ items }) => items.map(() => settings));
  connection.listen();
  const initialized = await connection.sendRequest(lsp.InitializeRequest.type, {
    processId: process.pid,
    rootUri: folder,
    workspaceFolders: folder === null ? null : [{ uri: folder, name: "workspace" }],
    capabilities: {
      general: { positionEncodings: ["utf-16"] },
      window: { workDoneProgress: true },
      workspace: { configuration: true, workspaceFolders: true },
      textDocument: { inlineCompletion: {}, completion: { completionItem: { snippetSupport: false } } },
    },
  });
  await connection.sendNotification(lsp.InitializedNotification.type, {});

  async function statusWhere(isWanted) {
    for (let seen = 0; ; ) {
      for (; seen < statuses.length; seen++) if (isWanted(statuses[seen])) return statuses[seen];
      await new Promise((wake) => waiting.push(wake));
    }
  }

  return {
    connection, statuses, progress, statusWhere,
    capabilities: initialized.capabilities,
    openDocument: (uri, languageId, text) =>
      connection.sendNotification(lsp.DidOpenTextDocumentNotification.type, {
        textDocument: { uri, languageId, version: 1, text },
      }),
    inline: (uri, position, token) =>
      connection.sendRequest(lsp.InlineCompletionRequest.type, {
        textDocument: { uri }, position,
        context: { triggerKind: lsp.InlineCompletionTriggerKind.Invoked },
      }, token),
    menu: (uri, position) =>
      connection.sendRequest(lsp.CompletionRequest.type, { textDocument: { uri }, position }),
    /** Ends by the book; the exit code. */
    async close() {
      await connection.sendRequest(lsp.ShutdownRequest.type);
      await connection.sendNotification(lsp.ExitNotification.type);
      const code = await exited;
      connection.dispose();
      return code;
    },
  };
}
