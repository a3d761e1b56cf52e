// A language client that starts its server's program for real, and then says what the session's job lets the server say.
import { job, seen, start } from './vscode.mjs';

export class LanguageClient {
  handlers = {};
  constructor(id, name, executable) { this.executable = executable; }
  onNotification(method, handler) { this.handlers[method] = handler; }
  onDidChangeState() {}
  async dispose() {}
  isRunning() { return true; }
  async sendRequest(method, parameters) { seen.asked.push([method, parameters]); return job.page; }
  async start() {
    const { command, args, options } = this.executable;
    start(command, args, options);
    for (const [method, params] of job.notifications?.splice(0) ?? []) this.handlers[method]?.(params);
  }
}
export const State = { Stopped: 1 };
export const MessageType = { Error: 1, Warning: 2, Info: 3 };
