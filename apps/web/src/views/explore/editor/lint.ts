import { type Diagnostic, linter } from '@codemirror/lint';
import { StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, WidgetType } from '@codemirror/view';
import { GatewayError } from '#data/gateway-error.ts';
import { formatQuery } from '#data/prometheus.ts';
import { errorNote, type Note, offsetOf, tokenAt } from '../notes.ts';

/** What the last run said of the text that the editor holds. */
export const setNotes = StateEffect.define<readonly Note[]>();

/** Of the editor's font at its size, px. */
const characterWidth = 7.8;

/** The message of a failed run, below the line of its token. */
class ErrorLine extends WidgetType {
  readonly message: string;
  readonly column: number;

  constructor(message: string, column: number) {
    super();
    this.message = message;
    this.column = column;
  }

  override eq(other: ErrorLine): boolean {
    return other.message === this.message && other.column === this.column;
  }

  toDOM(): HTMLElement {
    const line = document.createElement('div');
    line.className = 'cm-error-line';
    line.setAttribute('data-error-line', '');
    // Under its token where there is room; a message far right would be a narrow column.
    line.style.paddingLeft = `min(${10 + Math.round(this.column * characterWidth)}px, 40%)`;
    line.textContent = `↑ ${this.message}`;
    return line;
  }
}

interface RunNotes {
  readonly notes: readonly Note[];
  readonly lines: DecorationSet;
}

const nothing: RunNotes = { notes: [], lines: Decoration.none };

const runNotes = StateField.define<RunNotes>({
  create: () => nothing,
  update(value, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(setNotes)) continue;
      const { doc } = transaction.state;
      const placed = effect.value.flatMap((note) =>
        note.severity === 'error' && note.place !== undefined ? [{ note, place: note.place }] : [],
      );
      const widgets = placed.map(({ note, place }) => {
        const line = doc.lineAt(offsetOf(doc.toString(), place));
        return Decoration.widget({
          widget: new ErrorLine(note.message, Math.min(place.column - 1, line.length)),
          side: 1,
          block: true,
        }).range(line.to);
      });
      return { notes: effect.value, lines: Decoration.set(widgets, true) };
    }
    // What was said of another text is said no more.
    return transaction.docChanged ? nothing : value;
  },
  provide: (field) => EditorView.decorations.from(field, (value) => value.lines),
});

/** A note as a squiggle under the token that it speaks of. */
export function diagnosticOf(text: string, note: Note): Diagnostic[] {
  if (note.place === undefined) return [];
  return [{ ...tokenAt(text, offsetOf(text, note.place)), severity: note.severity, message: note.message }];
}

/** Squiggles: what the last run said of this very text, else what the gateway's checker says of it as one types. */
export const promqlLint = [
  runNotes,
  linter(
    async (view) => {
      const text = view.state.doc.toString();
      if (text.trim() === '') return [];
      const { notes } = view.state.field(runNotes);
      if (notes.length > 0) return notes.flatMap((note) => diagnosticOf(text, note));
      try {
        await formatQuery(text);
        return [];
      } catch (error) {
        // A gateway that is away says nothing about the text.
        return error instanceof GatewayError && error.code === 'query_invalid'
          ? diagnosticOf(text, errorNote(error))
          : [];
      }
    },
    {
      delay: 500,
      needsRefresh: (update) =>
        update.transactions.some((transaction) => transaction.effects.some((effect) => effect.is(setNotes))),
    },
  ),
];
