import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { tags } from '@lezer/highlight';
import { EditorView } from '@uiw/react-codemirror';

const squiggle = (color: string) => ({
  backgroundImage: 'none',
  textDecoration: `underline wavy ${color} 1.5px`,
  textUnderlineOffset: '3px',
  textDecorationSkipInk: 'none',
});

const looks = EditorView.theme({
  '&': { backgroundColor: 'transparent', color: 'var(--ink)', fontSize: '13px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-content': { fontFamily: 'var(--font-mono)', caretColor: 'var(--ink)', padding: '6px 0' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-line': { padding: '0 10px' },
  '.cm-placeholder': { color: 'var(--ink-faint)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--accent-soft) !important' },
  '&.cm-focused .cm-matchingBracket': {
    backgroundColor: 'var(--accent-soft)',
    outline: '1px solid var(--line-strong)',
  },
  '&.cm-focused .cm-nonmatchingBracket': {
    backgroundColor: 'transparent',
    color: 'var(--bad)',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--surface-raised)',
    color: 'var(--ink)',
    border: '1px solid var(--line)',
    borderRadius: '8px',
    boxShadow: '0 6px 20px rgb(0 0 0 / 0.12)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': {
    borderRadius: '7px',
    fontFamily: 'var(--font-mono)',
    fontSize: '12.5px',
    maxHeight: '17rem',
    maxWidth: 'min(38rem, 90vw)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': {
    display: 'flex',
    alignItems: 'baseline',
    gap: '4px',
    padding: '3px 8px',
  },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--accent-soft)', color: 'var(--ink)' },
  '.cm-completionLabel': { overflow: 'hidden', textOverflow: 'ellipsis' },
  '.cm-completionMatchedText': { textDecoration: 'none', color: 'var(--accent)', fontWeight: '600' },
  '.cm-completionDetail': { color: 'var(--ink-faint)', fontStyle: 'normal', marginLeft: 'auto', paddingLeft: '1.5em' },
  '.cm-completionIcon': { width: '1.1em', color: 'var(--ink-faint)', opacity: '1' },
  '.cm-tooltip.cm-completionInfo': { padding: '0', maxWidth: '26rem' },
  '.cm-promql-card': {
    fontFamily: 'var(--font-sans)',
    fontSize: '12.5px',
    lineHeight: '1.45',
    padding: '8px 10px',
    maxWidth: '26rem',
    whiteSpace: 'normal',
  },
  '.cm-promql-card code': {
    display: 'block',
    fontFamily: 'var(--font-mono)',
    fontSize: '12px',
    overflowWrap: 'anywhere',
  },
  '.cm-promql-card p': { margin: '4px 0 0', color: 'var(--ink-soft)' },
  '.cm-promql-card .cm-card-faint': { color: 'var(--ink-faint)', marginTop: '4px' },
  '.cm-tooltip-lint': { fontFamily: 'var(--font-sans)', fontSize: '12.5px' },
  '.cm-diagnostic': { padding: '6px 10px', border: '0', margin: '0', maxWidth: '30rem' },
  '.cm-diagnostic-error': { color: 'var(--bad)' },
  '.cm-diagnostic-warning': { color: 'var(--attention)' },
  '.cm-diagnostic-info': { color: 'var(--ink-soft)' },
  '.cm-lintRange-error': squiggle('var(--bad-mark)'),
  '.cm-lintRange-warning': squiggle('var(--attention-mark)'),
  '.cm-lintRange-info': squiggle('var(--unknown-mark)'),
  '.cm-lintPoint:after': { display: 'none' },
  '.cm-error-line': {
    fontFamily: 'var(--font-sans)',
    fontSize: '12px',
    lineHeight: '1.4',
    color: 'var(--bad)',
    padding: '2px 10px 3px',
    overflowWrap: 'anywhere',
  },
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

/** The editor in the colours of the page, light and dark. */
export const editorLooks = [looks, colors];
