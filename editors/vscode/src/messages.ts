// What the server says to the user, as plain text: it may quote what stands in the workspace.
import { MessageType, ShowMessageParams } from 'vscode-languageclient/node';
import { window } from 'vscode';

/** In the editor's messages `[text](target)` is a link, which may also run a command: here it is text. */
export function withoutLinks(text: string): string {
  return text.replaceAll('](', '] (');
}

export function showMessage({ type, message }: ShowMessageParams): void {
  const text = withoutLinks(message);
  if (type === MessageType.Error) void window.showErrorMessage(text);
  else if (type === MessageType.Warning) void window.showWarningMessage(text);
  else void window.showInformationMessage(text);
}
