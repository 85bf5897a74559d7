'use client';

import { acceptCompletion } from '@codemirror/autocomplete';
import { EditorState, Prec } from '@codemirror/state';
import { keymap } from '@codemirror/view';
import { PromQLExtension } from '@prometheus-io/codemirror-promql';
import { useQueryClient } from '@tanstack/react-query';
import CodeMirror, { EditorView, type ReactCodeMirrorRef } from '@uiw/react-codemirror';
import { type Ref, useEffect, useImperativeHandle, useMemo, useRef, useState } from 'react';
import type { Note } from '../notes.ts';
import { gatewayCatalogue } from './catalogue.ts';
import { promqlCompletion } from './completion.ts';
import { promqlHover } from './hover.ts';
import { promqlLint, setNotes } from './lint.ts';
import { editorLooks } from './looks.ts';

/** What the page may ask of an editor. */
export interface PromqlEditorHandle {
  readonly focus: () => void;
  /** Puts the caret at an offset. */
  readonly goTo: (offset: number) => void;
}

/**
 * The PromQL box of one query: completion from the gateway's index and our tables, help on hover, squiggles of our own
 * checker, ctrl-enter runs. Loaded on this page only.
 */
export default function PromqlEditor({
  label,
  value,
  notes,
  autoFocus,
  handle,
  onChange,
  onRun,
}: {
  /** Names the box for people who do not see it. */
  label: string;
  value: string;
  /** What the last run said, where it ran this very text. */
  notes: readonly Note[];
  autoFocus: boolean;
  handle: Ref<PromqlEditorHandle>;
  onChange: (text: string) => void;
  onRun: () => void;
}) {
  const client = useQueryClient();
  const editor = useRef<ReactCodeMirrorRef>(null);
  const run = useRef(onRun);
  run.current = onRun;

  useImperativeHandle(handle, () => ({
    focus: () => editor.current?.view?.focus(),
    goTo: (offset) => {
      editor.current?.view?.dispatch({ selection: { anchor: offset }, scrollIntoView: true });
      editor.current?.view?.focus();
    },
  }));

  const extensions = useMemo(() => {
    const catalogue = gatewayCatalogue(client);
    const promql = new PromQLExtension()
      .setComplete({ completeStrategy: promqlCompletion(catalogue) })
      .activateLinter(false);
    return [
      promql.asExtension(),
      promqlHover(catalogue),
      promqlLint,
      editorLooks,
      EditorView.lineWrapping,
      EditorState.tabSize.of(2),
      EditorView.contentAttributes.of({ 'aria-label': label }),
      Prec.highest(
        keymap.of([
          {
            key: 'Mod-Enter',
            run: () => {
              run.current();
              return true;
            },
          },
          // Takes what is offered; else the key moves on, as everywhere on a page.
          { key: 'Tab', run: acceptCompletion },
        ]),
      ),
    ];
  }, [client, label]);

  const [view, setView] = useState<EditorView>();
  const saying = JSON.stringify(notes);
  useEffect(() => {
    view?.dispatch({ effects: setNotes.of(JSON.parse(saying) as Note[]) });
  }, [view, saying]);

  return (
    <CodeMirror
      ref={editor}
      onCreateEditor={setView}
      value={value}
      onChange={onChange}
      extensions={extensions}
      theme="none"
      indentWithTab={false}
      basicSetup={{
        lineNumbers: false,
        foldGutter: false,
        highlightActiveLine: false,
        syntaxHighlighting: false,
        searchKeymap: false,
        lintKeymap: true,
        bracketMatching: true,
      }}
      placeholder="rate(node_infiniband_port_data_transmitted_bytes_total[2m])"
      minHeight="32px"
      maxHeight="240px"
      autoFocus={autoFocus}
    />
  );
}
