// What the server says to the user, as plain text: it may quote what stands in the workspace.
import { MessageType, ShowMessageParams } from 'vscode-languageclient/node';
import { window } from 'vscode';

/** In the editor's messages `[text](target)` is a link, which may also run a command: here it is text. */
export function withoutLinks(text: string): string {
  return text.replaceAll('](', '] (');
}

/** Shows it with a button for each choice; which one was pressed, undefined if none. */
export async function showMessage({ type, message }: ShowMessageParams, ...choices: string[]): Promise<string | undefined> {
  const text = withoutLinks(message);
  if (type === MessageType.Error) return window.showErrorMessage(text, ...choices);
  if (type === MessageType.Warning) return window.showWarningMessage(text, ...choices);
  return window.showInformationMessage(text, ...choices);
}

/** The name of the model that a message says is missing. */
export function missingModel(message: string): string | undefined {
  return /\bthe model (\S+) is not on this machine\b/.exec(message)?.[1];
}
