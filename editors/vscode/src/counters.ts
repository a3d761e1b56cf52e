// How many suggestions were shown, accepted and rejected. Numbers only, and they never leave this machine.
import { InlineCompletionItem, Memento } from 'vscode';

interface Counts {
  shown: number;
  accepted: number;
  rejected: number;
}

export class Counters {
  private last: { document: string; text: string; isAccepted: boolean } | undefined;

  constructor(private readonly memory: Memento) {}

  get counts(): Counts {
    return this.memory.get<Counts>('counts', { shown: 0, accepted: 0, rejected: 0 });
  }

  /** What is left of a suggestion while the user types it is not a new one. */
  show(document: string, item: InlineCompletionItem): void {
    const text = typeof item.insertText === 'string' ? item.insertText : item.insertText.value;
    const { last } = this;
    if (last && !last.isAccepted && last.document === document && last.text.endsWith(text)) return;
    if (last && !last.isAccepted) this.add('rejected');
    this.last = { document, text, isAccepted: false };
    this.add('shown');
  }

  accept(): void {
    if (this.last && !this.last.isAccepted) {
      this.last.isAccepted = true;
      this.add('accepted');
    }
  }

  private add(name: keyof Counts): void {
    const { counts } = this;
    void this.memory.update('counts', { ...counts, [name]: counts[name] + 1 });
  }
}
