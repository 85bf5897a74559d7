'use client';

import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { Prec } from '@codemirror/state';
import { keymap } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { PromQLExtension } from '@prometheus-io/codemirror-promql';
import CodeMirror, { EditorView } from '@uiw/react-codemirror';
import { useMemo } from 'react';

const looks = EditorView.theme({
  '&': { backgroundColor: 'transparent', color: 'var(--ink)', fontSize: '13px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-content': { fontFamily: 'var(--font-mono)', caretColor: 'var(--ink)', padding: '8px 0' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-line': { padding: '0 10px' },
  '.cm-placeholder': { color: 'var(--ink-faint)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--accent-soft) !important' },
  '.cm-matchingBracket': { backgroundColor: 'var(--accent-soft)', outline: '1px solid var(--line-strong)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--surface-raised)',
    color: 'var(--ink)',
    border: '1px solid var(--line)',
    borderRadius: '6px',
    overflow: 'hidden',
  },
  '.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font-mono)', maxHeight: '16rem' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--accent-soft)', color: 'var(--ink)' },
  '.cm-completionDetail': { color: 'var(--ink-faint)', fontStyle: 'normal', marginLeft: '1em' },
  '.cm-completionInfo': { padding: '6px 10px', maxWidth: '24rem' },
});

const colors = syntaxHighlighting(
  HighlightStyle.define([
    { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: 'var(--cat-4)' },
    { tag: [tags.function(tags.variableName), tags.standard(tags.variableName)], color: 'var(--cat-7)' },
    { tag: [tags.string], color: 'var(--cat-3)' },
    { tag: [tags.number, tags.literal], color: 'var(--cat-2)' },
    { tag: [tags.labelName], color: 'var(--cat-1)' },
    { tag: [tags.comment], color: 'var(--ink-faint)' },
    { tag: [tags.invalid], color: 'var(--bad)' },
  ]),
);

/** The PromQL box: completion from the gateway, lint as one types, ctrl-enter runs. Loaded on this page only. */
export default function PromqlEditor({
  value,
  onChange,
  onRun,
}: {
  value: string;
  onChange: (text: string) => void;
  onRun: (text: string) => void;
}) {
  const extensions = useMemo(() => {
    const promql = new PromQLExtension().setComplete({
      remote: {
        url: '',
        apiPrefix: '/gateway/api/v1',
        httpMethod: 'GET',
        // Completion is a help: where it cannot ask, one types on.
        httpErrorHandler: () => undefined,
      },
    });
    return [
      promql.asExtension(),
      looks,
      colors,
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': 'PromQL expression' }),
      Prec.highest(
        keymap.of([
          {
            key: 'Mod-Enter',
            run: (view) => {
              onRun(view.state.doc.toString());
              return true;
            },
          },
        ]),
      ),
    ];
  }, [onRun]);
  return (
    <CodeMirror
      value={value}
      onChange={onChange}
      extensions={extensions}
      theme="none"
      basicSetup={{
        lineNumbers: false,
        foldGutter: false,
        highlightActiveLine: false,
        syntaxHighlighting: false,
        searchKeymap: false,
      }}
      placeholder="rate(node_infiniband_port_data_transmitted_bytes_total[1m])"
      minHeight="60px"
      maxHeight="240px"
      autoFocus
    />
  );
}
