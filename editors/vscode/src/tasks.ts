// Programs that the user watches in a terminal, and whose end the extension waits for.
import { ProcessExecution, ProgressLocation, Task, TaskRevealKind, TaskScope, tasks, window } from 'vscode';
import { terminalSurroundings } from './places';

/** Runs a program in a terminal outside of the workspace, so that its own progress bars show. True if it ended well. */
export async function runTask(title: string, program: string, parameters: string[]): Promise<boolean> {
  const execution = new ProcessExecution(program, parameters, await terminalSurroundings());
  const task = new Task({ type: 'holesmith', title }, TaskScope.Workspace, title, 'Holesmith', execution, []);
  task.presentationOptions = { reveal: TaskRevealKind.Always, showReuseMessage: false };
  const options = { location: ProgressLocation.Notification, title: `Holesmith: ${title}`, cancellable: true };
  return window.withProgress(options, async (_, cancelled) => {
    const running = await tasks.executeTask(task);
    cancelled.onCancellationRequested(() => running.terminate());
    return new Promise<boolean>((resolve) => {
      const ended = tasks.onDidEndTaskProcess((event) => {
        if (event.execution !== running) return;
        ended.dispose();
        resolve(event.exitCode === 0);
      });
    });
  });
}
